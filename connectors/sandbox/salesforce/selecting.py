"""What a query finds: names checked against the objects, types against the values, rows in order."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import ge, gt, le, lt
from re import fullmatch
from typing import Any

from connectors.sandbox.answers import Refusal
from connectors.sandbox.salesforce.ids import SHORT, checked
from connectors.sandbox.salesforce.objects import Column, Table
from connectors.sandbox.salesforce.soql import Comparison, Condition, Membership, Select, Several, Value

Row = dict[str, object]
Test = Callable[[Row], bool]

_KINDS = {
    "datetime": ("moment",), "date": ("moment",), "boolean": ("yes",), "double": ("number",), "int": ("number",),
}  # fmt: skip
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_SHAPE = r"[A-Za-z0-9]{15}([A-Z0-5]{3})?"


def _refused(code: str, told: str) -> Refusal:
    return Refusal(400, [{"message": told, "errorCode": code}])


@dataclass(slots=True)
class Database:
    """The tables, as one user may see them: `hidden` are the fields he is not shown, as Object.Field."""

    tables: dict[str, Table]
    hidden: frozenset[str]
    absent: frozenset[str] = frozenset()
    _orders: dict[tuple[str, str], tuple[int, list[tuple[int, str]]]] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        """Return an object's table; raises INVALID_TYPE for one the org has not."""
        found = next((table for key, table in self.tables.items() if key.lower() == name.lower()), None)
        if found is None or found.name in self.absent:
            raise _refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def column(self, table: Table, name: str) -> Column:
        """Return a field of an object, or of one it refers to (Parent.Name); raises INVALID_FIELD."""
        owner, _, inner = name.partition(".")
        if inner:
            return self.column(self._parent(table, owner), inner)
        if name not in table.columns or f"{table.name}.{name}" in self.hidden:
            raise _refused("INVALID_FIELD", f"No such column '{name}' on entity '{table.name}'.")
        return table.columns[name]

    def _parent(self, table: Table, relation: str) -> Table:
        for column in table.columns.values():
            if column.relation == relation and column.refers_to is not None:
                return self.table(column.refers_to)
        raise _refused("INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.")

    def found(self, select: Select, *, deleted: bool) -> list[Row]:
        """Return the rows a query finds, in its order."""
        table = self.table(select.subject)
        for name in (*select.fields, *select.by):
            self.column(table, name)
        test = self.test(table, select.where)
        rows = (row for row in self._ordered(table, select) if (deleted or not row.get("IsDeleted")) and test(row))
        return list(_first(rows, select.most))

    def _ordered(self, table: Table, select: Select) -> Iterable[Row]:
        if not select.by:
            return table.rows.values()
        if select.by[1:] == ("Id",) and table.columns[select.by[0]].type == "datetime":
            return self._by_stamp(table, select.by[0], _since(select.where, select.by[0]))
        return sorted(table.rows.values(), key=lambda row: [_sortable(row.get(name)) for name in select.by])

    def _by_stamp(self, table: Table, stamp: str, since: int) -> Iterator[Row]:
        """Yield rows in the order of a stamp, which a big table is sorted by only after it changed."""
        version, order = self._orders.get((table.name, stamp), (-1, []))
        if version != table.version:
            order = sorted((int(str(row[stamp])), key) for key, row in table.rows.items())
            self._orders[table.name, stamp] = table.version, order
        for _, key in order[bisect_left(order, (since, "")) :]:
            yield table.rows[key]

    # -- conditions ---------------------------------------------------------------------------------------------------

    def test(self, table: Table, condition: Condition | None) -> Test:
        """Return what tells whether a row meets a condition."""
        if condition is None:
            return lambda _: True
        if isinstance(condition, Several):
            tests = [self.test(table, each) for each in condition.of]
            return partial(_joined, tests, all if condition.word == "AND" else any)
        column = self.column(table, condition.field)
        if not column.filterable:
            raise _refused("INVALID_FIELD", f"field '{condition.field}' can not be filtered in a query call")
        if isinstance(condition, Membership):
            return partial(self._is_among, table, condition.field, self._values(column, condition))
        _check_kind(column, condition)
        return partial(self._compares, table, condition)

    def _values(self, column: Column, condition: Membership) -> frozenset[Value]:
        if isinstance(condition.values, Select):
            inner = condition.values
            if len(inner.fields) != 1:
                raise _refused("MALFORMED_QUERY", "a semi join must select one field")
            subject = self.table(inner.subject)
            found = self.found(inner, deleted=False)
            return frozenset(str(self.value(subject, row, inner.fields[0])) for row in found)
        for value in condition.values:
            _check_id(column, condition.field, value)
        return frozenset(_long(column, value) for value in condition.values)

    def _is_among(self, table: Table, name: str, values: frozenset[Value], row: Row) -> bool:
        return self.value(table, row, name) in values

    def _compares(self, table: Table, condition: Comparison, row: Row) -> bool:
        shown, value = self.value(table, row, condition.field), condition.value
        if condition.sign in ("=", "!="):
            same = _folded(shown) == _folded(_long(self.column(table, condition.field), value))
            return same is (condition.sign == "=")
        return shown is not None and _ORDERS[condition.sign](shown, value)

    def value(self, table: Table, row: Row, name: str) -> object:
        """Return what a field holds, of the row or of what it refers to."""
        owner, _, inner = name.partition(".")
        if not inner:
            return row.get(name)
        reference = next(key for key, column in table.columns.items() if column.relation == owner)
        parent = self._parent(table, owner)
        referred = parent.rows.get(str(row.get(reference)))
        return None if referred is None else self.value(parent, referred, inner)


def _first(rows: Iterator[Row], most: int | None) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if most is not None and place >= most:
            return
        yield row


def _joined(tests: list[Test], how: Callable[[Iterable[bool]], bool], row: Row) -> bool:
    return how(test(row) for test in tests)


def _since(condition: Condition | None, stamp: str) -> int:
    """Return where in the order of a stamp the rows begin that a query asks for."""
    parts = condition.of if isinstance(condition, Several) and condition.word == "AND" else (condition,)
    told = [
        int(str(part.value))
        for part in parts
        if isinstance(part, Comparison) and part.field == stamp and part.sign == ">="
    ]
    return max(told, default=0)


def _folded(value: object) -> object:
    """Texts are equal whatever their case."""
    return value.casefold() if isinstance(value, str) else value


def _sortable(value: object) -> tuple[bool, str | float]:
    if isinstance(value, (int, float)):
        return True, value
    return value is not None, "" if value is None else str(value)


def _check_kind(column: Column, condition: Comparison) -> None:
    wanted = _KINDS.get(column.type, ("text",))
    if condition.kind not in (*wanted, "null"):
        raise _refused("INVALID_FIELD", f"filter criteria must be of type {column.type} and not quoted otherwise")
    _check_id(column, condition.field, condition.value)


def _check_id(column: Column, name: str, value: Value) -> None:
    if column.type in ("id", "reference") and value is not None and not fullmatch(_SHAPE, str(value)):
        raise _refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {name} {value}")


def _long(column: Column, value: Value) -> Value:
    if column.type not in ("id", "reference") or not isinstance(value, str) or len(value) != SHORT:
        return value
    return checked(value)
