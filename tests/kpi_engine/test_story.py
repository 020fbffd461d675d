from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.history import History
from kpi_engine.rulebook import Status
from kpi_engine.story import StepKind, Story
from kpi_engine.telling import told


def test_a_story_tells_what_matters_in_order_with_the_state_from_then_on(timelines: ModuleType) -> None:
    t = timelines
    history = t.history(
        """
        06-09 09:00 customer opens group=1
        06-09 09:30 an notes, assignee becomes an
        06-09 10:00 an replies, status becomes pending
        06-09 11:00 customer writes
        """
    )
    story = told(history, compiled(t.USUAL), t.moment("06-10 09:00"))
    assert [(t.told(step.at), step.kind, step.actor, step.state.status, step.state.agent) for step in story.steps] == [
        ("06-09 09:00", StepKind.OPENED, "customer", Status.NEW, None),
        ("06-09 09:30", StepKind.NOTE, "an", Status.NEW, None),
        ("06-09 09:30", StepKind.CHANGED, "an", Status.NEW, "an"),
        ("06-09 10:00", StepKind.AGENT_REPLY, "an", Status.NEW, "an"),
        ("06-09 10:00", StepKind.CHANGED, "an", Status.PENDING, "an"),
        ("06-09 11:00", StepKind.CUSTOMER_MESSAGE, "customer", Status.PENDING, "an"),
    ]
    assert (story.whole, story.unheard_at, story.owed_from) == (True, None, story.steps[0])
    assert story.last is story.steps[-1].state
    assert story.state_at(t.moment("06-09 10:00")).status is Status.PENDING
    assert story.state_at(t.moment("06-09 09:59:59")).status is Status.NEW


def test_a_later_edition_is_a_step_of_its_own_after_what_happened_in_its_second(timelines: ModuleType) -> None:
    t = timelines
    history = t.history("06-09 09:00 customer opens\n06-09 10:00 status becomes waiting, an notes")
    explained = t.edition(
        "meanings", {**t.MEANINGS, "statuses": {**t.STATUSES, "waiting": "hold"}}, since=t.moment("06-09 11:00")
    )
    now = t.edition("organization", {"team_of": {}}, since=t.moment("06-09 10:00"))
    before = t.edition("organization", {"team_of": {}})
    story = told(history, compiled([*t.USUAL, explained, before, now]), t.moment("06-09 11:00"))
    kinds = [StepKind.OPENED, StepKind.CHANGED, StepKind.NOTE, StepKind.RULES, StepKind.RULES]
    assert [step.kind for step in story.steps] == kinds
    assert [(t.told(step.at), step.state.status) for step in story.steps] == [
        ("06-09 09:00", Status.NEW),
        ("06-09 10:00", Status.UNKNOWN),
        ("06-09 10:00", Status.UNKNOWN),
        ("06-09 10:00", Status.UNKNOWN),
        ("06-09 11:00", Status.HOLD),
    ]


def test_a_ticket_made_before_the_history_is_whole_where_its_creation_was_heard(timelines: ModuleType) -> None:
    t = timelines
    history = t.history("06-09 09:00 customer opens")
    rulebook, as_of = compiled(t.USUAL), t.moment("06-10 09:00")
    assert told(t.cut(history, t.moment("06-09 09:00")), rulebook, as_of).whole
    assert not told(t.cut(history, t.moment("06-09 09:00:01")), rulebook, as_of).whole


def test_somebody_who_left_before_we_looked_is_an_agent_if_the_ticket_was_ever_his(timelines: ModuleType) -> None:
    """The platform lists today's agents only: "gone" is nobody's id there, but the ticket was assigned to him."""
    t = timelines
    history = t.history(
        """
        06-09 09:00 customer opens
        06-09 09:30 gone replies
        06-09 09:40 assignee becomes gone
        06-09 10:00 assignee becomes an
        06-09 10:10 stranger replies
        """
    )
    story = told(history, compiled(t.USUAL), t.moment("06-10 09:00"))
    spoken = [(step.actor, step.kind) for step in story.steps if step.actor in ("gone", "stranger")]
    assert spoken == [("gone", StepKind.AGENT_REPLY), ("stranger", StepKind.CUSTOMER_MESSAGE)]


