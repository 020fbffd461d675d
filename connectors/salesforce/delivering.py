"""How changes are sent: collections of up to two hundred records, each with an outcome of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Change, Delivered, Outcome, Refused, Snoozed
from connectors.delivering import LATER, Outcomes, for_all, homeless, merged
from connectors.errors import RefusedError, TransientError, UnexpectedPayloadError
from connectors.rows import understood
from connectors.salesforce import refusals
from connectors.salesforce.descriptions import Saved
from connectors.salesforce.org import Org
from connectors.salesforce.refusals import Trouble
from kpi_engine.message import message

BATCH = 200
UNASSIGNED = {"Sforce-Auto-Assign": "FALSE"}
"""On every write: the org's assignment rule would hand the case to somebody else, and mail him."""

_UNLOCKED_AFTER = 5.0  # seconds: whoever holds the record lets go of it soon


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of record to be written: its payload, and where our fields live."""

    payload: Callable[[Change, Mapping[str, str]], dict[str, object]]
    names: Mapping[str, str]


def send(org: Org, collection: Collection, changes: Sequence[Change]) -> Outcomes:
    """Send the changes in one request; values are absolute, so that a lost answer may simply be repeated."""
    refused = homeless(changes, collection.names, "Salesforce")
    sendable = [change for change in changes if change.change_id not in refused]
    return {**refused, **(_send(org, collection, sendable) if sendable else {})}


def _send(org: Org, collection: Collection, changes: Sequence[Change]) -> Outcomes:
    """Send one record an object: a collection that names one twice is refused as a whole."""
    single = merged(changes)
    records = [collection.payload(change, collection.names) for change in single.values()]
    path, wanted = f"{org.root}/composite/sobjects", {"allOrNone": False, "records": records}
    try:
        answer = org.session.send("PATCH", path, wanted, safe_to_repeat=True, headers=UNASSIGNED)
    except TransientError as error:
        return for_all(changes, Snoozed(error.after or LATER, error.message))
    except RefusedError as error:
        return for_all(changes, of_refusal(error))
    told = answer.json
    if not isinstance(told, list) or len(told) != len(records):
        raise UnexpectedPayloadError(message("Salesforce's answer has no outcome for each record"))
    became = {target: _outcome(understood(Saved, row)) for target, row in zip(single, told, strict=True)}
    return {change.change_id: became[change.target_id] for change in changes}


def of_refusal(error: RefusedError) -> Outcome:
    """Return what became of a write that was refused: a lock is waited for, what is gone is closed."""
    codes = refusals.codes_of(error)
    if refusals.LOCKED in codes:
        return Snoozed(_UNLOCKED_AFTER, error.message)
    return Refused(error.message, closed=bool(codes & refusals.GONE))


def _outcome(saved: Saved) -> Outcome:
    if saved.success:
        return Delivered(saved.id)
    found = refusals.troubles(saved.errors) or [Trouble("?", "")]
    told = message("Salesforce refuses: {told}", told="; ".join(str(trouble) for trouble in found))
    if any(trouble.code == refusals.LOCKED for trouble in found):
        return Snoozed(_UNLOCKED_AFTER, told)
    return Refused(told, closed=any(trouble.code in refusals.GONE for trouble in found))
