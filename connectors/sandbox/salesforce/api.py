"""The simulated API: the version, sign-in, the day's requests, then the route."""

from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal
from connectors.sandbox.application import Found, Routes
from connectors.sandbox.salesforce import bulk, queries, sign_in, tooling, writes
from connectors.sandbox.salesforce.call import Call, Route, refusal
from connectors.sandbox.salesforce.service import RETIRED, VERSIONS, Service

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES, *queries.ROUTES, *bulk.ROUTES, *writes.ROUTES, *tooling.ROUTES,
)  # fmt: skip


@dataclass(slots=True)
class Api:
    """Answers requests to one org."""

    service: Service
    _routes: Routes[Route] = field(default_factory=lambda: Routes((each.method, each.path, each) for each in ROUTES))

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        try:
            response = self._answered(request)
        except Refusal as refused:
            response = refused.response()
        response.headers["Sforce-Limit-Info"] = f"api-usage={self.service.used}/{self.service.daily}"
        return response

    def _answered(self, request: Request) -> Response:
        found = self._routes.find(request)
        if found is None:
            raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
        self._check_version(found)
        session = "" if found.route.open else sign_in.signed_in(request, self.service)
        if not found.route.open:
            if self.service.used >= self.service.daily:
                raise refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.service.used += 1
        return found.route.answer(Call(request, self.service, session, found.words))

    def _check_version(self, found: Found[Route]) -> None:
        version = found.words.get("version")
        if version in RETIRED:
            raise refusal(410, "UNSUPPORTED_API_VERSION", "The requested API version is retired")
        if version is not None and version.removeprefix("v") not in VERSIONS:
            raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
