"""What an observation says: the credit lines of everything that is no ticket."""

from collections.abc import Iterator, Mapping
from typing import Final

from kpi_engine.indicators import INDICATORS, calls
from kpi_engine.indicators.indicator import Input, Seen
from kpi_engine.measurement import CreditLine, Measurement, Omission
from kpi_engine.records import Observation
from kpi_engine.rulebook import Rulebook

_CHANNELS: Final[Mapping[str, str]] = {calls.KIND: calls.PHONE}

_OBSERVING: Final = {
    str(kind): tuple(each.observed for each in INDICATORS.values() if each.observed is not None and kind in each.needs)
    for kind in (Input.CALLS, Input.WORK_ITEMS)
}
"""What tells the lines of each kind of observation: an indicator needs the kind by its name."""

OBSERVED: Final = frozenset(_OBSERVING)
"""The kinds of observations that some indicator asks for."""


def observe(observation: Observation, rulebook: Rulebook) -> Iterator[CreditLine | Omission]:
    """Yield what an observation adds to every indicator, and which of them leave it out.

    Its agent is an id of its account by now, or None for nobody.
    """
    told = observation.values.get("channel")
    seen = Seen(observation, _CHANNELS.get(observation.kind, None if told is None else str(told)), rulebook)
    for observing in _OBSERVING.get(observation.kind, ()):
        yield from observing(seen)


def observed(observation: Observation, rulebook: Rulebook, as_of: int) -> Measurement:
    """Return all that an observation says as the measurement of a ticket says it, so that both count alike."""
    found = list(observe(observation, rulebook))
    return Measurement(
        ticket_id=observation.ticket_id or "",
        account=observation.account or "",
        as_of=as_of,
        edition=rulebook.policies.digest_at(as_of),
        lines=tuple(each for each in found if isinstance(each, CreditLine)),
        omissions=tuple(each for each in found if isinstance(each, Omission)),
    )
