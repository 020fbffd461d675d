"""Decisions of people about a ticket: a clock or a rating that counts for nobody, a dispute that is refused."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kpi_engine.message import Message, message
from kpi_engine.records import Observation, TicketSnapshot
from sync.account import Account
from sync.approving import Approving
from sync.people import people
from sync.pull import Pass
from sync.settling import settled_through
from sync.store import Holder
from sync.store.codec import decoded, encoded
from sync.store.observations import INPUTS, OVERRIDES, Kept

_NOTED = "overrides_noted"
_TYPED = "override"


class UnfitOverrideError(Exception):
    """A decision cannot be noted; `message` says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.message = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: of which ticket's clock, or `rating`, or `refused`; who made it, when and why; where it stands.

    `ended` says by what it was taken back or replaced, None while it stands.
    """

    ticket_id: str
    what: str
    reason: str
    approved_by: str
    approved_at: int = 0
    source: str = ""
    ended: str | None = None


def typed_by(user: str | None) -> str:
    """Return the source of a decision that is typed on the command line, by a user of this machine if he has a name."""
    return _TYPED if user is None else f"{_TYPED} ({user})"


def place_text(source: str) -> Message | str:
    """Return in words where a decision stands: a file with its line, or who typed it."""
    if source == _TYPED:
        return message("typed with `override`")
    user = source.removeprefix(f"{_TYPED} (").removesuffix(")")
    return source if user == source else message("typed by {user}", user=user)


def ended_text(line: Message, ended: str | None) -> Message:
    """Return the line of a decision with what ended it: another in its place, or who took it back and why."""
    if ended is None:
        return line
    if ended == _TYPED or ended.startswith(f"{_TYPED} ("):
        return message("{line}; replaced by a later one", line=line)
    return message("{line}; ended by {place}", line=line, place=ended)


def decisions(account: Account, *, past: bool = False) -> list[Decision]:
    """Return the account's decisions, oldest first; with `past` those too that were taken back or replaced."""
    intakes = account.store.observations.intakes(INPUTS, OVERRIDES)
    kept = account.store.observations.past(INPUTS, OVERRIDES)
    mine = [each for each in kept if each.observation.account == account.name]
    return [_decision(each, intakes) for each in mine if past or each.until is None]


def _decision(kept: Kept, intakes: Mapping[int, tuple[str, int]]) -> Decision:
    told = kept.observation
    return Decision(
        ticket_id=told.ticket_id or "",
        what=str(told.values["clock"]),
        reason=str(told.values["reason"]),
        approved_by=str(told.values["approved_by"]),
        approved_at=told.at,
        source=told.source,
        ended=None if kept.until is None else intakes[kept.until][0],
    )


def decide(account: Account, decision: Decision, at: int, source: str) -> bool:
    """Note a decision made by hand at an instant, with where it comes from for its source.

    Tells whether it reaches into a settled period, where nothing changes by itself. Raises UnfitOverrideError for a
    ticket that nobody knows or by somebody who may not decide it, LockHeldError while a file is brought in.
    """
    ticket = known_ticket(account, decision.ticket_id)
    observation = _observation(account, decision, at, source)
    _refuse_unapproved(account, observation)
    with _intake(account, source) as intake:
        account.store.observations.bring(INPUTS, intake, [observation])
    return ticket.created_at < settled_through(account)


def _observation(account: Account, decision: Decision, at: int, source: str) -> Observation:
    return Observation(
        kind=OVERRIDES,
        observation_id=override_key(decision.ticket_id, decision.what, account.name),
        at=at,
        agent=None,
        customer_id=None,
        ticket_id=decision.ticket_id,
        account=account.name,
        values={"clock": decision.what, "reason": decision.reason, "approved_by": decision.approved_by},
        source=source,
    )


def _refuse_unapproved(account: Account, decision: Observation) -> None:
    approving = Approving(account.store, account.settings, people(account.store, account.settings), account.now())
    for objection in approving.objections([decision]).values():
        raise UnfitOverrideError(objection)


def take_back(account: Account, decision: Decision) -> bool:
    """Take a decision back; tell whether there was one. Who does it, and why, stand in the log.

    Raises UnfitOverrideError for somebody who may not decide it, LockHeldError while a file is brought in.
    """
    told = f"{decision.approved_by}: {decision.reason}"
    _refuse_unapproved(account, _observation(account, decision, account.now(), told))
    key = override_key(decision.ticket_id, decision.what, account.name)
    with _intake(account, told) as intake:
        return account.store.observations.withdraw(INPUTS, OVERRIDES, key, intake) > 0


@contextmanager
def _intake(account: Account, source: str) -> Iterator[int]:
    store, now = account.store, account.now()
    lock = store.locks.acquire(INPUTS, Holder(socket.gethostname(), os.getpid(), now), now)
    try:
        with store.transaction(lock):
            store.observations.take_back_unfinished(INPUTS)
            intake = store.observations.begin(INPUTS, OVERRIDES, source, now)
            yield intake
            store.observations.end(intake, {}, now)
    finally:
        store.locks.release(lock)


def override_key(ticket_id: str, what: str, account: str) -> str:
    """Return the key of a decision: there is one at a time about a ticket's clock."""
    return encoded([ticket_id, what, account])


def known_ticket(account: Account, ticket_id: str) -> TicketSnapshot:
    """Return a ticket as it was seen last; raise UnfitOverrideError where it never was."""
    found = account.store.records.snapshots(account.name, [ticket_id])
    if ticket_id not in found:
        raise UnfitOverrideError(message("{account} has no ticket {ticket}", account=account.name, ticket=ticket_id))
    return found[ticket_id]


def note_overrides(account: Account, this: Pass) -> None:
    """Have the tickets measured again about which something else is decided than when a pass looked last."""
    store, name = account.store, account.name
    now = {ticket: sorted(what) for ticket, what in store.records.exempt(name).items()}
    before: dict[str, list[str]] = decoded(store.switches.get(name, _NOTED) or "{}")
    changed = [ticket for ticket in {**before, **now} if before.get(ticket) != now.get(ticket)]
    if changed:
        with store.transaction(this.lock):
            store.records.mark_stale(name, changed)
            store.switches.set(name, _NOTED, encoded(now))
