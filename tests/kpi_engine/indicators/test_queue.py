"""Calls as the customer meets them, and telesales."""

from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.indicators.indicator import Engaged, Facts
from kpi_engine.measurement import Certainty
from kpi_engine.periods import period_named


@pytest.fixture
def call(observing: ModuleType) -> Any:  # noqa: ANN401 -- a function
    """Return a row of a call."""

    def made(number: object, outcome: str, wait: int | None = None, **values: Any) -> Any:  # noqa: ANN401
        of_row = {name: values.pop(name) for name in ("at", "agent", "about") if name in values}
        usual = {"call_id": f"c-{number}", "direction": "inbound", "outcome": outcome, "wait_s": wait}
        usual["talk_s"] = 60 if outcome == "answered" else None
        return observing.row(
            "calls", **{"agent": "an" if outcome == "answered" else None, **of_row}, **{**usual, **values}
        )

    return made


@pytest.fixture
def day(observing: ModuleType, call: Any) -> Any:  # noqa: ANN401 -- what rows say
    """Return six calls answered, one of them passed on, three given up after 2, 40 and 90 seconds, and others."""
    waits = (5, 10, 20, 21, 30, 100)
    rows = [call(number, "answered", wait) for number, wait in enumerate(waits)]
    rows += [call(0, "answered", None, agent="binh", leg="2"), call(1, "missed", None, agent="binh", leg="2")]
    rows += [call(f"x{wait}", "abandoned_queue", wait) for wait in (2, 40, 90)]
    return observing.measured([*rows, call("i", "abandoned_ivr"), call("o", "answered", 9, direction="outbound")])


def test_a_call_is_one_however_many_parts_it_has(observing: ModuleType, day: Any) -> None:  # noqa: ANN401
    assert observing.figure("calls_offered", day).value == 9
    assert observing.figure("calls_answered", day).value == 6


def test_who_hangs_up_at_once_abandons_nothing(observing: ModuleType, day: Any) -> None:  # noqa: ANN401
    found = observing.figure("abandoned_call_rate", day)
    assert (found.numerator, found.denominator, found.enough) == (2, 8, False)


