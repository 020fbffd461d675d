"""HTTP/1.1 on loopback: connections that stay open, the world's date, and answers that can go wrong on the way."""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from io import BytesIO
from threading import Thread, current_thread
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from connectors.sandbox.faults import WIRE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SLOW_PIECES = 20


@dataclass(slots=True)
class Connections:
    """The open connections and the threads that serve them, so that stopping leaves nothing behind."""

    now: Callable[[], float]
    sockets: set[socket.socket] = field(default_factory=set)
    threads: set[Thread] = field(default_factory=set)

    def close(self) -> None:
        """Hang up on every client and wait for its thread."""
        for connection in tuple(self.sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in tuple(self.threads):
            thread.join(timeout=5)


class Wire(WSGIRequestHandler):
    """Serves one connection, request after request (werkzeug's own handler closes after each)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connections: Connections

    def setup(self) -> None:
        """Note the connection."""
        super().setup()
        self.connections.sockets.add(self.connection)
        self.connections.threads.add(current_thread())

    def finish(self) -> None:
        """Forget the connection."""
        self.connections.sockets.discard(self.connection)
        self.connections.threads.discard(current_thread())
        super().finish()

    def run_wsgi(self) -> None:
        """Read one request whole, let the application answer, and send the answer."""
        environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        wire, _, pause = headers.pop(WIRE, "").partition(" ")
        if wire == "drop":
            self.close_connection = True
            return
        self.send_response_only(int(status.split()[0]), HTTPStatus(int(status.split()[0])).phrase)
        headers["Date"] = formatdate(self.connections.now(), usegmt=True)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(b"".join(body), wire, float(pause or 0))

    def _send(self, body: bytes, wire: str, pause: float) -> None:
        if wire == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif wire == "slow":
            for piece in _pieces(body):
                self.wfile.write(piece)
                time.sleep(pause)
        else:
            self.wfile.write(body)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's name
        """Say nothing: the sandbox keeps its own record of requests."""


def _pieces(body: bytes) -> Iterable[bytes]:
    length = len(body) // SLOW_PIECES + 1
    return (body[start : start + length] for start in range(0, len(body), length))


class LoopbackServer:
    """The application behind a loopback port, in threads of its own."""

    def __init__(self, application: "WSGIApplication", now: Callable[[], float], port: int) -> None:
        self._connections = Connections(now)
        wire = type("ConnectedWire", (Wire,), {"connections": self._connections})
        self._server: BaseWSGIServer = make_server("127.0.0.1", port, application, threaded=True, request_handler=wire)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """The address to be asked, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        """Stop answering, hang up and leave no thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._connections.close()
