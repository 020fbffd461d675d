"""Named points at which a test can kill the process, to prove that a crash anywhere loses and doubles nothing."""

import os
import signal
from functools import cache

CRASH_VARIABLE = "HELPDESK_KPI_CRASH_AT"

POINTS = (
    "before_page",
    "after_page",
    "after_pull",
    "after_editions",
    "after_measuring",
    "after_fields",
    "after_planning",
    "before_request",
    "after_request",
    "after_outcome",
    "before_end",
)
"""Where every pass that writes comes by."""

BACKFILL_POINTS = ("after_backfill",)
"""Where a backfill comes by between two bits of the past."""

LOOK_UP_POINTS = ("before_look_up", "after_look_up", "after_duplicates")
"""Where a pass comes by that finds the outcome of an earlier one unknown."""

IMPORT_POINTS = ("after_rows", "after_import")
"""Where an import comes by: between two pieces of a file, and at its end."""

_passed: dict[str, int] = {}


@cache
def _wanted() -> tuple[str, int]:
    """Return the point named in the environment and at which visit to die (name or name:2)."""
    name, _, visit = os.environ.get(CRASH_VARIABLE, "").partition(":")
    return name, int(visit or 1)


def crash_point(name: str) -> None:
    """Die here without warning, as in a power failure, if the environment asks for it; else do nothing."""
    wanted, visit = _wanted()
    if name == wanted:  # pragma: no cover -- a killed process takes its own measurement with it
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] == visit:
            os.kill(os.getpid(), signal.SIGKILL)