def test_who_gives_up_after_nobody_knows_how_long_counts_and_it_is_said(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    (line,) = observing.lines("abandoned_call_rate", observing.measured([call(1, "abandoned_queue")]))
    assert (line.numerator, line.certainty) == (1, Certainty.APPROXIMATE)


def test_waits_are_those_of_all_and_those_of_the_answered(observing: ModuleType, day: Any) -> None:  # noqa: ANN401
    assert observing.figure("call_wait", day).value == (186 + 132) / 9
    assert observing.figure("speed_of_answer", day).value == 31
    assert observing.left_out("speed_of_answer", day) == [("binh", "no_wait_time")]


@pytest.mark.parametrize(
    ("rule", "share"), [("short_excluded", 3 / 8), ("against", 3 / 9), ("excluded", 3 / 6), ("as_served", 4 / 9)]
)
def test_the_service_level_by_each_rule_for_who_gives_up(
    observing: ModuleType,
    call: Any,  # noqa: ANN401 -- a function
    rule: str,
    share: float,
) -> None:
    rows = [call(number, "answered", wait) for number, wait in enumerate((5, 10, 20, 21, 30, 100))]
    rows += [call(f"x{wait}", "abandoned_queue", wait) for wait in (2, 40, 90)]
    rules = observing.choosing("service_level", abandon_rule=rule)
    assert observing.figure("service_level", observing.measured([*rows, call("m", "missed")], rules)).value == share
    voicemail = [*rows[:8], call("v", "voicemail", 90)]  # nobody took it: as if given up
    assert observing.figure("service_level", observing.measured(voicemail, rules)).value == share
    in_vain = [*rows[:8], call("m", "missed", 60, ring_s=30, agent="binh")]  # it rang, and nobody took it: likewise
    assert observing.figure("service_level", observing.measured(in_vain, rules)).value == share
    left = observing.left_out("service_level", observing.measured([call("m", "missed")], rules))
    assert left == [(None, "no_wait_time")], "how long it rang is not told"


def test_a_call_that_rang_in_vain_was_answered_in_time_if_another_took_it_in_time(
    observing: ModuleType,
    call: Any,  # noqa: ANN401 -- a function
) -> None:
    """Bình did not pick up, An took the call after ten seconds and passed it on to Chi."""
    rows = [
        call(1, "missed", agent="binh", leg="1", ring_s=8),
        call(1, "answered", 10, leg="2"),
        call(1, "answered", 40, leg="3", agent="chi"),
        call(2, "missed", agent="binh", ring_s=25),
    ]
    found = observing.measured(rows, observing.choosing("service_level", abandon_rule="as_served"))
    level = observing.figure("service_level", found)
    assert (level.value, level.numerator, level.denominator) == (0.5, 1, 2)
    lines = observing.lines("service_level", found)
    assert [(line.agent, line.numerator) for line in lines] == [(None, 0), ("an", 1), ("chi", 0), (None, 0)]


def test_the_abandonment_curve_says_by_when_how_many_had_given_up(observing: ModuleType, day: Any) -> None:  # noqa: ANN401
    found = observing.figure("abandonment_curve", day)
    assert (found.value, found.n) == (3 / 9, 9)
    assert found.parts == (("10", 1, 9), ("20", 1, 9), ("30", 1, 9), ("60", 2, 9), ("120", 3, 9))
    assert observing.figure("abandonment_curve", []).parts == ()


def test_r21_twenty_of_thirty_requests_by_telephone_were_solved_on_the_first_call(
    observing: ModuleType,
    play: Any,  # noqa: ANN401 -- a function
) -> None:
    """An answers one call at once and calls back for another.

    06-09 09:00 customer opens assignee=an
    06-09 09:05 an replies
    06-09 09:06 status becomes solved by an
    """
    june = period_named("2025-06", observing.ZONE)
    resolved, on_first = (6, 5, 7, 8, 4), (4, 3, 5, 6, 2)
    (line,) = [
        each for each in play("06-30 09:00").measurement.lines if each.indicator == "first_contact_resolution_gross"
    ]
    measurement = play("06-30 09:00").measurement
    assert observing.lines("first_call_resolution", [measurement], period=june) == [], "it came by another channel"
    by_phone = line.stamp._replace(channel="Phone")
    lines = tuple(
        type(line)(line.indicator, by_phone, int(number < first))
        for many, first in zip(resolved, on_first, strict=True)
        for number in range(many)
    )
    found = observing.figure("first_call_resolution", [replace(measurement, lines=lines)], period=june)
    assert (found.numerator, found.denominator, round(found.value * 100, 1)) == (20, 30, 66.7)
    assert sum(resolved) / len(resolved) == 6


def test_calls_dialled_reach_somebody_or_nobody(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    rows = [
        call(n, outcome, direction="outbound", agent="an")
        for n, outcome in enumerate(("answered", "busy", "no_answer"))
    ]
    found = observing.measured([*rows, call(9, "answered", 1)])
    assert observing.figure("contact_rate", found).value == pytest.approx(1 / 3)


def test_a_question_takes_its_part_of_the_call(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    rows = [
        call(1, "answered", 5, questions=2, talk_s=100, hold_s=10, wrap_s=10),
        call(2, "answered", 5, questions=1, talk_s=None),
        call(3, "answered", 5, questions=0),
        call(4, "answered", 5, questions=4, talk_s=60),
    ]
    found = observing.measured(rows)
    assert observing.figure("time_per_question", found).value == 30
    assert observing.left_out("time_per_question", found) == [("an", "no_talk_time")]


def test_one_customer_may_take_most_of_the_time(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    rows = [
        call(1, "answered", talk_s=60, about=("KH-1", None)),
        call(2, "answered", talk_s=30, about=("KH-2", None)),
        call(3, "answered", talk_s=30, about=("KH-1", None)),
        call(4, "answered", talk_s=99),
        call(5, "answered", talk_s=None, about=("KH-1", None)),
        call(6, "missed"),
    ]
    found = observing.measured(rows)
    share = observing.figure("customer_share", found)
    assert (share.value, share.n, share.parts) == (0.75, 2, (("KH-1", 90, 120),))
    assert observing.left_out("customer_share", found) == [("an", "no_customer")]
    assert observing.figure("customer_share", []).value is None
    assert observing.figure("customer_share", []).parts == ()


def test_customers_wait_while_an_agent_is_on_the_telephone_with_the_one_he_is_with_most(
    observing: ModuleType,
    play: Any,  # noqa: ANN401 -- a function
) -> None:
    """A customer writes, is answered, and writes again.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies
    06-09 14:00 customer writes
    """
    june = period_named("2025-06", observing.ZONE)
    found = [play("06-20 09:00").measurement]

    def waiting(*calls: tuple[str, str], customer: str = "other", agent: str = "an") -> Any:  # noqa: ANN401 -- a figure
        stretches = [(stamp(start), stamp(end)) for start, end in calls]
        facts = Facts(engaged={agent: Engaged(customer, stretches)})
        return observing.figure("customers_waiting", found, period=june, facts=facts)

    during = waiting(("09:30", "09:40"), ("15:00", "15:10"))
    assert (during.value, during.n) == (1, 1), "one customer, however many calls and waits"
    assert waiting(("09:59", "10:30")).value == 1
    assert waiting(("15:00", "15:10")).value == 1
    assert waiting(("08:00", "09:00"), ("10:00", "14:00")).value == 0, "nobody waited just then"
    assert waiting(("15:00", "15:10"), customer="customer").value == 0, "it was he who telephoned"
    assert waiting(("15:00", "15:10"), agent="binh").value == 0, "his agent was on no telephone"
    assert observing.figure("customers_waiting", found, period=june).value == 0


def stamp(text: str) -> int:
    """Return an instant of 9 June 2025, local time."""
    return int(datetime.fromisoformat(f"2025-06-09 {text}+07:00").timestamp())


def test_occupied_is_who_is_on_a_call_and_not_waiting_for_one(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    states = [observing.row("agent_states", state=state, seconds=240) for state in ("available", "away")]
    found = observing.measured(
        [*states, call(1, "answered", talk_s=60), call(2, "missed"), call(3, "answered", talk_s=None)]
    )
    assert observing.figure("occupancy", found).value == 0.2


def test_a_call_is_answered_after_its_wait_on_the_channel_phone(observing: ModuleType, call: Any) -> None:  # noqa: ANN401
    found = observing.measured([call(1, "answered", 40), call(2, "answered", None), call(3, "abandoned_queue", 50)])
    for key in ("response_time", "response_time_calendar"):
        (line,) = observing.lines(key, found)
        assert (line.numerator, line.channel, line.at) == (40, "phone", observing.moment("10-05 09:00") + 40)
