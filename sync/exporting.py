"""Rows for spreadsheets and other programs: a ticket, a reply turn, a credit line or a cell each, one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.reduce import PLACED, Scope, cell, lines_of
from sync.locale import Language
from sync.people import People, people
from sync.remarks import remarks
from sync.sources import Asked, Source
from sync.wording import subject_name
from sync.zones import scorecards

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Value]

_WAIT, _CALENDAR_WAIT = "response_time", "response_time_calendar"
_FOLLOWING = "next_reply"


class Grain(StrEnum):
    """What one row is about."""

    TICKET = "ticket"
    TURN = "turn"
    LINE = "line"
    CELL = "cell"
    SCORECARD = "scorecard"


class Type(StrEnum):
    """What a column holds; a moment is an instant as text, in ISO 8601 and the report time zone."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    MOMENT = "moment"


Columns: TypeAlias = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Rows:
    """Named columns and the rows that fill them, made only while they are read."""

    columns: Columns
    rows: Iterator[Row]


def exported(asked: Source, grain: Grain, scope: Scope) -> Rows:
    """Return the rows of a source's period; `scope` says whose figures its cells are."""
    if grain is Grain.CELL:
        return cells_of(asked, scope)
    make = {Grain.TICKET: _tickets, Grain.TURN: _turns, Grain.LINE: _lines}[grain]
    return Rows(_columns_of(grain, asked), make(asked))


def needed(grain: Grain, only: Sequence[str]) -> tuple[str, ...]:
    """Return the indicators a grain is made of: reply turns are always those of the response times."""
    return (_WAIT, _CALENDAR_WAIT, _FOLLOWING) if grain is Grain.TURN else tuple(only)


def columns_of_every(rows: Rows, others: Sequence[Rows]) -> Columns:
    """Return the columns that several sources' rows share: all of them, in the order they first come in."""
    columns = dict(rows.columns)
    for each in others:
        columns |= {name: kind for name, kind in each.columns.items() if name not in columns}
    return columns


_PLACE = {"account": Type.TEXT, "ticket_id": Type.TEXT, "url": Type.TEXT}
_WHOSE = {
    "agent": Type.TEXT,
    "person": Type.TEXT,
    "team": Type.TEXT,
    "manager": Type.TEXT,
    "country": Type.TEXT,
    "tier": Type.TEXT,
    "channel": Type.TEXT,
    "priority": Type.TEXT,
    "segment": Type.TEXT,
    "severity": Type.TEXT,
}
_TICKET = _PLACE | {"created_at": Type.MOMENT} | _WHOSE | {"exempted": Type.TEXT, "disputed": Type.TEXT}
_TURN = (
    _PLACE
    | {"asked_at": Type.MOMENT, "replied_at": Type.MOMENT, "first": Type.TRUTH}
    | _WHOSE
    | {"business_seconds": Type.INTEGER, "calendar_seconds": Type.INTEGER, "certainty": Type.TEXT}
)
_LINE = (
    {"indicator": Type.TEXT}
    | _PLACE
    | {"observation_id": Type.TEXT, "source": Type.TEXT}
    | {"at": Type.MOMENT, "part": Type.TEXT}
    | _WHOSE
    | {"numerator": Type.INTEGER, "denominator": Type.INTEGER, "certainty": Type.TEXT, "edition": Type.TEXT}
)
_CELL: Columns = {
    "account": Type.TEXT,
    "scope": Type.TEXT,
    "subject": Type.TEXT,
    "name": Type.TEXT,
    "period": Type.TEXT,
    "zone": Type.TEXT,
    "indicator": Type.TEXT,
    "unit": Type.TEXT,
    "value": Type.NUMBER,
    "n": Type.INTEGER,
    "numerator": Type.INTEGER,
    "denominator": Type.INTEGER,
    "median": Type.NUMBER,
    "p90": Type.NUMBER,
    "low": Type.NUMBER,
    "high": Type.NUMBER,
    "min_n": Type.INTEGER,
    "enough": Type.TRUTH,
    "approximate": Type.TRUTH,
    "series": Type.TEXT,
    "as_of": Type.MOMENT,
    "editions": Type.TEXT,
}


def cells_of(asked: Asked, scope: Scope) -> Rows:
    """Return the figures of one account, or of several joined, as rows."""
    return Rows(_CELL, _cells(asked, scope))


def _columns_of(grain: Grain, asked: Source) -> Columns:
    if grain is Grain.TURN:
        return _TURN
    return _LINE if grain is Grain.LINE else _TICKET | dict.fromkeys(asked.keys, Type.NUMBER)