# --- Whose hand it was --------------------------------------------------------------------------------------------


def story_of(t: Any, timeline: str, *rules: Any, change: Any = None) -> Story:  # noqa: ANN401 -- modules made at run time
    history = t.history(timeline)
    history = change(history) if change else history
    return told(history, compiled([*t.USUAL, *rules]), t.moment("06-30 09:00"))


@pytest.mark.parametrize(
    ("clause", "actor", "by_agent"),
    [
        ("status becomes open by binh", "binh", True),
        ("status becomes open automatically", None, False),
        ("status becomes open by robot", None, False),
        ("status becomes open by script", None, False),
        ("status becomes solved by customer", "customer", False),
        ("form becomes 5 by binh", "binh", True),
        ("tags becomes vip by binh", "binh", True),
        ("field:topic becomes refund by binh", "binh", True),
        ("binh notes", "binh", True),
        ("binh replies", "binh", True),
        ("customer writes", "customer", False),
    ],
)
def test_a_step_tells_whose_hand_it_was(
    timelines: ModuleType, clause: str, actor: str | None, *, by_agent: bool
) -> None:
    last = story_of(timelines, f"06-09 09:00 customer opens\n06-09 10:00 {clause}").steps[-1]
    assert (timelines.told(last.at), last.actor, last.by_agent) == ("06-09 10:00", actor, by_agent)
    assert last.automatic is (actor is None)


@pytest.mark.parametrize(
    "clause",
    ["field:991 becomes 5", "tags becomes helpdesk-kpi-dispute", "customer notes", "robot notes", "an offered"],
)
def test_what_is_no_work_on_a_ticket_is_no_step(timelines: ModuleType, clause: str) -> None:
    """Our own fields and tags, whoever's token wrote them; machines' and customers' notes; surveys."""
    assert len(story_of(timelines, f"06-09 09:00 customer opens\n06-09 10:00 {clause}").steps) == 1


def test_an_agent_who_asks_for_something_is_at_no_work(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 an opens requester=an
        06-09 09:30 an notes
        06-09 09:40 priority becomes high by an
        06-09 09:50 priority becomes low by binh
        """,
    )
    assert [(step.kind, step.by_agent) for step in story.steps] == [
        (StepKind.OPENED, False),
        (StepKind.CHANGED, False),
        (StepKind.CHANGED, True),
    ]
    assert not story.opened_by_agent
    assert story_of(timelines, "06-09 09:00 an opens").opened_by_agent


def test_the_submitter_opened_a_ticket_of_which_no_comment_is_known(timelines: ModuleType) -> None:
    t = timelines

    def opened_by(submitter: str | None) -> tuple[str | None, bool]:
        story = story_of(
            t, "06-09 09:00 an opens silently", change=lambda whole: t.snapshot_of(whole, submitter_id=submitter)
        )
        return story.steps[0].actor, story.steps[0].by_agent

    assert [opened_by(who) for who in ("binh", "robot", None)] == [("binh", True), (None, False), (None, False)]


def test_changes_of_one_hand_in_one_go_are_one_step(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 assignee becomes an, group becomes 1, assignee becomes binh, priority becomes high automatically
        """,
    )
    assert [(step.actor, step.state.agent, step.state.group, step.state.priority) for step in story.steps[1:]] == [
        ("an", "an", "1", None),
        ("an", "binh", "1", None),
        (None, "binh", "1", "high"),
    ]


# --- Solves -------------------------------------------------------------------------------------------------------


def solved(t: Any, story: Story) -> list[tuple[str, bool]]:  # noqa: ANN401 -- modules made at run time
    return [(t.told(step.at), step.automatic) for step in story.solves]


