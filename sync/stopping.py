"""What stopped the writing: a pass was taken back, or the set-up was; until a pass with --yes allows it again."""

from kpi_engine.message import Message, message
from sync.account import Account
from sync.planning import ARMED

_STOPPED_BY = "writing_stopped_by"
"""The switch that remembers which pass was taken back, 0 for the set-up."""


def stop(account: Account, pass_id: int = 0) -> None:
    """Let no pass write until one is allowed to again; `pass_id` is the pass that was taken back, 0 for the set-up."""
    account.store.switches.clear(account.name, ARMED)
    account.store.switches.set(account.name, _STOPPED_BY, pass_id)


def stopped(account: Account) -> Message | None:
    """Return what stopped the writing, None where nothing did: it is allowed, or never was."""
    switches, name = account.store.switches, account.name
    by = switches.number(name, _STOPPED_BY)
    if by is None or switches.number(name, ARMED) is not None:
        return None
    if by == 0:
        return message("writing: stopped since the set-up was taken back; a pass with --yes allows it again")
    return message("writing: stopped since pass {n} was taken back; a pass with --yes allows it again", n=by)
