from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reconcile import Cause, Comparison, reconciler
from kpi_engine.records import MetricSet
from sync.editions import rulebook
from sync.reconciling import ADVICE, CAUSES, SHOWN, Reconciliation, advice, reconciled
from sync.sources import as_of_now

if TYPE_CHECKING:
    from tests.sync.conftest import World

REPLY = "reply_time.calendar"
NAME = "sao-mai"


def compared(world: "World", *, months_later: int = 0) -> Reconciliation:
    """Compare the tickets solved in the month that the data has reached."""
    as_of = as_of_now(world.account)
    assert as_of is not None
    period: Period = period_at(PeriodKind.MONTH, world.account.settings.timezone, as_of + months_later * 31 * 86_400)
    return reconciled(world.account, period, as_of)


def solved(world: "World") -> set[str]:
    """Return the tickets that were solved when the data ends; a pass takes time, in which life goes on."""
    as_of = as_of_now(world.account)
    assert as_of is not None
    return {str(t.id) for t in world.state.tickets.values() if t.solved_at is not None and t.solved_at <= as_of}


def metric_sets(world: "World") -> list[MetricSet]:
    return [each for chunk in world.store.records.metric_sets(world.account.name) for each in chunk]


@pytest.fixture
def pulled(small_world: "World") -> "World":
    """Give an account whose tickets are all known, with the figures that the helpdesk has of them."""
    small_world.advance(120)
    small_world.run(dry_run=True)
    return small_world


@pytest.fixture
def one_apart(pulled: "World") -> "World":
    """Let the helpdesk have a reply time of one ticket that nothing can explain."""
    one = next(each for each in metric_sets(pulled) if each.ticket_id in solved(pulled))
    wrong = replace(one, version=one.version + 1, minutes={**one.minutes, REPLY: (one.minutes[REPLY] or 0) + 7000})
    pulled.store.records.save(pulled.account.name, [wrong])
    return pulled


def test_the_tickets_the_helpdesk_calls_solved_in_the_period_are_compared(pulled: "World") -> None:
    found = compared(pulled)
    assert found.tickets == len(solved(pulled)) > 10
    assert found.counts.keys() <= pulled.account.connector.metrics.keys()
    assert found.counts[REPLY].total() <= found.tickets
    assert found.counts[REPLY][Cause.AGREES] > 10


def test_what_the_helpdesk_has_no_figure_of_is_named_and_nothing_stays_unexplained(pulled: "World") -> None:
    """This helpdesk tells no business times."""
    found = compared(pulled)
    assert found.counts["reply_time.business"].keys() == {Cause.MISSING_THERE}
    assert found.total[Cause.UNEXPLAINED] == 0
    assert found.unexplained_share == 0


def test_a_difference_nobody_can_explain_is_counted_and_kept(one_apart: "World") -> None:
    found = compared(one_apart)
    assert found.counts[REPLY][Cause.UNEXPLAINED] == 1
    assert found.unexplained_share == pytest.approx(1 / found.both)
    (kept,) = (each for each in found.differences if each.cause is Cause.UNEXPLAINED)
    assert (kept.metric, kept.indicator) == (REPLY, "first_reply_calendar")
    assert kept.theirs is not None
    assert kept.ours is not None
    assert kept.theirs - kept.ours > 6900 * 60


def test_no_disturbed_figure_passes_for_one_that_agrees_and_each_way_of_disturbing_has_its_cause(
    pulled: "World",
) -> None:
    """Every figure is changed: longer, absent, of an earlier and of a later instant, on tickets in turn."""
    as_of, before = as_of_now(pulled.account) or 0, compared(pulled)
    ways = ("longer", "absent", "earlier", "later")
    chosen = [each for each in metric_sets(pulled) if each.ticket_id in solved(pulled)]
    turns = {each.ticket_id: ways[place % len(ways)] for place, each in enumerate(chosen)}
    rules, names = rulebook(pulled.account), pulled.account.connector.metrics
    comparing = reconciler(rules, as_of, names, pulled.account.connector.statuses)
    histories = pulled.store.records.histories(NAME, sorted(turns), pulled.account.history_start)
    theirs = {each.ticket_id: each for each in chosen}
    found: dict[str, Counter[Cause]] = {way: Counter() for way in ways}
    for history in histories:
        way = turns[history.ticket_id]
        for each in comparing.comparisons(history, disturbed(theirs[history.ticket_id], way, as_of)):
            if each.ours and (each.theirs is not None or way == "absent"):  # no hand, no reopening rests on nothing
                found[way][each.cause] += 1
    assert all(Cause.AGREES not in causes for causes in found.values())
    assert set(found["longer"]) <= {Cause.UNEXPLAINED, Cause.AFTER_SOLVE}
    assert found["longer"][Cause.UNEXPLAINED] > 20
    assert set(found["absent"]) == {Cause.MISSING_THERE}
    assert set(found["earlier"]) == {Cause.OLDER_THERE}
    assert set(found["later"]) == {Cause.NEWER_THERE}
    assert before.total[Cause.AGREES] > 100


def disturbed(theirs: MetricSet, way: str, as_of: int) -> MetricSet:
    """Return a ticket's metric set as it is not."""
    if way == "absent":
        return replace(theirs, minutes=dict.fromkeys(theirs.minutes), counts={})
    far = {name: None if value is None else value + 7000 for name, value in theirs.minutes.items()}
    counts = {name: value + 70 for name, value in theirs.counts.items()}
    version = {"longer": theirs.version, "earlier": 0, "later": as_of + 1}[way]
    return replace(theirs, version=version, minutes=far, counts=counts)


def test_a_period_in_which_nothing_was_solved_compares_nothing(pulled: "World") -> None:
    found = compared(pulled, months_later=2)
    assert (found.tickets, found.counts, found.differences) == (0, {}, [])
    assert found.unexplained_share is None
    assert list(advice(found)) == []


def test_only_the_first_differences_of_a_figure_and_cause_are_kept() -> None:
    found = Reconciliation()
    for number in range(SHOWN + 5):
        for cause in (Cause.MACHINES, Cause.AGREES):
            found.add(Comparison(str(number), REPLY, "first_reply_calendar", 1, 2, cause))
    assert found.total == Counter({Cause.MACHINES: SHOWN + 5, Cause.AGREES: SHOWN + 5})
    assert [each.ticket_id for each in found.differences] == [str(number) for number in range(SHOWN)]
    assert found.unexplained_share == 0


def test_advice_begins_with_the_most_frequent_difference() -> None:
    found = Reconciliation(counts={REPLY: Counter({Cause.MACHINES: 1, Cause.UNEXPLAINED: 3, Cause.AGREES: 9})})
    assert list(advice(found)) == [
        (Cause.UNEXPLAINED, 3, ADVICE[Cause.UNEXPLAINED]),
        (Cause.MACHINES, 1, ADVICE[Cause.MACHINES]),
    ]


def test_every_cause_has_its_words_and_every_difference_its_advice() -> None:
    assert set(CAUSES) == set(Cause)
    assert set(ADVICE) == set(Cause) - {Cause.AGREES}
