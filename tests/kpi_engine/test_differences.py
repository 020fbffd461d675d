from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.differences import completed, unsure
from kpi_engine.history import History
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, ClockState
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot
from kpi_engine.untold import untold

Shot = Callable[..., TicketSnapshot]
NEVER: dict[str, int] = {}
OPENED = "06-02 08:00"  # a Monday, in local time


@pytest.fixture(scope="module")
def shot(timelines: ModuleType) -> Shot:
    """Return what makes a snapshot seen at an instant; `after` and the stamps of `entered` are local times too."""

    def made(at: str, status: str, *, after: str | None = None, **changes: Any) -> TicketSnapshot:  # noqa: ANN401 -- any property of a snapshot
        entered = {name: timelines.moment(stamp) for name, stamp in changes.pop("entered", NEVER).items()}
        values: dict[str, Any] = {
            "ticket_id": "1", "version": timelines.moment(at), "created_at": timelines.moment(OPENED),
            "updated_at": timelines.moment(at), "priority": None, "assignee_id": "an", "group_id": "hotline",
            "requester_id": "customer", "submitter_id": "customer", "brand_id": None, "form_id": None,
            "channel": "mail", "tags": (), "begins_as": "open",
        }  # fmt: skip
        since = None if after is None else timelines.moment(after)
        return TicketSnapshot(**{**values, **changes}, status=status, entered=entered, after=since)

    return made


def history(*snapshots: TicketSnapshot, events: tuple[TicketEvent, ...] = ()) -> History:
    return History(account="cua-hang", ticket_id="1", snapshots=snapshots, events=events)


