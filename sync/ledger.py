"""The ledger of one period, told: what fell due, what was charged to whom on which evidence, and what undid it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from kpi_engine.awards import AwardEntry, AwardKind
from kpi_engine.cases import COMPLAINT, Case
from kpi_engine.charges import ChargeEntry, ChargeKind, cost
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.message import Message
from kpi_engine.penalties import Finding
from kpi_engine.periods import Period, period_at
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.charging import cases_in, charges_of, counted_together, is_settled
from sync.escalated import Followed, Spot, followed, spot
from sync.overriding import Decision, decisions
from sync.people import people
from sync.rewarding import awards_of
from sync.settling import corrections, settles_after
from sync.settling_charges import Wait, wait_for
from sync.sources import Source
from sync.store.settled import Correction

NO_PENALTY: Final = "no_penalty"
"""What is found about a deadline missed that no penalty speaks of."""

SOMEBODY: Final = "?"
"""Who stands in the place of somebody who may not be shown."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose lines of the ledger are asked for: one agent's, one team's, one ticket's, or all."""

    agent: str | None = None
    team: str | None = None
    ticket_id: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether anybody or anything is named."""
        return (self.agent, self.team, self.ticket_id) != (None, None, None)

    def has(self, agent: str | None, team: str | None, ticket_id: str) -> bool:
        """Tell whether a line about these is among those asked for."""
        return (
            (self.agent is None or agent == self.agent)
            and (self.team is None or team == self.team)
            and (self.ticket_id is None or ticket_id == self.ticket_id)
        )


@dataclass(frozen=True, slots=True)
class Total:
    """What a period comes to for one subject under one penalty; `money` is None where points are worth none.

    With `customers` those are counted who complained, of those who were held, and not clocks.
    """

    penalty: str
    scope: Scope
    subject: str
    counted: int
    allowed: int
    volume: int
    points: int
    money: Decimal | None
    currency: str | None
    customers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A period's ledger as it may be told to whoever asks.

    `charges` are the deadlines missed with what they cost, `taken_back` those lines that a correction undid, `firings`
    everything that fell due or was taken back. Before the period is settled, at `settles_at`, charges are a preview.
    `wait` says which other account it waits for when its time has come.
    With `counted_together` the numbers beside the points are of several accounts.
    `hidden` counts the people whose charges may not be shown. `rewards` are told to leads alone, of those they lead.
    `followed` says, where somebody or something is named, whom each step of an escalation was for; `left` why steps did
    nothing on their tickets, by what names their effects. `elsewhere` are the labels of the other periods of its length
    in which something fell due on the ticket that is named.
    """

    account: Account
    period: Period
    wish: Wish
    settled: bool
    settles_at: int
    as_of: int
    now: int
    wait: Wait | None
    totals: tuple[Total, ...]
    charges: tuple[ChargeEntry, ...]
    taken_back: tuple[ChargeEntry, ...]
    firings: tuple[Entry, ...]
    overrides: tuple[Decision, ...]
    corrections: tuple[Correction, ...]
    hidden: int = 0
    counted_together: bool = False
    rewards: tuple[AwardEntry, ...] = ()
    rewards_taken_back: tuple[AwardEntry, ...] = ()
    rewarded_together: bool = False
    followed: Mapping[Spot, Followed] = field(default_factory=dict)
    left: Mapping[str, Message] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether the instant is past by which the period ought to have been charged, and it is not."""
        return not self.settled and self.now >= self.settles_at

    @property
    def undone(self) -> tuple[ChargeEntry, ...]:
        """Those lines taken back that charge otherwise now: of others only the evidence beside them changed."""
        stand = set(map(cost, self.charges))
        return tuple(each for each in self.taken_back if cost(each) not in stand)


def told_ledger(asked: Source, wish: Wish) -> Told:
    """Return the ledger of a source's period, as far as `wish` goes and the source's sight allows."""
    account, period, view = asked.account, asked.window.period, _View(asked)
    every = charges_of(account, period, asked.window.as_of)
    charges = [each for each in [*every, *_unpenalized(asked, every)] if _concerns(wish, each)]
    shown = [view.charge(each) for each in charges if view.may(each)]
    firings = [each for each in _firings(asked) if wish.has(each.agent, each.team, each.ticket_id)]
    tickets = {each.ticket_id for each in charges} | {each.ticket_id for each in firings}
    return Told(
        account=account,
        period=period,
        wish=wish,
        settled=is_settled(account, period),
        settles_at=period.end + settles_after(account),
        as_of=asked.window.as_of,
        now=account.now(),
        wait=wait_for(account, period),
        totals=tuple(totals(shown)),
        charges=tuple(shown),
        taken_back=tuple(view.charge(each) for each in _withdrawn(asked) if _concerns(wish, each) and view.may(each)),
        firings=tuple(view.firing(each) for each in firings),
        overrides=tuple(each for each in decisions(account, past=True) if each.ticket_id in tickets),
        corrections=tuple(each for each in corrections(account) if each.concerns(period.start, period.end)),
        hidden=len({each.subject for each in charges if not view.may(each)}),
        counted_together=counted_together(account, people(account.store, account.settings), shown),
        rewards=_rewards(awards_of(account, period, asked.window.as_of), wish, view),
        rewards_taken_back=_rewards(_awards_withdrawn(asked), wish, view),
        rewarded_together=len(account.settings.connectors) > 1,
        followed=_followed(asked, firings) if wish.is_narrow else {},
        left=account.store.steps_left.within(account.name, period.start, period.end),
        elsewhere=() if wish.ticket_id is None else _elsewhere(account, period, wish.ticket_id),
    )


def _elsewhere(account: Account, period: Period, ticket_id: str) -> tuple[str, ...]:
    entries = account.store.ledger.entries(account.name, [ticket_id])
    apart = {each.at for each in entries if not period.start <= each.at < period.end}
    found = dict.fromkeys(period_at(period.kind, account.settings.timezone, at) for at in sorted(apart))
    return tuple(each.label for each in found)


def _followed(asked: Source, firings: Iterable[Entry]) -> dict[Spot, Followed]:
    return {spot(each.entry): each for each in followed(asked.account, asked.window.rulebook, firings)}


def _rewards(awards: Iterable[AwardEntry], wish: Wish, view: "_View") -> tuple[AwardEntry, ...]:
    if wish.ticket_id is not None:  # no single ticket is rewarded
        return ()
    return tuple(each for each in awards if wish.has(each.agent, each.team, "") and view.leads(each.agent))


def _awards_withdrawn(asked: Source) -> Iterator[AwardEntry]:
    entries = asked.account.store.awards.of_period(asked.account.name, asked.window.period.label)
    return (each for each in entries if each.kind is AwardKind.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class _View:
    """What whoever asks may see."""

    asked: Source
    _seen: dict[str, bool] = field(default_factory=dict)

    def sees(self, agent: str | None) -> bool:
        if agent is None or self.asked.sight is None:
            return True
        if agent not in self._seen:
            self._seen[agent] = self.asked.sight.sees(self.asked, agent)
        return self._seen[agent]

    def leads(self, agent: str) -> bool:
        """Tell whether whoever asks sees an agent's figures, and is not that agent."""
        sight = self.asked.sight
        viewer = sight.viewer if sight is not None else None
        own = viewer is not None and viewer.accounts.get(self.asked.name) == agent
        return self.sees(agent) and not own

    def may(self, charge: ChargeEntry) -> bool:
        return charge.scope is not Scope.AGENT or self.sees(charge.subject)

    def charge(self, charge: ChargeEntry) -> ChargeEntry:
        shares = tuple((agent if self.sees(agent) else SOMEBODY, seconds) for agent, seconds in charge.shares)
        return replace(charge, shares=shares)

    def firing(self, entry: Entry) -> Entry:
        return entry if self.sees(entry.agent) else replace(entry, agent=SOMEBODY)


