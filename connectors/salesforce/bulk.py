"""Many rows at once: a query as a background job whose result comes as CSV, page after page."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Clock
from connectors.errors import RefusedError, SignInError, TransientError, UnexpectedPayloadError
from connectors.http import Session
from connectors.salesforce import refusals
from kpi_engine.message import message

ROWS_AT_ONCE = 10_000
"""Rows of a page of results: few enough to be held in memory."""

_FIRST_LOOK, _LONGEST_LOOK = 2.0, 60.0  # seconds
_PATIENCE = 1500.0  # seconds: less than a pass may last
_CSV = "text/csv"
_END = "null"
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


class NoBulkError(Exception):
    """The org has no bulk queries, or this one failed there: read page by page instead."""


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk query: where jobs are, what is asked, with deleted rows or without."""

    root: str
    query: str
    deleted: bool


def rows(session: Session, clock: Clock, job: Job) -> Iterator[list[dict[str, object]]]:
    """Yield the rows of a bulk query in lists, in no order.

    Raises NoBulkError before the first row where the org cannot do it, and UnexpectedPayloadError where fewer or more
    rows came than the job counted.
    """
    place = f"{job.root}/jobs/query/{_created(session, job)}"
    counted, came = _finished(session, clock, place), 0
    for page in _pages(session, f"{place}/results"):
        came += len(page)
        yield page
    if came != counted:
        raise UnexpectedPayloadError(
            message("A bulk query counted {counted} rows and brought {came}", counted=counted, came=came)
        )


def _created(session: Session, job: Job) -> str:
    wanted = {"operation": "queryAll" if job.deleted else "query", "query": job.query}
    try:
        answer = session.send("POST", f"{job.root}/jobs/query", wanted, safe_to_repeat=True)
    except (RefusedError, SignInError) as error:
        if isinstance(error, RefusedError) or refusals.lacks(error):
            raise NoBulkError(str(error)) from error
        raise
    return str(answer.mapping().get("id"))


def _finished(session: Session, clock: Clock, place: str) -> int:
    """Wait for the job and return how many rows it found."""
    look, began = _FIRST_LOOK, clock.now()
    while (told := session.get(place).mapping()).get("state") not in _ENDED:
        if clock.now() - began > _PATIENCE:
            raise TransientError(message("A bulk query of Salesforce's takes too long; the next pass asks anew"))
        clock.sleep(look)
        look = min(2 * look, _LONGEST_LOOK)
    if told["state"] != "JobComplete":
        raise NoBulkError(str(told.get("errorMessage") or told["state"]))
    counted = told.get("numberRecordsProcessed")
    return counted if isinstance(counted, int) else 0


def _pages(session: Session, place: str) -> Iterator[list[dict[str, object]]]:
    locator, seen = "", set[str]()
    while locator != _END:
        if locator in seen:
            raise UnexpectedPayloadError(message("The results of a bulk query go round in circles"))
        seen.add(locator)
        beginning = {"locator": locator} if locator else {}
        text, answer = session.get_text(place, {"maxRecords": ROWS_AT_ONCE, **beginning}, kind=_CSV)
        yield [_nested(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
        locator = answer.headers.get("Sforce-Locator") or _END


def _nested(row: dict[str, str]) -> dict[str, object]:
    """Return a line of CSV as the row it would be in JSON: what belongs to another object lies in an object."""
    found: dict[str, object] = {}
    for name, value in row.items():
        owner, _, inner = name.partition(".")
        if inner:
            nested = found.setdefault(owner, {})
            if isinstance(nested, dict):
                nested[inner] = value or None
        else:
            found[name] = value or None
    return found
