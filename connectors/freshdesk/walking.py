"""How the list of tickets is walked: by the instant of their last change, never beyond what a page number may reach.

The list shifts while it is read, and its 301st page is refused. So each page begins at the last change seen, one second
earlier to be sure, and what was seen already is left out by its content.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.errors import UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Answer, Session
from connectors.rows import listed
from connectors.scalars import loose_instant
from kpi_engine.message import message

TICKETS = "/api/v2/tickets"
PER_PAGE = 100
LAST_PAGE = 300
OVERLAP = 120
"""Seconds that each pass reads again: what is shown late is not missed."""

HELD_BACK = 60
"""Seconds before now up to which a list is taken for complete."""

_FUTURE_SLACK = 86_400


Seen = Mapping[str, tuple[int, str]]
"""When each ticket last changed, and the digest of its row."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: read from the change at `since` on, in stage `stage` of a pass that `began` then.

    `seen` are the tickets that may come again; `through` is up to when the pass before had read everything, None
    before the first one ended; `origin` is where this pass began to read.
    """

    since: int
    stage: int = 0
    through: int | None = None
    began: int | None = None
    origin: int | None = None
    seen: Seen = field(default_factory=dict)

    def text(self) -> str:
        """Return the place as a cursor."""
        told = (self.since, self.stage, self.through, self.began, self.origin, dict(self.seen))
        return json.dumps(told, separators=(",", ":"))

    @property
    def horizon(self) -> int:
        """The instant from which on the next pass reads again."""
        return self.since if self.began is None else min(self.since, self.began - OVERLAP)

    def finished(self) -> "Place":
        """Return where the next pass begins once all stages of this one are over."""
        began = self.began or self.since
        since = max(self.origin or 0, began - OVERLAP)
        seen = {key: row for key, row in self.seen.items() if row[0] >= since}
        return Place(since, through=began - HELD_BACK, seen=seen)


def place(cursor: str | None, history_from: int, now: int) -> Place:
    """Return where a pass goes on, None: at the beginning; raises UnexpectedPayloadError for a place in the future."""
    if cursor is None:
        return Place(history_from, began=now, origin=history_from)
    kept = Place(*json.loads(cursor))
    if kept.since > now + _FUTURE_SLACK:
        raise UnexpectedPayloadError(
            message("The kept position of a list ({wanted}) lies in the future", wanted=kept.since)
        )
    return kept if kept.began is not None else replace(kept, began=now, origin=kept.since)


def iso(seconds: int) -> str:
    """Return an instant as Freshdesk wants it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Leg:
    """One page of a walk: its rows not seen before, the place after it, and whether its stage is over."""

    rows: list[object]
    after: Place
    over: bool
    answer: Answer


def legs(session: Session, start: Place, params: Params, per_page: int) -> Iterator[Leg]:
    """Yield the pages of one stage from `start` on; raises UnexpectedPayloadError where one second fills 300 pages."""
    here, page = start, 1
    while True:
        asked = {"updated_since": iso(here.since), "order_by": "updated_at", "order_type": "asc"}
        answer = session.get(TICKETS, {**params, **asked, "per_page": per_page, "page": page})
        rows = listed(answer)
        fresh = [row for row in rows if here.seen.get(_key(row), (0, ""))[1] != _digest(row)]
        here, moved = _moved(here, rows)
        over = len(rows) < per_page
        yield Leg(fresh, here, over, answer)
        if over:
            return
        page = 1 if moved else page + 1
        if page > LAST_PAGE:
            raise UnexpectedPayloadError(
                message(
                    "More tickets changed at {at} than Freshdesk's list can show; they cannot be read until some of "
                    "them change again",
                    at=iso(here.since),
                )
            )


def _moved(here: Place, rows: list[object]) -> tuple[Place, bool]:
    """Return the place after a page, and whether it lies later than the one before."""
    found = {_key(row): (_stamp(row), _digest(row)) for row in rows}
    since = max([here.since, *(stamp - 1 for stamp, _ in found.values())])
    after = replace(here, since=since)
    kept = {key: row for key, row in {**here.seen, **found}.items() if row[0] >= after.horizon}
    return replace(after, seen=kept), since > here.since


def _stamp(row: object) -> int:
    return (loose_instant(row.get("updated_at")) if isinstance(row, dict) else None) or 0


def _key(row: object) -> str:
    return str(row.get("id")) if isinstance(row, dict) else ""


def _digest(row: object) -> str:
    return hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=6).hexdigest()


def first_page(params: Params) -> Params:
    """Return the parameters of the first page of a list."""
    return {**params, "per_page": PER_PAGE, "page": 1}


def next_page(answer: Answer, params: Params) -> Params | None:
    """Return the next page's parameters while pages are full: the Link header may be lost on the way."""
    page = params["page"]
    full = isinstance(answer.json, list) and len(answer.json) >= PER_PAGE
    return {**params, "page": page + 1} if full and isinstance(page, int) else None
