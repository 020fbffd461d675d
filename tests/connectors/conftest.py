"""A clock that obeys, sessions that are hung up, and a helpdesk on loopback that misbehaves to order."""

import contextlib
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.http import Session
from connectors.quota import Allowance, Quota
from connectors.signing_in import Bearer

HOST = "https://saomai.zendesk.com"
PLENTY = Allowance(1_000_000)
CERTIFICATE = Path(__file__).with_name("loopback.pem")


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps."""

    instant: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Return the instant it stands at."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Move on at once, and remember it."""
        self.slept.append(seconds)
        self.instant += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_session(clock: FakeClock) -> Iterator[Callable[..., Session]]:
    """Return a function that opens a session; every argument of Session may be given."""
    opened: list[Session] = []

    def open_one(base_url: str = HOST, **changes: object) -> Session:
        settings: dict[str, Any] = {
            "sign_in": Bearer("token-of-the-bot"),
            "clock": clock,
            "quota": Quota(1, clock, account=PLENTY),
            "jitter": random.Random(7),
        }
        settings.update(changes)
        opened.append(Session(base_url, **settings))
        return opened[-1]

    yield open_one
    for session in opened:
        session.close()


Answering = bytes | Callable[[socket.socket], None]


class Loopback:
    """Gives its answers in order; a callable answers by itself and hangs up; `cut` hangs up on everybody."""

    def __init__(self, *answers: Answering, tls: bool = False, greeting: bytes = b"", cut: bool = False) -> None:
        self.answers = list(answers)
        self._greeting = greeting
        self._cut = cut
        self.heads: list[str] = []
        self.connections = 0
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._tls:
            self._tls.load_cert_chain(CERTIFICATE)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._current = self._listening
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        """Hang up and close down."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._current.shutdown(socket.SHUT_RDWR)
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                if self._over.is_set():
                    return
                self.connections += 1
                self._current = connection
                connection.settimeout(2)
                with contextlib.suppress(OSError):  # the other side had enough, as some tests want
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        if self._cut:
            return
        if self._tls:
            with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                self._current = wrapped
                self._answer_all(wrapped)
        else:
            connection.sendall(self._greeting)
            self._answer_all(connection)

    def _answer_all(self, connection: socket.socket) -> None:
        while head := self._head(connection):
            self.heads.append(head)
            answer = self.answers.pop(0)
            if callable(answer):
                answer(connection)
                return
            connection.sendall(answer)

    def _head(self, connection: socket.socket) -> str:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                return ""
            received += piece
        return received.decode()


@pytest.fixture
def loopback() -> Iterator[Callable[..., Loopback]]:
    """Return a function that starts a helpdesk on loopback with the answers it shall give."""
    started: list[Loopback] = []

    def start(*answers: Answering, tls: bool = False, greeting: bytes = b"", cut: bool = False) -> Loopback:
        started.append(Loopback(*answers, tls=tls, greeting=greeting, cut=cut))
        return started[-1]

    yield start
    for helpdesk in started:
        helpdesk.stop()
