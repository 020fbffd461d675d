"""Observations that a helpdesk tells natively: each part of a call kept with what only the whole call tells."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kpi_engine.records import FieldValue, Observation, Withdrawn
from sync.account import Account
from sync.store.pseudonyms import Names

FACTS = "phone_calls"
"""The kind of whole calls."""


def bring_observations(account: Account, source: str, records: Iterable[object]) -> int:
    """Keep observations of a page that are new or say something else, end those withdrawn; return how many changed."""
    names = account.store.pseudonyms.names(account.name)
    told = [_unnamed(each, names) for each in records if isinstance(each, Observation | Withdrawn)]
    count = 0
    for kind in sorted({each.kind for each in told}, reverse=True):  # whole calls before their parts
        present = [each for each in told if isinstance(each, Observation) and each.kind == kind]
        gone = [each.observation_id for each in told if isinstance(each, Withdrawn) and each.kind == kind]
        count += _brought(account, source, kind, _completed(account, present))
        count += _withdrawn(account, source, kind, gone)
    return count


def _unnamed(record: Observation | Withdrawn, names: Names) -> Observation | Withdrawn:
    """Return an observation without the ids of people who are forgotten, whom the helpdesk may tell of again."""
    if not names.known or isinstance(record, Withdrawn):
        return record
    return replace(record, agent=names(record.agent), customer_id=names(record.customer_id))


def _brought(account: Account, source: str, kind: str, observations: Sequence[Observation]) -> int:
    store = account.store.observations
    fresh = store.fresh(account.name, observations)
    if fresh:
        intake = store.begin(account.name, kind, source, account.now())
        store.bring(account.name, intake, fresh)
        store.end(intake, {"new": len(fresh)}, account.now())
    return len(fresh)


def _withdrawn(account: Account, source: str, kind: str, keys: Sequence[str]) -> int:
    store = account.store.observations
    standing = store.named(account.name, kind, keys) if keys else {}
    if standing:
        intake = store.begin(account.name, kind, source, account.now())
        for key in standing:
            store.withdraw(account.name, kind, key, intake)
        store.end(intake, {"withdrawn": len(standing)}, account.now())
    return len(standing)


def _completed(account: Account, observations: Sequence[Observation]) -> list[Observation]:
    ids = [str(each.values["call_id"]) for each in observations if "call_id" in each.values]
    calls = account.store.observations.named(account.name, FACTS, ids) if ids else {}
    return [_with_facts(each, calls.get(str(each.values.get("call_id")))) for each in observations]


def _with_facts(part: Observation, call: Observation | None) -> Observation:
    if call is None:
        return part
    values = {**part.values, "direction": call.values["direction"], **_waited(part, call)}
    return replace(part, ticket_id=call.ticket_id, customer_id=call.customer_id, values=values)


def _waited(part: Observation, call: Observation) -> dict[str, FieldValue]:
    """Return how long the caller waited, for the part of whoever took the call first: nobody else let him wait."""
    wait, first = call.values.get("wait_s"), call.values.get("first_agent")
    taken = part.values.get("outcome") == "answered" and part.agent is not None and part.agent == first
    return {"wait_s": wait} if taken and wait is not None else {}
