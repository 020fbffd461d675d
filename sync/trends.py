"""Trends: the same figures of the periods before, each subject's over its own."""

from collections.abc import Collection, Mapping, Sequence

from kpi_engine.reduce import Cell, Scope
from sync.figures import Figures, Scorecard, empty_card, unknown
from sync.sources import Asked
from sync.zones import at_home, scorecards

TREND = 8
"""How many periods a trend has, the last one included."""

Trend = Mapping[str, Sequence[Cell]]
"""A subject's cells of several periods by indicator, the oldest first."""


def trends(
    from_source: Asked, scope: Scope, subjects: Collection[str | None], latest: Figures
) -> Mapping[str | None, Trend]:
    """Return the last TREND periods' cells of each subject, the source's own period, which `latest` shows, the last."""
    sources: list[Asked] = [from_source]
    while len(sources) < TREND:
        sources.insert(0, from_source.of(sources[0].window.period.previous()))
    shown = [*((each, scorecards(each, scope)) for each in sources[:-1]), (from_source, latest)]
    return {
        subject: {key: [card[key] for card in cards] for key in from_source.keys}
        for subject in subjects
        for cards in [[_card_of(each, found, scope, subject) for each, found in shown]]
    }


def _card_of(from_source: Asked, found: Figures, scope: Scope, subject: str | None) -> Scorecard:
    card = found.scorecards.get(subject) or empty_card(at_home(from_source, scope, subject), scope, subject)
    # A period about which there is nothing at all was not pulled: nobody knows that its counts were 0.
    return card if found.scorecards else {key: unknown(cell) for key, cell in card.items()}
