"""The clock on the wall."""

import time


class WallClock:
    """Real time: what runs everywhere but in the demo and in tests."""

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
