"""Shared by those who say a helpdesk's SLA set-up as policies: lengths of time, names, and which policy is reached."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kpi_engine.message import Message, message

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def length(seconds: int) -> str:
    """Return seconds as a policy writes them: "1h 30m"."""
    parts, rest = [], seconds
    for unit, letter in _UNITS[1:]:
        count, rest = divmod(rest, unit)
        parts += [f"{count}{letter}"] if count else []
    return " ".join(parts)


def clock_name(text: str, fallback: str) -> str:
    """Return a name for a clock out of what people call it."""
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:40]
    return name if re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name) else fallback


def reachable(policies: Sequence[Mapping[str, Any]], left: list[Message]) -> Iterator[Mapping[str, Any]]:
    """Yield the policies that some ticket can reach, under names of their own; note the others as left."""
    names: set[str] = set()
    whens: list[object] = []
    for policy in policies:
        if {} in whens or policy.get("when", {}) in whens:
            left.append(
                message("{policy}: never reached, for one before it is for all its tickets", policy=policy["id"])
            )
            continue
        whens.append(policy.get("when", {}))
        name = policy["id"]
        while name in names:
            name += " +"
        names.add(name)
        yield {**policy, "id": name}
