"""Freshdesk's SLA policies said as policies of ours, and what cannot be said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.base import Carried
from connectors.carrying import length, reachable
from kpi_engine.message import Message, message
from kpi_engine.records import SlaPolicy

_PRIORITIES: Final = {"priority_4": "urgent", "priority_3": "high", "priority_2": "normal", "priority_1": "low"}
_CLOCKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "respond_within": {"id": "first_reply", "stop": ["agent_public_reply"]},
    "next_respond_within": {
        "id": "next_reply",
        "start": "customer_message",
        "stop": ["agent_public_reply", "solved"],
        "rearm": "on_customer_message",
    },
    "resolve_within": {"id": "resolution", "stop": ["solved"], "pause_in": ["pending", "hold"], "rearm": "continues"},
}
_SUBJECTS: Final = {"company_ids": "organization", "group_ids": "group", "ticket_types": "type", "sources": "channel"}
_CHANNELS: Final = {
    1: "email",
    2: "web",
    3: "phone",
    5: "twitter",
    6: "facebook",
    7: "chat",
    9: "web",
    10: "outbound_email",
}
_LATE: Final = {"response": "first_reply", "next_response": "next_reply", "resolution": "resolution"}
_ASSIGNEE: Final = -1


def carried(policies: Sequence[SlaPolicy]) -> Carried:
    """Return the active policies in their order, the default one last, with their levels of escalation."""
    left: list[Message] = [
        message("which statuses stop the timers is not told: {statuses} are assumed", statuses="pending, hold")
    ]
    active = [each for each in policies if each.body.get("active", True)]
    ordered = sorted(active, key=lambda each: (bool(each.body.get("is_default")), each.position))
    sayable = [each for each in ordered if _is_sayable(each, left)]
    made = list(reachable([_policy(each) for each in sayable], left))
    escalations = [found for each in sayable for found in _escalations(each, made, left)]
    return Carried({"version": 1, "policies": made, "escalations": escalations}, tuple(left))


def _is_sayable(policy: SlaPolicy, left: list[Message]) -> bool:
    unsaid = [name for name, words in _mapping(policy.body, "applicable_to").items() if words and name not in _SUBJECTS]
    if unsaid:
        told = message(
            "{policy}: left out, for {condition} cannot be said", policy=policy.title, condition=", ".join(unsaid)
        )
        left.append(told)
    elif not _clocks(policy):
        left.append(message("{policy}: left out, for it has no targets", policy=policy.title))
    return not unsaid and bool(_clocks(policy))


def _policy(policy: SlaPolicy) -> Mapping[str, Any]:
    found = _mapping(policy.body, "applicable_to")
    clause = {_SUBJECTS[name]: [_word(name, each) for each in words] for name, words in found.items() if words}
    return {"id": policy.title, **({"when": {"all": [clause]}} if clause else {}), "clocks": _clocks(policy)}


def _word(name: str, value: object) -> str:
    return _CHANNELS.get(value, str(value)) if name == "sources" and isinstance(value, int) else str(value)


def _clocks(policy: SlaPolicy) -> list[Mapping[str, Any]]:
    targets = _mapping(policy.body, "sla_target")
    rows = {_PRIORITIES[key]: row for key, row in targets.items() if key in _PRIORITIES and isinstance(row, Mapping)}
    clocks: list[Mapping[str, Any]] = []
    for field, clock in _CLOCKS.items():
        goals = {word: length(int(row[field])) for word, row in rows.items() if row.get(field)}
        by_clock = {word: "calendar" for word in goals if not rows[word].get("business_hours")}
        time = {"time": "calendar"} if set(by_clock) == set(goals) else {"time": by_clock} if by_clock else {}
        clocks += [{**clock, "goal": goals, **time}] if goals else []
    return clocks


def _escalations(
    policy: SlaPolicy, made: Sequence[Mapping[str, Any]], left: list[Message]
) -> Iterator[Mapping[str, Any]]:
    """Yield the levels that follow what is late; whom they notify goes by roles: only the assignee is one there."""
    known = {each["id"]: {clock["id"] for clock in each["clocks"]} for each in made}.get(policy.title, set())
    told = _mapping(policy.body, "escalation")
    for name, clock in _LATE.items():
        steps = list(_steps(_mapping(told, name)))
        if steps and clock in known:
            yield {"on": {"clock": clock, "policy": policy.title}, "steps": [step for step, _ in steps]}
        people = sum(count for _, count in steps)
        if people and clock in known:
            left.append(
                message(
                    "{policy}, {clock}: {n} agents are named to be notified; give their roles instead",
                    policy=policy.title,
                    clock=clock,
                    n=people,
                )
            )
    left += [
        message("{policy}: the reminder {name} is a warning of yours to add", policy=policy.title, name=name)
        for name in told
        if name.startswith("reminder") and told[name]
    ]


def _steps(levels: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield each level, and how many agents are named in it: one level stands alone, several are numbered."""
    listed = [levels] if "escalation_time" in levels else [levels[key] for key in sorted(levels)]
    for place, level in enumerate((each for each in listed if isinstance(each, Mapping)), start=1):
        ids = level.get("agent_ids") or []
        notify = {"notify": ["assignee"]} if _ASSIGNEE in ids else {}
        after = int(level.get("escalation_time") or 0)
        yield {"level": place, "after": length(after) or "0m", **notify}, sum(each != _ASSIGNEE for each in ids)


def _mapping(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, Mapping) else {}
