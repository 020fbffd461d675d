"""A simulated API as a WSGI application: ordered faults first, then what the helpdesk truly answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.faults import WIRE, Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

R = TypeVar("R")


@dataclass(slots=True)
class Application:
    """Answers one request at a time, on the world's clock; `true_answer` never raises."""

    world: WorldTime
    true_answer: Callable[[Request], Response]
    faults: Faults = field(default_factory=Faults)
    log: list[tuple[str, str, int]] = field(default_factory=list)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        with self.world.lock:
            self.world.catch_up()
            response = self._answer(request)
            status = 0 if response.headers.get(WIRE, "").startswith("drop") else response.status_code
            self.log.append((request.method, request.path, status))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self.faults.act_before(request.path)
        fault = self.faults.take(request.method, request.path)
        if fault is None:
            return self.true_answer(request)
        return fault.spoil(self.true_answer(request) if fault.reads_answer else Response())


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A request, the route that answers it, and what was in its path."""

    request: Request
    route: R
    numbers: dict[str, int]
    words: dict[str, str]


@dataclass(slots=True)
class Routes(Generic[R]):
    """The routes of an API, by (method, path, route)."""

    rules: Iterable[tuple[str, str, R]]
    _map: Map = field(init=False)

    def __post_init__(self) -> None:
        rules = [Rule(path, methods=[method], endpoint=route) for method, path, route in self.rules]
        self._map = Map(rules, strict_slashes=False)

    def find(self, request: Request) -> Found[R] | None:
        """Return the route that answers a request, None where there is none."""
        try:
            route, arguments = self._map.bind("127.0.0.1").match(request.path.removesuffix(".json"), request.method)
        except HTTPException:
            return None
        numbers = {name: value for name, value in arguments.items() if isinstance(value, int)}
        words = {name: value for name, value in arguments.items() if isinstance(value, str)}
        return Found(request, route, numbers, words)
