"""Rows as the API shows them: as JSON with their attributes, or as a line of CSV."""

from datetime import UTC, datetime

from connectors.sandbox.salesforce.objects import Table
from connectors.sandbox.salesforce.selecting import Database, Row


def shown(database: Database, table: Table, row: Row, fields: tuple[str, ...]) -> Row:
    """Return the fields asked for, those of what a row refers to in objects of their own."""
    found: Row = {"attributes": {"type": table.name, "url": f"/services/data/v62.0/sobjects/{table.name}/{row['Id']}"}}
    for name in fields:
        owner, _, inner = name.partition(".")
        value = plain(database, table, row, name)
        if not inner:
            found[name] = value
            continue
        if database.value(table, row, f"{owner}.Id") is None:
            found[owner] = None
            continue
        nested = found.setdefault(owner, {})
        if isinstance(nested, dict):
            nested[inner] = value
    return found


def plain(database: Database, table: Table, row: Row, name: str) -> object:
    """Return a field's value as JSON holds it."""
    value, column = database.value(table, row, name), database.column(table, name)
    return moment(value) if column.type == "datetime" and isinstance(value, (int, float)) else value


def moment(seconds: float) -> str:
    """Return an instant in Salesforce's spelling: milliseconds, and an offset without a colon."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def cell(database: Database, table: Table, row: Row, name: str) -> str:
    """Return a field's value as CSV holds it: nothing is an empty cell, instants end in Z."""
    value = plain(database, table, row, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("+0000", "Z") if database.column(table, name).type == "datetime" else str(value)
