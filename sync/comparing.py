"""What a look at the helpdesk says about a write: whether it arrived, still holds, or was kept."""

from collections.abc import Mapping, Sequence

from connectors.base import Delivered, Outcome, Refused, Snoozed, Target
from kpi_engine.message import message
from kpi_engine.records import FieldValue
from sync.account import Account
from sync.planning import same
from sync.store.changes import ChangeState, Queued
from sync.store.findings import Finding, What

PROVED = "agent_fields_proved"
"""The switch that remembers on which user fields a value was seen to stand after it was written."""

_ATTEMPTS = 5
_LATER = 60.0
_GONE = Refused(message("it is gone from the helpdesk"), closed=True)

Values = Mapping[str, FieldValue]


def found_values(account: Account, doubtful: Sequence[Queued]) -> dict[int, Outcome]:
    """Look what became of writes of unknown outcome: there means delivered, not there means to be sent again."""
    remote = _remote(account, doubtful)
    return {each.change_id: _found(each, remote.get(each.target_id)) for each in doubtful}


def _found(each: Queued, found: Values | None) -> Outcome:
    if found is None:
        return _GONE
    if shows(found, each.values):
        return Delivered()
    if each.attempts >= _ATTEMPTS:
        return Refused(message("it was sent {n} times and never arrived", n=each.attempts))
    return Snoozed(0, message("its answer was lost and it had not arrived"))


def after_conflict(account: Account, met: Sequence[Queued]) -> dict[int, Outcome]:
    """Look again at what somebody else changed meanwhile; what still is as it was planned from is left out.

    That may be sent once more. Where our own fields changed, the next pass has to plan anew.
    """
    remote = _remote(account, met)
    outcomes = {each.change_id: _judged(each, remote.get(each.target_id)) for each in met}
    return {change_id: outcome for change_id, outcome in outcomes.items() if outcome is not None}


def _judged(each: Queued, found: Values | None) -> Outcome | None:
    if found is None:
        return _GONE
    if shows(found, each.values):
        return Delivered()
    return None if shows(found, each.previous) else changed_meanwhile()


def changed_meanwhile() -> Snoozed:
    """Return the outcome of a write that the next pass has to think over."""
    return Snoozed(_LATER, message("somebody else changed it since the plan was made"))


def _remote(account: Account, changes: Sequence[Queued]) -> dict[str, dict[str, FieldValue]]:
    return account.connector.read(changes[0].target, [each.target_id for each in changes]) if changes else {}


def shows(found: Values, values: Values) -> bool:
    """Tell whether an object's values are those that were to be written."""
    return all(same(found.get(key), value) for key, value in values.items())


def unkept(account: Account, batch: Sequence[Queued]) -> list[Finding]:
    """Read back, once, what was first written to agents' fields: a helpdesk may take it and keep nothing.

    Returns the fields in which something else stands. They are read back once more when other fields are used.
    """
    fields = account.store.remote_fields.all(account.name)
    names = ",".join(sorted(remote_id for (target, _), remote_id in fields.items() if target is Target.AGENT))
    if account.store.switches.get(account.name, PROVED) == names:
        return []
    delivered = [each for each in batch if _is_delivered(account, each)]
    remote = _remote(account, delivered)
    lost = {
        key: Finding(
            what=What.UNKEPT,
            target=Target.AGENT,
            field=key,
            expected=value,
            found=remote.get(each.target_id, {}).get(key),
            told=message("the helpdesk took values for {field} and does not show them", field=key),
        )
        for each in delivered
        for key, value in each.values.items()
        if not same(remote.get(each.target_id, {}).get(key), value)
    }
    if delivered and not lost:
        account.store.switches.set(account.name, PROVED, names)
    return list(lost.values())


def _is_delivered(account: Account, each: Queued) -> bool:
    now = account.store.changes.get(each.change_id)
    return now is not None and now.state is ChangeState.DELIVERED
