"""How often Python looks for what only a cycle keeps alive."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 20_000


def look_rarely_for_cycles() -> None:
    """Look after so many new objects, not after every 700: histories and what measuring makes of them hold no cycle.

    Looking as often as usual took a third of the time of measuring.
    """
    gc.set_threshold(_NEW_OBJECTS, 50, 50)
