"""How much of an account's rate limits we use: our share of each, people and other tools keep the rest."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.base import Clock

MINUTE = 60.0
HOUR = 3600.0
SLACK = 0.001
"""Seconds that count as nothing: a wait must never be too short for the clock to move on."""

_GENERAL = re.compile(r"(?:x-)?rate-?limit(?:-(limit|total|remaining|reset))?", re.IGNORECASE)
_ENDPOINT = re.compile(r"zendesk-rate-?limit-.+", re.IGNORECASE)
_DAILY = re.compile(r"sforce-limit-info", re.IGNORECASE)
_USED_OF = re.compile(r"(?<![\w-])api-usage=(\d{1,15})/(\d{1,15})")
DAY = "day"
RESERVE = 0.2
"""What is left of a daily quota, whatever our share: people and other tools work until midnight too."""

_PAIR = re.compile(r"(\w+)\s*=\s*(\d{1,15}(?:\.\d+)?)")
_MOST_CREDITS = 20
_LEADING_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many requests per so many seconds, for any method or for one."""

    requests: int
    seconds: float = MINUTE
    method: str | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a helpdesk's headers said about one limit, and when."""

    limit: float
    remaining: float
    resets_in: float
    read_at: float
    reserve: float = 0

    def wait(self, now: float, share: float) -> float:
        others = self.limit * max(1 - share, self.reserve)
        # A clock set back makes the reading worthless, like one whose window is over.
        if not 0 <= now - self.read_at < self.resets_in or self.remaining > others:
            return 0
        return self.read_at + self.resets_in - now


@dataclass(slots=True)
class _Pace:
    """Our own requests in a sliding window."""

    allowed: int
    seconds: float
    used: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        # An instant ahead of now was stamped before the clock was set back.
        while self.used and not now - self.seconds + SLACK < self.used[0] <= now:
            self.used.popleft()
        if len(self.used) < self.allowed:
            return 0
        return min(self.seconds, self.used[-self.allowed] + self.seconds - now)


@dataclass(eq=False, slots=True)
class Quota:
    """Holds us to `share` (0…1] of every limit the helpdesk tells in its headers or that is known beforehand.

    `endpoints` maps regular expressions, matched at the start of a path, to what the account allows there;
    `account` is assumed of the whole account until its headers tell.
    """

    share: float
    clock: Clock
    endpoints: Mapping[str, Allowance] = field(default_factory=dict)
    account: Allowance = Allowance(200)
    _paces: dict[str, _Pace] = field(default_factory=dict, init=False, repr=False)
    _account_pace: _Pace = field(init=False, repr=False)
    _standings: dict[tuple[str, str], _Standing] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._account_pace = self._pace(self.account)

    def wait_before(self, path: str, method: str = "GET") -> float:
        """Return the seconds until a request to `path` stays within our share; ask again after waiting them."""
        now = self.clock.now()
        waits = [pace.wait(now) for pace in self._paces_of(path, method)]
        waits += [
            standing.wait(now, self.share)
            for (scope, _), standing in self._standings.items()
            if scope in ("", _endpoint(path, method))
        ]
        longest = max(waits)
        return longest if longest > SLACK else 0

    def spend(self, path: str, method: str = "GET") -> None:
        """Count a request that is being sent."""
        now = self.clock.now()
        for pace in self._paces_of(path, method):
            pace.used.append(now)

    def read(self, headers: Mapping[str, str], path: str, method: str = "GET") -> None:
        """Take in what an answer's headers say about the account's limits and the endpoint's.

        Where a request cost several of what the account may use, they say so too.
        """
        now = self.clock.now()
        self._account_pace.used.extend([now] * (_credits(headers) - 1))
        for scope, name, figures in _limits_told(headers, _endpoint(path, method)):
            standing = _standing(figures, now, RESERVE if name == DAY else 0)
            if standing is None:
                continue
            self._standings[scope, name] = standing
            if not scope and not name:
                self._account_pace.allowed = self._our_part(standing.limit)

    def _our_part(self, limit: float) -> int:
        return max(1, int(limit * self.share))

    def _pace(self, allowance: Allowance) -> _Pace:
        return _Pace(self._our_part(allowance.requests), allowance.seconds)

    def _paces_of(self, path: str, method: str) -> Iterator[_Pace]:
        yield self._account_pace
        for pattern, allowance in self.endpoints.items():
            if allowance.method in (None, method) and re.match(pattern, path):
                yield self._paces.setdefault(pattern, self._pace(allowance))


def _credits(headers: Mapping[str, str]) -> int:
    """Return how many requests one counted for, as Freshdesk does for what is included."""
    told = _LEADING_NUMBER.match(headers.get("X-Ratelimit-Used-CurrentRequest", ""))
    return max(1, min(_MOST_CREDITS, int(float(told[1])))) if told else 1


def _endpoint(path: str, method: str) -> str:
    """Return the path with its numbers left out: tickets/1 and tickets/2 share an endpoint's limit."""
    return f"{method} {re.sub('[0-9]+', '#', path)}"


def _limits_told(headers: Mapping[str, str], endpoint: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield (endpoint or "" for the account, name of the limit, its figures) for every limit in the headers."""
    account: dict[str, float] = {}
    for name, value in headers.items():
        if general := _GENERAL.fullmatch(name):
            account |= _general_figures(general[1], value)
        elif _ENDPOINT.fullmatch(name):
            yield endpoint, name.lower(), _pairs(value)
        elif _DAILY.fullmatch(name) and (used := _USED_OF.search(value)):
            # Of the last 24 hours: requests come free little by little, so that asking again each hour is soon enough.
            yield "", DAY, {"limit": float(used[2]), "remaining": float(used[2]) - float(used[1]), "reset": HOUR}
    yield "", "", account


def _general_figures(figure: str | None, value: str) -> dict[str, float]:
    number = _LEADING_NUMBER.match(value)
    if number is None:
        return _pairs(value)
    word = (figure or "limit").lower()
    return {"limit" if word == "total" else word: float(number[1])}


def _pairs(value: str) -> dict[str, float]:
    """Return the figures of `total=100; remaining=87; resets=13`, under the names the general headers use."""
    ours = {"total": "limit", "resets": "reset"}
    return {ours.get(word, word): float(number) for word, number in _PAIR.findall(value.lower())}


def _standing(figures: Mapping[str, float], now: float, reserve: float) -> _Standing | None:
    if figures.get("limit", 0) <= 0 or "remaining" not in figures:
        return None
    resets_in = _until_reset(figures.get("reset", MINUTE), now)
    return _Standing(figures["limit"], figures["remaining"], resets_in, now, reserve)


def _until_reset(reset: float, now: float) -> float:
    """Return the seconds to a reset given in seconds or, by some, as an instant; nonsense is taken for a minute."""
    seconds = reset - now if reset > HOUR else reset
    return seconds if 0 < seconds <= HOUR else MINUTE
