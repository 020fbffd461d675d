"""The simulated API: sign-in, quotas, then the route."""

from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal
from connectors.sandbox.application import Found, Routes
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
    talk,
    tickets,
)
from connectors.sandbox.zendesk.call import Call, Route, invalid
from connectors.sandbox.zendesk.service import Service

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES, *exports.ROUTES, *lists.ROUTES, *tickets.ROUTES, *jobs.ROUTES, *fields.ROUTES,
    *surveys.ROUTES, *talk.ROUTES, *slas.ROUTES, *metric_events.ROUTES,
    *forms.ROUTES, *rules.ROUTES,
)  # fmt: skip
MISSING = {"schedules": 404, "satisfaction": 403, "ticket_forms": 403, "surveys": 403, "sla": 403, "group_sla": 404,
           "talk": 403}  # fmt: skip

Use = tuple[str, str]


@dataclass(slots=True)
class Api:
    """Sign-in, quotas, then the route."""

    service: Service
    meter: Meter
    _routes: Routes[Route] = field(default_factory=lambda: Routes((each.method, each.path, each) for each in ROUTES))

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        uses: list[Use] = []
        try:
            found = self._found(request)
            uses = _uses(found)
            response = self._metered(found, uses)
        except Refusal as refusal:
            response = refusal.response()
        response.headers.update(self.meter.headers(uses, self.service.state.world.now))
        return response

    def _metered(self, found: Found[Route], limits: list[Use]) -> Response:
        user = sign_in.signed_in(found.request, self.service, found.route)
        uses, now = [("account", ""), *limits], self.service.state.world.now
        refusal = self.meter.refusal(uses, now)
        if refusal is not None:
            raise rate_limited(*refusal)
        self.meter.count(uses, now)
        self._check(found)
        return found.route.answer(Call(found.request, self.service, user, found.numbers, found.words))

    def _check(self, found: Found[Route]) -> None:
        feature = found.route.feature
        if feature is not None and feature not in self.service.features:
            raise Refusal(MISSING[feature], {"error": {"title": "Forbidden", "message": f"No {feature} on this plan"}})
        unknown = sorted(set(found.request.args) - found.route.parameters)
        if unknown:
            raise invalid(f"unknown parameter: {unknown[0]}")

    def _found(self, request: Request) -> Found[Route]:
        found = self._routes.find(request)
        if found is None:
            raise Refusal(404, {"error": "InvalidEndpoint", "description": "Not found"})
        return found


def _uses(found: Found[Route]) -> list[Use]:
    """Return the limits a request counts against, besides the account's."""
    ticket = str(found.numbers.get("ticket_id", ""))
    return [(name, ticket if name == "ticket-update" else "") for name in found.route.quotas]


def rate_limited(name: str, seconds: int) -> Refusal:
    """Return the 429 of an exhausted limit: plain text, as Zendesk sends it."""
    subject = "API" if name == "account" else name.replace("-", " ") + " API"
    text = f"Number of allowed {subject} requests per minute exceeded"
    return Refusal(429, text, {"Retry-After": str(seconds)})
