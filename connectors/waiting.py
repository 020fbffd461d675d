"""How long to wait before a request is repeated, and when to stop."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NoReturn, cast

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connectors.errors import ConnectorError, TransientError

LONGEST_BACKOFF = 64.0
_SECONDS = re.compile(r"\s*[0-9]+(?:\.[0-9]+)?\s*")


class Again(Exception):  # noqa: N818 -- a wish to repeat, seen only by the loop that grants it
    """The request may be repeated, after so many seconds if told; else, and in the end, `error` is raised.

    `counts`: whether it uses up one of the attempts; a rate limit never does.
    """

    def __init__(self, error: ConnectorError, *, after: float | None = None, counts: bool = True) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after
        self.counts = counts


@dataclass(slots=True)
class Patience:
    """One request's repeats: so many failed attempts, and nothing that would end after the deadline."""

    attempts: int
    deadline: float
    now: Callable[[], float]
    jitter: random.Random
    failures: int = 0

    def repeating(self, sleep: Callable[[float], None]) -> Retrying:
        """Return the loop that calls a function again for as long as it raises Again."""
        return Retrying(
            retry=retry_if_exception_type(Again),
            after=self._remember,
            wait=self._pause,
            stop=self._is_over,
            sleep=sleep,
            retry_error_callback=_give_up,
        )

    def _remember(self, state: RetryCallState) -> None:
        self.failures += _wish(state).counts

    def _pause(self, state: RetryCallState) -> float:
        told = _wish(state).after
        return backoff(state.attempt_number, self.jitter) if told is None else told

    def _is_over(self, state: RetryCallState) -> bool:
        return self.failures >= self.attempts or self.now() + state.upcoming_sleep > self.deadline


def backoff(attempt: int, jitter: random.Random) -> float:
    """Return seconds that double with each attempt (counted from 1), between half and the whole of it."""
    return min(LONGEST_BACKOFF, 2.0 ** min(attempt - 1, 10)) * jitter.uniform(0.5, 1.0)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds the Retry-After header asks for; None where it says nothing of use (zero, past, garbage).

    A date is counted from the helpdesk's own Date header, from `now` without one.
    """
    told = headers.get("Retry-After", "")
    if _SECONDS.fullmatch(told):
        seconds = float(told)
    else:
        until, server_time = instant(told), instant(headers.get("Date", ""))
        seconds = 0 if until is None else until - (now if server_time is None else server_time)
    return seconds if seconds > 0 else None


def instant(http_date: str) -> int | None:
    """Return an HTTP date as seconds since 1970 UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _wish(state: RetryCallState) -> Again:
    # The loop only ever asks about calls that raised Again.
    return cast("Again", state.outcome and state.outcome.exception())


def _give_up(state: RetryCallState) -> NoReturn:
    wish = _wish(state)
    if isinstance(wish.error, TransientError):
        wish.error.after = state.upcoming_sleep
    raise wish.error from wish.__cause__
