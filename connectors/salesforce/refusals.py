"""What Salesforce's refusals mean: it tells by error codes, and says 403 where others say 429."""

import json
from dataclasses import dataclass

from connectors.errors import ConnectorError, RefusedError, SettingError, SignInError, TransientError
from connectors.exchange import Refusal, Request
from connectors.waiting import Again
from kpi_engine.message import message

LOCKED = "UNABLE_TO_LOCK_ROW"
GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"})
STALE = "INVALID_QUERY_LOCATOR"
"""The code of a list whose next batch died with the session that asked for it."""

ABSENT = frozenset({"INVALID_TYPE", "INVALID_FIELD", "NOT_FOUND", "FUNCTIONALITY_NOT_ENABLED", "FEATURENOTENABLED"})
"""The codes that say an object or a field is not there, or not shown to us."""

_EXCEEDED = "REQUEST_LIMIT_EXCEEDED"
_PROBED_AFTER = 3600.0  # seconds: the window is the last 24 hours, so that requests come free little by little
_RETIRED, _SEVERAL, _EDGE_PAGE = 410, 300, 420
_TOO_SLOW = "QUERY_TIMEOUT"
_NO_ACCESS = "INSUFFICIENT_ACCESS"
_WRITES = frozenset({"PATCH", "POST"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error of an answer."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}" if self.text else self.code


def troubles(content: object) -> list[Trouble]:
    """Return the errors in an answer's JSON: top-level ones name `errorCode`, those of a record `statusCode`."""
    rows = content if isinstance(content, list) else [content]
    found = [row for row in rows if isinstance(row, dict)]
    codes = [(row.get("errorCode") or row.get("statusCode") or row.get("error"), row) for row in found]
    return [
        Trouble(str(code), str(row.get("message") or row.get("error_description") or ""))
        for code, row in codes
        if code is not None
    ]


def codes_of(error: RefusedError | SignInError) -> set[str]:
    """Return the codes in a refusal: JSON mostly, now and then a page in HTML; a long one may be cut."""
    try:
        return {trouble.code for trouble in troubles(json.loads(error.detail))}
    except ValueError:
        return {word for word in ABSENT | GONE | {LOCKED, STALE, _EXCEEDED} if f'"{word}"' in error.detail}


def lacks(error: RefusedError | SignInError) -> bool:
    """Tell whether a refusal says that something is not there, rather than that we asked wrongly."""
    return bool(codes_of(error) & ABSENT)


def read(request: Request, refusal: Refusal) -> ConnectorError | Again | None:
    """Return what a refusal means where its status would mislead; None where the status says it all."""
    if refusal.status == _RETIRED:
        return SettingError(
            message(
                "{request}: the org no longer speaks this version of the API; raise api_version", request=request.label
            )
        )
    if refusal.status == _SEVERAL:
        told = message(
            "{request}: several records carry this key: {detail}", request=request.label, detail=refusal.detail
        )
        return RefusedError(told, refusal.status, refusal.detail)
    if refusal.status == _EDGE_PAGE or _TOO_SLOW in refusal.detail:
        return Again(_busy(request, refusal))
    if _EXCEEDED in refusal.detail:
        return _used_up(request, refusal)
    if _NO_ACCESS in refusal.detail and request.method in _WRITES:  # one record is closed to us, not the org
        told = message("{request} was refused: {detail}", request=request.label, detail=refusal.detail)
        return RefusedError(told, refusal.status, refusal.detail)
    return None


def _used_up(request: Request, refusal: Refusal) -> TransientError | Again:
    """Return what it means that requests are used up: those at once are free again soon, those of a day are not."""
    if "Concurrent" in refusal.detail:
        return Again(_busy(request, refusal), counts=False)
    return TransientError(
        message(
            "{request}: the org has used up its API requests of the last 24 hours; the next pass asks again.",
            request=request.label,
        ),
        after=_PROBED_AFTER,
    )


def _busy(request: Request, refusal: Refusal) -> TransientError:
    return TransientError(
        message(
            "{request}: the helpdesk is too busy for us or limits our requests ({status}); try again later.",
            request=request.label,
            status=refusal.status,
        )
    )
