"""What is asked of a helpdesk, and what it means when the asking fails."""

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError, SSLError

from connectors.body import OversizedError, one_line
from connectors.errors import (
    AddressError,
    ConnectorError,
    InDoubtError,
    RefusedError,
    SignInError,
    TransientError,
    UnexpectedPayloadError,
)
from connectors.waiting import Again
from kpi_engine.message import Message, message

Params = Mapping[str, str | int | Sequence[str]]

LONGEST_DETAIL = 500
LONGEST_GLIMPSE = 80
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent any number of times; `label` names it to people, `base_url` its helpdesk.

    `path` is relative to base_url and without parameters: what rate limits and rights are about. `content_type`: the
    answer is text of that type, and no JSON.
    """

    method: str
    url: str
    path: str
    label: str
    base_url: str
    safe_to_repeat: bool
    body: bytes | None = field(default=None, repr=False)
    params: Params | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    unsigned: bool = False
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than success: `detail` is what it says, redacted; `after` the wait it asks for."""

    status: int
    detail: str
    location: str | None = None
    after: float | None = None


def refused(request: Request, refusal: Refusal) -> ConnectorError | Again:
    """Return what an answer other than success means for `request`."""
    status = refusal.status
    if _is_put_off(request, refusal):
        return Again(_put_off(request, refusal), after=refusal.after, counts=False)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return _repeated_or_in_doubt(request, _broken(request, refusal), f"HTTP {status}")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SignInError(_sign_in_text(request, refusal), status, refusal.detail[:LONGEST_DETAIL])
    if status < HTTPStatus.BAD_REQUEST:
        return _redirected(request, refusal)
    text = message(
        "{request} was refused ({status}): {detail}",
        request=request.label,
        status=status,
        detail=refusal.detail[:LONGEST_DETAIL],
    )
    return RefusedError(text, status, refusal.detail[:LONGEST_DETAIL])


def _is_put_off(request: Request, refusal: Refusal) -> bool:
    """Tell whether the request was surely not carried out: a 503 without a time may hide that it was."""
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return request.safe_to_repeat or refusal.after is not None
    return refusal.status == HTTPStatus.TOO_MANY_REQUESTS


def failed(request: Request, fault: Exception, reason: str) -> ConnectorError | Again:
    """Return what it means that `request` got no answer; `reason` is the fault in words that may be shown."""
    roots = list(_roots(fault))
    proxy = isinstance(fault, requests.exceptions.ProxyError)
    error = _lasting(request, roots, reason) if not proxy else None
    if error is not None:
        return error
    if proxy or any(isinstance(root, NewConnectionError | requests.ConnectTimeout) for root in roots):
        return Again(_out_of_reach(request, reason))
    return _repeated_or_in_doubt(request, _lost(request, reason), reason)


def cut_short(request: Request, fault: Exception, reason: str) -> ConnectorError | Again:
    """Return what it means that the body of an answer could not be read to its end."""
    if isinstance(fault, OversizedError):
        text = message(
            "{request} was answered with {reason}, too large to be right.", request=request.label, reason=reason
        )
        return _in_doubt(request, reason) if not request.safe_to_repeat else UnexpectedPayloadError(text)
    if any(isinstance(root, OSError) for root in _roots(fault)):
        return _repeated_or_in_doubt(request, _lost(request, reason), reason)
    return unreadable(request, reason)


def unreadable(request: Request, what: str) -> ConnectorError | Again:
    """Return what it means that `request` succeeded with an answer that is not whole JSON; `what` says what it is."""
    text = message(
        "{request} was answered with something that is no JSON: {what}. A login page or a proxy may stand between.",
        request=request.label,
        what=what,
    )
    return _repeated_or_in_doubt(request, UnexpectedPayloadError(text), what)


def reason_of(fault: Exception) -> str:
    """Return the innermost cause of a network library's exception in its own words, not redacted yet."""
    innermost = list(_roots(fault))[-1]
    words = innermost.strerror if isinstance(innermost, OSError) else str(innermost)
    return one_line(words or str(innermost)) or type(innermost).__name__


def _repeated_or_in_doubt(request: Request, error: ConnectorError, reason: str) -> ConnectorError | Again:
    return Again(error) if request.safe_to_repeat else _in_doubt(request, reason)


def _in_doubt(request: Request, reason: str) -> InDoubtError:
    return InDoubtError(
        message(
            "{request} was sent, but its answer is lost ({reason}): whether it was done has to be looked up "
            "before it is repeated.",
            request=request.label,
            reason=reason,
        ),
    )


def _put_off(request: Request, refusal: Refusal) -> TransientError:
    return TransientError(
        message(
            "{request}: the helpdesk is too busy for us or limits our requests ({status}); try again later.",
            request=request.label,
            status=refusal.status,
        ),
    )


