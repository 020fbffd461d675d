"""Rosters: what roster.csv says of when people are at work, and what it comes to on one helpdesk."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from kpi_engine.message import message
from kpi_engine.roster import merged
from sync.account import Account
from sync.inputs.kinds.roster import week_of
from sync.inputs.values import instant
from sync.organization import Body, Placed, Problem, Row, kept_rows, midnight
from sync.people import People, Person, people

ROSTER: Final = "roster"
Span: TypeAlias = tuple[int, int]
Week: TypeAlias = tuple[int, int, Any]
_FAR: Final = 1 << 40


def overlapping_weeks(rows: Iterable[Placed]) -> Iterator[Problem]:
    """Yield the weekly hours of somebody who has others already on the same days."""
    weeks: dict[str, list[Placed]] = {}
    for row in rows:
        if row.values["kind"] == "week":
            weeks.setdefault(row.person.key, []).append(row)
    for listed in weeks.values():
        ordered = sorted(listed, key=lambda row: str(row.values["first_day"]))
        for one, other in pairwise(ordered):
            if str(other.values["first_day"]) <= str(one.values.get("last_day", "9999-12-31")):
                told = message(
                    "{name} has weekly hours already on these days: see line {line}",
                    name=one.person.name,
                    line=one.line,
                )
                yield other.line, told


def roster_bodies(account: Account) -> Mapping[str, Body]:
    """Return the rosters of an account's agents, by their ids."""
    zone, found = account.settings.timezone, dict[str, list[Row]]()
    everybody = people(account.store, account.settings)
    for row in kept_rows(account.store, ROSTER) or []:
        agent_id = _agent_id(row, everybody, account.name)
        if agent_id is not None:
            found.setdefault(agent_id, []).append(row)
    return {agent_id: _body(rows, zone) for agent_id, rows in found.items()}


def _agent_id(row: Row, everybody: People, account: str) -> str | None:
    person = everybody.matched(str(row["agent_ref"]))
    return person.accounts.get(account) if isinstance(person, Person) else None


def _body(rows: Iterable[Row], zone: str) -> Body:
    kinds: dict[str, list[Row]] = {"shift": [], "leave": [], "week": []}
    for row in rows:
        kinds[str(row["kind"])].append(row)
    shifts = merged(_moments(row) for row in kinds["shift"])
    weeks = sorted(_week(row, zone) for row in kinds["week"])
    return {
        "weeks": list(_without_shift_days(weeks, shifts, zone)),
        "shifts": [[start, end, [list(each) for each in spans]] for start, end, spans in _covered(shifts, weeks, zone)],
        "leave": [list(span) for span in merged(_leave(row, zone) for row in kinds["leave"])],
    }


def _moments(row: Row) -> Span:
    return instant(str(row["starts_at"])), instant(str(row["ends_at"]))


def _leave(row: Row, zone: str) -> Span:
    if "first_day" not in row:
        return _moments(row)
    last = row.get("last_day", row["first_day"])
    return midnight(row["first_day"], zone) or 0, midnight(last, zone, after=1) or 0


def _week(row: Row, zone: str) -> Week:
    end = midnight(row.get("last_day"), zone, after=1)
    return midnight(row["first_day"], zone) or 0, _FAR if end is None else end, week_of(str(row["hours"]))


def _day(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).date()


def _shift_days(shifts: Iterable[Span], zone: str) -> list[Span]:
    """Return the days, from midnight to midnight, on which a shift begins or goes on, adjoining ones as one."""
    return list(
        merged(
            (midnight(_day(start, zone), zone) or 0, midnight(_day(end - 1, zone), zone, after=1) or 0)
            for start, end in shifts
        )
    )


def _covered(
    shifts: Iterable[Span], weeks: list[tuple[int, int, Any]], zone: str
) -> Iterator[tuple[int, int, list[Span]]]:
    """Yield where shifts alone say what is worked: from the first to the last one, or on their days beside a week."""
    listed = list(shifts)
    days = _shift_days(listed, zone)
    if days and not weeks:
        days = [(days[0][0], days[-1][1])]
    for first, last in days:
        yield first, last, [span for span in listed if first <= span[0] < last]


def _without_shift_days(
    weeks: Iterable[tuple[int, int, Any]], shifts: Iterable[Span], zone: str
) -> Iterator[list[Any]]:
    days = _shift_days(shifts, zone)
    for start, end, week in weeks:
        begin = start
        for first, last in (day for day in days if day[0] < end and day[1] > start):
            if begin < first:
                yield [begin, first, zone, week]
            begin = max(begin, last)
        if begin < end:
            yield [begin, None if end == _FAR else end, zone, week]


def changed_from(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """Return the earliest instant about which two rosters of a person differ."""
    earliest = []
    for kind in ("weeks", "shifts", "leave"):
        one, other = ([tuple(map(str, each)) for each in body.get(kind, ())] for body in (old, new))
        earliest += [int(each[0]) for each in set(one) ^ set(other)]
    return min(earliest, default=0)
