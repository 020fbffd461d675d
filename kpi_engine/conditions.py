"""Which tickets a policy is for: conditions over what is known of a ticket, parsed from plain documents."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

TAG = "tag"
GROUP = "group"
FORM = "form"
CHANNEL = "channel"
PRIORITY = "priority"
SEVERITY = "severity"
SEGMENT = "segment"
TYPE = "type"
STATUS = "status"
ORGANIZATION = "organization"
YES_OR_NO = ("complaint", "warranty")
"""Subjects that are said or not."""

YES, NO = "yes", "no"

Facts: TypeAlias = Callable[[str], Collection[str]]
"""Answers, for a subject such as "channel", "tag" or a meaning such as "topic", every word that a ticket has for it."""

Clause: TypeAlias = Mapping[str, frozenset[str]]
"""Words by subject: all subjects must fit, each by one of its words."""


@dataclass(frozen=True, slots=True)
class When:
    """Fits a ticket that fits every clause of `all`, one of `any` if there is one, and none of `none`."""

    all: tuple[Clause, ...] = ()
    any: tuple[Clause, ...] = ()
    none: tuple[Clause, ...] = ()

    def fits(self, facts: Facts) -> bool:
        """Tell whether a ticket with these facts is meant."""
        return (
            all(_fits(clause, facts) for clause in self.all)
            and (not self.any or any(_fits(clause, facts) for clause in self.any))
            and not any(_fits(clause, facts) for clause in self.none)
        )

    @property
    def subjects(self) -> Iterator[str]:
        """What has to be known of a ticket."""
        for clause in (*self.all, *self.any, *self.none):
            yield from clause


ALWAYS_FITS = When()


def _fits(clause: Clause, facts: Facts) -> bool:
    return all(not words.isdisjoint(facts(subject)) for subject, words in clause.items())


def parse_when(document: Mapping[str, object]) -> When:
    """Return the conditions of a validated document: lists of clauses under all, any and none."""
    parts = [_clauses(document.get(part)) for part in ("all", "any", "none")]
    return When(*parts) if any(parts) else ALWAYS_FITS


def criterion(document: object) -> str:
    """Return the key of a condition: what it says, spelled in one way."""
    return json.dumps(document, sort_keys=True)


def _clauses(document: object) -> tuple[Clause, ...]:
    return tuple(_clause(clause) for clause in _sequence(document) if isinstance(clause, Mapping))


def _clause(document: Mapping[str, object]) -> Clause:
    """Return words by subject; what stands under `field` goes by the names of the mapped fields."""
    own = document.get("field")
    plain = {str(subject): _words(words) for subject, words in document.items() if subject != "field"}
    mapped = {str(name): _words(words) for name, words in own.items()} if isinstance(own, Mapping) else {}
    return plain | mapped


def _words(words: object) -> frozenset[str]:
    if isinstance(words, bool):
        return frozenset({YES if words else NO})
    return frozenset(map(str, _sequence(words)))


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
