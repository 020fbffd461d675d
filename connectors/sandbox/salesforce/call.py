"""One request to the simulated API, and the refusals it may meet."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from connectors.sandbox.answers import Refusal
from connectors.sandbox.salesforce.service import Service

Errors = list[dict[str, object]]


def error(code: str, told: str, *fields: str) -> Errors:
    """Return an error as Salesforce lists it."""
    listed: dict[str, object] = {"message": told, "errorCode": code}
    return [{**listed, "fields": list(fields)} if fields else listed]


def refusal(status: int, code: str, told: str) -> Refusal:
    """Return an answer other than success."""
    return Refusal(status, error(code, told))


@dataclass(frozen=True, slots=True)
class Call:
    """A request, by whose session, with what stood in its path."""

    request: Request
    service: Service
    session: str
    words: dict[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> str:
        """Return a parameter; raises the refusal of a request without it."""
        if name not in self.request.args:
            raise refusal(400, "MISSING_ARGUMENT", f"{name} is required")
        return self.request.args[name]

    def json(self) -> dict[str, object]:
        """Return the body, which must be an object."""
        try:
            body = json.loads(self.request.get_data())
        except ValueError:
            raise refusal(400, "JSON_PARSER_ERROR", "Unexpected character") from None
        if not isinstance(body, dict):
            raise refusal(400, "JSON_PARSER_ERROR", "Cannot deserialize request body to object")
        return body


@dataclass(frozen=True, slots=True)
class Route:
    """How a path is answered: `open`: without signing in."""

    method: str
    path: str
    answer: Callable[[Call], Response]
    open: bool = False
