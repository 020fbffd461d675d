"""Zendesk's SLA policies and group SLA policies said as policies of ours, and what cannot be said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.base import Carried
from connectors.carrying import length, reachable
from kpi_engine.message import Message, message
from kpi_engine.records import SlaPolicy

_REPLY: Final = {"stop": ["agent_public_reply"]}
_UPDATE: Final = {"start": "agent_reply", "stop": ["agent_public_reply", "solved"], "rearm": "on_agent_reply"}
_CLOCKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "first_reply_time": {"id": "first_reply", **_REPLY},
    "next_reply_time": {
        "id": "next_reply",
        "start": "customer_message",
        "stop": ["agent_public_reply", "solved"],
        "rearm": "on_customer_message",
    },
    "periodic_update_time": {"id": "periodic_update", **_UPDATE},
    "pausable_update_time": {"id": "pausable_update", **_UPDATE, "pause_in": ["pending"]},
    "requester_wait_time": {"id": "requester_wait", "stop": ["solved"], "pause_in": ["pending"], "rearm": "continues"},
    "agent_work_time": {"id": "agent_work", "stop": ["solved"], "pause_in": ["pending", "hold"], "rearm": "continues"},
    "total_resolution_time": {"id": "resolution", "stop": ["solved"], "rearm": "continues"},
    "group_ownership_time": {
        "id": "ownership",
        "start": "group_assigned",
        "stop": ["group_changed", "solved"],
        "rearm": "on_group_change",
    },
}
"""Each metric as a clock: https://support.zendesk.com/hc/en-us/articles/4408829459866."""

_SUBJECTS: Final = {
    "type": "type",
    "ticket_type_id": "type",
    "priority": "priority",
    "group_id": "group",
    "organization_id": "organization",
    "ticket_form_id": "form",
    "current_tags": "tag",
    "status": "status",
}
_OPERATORS: Final = {"is": True, "includes": True, "is_not": False, "not_includes": False}


class _UnsaidError(Exception):
    """A condition that policies cannot say."""


def carried(policies: Sequence[SlaPolicy]) -> Carried:
    """Return the account's policies in their order; one whose conditions cannot be said is left out whole."""
    left: list[Message] = []
    ordered = sorted(policies, key=lambda each: each.position)
    usual = [each for each in ordered if not _is_for_groups(each)]
    made = list(reachable(list(_policies(usual, left)), left))
    for group in (each for each in ordered if _is_for_groups(each)):
        made = _with_ownership(made, group, left)
    return Carried({"version": 1, "policies": made}, tuple(left))


def _is_for_groups(policy: SlaPolicy) -> bool:
    return any(metric.get("metric") == "group_ownership_time" for metric in _metrics(policy))


def _metrics(policy: SlaPolicy) -> list[Mapping[str, Any]]:
    metrics = policy.body.get("policy_metrics")
    return [each for each in metrics if isinstance(each, Mapping)] if isinstance(metrics, list) else []


def _policies(policies: Sequence[SlaPolicy], left: list[Message]) -> Iterator[Mapping[str, Any]]:
    for policy in policies:
        try:
            when = _when(policy.body.get("filter"))
        except _UnsaidError as unsaid:
            left.append(
                message("{policy}: left out, for {condition} cannot be said", policy=policy.title, condition=unsaid)
            )
            continue
        clocks = list(_clocks(policy, left))
        if clocks:
            yield {"id": policy.title, **({"when": when} if when else {}), "clocks": clocks}
        else:
            left.append(message("{policy}: left out, for it has no targets", policy=policy.title))


def _when(told: object) -> dict[str, list[dict[str, list[str]]]]:
    """Return a filter as conditions; Zendesk's `all` must all fit, one of its `any` must."""
    conditions = told if isinstance(told, Mapping) else {}
    when: dict[str, list[dict[str, list[str]]]] = {}
    for part in ("all", "any"):
        for condition in conditions.get(part) or ():
            fits, clause = _clause(condition)
            if not fits and part == "any":
                raise _UnsaidError(str(condition.get("field")))
            when.setdefault(part if fits else "none", []).append(clause)
    return when


def _clause(condition: Mapping[str, Any]) -> tuple[bool, dict[str, list[str]]]:
    name, operator, value = (condition.get(key) for key in ("field", "operator", "value"))
    words = [str(each) for each in (value if isinstance(value, list) else str(value or "").split())]
    subject = _SUBJECTS.get(str(name))
    if subject is None or operator not in _OPERATORS or not words:
        raise _UnsaidError(f"{name} {operator}")
    return _OPERATORS[str(operator)], {subject: words}


def _clocks(policy: SlaPolicy, left: list[Message]) -> Iterator[Mapping[str, Any]]:
    by_metric: dict[str, list[Mapping[str, Any]]] = {}
    for metric in _metrics(policy):
        by_metric.setdefault(str(metric.get("metric")), []).append(metric)
    for name, targets in by_metric.items():
        if name in _CLOCKS:
            yield {**_CLOCKS[name], **_goals(targets)}
        else:
            left.append(message("{policy}: the metric {metric} is not known", policy=policy.title, metric=name))


def _goals(targets: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return goals and kinds of time by priority; group SLAs have none, and are for every ticket."""
    goals = {str(each.get("priority") or "any"): length(int(each["target_in_seconds"])) for each in targets}
    by_clock = {str(each.get("priority") or "any") for each in targets if not each.get("business_hours")}
    if by_clock == set(goals):
        return {"goal": goals, "time": "calendar"}
    return {"goal": goals, **({"time": dict.fromkeys(sorted(by_clock), "calendar")} if by_clock else {})}


def _with_ownership(made: list[Mapping[str, Any]], group: SlaPolicy, left: list[Message]) -> list[Mapping[str, Any]]:
    """Add a group's ownership to every policy where it is for all tickets: ours gives a ticket one policy alone."""
    clocks = list(_clocks(group, left))
    filtered = group.body.get("filter")
    if isinstance(filtered, Mapping) and any(filtered.get(part) for part in ("all", "any")):
        told = message(
            "{policy}: left out, for it stands beside the other policies for some tickets only", policy=group.title
        )
        left.append(told)
        return made
    if not made:
        return [{"id": group.title, "clocks": clocks}]
    return [{**each, "clocks": [*each["clocks"], *clocks]} for each in made]
