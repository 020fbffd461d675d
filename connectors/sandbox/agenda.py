"""What is still to happen in a simulated world, and its clock."""

import heapq
import time
from collections.abc import Callable
from itertools import count
from threading import RLock

Act = Callable[[], object]


class Agenda:
    """Acts in order of their instants; acts of one instant keep the order in which they were added."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Act]] = []
        self._order = count()

    def add(self, at: int, act: Act) -> None:
        """Let `act` happen at `at` (epoch seconds)."""
        heapq.heappush(self._heap, (at, next(self._order), act))

    def pop_due(self, until: float) -> tuple[int, Act] | None:
        """Take the earliest act that falls due by `until`, None when there is none."""
        if not self._heap or self._heap[0][0] > until:
            return None
        at, _, act = heapq.heappop(self._heap)
        return at, act


class WorldTime:
    """The world's own time: it stands still between advances, or runs with the wall's clock when `live`."""

    def __init__(self, start: float, *, live: bool = False) -> None:
        self.lock = RLock()
        self.agenda = Agenda()
        self._now = start
        self._live_since = time.monotonic() if live else None

    @property
    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._now

    @property
    def second(self) -> int:
        """The current whole second."""
        return int(self._now)

    def run_until(self, until: float) -> None:
        """Let everything happen that falls due by `until`, each at its own instant; time never goes back."""
        with self.lock:
            while (due := self.agenda.pop_due(until)) is not None:
                self._now = max(self._now, due[0])
                due[1]()
            self._now = max(self._now, until)

    def catch_up(self) -> None:
        """Follow the wall's clock, where the world is live."""
        if self._live_since is not None:
            elapsed, self._live_since = time.monotonic() - self._live_since, time.monotonic()
            self.run_until(self._now + elapsed)


class WorldClock:
    """A clock for a connector: `sleep` moves the world on instead of waiting, and is added up in `slept`."""

    def __init__(self, world: WorldTime) -> None:
        self._world = world
        self.slept = 0.0

    def now(self) -> float:
        """Return the world's time in epoch seconds."""
        self._world.catch_up()
        return self._world.now

    def sleep(self, seconds: float) -> None:
        """Move the world on by `seconds`."""
        self.slept += seconds
        self._world.run_until(self._world.now + seconds)
