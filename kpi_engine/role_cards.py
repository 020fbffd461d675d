"""A role's scorecard: what was agreed to count for it, how much, and what the attained shares come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Any, Final

LEAST_COVERED: Final = 0.6
"""Below this share of the weights with an attainment there is no grade: the rest could turn it."""

SEVERE: Final = "severe_overdue_count"
"""The indicator of which a single line floors the grade."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a scorecard: its weight, its indicators with theirs inside it, and its titles by language, if any."""

    name: str
    weight: float
    indicators: Mapping[str, float]
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleCard:
    """What counts for a role; `teams` are those whose people have it, none: everybody whom no other role names.

    `grades` are their names with the attainment from which each is given, the best first; the last begins at 0.
    """

    role: str
    teams: tuple[str, ...]
    blocks: tuple[Block, ...]
    grades: tuple[tuple[str, float], ...]
    titles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, role: str, document: Mapping[str, Any]) -> "RoleCard":
        """Return the scorecard that an edition keeps."""
        blocks = tuple(
            Block(each["name"], each["weight"], dict(each["indicators"]), dict(each.get("titles", {})))
            for each in document["blocks"]
        )
        grades = sorted(document["grades"].items(), key=lambda each: -each[1])
        named = tuple((name, start) for name, start in grades)
        return cls(role, tuple(document["teams"]), blocks, named, dict(document.get("titles", {})))

    @property
    def indicators(self) -> list[str]:
        """The keys of what counts, in order."""
        return [key for block in self.blocks for key in block.indicators]


@dataclass(frozen=True, slots=True)
class Part:
    """One indicator on a scorecard: its block, its weight in the whole (all together 1), the share attained if any."""

    block: str
    indicator: str
    weight: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Grading:
    """What a scorecard comes to.

    `coverage` is the share of the weights with an attainment, `attained` the weighed mean of these, None together with
    the grade where too little is covered. `severe` counts the severe breaches; one is enough for the last grade.
    """

    card: RoleCard
    parts: tuple[Part, ...]
    coverage: float
    attained: float | None
    grade: str | None
    severe: int = 0

    @property
    def floored(self) -> bool:
        """Whether a severe breach made the grade lower than what was attained."""
        return self.severe > 0 and self.attained is not None and self.grade != _grade(self.card, self.attained)

    def block(self, name: str) -> float | None:
        """Return what one block attained, None where none of it has an attainment."""
        return _mean([part for part in self.parts if part.block == name])


def graded(card: RoleCard, shares: Mapping[str, float | None], severe: int = 0) -> Grading:
    """Return what a scorecard comes to, given the attained share of each indicator (0 to 1.2, None: not known).

    Sum of weight times share over what has one, divided by the weights of the same (docs/decisions.md).
    """
    parts = tuple(_parts(card, shares))
    coverage = fsum(part.weight for part in parts if part.share is not None)
    attained = _mean(parts) if coverage >= LEAST_COVERED - _ROUNDING else None
    if attained is None:
        return Grading(card, parts, coverage, None, None, severe)
    return Grading(card, parts, coverage, attained, card.grades[-1][0] if severe else _grade(card, attained), severe)


_ROUNDING: Final = 1e-9  # three fifths of the weights are three fifths, whatever their sum rounds to


def _parts(card: RoleCard, shares: Mapping[str, float | None]) -> Iterator[Part]:
    blocks = [each for each in card.blocks if fsum(each.indicators.values()) > 0]
    total = fsum(each.weight for each in blocks)
    for block in blocks:
        inside = fsum(block.indicators.values())
        for key, weight in block.indicators.items():
            yield Part(block.name, key, block.weight / total * weight / inside if total else 0.0, shares.get(key))


def _mean(parts: Sequence[Part]) -> float | None:
    known = [(part.weight, part.share) for part in parts if part.share is not None]
    weight = fsum(each for each, _ in known)
    return fsum(each * share for each, share in known) / weight if weight else None


def _grade(card: RoleCard, attained: float) -> str:
    return next((name for name, start in card.grades if attained >= start - _ROUNDING), card.grades[-1][0])