def test_an_automatic_solve_counts_marked_and_an_automatic_closing_does_not(timelines: ModuleType) -> None:
    """D11."""
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 status becomes pending
        06-12 10:00 status becomes solved automatically
        06-12 11:00 status becomes open by customer
        06-12 12:00 status becomes solved by an
        06-16 12:00 status becomes closed automatically
        """,
    )
    assert solved(timelines, story) == [("06-12 10:00", True), ("06-12 12:00", False)]
    assert [timelines.told(step.at) for step in story.reopens] == ["06-12 11:00"]
    assert story.standing_solve is story.solves[-1]


def test_a_jump_to_closed_is_a_solve(timelines: ModuleType) -> None:
    """D10."""
    story = story_of(timelines, "06-09 09:00 customer opens\n06-09 10:00 status becomes closed")
    assert solved(timelines, story) == [("06-09 10:00", False)]


def test_deleting_and_restoring_neither_solves_nor_reopens(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 status becomes solved
        06-10 10:00 status becomes deleted
        06-11 10:00 status becomes solved
        06-12 10:00 status becomes open
        """,
    )
    assert (solved(timelines, story), len(story.reopens)) == ([("06-09 10:00", False)], 1)
    assert story.standing_solve is None


def test_what_was_solved_before_we_looked_is_no_solve_of_ours(timelines: ModuleType) -> None:
    t = timelines
    timeline = """
        06-01 09:00 customer opens
        06-02 10:00 status becomes solved
        06-09 10:00 status becomes open
        06-09 11:00 status becomes solved
        """
    story = story_of(t, timeline, change=lambda whole: t.cut(whole, t.moment("06-05 00:00")))
    assert (solved(t, story), len(story.reopens)) == ([("06-09 11:00", False)], 1)
    begun = story_of(t, timeline, change=lambda whole: t.cut(whole, t.moment("06-10 00:00")))
    assert (begun.solves, begun.standing_solve, begun.steps[0].done) == ((), None, True)


def test_one_audit_that_solves_and_reopens_does_neither(timelines: ModuleType) -> None:
    """A trigger undoes the agent's solve before anybody sees it."""
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 status becomes solved, an replies, status becomes open automatically
        """,
    )
    assert (story.solves, story.reopens, story.last.status) == ((), (), Status.OPEN)


# --- Who waits for whom -------------------------------------------------------------------------------------------


def waiting(t: Any, story: Story) -> list[tuple[str, bool, bool, str | None]]:  # noqa: ANN401 -- modules made at run time
    return [(t.told(step.at), step.awaited, step.replied, t.told(step.owed_since)) for step in story.steps]


def test_the_oldest_unanswered_message_is_what_a_reply_is_owed_to(timelines: ModuleType) -> None:
    """D9: further messages do not restart the wait."""
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 customer writes
        06-09 11:00 an replies
        06-09 12:00 friend writes
        06-09 13:00 customer writes
        06-09 14:00 binh replies
        """,
    )
    assert waiting(timelines, story) == [
        ("06-09 09:00", True, False, "06-09 09:00"),
        ("06-09 10:00", True, False, "06-09 09:00"),
        ("06-09 11:00", False, True, None),
        ("06-09 12:00", False, True, "06-09 12:00"),
        ("06-09 13:00", False, True, "06-09 12:00"),
        ("06-09 14:00", False, True, None),
    ]


def test_nothing_is_owed_on_a_ticket_an_agent_opened_until_the_customer_writes(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 an opens
        06-09 10:00 an replies
        06-09 11:00 customer writes
        06-09 12:00 an replies
        06-09 13:00 customer writes
        """,
    )
    assert [(awaited, owed) for _, awaited, _, owed in waiting(timelines, story)] == [
        (False, None),
        (False, None),
        (True, "06-09 11:00"),
        (False, None),
        (False, "06-09 13:00"),
    ]
    assert story.owed_from == story.steps[2]


def test_a_call_written_down_privately_waits_without_a_message(timelines: ModuleType) -> None:
    (step,) = story_of(timelines, "06-09 09:00 an opens privately").steps
    assert (step.awaited, step.owed_since) == (True, None)


def test_messages_of_one_second_count_in_their_order(timelines: ModuleType) -> None:
    timeline = "06-09 09:00 customer opens\n06-09 10:00 an replies\n06-09 10:00 customer writes"
    assert story_of(timelines, timeline).steps[-1].owed_since == timelines.moment("06-09 10:00")


def test_whether_anybody_replied_before_we_looked_is_not_held_against_him(timelines: ModuleType) -> None:
    t = timelines
    story = story_of(t, "06-01 09:00 customer opens", change=lambda whole: t.cut(whole, t.moment("06-05 00:00")))
    assert story.steps[0].replied


def test_d13_a_question_that_was_merged_in_is_owed_a_reply_from_the_merge_on(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 an replies
        06-09 11:00 an replies
        06-09 11:00 elsewhere merges requester=friend
        06-09 12:00 priority becomes high
        """,
    )
    merged = story.steps[3]
    assert (merged.kind, merged.actor, merged.by_agent) == (StepKind.CUSTOMER_MESSAGE, "friend", False)
    assert story.steps[-1].owed_since == timelines.moment("06-09 11:00")


