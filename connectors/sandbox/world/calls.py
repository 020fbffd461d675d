"""What becomes of the telephone calls that tickets come by: the same on every helpdesk that tells of calls."""

from collections.abc import Sequence
from typing import NamedTuple

LIFE = 900
"""Seconds from a call's beginning until all is told of it."""

_TAKING = 5  # agents, in order, at whose phones calls ring


class Told(NamedTuple):
    """A call's seconds: in the queue, talked, on hold."""

    waited: int
    talked: int
    held: int


def told_of(opened: int) -> Told:
    """Return how long the call took that opened a ticket at an instant."""
    return Told(opened * 7 % 90, 60 + opened * 13 % 400, opened % 40)


def rung_in_vain(opened: int, agents: Sequence[int]) -> list[int]:
    """Return the agents at whose phones it rang before somebody took it."""
    minute = opened // 60
    return [agents[(minute + turn) % _TAKING] for turn in range(minute % 3)]
