"""One request to the simulated API: what the routes are given, what they answer, and the table they stand in."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.records import User
from connectors.sandbox.zendesk.rows import HOST
from connectors.sandbox.zendesk.service import Service
from connectors.sandbox.zendesk.state import State

T = TypeVar("T")
PAGE = 100
LAST_OFFSET_PAGE = 100
PAGING = frozenset({"page[size]", "page[after]", "page[before]", "page", "per_page", "sort"})


@dataclass(frozen=True, slots=True)
class Call:
    """A signed-in request; `numbers` are the ids in its path."""

    request: Request
    service: Service
    user: User | None
    numbers: dict[str, int]
    words: dict[str, str]

    @property
    def state(self) -> State:
        """What the account holds."""
        return self.service.state

    @property
    def features(self) -> set[str]:
        """What the account's plan includes."""
        return self.service.features

    @property
    def author_id(self) -> int:
        """The user in whose name a write is made."""
        return self.state.account.integration_id if self.user is None else self.user.id

    def text(self, name: str) -> str | None:
        """Return a query parameter."""
        return self.request.args.get(name)

    def number(self, name: str) -> int | None:
        """Return a query parameter that must be a whole number."""
        value = self.text(name)
        if value is not None and not value.isdecimal():
            raise invalid(f"{name} must be a whole number, not {value!r}")
        return None if value is None else int(value)

    def ids(self, name: str = "ids") -> list[int]:
        """Return a query parameter that must be up to 100 ids with commas between."""
        parts = [part for part in (self.text(name) or "").split(",") if part]
        if not parts or not all(part.isdecimal() for part in parts):
            raise invalid(f"{name} must be a comma-separated list of ids")
        if len(parts) > PAGE:
            raise too_many_values()
        return [int(part) for part in parts]

    def body(self, key: str) -> Row:
        """Return the object under `key` in the request's JSON."""
        whole = self.whole_body()
        found = whole.get(key)
        if not isinstance(found, dict):
            raise invalid(f"the body must be an object with an object {key!r}")
        return found

    def whole_body(self) -> Row:
        """Return the request's JSON, which must be an object."""
        try:
            whole = json.loads(self.request.get_data())
        except ValueError:
            whole = None
        if not isinstance(whole, dict):
            raise Refusal(400, {"error": {"title": "Invalid JSON", "message": "The body must be a JSON object"}})
        return whole


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: who may ask, what else it takes, and what answers."""

    method: str
    path: str
    answer: Callable[[Call], Response]
    parameters: frozenset[str] = frozenset()
    admin: bool = False
    anonymous: bool = False
    scope: str = "tickets"
    feature: str | None = None
    quotas: tuple[str, ...] = field(default=())


def invalid(text: str) -> Refusal:
    """Return a 400 for something that cannot be understood."""
    return Refusal(400, {"error": {"title": "Invalid attribute", "message": text}})


def not_found() -> Refusal:
    """Return the 404 of a record."""
    return Refusal(404, {"error": "RecordNotFound", "description": "Not found"})


def record_invalid(name: str, text: str) -> Refusal:
    """Return the 422 of a record that cannot be saved so."""
    details = {name: [{"description": text, "error": "InvalidValue"}]}
    return Refusal(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def closed_ticket() -> Refusal:
    """Return the 422 of an update to a closed ticket, as Zendesk words it."""
    details = {"status": [{"description": "Status closed prevents ticket update"}]}
    return Refusal(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def too_many_values() -> Refusal:
    """Return the 400 of a list of more than 100."""
    description = "Parameter  cannot specify more than 100 values"
    return Refusal(400, {"error": "TooManyValues", "description": description, "max_count": PAGE})


def warning(action: str, dropped: Iterable[str]) -> dict[str, str]:
    """Return the header by which Zendesk tells what it silently left out."""
    keys = ", ".join(f'"{key}"' for key in dropped)
    if not keys:
        return {}
    controller, _, verb = action.partition("/")
    return {
        "X-Zendesk-API-Warn": f'{{:allowed_parameters=>{{:controller=>"{controller}", :action=>"{verb}", '
        f":unpermitted_keys=>[{keys}], :invalid_values=>[]}}}}"
    }


def encoded(text: str) -> str:
    """Return `text` as an opaque cursor."""
    return base64.b64encode(text.encode()).decode()


def decoded(cursor: str, name: str) -> str:
    """Return what a cursor stands for."""
    try:
        return base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid(f"{name} is no valid cursor") from None


def paged(call: Call, key: str, rows: Sequence[tuple[int, T]], row: Callable[[T], Row]) -> Response:
    """Answer one page of `rows` of (id, record), in cursor or offset paging as the request asks."""
    if "page[size]" in call.request.args or "page[after]" in call.request.args:
        return _cursor_page(call, key, rows, row)
    return _offset_page(call, key, rows, row)


def _cursor_page(call: Call, key: str, rows: Sequence[tuple[int, T]], row: Callable[[T], Row]) -> Response:
    size = call.number("page[size]") or PAGE
    if size > PAGE:
        detail = "page[size] must be a number between 1 and 100"
        raise Refusal(400, {"errors": [{"code": "InvalidPaginationParameter", "title": detail, "detail": detail}]})
    cursor = call.text("page[after]")
    after = int(decoded(cursor, "page[after]")) if cursor else -1
    rest = [(place, record) for place, record in rows if place > after]
    shown = rest[:size]
    last = encoded(str(shown[-1][0])) if shown else None
    first = encoded(str(shown[0][0])) if shown else None
    more = len(rest) > size
    onward = f"{HOST}{call.request.path}?page[size]={size}&page[after]={last}" if more else None
    return answer(
        {
            key: [row(record) for _, record in shown],
            "meta": {"has_more": more, "after_cursor": last, "before_cursor": first},
            "links": {"prev": None, "next": onward},
        }
    )


def _offset_page(call: Call, key: str, rows: Sequence[tuple[int, T]], row: Callable[[T], Row]) -> Response:
    size = min(call.number("per_page") or PAGE, PAGE)
    page = call.number("page") or 1
    if page > LAST_OFFSET_PAGE:
        raise invalid("page: offset paging ends at page 100; use cursor paging")
    here = f"{HOST}{call.request.path}?per_page={size}&page="
    shown = rows[(page - 1) * size : page * size]
    return answer(
        {
            key: [row(record) for _, record in shown],
            "count": len(rows),
            "next_page": f"{here}{page + 1}" if page * size < len(rows) else None,
            "previous_page": f"{here}{page - 1}" if page > 1 else None,
        }
    )
