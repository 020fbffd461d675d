"""The first of many: what a report shows of something that may run into millions."""

from typing import TypeVar

T = TypeVar("T")
SHOWN = 1000


class Sample(list[T]):
    """The first of the things noted, at most `most` (None: all of them), and how many there were in all (`total`)."""

    __slots__ = ("most", "total")

    def __init__(self, most: int | None = SHOWN) -> None:
        super().__init__()
        self.most = most
        self.total = 0

    def note(self, item: T) -> None:
        """Count one more, and keep it while there is room."""
        self.total += 1
        if self.most is None or len(self) < self.most:
            self.append(item)

    def take(self, more: "Sample[T]") -> None:
        """Add what another sample noted."""
        self.total += more.total
        self.extend(more if self.most is None else more[: self.most - len(self)])
