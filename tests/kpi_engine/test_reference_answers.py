"""Answers that others published, and our own acceptance vectors, each by its number in the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.measure import measure
from kpi_engine.statistics import mean, percentile, wilson

Play = Callable[..., Any]
HOUR = 3600
MINUTE = 60
AS_OF = "06-30 09:00"
EARLY = "06-09 08:00"


def chosen(timelines: ModuleType, **indicators: object) -> Any:  # noqa: ANN401 -- an Edition
    return timelines.edition("parameters", {"indicators": indicators})


def always(timelines: ModuleType, *clocks: object) -> tuple[Any, ...]:
    """Return rules that run round the clock."""
    choice = timelines.edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "always"})
    round_the_clock = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always")
    return choice, round_the_clock, timelines.edition("policies", timelines.policy(*clocks))


@pytest.fixture
def many(timelines: ModuleType) -> Any:  # noqa: ANN401 -- a function
    """Return what measures one ticket for each timeline, by the usual rules and more."""

    def measured(stories: Sequence[str], *rules: object) -> SimpleNamespace:
        rulebook = compiled([*timelines.USUAL, *rules])
        as_of = timelines.moment(AS_OF)
        histories = [renamed(timelines.history(story), str(number)) for number, story in enumerate(stories)]
        return SimpleNamespace(
            measurements=[measure(history, rulebook, as_of) for history in histories], rulebook=rulebook, as_of=as_of
        )

    return measured


def renamed(history: Any, name: str) -> Any:  # noqa: ANN401 -- a History
    snapshot = replace(history.latest, ticket_id=name)
    if snapshot.requester_id == "customer":
        snapshot = replace(snapshot, requester_id=f"customer {name}")
    return replace(history, ticket_id=name, snapshots=(snapshot,))


def shown(cell: Any, digits: int = 3) -> tuple[Any, ...]:  # noqa: ANN401 -- a Cell
    return tuple(None if number is None else round(number, digits) for number in (cell.value, cell.low, cell.high))


# --- What others published ----------------------------------------------------------------------------------------


@pytest.fixture
def handed_to_another_schedule(timelines: ModuleType) -> Callable[..., Any]:
    """Ticket 941606 of the dbt package's decision log: from Chicago's hours to San Francisco's."""
    chicago = timelines.calendar("UTC", [[[720, 1560]]] * 7)
    san_francisco = timelines.calendar("UTC", [[[900, 1470]]] * 5 + [[], []])

    def played(*rules: object) -> Any:  # noqa: ANN401 -- what was played
        def at(day: int, clock: str) -> int:
            return int(datetime.fromisoformat(f"2020-09-{day} {clock}").replace(tzinfo=UTC).timestamp())

        teller = timelines.Teller()
        teller.tell(at(29, "17:01:38"), ["customer opens schedule=chicago"])
        teller.tell(at(30, "19:01:25"), ["schedule becomes sf"])
        teller.tell(at(30, "19:01:46"), ["an replies"])
        calendars = (
            timelines.edition("calendar", chicago, "chicago"), timelines.edition("calendar", san_francisco, "sf")
        )  # fmt: skip
        return timelines.played(teller.history(), [*timelines.USUAL, *calendars, *rules], at(30, "23:00:00"), "UTC")

    return played


def test_r1_two_schedules_are_summed_up_each_while_it_was_in_force(
    handed_to_another_schedule: Callable[..., Any],
) -> None:
    line = handed_to_another_schedule().line("first_reply")
    assert line.numerator == 57_608
    assert round(line.numerator / MINUTE, 2) == 960.13


def test_r1_the_last_schedule_alone_counts_where_the_closing_event_decides(
    handed_to_another_schedule: Callable[..., Any], timelines: ModuleType
) -> None:
    as_zendesk = chosen(timelines, first_reply={"calendar_switch": "closing_event"})
    line = handed_to_another_schedule(as_zendesk).line("first_reply")
    assert line.numerator == 41_408
    assert round(line.numerator / MINUTE, 2) == 690.13