def changed(field: str, new: str, at: int, since: int | None = None) -> TicketEvent:
    return TicketEvent(
        ticket_id="1", event_id=f"{field}{at}", at=at, order=0, position=0, kind=EventKind.CHANGED, actor_id="an",
        automatic=False, field=field, old=None, new=new, since=since,
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(timelines: ModuleType) -> Callable[[History], list[tuple[object, ...]]]:
    """Return what was derived, as (field, old, new, at, since) in local time."""

    def words(whole: History) -> list[tuple[object, ...]]:
        return [
            (event.field, event.old, event.new, timelines.told(event.at), timelines.told(event.since))
            for event in completed(whole).events
        ]

    return words


def test_a_helpdesk_that_tells_its_history_is_left_alone(shot: Shot) -> None:
    whole = history(shot("06-02 08:00", "open", begins_as=None), shot("06-02 09:00", "solved", begins_as=None))
    assert completed(whole) is whole
    assert unsure(whole) == ()


def test_what_is_stamped_is_exact_and_all_else_a_span(
    shot: Shot, told: Callable[[History], list[tuple[object, ...]]]
) -> None:
    before = shot("06-02 08:10", "open", fields={"7": True, "8": None})
    solved = shot(
        "06-02 08:40", "solved", after="06-02 08:30", entered={"solved": "06-02 08:35"}, assignee_id="binh",
        tags=("b", "a"), fields={"7": False, "8": "x"},
    )  # fmt: skip
    assert told(history(before, solved)) == [
        ("status", "open", "solved", "06-02 08:35", None),
        ("assignee", "an", "binh", "06-02 08:40", "06-02 08:30"),
        ("tags", "", "a b", "06-02 08:40", "06-02 08:30"),
        ("field:7", "true", "false", "06-02 08:40", "06-02 08:30"),
        ("field:8", None, "x", "06-02 08:40", "06-02 08:30"),
    ]


def test_statuses_entered_between_two_looks_are_all_told(
    shot: Shot, told: Callable[[History], list[tuple[object, ...]]]
) -> None:
    solved = shot("06-02 08:40", "solved", entered={"solved": "06-02 08:35"})
    stamps = {"solved": "06-02 09:35", "open": "06-02 09:00", "closed": "06-02 09:35", "hold": "06-02 08:20"}
    again = shot("06-02 09:40", "closed", entered=stamps)
    assert told(history(solved, again)) == [
        ("status", "open", "solved", "06-02 08:35", None),
        ("status", "solved", "open", "06-02 09:00", None),
        ("status", "open", "solved", "06-02 09:35", None),
        ("status", "solved", "closed", "06-02 09:35", None),
    ]


def test_a_status_without_a_stamp_changed_after_the_last_stamp_or_look(
    shot: Shot, told: Callable[[History], list[tuple[object, ...]]]
) -> None:
    first = shot("06-02 08:10", "open")
    second = shot("06-02 08:40", "hold", entered={"pending": "06-02 08:20"}, after="06-02 08:15")
    assert told(history(first, second)) == [
        ("status", "open", "pending", "06-02 08:20", None),
        ("status", "pending", "hold", "06-02 08:40", "06-02 08:20"),
    ]


def test_what_the_platform_told_itself_is_not_told_again(shot: Shot, timelines: ModuleType) -> None:
    before, after = shot("06-02 08:10", "open"), shot("06-02 08:40", "solved", assignee_id="binh", priority="high")
    by_itself = changed(Field.ASSIGNEE, "binh", timelines.moment("06-02 08:20"))
    stamped = shot("06-02 08:41", "closed", entered={"closed": "06-02 08:41"}, assignee_id="binh", priority="high")
    closing = changed(Field.STATUS, "closed", timelines.moment("06-02 08:41:03"))
    whole = completed(history(before, after, stamped, events=(by_itself, closing)))
    assert [(event.field, event.new) for event in whole.events] == [
        ("assignee", "binh"),
        ("status", "solved"),
        ("priority", "high"),
        ("status", "closed"),
    ]


def test_an_export_tells_what_came_and_went_with_what_was_there_before(
    shot: Shot, told: Callable[[History], list[tuple[object, ...]]], timelines: ModuleType
) -> None:
    """08:00 opened with a priority, 08:10 seen; 08:12 to binh, 08:15 to chi, 08:20 waits, 08:25 goes on; 08:40 seen."""
    at = timelines.moment
    exported = (
        changed(Field.PRIORITY, "low", at(OPENED)),
        changed(Field.GROUP, "hotline", at("06-02 08:05")),
        changed(Field.ASSIGNEE, "binh", at("06-02 08:12")),
        changed(Field.ASSIGNEE, "chi", at("06-02 08:15")),
        changed(Field.STATUS, "hold", at("06-02 08:20")),
        changed(Field.STATUS, "open", at("06-02 08:25")),
        changed(Field.PRIORITY, "high", at("06-02 08:30")),
        changed(Field.PRIORITY, "high", at("06-02 08:35")),
    )
    shots = (
        shot("06-02 08:10", "open", priority="low"),
        shot("06-02 08:40", "open", assignee_id="an", priority="high", tags=("x",), after="06-02 08:11"),
    )
    assert told(history(*shots, events=exported)) == [
        ("group", None, "hotline", "06-02 08:05", None),
        ("assignee", "an", "binh", "06-02 08:12", None),
        ("assignee", "binh", "chi", "06-02 08:15", None),
        ("status", "open", "hold", "06-02 08:20", None),
        ("status", "hold", "open", "06-02 08:25", None),
        ("priority", "low", "high", "06-02 08:30", None),
        ("tags", "", "x", "06-02 08:40", "06-02 08:11"),
    ]


def test_what_an_export_left_out_happened_after_the_last_it_told(
    shot: Shot, told: Callable[[History], list[tuple[object, ...]]], timelines: ModuleType
) -> None:
    before, after = shot("06-02 08:10", "open"), shot("06-02 08:40", "open", assignee_id="dung", after="06-02 08:11")
    handed_on = changed(Field.ASSIGNEE, "binh", timelines.moment("06-02 08:12"))
    assert told(history(before, after, events=(handed_on,))) == [
        ("assignee", "an", "binh", "06-02 08:12", None),
        ("assignee", "binh", "dung", "06-02 08:40", "06-02 08:12"),
    ]
    closed = shot("06-02 08:00", "closed", entered={"closed": OPENED})
    routed = changed(Field.GROUP, "hotline", timelines.moment("06-02 08:05"))
    assert (
        told(history(closed, events=(routed,)))
        == [
            ("status", "open", "closed", "06-02 08:00", None),
            ("group", "hotline", "hotline", "06-02 08:05", None),
        ][:1]
    )


def test_what_an_export_covers_was_not_unseen(shot: Shot, timelines: ModuleType) -> None:
    at = timelines.moment
    whole = history(shot("06-02 13:00", "open"), shot("06-02 20:00", "open", after="06-02 13:00"))
    assert unsure(completed(whole)) == ((at(OPENED), None), (at("06-02 13:00"), None))
    covered = replace(whole, covered=((at("06-02 05:00"), at("06-02 12:30")), (at("06-02 12:30"), at("06-02 15:00"))))
    assert unsure(completed(covered)) == ((at("06-02 15:00"), None),)
    covered = replace(whole, covered=((at("06-02 14:30"), at("06-02 23:00")),))
    assert unsure(completed(covered)) == ((at(OPENED), None), (at("06-02 13:00"), None))


def test_what_was_long_unseen_weighs_on_all_that_follows(shot: Shot, timelines: ModuleType) -> None:
    late = shot("06-02 09:01", "open")
    soon = shot("06-02 09:30", "open", priority="high", after="06-02 09:20", tags=("x",), fields={"7": 1})
    whole = completed(history(late, soon))
    assert unsure(whole) == (
        (timelines.moment(OPENED), None),
        (timelines.moment("06-02 09:20"), timelines.moment("06-02 09:30")),
    )


def test_a_ticket_whose_history_says_it_was_merged_away_counts_nowhere(
    shot: Shot, judged: Callable[..., Any], timelines: ModuleType
) -> None:
    whole = history(shot("06-02 08:00", "open"), shot("06-02 08:10", "closed"))
    assert judged(whole, "1h", "06-02 10:00").excluded is None
    merge = changed("merged_into", "17", timelines.moment("06-02 08:10"))
    away = history(*whole.snapshots, events=(merge,))
    assert judged(away, "1h", "06-02 10:00").excluded.code == "merged"


# --- Clocks whose verdict falls into a span -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(timelines: ModuleType) -> Callable[..., Any]:
    """Return what measuring gives under a resolution clock of so many hours, as of an instant."""

    def played(whole: History, goal: object, as_of: str, **more: object) -> Any:  # noqa: ANN401 -- a Measurement
        t = timelines
        rules = t.edition("policies", t.policy(t.resolution(goal, rearm="on_reopen", warn=["75%"], **more)))
        return measure(whole, compiled([*t.USUAL, rules]), t.moment(as_of))

    return played


def test_a_goal_that_fell_between_two_looks_is_undecided_and_never_charged(
    shot: Shot, judged: Callable[..., Any], timelines: ModuleType
) -> None:
    seen, solved = shot("06-02 08:00", "open"), shot("06-02 09:10", "solved", after="06-02 08:50")
    found = judged(history(seen, solved), "1h", "06-02 10:00")
    (clock,) = found.clocks
    assert (clock.state, clock.breached_at, clock.certainty) == (
        ClockState.UNDECIDED,
        None,
        Certainty.APPROXIMATE,
    )
    assert [firing.step for firing in found.firings] == ["warn:75%"]
    assert not [line for line in found.lines if line.indicator in ("overdue_count", "goals_met", "overdue_rate")]
    told = [(line.part, line.agent, line.certainty) for line in found.lines if line.indicator == "goals_undecided"]
    assert told == [("resolution", "an", Certainty.APPROXIMATE)]
    reasons = {each.indicator: each.reason for each in found.omissions if each.reason == "clock_undecided"}
    assert set(reasons) == {"overdue_rate", "goals_met"}
    at = timelines.moment("06-02 09:10")
    solve = next(line for line in found.lines if line.indicator == "solved")
    assert (solve.at, solve.certainty, solve.part) == (at, Certainty.APPROXIMATE, None)


@pytest.mark.parametrize(("goal", "state"), [("70m", ClockState.MET), ("50m", ClockState.BREACHED_CLOSED)])
def test_a_goal_outside_the_span_is_decided(shot: Shot, judged: Callable[..., Any], goal: str, state: str) -> None:
    seen, solved = shot("06-02 08:00", "open"), shot("06-02 09:10", "solved", after="06-02 08:50:01")
    (clock,) = judged(history(seen, solved), goal, "06-02 10:00").clocks
    assert clock.state == state


def test_a_span_that_does_not_touch_the_clock_decides_nothing(
    shot: Shot, judged: Callable[..., Any], timelines: ModuleType
) -> None:
    seen = shot("06-02 08:00", "open")
    given = shot("06-02 09:10", "open", after="06-02 08:50", assignee_id="binh")
    (clock,) = judged(history(seen, given), "1h", "06-02 10:00").clocks
    assert (clock.state, clock.breached_at) == (ClockState.BREACHED_OPEN, timelines.moment("06-02 09:00"))


def test_a_pause_counts_from_its_earliest_instant_and_an_end_to_its_latest(
    shot: Shot, judged: Callable[..., Any]
) -> None:
    """Between 40 and 80 minutes of work: a goal in between is undecided, one above is met, one below is breached."""
    whole = history(
        shot("06-02 08:00", "open"),
        shot("06-02 08:50", "pending", after="06-02 08:30"),
        shot("06-02 10:20", "open", after="06-02 10:00"),
        shot("06-02 10:30", "solved", entered={"solved": "06-02 10:30"}, after="06-02 10:25"),
    )
    assert [judged(whole, goal, "06-02 11:00").clocks[0].state for goal in ("39m", "60m", "80m")] == [
        ClockState.BREACHED_CLOSED,
        ClockState.UNDECIDED,
        ClockState.MET,
    ]


def test_a_goal_that_changed_within_the_span_is_given_the_benefit_of_the_doubt(
    shot: Shot, judged: Callable[..., Any]
) -> None:
    whole = history(
        shot("06-02 08:00", "open", priority="urgent"),
        shot("06-02 09:10", "open", priority="normal", after="06-02 08:50"),
    )
    (clock,) = judged(whole, {"urgent": "1h", "normal": "8h", "default": "normal"}, "06-02 10:00").clocks
    assert (clock.state, clock.breached_at) == (ClockState.RUNNING, None)


def test_a_goal_shortened_within_a_span_is_due_from_the_beginning_and_late_when_that_was_seen(
    shot: Shot, judged: Callable[..., Any], timelines: ModuleType
) -> None:
    """It ran all the while, by whichever goal: an urgent ticket of 08:00 is due at 09:00, seen or not."""
    seen, urgent = shot("06-02 08:00", "open", priority="normal"), {"priority": "urgent", "after": "06-02 08:10"}
    goals = {"urgent": "1h", "normal": "8h", "default": "normal"}
    (soon,) = judged(history(seen, shot("06-02 08:40", "open", **urgent)), goals, "06-02 08:50").clocks
    assert (soon.due_at, soon.certainty) == (timelines.moment("06-02 09:00"), Certainty.APPROXIMATE)
    (late,) = judged(history(seen, shot("06-02 09:30", "open", **urgent)), goals, "06-02 10:00").clocks
    assert (late.breached_at, late.certainty) == (timelines.moment("06-02 09:30"), Certainty.APPROXIMATE)
    times = {"urgent": "calendar", "normal": "business", "default": "business"}
    (mixed,) = judged(history(seen, shot("06-02 08:40", "open", **urgent)), goals, "06-02 08:50", time=times).clocks
    assert mixed.due_at == timelines.moment("06-02 09:30")  # of that half hour nobody knows by which time it ran


@pytest.mark.parametrize("end", ["open", "solved"])
def test_a_frozen_goal_is_as_late_as_it_was_whatever_changed_within_a_span(
    shot: Shot, judged: Callable[..., Any], timelines: ModuleType, end: str
) -> None:
    """Urgent, so due at nine; that it became normal by noon changes nothing, and makes nothing uncertain."""
    whole = history(
        shot("06-02 08:00", "open", priority="urgent"),
        shot("06-02 12:00", "open", priority="normal", after="06-02 08:10"),
        shot("06-02 12:30", end, priority="normal", after="06-02 12:20"),
    )
    goals = {"urgent": "1h", "normal": "8h", "default": "normal"}
    found = judged(whole, goals, "06-02 13:00", on_change="freeze")
    fired = [(each.step, timelines.told(each.at)) for each in found.firings]
    assert fired == [("warn:75%", "06-02 08:45"), ("breach", "06-02 09:00")]
    promised = history(whole.snapshots[0], replace(whole.snapshots[1], priority="urgent"))
    assert (
        judged(promised, goals, "06-02 13:00", on_change="freeze").clocks[0].breached_at == found.clocks[0].breached_at
    )


@pytest.mark.parametrize("told", [True, False], ids=["the helpdesk tells its history", "it tells none"])
def test_what_policies_go_by_is_as_unsure_as_the_look_that_showed_it_and_all_else_is_not(
    shot: Shot, timelines: ModuleType, *, told: bool
) -> None:
    """An incident for which an hour was promised only became one between two looks."""
    t, seen = timelines, shot("06-02 08:00", "open", ticket_type="Question")
    now = shot("06-02 09:10", "open", after="06-02 08:50", ticket_type="Incident", organization_id="9")
    noted = changed("type", "Incident", now.updated_at, since=t.moment("06-02 08:50"))
    whole = history(replace(now, begins_as=None), events=(noted,)) if told else history(seen, now)
    meant, ruled = t.meant({"all": [{"type": ["Incident"]}]}, t.resolution("1h")), t.policy(t.resolution("8h"))
    rules = t.edition("policies", {**ruled, "policies": [meant, {**ruled["policies"][0], "id": "others"}]})
    (clock,) = measure(whole, compiled([*t.USUAL, rules]), t.moment("06-02 10:00")).clocks
    assert (clock.policy, clock.certainty) == ("care", Certainty.APPROXIMATE)
    (clock,) = measure(whole, compiled([*t.USUAL, t.edition("policies", ruled)]), t.moment("06-02 10:00")).clocks
    assert clock.certainty is Certainty.EXACT


def test_a_clock_that_starts_within_a_span_may_have_run_that_much_longer(
    shot: Shot, judged: Callable[..., Any]
) -> None:
    whole = history(
        shot("06-02 08:00", "open", assignee_id=None),
        shot("06-02 08:30", "open", after="06-02 08:10"),
        shot("06-02 09:10", "solved", entered={"solved": "06-02 09:10"}, after="06-02 09:05"),
    )
    states = [judged(whole, goal, "06-02 10:00", start="assigned").clocks[0].state for goal in ("50m", "60m")]
    assert states == [ClockState.UNDECIDED, ClockState.MET]


def test_a_reply_clock_left_undecided_is_no_share_of_the_first_replies(shot: Shot, timelines: ModuleType) -> None:
    t = timelines
    whole = history(
        shot("06-02 08:00", "open"),
        shot("06-02 08:50", "pending", after="06-02 08:30"),
        events=(
            TicketEvent(
                ticket_id="1", event_id="reply", at=t.moment("06-02 10:00"), order=0, position=0,
                kind=EventKind.COMMENTED, actor_id="an", automatic=False, public=True,
            ),
        ),
    )  # fmt: skip
    rules = t.edition("policies", t.policy(t.first_reply("40m", pause_in=["pending"])))
    found = measure(whole, compiled([*t.USUAL, rules]), t.moment("06-02 11:00"))
    assert found.clocks[0].state is ClockState.UNDECIDED
    left = {each.indicator for each in found.omissions if each.reason == "clock_undecided"}
    assert "first_reply_within" in left


# --- A history that tells of some properties only -------------------------------------------------------------------

ALL = frozenset({*Field, "field:7"})


@pytest.fixture(scope="module")
def noted(timelines: ModuleType) -> Callable[..., list[tuple[object, ...]]]:
    """Return what two looks tell, as (field, old, new, at, since) in local time."""

    def words(
        before: TicketSnapshot | None, now: TicketSnapshot, after: str = OPENED, names: frozenset[str] = ALL
    ) -> list[tuple[object, ...]]:
        found = untold(before, now, names, timelines.moment(after))
        return [(e.field, e.old, e.new, timelines.told(e.at), timelines.told(e.since)) for e in found]

    return words


def test_what_no_history_tells_lies_between_the_last_look_and_the_last_change(
    shot: Shot, noted: Callable[..., list[tuple[object, ...]]]
) -> None:
    before = shot("06-02 08:10", "open", group_id="hotline", assignee_id=None, fields={"7": True, "8": 1})
    now = shot(
        "06-02 09:00", "pending", custom_status_id="Waiting", priority="high", assignee_id="an", group_id=None,
        form_id="f", schedule_id="s", fields={"7": None, "8": 2},
    )  # fmt: skip
    span = ("06-02 09:00", "06-02 08:50")
    assert noted(before, now, "06-02 08:50") == [
        ("status", "open", "pending", *span),
        ("custom_status", None, "Waiting", *span),
        ("priority", None, "high", *span),
        ("assignee", None, "an", *span),
        ("form", None, "f", *span),
        ("schedule", None, "s", *span),
        ("group", "hotline", "hotline", *span),
        ("field:7", "true", None, *span),
    ]
    assert noted(before, now, names=frozenset({Field.PRIORITY})) == [
        ("priority", None, "high", "06-02 09:00", "06-02 08:10")
    ]
    away = shot("06-02 09:00", "open", group_id=None, assignee_id=None, fields={"7": True, "8": 1})
    assert noted(before, away, "06-02 09:30") == [("group", "hotline", None, "06-02 09:00", None)]


def test_a_stamped_status_is_exact_and_the_first_look_tells_since_when_the_rest_is_known(
    shot: Shot, noted: Callable[..., list[tuple[object, ...]]]
) -> None:
    solved = {"entered": {"solved": "06-02 08:40"}}
    now = shot("06-02 09:00", "solved", priority="high", custom_status_id="Closed", **solved)
    assert noted(None, now) == [
        ("status", "new", "solved", "06-02 08:40", None),
        ("custom_status", None, "Closed", "06-02 08:40", None),
        ("priority", "high", "high", "06-02 09:00", OPENED),
        ("assignee", "an", "an", "06-02 09:00", OPENED),
        ("field:7", None, None, "06-02 09:00", OPENED),
    ]
    assert noted(None, shot(OPENED, "new", priority="high")) == []  # never changed since
    assert noted(None, now, names=frozenset({Field.FORM})) == []
    assert noted(None, shot("06-02 09:00", "open"))[0] == ("status", "new", "open", "06-02 09:00", OPENED)
    later = shot("06-02 09:10", "solved", **solved)  # the stamp is of an earlier time
    assert noted(shot("06-02 09:05", "open"), later)[0] == (
        "status", "open", "solved", "06-02 09:10", "06-02 09:05"
    )  # fmt: skip


def test_what_the_history_tells_after_all_is_not_told_twice_and_the_rest_is_unsure(
    shot: Shot, timelines: ModuleType
) -> None:
    before, now = shot("06-02 08:10", "open"), shot("06-02 08:40", "solved", priority="high", begins_as=None)
    noted = untold(before, now, ALL, 0)
    told = changed("status", "solved", timelines.moment("06-02 08:30"))
    whole = completed(history(now, events=(told, *noted)))
    assert [(event.field, event.since is None) for event in whole.events] == [("status", True), ("priority", False)]
    first, last = timelines.moment("06-02 08:10"), timelines.moment("06-02 08:40")
    assert unsure(whole) == ((first, last),)
    late = untold(before, shot("06-02 09:40", "open", form_id="f", assignee_id="binh", begins_as=None), ALL, 0)
    assert unsure(history(now, events=tuple(late))) == ((first, None),)


def test_a_field_that_is_read_for_the_first_or_last_time_was_not_seen_to_change(
    shot: Shot,
    told: Callable[[History], list[tuple[object, ...]]],
    noted: Callable[..., list[tuple[object, ...]]],
) -> None:
    """A field was given a meaning between two looks: its value is as old as the ticket for all that anybody knows."""
    unread, read = shot("06-02 08:10", "open"), shot("06-02 08:40", "open", fields={"7": "S1"})
    emptied = shot("06-02 08:50", "open", fields={"7": None})
    assert told(history(unread, read)) == told(history(read, shot("06-02 08:50", "open"))) == []
    assert noted(unread, read) == noted(read, shot("06-02 08:50", "open")) == []
    assert unsure(history(unread, read), frozenset({"field:7"})) == ()
    assert told(history(read, emptied)) == [("field:7", "S1", None, "06-02 08:50", "06-02 08:40")]
