"""Shares as people write them: 0.05 or "5 %"."""

import re

from connectors.settings import UnfitError
from kpi_engine.message import message

SHARES = message("for example {examples}", examples='0.05, "5 %"')


def share(given: float | str) -> float:
    """Return a share between 0 and 1; raises UnfitError, also where nobody can tell 5 from 500 %."""
    percent = re.fullmatch(r"\s*([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%\s*", str(given))
    if percent is None and isinstance(given, str):
        raise UnfitError(message("this is no share"), SHARES)
    value = float(percent[1]) / 100 if percent is not None else float(given)
    if not 0 <= value <= 1:
        raise UnfitError(message("a share lies between 0 and 1"), SHARES)
    return value