def test_r2_a_week_of_nine_to_five_has_forty_hours(play: Play, timelines: ModuleType) -> None:
    """Chatwoot's week, a Sunday to a Saturday.

    03-23 00:00 customer opens
    03-29 23:59 an replies
    """
    nine_to_five = timelines.calendar(timelines.VIETNAM, [timelines.NINE_TO_FIVE] * 5 + [[], []])
    played = play("04-01 09:00", timelines.edition("calendar", nine_to_five, "vn"))
    assert played.line("first_reply").numerator == 144_000


def test_r3_the_first_reply_counts_from_the_handoff_where_one_is_asked_for(play: Play, timelines: ModuleType) -> None:
    """Chatwoot's bot hands over after 20 seconds.

    06-09 09:00:00 customer opens assignee=robot
    06-09 09:00:05 robot replies
    06-09 09:00:20 assignee becomes an by robot
    06-09 09:01:02 an replies
    """
    from_handoff = chosen(timelines, first_reply={"start": "handoff"})
    assert play("06-09 10:00", from_handoff).line("first_reply_calendar").numerator == 42
    assert play("06-09 10:00").line("first_reply_calendar").numerator == 62


def test_r4_zammads_ticket_worked_ninety_of_its_hundred_and_twenty_minutes(play: Play, timelines: ModuleType) -> None:
    """New for an hour, open for half, half an hour pending, then closed.

    06-09 00:00 customer opens
    06-09 01:00 status becomes open
    06-09 01:15 an replies
    06-09 01:30 status becomes pending
    06-09 02:00 status becomes closed
    """
    goals = (timelines.first_reply("60m"), timelines.resolution("75m"))
    played = play("06-09 03:00", *always(timelines, *goals))
    reply, whole = played.clock("first_reply"), played.clock("resolution")
    assert whole.elapsed == 90 * MINUTE
    assert (reply.goal - reply.elapsed, reply.elapsed) == (-15 * MINUTE, 75 * MINUTE)
    assert played.breached("first_reply") == "06-09 01:00"
    assert played.breached("resolution") == "06-09 01:15"


def test_r4_sixty_minutes_of_work_lie_between_the_thirtieth_and_the_close(play: Play, timelines: ModuleType) -> None:
    """The clock begins when somebody has the ticket, half an hour after it came.

    06-09 00:00 customer opens
    06-09 00:30 assignee becomes an
    06-09 01:00 status becomes open
    06-09 01:30 status becomes pending
    06-09 02:00 status becomes closed
    """
    played = play("06-09 03:00", *always(timelines, timelines.resolution("2h", start="assigned")))
    assert played.clock("resolution").elapsed == 60 * MINUTE


def test_r5_a_break_moves_the_due_time_by_as_long_as_it_lasts(play: Play, timelines: ModuleType) -> None:
    """Thirty minutes from the seventy-fifth on, with a break from the ninetieth to the hundred and twentieth.

    06-09 00:00 customer opens
    06-09 01:15 assignee becomes an
    06-09 01:30 status becomes pending
    06-09 02:00 status becomes open
    """
    played = play("06-09 02:01", *always(timelines, timelines.resolution("30m", start="assigned")))
    assert played.due("resolution") == "06-09 02:15"


def test_r6_the_longest_exchange_is_kept(play: Play, timelines: ModuleType) -> None:
    """Exchanges of ten and of five minutes.

    06-09 09:00 customer opens, an replies
    06-09 10:00 customer replies
    06-09 10:10 an replies
    06-09 11:00 customer replies
    06-09 11:05 an replies
    """
    played = play("06-09 11:10", *always(timelines, timelines.next_reply("60m")))
    longest = played.line("longest_wait_calendar").numerator
    assert (longest, 60 * MINUTE - longest) == (10 * MINUTE, 50 * MINUTE)
    assert [clock.elapsed for clock in played.clocks("next_reply")] == [10 * MINUTE, 5 * MINUTE]