def _concerns(wish: Wish, charge: ChargeEntry) -> bool:
    agent = charge.subject if charge.scope is Scope.AGENT else None
    team = charge.subject if charge.scope is Scope.TEAM else charge.team
    return wish.has(agent, team, charge.ticket_id)


def _firings(asked: Source) -> Iterator[Entry]:
    period = asked.window.period
    return asked.account.store.ledger.within(asked.account.name, period.start, period.end)


def _withdrawn(asked: Source) -> Iterator[ChargeEntry]:
    entries = asked.account.store.charges.of_period(asked.account.name, asked.window.period.label)
    return (each for each in entries if each.kind is ChargeKind.WITHDRAWN)


def _unpenalized(asked: Source, charges: Iterable[ChargeEntry]) -> Iterator[ChargeEntry]:
    """Yield the deadlines missed that no penalty speaks of: they are in figures all the same, and are told as such."""
    known = {(each.ticket_id, each.clock, each.at) for each in charges}
    period = asked.window.period
    for case in cases_in(asked.account, period, asked.window.as_of):
        if case.late is not None and (case.ticket_id, case.clock, case.at) not in known:
            yield _as_charge(case, period, asked.window.as_of)


def _as_charge(case: Case, period: Period, as_of: int) -> ChargeEntry:
    return ChargeEntry(
        penalty="",
        scope=Scope.AGENT if case.agent is not None else Scope.TEAM,
        subject=case.agent or case.team or "",
        period=period.label,
        period_start=period.start,
        period_end=period.end,
        kind=ChargeKind.CHARGED,
        ticket_id=case.ticket_id,
        clock=case.clock,
        at=case.at,
        points=0,
        finding=Finding.EXEMPTED if case.exempt else NO_PENALTY,
        late=case.late or 0,
        goal=case.goal,
        volume=0,
        allowed=0,
        counted=0,
        policy=case.policy,
        edition=case.edition,
        recorded_as_of=as_of,
        shares=case.shares,
        team=case.team,
    )


def totals(charges: Sequence[ChargeEntry]) -> Iterator[Total]:
    """Yield what the charges come to, by penalty and subject."""
    found: dict[tuple[str, str], list[ChargeEntry]] = {}
    for each in charges:
        if each.penalty:
            found.setdefault((each.penalty, each.subject), []).append(each)
    for (penalty, subject), listed in sorted(found.items()):
        first = listed[0]
        money = None if first.currency is None else sum((Decimal(each.money or 0) for each in listed), Decimal(0))
        points = sum(each.points for each in listed)
        evidence = (first.counted, first.allowed, first.volume)
        yield Total(penalty, first.scope, subject, *evidence, points, money, first.currency, first.clock == COMPLAINT)


def fired_and_taken_back(firings: Iterable[Entry]) -> tuple[int, int]:
    """Return how many lines say that something fell due, and how many take such a line back."""
    listed = list(firings)
    fired = sum(each.kind is EntryKind.FIRED for each in listed)
    return fired, len(listed) - fired
