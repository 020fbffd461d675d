import pytest

from connectors.base import Page
from kpi_engine.records import Agent, EventKind, Field, MetricEvent, Rating, TicketEvent
from sync.unseen import introduced, nameless, workers


def event(kind: EventKind = EventKind.CHANGED, **changes: object) -> TicketEvent:
    values: dict[str, object] = {
        "ticket_id": "1", "event_id": "2", "at": 3, "order": 4, "position": 0, "actor_id": "an", "automatic": False,
    }  # fmt: skip
    return TicketEvent(kind=kind, **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (event(field=Field.ASSIGNEE, old="ngoc", new="minh"), ["ngoc", "minh", "an"]),
        (event(field=Field.ASSIGNEE, old=None, new="minh", automatic=True), ["minh"]),
        (event(field=Field.GROUP), ["an"]),
        (event(field=Field.STATUS), []),
        (event(field=Field.PRIORITY, actor_id=None), []),
        (event(EventKind.OPENED_WITH, field=Field.PRIORITY), []),
        (event(EventKind.COMMENTED, public=False), ["an"]),
        (event(EventKind.COMMENTED, public=True), []),
        (event(EventKind.COMMENTED, public=None), []),
    ],
)
def test_who_works_tickets_shows_in_what_only_agents_do(record: TicketEvent, found: list[str]) -> None:
    assert list(workers(record)) == found


def test_a_rating_names_an_agent_where_it_does() -> None:
    blank = {"ticket_id": "1", "rating_id": "2", "at": 3, "version": 3, "category": "good", "score": None}
    named = Rating(**blank, scale=None, agent_id="an", group_id=None)  # type: ignore[arg-type]
    nobody = Rating(**blank, scale=None, agent_id=None, group_id=None)  # type: ignore[arg-type]
    assert (list(workers(named)), list(workers(nobody))) == (["an"], [])


def test_a_clock_names_nobody() -> None:
    clock = MetricEvent(
        ticket_id="1", event_id="2", at=3, metric="reply_time", instance=1, kind="pause", target=None,
        business_hours=None, policy_id=None, withdrawn=False,
    )  # fmt: skip
    assert list(workers(clock)) == []


def agent(role: str, name: str = "An", *, active: bool = True) -> Agent:
    return Agent(
        agent_id="7", name=name, email=None, role=role, active=active, bot=False, locale=None, ticket_access="all"
    )


def test_whoever_worked_tickets_is_kept_as_the_agent_he_was() -> None:
    found = introduced(Page([agent("end-user"), agent("admin"), agent("agent", "", active=False)], [], None, None))
    assert [(one.role, one.active, one.name) for one in found] == [
        ("agent", False, "An"),
        ("admin", True, "An"),
        ("agent", False, "7"),
    ]


def test_whom_nobody_knows_has_his_number_for_a_name() -> None:
    assert [(one.name, one.role, one.active) for one in nameless(["7"])] == [("7", "agent", False)]