@pytest.mark.parametrize(
    "changes", [{"submitter_id": "binh"}, {"tags": ("internal",)}, {"form_id": "77"}], ids=["agent", "tag", "form"]
)
def test_a_merged_in_ticket_that_nobody_asked_anything_with_asks_nothing(
    timelines: ModuleType, changes: dict[str, object]
) -> None:
    def changed(whole: History) -> History:
        (merge,) = whole.derived
        return replace(whole, derived=(replace(merge, cause=replace(merge.cause, **changes)),))  # type: ignore[arg-type]

    timeline = "06-09 09:00 customer opens\n06-09 10:00 an replies\n06-09 11:00 elsewhere merges"
    assert story_of(timelines, timeline).steps[-1].owed_since is not None
    assert story_of(timelines, timeline, change=changed).steps[-1].owed_since is None


def test_who_is_the_customer_changes_with_the_requester(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens
        06-09 10:00 requester becomes an by binh
        06-09 11:00 an replies
        06-09 12:00 requester becomes friend by binh
        06-09 13:00 an replies
        """,
    )
    assert [(step.kind, step.state.requester) for step in story.steps] == [
        (StepKind.OPENED, "customer"),
        (StepKind.CHANGED, "an"),
        (StepKind.CUSTOMER_MESSAGE, "an"),
        (StepKind.CHANGED, "friend"),
        (StepKind.AGENT_REPLY, "friend"),
    ]


# --- What a ticket is ---------------------------------------------------------------------------------------------


def segments(story: Story) -> list[str | None]:
    return [step.state.segment for step in story.steps]


def test_the_segment_follows_its_field(timelines: ModuleType) -> None:
    timeline = "06-09 09:00 customer opens field:segment=silver\n06-10 09:00 field:segment becomes gold"
    assert segments(story_of(timelines, timeline)) == ["silver", "gold"]
    nothing = (
        "06-09 09:00 customer opens\n06-10 09:00 field:segment becomes gold\n06-11 09:00 field:segment becomes nothing"
    )
    assert segments(story_of(timelines, nothing)) == [None, "gold", None]


def carried(t: Any, **carrier: object) -> Any:  # noqa: ANN401 -- modules made at run time
    body = {**t.MEANINGS, "fields": {"segment": {"field": None, "tag": None, "values": {}, **carrier}}}
    return t.edition("meanings", body, since=0)


def test_a_tag_may_tell_the_segment_under_another_name(timelines: ModuleType) -> None:
    timeline = "06-09 09:00 customer opens\n06-10 09:00 tags becomes new+vip\n06-11 09:00 tags becomes new"
    assert segments(story_of(timelines, timeline, carried(timelines, tag="vip"))) == [None, "vip", None]
    nowhere = timelines.edition("meanings", {**timelines.MEANINGS, "fields": {}}, since=timelines.moment("06-10 12:00"))
    later = story_of(timelines, timeline, carried(timelines, tag="vip"), nowhere)
    assert segments(later) == [None, "vip", None, None]
    renamed = carried(timelines, tag="vip", values={"vip": "gold"})
    assert segments(story_of(timelines, timeline, renamed)) == [None, "gold", None]


@pytest.mark.parametrize(("value", "segment"), [("gold", "gold"), (True, "vip"), (7, "7"), (None, None)])
def test_the_snapshot_tells_the_segment_where_no_event_does(
    timelines: ModuleType, value: object, segment: str | None
) -> None:
    story = story_of(
        timelines,
        "06-09 09:00 customer opens",
        carried(timelines, field="segment", values={"true": "vip"}),
        change=lambda whole: timelines.snapshot_of(whole, fields={"segment": value}),
    )
    assert segments(story) == [segment]


def test_the_snapshots_tags_are_those_of_a_beginning_nobody_told_about(timelines: ModuleType) -> None:
    t = timelines

    def cut(whole: History) -> History:
        return t.cut(t.snapshot_of(whole, tags=("vip",)), t.moment("06-20 00:00"))

    assert segments(story_of(t, "06-09 09:00 customer opens", carried(t, tag="vip"), change=cut)) == ["vip"]


def statuses(story: Story) -> list[Status]:
    return [step.state.status for step in story.steps]


def test_a_custom_status_that_the_account_explains_tells_one_status_from_another(timelines: ModuleType) -> None:
    """71 means hold, 74 is not explained."""
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens status=open
        06-09 10:00 custom_status becomes 71
        06-09 11:00 custom_status becomes 74
        06-09 12:00 status becomes pending, an replies, custom_status becomes 71
        """,
    )
    assert statuses(story) == [Status.OPEN, Status.HOLD, Status.OPEN, Status.HOLD, Status.HOLD, Status.HOLD]


