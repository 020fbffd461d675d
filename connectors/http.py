"""One session with one helpdesk: sign-in, timeouts, repeats, rate limits, and bounds on whatever comes back."""

import json
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from connectors.base import Clock
from connectors.body import OversizedError, body_of, excerpt_of, json_of, one_line, visible_text
from connectors.errors import (
    AddressError,
    ConnectorError,
    InDoubtError,
    SignInError,
    TransientError,
    UnexpectedPayloadError,
)
from connectors.exchange import (
    LONGEST_GLIMPSE,
    LONGEST_REASON,
    Params,
    Refusal,
    Request,
    cut_short,
    failed,
    reason_of,
    refused,
    unreadable,
)
from connectors.origin import Origin, checked_origin
from connectors.quota import Quota
from connectors.redaction import Redaction
from connectors.waiting import Again, Patience, instant, retry_after
from kpi_engine.message import Message, message

_log = logging.getLogger(__name__)

_SECRET_HEADERS = ("Authorization", "Cookie", "Proxy-Authorization")


class Reader(Protocol):
    """How one platform's own refusals are read, where the status alone would mislead."""

    def __call__(self, request: Request, refusal: Refusal) -> ConnectorError | Again | None:
        """Return what a refusal means; None: what its status says."""


def by_status(request: Request, refusal: Refusal) -> None:
    """Leave every refusal to its status."""


class SignIn(Protocol):
    """How requests are signed; may itself send through the session, with `unsigned=True`."""

    def headers(self, session: "Session") -> dict[str, str]:
        """Return the headers that sign a request, asking for a token first where one is needed."""

    def refresh(self, session: "Session") -> bool:
        """After a 401: renew the credentials; True means that trying once more makes sense."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one session, in seconds and bytes.

    `deadline_seconds` is for all repeats and waits of one pass: no wait ends after it, though an answer that needs
    no waiting still may; `body_seconds` is for one answer's body; `max_bytes` counts the body unpacked; `attempts`
    are one request's, where waiting for a rate limit is none; after `failures` requests in a row that used theirs up,
    the helpdesk is left alone until the next pass.
    """

    connect_timeout: float = 10
    read_timeout: float = 60
    body_seconds: float = 300
    deadline_seconds: float = 1800
    max_bytes: int = 64 * 1024 * 1024
    max_retry_after: float = 600
    attempts: int = 5
    failures: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A helpdesk's answer: its JSON (None where there is nothing to say) and its own clock, in epoch seconds."""

    status: int
    json: object = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    server_time: int | None
    request: str = ""

    def mapping(self) -> dict[str, object]:
        """Return the JSON as an object; raises UnexpectedPayloadError if it is something else."""
        if isinstance(self.json, dict):
            return self.json
        raise UnexpectedPayloadError(
            message(
                "{request} was answered with {kind} where a JSON object was expected.",
                request=self.request,
                kind=type(self.json).__name__,
            ),
        )


