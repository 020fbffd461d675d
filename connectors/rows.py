"""Rows as a helpdesk sent them become records, or rejects that hold nothing people wrote."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from connectors.base import Page, Reject
from connectors.errors import UnexpectedPayloadError
from connectors.http import Answer
from kpi_engine.message import Message, message
from kpi_engine.records import Record

Payload = TypeVar("Payload", bound=BaseModel)
_RAW_LENGTH = 20_000


def records_and_rejects(
    name: str,
    rows: Iterable[object],
    meaning: Callable[[object], Sequence[Record]],
    withheld: Callable[[object], object],
) -> list[Record | Reject]:
    """Return what each row means, or its reject where `meaning` raises ValueError; `name` is what the rows are called.

    `withheld` returns a row without what people wrote in it, which is never kept.
    """
    read: list[Record | Reject] = []
    for row in rows:
        try:
            read.extend(meaning(row))
        except ValueError as error:
            read.append(_reject(name, row, error, withheld))
    return read


def _reject(name: str, row: object, error: ValueError, withheld: Callable[[object], object]) -> Reject:
    raw = json.dumps(withheld(row), sort_keys=True)
    row_id = row.get("id", row.get("Id")) if isinstance(row, dict) else None
    key = row_id if isinstance(row_id, (int, str)) else hashlib.sha256(raw.encode()).hexdigest()[:16]
    return Reject(f"{name}:{key}", _reason(error), raw[:_RAW_LENGTH])


def without(private: frozenset[str], value: object) -> object:
    """Return a row without the keys that hold what people wrote, at any depth."""
    if isinstance(value, dict):
        return {str(key): without(private, inner) for key, inner in value.items() if key not in private}
    return [without(private, inner) for inner in value] if isinstance(value, list) else value


def page_of(found: Sequence[Record | Reject], cursor: str | None = None, through: int | None = None) -> Page:
    """Return records and rejects as a page; without a cursor it stands for no position."""
    records = [one for one in found if not isinstance(one, Reject)]
    return Page(records, [one for one in found if isinstance(one, Reject)], cursor, through)


def read_again(name: str, raw: str, as_page: Callable[[object], Page]) -> Page:
    """Return the page that a kept row makes by itself today; one cut for its length stays unreadable."""
    try:
        row: object = json.loads(raw)
    except ValueError:
        return page_of([Reject(name, message("Only the beginning of the row was kept"), raw)])
    return as_page(row)


def understood(payload: type[Payload], row: object) -> Payload:
    """Return a row that must be readable; raises UnexpectedPayloadError, saying what is wrong with it."""
    try:
        return payload.model_validate(row)
    except ValidationError as error:
        raise UnexpectedPayloadError(_reason(error)) from error


def listed(answer: Answer) -> list[object]:
    """Return an answer that must be a list; raises UnexpectedPayloadError where it is something else."""
    if not isinstance(answer.json, list):
        raise UnexpectedPayloadError(message("{request} was not answered with a list", request=answer.request))
    return answer.json


def _reason(error: ValueError) -> Message:
    if not isinstance(error, ValidationError):
        return message("The row cannot be read: {problem}", problem=str(error))
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "row"
    return message("{field} cannot be read: {problem}", field=where, problem=first["msg"])
