"""When periods are charged for good, which helpdesk that waits for, and how a correction reaches the others."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kpi_engine.charges import settle_charges
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, periods_between
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.charging import (
    Consequences,
    agreed_editions,
    agreed_kinds,
    assessments,
    charged_through,
    consequences_at,
    end_of,
    is_settled,
    judged_together,
    set_charged_through,
)
from sync.editions import rulebook
from sync.locale import Language
from sync.people import people
from sync.pull import complete_through
from sync.rewarding import settle_rewards
from sync.settling import settled_through, settles_after

_ZONES_APART: Final = 2 * 86_400
_LEFT: Final = "correct_charges:"
"""Begins the keys, by number, under which an account finds corrections of others that it has yet to follow."""


def settle_charges_of_periods(account: Account, as_of: int) -> None:
    """Write into the ledger what periods come to that were settled since; in the caller's transaction.

    Where people or teams are judged over several accounts, a period waits for all of them. Before that, what other
    accounts corrected since is followed.
    """
    _follow_corrections(account, as_of)
    before = charged_through(account)
    if settled_through(account) <= before:
        return
    with judged_together(account) as everyone:
        through = min(settled_through(each) for each in everyone if each is account or _judges_with(account, each))
    if through <= before:
        return
    for period in _ended(account, before, through):
        _charge(account, period, as_of, 0)
    set_charged_through(account, through)


def _judges_with(account: Account, other: Account) -> bool:
    """Tell whether somebody, or a team, is judged by what is on both accounts, or ranked beside those on the other.

    An account of which nothing was ever said judges nobody.
    """
    if other.store.readings.days(other.name) is None:
        return False
    both = {account.name, other.name}
    shared = any(both <= each.accounts.keys() for each in people(account.store, account.settings).persons)
    if shared or any(reward.within == "account" for each in _agreed(account) for reward in each.rewards):
        return True
    return _judges_teams(account) and not _teams(account).isdisjoint(_teams(other))


def _judges_teams(account: Account) -> bool:
    return any(
        any(each.scope is Scope.TEAM for each in agreed.penalties) or any(agreed.rewards) for agreed in _agreed(account)
    )


def _agreed(account: Account) -> list[Consequences]:
    return [Consequences.from_document(each.body) for each in agreed_editions(account)]


def _teams(account: Account) -> set[str]:
    return {name for edition in rulebook(account).organization.values for name in edition.names}


def _ended(account: Account, before: int, through: int) -> Iterator[Period]:
    """Yield the periods, of the lengths that penalties are about, that ended after `before` and by `through`."""
    days = account.store.readings.days(account.name)
    since = max(before, days[0] if days is not None else through) - _ZONES_APART
    for kind in agreed_kinds(account):
        for period in periods_between(kind, account.settings.timezone, since, through):
            if before < end_of(account, period) <= through:
                yield period


def _charge(account: Account, period: Period, as_of: int, correction: int) -> None:
    """Bring both ledgers, of charges and of rewards, in line with what a period comes to."""
    entries = account.store.charges.of_period(account.name, period.label)
    noted = entries or account.store.awards.of_period(account.name, period.label)
    if not noted and not consequences_at(account, period.start).judge(period):
        return  # most periods of a store that is older than its penalties
    judging = [each for each in assessments(account, period, as_of) if each.penalty.judges(each.period)]
    account.store.charges.append(account.name, settle_charges(entries, judging, as_of, correction))
    settle_rewards(account, period, as_of, correction)


# --- Corrections -----------------------------------------------------------------------------------------------------


def correct_charges(account: Account, corrected: Period, as_of: int, number: int) -> None:
    """Bring the charges of settled periods in line with a correction; in the caller's transaction.

    Other accounts on which the same people, or teams, are judged are left a note: a ledger is written under its own
    account's lock alone, so each follows in its own next pass.
    """
    _correct(account, (corrected.zone, corrected.start, corrected.end), as_of, number)
    with judged_together(account) as everyone:
        for each in everyone:
            if each is not account and _judges_with(account, each):
                span = json.dumps([corrected.zone, corrected.start, corrected.end])
                each.store.switches.set(each.name, f"{_LEFT}{number}", span)


def _follow_corrections(account: Account, as_of: int) -> None:
    switches = account.store.switches
    for number, span in sorted(switches.under(account.name, _LEFT).items(), key=lambda left: int(left[0])):
        _correct(account, tuple(json.loads(span)), as_of, int(number))
        switches.clear(account.name, f"{_LEFT}{number}")


def _correct(account: Account, span: tuple[str, int, int], as_of: int, number: int) -> None:
    for kind in agreed_kinds(account):
        for period in periods_between(kind, *span):
            if is_settled(account, period):
                _charge(account, period, as_of, number)


# --- What is waited for ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """A period whose charges wait, since an instant, for other accounts, by how far the data of each is complete."""

    period: str
    since: int
    behind: tuple[tuple[str, int | None], ...]

    def document(self) -> dict[str, object]:
        """Return it as JSON; instants are seconds since 1970 UTC."""
        behind = [{"connector": name, "as_of": as_of} for name, as_of in self.behind]
        return {"period": self.period, "since": self.since, "accounts": behind}

    def sentence(self, language: Language) -> Message:
        """Say what waits for whom since when, and what ends it."""
        parts = (
            message("{name} (data complete to {moment})", name=name, moment=language.moment(as_of or 0))
            for name, as_of in self.behind
        )
        return message(
            "the charges and rewards of {period} have waited since {since} for {accounts}, on which the same people or"
            " teams are judged: let it run, or take it out of the configuration",
            period=self.period,
            since=language.moment(self.since),
            accounts=", ".join(map(language, parts)),
        )


def wait_of(account: Account) -> Wait | None:
    """Return the first period that only other accounts keep from being charged; None where there is none."""
    ended = _ended(account, charged_through(account), settled_through(account))
    judged = (period for period in ended if consequences_at(account, period.start).judge(period))
    first = min(judged, key=lambda each: each.end, default=None)
    return None if first is None else wait_for(account, first)


def wait_for(account: Account, period: Period) -> Wait | None:
    """Return what keeps a period from being charged though it is settled on this account; None where nothing does."""
    end = end_of(account, period)
    if (
        is_settled(account, period)
        or settled_through(account) < end
        or not consequences_at(account, period.start).judge(period)
    ):
        return None
    with judged_together(account) as everyone:
        behind = tuple(
            (each.name, complete_through(each))
            for each in everyone
            if each is not account and settled_through(each) < end and _judges_with(account, each)
        )
    return Wait(period.label, end + settles_after(account), behind) if behind else None


def corrections_left(account: Account) -> int:
    """Return how many corrections of other accounts the charges here have yet to follow, in the next pass."""
    return len(account.store.switches.under(account.name, _LEFT))