@dataclass(eq=False, repr=False, slots=True)
class Session:
    """A signed-in conversation with the helpdesk at `base_url`, and with no other host.

    `secrets` never show in an error or in the HTTP libraries' logs, nor do the headers that sign requests.
    `reader` reads the platform's own refusals before their status is looked at.
    `requests_made` and `seconds_waited` count from the start; `skew` is the local clock minus the helpdesk's.
    Raises AddressError for a base_url that credentials may not be sent to, or a ca_bundle that is no file.
    """

    base_url: str
    _: KW_ONLY
    sign_in: SignIn
    clock: Clock
    quota: Quota
    limits: Limits = field(default_factory=Limits)
    trusted_host: bool = False
    secrets: Sequence[str] = ()
    ca_bundle: str | None = None
    reader: Reader = by_status
    jitter: random.Random = field(default_factory=random.Random)
    requests_made: int = field(default=0, init=False)
    seconds_waited: float = field(default=0.0, init=False)
    server_time: int | None = field(default=None, init=False)
    skew: float | None = field(default=None, init=False)
    _origin: Origin = field(init=False)
    _home: Origin = field(init=False)
    _redaction: Redaction = field(init=False)
    _connection: requests.Session = field(init=False)
    _deadline: float = field(init=False)
    _failed_in_a_row: int = field(init=False)

    def __post_init__(self) -> None:
        self._origin = self._home = checked_origin(self.base_url, trusted_host=self.trusted_host)
        if self.ca_bundle is not None and not Path(self.ca_bundle).is_file():
            raise AddressError(message("ca_bundle {ca_bundle} is not a file.", ca_bundle=self.ca_bundle))
        self._redaction = Redaction(self.secrets)
        self._redaction.guard_logs()
        self._connection = _connected(self._origin)
        self.begin()

    def begin(self) -> None:
        """Start a pass: the deadline counts from now, and a helpdesk that was left alone is asked again."""
        self._deadline = self.clock.now() + self.limits.deadline_seconds
        self._failed_in_a_row = 0

    def move(self, address: str) -> None:
        """Send signed requests to `address` from now on: the account lives there by its own word.

        Raises AddressError for an address that credentials may not be sent to.
        """
        self._home = checked_origin(address, trusted_host=self.trusted_host)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        self._redaction.release_logs()

    def get(self, path: str, params: Params | None = None) -> Answer:
        """Read `path` (relative to base_url), repeating as needed; raises the errors of connectors.errors."""
        return self._repeatedly(self._request("GET", path, safe_to_repeat=True, params=params))

    def get_text(self, path: str, params: Params | None = None, *, kind: str) -> tuple[str, Answer]:
        """Read `path` as UTF-8 text of the content type `kind`; an answer of any other type is no success."""
        request = self._request(
            "GET", path, safe_to_repeat=True, params=params, headers={"Accept": kind}, content_type=kind
        )
        answer = self._repeatedly(request)
        return str(answer.json or ""), answer

    def send(  # noqa: PLR0913 -- what a request consists of; all but three are named by the caller
        self,
        method: str,
        path: str,
        payload: object,
        *,
        safe_to_repeat: bool,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        unsigned: bool = False,
    ) -> Answer:
        """Send `payload` as JSON (bytes as they are, None: no body); `unsigned` is for asking the credentials.

        Raises InDoubtError if it is not safe to repeat and may or may not have been done, else as `get` does.
        """
        body = payload if isinstance(payload, bytes | None) else json.dumps(payload, allow_nan=False).encode()
        request = self._request(
            method,
            path,
            safe_to_repeat=safe_to_repeat,
            body=body,
            headers=headers or {},
            params=params,
            unsigned=unsigned,
        )
        return self._repeatedly(request)

    def _request(self, method: str, path: str, *, safe_to_repeat: bool, **rest: Any) -> Request:  # noqa: ANN401 -- Request's own
        url = self._origin.url(path)
        whole_path = urlsplit(url).path
        label = self._redaction.hide(f"{method} {self._origin.host}{whole_path}")
        relative = self._redaction.hide(whole_path.removeprefix(self._origin.prefix))
        return Request(method, url, relative, label, str(self._origin), safe_to_repeat, **rest)

    def _repeatedly(self, request: Request) -> Answer:
        if self._failed_in_a_row >= self.limits.failures:
            raise TransientError(self._left_alone(request))
        patience = Patience(self.limits.attempts, self._deadline, self.clock.now, self.jitter)
        try:
            answer = patience.repeating(self._wait)(self._attempt, request)
        except (TransientError, InDoubtError):
            self._failed_in_a_row += 1
            raise
        except ConnectorError:
            self._failed_in_a_row = 0  # it answers
            raise
        self._failed_in_a_row = 0
        return answer

    def _left_alone(self, request: Request) -> Message:
        return message(
            "{request} was not sent: the helpdesk failed {n} requests in a row and is left alone until the next pass.",
            request=request.label,
            n=self._failed_in_a_row,
        )

    def _attempt(self, request: Request) -> Answer:
        response = self._transmit(request)
        if response.status_code == HTTPStatus.UNAUTHORIZED and not request.unsigned and self._renewed(response):
            response.close()
            response = self._transmit(request)
        with response:
            if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                refusal = self._refusal(response)
                raise self.reader(request, refusal) or refused(request, refusal)
            return self._answer(request, response)

    def _renewed(self, response: requests.Response) -> bool:
        """Renew the credentials that `response` turned away; it is let go of where that fails."""
        try:
            return self.sign_in.refresh(self)
        except ConnectorError:
            response.close()
            raise

    def _transmit(self, request: Request) -> requests.Response:
        headers = self._headers(request)
        self._hold_back(request)
        self.quota.spend(request.path, request.method)
        self.requests_made += 1
        try:
            response = self._connection.request(
                request.method,
                self._address(request),
                params=request.params,
                data=request.body,
                headers=headers,
                timeout=(self.limits.connect_timeout, self.limits.read_timeout),
                allow_redirects=False,
                stream=True,
                verify=self.ca_bundle or True,
            )
        except (OSError, HTTPError) as trouble:
            fault = trouble
        else:
            self._note(request, response)
            return response
        # Raised out here, lest the original with its unredacted text stay attached as the context.
        raise failed(request, fault, self._reason(fault)) from self._redaction.cause(fault)

    def _address(self, request: Request) -> str:
        """Return where a request goes: what is signed follows the account to where it lives."""
        return request.url if request.unsigned else f"{self._home}{request.url.removeprefix(str(self._origin))}"

    def _headers(self, request: Request) -> dict[str, str]:
        signature = {} if request.unsigned else self.sign_in.headers(self)
        headers = {**request.headers, **signature}
        if request.body is not None:
            headers.setdefault("Content-Type", "application/json")
        for name in [*signature, *(name for name in request.headers if name.title() in _SECRET_HEADERS)]:
            self._redaction.learn_header(headers[name])
        if not all(value.isascii() and value.isprintable() for value in signature.values()):
            raise SignInError(
                message(
                    "The credentials hold a character that cannot be sent (a line break, an accent); check `auth`."
                ),
            )
        return headers

    def _hold_back(self, request: Request) -> None:
        """Wait until the request stays within our share of the account's limits."""
        while seconds := self.quota.wait_before(request.path, request.method):
            if self.clock.now() + seconds > self._deadline:
                raise TransientError(
                    message(
                        "{request}: our share of the account's rate limit is used up until after this pass must end; "
                        "the next one continues.",
                        request=request.label,
                    ),
                    after=seconds,
                )
            self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        _log.info("Waiting %.1f s before asking %s again", seconds, self._origin.host)
        self.clock.sleep(seconds)
        self.seconds_waited += seconds

    def _note(self, request: Request, response: requests.Response) -> None:
        """Keep what every answer tells, whatever it answers: the helpdesk's clock and its limits."""
        self.quota.read(response.headers, request.path, request.method)
        told = instant(response.headers.get("Date", ""))
        if told is not None:
            self.server_time, self.skew = told, self.clock.now() - told

    def _answer(self, request: Request, response: requests.Response) -> Answer:
        body = self._body(request, response)
        status = response.status_code
        silent = status != HTTPStatus.OK and not body.strip()
        content = None if silent else self._content(request, response, body)
        return Answer(status, content, response.headers, instant(response.headers.get("Date", "")), request.label)

    def _content(self, request: Request, response: requests.Response, body: bytes) -> object:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        try:
            if request.content_type is None:
                return json_of(body)
            if kind == request.content_type:
                return body.decode("utf-8")
            raise ValueError(f"not {request.content_type}")  # noqa: TRY301 -- one way out for all that is unreadable
        except ValueError as trouble:
            fault = trouble
        raise unreadable(request, self._glimpse(response, body)) from self._redaction.cause(fault)

    def _body(self, request: Request, response: requests.Response) -> bytes:
        try:
            return body_of(response.raw, self.limits.max_bytes, self.limits.body_seconds)
        except (OSError, HTTPError, OversizedError) as trouble:
            fault = trouble
        raise cut_short(request, fault, self._reason(fault)) from self._redaction.cause(fault)

    def _refusal(self, response: requests.Response) -> Refusal:
        detail = visible_text(excerpt_of(response.raw, self.limits.read_timeout))
        after = retry_after(response.headers, self.clock.now())
        if after is not None and after > self.limits.max_retry_after:
            _log.warning("%s asks for a wait of %.0f s; waiting less", self._origin.host, after)
            after = self.limits.max_retry_after
        return Refusal(response.status_code, self._redaction.hide(detail), response.headers.get("Location"), after)

    def _reason(self, fault: Exception) -> str:
        return self._redaction.hide(reason_of(fault))[:LONGEST_REASON]

    def _glimpse(self, response: requests.Response, body: bytes) -> str:
        """Return the content type and the first words of a body that is not what it should be."""
        words = self._redaction.hide(visible_text(body))[:LONGEST_GLIMPSE]
        content_type = self._redaction.hide(one_line(response.headers.get("Content-Type", "?")))[:LONGEST_GLIMPSE]
        return f"{content_type} “{words}”"


class _Connection(requests.Session):
    """A connection to whom a redirect is an answer like any other."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 -- requests' own shape
        """Return None: to prepare a redirect requests would read its whole body and trip over a bad Location."""
        return


def _connected(origin: Origin) -> requests.Session:
    """Return a pooled connection that adds no credentials of its own: none from .netrc, no cookies."""
    connection = _Connection()
    connection.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "helpdesk-kpi"})
    connection.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    connection.auth = _as_it_is
    # What goes unencrypted stays on this machine: no proxy from the environment.
    connection.trust_env = origin.is_encrypted
    connection.mount(f"{origin.scheme}://", HTTPAdapter(max_retries=0))
    return connection


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in for requests' own sign-in, which would look into .netrc where there is none."""
    return request
