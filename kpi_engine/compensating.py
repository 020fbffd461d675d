"""Ledgers that are appended to only: a compensating line takes back what no longer holds, nothing is rewritten."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Protocol, TypeVar


class Line(Protocol):
    """A line of a ledger: its kind says whether it stands for something, or takes an earlier one back."""

    @property
    def kind(self) -> object:
        """Return the kind."""


L = TypeVar("L", bound=Line)
K = TypeVar("K", bound=Hashable)


def alive(lines: Iterable[L], key: Callable[[L], K], made: object) -> dict[K, L]:
    """Return by key, in the order they were made, the lines of the kind `made` that none of another kind took back."""
    standing: dict[K, L] = {}
    for line in lines:
        if line.kind is made:
            standing[key(line)] = line
        else:
            standing.pop(key(line), None)
    return standing


def compensated(
    standing: dict[K, L], found: Iterable[L], key: Callable[[L], K], withdrawn: Callable[[L], L]
) -> Iterator[L]:
    """Yield the lines that bring a ledger in line with what is found: the new ones, then those that take others back.

    `standing` is used up.
    """
    for line in found:
        if standing.pop(key(line), None) is None:
            yield line
    yield from map(withdrawn, standing.values())
