"""Request quotas on the simulated world's clock."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HARD_CAP = 100_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests within a fixed window of so many seconds."""

    requests: int
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account may ask: the whole account, named endpoints, and background jobs at a time."""

    account: Limit
    endpoints: Mapping[str, Limit] = field(default_factory=dict)
    jobs: int = HARD_CAP


QUOTAS: dict[str, Quotas] = {
    "none": Quotas(Limit(HARD_CAP)),
    "plan": Quotas(
        Limit(700),
        {
            "incremental-exports": Limit(10),
            "tickets-update": Limit(100),
            "ticket-update": Limit(30, 600),
            "ticket-fields": Limit(300),
            "users-update": Limit(60),
        },
        jobs=30,
    ),
    "small": Quotas(
        Limit(12),
        {
            "incremental-exports": Limit(2),
            "tickets-update": Limit(4),
            "ticket-update": Limit(2, 600),
            "ticket-fields": Limit(5),
            "users-update": Limit(4),
        },
        jobs=2,
    ),
}


@dataclass(slots=True)
class Window:
    """One limit's use since `since`."""

    since: float
    used: int = 0


@dataclass(slots=True)
class Meter:
    """Counts requests against the quotas; a request that is refused does not count."""

    quotas: Quotas
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)

    def refusal(self, uses: Sequence[tuple[str, str]], now: float) -> tuple[str, int] | None:
        """Return the first exhausted (limit, seconds to wait) among `uses` of (limit, key), else None."""
        for name, key in uses:
            limit = self._limit(name)
            window = self._window(name, key, now)
            if window.used >= limit.requests:
                return name, self._resets(name, key, now)
        return None

    def count(self, uses: Iterable[tuple[str, str]], now: float) -> None:
        """Count one request against each of `uses`."""
        for name, key in uses:
            self._window(name, key, now).used += 1

    def headers(self, uses: Iterable[tuple[str, str]], now: float) -> dict[str, str]:
        """Return the headers that tell what is left, in the several spellings Zendesk sends."""
        total, remaining, resets = self._standing("account", "", now)
        headers = {"x-rate-limit": total, "rate-limit": total, "ratelimit-limit": total}
        headers |= dict.fromkeys(("x-rate-limit-remaining", "rate-limit-remaining"), remaining)
        headers |= {"ratelimit-remaining": remaining, "rate-limit-reset": resets, "ratelimit-reset": resets}
        for name, key in uses:
            total, remaining, resets = self._standing(name, key, now)
            headers[f"zendesk-rate-limit-{name}"] = f"total={total}; remaining={remaining}; resets={resets}"
        return headers

    def left(self, name: str, now: float) -> int:
        """Return how many requests a limit still allows."""
        return max(self._limit(name).requests - self._window(name, "", now).used, 0)

    def _limit(self, name: str) -> Limit:
        return self.quotas.account if name == "account" else self.quotas.endpoints.get(name, Limit(HARD_CAP))

    def _window(self, name: str, key: str, now: float) -> Window:
        window = self._windows.get((name, key))
        if window is None or now >= window.since + self._limit(name).seconds:
            window = self._windows[name, key] = Window(now)
        return window

    def _standing(self, name: str, key: str, now: float) -> tuple[str, str, str]:
        limit, window = self._limit(name), self._window(name, key, now)
        return str(limit.requests), str(max(limit.requests - window.used, 0)), str(self._resets(name, key, now))

    def _resets(self, name: str, key: str, now: float) -> int:
        return math.ceil(self._window(name, key, now).since + self._limit(name).seconds - now)