def moment(asked: Asked, instant: int | None) -> str | None:
    """Return an instant in ISO 8601, in the report time zone with its offset."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(asked.window.period.zone)).isoformat()


def _place(asked: Source, ticket_id: str | None) -> Row:
    url = asked.account.connector.ticket_url(ticket_id) if ticket_id is not None else None
    return {"account": asked.account.name, "ticket_id": ticket_id, "url": url}


def _everybody(asked: Source) -> People:
    return people(asked.account.store, asked.account.settings)


def _whose(asked: Source, line: CreditLine, everybody: People) -> Row:
    """Return whose a line is; the agent only where his own figures may be shown."""
    agent = line.agent if asked.sight is None or asked.sight.sees(asked, line.agent) else None
    person = everybody.person_of(line.account, agent).key if agent is not None else None
    placed = {scope.value: asked.subject(line, scope) for scope in PLACED}
    return {name: getattr(line, name, None) for name in _WHOSE} | {"agent": agent, "person": person} | placed


def _lines(asked: Source) -> Iterator[Row]:
    everybody = _everybody(asked)
    for measurement in asked.measurements():
        for line in asked.told(asked, measurement):
            yield {**_line(asked, line, everybody), "source": measurement.source}


def _line(asked: Source, line: CreditLine, everybody: People) -> Row:
    return {
        "indicator": line.indicator,
        **_place(asked, line.ticket_id),
        "observation_id": line.stamp.observation_id,
        "at": moment(asked, line.at),
        "part": line.part if asked.sight is None else asked.sight.part(asked, line.part),
        **_whose(asked, line, everybody),
        "numerator": line.numerator,
        "denominator": line.denominator,
        "certainty": line.certainty.value,
        "edition": line.edition,
    }


def _turns(asked: Source) -> Iterator[Row]:
    everybody = _everybody(asked)
    for measurement in asked.measurements():
        lines = list(lines_of(measurement, asked.indicators, asked.window))
        following = {(line.at, line.part) for line in lines if line.indicator == _FOLLOWING}
        calendar = {(line.at, line.part): line.numerator for line in lines if line.indicator == _CALENDAR_WAIT}
        for line in lines:
            if line.indicator == _WAIT:
                waited = calendar[line.at, line.part]
                yield {
                    **_place(asked, line.ticket_id),
                    "asked_at": moment(asked, line.at - waited),
                    "replied_at": moment(asked, line.at),
                    "first": (line.at, line.part) not in following,
                    **_whose(asked, line, everybody),
                    "business_seconds": line.numerator,
                    "calendar_seconds": waited,
                    "certainty": line.certainty.value,
                }


def _tickets(asked: Source) -> Iterator[Row]:
    """Yield a row for each ticket with what it adds to every indicator: reduced alone, by the same rules."""
    question, everybody, said = asked.question(Scope.ACCOUNT), _everybody(asked), remarks(asked, Scope.ACCOUNT)
    exempted = {each.ticket_id: str(each.why) for each in said.exempted}
    disputed = {each.dispute.ticket_id: each.dispute.state.value for each in said.disputed}
    for measurement in asked.measurements():
        found: dict[str, list[CreditLine]] = {}
        for line in lines_of(measurement, asked.indicators, asked.window):
            if line.ticket_id == measurement.ticket_id and measurement.source is None:
                found.setdefault(line.indicator, []).append(line)
        if found:
            row = {**_place(asked, measurement.ticket_id), "created_at": moment(asked, _created_at(measurement))}
            row |= _whose(asked, max((line for lines in found.values() for line in lines), key=_latest), everybody)
            row |= {"exempted": exempted.get(measurement.ticket_id), "disputed": disputed.get(measurement.ticket_id)}
            for key in asked.keys:
                lines = found.get(key, [])
                row[key] = cell(INDICATORS[key], lines, question, None).value if lines else None
            yield row


def _latest(line: CreditLine) -> tuple[int, bool]:
    return line.at, line.agent is not None


def _created_at(measurement: Measurement) -> int | None:
    created = [line.at for line in measurement.lines if line.indicator == "created"]
    return next(iter(created), measurement.holdings[0].opened_at if measurement.holdings else None)


def _cells(asked: Asked, scope: Scope) -> Iterator[Row]:
    found, rules, at = scorecards(asked, scope), asked.window.rulebook, asked.window.period.end - 1
    english = Language("en")
    for subject in sorted(found.scorecards, key=lambda each: (each is None, each or "")):
        name = english(subject_name(subject, scope, rules, at))
        for key, each in found.scorecards[subject].items():
            yield {
                **{column: getattr(each, column, None) for column in _CELL},
                "scope": scope.value,
                "name": name,
                "period": each.period.label,
                "zone": each.period.zone,
                "unit": INDICATORS[key].unit.value,
                "as_of": moment(asked, each.as_of),
                "editions": " ".join(each.editions),
            }
