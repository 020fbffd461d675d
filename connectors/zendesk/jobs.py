"""Bulk jobs: what became of each item, and how Zendesk's refusals and warnings read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from connectors.base import Change, Conflicting, Delivered, InDoubt, Outcome, Refused, Snoozed, UnderWay
from connectors.zendesk.payloads import JobResult, JobStatus
from kpi_engine.message import Message, message

_RUNNING = frozenset({"queued", "working"})
_DONE = frozenset({"updated", "created"})
_SOON = 60.0
_LONGEST_REASON = 500


# As Ruby prints it, before and since its version 3.4: `:unpermitted_keys=>["a"]` and `unpermitted_keys: ["a"]`.
_DROPPED = re.compile(r"(unpermitted_keys|invalid_values)(?:=>|: )\[(.*?)\]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Told:
    """What Zendesk knows of our fields that its refusals may name: our keys by its ids; and a warning that came."""

    keys: Mapping[str, str]
    warning: Message | None = None


def judged(status: JobStatus, changes: Sequence[Change], told: Told) -> dict[int, Outcome]:
    """Return each change's outcome by its id: "completed" only says that the job ended, not that it succeeded.

    Of a job that ended in any other way, what it says about an item counts, and the rest must be looked at.
    """
    if status.status in _RUNNING:
        return {change.change_id: UnderWay(status.id) for change in changes}
    items = _items(status.results)
    silence = message("Zendesk's job ended as {status} and says nothing about this item", status=status.status)
    return {
        change.change_id: _judged(items[change.target_id], told) if change.target_id in items else InDoubt(silence)
        for change in changes
    }


def lost(changes: Sequence[Change], reason: Message) -> dict[int, Outcome]:
    """Return every change as in doubt."""
    return {change.change_id: InDoubt(reason) for change in changes}


def _items(results: object) -> dict[str, JobResult]:
    """Return the results by id, whatever their order; where an id has several, a failure is what counts."""
    found: dict[str, JobResult] = {}
    for result in results if isinstance(results, list) else [results]:
        item = _item(result)
        if item is not None and item.id is not None and (item.id not in found or _succeeded(found[item.id])):
            found[item.id] = item
    return found


def _item(result: object) -> JobResult | None:
    try:
        return JobResult.model_validate(result)
    except ValidationError:
        return None


def _succeeded(item: JobResult) -> bool:
    said = str(item.status).lower() in _DONE and not item.error
    return said if item.success is None else item.success


def _judged(item: JobResult, told: Told) -> Outcome:
    if _succeeded(item):
        return Delivered(warning=told.warning)
    words = [part if isinstance(part, str) else json.dumps(part) for part in (item.error, item.details) if part]
    return refused(" ".join(words) or str(item.status), keys=told.keys)


def refused(told: str, status: int | None = None, keys: Mapping[str, str] | None = None) -> Outcome:
    """Return the outcome of a refusal that reads `told`, with HTTP's `status` where it came as an answer of its own.

    `keys`: our keys by Zendesk's ids of their fields, so that a refusal can name the field it is about.
    """
    words = told.lower().replace(" ", "").replace("_", "")
    if "closedprevents" in words or "statusclosed" in words:
        return Refused(message("The ticket is closed: Zendesk lets nobody change it"), closed=True)
    if status == 404 or "notfound" in words:  # noqa: PLR2004 -- HTTP's own number
        return Refused(message("Zendesk has no such ticket or user (any more)"), closed=True)
    if status == 409 or "conflict" in words or "collision" in words:  # noqa: PLR2004 -- HTTP's own number
        return Conflicting(message("Someone changed it at the same moment"))
    if "toomanyjobs" in words:
        return Snoozed(_SOON, message("Zendesk already works on as many jobs as it allows"))
    return Refused(_reason(told, keys or {}))


def _reason(told: str, keys: Mapping[str, str]) -> Message:
    """Return why a write is refused, with our key of the field it is about where it names one."""
    words = " ".join(_descriptions(told)) or told
    field = next((key for name, key in keys.items() if re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}\b", told)), None)
    if field is None:
        return message("Zendesk refuses: {told}", told=words[:_LONGEST_REASON])
    return message("Zendesk refuses the field {field}: {told}", field=field, told=words[:_LONGEST_REASON])


def _descriptions(told: str) -> Iterator[str]:
    """Yield the sentences in the JSON of a refusal: `details`, by property, lists what is wrong with it."""
    try:
        details = json.loads(told)["details"]
    except (ValueError, TypeError, KeyError):
        return
    for name, faults in details.items() if isinstance(details, dict) else ():
        for fault in faults if isinstance(faults, list) else [faults]:
            description = fault.get("description") if isinstance(fault, dict) else fault
            yield f"{name}: {description}"


def warning_in(headers: Mapping[str, str], keys: Mapping[str, str]) -> Message | None:
    """Return what Zendesk silently left out of a write it answered with success: only this header tells.

    A header we cannot read is passed on as it is.
    """
    told = headers.get("X-Zendesk-API-Warn")
    if not told:
        return None
    dropped = {name: _named(listed, keys) for name, listed in _DROPPED.findall(told)}
    unknown, wrong = dropped.get("unpermitted_keys"), dropped.get("invalid_values")
    if unknown and wrong:
        return message("Zendesk ignored {unknown} and did not accept {wrong}", unknown=unknown, wrong=wrong)
    if unknown:
        return message("Zendesk ignored {unknown}", unknown=unknown)
    if wrong:
        return message("Zendesk did not accept {wrong}", wrong=wrong)
    return None if dropped else message("Zendesk warns: {told}", told=told[:_LONGEST_REASON])


def _named(listed: str, keys: Mapping[str, str]) -> str:
    """Return what a list in the warning names; what is a field of ours with our own key beside it."""
    found = []
    for name in dict.fromkeys(_QUOTED.findall(listed)):
        key = keys.get(name.rpartition(".")[2])
        found.append(name if key is None else f"{name} ({key})")
    return ", ".join(found)[:_LONGEST_REASON]
