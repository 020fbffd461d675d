"""Dated, hashed versions of whatever decides: helpdesks only tell today's, so each is kept as first seen."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


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