def test_a_custom_status_does_not_outlive_the_status_beside_it(timelines: ModuleType) -> None:
    """The platform told of the status alone; the custom one came first in the other audit."""
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens status=open custom_status=71
        06-09 10:00 status becomes solved
        06-09 11:00 custom_status becomes 72, an replies, status becomes open
        """,
    )
    assert statuses(story) == [Status.HOLD, Status.SOLVED, *[Status.PENDING] * 3]


def test_a_deleted_or_closed_ticket_is_so_whatever_its_custom_status(timelines: ModuleType) -> None:
    story = story_of(
        timelines,
        """
        06-09 09:00 customer opens status=open custom_status=71
        06-09 10:00 status becomes deleted, custom_status becomes 72
        06-09 11:00 status becomes open, custom_status becomes 71
        06-09 12:00 status becomes closed, custom_status becomes 72
        """,
    )
    assert statuses(story) == [Status.HOLD, Status.DELETED, Status.HOLD, Status.CLOSED]


def test_the_snapshots_custom_status_is_that_of_a_beginning_nobody_told_about(timelines: ModuleType) -> None:
    t = timelines
    timeline = "06-09 09:00 customer opens status=open custom_status=71\n06-12 10:00 status becomes pending"

    def known_from(moment: str) -> Story:
        return story_of(t, timeline, change=lambda whole: t.cut(whole, t.moment(moment)))

    assert statuses(known_from("06-20 00:00")) == [Status.HOLD]
    assert statuses(known_from("06-10 00:00")) == [Status.OPEN, Status.PENDING]


def test_what_is_not_heard_yet_is_known_to_come(timelines: ModuleType) -> None:
    t = timelines
    history = t.history(
        """
        06-09 09:00 customer opens
        06-14 09:00 elsewhere returns
        06-15 09:00 survey offered
        06-16 09:00 customer rated good
        """
    )

    def next_after(moment: str, whole: History = history) -> str | None:
        return t.told(told(whole, compiled(t.USUAL), t.moment(moment)).unheard_at)

    moments = ("06-10 09:00", "06-14 09:00", "06-15 09:00", "06-16 09:00")
    assert [next_after(moment) for moment in moments] == ["06-14 09:00", "06-15 09:00", "06-16 09:00", None]
    assert next_after("06-14 09:00", replace(history, events=())) == "06-15 09:00"


def test_a_silent_solve_settles_what_was_said_once_somebody_was_answered(timelines: ModuleType) -> None:
    timeline = """
    06-09 09:00 customer opens
    06-09 10:00 an replies
    06-09 11:00 customer replies
    06-09 12:00 status becomes solved by an, customer replies
    06-09 13:00 status becomes open by an
    """
    assert story_of(timelines, timeline).steps[-1].owed_since is None
    later = f"{timeline}    06-09 14:00 customer replies"
    assert story_of(timelines, later).steps[-1].owed_since == timelines.moment("06-09 14:00")


def test_a_silent_solve_settles_no_first_wait(timelines: ModuleType) -> None:
    timeline = """
    06-09 09:00 customer opens
    06-09 12:00 status becomes solved by an
    06-09 13:00 status becomes open by an
    """
    assert story_of(timelines, timeline).steps[-1].owed_since == timelines.moment("06-09 09:00")
