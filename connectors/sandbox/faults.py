"""What can go wrong between a client and the simulated helpdesk, on demand."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from werkzeug.wrappers import Response

WIRE = "X-Sandbox-Wire"
"""A header between the application and the server, never sent: drop, cut or slow, and the pause between pieces."""

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
EXPIRED = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
}

Change: TypeAlias = Callable[[object], object]
Maker: TypeAlias = Callable[[Response, "Fault"], Response]


@dataclass(slots=True)
class Fault:
    """One ordered misbehaviour: for which paths, how, how often (None: until cleared), with the effect or without.

    `size` is of a long or packed answer, in bytes; `pause` between the pieces of a slow one, in seconds.
    """

    pattern: str
    kind: str | int | Change
    times: int | None = 1
    after_effect: bool = False
    method: str | None = None
    retry_after: str | None = None
    size: int = 50_000_000
    pause: float = 0.02

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this fault waits for such a request."""
        return self.method in (None, method) and fnmatchcase(path, self.pattern)

    @property
    def reads_answer(self) -> bool:
        """Whether the true answer is needed to make the false one."""
        return self.after_effect or callable(self.kind) or self.kind in {"truncated", "cut", "slow", "long"}

    def spoil(self, answer: Response) -> Response:
        """Return what the client gets instead of `answer`."""
        if callable(self.kind):
            return changed(answer, self.kind)
        maker = MAKERS.get(self.kind, plain_status)
        return maker(answer, self)


@dataclass(slots=True)
class Faults:
    """The faults still to come, and acts to happen just before a request is answered."""

    waiting: list[Fault] = field(default_factory=list)
    acts: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Take the first fault that waits for such a request, using up one of its times."""
        fault = next((fault for fault in self.waiting if fault.matches(method, path)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.waiting.remove(fault)
        return fault

    def act_before(self, path: str) -> None:
        """Do, once, what was to happen just before a request to `path`."""
        due = [entry for entry in self.acts if fnmatchcase(path, entry[0])]
        self.acts = [entry for entry in self.acts if entry not in due]
        for _, act in due:
            act()


def changed(answer: Response, change: Change) -> Response:
    """Return the answer with its JSON put through `change`."""
    answer.set_data(json.dumps(change(json.loads(answer.get_data()))))
    return answer


def rate_limited(_answer: Response, fault: Fault) -> Response:
    """Return a 429 with a plain text body, and Retry-After only where given."""
    text = "Number of allowed API requests per minute exceeded"
    return Response(text, 429, retry_header(fault), content_type="text/plain")


def unavailable(_answer: Response, fault: Fault) -> Response:
    """Return a 503 as a maintenance page."""
    return Response("<html>Down for maintenance</html>", 503, retry_header(fault), content_type="text/html")


def retry_header(fault: Fault) -> Mapping[str, str]:
    """Return the Retry-After header the fault asks for, if any."""
    return {} if fault.retry_after is None else {"Retry-After": fault.retry_after}


def plain_status(_answer: Response, fault: Fault) -> Response:
    """Return an empty answer of any status."""
    return Response("", int(str(fault.kind)), retry_header(fault), content_type="text/html")


def dropped(_answer: Response, _fault: Fault) -> Response:
    """Close the connection without a word."""
    return Response("", 500, {WIRE: "drop 0"})


def html(_answer: Response, _fault: Fault) -> Response:
    """Return a sign-in page with 200, as a captive portal does."""
    return Response(LOGIN_PAGE, 200, content_type="text/html; charset=utf-8")


def truncated(answer: Response, _fault: Fault) -> Response:
    """Return half of the JSON, honestly measured."""
    whole = answer.get_data()
    answer.set_data(whole[: len(whole) // 2])
    return answer


def on_the_wire(answer: Response, fault: Fault) -> Response:
    """Leave the answer as it is and spoil its transport."""
    answer.headers[WIRE] = f"{fault.kind} {fault.pause}"
    return answer


def empty(_answer: Response, _fault: Fault) -> Response:
    """Return 200 and nothing."""
    return Response("", 200, content_type="application/json")


def overlong(answer: Response, fault: Fault) -> Response:
    """Return the answer behind far too many blanks."""
    answer.set_data(b" " * fault.size + answer.get_data())
    return answer


def bomb(_answer: Response, fault: Fault) -> Response:
    """Return a small body that unpacks to a huge one."""
    packed = gzip.compress(b'"' + b"a" * fault.size + b'"')
    return Response(packed, 200, {"Content-Encoding": "gzip"}, content_type="application/json")


def unauthorized(_answer: Response, _fault: Fault) -> Response:
    """Say that the token is no longer good."""
    return Response(json.dumps(EXPIRED), 401, content_type="application/json")


MAKERS: dict[str | int, Maker] = {
    429: rate_limited,
    503: unavailable,
    "drop": dropped,
    "html": html,
    "truncated": truncated,
    "cut": on_the_wire,
    "slow": on_the_wire,
    "empty": empty,
    "long": overlong,
    "gzip_bomb": bomb,
    401: unauthorized,
    "expired_token": unauthorized,
}
