"""From one page of a list to the next."""

from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.errors import UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Answer, Session
from kpi_engine.message import message

REMEMBERED = 3
LONGEST_PLACE = 200

NextRequest = Callable[[Answer, Params], Params | None]
"""Takes an answer and the parameters that brought it; returns those of the next page, None after the last."""


def pages(session: Session, path: str, params: Params, next_request: NextRequest) -> Iterator[Answer]:
    """Yield the answers to `path`, page after page.

    Only parameters ever change, so no page can lead to another host. Raises UnexpectedPayloadError when the
    helpdesk sends us back to one of the last three pages, and whatever Session.get raises.
    """
    recent: deque[str] = deque(maxlen=REMEMBERED)
    following: Params | None = params
    while following is not None:
        place = urlencode(following, doseq=True)
        if place in recent:
            raise UnexpectedPayloadError(
                message(
                    "{path} goes round in circles: it leads again to {place}.",
                    path=path,
                    place=place[:LONGEST_PLACE],
                ),
            )
        recent.append(place)
        answer = session.get(path, following)
        yield answer
        following = next_request(answer, following)


def by_cursor(answer: Answer, params: Params) -> Params | None:
    """Return the parameters after `meta.after_cursor` while `meta.has_more`.

    Raises UnexpectedPayloadError where there is more but no cursor, or another way of paging altogether.
    """
    content = answer.mapping()
    meta = content.get("meta")
    if not isinstance(meta, dict):
        if content.get("next_page"):
            raise _no_cursor(answer)
        return None
    if not meta.get("has_more"):
        return None
    cursor = meta.get("after_cursor")
    if not isinstance(cursor, str) or not cursor:
        raise _no_cursor(answer)
    return {**params, "page[after]": cursor}


def by_next_page(answer: Answer, params: Params) -> Params | None:
    """Return the parameters in the address at `next_page`, over those we had; the rest of the address is ignored.

    Behind a mapped host the address names another host than the one we talk to.
    """
    address = answer.mapping().get("next_page")
    return {**params, **parameters_of(address)} if isinstance(address, str) and address else None


def parameters_of(address: str) -> dict[str, str]:
    """Return the query parameters of a paging address, and nothing else of it."""
    return dict(parse_qsl(urlsplit(address).query))


def _no_cursor(answer: Answer) -> UnexpectedPayloadError:
    return UnexpectedPayloadError(
        message("{request} says that there is more but not where (no after_cursor).", request=answer.request),
    )
