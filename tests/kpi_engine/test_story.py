from types import ModuleType

from kpi_engine.rulebook import Status, compiled
from kpi_engine.story import StepKind, told

HOUR = 3600


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
        ("06-09 09:00", StepKind.OPENED, None, Status.NEW, None),
        ("06-09 09:30", StepKind.CHANGED, None, Status.NEW, "an"),
        ("06-09 10:00", StepKind.AGENT_REPLY, "an", Status.NEW, "an"),
        ("06-09 10:00", StepKind.CHANGED, None, Status.PENDING, "an"),
        ("06-09 11:00", StepKind.CUSTOMER_MESSAGE, "customer", Status.PENDING, "an"),
    ]
    assert (story.whole, story.unheard_at, story.owed_from) == (True, None, story.steps[0])
    assert story.last is story.steps[-1].state
    assert story.state_at(t.moment("06-09 10:00")).status is Status.PENDING
    assert story.state_at(t.moment("06-09 09:59:59")).status is Status.NEW


def test_a_stretch_of_a_story_may_begin_and_end_between_its_steps(timelines: ModuleType) -> None:
    t = timelines
    history = t.history(
        """
        06-09 09:00 customer opens
        06-09 10:00 status becomes open
        06-09 11:00 status becomes pending
        """
    )
    rulebook = compiled(t.USUAL)
    story = told(history, rulebook, t.moment("06-10 09:00"))
    start, end = t.moment("06-09 09:30"), t.moment("06-09 14:00")
    assert story.working_seconds(rulebook, start, end) == 3 * HOUR
    assert story.calendar_seconds(start, end) == 4 * HOUR + HOUR // 2
    assert story.calendar_seconds(end, start) == 0
    assert not story.assumes(start, end)


def test_a_later_edition_is_a_step_of_its_own_after_what_happened_in_its_second(timelines: ModuleType) -> None:
    t = timelines
    history = t.history("06-09 09:00 customer opens\n06-09 10:00 status becomes waiting, an notes")
    explained = t.edition(
        "meanings", {**t.MEANINGS, "statuses": {**t.STATUSES, "waiting": "hold"}}, since=t.moment("06-09 11:00")
    )
    now = t.edition("organization", {"team_of": {}}, since=t.moment("06-09 10:00"))
    before = t.edition("organization", {"team_of": {}})
    story = told(history, compiled([*t.USUAL, explained, before, now]), t.moment("06-09 11:00"))
    assert [(t.told(step.at), step.state.status) for step in story.steps] == [
        ("06-09 09:00", Status.NEW),
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
    spoken = [(step.actor, step.kind) for step in story.steps if step.actor is not None]
    assert spoken == [("gone", StepKind.AGENT_REPLY), ("stranger", StepKind.CUSTOMER_MESSAGE)]
