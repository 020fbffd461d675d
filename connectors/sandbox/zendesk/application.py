"""The simulated API as a WSGI application: faults, sign-in, quotas, then the route."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import WIRE, Faults
from connectors.sandbox.quotas import Meter
from connectors.sandbox.zendesk import (
    exports,
    fields,
    forms,
    jobs,
    lists,
    metric_events,
    rules,
    sign_in,
    slas,
    surveys,
    tickets,
)
from connectors.sandbox.zendesk.call import Call, Refusal, Route, invalid
from connectors.sandbox.zendesk.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES, *exports.ROUTES, *lists.ROUTES, *tickets.ROUTES, *jobs.ROUTES, *fields.ROUTES,
    *surveys.ROUTES, *slas.ROUTES, *metric_events.ROUTES,
    *forms.ROUTES, *rules.ROUTES,
)  # fmt: skip
MISSING = {"schedules": 404, "satisfaction": 403, "ticket_forms": 403, "surveys": 403, "sla": 403, "group_sla": 404}

Use = tuple[str, str]


@dataclass(slots=True)
class Found:
    """A request, the route that answers it, and what was in its path."""

    request: Request
    route: Route
    numbers: dict[str, int]
    words: dict[str, str]

    @property
    def uses(self) -> list[Use]:
        """The limits this request counts against, besides the account's."""
        ticket = str(self.numbers.get("ticket_id", ""))
        return [(name, ticket if name == "ticket-update" else "") for name in self.route.quotas]


@dataclass(slots=True)
class Application:
    """Answers one request at a time, on the world's clock."""

    service: Service
    meter: Meter
    faults: Faults = field(default_factory=Faults)
    log: list[tuple[str, str, int]] = field(default_factory=list)
    _map: Map = field(default_factory=lambda: routing_map(ROUTES))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        with self.service.state.world.lock:
            self.service.state.world.catch_up()
            response = self._answer(request)
            status = 0 if response.headers.get(WIRE, "").startswith("drop") else response.status_code
            self.log.append((request.method, request.path, status))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self.faults.act_before(request.path)
        fault = self.faults.take(request.method, request.path)
        if fault is None:
            return self._true_answer(request)
        return fault.spoil(self._true_answer(request) if fault.reads_answer else Response())

    def _true_answer(self, request: Request) -> Response:
        uses: list[Use] = []
        try:
            found = self._found(request)
            uses = found.uses
            response = self._metered(found)
        except Refusal as refusal:
            response = refusal.response()
        response.headers.update(self.meter.headers(uses, self.service.state.world.now))
        return response

    def _metered(self, found: Found) -> Response:
        user = sign_in.signed_in(found.request, self.service, found.route)
        uses, now = [("account", ""), *found.uses], self.service.state.world.now
        refusal = self.meter.refusal(uses, now)
        if refusal is not None:
            raise rate_limited(*refusal)
        self.meter.count(uses, now)
        self._check(found)
        return found.route.answer(Call(found.request, self.service, user, found.numbers, found.words))

    def _check(self, found: Found) -> None:
        feature = found.route.feature
        if feature is not None and feature not in self.service.features:
            raise Refusal(MISSING[feature], {"error": {"title": "Forbidden", "message": f"No {feature} on this plan"}})
        unknown = sorted(set(found.request.args) - found.route.parameters)
        if unknown:
            raise invalid(f"unknown parameter: {unknown[0]}")

    def _found(self, request: Request) -> Found:
        adapter = self._map.bind("127.0.0.1")
        try:
            endpoint, arguments = adapter.match(request.path.removesuffix(".json"), request.method)
        except HTTPException:
            raise Refusal(404, {"error": "InvalidEndpoint", "description": "Not found"}) from None
        numbers = {name: value for name, value in arguments.items() if isinstance(value, int)}
        words = {name: value for name, value in arguments.items() if isinstance(value, str)}
        return Found(request, endpoint, numbers, words)


def routing_map(routes: Iterable[Route]) -> Map:
    """Return the map from path and method to route."""
    return Map([_rule(route) for route in routes], strict_slashes=False)


def _rule(route: Route) -> Rule:
    return Rule(route.path, methods=[route.method], endpoint=route)


def rate_limited(name: str, seconds: int) -> Refusal:
    """Return the 429 of an exhausted limit: plain text, as Zendesk sends it."""
    subject = "API" if name == "account" else name.replace("-", " ") + " API"
    text = f"Number of allowed {subject} requests per minute exceeded"
    return Refusal(429, text, {"Retry-After": str(seconds)})
