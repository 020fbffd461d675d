"""Reconciling: our figures beside the helpdesk's own, ticket by ticket, and what an admin can do about differences."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reconcile import Cause, Comparison, reconciler
from sync.account import Account
from sync.editions import rulebook

SHOWN = 20
"""So many differences of each figure and cause are kept, and so many of all are shown."""
_SOLVED_AT = "solved_at"

CAUSES: Mapping[Cause, Message] = {
    Cause.AGREES: message("both agree"),
    Cause.EXCLUDED: message("the ticket is left out of all our figures"),
    Cause.OLDER_THERE: message("the helpdesk's figure is older than what ours rests on"),
    Cause.NEWER_THERE: message("the helpdesk's figure is newer than our data"),
    Cause.MISSING_THERE: message("the helpdesk has no figure"),
    Cause.MISSING_HERE: message("our figure leaves the ticket out"),
    Cause.CALENDAR_SWITCH: message("the calendar changed on the way, and the helpdesk measures by the last one"),
    Cause.MACHINES: message("the helpdesk counts what a machine wrote"),
    Cause.STATUS_MEANINGS: message("statuses mean something else in the configuration"),
    Cause.AFTER_SOLVE: message("the helpdesk also counts what came after the last solve"),
    Cause.ASSUMED_CALENDAR: message("nothing says which calendar the ticket follows"),
    Cause.UNEXPLAINED: message("not explained"),
}
"""Each cause in words."""

ADVICE: Mapping[Cause, Message] = {
    Cause.EXCLUDED: message("the reason stands beside each ticket; `exclude` says which tags and forms count nowhere"),
    Cause.OLDER_THERE: message("nothing to do: the next pass brings the newer figure"),
    Cause.NEWER_THERE: message("nothing to do: the next pass brings the newer history"),
    Cause.MISSING_THERE: message("business figures need schedules on the helpdesk's plan; imported tickets have none"),
    Cause.MISSING_HERE: message("`explain` names the reason beside each ticket; before history_from nothing is known"),
    Cause.CALENDAR_SWITCH: message("indicators.<key>.calendar_switch: closing_event measures as the helpdesk does"),
    Cause.MACHINES: message("check `bots`, and which agents the helpdesk itself marks as machines"),
    Cause.STATUS_MEANINGS: message("check `statuses`: they say which pause a ticket and which solve it"),
    Cause.AFTER_SOLVE: message("nothing to do: ours stays with what solved the ticket, theirs tells its whole life"),
    Cause.ASSUMED_CALENDAR: message("set calendars.by_group, by_brand or default to the schedule these tickets follow"),
    Cause.UNEXPLAINED: message("open the tickets below, and report what you find"),
}
"""What an admin can do about a cause."""


@dataclass(slots=True)
class Reconciliation:
    """How many figures were compared, by the helpdesk's name and cause, and the first differences of each cause."""

    tickets: int = 0
    both: int = 0  # figures that the helpdesk and we have
    counts: dict[str, Counter[Cause]] = field(default_factory=dict)
    differences: list[Comparison] = field(default_factory=list)

    def add(self, comparison: Comparison) -> None:
        """Count a comparison, and keep it where it is one of the first of its kind."""
        causes = self.counts.setdefault(comparison.metric, Counter())
        causes[comparison.cause] += 1
        self.both += comparison.ours is not None and comparison.theirs is not None
        if comparison.cause is not Cause.AGREES and causes[comparison.cause] <= SHOWN:
            self.differences.append(comparison)

    @property
    def total(self) -> Counter[Cause]:
        """The causes over all figures."""
        return sum(self.counts.values(), Counter())

    @property
    def unexplained_share(self) -> float | None:
        """The share of the figures both have that differ for no known cause, None where there are none."""
        return self.total[Cause.UNEXPLAINED] / self.both if self.both else None


def reconciled(account: Account, period: Period, as_of: int) -> Reconciliation:
    """Compare the tickets that the helpdesk calls solved in the period; before a solve most figures are in motion."""
    found = Reconciliation()
    comparing = reconciler(rulebook(account), as_of, account.connector.metrics, account.connector.statuses)
    records, start = account.store.records, account.history_start
    for chunk in records.metric_sets(account.name):
        solved = {each.ticket_id: each for each in chunk if _solved_in(period, each.instants.get(_SOLVED_AT))}
        for history in records.histories(account.name, solved, start):
            found.tickets += 1
            for comparison in comparing.comparisons(history, solved[history.ticket_id]):
                found.add(comparison)
    return found


def _solved_in(period: Period, solved_at: int | None) -> bool:
    return solved_at is not None and period.start <= solved_at < period.end


_LEFT_OUT = (Cause.MISSING_HERE, Cause.EXCLUDED)
"""What we leave out, of which the reason can be told: looked at before what the helpdesk does not tell."""


def examples(found: Reconciliation) -> list[Comparison]:
    """Return the differences to look at first: what nobody can explain, then where both sides have a figure.

    Of what one side lacks there is one example for each figure and cause.
    """
    ordered = sorted(found.differences, key=lambda each: each.cause is not Cause.UNEXPLAINED)
    differing = [each for each in ordered if None not in (each.ours, each.theirs)]
    lacking: dict[tuple[str, Cause], Comparison] = {}
    for each in ordered:
        if None in (each.ours, each.theirs):
            lacking.setdefault((each.metric, each.cause), each)
    return [*differing, *sorted(lacking.values(), key=lambda each: each.cause not in _LEFT_OUT)][:SHOWN]


def advice(found: Reconciliation) -> Iterator[tuple[Cause, int, Message]]:
    """Yield (cause, number of figures, what to do) of every difference there is, the most frequent first."""
    for cause, n in found.total.most_common():
        if cause in ADVICE:
            yield cause, n, ADVICE[cause]