def _broken(request: Request, refusal: Refusal) -> TransientError:
    return TransientError(
        message(
            "{request} failed on the helpdesk's side ({status} {detail}); try again later.",
            request=request.label,
            status=refusal.status,
            detail=refusal.detail[:LONGEST_GLIMPSE],
        ),
    )


def _lost(request: Request, reason: str) -> TransientError:
    return TransientError(
        message(
            "{request}: the connection broke before the answer was complete ({reason}); try again later.",
            request=request.label,
            reason=reason,
        ),
    )


def _out_of_reach(request: Request, reason: str | Message) -> TransientError:
    return TransientError(
        message(
            "{base_url} cannot be reached ({reason}); check the network and any proxy, or try again later.",
            base_url=request.base_url,
            reason=reason,
        ),
    )


def _sign_in_text(request: Request, refusal: Refusal) -> Message:
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return message(
            "{request}: the sign-in was not accepted (401): {detail}. Check the connector's `auth`: the credentials "
            "may be mistyped, expired or revoked.",
            request=request.label,
            detail=refusal.detail[:LONGEST_DETAIL],
        )
    if request.method == "GET":
        return message(
            "{request}: signed in, but without the right to read this (403): {detail}. Give the agent or the token "
            "the role or scope that allows reading {path}.",
            request=request.label,
            detail=refusal.detail[:LONGEST_DETAIL],
            path=request.path,
        )
    return message(
        "{request}: signed in, but without the right to write this (403): {detail}. Give the agent or the token "
        "the role or scope that allows writing to {path}.",
        request=request.label,
        detail=refusal.detail[:LONGEST_DETAIL],
        path=request.path,
    )


def _redirected(request: Request, refusal: Refusal) -> ConnectorError:
    try:
        target = urlsplit(urljoin(request.url, refusal.location or ""))
    except ValueError:
        target = urlsplit("")
    if target.netloc == urlsplit(request.url).netloc:
        text = message(
            "{request} is redirected ({status}) within {host}, which is not followed: it is no path of the API.",
            request=request.label,
            status=refusal.status,
            host=target.hostname,
        )
        return RefusedError(text, refusal.status, refusal.detail[:LONGEST_DETAIL])
    return AddressError(
        message(
            "{request} is redirected ({status}) to {host}, where credentials are not sent. If that is the helpdesk's "
            "address, make it the base_url.",
            request=request.label,
            status=refusal.status,
            host=target.hostname or "?",
        ),
    )


def _lasting(request: Request, roots: Sequence[BaseException], reason: str) -> ConnectorError | Again | None:
    """Return the error of an address that has to be mended; None where the trouble may pass by itself."""
    for root in roots:
        if isinstance(root, NameResolutionError):
            return _no_such_host(request, roots)
        if isinstance(root, ssl.SSLError | SSLError) and _is_distrust(roots):
            return _distrusted(request, reason)
    outside_the_network = not isinstance(roots[0], requests.RequestException)
    if outside_the_network or isinstance(roots[0], requests.exceptions.InvalidURL):
        return _unusable(request, reason)
    return None


def _no_such_host(request: Request, roots: Sequence[BaseException]) -> ConnectorError | Again:
    if any(isinstance(root, socket.gaierror) and root.errno == socket.EAI_AGAIN for root in roots):
        return Again(_out_of_reach(request, message("its name could not be looked up just now")))
    return AddressError(
        message("{base_url}: there is no host of that name; check base_url.", base_url=request.base_url),
    )


def _is_distrust(roots: Sequence[BaseException]) -> bool:
    """Whether a secure connection was declined, rather than cut or stalled while it was being made."""
    cut = ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError | ConnectionError | TimeoutError
    return not any(isinstance(root, cut) for root in roots)


def _distrusted(request: Request, reason: str) -> AddressError:
    return AddressError(
        message(
            "{base_url}: no secure connection, its certificate or encryption is not acceptable ({reason}). Check "
            "base_url; where a company proxy opens connections, set ca_bundle to the company's certificate file.",
            base_url=request.base_url,
            reason=reason,
        ),
    )


def _unusable(request: Request, reason: str) -> AddressError:
    return AddressError(
        message(
            "{base_url} cannot be asked with these settings ({reason}); check base_url, ca_bundle and any proxy.",
            base_url=request.base_url,
            reason=reason,
        ),
    )


def _roots(fault: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those it wraps, outermost first.

    What merely happened to be handled at the time (`__context__`) is left out: it may be the caller's own trouble.
    """
    seen: set[int] = set()
    pending: list[object] = [fault]
    while pending:
        one = pending.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [*one.args, getattr(one, "reason", None), one.__cause__]
