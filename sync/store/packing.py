"""Rows that resemble one another, kept as what differs from the row before."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import compress
from operator import attrgetter, ne
from typing import Any, Generic, TypeVar

from sync.store.codec import maker

R = TypeVar("R")


class Packing(Generic[R]):
    """How the rows of one dataclass or NamedTuple are packed and read back; `restore` makes what JSON cannot hold.

    A packed row is a number whose bits say which fields differ from the row before, followed by their values in the
    order of the fields. Before the first row everything is None.
    """

    def __init__(self, kind: type[R], /, **restore: Callable[[Any], object]) -> None:
        self._names = tuple(kind.__annotations__)
        self._bits = [1 << place for place in range(len(self._names))]
        self._values = attrgetter(*self._names)
        self._make = maker(kind)
        self._restore = [(self._names.index(name), make) for name, make in restore.items()]

    def packed(self, rows: Iterable[R]) -> Iterator[list[object]]:
        """Yield what differs in each row from the one before."""
        before: tuple[object, ...] = (None,) * len(self._names)
        for row in rows:
            values = self._values(row)
            differs = list(map(ne, values, before))
            yield [sum(compress(self._bits, differs)), *compress(values, differs)]
            before = values

    def read(self, packed: Iterable[list[Any]]) -> Iterator[R]:
        """Yield the rows that `packed` wrote."""
        values: list[Any] = [None] * len(self._names)
        for mask, *changed in packed:
            for place, value in zip(_places_in(mask), changed, strict=True):
                values[place] = value
            row = values.copy()
            for place, make in self._restore:
                row[place] = make(row[place])
            yield self._make(row)


@cache
def _places_in(mask: int) -> tuple[int, ...]:
    """Return the places of the bits that are set: few masks are ever seen."""
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)
