"""Calls that a helpdesk tells natively: kept as observations, each part of a call with what only the whole tells."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kpi_engine.records import Observation
from sync.account import Account

FACTS = "phone_calls"
"""The kind of whole calls."""


def bring_calls(account: Account, source: str, records: Iterable[object]) -> int:
    """Keep observations of a page that are new or say something else; return how many they were."""
    observations = [each for each in records if isinstance(each, Observation)]
    count = 0
    for kind in sorted({each.kind for each in observations}, reverse=True):  # whole calls before their parts
        of_kind = _completed(account, [each for each in observations if each.kind == kind])
        fresh = account.store.observations.fresh(account.name, of_kind)
        if fresh:
            intake = account.store.observations.begin(account.name, kind, source, account.now())
            account.store.observations.bring(account.name, intake, fresh)
            account.store.observations.end(intake, {"new": len(fresh)}, account.now())
        count += len(fresh)
    return count


def _completed(account: Account, observations: Sequence[Observation]) -> list[Observation]:
    ids = [str(each.values["call_id"]) for each in observations if "call_id" in each.values]
    calls = account.store.observations.named(account.name, FACTS, ids) if ids else {}
    return [_with_facts(each, calls.get(str(each.values.get("call_id")))) for each in observations]


def _with_facts(part: Observation, call: Observation | None) -> Observation:
    if call is None:
        return part
    values = {**part.values, "direction": call.values["direction"]}
    return replace(part, ticket_id=call.ticket_id, customer_id=call.customer_id, values=values)
