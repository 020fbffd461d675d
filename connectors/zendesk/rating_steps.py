"""How the lists of ratings are walked, which have no order in time: all once, then the recent and the older ones."""

from dataclasses import dataclass

from connectors import paging
from connectors.exchange import Params
from connectors.zendesk.exports import Start, Step, Visit
from connectors.zendesk.steps import LIST_ROWS

_OVERLAP = 3600  # seconds; a rating that changes later shows on its ticket, and in the wide look
_FIRST_OVERLAP = 3 * 86400  # seconds: whether the filter means creation or change is not documented
_ANSWERED_WITHIN = 30 * 86400
_WIDE_EVERY = 86400
_SPAN = 30 * 86400  # seconds of ratings that a first walk reads at a time
_FIRST_WALK = "first:"


# The cursor of the ratings of either system is when the recent ones were last asked for,
# "@", and when the older ones were. Before they all were read once it is the marker, where the next span of time
# begins, "@", and when the walk began.


@dataclass(frozen=True, slots=True)
class Filters:
    """What the parameters of a list of ratings are called, and what leaves out those never given."""

    since: str
    until: str
    received: Params


def first_ratings(start: Start, filters: Filters) -> Params:
    """Return the first request of all ratings, whatever their score: an offer or a withdrawal must be seen too."""
    if start.cursor is None:
        return _span(filters, max(0, start.history_from - _FIRST_OVERLAP), None)
    if start.cursor.startswith(_FIRST_WALK):
        return _span(filters, *_reached(start.cursor))
    return _span(filters, max(0, _asked_at(start.cursor)[0] - _OVERLAP), None)


def by_page_dated(visit: Visit, filters: Filters) -> Step:
    """Follow the ratings in their walks: all of them once, then the recent ones, and once a day what older ones got.

    But for the first walk only the last page moves the cursor, to when the first was asked.
    """
    following = paging.by_cursor(visit.answer, visit.params)
    if visit.start.cursor is None or visit.start.cursor.startswith(_FIRST_WALK):
        return _first_walk(visit, filters, following)
    older = _older(visit, filters)
    if following is None and older is not None:
        following = older
    if following is not None:
        return Step(following, visit.start.cursor)
    last_wide = visit.began if _is_wide(visit, filters.since) else _asked_at(visit.start.cursor)[1]
    return Step(None, f"{visit.began}@{last_wide}", visit.began)


def _first_walk(visit: Visit, filters: Filters, following: Params | None) -> Step:
    """Follow the first walk: more than a page of ratings is read span by span, so that it can go on after any span.

    A list that comes newest first has no place in its middle from which it could.
    """
    since, until = _number(visit, filters.since), visit.params.get(filters.until)
    resumed = visit.start.cursor is not None
    began = _reached(visit.start.cursor)[1] if visit.start.cursor is not None else visit.began
    if isinstance(until, int):
        here = since if following is not None else until
        return Step(following or _span(filters, until, began), f"{_FIRST_WALK}{here}@{began}")
    in_spans = _span(filters, since, began)
    if following is not None and filters.until in in_spans:
        return Step(in_spans, visit.start.cursor)
    if following is not None:
        return Step(following, f"{_FIRST_WALK}{since}@{began}" if resumed else None)
    return Step(None, f"{began}@{began}", began)


def _span(filters: Filters, since: int, began: int | None) -> Params:
    """Return the first request of the ratings from an instant on: of one span, or of all where there is no more."""
    asked: Params = {filters.since: since, "page[size]": LIST_ROWS}
    until = since + _SPAN
    return asked if began is None or until >= began else {**asked, filters.until: until}


def _number(visit: Visit, name: str) -> int:
    asked = visit.params[name]
    return asked if isinstance(asked, int) else 0


def _reached(cursor: str) -> tuple[int, int]:
    return _asked_at(cursor.removeprefix(_FIRST_WALK))


def _older(visit: Visit, filters: Filters) -> Params | None:
    """Return the daily second walk: a rating keeps the time of its offer, and may be given weeks after it."""
    if _is_wide(visit, filters.since):
        return None
    recent, wide = _asked_at(visit.start.cursor or "")
    if visit.began - wide < _WIDE_EVERY:
        return None
    return {**filters.received, **_span(filters, max(0, recent - _ANSWERED_WITHIN), None)}


def _is_wide(visit: Visit, since: str) -> bool:
    recent = _asked_at(visit.start.cursor or "")[0]
    return _number(visit, since) < max(0, recent - _OVERLAP)


def _asked_at(cursor: str) -> tuple[int, int]:
    recent, _, wide = cursor.partition("@")
    return int(recent or 0), int(wide or 0)