def test_r7_a_suspension_moves_the_solution_time_on(play: Play, timelines: ModuleType) -> None:
    """Znuny's ticket, suspended for an hour and five minutes.

    06-09 08:00 customer opens
    06-09 09:00 status becomes pending
    06-09 10:05 status becomes open
    """
    assert play("06-09 10:06", *always(timelines, timelines.resolution("2h"))).due("resolution") == "06-09 11:05"


def test_r14_150_of_250_are_60_percent(many: Any, timelines: ModuleType) -> None:  # noqa: ANN401 -- a function
    stories = [f"{EARLY} customer opens\n{EARLY} customer rated {word}" for word in ["good"] * 150 + ["bad"] * 100]
    told = many(stories)
    cell = timelines.figures_of("satisfaction_rate", told.measurements, told.rulebook, told.as_of)["acme"]
    assert shown(cell) == (0.6, 0.538, 0.659)


def test_r16_265_answers_to_1400_surveys_are_18_9_percent(many: Any, timelines: ModuleType) -> None:  # noqa: ANN401 -- a function
    asked = f"{EARLY} customer opens\n{EARLY} survey offered"
    told = many([f"{asked}\n{EARLY} customer rated good"] * 265 + [asked] * 1135)
    cell = timelines.figures_of("survey_response_rate", told.measurements, told.rulebook, told.as_of)["acme"]
    assert (cell.numerator, cell.denominator, round(cell.value, 3)) == (265, 1400, 0.189)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (9, 10, 0.5958, 0.9821),
        (45, 50, 0.7864, 0.9565),
        (450, 500, 0.8706, 0.9233),
        (0, 5, 0.0, 0.4345),
        (5, 5, 0.5655, 1.0),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_r17_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=0.00005)


def test_r18_percentiles_are_interpolated_and_not_the_nearest_rank() -> None:
    values = [10, 20, 30, 40, 50, 60, 70, 80, 90, 1000]
    assert [percentile(values, q) for q in (0.5, 0.9, 0.95)] == pytest.approx([55, 181, 590.5])
    assert mean(values) == 145


def test_r19_the_handbooks_ticket_with_its_figures_corrected(play: Play, timelines: ModuleType) -> None:
    """GitLab's Zendesk example; what was published counts the wait, the work and the hold wrongly.

    06-09 09:00 customer opens status=new assignee=an
    06-09 14:00 an replies, status becomes open
    06-09 15:30 customer replies
    06-09 16:00 an replies, status becomes pending
    06-10 10:00 customer replies, status becomes open by customer
    06-10 11:00 status becomes hold
    06-11 14:00 status becomes open
    06-11 14:30 an replies, status becomes solved
    """
    played = play("06-12 09:00", *always(timelines))
    hours = {
        key: [line.numerator / HOUR for line in played.measurement.lines if line.indicator == f"{key}_calendar"]
        for key in ("first_reply", "next_reply", "agent_wait", "on_hold", "requester_wait", "agent_work")
    }
    assert hours == {
        "first_reply": [5],
        "next_reply": [0.5, 28.5],
        "agent_wait": [18],
        "on_hold": [27],
        "requester_wait": [35.5],
        "agent_work": [8.5],
    }
    assert played.line("full_resolution_calendar").numerator / HOUR == 53.5


def test_r20_a_burst_of_messages_waits_from_its_first(play: Play) -> None:
    """Lengolf's chat; from the last of the burst it would be four and a quarter minutes.

    06-09 13:50:00 customer opens
    06-09 13:55:00 an replies
    06-09 14:00:00 customer replies
    06-09 14:01:10 customer replies
    06-09 14:02:45 customer replies
    06-09 14:07:00 an replies
    """
    assert play("06-09 15:00").line("next_reply_calendar").numerator == 7 * MINUTE


# --- Our own acceptance vectors -----------------------------------------------------------------------------------


