"""What was proposed against the root causes of tickets: the way from a cause to its mending."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from kpi_engine.indicators.indicator import Input
from kpi_engine.message import Message, message
from kpi_engine.records import Observation
from sync.locale import Language
from sync.observed import observed_kinds, rows_within
from sync.sources import Asked

CAUSES: Final = "root_causes"
"""The indicator whose parts are causes."""

_STATES: Final = {
    "proposed": message("proposed"),
    "accepted": message("accepted"),
    "done": message("done"),
    "declined": message("declined"),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A proposal against a root cause, where it stands (None: nobody tells), and where it is followed up."""

    cause: str
    proposal: str
    at: int
    state: str | None
    link: str | None

    def sentence(self, language: Language) -> Message:
        """Return it in words."""
        told = message(
            "{cause}: proposal {proposal} of {day}, {state}",
            cause=self.cause,
            proposal=self.proposal,
            day=language.day(self.at),
            state=_STATES.get(self.state or "proposed", self.state),
        )
        return told if self.link is None else message("{remedy}: {link}", remedy=told, link=self.link)

    def document(self) -> dict[str, object]:
        """Return it as JSON."""
        return {
            "cause": self.cause,
            "proposal": self.proposal,
            "at": self.at,
            "state": self.state,
            "link": self.link,
        }


def remedies(asked: Asked, causes: Collection[str]) -> list[Remedy]:
    """Return what had been proposed against these causes by the end of the period, by cause and day."""
    known = {cause.casefold(): cause for cause in causes}
    found = {row.observation_id: row for row in _proposals(asked)}
    told = [
        Remedy(
            cause=known[cause],
            proposal=str(row.values["proposal_id"]),
            at=row.at,
            state=_text(row, "state"),
            link=_text(row, "link"),
        )
        for row in found.values()
        if (cause := str(row.values.get("root_cause", "")).casefold()) in known
    ]
    return sorted(told, key=lambda each: (each.cause, each.at, each.proposal))


def _proposals(asked: Asked) -> Iterator[Observation]:
    kind = str(Input.PROPOSALS)
    for part in asked.parts:
        if kind in observed_kinds(part.account):
            ever = replace(part.window, period=replace(part.window.period, start=0))
            yield from (row for row, _ in rows_within(part.account, ever, {kind}))


def _text(row: Observation, name: str) -> str | None:
    value = row.values.get(name)
    return None if value is None else str(value)
