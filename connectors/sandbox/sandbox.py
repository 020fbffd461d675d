"""One simulated helpdesk that answers over HTTP on loopback: serving, time, and what can go wrong on the way."""

import json
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from connectors.sandbox.agenda import WorldClock, WorldTime
from connectors.sandbox.application import Application
from connectors.sandbox.faults import Change, Fault
from connectors.sandbox.server import LoopbackServer

START = 1_795_237_200  # Saturday 2026-11-21 12:00 +07:00


class Sandbox:
    """What the sandboxes of all platforms share; each adds its own account, credentials and verbs."""

    def __init__(self, world: WorldTime, application: Application) -> None:
        self.clock = WorldClock(world)
        self._world = world
        self._application = application
        self._server: LoopbackServer | None = None

    # -- serving ------------------------------------------------------------------------------------------------

    def start(self, port: int = 0) -> str:
        """Answer on 127.0.0.1 (port 0: any free one) and return the base address."""
        self._server = LoopbackServer(self._application, lambda: self.now, port)
        return self._server.base_url

    def stop(self) -> None:
        """Stop answering; the world stays as it is and may be started again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def base_url(self) -> str:
        """The address to be asked while the sandbox answers."""
        if self._server is None:
            raise RuntimeError("The sandbox is not started")
        return self._server.base_url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- time ---------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The world's time in epoch seconds."""
        return self._world.now

    def advance(self, seconds: float) -> None:
        """Move the world on: whatever falls due happens, each thing at its own instant."""
        self._world.run_until(self.now + seconds)

    # -- looking on and interfering -----------------------------------------------------------------------------

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """The requests answered so far as (method, path, status); status 0: dropped."""
        return self._application.log

    def fail_next(  # noqa: PLR0913 -- one sentence of a test: where, what, how often, in which way
        self,
        path_pattern: str,
        kind: str | int | Change,
        times: int | None = 1,
        *,
        after_effect: bool = False,
        method: str | None = None,
        retry_after: str | int | None = None,
    ) -> Fault:
        """Spoil the next `times` (None: all) answers to paths like `path_pattern` (*, ? and [] as in file names).

        `kind`: a status (429, 500, 503 …; `retry_after` as it shall stand in the header), "drop", "html",
        "truncated", "cut", "empty", "slow", "long", "gzip_bomb", "expired_token", or a function from the true JSON to
        a false one. With `after_effect` the request is carried out and only its answer is lost.
        """
        stated = None if retry_after is None else str(retry_after)
        fault = Fault(path_pattern, kind, times, after_effect, method, stated)
        self._application.faults.waiting.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Let everything work again."""
        self._application.faults.waiting.clear()

    def before_next(self, path_pattern: str, act: Callable[[], object]) -> None:
        """Let `act` happen once, just before a request to a path like `path_pattern` is answered."""
        self._application.faults.acts.append((path_pattern, act))


class Shown(Protocol):
    """A sandbox that can tell what is needed to sign in."""

    def start(self, port: int = 0) -> str:
        """Answer on loopback and return the base address."""
        ...

    def stop(self) -> None:
        """Stop answering."""
        ...

    @property
    def now(self) -> float:
        """The world's time in epoch seconds."""
        ...

    @property
    def credentials(self) -> dict[str, object]:
        """What signs in, by kind."""
        ...


def serve_forever(sandbox: Shown, port: int = 0) -> None:
    """Print the address and credentials as one line of JSON, then answer until standard input ends."""
    base_url = sandbox.start(port)
    sys.stdout.write(json.dumps({"base_url": base_url, "now": sandbox.now, **sandbox.credentials}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    sandbox.stop()
