"""The ticket event export: how an audit and its children become the events of a ticket's history."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.effects import is_own_note
from connectors.scalars import clean
from connectors.values import FollowedFields
from connectors.zendesk import payloads
from connectors.zendesk.mapping import channel
from kpi_engine.exclusions import MERGED_INTO
from kpi_engine.records import EventKind, Field, TicketEvent

_FIELDS = {
    "status": Field.STATUS,
    "priority": Field.PRIORITY,
    "assignee_id": Field.ASSIGNEE,
    "group_id": Field.GROUP,
    "tags": Field.TAGS,
    "brand_id": Field.BRAND,
    "ticket_form_id": Field.FORM,
    "requester_id": Field.REQUESTER,
    "schedule_id": Field.SCHEDULE,
    "custom_status_id": Field.CUSTOM_STATUS,
    "organization_id": Field.ORGANIZATION,
}
_KINDS = {"Create": EventKind.OPENED_WITH, "Change": EventKind.CHANGED}
_OFFERS = frozenset({"surveyoffered"})
_OFFERED = "offered"
_AUTOMATIC = frozenset({"rule", "trigger", "automation", "automatic", "system"})
_BODIES = ("body", "html_body", "plain_body", "value")
_SYSTEM = "-1"  # the author of what nobody did


@dataclass(frozen=True, slots=True)
class _Child:
    """One child of an audit: its place in it, its JSON, and what it calls itself."""

    audit: payloads.TicketEventRow
    position: int
    json: Mapping[str, object]
    type: str


@dataclass(frozen=True, slots=True)
class _Difference:
    """A property's change, not yet as text."""

    property: str
    old: object
    new: object


def ticket_events(row: object, followed: FollowedFields) -> list[TicketEvent]:
    """Return what an audit tells about the properties we follow, in the order it happened.

    A trigger's changes stand inside the audit of the person who set it off, with their own `via`. Kinds of children
    that we do not know are ignored, as the documentation asks.
    https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/
    """
    audit = payloads.TicketEventRow.model_validate(row)
    int(audit.id)  # the order of audits inside a second: one without number could not be placed
    children = [_Child(audit, position, child, _type(child)) for position, child in enumerate(audit.child_events)]
    told = any(child.type == "Comment" for child in children)
    events = [event for child in children for event in _events(child, followed, comments_told=told)]
    return [*events, *_merges(audit)]


def _type(child: Mapping[str, object]) -> str:
    named = child.get("event_type") or child.get("type")
    return named if isinstance(named, str) else ""


def _events(child: _Child, followed: FollowedFields, *, comments_told: bool) -> Iterator[TicketEvent]:
    if child.type == "Comment" or (child.json.get("comment_present") is True and not comments_told):
        yield _comment(child)
    elif child.type.endswith("ScheduleAssignment"):
        yield from _schedule_assignment(child)
    elif _offers_survey(child):
        yield _survey_offered(child)
    if child.type in _KINDS:
        yield from _differences_as_events(child, followed)


def _comment(child: _Child) -> TicketEvent:
    public = child.json.get("public", child.json.get("comment_public"))
    author = _text(child.json.get("author_id")) or child.audit.updater_id
    return TicketEvent(
        ticket_id=child.audit.ticket_id,
        event_id=_event_id(child, "comment"),
        at=_at(child.audit),
        order=int(child.audit.id),
        position=child.position,
        kind=EventKind.COMMENTED,
        actor_id=_person(author),
        automatic=_automatic(child) or (public is False and _is_own_note(child)),
        public=public if isinstance(public, bool) else None,
    )


def _is_own_note(child: _Child) -> bool:
    return is_own_note(*(child.json.get(name) for name in _BODIES))


def _offers_survey(child: _Child) -> bool:
    """Tell whether a survey went out; a verdict that the customer withdraws becomes an offer again, but no new one."""
    if child.type == "SatisfactionRating":
        return child.json.get("score") == _OFFERED and _automatic(child)
    return "".join(child.type.split()).lower() in _OFFERS


def _survey_offered(child: _Child) -> TicketEvent:
    return TicketEvent(
        ticket_id=child.audit.ticket_id,
        event_id=_event_id(child, "survey"),
        at=_at(child.audit),
        order=int(child.audit.id),
        position=child.position,
        kind=EventKind.SURVEY_OFFERED,
        actor_id=_person(child.audit.updater_id),
        automatic=_automatic(child),
    )


def _merges(audit: payloads.TicketEventRow) -> Iterator[TicketEvent]:
    """Yield what an audit's `via` tells of a merge, on the ticket merged away, whichever of the two it stands on.

    Both tickets may tell of the same merge, which is then the same event. The shape is not documented.
    """
    source = audit.via.get("source") if isinstance(audit.via, dict) else None
    if not isinstance(source, dict) or source.get("rel") != "merge":
        return
    pairs = [(audit.ticket_id, into) for into in _tickets_in(source.get("to"))]
    pairs += [(away, audit.ticket_id) for away in _tickets_in(source.get("from"))]
    for away, into in pairs:
        if away != into:
            yield _merged(audit, away, into)


