"""Bulk jobs: what became of each item, and how Zendesk's refusals read as outcomes."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from connectors.base import Change, Delivered, InDoubt, Outcome, Refused, Snoozed, UnderWay
from connectors.zendesk.payloads import JobResult, JobStatus
from kpi_engine.message import Message, message

_RUNNING = frozenset({"queued", "working"})
_DONE = frozenset({"updated", "created"})
_SOON = 60.0
_LONGEST_REASON = 500


def judged(status: JobStatus, changes: Sequence[Change], warning: Message | None) -> dict[int, Outcome]:
    """Return each change's outcome by its id: "completed" only says that the job ended, not that it succeeded."""
    if status.status in _RUNNING:
        return {change.change_id: UnderWay(status.id) for change in changes}
    if status.status != "completed":
        return lost(changes, message("Zendesk's job ended as {status}", status=status.status))
    items = _items(status.results)
    return {change.change_id: _judged(items.get(change.target_id), warning) for change in changes}


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


def _judged(item: JobResult | None, warning: Message | None) -> Outcome:
    if item is None:
        return InDoubt(message("Zendesk's job says nothing about this item"))
    if _succeeded(item):
        return Delivered(warning=warning)
    told = [str(part) for part in (item.error, item.details) if part]
    return refused(" ".join(told) or str(item.status))


def refused(told: str, status: int | None = None) -> Outcome:
    """Return the outcome of a refusal that reads `told`, with HTTP's `status` where it came as an answer of its own."""
    words = told.lower().replace(" ", "").replace("_", "")
    reason = message("Zendesk refuses: {told}", told=told[:_LONGEST_REASON])
    if "closedprevents" in words or "statusclosed" in words:
        return Refused(message("The ticket is closed: Zendesk lets nobody change it"), closed=True)
    if status == 404 or "notfound" in words:  # noqa: PLR2004 -- HTTP's own number
        return Refused(message("Zendesk has no such ticket or user (any more)"), closed=True)
    if status == 409 or "conflict" in words or "collision" in words:  # noqa: PLR2004 -- HTTP's own number
        return Snoozed(_SOON, message("Someone changed it at the same moment"))
    if "toomanyjobs" in words:
        return Snoozed(_SOON, message("Zendesk already works on as many jobs as it allows"))
    return Refused(reason)


def warning_in(headers: Mapping[str, str]) -> Message | None:
    """Return what Zendesk silently dropped from a write, which only this header tells."""
    told = headers.get("X-Zendesk-API-Warn")
    return message("Zendesk ignored a part of it: {told}", told=told[:_LONGEST_REASON]) if told else None
