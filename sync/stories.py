"""Stories of policies played: a ticket's timeline measured as any ticket is, and what differs from expectation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.calendars import calendar_document
from config.stories import (
    FIELD,
    MEANINGS,
    NOBODY,
    ROBOT,
    STATUSES,
    Expected,
    Happening,
    StoriesDocument,
    Story,
    happening,
    wall_clock,
)
from kpi_engine.compiling import compiled
from kpi_engine.durations import seconds_of
from kpi_engine.editions import Edition, digest_of
from kpi_engine.history import History
from kpi_engine.measure import measure
from kpi_engine.measurement import Clock, Measurement
from kpi_engine.message import Message, message
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot
from kpi_engine.rulebook import Kind, Rulebook

_CUSTOMER = "customer"
_AGENT = "agent"
_OWN_FIELDS = {"status": Field.STATUS, "priority": Field.PRIORITY, "group": Field.GROUP, "agent": Field.ASSIGNEE}
_OWN_FIELDS |= {"form": Field.FORM, "tags": Field.TAGS, "type": Field.TYPE, "organization": Field.ORGANIZATION}
_TICKET_CALENDAR = "ticket"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one story: every difference, none where it passed."""

    story: str
    differences: tuple[Message, ...]


def outcomes(policies: Mapping[str, Any], document: StoriesDocument) -> Iterator[Outcome]:
    """Yield what became of each story under the policies, which are given as plain values."""
    zone = ZoneInfo(document.timezone)
    for story in document.stories:
        history = story_history(story, zone)
        measured = measure(history, _rulebook(policies, document, history), _at(wall_clock(story.at), zone))
        yield Outcome(story.name, tuple(_differences(story, measured, zone)))


def _at(instant: datetime, zone: ZoneInfo) -> int:
    return int(instant.replace(tzinfo=zone).timestamp())


def _rulebook(policies: Mapping[str, Any], document: StoriesDocument, history: History) -> Rulebook:
    agents = {event.new for event in history.events if event.field == Field.ASSIGNEE and event.new} | {_AGENT}
    told = {event.field for event in history.events if event.field is not None}
    names = {name.removeprefix(FIELD) for name in told if name.startswith(FIELD)}
    fields: dict[str, object] = {name: {"field": name, "tag": None, "values": {}} for name in sorted(names)}
    meanings = {"statuses": {word: word for word in STATUSES}, "fields": fields}
    chosen = _TICKET_CALENDAR if _TICKET_CALENDAR in document.calendars else None
    return compiled(
        [
            _edition(Kind.POLICIES, policies),
            _edition(Kind.MEANINGS, meanings),
            _edition(Kind.CALENDAR_CHOICE, {"by_group": {}, "by_brand": {}, "default": chosen, "assumed": None}),
            *(
                _edition(Kind.CALENDAR, calendar_document(key, calendar, document.timezone), key)
                for key, calendar in document.calendars.items()
            ),
            *(_edition(Kind.AGENT, _person(name), name) for name in sorted(agents)),
        ]
    )


def _person(name: str) -> dict[str, object]:
    return {"name": name, "role": "agent", "bot": name == ROBOT}


def _edition(kind: Kind, body: Mapping[str, Any], key: str = "") -> Edition:
    return Edition(kind, key, None, digest_of(body), body)


def story_history(story: Story, zone: ZoneInfo) -> History:
    """Return the history that a story's timeline tells, as a helpdesk would have told it."""
    told = [happening(line) for line in story.timeline]
    values = _opening(story)
    events = list(_events(told, values, zone))
    opened_at = _at(told[0].at, zone)
    return History(account="story", ticket_id="1", snapshots=(_snapshot(story, opened_at),), events=tuple(events))


def _opening(story: Story) -> dict[str, str | None]:
    ticket = story.ticket
    values: dict[str, str | None] = {name: getattr(ticket, subject) for subject, name in _OWN_FIELDS.items()}
    values[Field.TAGS] = " ".join(ticket.tags) or None
    meant = {f"{FIELD}{meaning}": getattr(ticket, meaning) for meaning in MEANINGS}
    return values | meant | {f"{FIELD}{name}": value for name, value in ticket.fields.items()}


