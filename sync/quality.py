"""How sure figures are: what of them is known only approximately, and which goals nobody can decide."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kpi_engine.message import Message, message
from kpi_engine.reduce import Cell
from sync.counting import GOALS, VALUES
from sync.locale import Language

UNDECIDED = "goals_undecided"
"""The indicator that counts, and by `explain` lists, the clocks whose goal nobody can decide."""

_TWIN = "_calendar"


@dataclass(frozen=True, slots=True)
class Quality:
    """How many values of some figures are known only approximately, and how many goals are undecided.

    A value rests on an instant that is only known to lie in a span, or on a calendar that was assumed. What is
    measured both in business time and by the calendar is one value.
    """

    approximate: int = 0
    undecided: int = 0

    def document(self) -> dict[str, int]:
        """Return it as JSON."""
        return {"approximate": self.approximate, "undecided": self.undecided}

    def sentence(self, language: Language | None = None) -> Message:
        """Return it in words, its numbers as `language` writes them."""
        return message(
            "Data quality: {values} approximate (≈), because the opening hours of then were assumed, or a change is "
            "only known to lie before the first look or between two; {goals} undecided and charged to nobody.",
            values=VALUES.of(self.approximate, language),
            goals=GOALS.of(self.undecided, language),
        )

    def notes(self, language: Language | None = None) -> Iterator[Message]:
        """Yield what a reader must know; nothing where all is exact."""
        if self.approximate or self.undecided:
            yield self.sentence(language)


def quality_of(cards: Iterable[Mapping[str, Cell]]) -> Quality:
    """Return how sure the figures of some scorecards are."""
    cells = [cell for card in cards for key, cell in card.items() if not key.endswith(_TWIN)]
    undecided = sum(cell.n for cell in cells if cell.indicator == UNDECIDED)
    return Quality(sum(cell.approximated for cell in cells if cell.indicator != UNDECIDED), undecided)
