"""Dated, hashed versions of whatever decides: helpdesks only tell today's, so each is kept as first seen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of something that decides; `valid_from` None holds from the beginning.

    Editions of one (kind, key) follow one another in the order they were kept: the last whose `valid_from` is not
    later than an instant is in force then.
    """

    kind: str
    key: str
    valid_from: int | None
    digest: str
    body: Mapping[str, object]


def digest_of(body: Mapping[str, object]) -> str:
    """Return twelve hexadecimal digits of the SHA-256 of the body's canonical JSON."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Override:
    """An explicit correction: over [start, end) `newest`, by kind and key, holds in place of what held then."""

    start: int
    end: int
    newest: Mapping[tuple[str, str], Edition]


def corrected(editions: Iterable[Edition], overrides: Sequence[Override]) -> list[Edition]:
    """Return the editions with the overrides, each made after those before it, worked into their dates."""
    lines: dict[tuple[str, str], list[Edition]] = {}
    for edition in editions:
        lines.setdefault((edition.kind, edition.key), []).append(edition)
    return [edition for key, line in lines.items() for edition in _overridden(line, _about(key, overrides))]


Span: TypeAlias = tuple[int, int, Edition]
"""Start, end and what holds between."""


def _about(key: tuple[str, str], overrides: Sequence[Override]) -> list[Span]:
    return [(each.start, each.end, each.newest[key]) for each in overrides if key in each.newest]


def _overridden(line: Sequence[Edition], spans: Sequence[Span]) -> Iterator[Edition]:
    last = line[0]
    yield last
    turns = {edition.valid_from or 0 for edition in line[1:]} | {turn for span in spans for turn in span[:2]}
    for turn in sorted(turns):
        holds = _in_force(line, spans, turn)
        if holds.digest != last.digest:
            last = replace(holds, valid_from=turn)
            yield last


def _in_force(line: Sequence[Edition], spans: Sequence[Span], instant: int) -> Edition:
    over = [edition for start, end, edition in spans if start <= instant < end]
    if over:
        return over[-1]
    return [edition for edition in line if edition.valid_from is None or edition.valid_from <= instant][-1]