@pytest.fixture
def care(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    t = timelines
    clocks = (t.first_reply({"normal": "2h", "urgent": "30m", "default": "normal"}, warn=["75%"]), t.resolution("8h"))
    steps = t.escalating("first_reply", (1, "30m"), (2, "4h"))
    return t.edition("policies", t.policy(*clocks, escalations=[steps]))


def test_v3_no_due_time_while_pending_and_a_later_one_afterwards(play: Play, care: object) -> None:
    """Eight hours, pending from the first to the next morning.

    06-09 10:00 customer opens
    06-09 11:00 status becomes pending
    06-10 09:00 status becomes open
    """
    assert play("06-10 08:59:59", care).due("resolution") is None
    assert play("06-10 09:00", care).due("resolution") == "06-10 17:30"


def test_v4_the_warning_at_75_percent(play: Play, care: object) -> None:
    """Opened on Friday afternoon.

    06-06 16:45 customer opens
    """
    assert play("06-07 08:46", care).fired("first_reply") == {"warn:75%": "06-07 08:45"}


def test_v5_the_steps_after_the_breach_in_business_time(play: Play, care: object) -> None:
    """Opened on Friday afternoon and forgotten.

    06-06 16:45 customer opens
    """
    assert play("06-09 09:16", care).fired("first_reply") == {
        "warn:75%": "06-07 08:45",
        "breach": "06-07 09:15",
        "escalation:1": "06-07 09:45",
        "escalation:2": "06-09 09:15",
    }


def test_v6_a_goal_cut_in_time_moves_the_due_time(play: Play, care: object) -> None:
    """Raised after a quarter of an hour.

    06-06 16:45 customer opens
    06-06 17:00 priority becomes urgent
    """
    assert play("06-06 17:10", care).due("first_reply") == "06-06 17:15"


def test_v6_a_goal_cut_too_late_is_breached_at_the_change(play: Play, care: object) -> None:
    """Raised after 35 minutes to a goal of 30.

    06-06 16:45 customer opens
    06-06 17:20 priority becomes urgent
    """
    assert play("06-06 17:21", care).breached("first_reply") == "06-06 17:20"


def test_v7_the_due_time_after_the_clocks_go_forward(play: Play, timelines: ModuleType) -> None:
    """A weekend in New York on which summer time begins.

    03-07 16:00 customer opens
    """
    zone = "America/New_York"
    rules = (
        timelines.edition("calendar", timelines.NEW_YORK, "vn"),
        timelines.edition("policies", timelines.policy(timelines.first_reply("2h"))),
    )
    played = play("03-07 17:00", *rules, zone=zone)
    assert played.due("first_reply") == "03-10 10:00"
    assert played.clock("first_reply").due_at == int(datetime(2025, 3, 10, 14, tzinfo=UTC).timestamp())


TOUCHED = {
    "T1": "an replies, status becomes solved",
    "T2": "an notes, status becomes solved",
    "T3": "an replies\n06-10 08:00 customer replies\n06-10 09:00 an replies, status becomes solved",
    "T4": """an replies, status becomes solved
        06-10 09:00 customer replies, status becomes open by customer
        06-10 10:00 an replies, status becomes solved""",
    "T5": """an replies, status becomes solved
        06-10 09:00 customer replies, status becomes open by customer
        06-10 10:00 status becomes solved""",
    "T6": "an replies, assignee becomes binh\n06-10 09:00 status becomes solved by binh",
    "T7": "an replies, status becomes solved\n06-12 09:00 elsewhere returns topic=refund",
    "T8": "an replies",
    "T9": "an replies, tags becomes closed_by_merge, status becomes solved",
}
OPENED = "06-09 09:00 customer opens status=open assignee=an field:topic=refund\n06-09 10:00 "
T10 = "06-09 09:00 an opens status=open assignee=an\n06-09 09:00 status becomes solved"


@pytest.fixture
def ten(many: Any) -> Callable[..., SimpleNamespace]:  # noqa: ANN401 -- a function
    """Return what measures the ten tickets of V11."""
    return lambda *rules: many([*(OPENED + story for story in TOUCHED.values()), T10], *rules)


def share(told: SimpleNamespace, timelines: ModuleType, key: str) -> tuple[int, int, float]:
    cell = timelines.figures_of(key, told.measurements, told.rulebook, told.as_of)["acme"]
    return cell.numerator, cell.denominator, round(cell.value, 3)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("le1", (6, 8, 0.75)), ("eq1", (4, 8, 0.5)), ("eq1_incl_open", (5, 8, 0.625))],
)
def test_v11_one_touch_by_every_rule(
    ten: Callable[..., SimpleNamespace], timelines: ModuleType, rule: str, expected: tuple[int, int, float]
) -> None:
    told = ten(chosen(timelines, one_touch={"touch_rule": rule}))
    assert share(told, timelines, "one_touch") == expected


