"""How far a stream has come while it is pulled: what progress is told with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.base import Page, Stream

_TELLING = 0.02  # below this share of the time covered, what is left is anybody's guess


@dataclass(frozen=True, slots=True)
class Advance:
    """A stream under way: pages and rows so far, the rows there are where the helpdesk says so.

    `share` (0…1) is how much of the time from where the pull began to now its pages have covered, and `seconds_left`
    what that makes of the time it took; None where the pages do not say how far they go.
    """

    stream: Stream
    pages: int
    rows: int
    total: int | None = None
    share: float | None = None
    seconds_left: float | None = None


Progress = Callable[[Advance], None]
"""Told after every page."""


def silent(_: Advance) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Watch:
    """Counts a stream's pages; `complete_through` is where it stood before, `began_at` and `now` are local time."""

    stream: Stream
    began_at: int
    complete_through: int | None
    pages: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)

    def advanced(self, page: Page, rows: int, now: int) -> Advance:
        """Return how far the stream is with one page of so many rows more."""
        self.pages += 1
        self.rows += rows
        share = self._share(page.complete_through, now)
        left = None
        if share is not None and share >= _TELLING:
            left = (now - self.began_at) * (1 - share) / share
        return Advance(self.stream, self.pages, self.rows, page.total, share, left)

    def _share(self, reached: int | None, now: int) -> float | None:
        if reached is None:
            return None
        if self.complete_through is None:  # the first page shows where the account's rows begin
            self.complete_through = reached
        whole = now - self.complete_through
        return min(1.0, max(0.0, (reached - self.complete_through) / whole)) if whole > 0 else 1.0
