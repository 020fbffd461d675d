"""Where a helpdesk lives, and the promise that credentials go nowhere else."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from connectors.errors import AddressError
from kpi_engine.message import message

_PLAIN_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """A checked base_url: scheme, host and port, and the path that goes before every other."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"

    @property
    def is_encrypted(self) -> bool:
        """Whether the connection is https."""
        return self.scheme == "https"

    def url(self, path: str) -> str:
        """Return the whole address of `path`; one that is whole already must be on this very host.

        Raises AddressError for any other host, scheme or port, and for anything that is neither.
        """
        if path.startswith("/"):
            return f"{self}{path}"
        other = _origin_of(path)
        if other is None or (other.scheme, other.host, other.port) != (self.scheme, self.host, self.port):
            raise AddressError(
                message(
                    "A request would have gone to {other} and not to {base_url}; credentials are never sent there.",
                    other=_host_of(path),
                    base_url=str(self),
                ),
            )
        return path


def checked_origin(base_url: str, *, trusted_host: bool) -> Origin:
    """Return `base_url` as an origin that credentials may be sent to.

    Raises AddressError unless it is https without user, password, query and fragment; plain http is for a loopback
    host that is trusted explicitly.
    """
    origin = _origin_of(base_url)
    if origin is None or not base_url.isprintable() or {"?", "#"} & set(base_url):
        raise AddressError(
            message(
                "base_url ({host}) must be an address such as https://example.zendesk.com: no user or password in it, "
                "no ? or #, and a name in plain letters (an international name in its xn-- form).",
                host=_host_of(base_url),
            ),
        )
    if not origin.is_encrypted and not (trusted_host and _is_loopback(origin.host)):
        raise AddressError(
            message(
                "base_url {base_url} must begin with https://; plain http is only for this machine itself, "
                "with trusted_host: true.",
                base_url=str(origin),
            ),
        )
    return origin


def _origin_of(url: str) -> Origin | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not _is_plain(parts):
        return None
    return Origin(parts.scheme, parts.hostname or "", port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def _is_plain(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return "@" not in parts.netloc and _PLAIN_HOST.fullmatch(host) is not None


def _host_of(url: str) -> str:
    """Return what may be shown of a bad address: user and password may hide in the rest."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
