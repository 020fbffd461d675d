"""Queries in Salesforce's language (SOQL): every value in them is escaped, every name checked."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NewType

Condition = NewType("Condition", str)
"""A condition whose values are escaped: only the functions here make one."""

IDS_AT_ONCE = 200
"""How many ids one IN list may hold: an address has its limit (414), and a query too."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of one object; `by` is what the rows are ordered by, `most` how many may come."""

    subject: str
    fields: Sequence[str]
    where: tuple[Condition, ...] = ()
    by: Sequence[str] = ()
    most: int | None = None

    def narrowed(self, *conditions: Condition) -> "Query":
        """Return the query with further conditions."""
        return replace(self, where=(*self.where, *conditions))

    def text(self) -> str:
        """Return the query as it is sent."""
        fields = ", ".join(_checked(field) for field in dict.fromkeys(self.fields))
        told = f"SELECT {fields} FROM {_checked(self.subject)}"  # noqa: S608 -- names are checked, values escaped
        if self.where:
            told += f" WHERE {' AND '.join(self.where)}"
        if self.by:
            told += f" ORDER BY {', '.join(_checked(field) for field in self.by)}"
        return told if self.most is None else f"{told} LIMIT {self.most}"

    def count(self) -> str:
        """Return the query that counts the rows."""
        counted = replace(self, by=(), most=None).text()
        return f"SELECT COUNT() FROM {counted.partition(' FROM ')[2]}"  # noqa: S608 -- the same query


def is_(field: str, value: str | bool | None) -> Condition:  # noqa: FBT001 -- a value like any other
    """Return that a field has a value."""
    return Condition(f"{_checked(field)} = {literal(value)}")


def is_not(field: str, value: str | bool | None) -> Condition:  # noqa: FBT001 -- a value like any other
    """Return that a field has another value."""
    return Condition(f"{_checked(field)} != {literal(value)}")


def among(field: str, values: Iterable[str]) -> Condition:
    """Return that a field has one of some values."""
    return Condition(f"{_checked(field)} IN ({', '.join(literal(value) for value in values)})")


def chosen_by(field: str, query: Query) -> Condition:
    """Return that a field has one of the values that another query gives."""
    return Condition(f"{_checked(field)} IN ({query.text()})")


def either(*conditions: Condition) -> Condition:
    """Return that any of some conditions holds."""
    return Condition(f"({' OR '.join(conditions)})")


def since(field: str, at: int) -> Condition:
    """Return that a time is at `at` (epoch seconds) or later."""
    return Condition(f"{_checked(field)} >= {moment(at)}")


def before(field: str, at: int) -> Condition:
    """Return that a time is before `at` (epoch seconds)."""
    return Condition(f"{_checked(field)} < {moment(at)}")


def behind(field: str, at: int, last_id: str) -> Condition:
    """Return that a row comes after (at, last_id) in the order of (field, Id): more rows than a page may share `at`."""
    name = _checked(field)
    return Condition(f"({name} > {moment(at)} OR Id > {literal(last_id)})")


def literal(value: str | bool | None) -> str:  # noqa: FBT001 -- a value like any other
    """Return a value as it may stand in a query.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value.translate(_ESCAPES)}'"


def moment(at: int) -> str:
    """Return an instant as it stands in a query: unquoted, in UTC; a + would become a blank in an address."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def looks_like_id(text: str) -> bool:
    """Tell whether `text` has the shape of a record's id: Salesforce refuses a whole query for one that has not."""
    return _ID.fullmatch(text) is not None


def whole_id(text: str) -> str:
    """Return an id with its 18 characters, which no change of case can confuse; anything else as it is."""
    if len(text) != _SHORT or not looks_like_id(text):
        return text
    return text + "".join(_SUFFIX[_capitals(text[first : first + 5])] for first in (0, 5, 10))


def id_chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids a query's list can hold at once; what has not the shape of one is nobody's."""
    shaped = [each for each in ids if looks_like_id(each)]
    for first in range(0, len(shaped), IDS_AT_ONCE):
        yield shaped[first : first + IDS_AT_ONCE]


_SHORT = 15


def _capitals(five: str) -> int:
    return sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of Salesforce's")
    return name
