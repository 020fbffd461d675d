"""A draft of policies out of the milestones that Salesforce shows on cases: its processes cannot be read."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import Carried
from connectors.carrying import clock_name, length
from kpi_engine.message import Message, message
from kpi_engine.records import SlaPolicy

_REPLIES = ("response", "reply", "contact", "phan_hoi")


def carried(processes: Sequence[SlaPolicy], seen: Mapping[str, int]) -> Carried:
    """Return one policy with a clock for each milestone, its goal the target met most often on cases."""
    names = ", ".join(each.title for each in processes if each.body.get("active", True))
    left: list[Message] = [
        message(
            "entitlement processes ({names}) are not told by the API: criteria, actions, recurrence and pauses "
            "are yours to add",
            names=names or "–",
        )
    ]
    clocks = [_clock(place, name, seen[name]) for place, name in enumerate(sorted(seen)) if seen[name] > 0]
    left += [
        message(
            "{milestone}: {goal} is the target met most often; others may apply",
            milestone=name,
            goal=length(seen[name]),
        )
        for name in sorted(seen)
        if seen[name] > 0
    ]
    if not clocks:
        left.append(message("no milestones were seen on cases yet; run a pass first"))
    policies = [{"id": "salesforce", "clocks": clocks}] if clocks else []
    return Carried({"version": 1, "policies": policies}, tuple(left), whole=False)


def _clock(place: int, milestone: str, seconds: int) -> Mapping[str, Any]:
    name = clock_name(milestone, f"milestone_{place}")
    replies = any(word in name for word in _REPLIES)
    stop = {"stop": ["agent_public_reply"]} if replies else {"stop": ["solved"], "pause_in": ["pending", "hold"]}
    return {"id": f"own_{name}" if name == "next_reply" else name, "goal": {"any": length(seconds)}, **stop}
