"""Summaries and notes sent without an answer: what the helpdesk shows of them, before anything is sent again."""

from collections.abc import Sequence
from typing import Final

from connectors.base import Delivered, Outcome, Refused, Snoozed, Target
from connectors.effects import MARKER
from kpi_engine.message import message
from sync.account import Account
from sync.crash import crash_point
from sync.store.changes import UNRESOLVED, Queued

LOOK_UP_WINDOW: Final = 60
"""Seconds within which a helpdesk commits what it accepted without an answer: nothing is sent again before."""

_LOOKS: Final = 4


def server_now(account: Account) -> int:
    """Return the helpdesk's time, which requests and later rows are dated by; ours where it told none."""
    told = account.connector.usage().now
    return told if told is not None else account.now()


def found_writings(account: Account, doubtful: Sequence[Queued]) -> dict[int, Outcome]:
    """Look for what was sent: what is there counts as delivered, what is not once the window is over is sent again.

    Of several tickets that a creation left the oldest is it.
    """
    crash_point("before_look_up")
    outcomes: dict[int, Outcome] = {}
    for look in range(_LOOKS):
        missing = [each for each in doubtful if not isinstance(outcomes.get(each.change_id), Delivered | Refused)]
        outcomes |= {each.change_id: _found(account, each) for each in missing}
        recent = [each for each in missing if server_now(account) - each.changed_at < LOOK_UP_WINDOW]
        if look == _LOOKS - 1 or not any(isinstance(outcomes[each.change_id], Snoozed) for each in recent):
            break
        account.clock.sleep(LOOK_UP_WINDOW / (_LOOKS - 1))
    crash_point("after_look_up")
    return outcomes


def _found(account: Account, each: Queued) -> Outcome:
    if each.target is Target.ESCALATION:
        return _found_effect(account, each)
    if each.summary is None:
        return Refused(message("The summary has no content"))
    if not is_creation(each):
        return _found_note(account, each, each.summary.marker)
    tickets = account.connector.find(each.summary.external_id)
    again = Snoozed(0, message("its answer was lost and no such ticket was found"))
    return Delivered(remote_id=tickets[0]) if tickets else again


def _found_note(account: Account, each: Queued, marker: str) -> Outcome:
    noted = account.connector.noted(each.target_id, marker)
    if noted is None:
        return Refused(message("it is gone from the helpdesk"), closed=True)
    return Delivered(each.target_id) if noted else Snoozed(0, message("its answer was lost and it had not arrived"))


def _found_effect(account: Account, each: Queued) -> Outcome:
    """Look for an escalation's note, which is written with the rest or after it; without one all is sent again.

    What is done already is not done twice: the ticket is read first.
    """
    if MARKER in each.values:
        return _found_note(account, each, str(each.values[MARKER]))
    return Snoozed(0, message("its answer was lost and it is looked at again"))


def is_creation(each: Queued) -> bool:
    """Tell whether a change makes a ticket, rather than writing on one."""
    return each.summary is not None and each.target_id == each.summary.external_id


def remember_summary(account: Account, each: Queued, outcome: Outcome, now: int) -> None:
    """Remember which ticket carries a summary, what it shows now, and that one can no longer be written."""
    if each.summary is None:
        return
    summaries, external_id, body = account.store.summaries, each.summary.external_id, each.values.get("shown")
    if isinstance(outcome, Delivered):
        if is_creation(each) and outcome.remote_id is not None:
            doubtful = each.attempts > 0 or each.state in UNRESOLVED
            summaries.created(external_id, outcome.remote_id, now, look_again=doubtful)
        if body is not None:
            summaries.show(external_id, str(body), str(each.values["state"]))
    elif isinstance(outcome, Snoozed) and is_creation(each) and each.state in UNRESOLVED:
        summaries.change(external_id, look_again_at=now)  # however often it is queued anew: the first may yet come
    elif isinstance(outcome, Refused) and outcome.closed and not is_creation(each) and body is not None:
        summaries.change(external_id, unwritable=True)