@pytest.mark.parametrize(
    ("thanks", "expected", "gross"),
    [("count", (1, 8, 0.125), (1, 9, 0.111)), ("ignore", (2, 8, 0.25), (2, 9, 0.222))],
)
def test_v11_first_contact_resolution_strict_and_gross(
    ten: Callable[..., SimpleNamespace], timelines: ModuleType, thanks: str, expected: object, gross: object
) -> None:
    told = ten(chosen(timelines, first_contact_resolution={"thanks_reopens": thanks}))
    assert share(told, timelines, "first_contact_resolution") == expected
    assert share(told, timelines, "first_contact_resolution_gross") == gross


@pytest.fixture
def surveyed(many: Any) -> Callable[..., SimpleNamespace]:  # noqa: ANN401 -- a function
    """Return what measures the twenty surveys of V12."""
    asked = f"{EARLY} customer opens\n{EARLY} survey offered"
    answered = [f"{asked}\n{EARLY} customer rated {score} of 5" for score in (5, 5, 4, 3, 2, 1)]
    return lambda *rules: many([*answered, *[asked] * 14], *rules)


@pytest.mark.parametrize(
    ("neutral", "expected", "n"),
    [
        ("against", (0.5, 0.188, 0.812), 6),
        ("ignore", (0.6, 0.231, 0.882), 5),
        ("for", (0.667, 0.300, 0.903), 6),
    ],
)
def test_v12_six_ratings_by_every_rule_for_neutral_votes(
    surveyed: Callable[..., SimpleNamespace], timelines: ModuleType, neutral: str, expected: object, n: int
) -> None:
    told = surveyed(chosen(timelines, satisfaction_rate={"neutral_votes": neutral}))
    cell = timelines.figures_of("satisfaction_rate", told.measurements, told.rulebook, told.as_of)["acme"]
    assert (shown(cell), cell.n, cell.enough) == (expected, n, False)


def test_v12_the_mean_score_and_the_response_rate(
    surveyed: Callable[..., SimpleNamespace], timelines: ModuleType
) -> None:
    told = surveyed()
    both = [
        timelines.figures_of(key, told.measurements, told.rulebook, told.as_of)["acme"]
        for key in ("satisfaction_mean", "survey_response_rate")
    ]
    assert [round(cell.value, 2) for cell in both] == [3.33, 0.3]
    assert both[0].series == "1-5"


def test_v13_only_complaints_that_the_agent_answers_for_are_charged(many: Any, timelines: ModuleType) -> None:  # noqa: ANN401 -- a function
    opened = f"{EARLY} customer opens status=open assignee=an"
    complaint = f"{opened} tags=complaint"
    caused = [f"{complaint} field:cause=our_fault field:responsible=an"] * 3
    told = many([*caused, *[f"{complaint} field:cause=product"] * 2, *[opened] * 115])
    found = {
        key: timelines.figures_of(key, told.measurements, told.rulebook, told.as_of, timelines.Scope.AGENT)
        for key in ("complaint_rate", "complaints")
    }
    assert shown(found["complaint_rate"]["an"], 4) == (0.025, 0.0085, 0.0709)
    assert (found["complaints"]["an"].value, found["complaints"][None].value) == (3, 2)


def test_v11_leaves_the_merged_ticket_out(ten: Callable[..., SimpleNamespace]) -> None:
    codes = [each.excluded and each.excluded.code for each in ten().measurements]
    assert codes == [None] * 8 + ["merged", None]
