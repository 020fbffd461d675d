"""Reading: the editions that are stored, compiled into the rulebook they make."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from kpi_engine.calendars import Calendar, CalendarDefinition
from kpi_engine.editions import Edition
from kpi_engine.organization import Organization, organization
from kpi_engine.roster import roster
from kpi_engine.rulebook import (
    OWN_TAG,
    CalendarChoice,
    FieldMeaning,
    Kind,
    Meanings,
    Parameters,
    Person,
    Rulebook,
    Status,
    Timeline,
)
from kpi_engine.rules import NO_POLICIES, parse_policies

V = TypeVar("V")
Body = Mapping[str, object]

_NO_MEANINGS = Meanings({}, frozenset(), frozenset(), frozenset())
_NO_CHOICE = CalendarChoice({}, {}, None, None)


def compiled(editions: Iterable[Edition]) -> Rulebook:
    """Return the rulebook that the stored editions make; they are given in the order they came into force."""
    by_kind: dict[str, dict[str, list[Edition]]] = {kind: {} for kind in Kind}
    for edition in editions:
        by_kind[edition.kind].setdefault(edition.key, []).append(edition)
    return Rulebook(
        policies=_single(by_kind[Kind.POLICIES], parse_policies, NO_POLICIES),
        meanings=_single(by_kind[Kind.MEANINGS], _meanings, _NO_MEANINGS),
        choice=_single(by_kind[Kind.CALENDAR_CHOICE], _choice, _NO_CHOICE),
        organization=_single(by_kind[Kind.ORGANIZATION], organization, Organization()),
        calendars={key: _timeline(line, partial(_calendar, key)) for key, line in by_kind[Kind.CALENDAR].items()},
        agents={key: _timeline(line, partial(_person, key)) for key, line in by_kind[Kind.AGENT].items()},
        groups={key: _timeline(line, _name) for key, line in by_kind[Kind.GROUP].items()},
        parameters=_single(by_kind[Kind.PARAMETERS], _parameters, {}),
        memberships={key: _timeline(line, _groups) for key, line in by_kind[Kind.MEMBERSHIP].items()},
        rosters={key: _timeline(_unhidden(line), roster) for key, line in by_kind[Kind.ROSTER].items()},
    )


def _unhidden(line: Sequence[Edition]) -> list[Edition]:
    """Return the editions but for those that a later one, telling of an earlier time, replaced altogether."""
    return [
        edition
        for place, edition in enumerate(line)
        if all((edition.valid_from or 0) < (later.valid_from or 0) for later in line[place + 1 :])
    ]


def _timeline(line: Sequence[Edition], parse: Callable[[Body], V]) -> Timeline[V]:
    starts = tuple(edition.valid_from or 0 for edition in line[1:])
    return Timeline(tuple(parse(edition.body) for edition in line), tuple(edition.digest for edition in line), starts)


def _single(lines: Mapping[str, Sequence[Edition]], parse: Callable[[Body], V], missing: V) -> Timeline[V]:
    line = lines.get("")
    return _timeline(line, parse) if line else Timeline((missing,), ("",), ())


def _words(body: Body, key: str) -> Mapping[str, str]:
    value = body.get(key)
    return {str(word): str(meaning) for word, meaning in value.items()} if isinstance(value, Mapping) else {}


def _set(body: Body, key: str) -> frozenset[str]:
    value = body.get(key)
    return frozenset(str(item) for item in value) if isinstance(value, list | tuple) else frozenset()


def _meanings(body: Body) -> Meanings:
    return Meanings(
        statuses={word: Status(meaning) for word, meaning in _words(body, "statuses").items()},
        excluded_tags=_set(body, "excluded_tags") | {OWN_TAG},
        excluded_forms=_set(body, "excluded_forms"),
        bots=_set(body, "bots"),
        custom_statuses={key: Status(meaning) for key, meaning in _words(body, "custom_statuses").items()},
        fields={name: _field_meaning(carrier) for name, carrier in _mappings(body, "fields").items()},
        exempting=_words(body, "exempting"),
        exempting_fields={
            key: _words(fields, key) for fields in [_mappings(body, "exempting_fields")] for key in fields
        },
        approvers=_set(body, "approvers"),
        leads_approve=bool(body.get("leads_approve")),
    )


def _mappings(body: Body, key: str) -> Mapping[str, Body]:
    value = body.get(key)
    return {str(name): part for name, part in value.items()} if isinstance(value, Mapping) else {}


def _field_meaning(body: Body) -> FieldMeaning:
    return FieldMeaning(_word(body, "field"), _word(body, "tag"), _words(body, "values"))


def _parameters(body: Body) -> Parameters:
    return {indicator: dict(_mappings(body, "indicators")[indicator]) for indicator in _mappings(body, "indicators")}


def _choice(body: Body) -> CalendarChoice:
    return CalendarChoice(
        _words(body, "by_group"),
        _words(body, "by_brand"),
        _word(body, "default"),
        _word(body, "assumed"),
        _words(body, "by_organization"),
    )


def _word(body: Body, key: str) -> str | None:
    value = body.get(key)
    return str(value) if value is not None else None


def _calendar(key: str, body: Body) -> Calendar:
    return Calendar(CalendarDefinition.from_document(key, body))


def what_one_is(body: Body) -> tuple[bool, bool]:
    """Return of an agent's edition all that can change an answer: whether he works tickets, and is a machine."""
    return body["role"] in ("agent", "admin"), bool(body["bot"])


def _person(key: str, body: Body) -> Person:
    email, (works, bot) = body.get("email"), what_one_is(body)
    return Person(agent_id=key, name=str(body["name"]), email=str(email) if email else None, works=works, bot=bot)


def _name(body: Body) -> str:
    return str(body["name"])


def _groups(body: Body) -> tuple[str, ...]:
    return tuple(sorted(_set(body, "groups")))
