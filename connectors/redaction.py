"""Keeps secrets out of every text that leaves a connector: errors, their causes and log records."""

import binascii
import json
import logging
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST_SECRET = 4
"""Anything shorter is no secret, and hiding it would make texts unreadable."""

_TELLING_NAMES = (
    r"access_token|refresh_token|id_token|client_secret|client_assertion|assertion|api_key|apikey|password|"
    r"authorization|cookie|set-cookie"
)
_NAMED = re.compile(
    rf"""(?i)(\b(?:{_TELLING_NAMES})["']?\s*[:=]\s*["']?)((?:basic|bearer)\s+)?[^"'&\s,;}}]+""",
)


class Redaction(logging.Filter):
    """The secrets known so far, and the hiding of them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._known: set[str] = set()
        self._pattern = re.compile("(?!)")
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on too, also where they are quoted for a URL or escaped for JSON."""
        written = {form for secret in secrets for form in _written_forms(secret)}
        if written <= self._known:
            return
        self._known |= written
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))

    def learn_header(self, value: str) -> None:
        """Hide what a header such as Authorization or Cookie carries."""
        self.learn(_carried(value))

    def hide(self, text: str) -> str:
        """Return `text` with every known secret, and whatever a telling name introduces, hidden."""
        return _NAMED.sub(rf"\g<1>{HIDDEN}", self._pattern.sub(HIDDEN, text))

    def cause(self, fault: BaseException) -> Exception:
        """Return a stand-in for another library's exception, to be chained: its kind and its text, redacted."""
        return RuntimeError(self.hide(f"{type(fault).__name__}: {fault}"))

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a log record in place; none is dropped."""
        record.msg, record.args = self.hide(record.getMessage()), ()
        if record.exc_info:
            record.exc_text, record.exc_info = logging.Formatter().formatException(record.exc_info), None
        if record.exc_text:  # of several accounts' redactions each hides its own secrets
            record.exc_text = self.hide(record.exc_text)
        return True

    def guard_logs(self) -> None:
        """Redact what the HTTP libraries log, until `release_logs`."""
        for logger in _http_loggers():
            logger.addFilter(self)

    def release_logs(self) -> None:
        """Stop redacting the HTTP libraries' logs."""
        for logger in _http_loggers():
            logger.removeFilter(self)


def _written_forms(secret: str) -> Iterator[str]:
    if len(secret.strip()) >= SHORTEST_SECRET:
        yield from (secret, secret.strip(), quote(secret, safe=""), quote_plus(secret))
        yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1])


def _carried(value: str) -> Iterator[str]:
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    for cookie in value.split(";"):
        yield cookie.partition("=")[2].strip()
    if scheme.lower() == "basic":
        yield _password(rest)


def _password(encoded: str) -> str:
    try:
        return b64decode(encoded).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _http_loggers() -> list[logging.Logger]:
    return [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if name.startswith("urllib3")]
