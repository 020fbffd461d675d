"""The check of a configured base_url: https, on the vendor's domain unless the host is trusted explicitly."""

import re

from connectors.errors import AddressError
from connectors.origin import Origin, checked_origin
from connectors.settings import UnfitError
from kpi_engine.message import Message, message

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|::1")
_HTTPS_PORT = 443


def checked_base_url(base_url: str, vendor_domain: str, *, trusted_host: bool) -> str:
    """Return `base_url` without a slash at its end; raises UnfitError where credentials must not be sent to it.

    It must be https on a host below `vendor_domain`. `trusted_host` allows any other host name, and plain http or an
    IP address for a loopback host only.
    """
    wanted = _wanted(vendor_domain)
    if not base_url.isascii() or re.search(r"[\s\\]", base_url):
        raise UnfitError(message("the address holds characters that have no place there"), wanted)
    if "://" not in base_url:
        raise UnfitError(message("the address must begin with https://"), wanted)
    try:
        origin = checked_origin(base_url, trusted_host=trusted_host)
    except AddressError as error:
        raise UnfitError(error.message) from error
    reason = _unsafe_host(origin.host) or (None if trusted_host else _foreign(origin, vendor_domain))
    if reason is not None:
        raise UnfitError(reason, wanted)
    return str(origin)


def _unsafe_host(host: str) -> Message | None:
    """Return why no account can live at `host`: browsers and resolvers read numbers in any notation as IP addresses."""
    if _LOOPBACK.fullmatch(host):
        return None
    if ":" in host or _NUMERIC_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        return message("a host name is needed, an IP address cannot serve")
    return None if _HOST_NAME.fullmatch(host) else message("{host} is no host name", host=host)


def _foreign(origin: Origin, vendor_domain: str) -> Message | None:
    if not origin.host.endswith(f".{vendor_domain}") or "xn--" in origin.host:
        return message("{host} is not on {domain}", host=origin.host, domain=vendor_domain)
    if origin.prefix or origin.port != _HTTPS_PORT:
        return message("the address must end after the host name")
    return None


def _wanted(vendor_domain: str) -> Message:
    return message(
        "https://your-account.{domain}; another host only with {key}, plain http only for a loopback address with it",
        domain=vendor_domain,
        key="trusted_host: true",
    )