def _snapshot(story: Story, opened_at: int) -> TicketSnapshot:
    return TicketSnapshot(
        ticket_id="1",
        version=1,
        created_at=opened_at,
        updated_at=opened_at,
        status=story.ticket.status,
        priority=story.ticket.priority,
        assignee_id=story.ticket.agent,
        group_id=story.ticket.group,
        requester_id=_CUSTOMER,
        submitter_id=None,
        brand_id=None,
        form_id=story.ticket.form,
        channel=story.ticket.channel,
        tags=story.ticket.tags,
    )


def _events(told: list[Happening], values: dict[str, str | None], zone: ZoneInfo) -> Iterator[TicketEvent]:
    opener, opened_at = told[0].clauses[0][0], _at(told[0].at, zone)
    for place, (name, value) in enumerate(values.items()):
        yield _event(opened_at, (0, place), EventKind.OPENED_WITH, actor=opener, field=name, new=value)
    for order, each in enumerate(told):
        for place, clause in enumerate(each.clauses):
            yield _told(clause, _at(each.at, zone), (order, len(values) + place), values)


def _told(clause: tuple[str, str, str], at: int, place: tuple[int, int], values: dict[str, str | None]) -> TicketEvent:
    subject, verb, word = clause
    if verb != "becomes":
        return _event(at, place, EventKind.COMMENTED, actor=subject, public=verb != "notes")
    name = _OWN_FIELDS.get(subject, f"{FIELD}{subject.removeprefix(FIELD)}")
    new = None if word == NOBODY else word
    old, values[name] = values.get(name), new
    return _event(at, place, EventKind.CHANGED, actor=_AGENT, field=name, old=old, new=new)


def _event(at: int, place: tuple[int, int], kind: EventKind, actor: str, **more: Any) -> TicketEvent:  # noqa: ANN401 -- the rest of a record
    order, position = place
    return TicketEvent(
        ticket_id="1",
        event_id=f"{order}.{position}",
        at=at,
        order=order,
        position=position,
        kind=kind,
        actor_id=actor,
        automatic=False,
        **more,
    )


def _differences(story: Story, measured: Measurement, zone: ZoneInfo) -> Iterator[Message]:
    for name, expected in story.expect.items():
        runs = [clock for clock in measured.clocks if clock.clock == name]
        said = _said(runs[-1] if runs else None, measured, zone)
        for what, wanted in _wanted(expected).items():
            if said[what] != wanted:
                yield message(
                    "{clock}, {what}: expected {wanted}, but it is {found}",
                    clock=name,
                    what=what,
                    wanted=_shown(wanted),
                    found=_shown(said[what]),
                )


def _wanted(expected: Expected) -> dict[str, object]:
    wanted: dict[str, object] = {name: getattr(expected, name) for name in expected.model_fields_set}
    if expected.goal is not None:  # one in working days is told in seconds, or not at all
        wanted["goal"] = seconds_of(expected.goal)
    return wanted


def _said(clock: Clock | None, measured: Measurement, zone: ZoneInfo) -> dict[str, object]:
    """Return what a clock says, in the words of a story."""
    if clock is None:
        return {
            "policy": None,
            "state": "none",
            "goal": None,
            "run": None,
            "started": None,
            "due": "never",
            "breached": "never",
            "fired": {},
        }
    fired = [each for each in measured.firings if (each.clock, each.instance) == (clock.clock, clock.instance)]
    return {
        "policy": clock.policy,
        "state": clock.state.value,
        "goal": clock.goal,
        "run": clock.instance,
        "started": _local(clock.started_at, zone),
        "due": _local(clock.due_at, zone),
        "breached": _local(clock.breached_at, zone),
        "fired": {each.step: _local(each.at, zone) for each in fired},
    }


def _local(at: int | None, zone: ZoneInfo) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{step} {at}" for step, at in value.items()) or "–"
    return "–" if value is None else str(value)
