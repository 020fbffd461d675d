"""The simulated API: sign-in, the plan's limits, then the route."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.application import Found, Routes
from connectors.sandbox.freshdesk.records import Person
from connectors.sandbox.freshdesk.state import State
from connectors.sandbox.quotas import Limit, Meter, Quotas
from connectors.sandbox.world.verbs import Row

T = TypeVar("T")
USUAL_PAGE, LARGEST_PAGE = 30, 100

# https://developers.freshdesk.com/api/#ratelimit
PLANS: Mapping[str, Quotas] = {
    "growth": Quotas(Limit(200), {"create": Limit(80), "update": Limit(80), "list": Limit(20)}),
    "pro": Quotas(Limit(400), {"create": Limit(160), "update": Limit(160), "list": Limit(100)}),
    "enterprise": Quotas(Limit(700), {"create": Limit(280), "update": Limit(280), "list": Limit(200)}),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request, signed in unless its route is open; `numbers` and `words` are from its path."""

    request: Request
    state: State
    user: Person | None
    numbers: dict[str, int]
    words: dict[str, str]
    features: set[str]

    @property
    def person(self) -> Person:
        """Who is signed in."""
        if self.user is None:
            raise RuntimeError("Nobody is signed in on an open route")
        return self.user

    def text(self, name: str) -> str | None:
        """Return a query parameter."""
        return self.request.args.get(name)

    def number(self, name: str, usual: int) -> int:
        """Return a query parameter that must be a whole number."""
        value = self.text(name)
        if value is not None and not value.isdecimal():
            raise invalid(name, "It should be a/an Positive Integer", "datatype_mismatch")
        return usual if value is None else int(value)

    def body(self) -> Row:
        """Return the request's JSON, which must be an object."""
        try:
            whole = json.loads(self.request.get_data())
        except ValueError:
            whole = None
        if not isinstance(whole, dict):
            raise Refusal(400, {"code": "invalid_json", "message": "Request body has invalid json format."})
        return whole


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: who may ask, what else it takes, and what answers."""

    method: str
    path: str
    answer: Callable[[Call], Response]
    parameters: frozenset[str] = frozenset()
    admin: bool = False
    feature: str | None = None
    quota: str | None = None
    open: bool = False


def invalid(name: str, text: str, code: str = "invalid_value") -> Refusal:
    """Return the 400 of something that cannot be taken."""
    return Refusal(
        400, {"description": "Validation failed", "errors": [{"field": name, "message": text, "code": code}]}
    )


def not_found() -> Refusal:
    """Return the 404 of a record: its body is empty."""
    return Refusal(404, "")


def paged(call: Call, rows: Sequence[T], row: Callable[[T], Row], last_page: int | None = None) -> Response:
    """Answer one page of `rows`, with the address of the next where there is one."""
    size, page = call.number("per_page", USUAL_PAGE), call.number("page", 1)
    if not 0 < size <= LARGEST_PAGE:
        raise invalid("per_page", "It should be a Positive Integer less than or equal to 100")
    if last_page is not None and page > last_page:
        text = f"You cannot access tickets beyond the {last_page}th page. Please provide a smaller page number."
        raise invalid("page", text)
    shown = rows[(page - 1) * size : page * size]
    more = page * size < len(rows)
    link = {"Link": f'<https://sao-mai.freshdesk.com{call.request.path}?page={page + 1}>; rel="next"'} if more else {}
    return answer([row(each) for each in shown], headers=link)


@dataclass(slots=True)
class Api:
    """The account behind its API; `key` signs in as the integration."""

    state: State
    key: str
    features: set[str]
    routes: Sequence[Route]
    quotas: Quotas | None = None
    _routes: Routes[Route] = field(init=False)
    _meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self._routes = Routes((each.method, each.path, each) for each in self.routes)
        self._meter = Meter(self.quotas or Quotas(Limit(1_000_000)))

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        cost = _credits(request)
        try:
            response = self._metered(request, cost)
        except Refusal as refusal:
            response = refusal.response()
        if self.quotas is not None:
            limit = self.quotas.account.requests
            left = self._meter.left("account", self.state.world.now)
            response.headers["X-Ratelimit-Total"] = f"{limit}.0"
            response.headers["X-Ratelimit-Remaining"] = str(left)
        response.headers["X-Ratelimit-Used-CurrentRequest"] = str(cost)
        return response

    def _metered(self, request: Request, cost: int) -> Response:
        found = self._routes.find(request)
        uses = [("account", ""), *([(found.route.quota, "")] if found and found.route.quota else [])]
        refusal = self._meter.refusal(uses, self.state.world.now)
        if refusal is not None:
            raise Refusal(429, {"message": "You have exceeded the limit of requests per minute"}, _retry(refusal[1]))
        self._meter.count([*uses, *[("account", "")] * (cost - 1)], self.state.world.now)
        user = None if found is not None and found.route.open else self._signed_in(request)
        if found is None:
            raise not_found()
        if user is not None:
            self._check(found, user)
        return found.route.answer(Call(request, self.state, user, found.numbers, found.words, self.features))

    def _signed_in(self, request: Request) -> Person:
        given = request.authorization
        if given is None or given.type != "basic" or given.username != self.key:
            told = {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
            raise Refusal(401, told)
        return self.state.persons[self.state.account.integration_id]

    def _check(self, found: Found[Route], user: Person) -> None:
        route = found.route
        if route.feature is not None and route.feature not in self.features:
            text = f"The {route.feature} feature(s) is/are not supported in your plan. Please upgrade your account."
            raise Refusal(403, {"code": "require_feature", "message": text})
        if route.admin and not user.is_admin:
            text = "You are not authorized to perform this action."
            raise Refusal(403, {"code": "access_denied", "message": text})
        for name in sorted(set(found.request.args) - route.parameters):
            raise invalid(name, "Unexpected/invalid field in request", "invalid_field")


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _credits(request: Request) -> int:
    """Return what a request counts for: two more for each thing included in a list, one more in a view."""
    included = [part for part in (request.args.get("include") or "").split(",") if part]
    return 1 + len(included) * (2 if request.path.endswith("/tickets") else 1)