def _tickets_in(place: object) -> list[str]:
    if not isinstance(place, dict):
        return []
    named = [place.get("ticket_id"), *_names(place.get("ticket_ids"))]
    return [text for text in map(_text, named) if text is not None]


def _merged(audit: payloads.TicketEventRow, away: str, into: str) -> TicketEvent:
    return TicketEvent(
        ticket_id=away,
        event_id=f"{away}:{MERGED_INTO}:{into}",
        at=_at(audit),
        order=int(audit.id),
        position=len(audit.child_events),
        kind=EventKind.CHANGED,
        actor_id=_person(audit.updater_id),
        automatic=False,
        field=MERGED_INTO,
        new=into,
    )


def _schedule_assignment(child: _Child) -> Iterator[TicketEvent]:
    """Yield a change of schedule from a child of undocumented shape: whatever names a schedule is taken."""
    new = _first(child.json, "new_schedule_id", "schedule_id", "value")
    old = _first(child.json, "previous_schedule_id", "previous_value")
    if new is not None or old is not None:
        yield _changed(child, EventKind.CHANGED, Field.SCHEDULE, (old, new))


def _first(json: Mapping[str, object], *keys: str) -> str | None:
    return next((text for key in keys if (text := _text(json.get(key))) is not None), None)


def _differences_as_events(child: _Child, followed: FollowedFields) -> Iterator[TicketEvent]:
    for difference in _differences(child.json):
        field = _field(difference.property, followed)
        if field is not None and not isinstance(difference.new, dict) and not isinstance(difference.old, dict):
            yield _changed(child, _KINDS[child.type], field, (_text(difference.old), _text(difference.new)))


def _differences(json: Mapping[str, object]) -> Iterator[_Difference]:
    """Yield what changed: the export names a property by its own key, single audits in `field_name`."""
    old = json.get("previous_value")
    named = json.get("field_name")
    if isinstance(named, str):
        yield _Difference(named, old, json.get("value"))
        return
    for key, value in json.items():
        if key == "custom_ticket_fields":
            yield from _custom_differences(value, old)
        elif key == "tags":
            yield _Difference(key, old if "previous_value" in json else _tags_before(json), value)
        elif (key == "type" and "event_type" in json) or key in _FIELDS or key.isdecimal():
            yield _Difference(key, old, value)


def _custom_differences(value: object, old: object) -> Iterator[_Difference]:
    before = old if isinstance(old, dict) else None
    for field_id, new in value.items() if isinstance(value, dict) else ():
        yield _Difference(str(field_id), old if before is None else before.get(field_id), new)


def _tags_before(json: Mapping[str, object]) -> object:
    """Tags may come without their previous value, but with what was added and removed."""
    added, removed = _names(json.get("added_tags")), _names(json.get("removed_tags"))
    if not added and not removed:
        return None
    return [tag for tag in _names(json.get("tags")) if tag not in added] + removed


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _field(name: str, followed: FollowedFields) -> str | None:
    if name == "type":
        return Field.TYPE
    if name in _FIELDS:
        return _FIELDS[name]
    return f"field:{name}" if name in followed.mapped else None  # what our own fields showed is no evidence


def _changed(child: _Child, kind: EventKind, field: str, values: tuple[str | None, str | None]) -> TicketEvent:
    old, new = values
    return TicketEvent(
        ticket_id=child.audit.ticket_id,
        event_id=_event_id(child, field),
        at=_at(child.audit),
        order=int(child.audit.id),
        position=child.position,
        kind=kind,
        actor_id=_person(child.audit.updater_id),
        automatic=_automatic(child),
        field=str(field),
        old=old if kind is EventKind.CHANGED else None,
        new=new,
    )


def _event_id(child: _Child, what: str) -> str:
    """Return the child's own id, or its place where it has none, with the property: one child may tell of several."""
    own = _text(child.json.get("id")) or f"{child.audit.id}.{child.position}"
    return f"{own}:{what}"


def _at(audit: payloads.TicketEventRow) -> int:
    at = audit.created_at or audit.timestamp
    if at is None:
        raise ValueError("an event without time")
    return at


def _person(user_id: str | None) -> str | None:
    return None if user_id == _SYSTEM else user_id


def _automatic(child: _Child) -> bool:
    """`via` may be text ("Rule") or an object, on the child or on the whole audit."""
    if child.audit.updater_id == _SYSTEM:
        return True
    return _first_word(child.json.get("via")) in _AUTOMATIC or _first_word(child.audit.via) in _AUTOMATIC


def _first_word(via: object) -> str:
    words = (channel(via) or "").lower().split()
    return words[0] if words else ""


def _text(value: object) -> str | None:
    """Values are text, numbers, lists of tags or null, as the property pleases."""
    if isinstance(value, list):
        return " ".join(clean(str(item)) for item in value) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return clean(str(value)) or None
    return None
