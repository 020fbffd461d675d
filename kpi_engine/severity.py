"""How grave a ticket is, from what it says and from impact and urgency, with a floor, and who answers for each tier."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kpi_engine.conditions import SEVERITY, Facts, When, parse_when
from kpi_engine.documents import Document, listed, mapping

IMPACT = "impact"
URGENCY = "urgency"
ANY = "any"


@dataclass(frozen=True, slots=True)
class Tier:
    """Who answers for a severity, and what he may decide by himself."""

    owner: str | None = None
    authority: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """Tickets that are never less grave than so, whatever else is set."""

    severity: str
    when: When


@dataclass(frozen=True, slots=True)
class Severity:
    """The scale, the gravest first; `matrix` gives a severity by impact and urgency ("any": every other one)."""

    scale: tuple[str, ...]
    matrix: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    floor: Floor | None = None
    tiers: Mapping[str, Tier] = field(default_factory=dict, hash=False)

    def of(self, facts: Facts) -> str | None:
        """Return how grave a ticket is: what it says itself, else its impact and urgency, never below the floor."""
        said = next(iter(facts(SEVERITY)), None)
        word = self._of_matrix(facts) if said is None else said
        if self.floor is None or not self.floor.when.fits(facts):
            return word
        return self.floor.severity if self._rank(self.floor.severity) < self._rank(word) else word

    def _of_matrix(self, facts: Facts) -> str | None:
        impact, urgency = (next(iter(facts(subject)), ANY) for subject in (IMPACT, URGENCY))
        row = self.matrix.get(impact, self.matrix.get(ANY, {}))
        return row.get(urgency, row.get(ANY))

    def _rank(self, word: str | None) -> int:
        return self.scale.index(word) if word in self.scale else len(self.scale)

    @property
    def subjects(self) -> Iterator[str]:
        """What has to be known of a ticket."""
        yield from (SEVERITY, IMPACT, URGENCY)
        if self.floor is not None:
            yield from self.floor.when.subjects


def parse_severity(document: Document) -> Severity:
    """Return the severities that a validated document describes."""
    matrix = mapping(document.get("matrix") or {}, "severity.matrix")
    tiers = mapping(document.get("tiers") or {}, "severity.tiers")
    return Severity(
        scale=tuple(str(word) for word in listed(document, "scale")),
        matrix={impact: _words(row) for impact, row in matrix.items()},
        floor=_floor(document.get("floor")),
        tiers={severity: _tier(mapping(tier, "severity.tiers")) for severity, tier in tiers.items()},
    )


def _words(row: object) -> Mapping[str, str]:
    return {urgency: str(severity) for urgency, severity in mapping(row, "severity.matrix").items()}


def _floor(document: object) -> Floor | None:
    if document is None:
        return None
    floor = mapping(document, "severity.floor")
    return Floor(str(floor["severity"]), parse_when(mapping(floor["when"], "severity.floor.when")))


def _tier(document: Document) -> Tier:
    owner = document.get("owner")
    return Tier(None if owner is None else str(owner), tuple(str(each) for each in listed(document, "authority")))
