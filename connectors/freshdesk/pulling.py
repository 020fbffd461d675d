"""How lists are read: those that come whole, tickets by their last change, what was said on those, and ratings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from connectors import paging
from connectors.base import Page, Reject
from connectors.errors import RefusedError, SignInError
from connectors.exchange import Params
from connectors.freshdesk import mapping, payloads
from connectors.freshdesk.walking import HELD_BACK, PER_PAGE, TICKETS, Leg, Place, first_page, iso, legs, next_page
from connectors.http import Session
from connectors.rows import Payload, listed, page_of, records_and_rejects, understood, without
from connectors.values import FollowedFields
from kpi_engine.records import Record

Meaning = Callable[[object], Sequence[Record]]

STAGES: Sequence[tuple[Params, Mapping[str, object]]] = (
    ({"include": "stats"}, {}),
    ({"include": "stats", "filter": "deleted"}, {"deleted": True}),
    ({"include": "stats", "filter": "spam"}, {"spam": True}),
)
"""The lists of tickets, for the usual one leaves out deleted ones and spam; what each says of its rows."""

GONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""What the parts of a deleted ticket answer."""

_RATING_OVERLAP = 86_400
_WIDE = 30 * 86_400
_PRIVATE = frozenset(
    {"subject", "description", "description_text", "structured_description", "body", "body_text", "requester", "name"}
    | {"email", "phone", "mobile", "contact", "to_emails", "cc_emails", "fwd_emails", "reply_cc_emails", "feedback"}
    | {"ticket_cc_emails", "bcc_emails", "from_email", "attachments", "custom_fields", "signature", "support_email"}
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A stream that is listed whole: its address, what a row means, and what a row needs from elsewhere."""

    path: str
    records: Meaning
    params: Params | None = None
    completed: Callable[[Session, object], object] = lambda _, row: row


def group_with_agents(session: Session, row: object) -> object:
    """Return a group as it alone is shown: the list does not name its agents."""
    group = understood(payloads.Group, row)
    try:
        return session.get(f"/api/v2/groups/{group.id}").json
    except RefusedError:  # dissolved meanwhile
        return row


def whole(session: Session, stream: Whole) -> Iterator[Page]:
    """Yield the pages of a list that is read whole."""
    for answer in paging.pages(session, stream.path, first_page(stream.params or {}), next_page):
        rows = [stream.completed(session, row) for row in listed(answer)]
        yield rows_as_page(stream.path, rows, stream.records, "", answer.server_time)


def all_rows(session: Session, stream: Whole, payload: type[Payload]) -> list[Payload]:
    """Return every row of a list that is read whole."""
    answers = paging.pages(session, stream.path, first_page(stream.params or {}), next_page)
    return [understood(payload, stream.completed(session, row)) for answer in answers for row in listed(answer)]


def rows_as_page(name: str, rows: Sequence[object], records: Meaning, cursor: str | None, through: int | None) -> Page:
    """Return rows as a page."""
    found = records_and_rejects(name.rpartition("/")[2], rows, records, lambda row: without(_PRIVATE, row))
    return page_of(found, cursor, through)


def tickets(session: Session, start: Place, followed: FollowedFields, per_page: int) -> Iterator[Page]:
    """Yield the tickets that changed, then those deleted and those taken for spam; only the end is complete."""
    for stage in range(start.stage, len(STAGES)):
        params, marks = STAGES[stage]
        here = start if stage == start.stage else replace(start, since=start.origin or 0, stage=stage)
        for leg in legs(session, here, params, per_page):
            rows = [{**row, **marks} if isinstance(row, dict) else row for row in leg.rows]
            yield _tickets_page(rows, leg, followed, stage)
            start = replace(start, seen=leg.after.seen)


def _tickets_page(rows: Sequence[object], leg: Leg, followed: FollowedFields, stage: int) -> Page:
    after = leg.after
    if leg.over and stage + 1 == len(STAGES):
        cursor, through = after.finished(), after.finished().through
    else:
        following = replace(after, stage=stage + 1, since=after.origin or 0) if leg.over else after
        cursor, through = following, None
    return rows_as_page(TICKETS, rows, lambda row: mapping.ticket(row, followed, after.through), cursor.text(), through)


@dataclass(slots=True)
class Listening:
    """Reads what was said on tickets that changed, of no more than `budget` of them.

    `own` maps tickets that we wrote ourselves to the instant of that write: nothing was said there.
    """

    session: Session
    budget: int
    own: Mapping[str, int]
    per_page: int = PER_PAGE

    def pages(self, start: Place) -> Iterator[Page]:
        """Yield what was said on the tickets that changed since `start`, oldest change first."""
        for leg in legs(self.session, start, {}, self.per_page):
            records: list[Record | Reject] = []
            for place, row in enumerate(leg.rows):
                if self.budget <= 0:
                    yield self._paused(leg, place, records)
                    return
                records += self._heard(row)
            finished = leg.after.finished()
            after, through = (finished, finished.through) if leg.over else (leg.after, leg.after.since)
            yield page_of(records, after.text(), through)

    def _paused(self, leg: Leg, place: int, records: Sequence[Record | Reject]) -> Page:
        """Return what was heard before the budget was spent; the rest of the page comes with the next pass."""
        first = understood(payloads.Ticket, leg.rows[place])
        unheard = {understood(payloads.Ticket, row).id for row in leg.rows[place:]}
        seen = {key: row for key, row in leg.after.seen.items() if key not in unheard}
        since = min(leg.after.since, first.updated_at - 1)
        return page_of(records, replace(leg.after, since=since, seen=seen).text(), first.updated_at - 1)

    def _heard(self, row: object) -> list[Record | Reject]:
        return records_and_rejects("conversations", [row], self._events, lambda kept: without(_PRIVATE, kept))

    def _events(self, row: object) -> Sequence[Record]:
        ticket = payloads.Ticket.model_validate(row)
        if self.own.get(ticket.id) == ticket.updated_at:
            return []
        self.budget -= 1
        events: list[Record] = [mapping.opening(ticket)]
        for place, said in enumerate(self._conversations(ticket.id)):
            events += mapping.conversation(ticket.id, place, said)
        return events

    def _conversations(self, ticket_id: str) -> list[object]:
        try:
            path = f"{TICKETS}/{ticket_id}/conversations"
            answers = paging.pages(self.session, path, first_page({}), next_page)
            return [row for answer in answers for row in listed(answer)]
        except (RefusedError, SignInError) as error:
            if error.status not in GONE:
                raise
            return []  # deleted, or archived, while we looked


def ratings(session: Session, cursor: str | None, history_from: int, now: int, meaning: Meaning) -> Iterator[Page]:
    """Yield the ratings since `cursor`, once a day also those of a month: an edited one keeps its creation."""
    asked, wide = (int(part) for part in cursor.split("@")) if cursor else (0, 0)
    is_wide = cursor is None or now - wide >= _RATING_OVERLAP
    since = history_from if cursor is None else asked - (_WIDE if is_wide else _RATING_OVERLAP)
    params = first_page({"created_since": iso(max(since, 0))})
    for answer in paging.pages(session, "/api/v2/surveys/satisfaction_ratings", params, next_page):
        rows = listed(answer)
        over = len(rows) < PER_PAGE
        kept = f"{now}@{now if is_wide else wide}" if over else cursor
        yield rows_as_page("ratings", rows, meaning, kept, now - HELD_BACK if over else None)
