"""What is known about the summaries of one period: its figures, its disputes, and who could read what."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from connectors.account import Summary as SummarySettings
from connectors.base import Stream, Target
from kpi_engine.awards import AwardEntry
from kpi_engine.charges import ChargeEntry
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Clock, CreditLine, Measurement
from kpi_engine.periods import Period
from kpi_engine.records import Agent, Group
from kpi_engine.reduce import Scope
from kpi_engine.role_cards import SEVERE, RoleCard
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.charging import charges_of
from sync.disputes import open_disputes
from sync.figures import Figures, reduced_in
from sync.grading import cards_in_force
from sync.guarding import Noted, notes
from sync.joined import here, joined
from sync.people import People, people
from sync.pull import Pass
from sync.remarks import Remarks, remarks, remarks_at_home
from sync.rewarding import awards_of
from sync.settling import PeriodState
from sync.sources import Asked, Source, source
from sync.store.changes import Queued
from sync.store.published import PublishedCell
from sync.store.summaries import Summary
from sync.summaries.fronting import Fronting, front_keys
from sync.summaries.text import Lateness, Overdue, offered
from sync.summaries.whose import Whose
from sync.summaries.withholding import readers_stamp
from sync.zones import in_own_zones, own_period, widest, zones_of

MISSED: Final = "overdue_count"
"""The indicator whose lines a summary lists one by one."""


def _alone(ticket: str) -> str:
    """Return a ticket's id, without the account before it."""
    return ticket.rpartition("/")[2]


@dataclass(frozen=True)
class Look:
    """One look at one period's summaries; `first`: nobody looked before, so that whoever has a figure gets one.

    `beside` are figures of other scopes that were worked out along with others' and not asked for yet.
    """

    account: Account
    everyone: Sequence[Account]
    this: Pass
    rules: Rulebook
    wanted: SummarySettings
    period: Period
    state: PeriodState
    as_of: int
    first: bool
    beside: dict[tuple[str, Scope], Figures]

    @cached_property
    def scope(self) -> Scope:
        """Whether the summaries are agents' or teams'."""
        return Scope(self.wanted.scope)

    @cached_property
    def found(self) -> Figures:
        """The figures of the period, by whose they are."""
        if self.joined:
            together = joined(self.everyone, self.period, self.as_of)
            found = reduced_in(together, (self.scope,), keep=self._kept, only=self.told)
            return here(found[self.scope], together.everybody, self.account)
        label = self.period.label
        if (label, self.scope) not in self.beside:
            asked = source(self.account, self.period, self.as_of)
            found = reduced_in(asked, self.scopes, keep=self._kept, only=self.told)
            self.beside.update({(label, scope): self._own(asked, each) for scope, each in found.items()})
        return self.beside.pop((label, self.scope))

    def _own(self, asked: Source, found: Figures) -> Figures:
        return in_own_zones(asked, found, keep=self._kept, only=self.told)

    @cached_property
    def _cards(self) -> list[RoleCard]:
        """The scorecards in force when the period began."""
        return cards_in_force(self.account, self.period.start)

    @cached_property
    def _kept(self) -> set[str]:
        """The indicators whose credit lines a summary lists."""
        return {MISSED, *front_keys(self._cards)}

    @cached_property
    def fronting(self) -> Fronting:
        """What makes the front of each summary."""
        if self.joined:
            asked: Asked = joined(self.everyone, self.period, self.as_of)
        else:
            asked = source(self.account, self.period, self.as_of)
        return Fronting(self.whose, self.everyone, asked, self.found, self.state, self.offered)

    @cached_property
    def whose(self) -> Whose:
        """How tickets and people of all the accounts are called here."""
        return Whose(self.account.name, self.scope, self.joined, lambda: self.everybody)

    def called(self, line: CreditLine) -> str:
        """Return how the ticket of a line is called."""
        return self.ticket(line.account, line.ticket_id or "")

    @cached_property
    def _zones(self) -> dict[str, str]:
        return zones_of(self.rules, self.period) if self.scope is Scope.TEAM else {}

    def own_period(self, subject: str | None) -> Period:
        """Return the period as it begins and ends for a subject: for a team in its own zone."""
        return own_period(self.period, self._zones.get(subject or ""))

    @property
    def span(self) -> Period:
        """The period made as long as to hold that of everybody."""
        return widest(self.rules, self.period) if self._zones else self.period

    @property
    def scopes(self) -> set[Scope]:
        """The scopes in which a period of this length has summaries, those over several accounts left out."""
        push = self.account.own.push
        alike = {Scope(each.scope) for each in push.summaries if each.period == self.wanted.period}
        return alike - ({Scope.AGENT} if push.joined else set())

    @cached_property
    def told(self) -> set[str]:
        """The indicators that a summary may show, and what they need beside them."""
        beside = {MISSED, *([SEVERE] if self._cards else ()), *(f"{key}_calendar" for key in self.offered)}
        return self.offered | (beside & INDICATORS.keys() - self.account.settings.off)

    @property
    def joined(self) -> bool:
        """Whether the figures are those of persons over several accounts."""
        return self.scope is Scope.AGENT and self.account.own.push.joined

    def ticket(self, account: str, ticket_id: str) -> str:
        """Return how a ticket is called: by its id, with its account before it where that is another one."""
        return self.whose.ticket(account, ticket_id)

    def address(self, ticket: str) -> str:
        """Return where a person opens a ticket that is called so."""
        account, _, ticket_id = ticket.rpartition("/")
        owner = next((each for each in self.everyone if each.name == account), self.account)
        return owner.connector.ticket_url(ticket_id)

    def lateness(self, overdue: Iterable[Overdue]) -> dict[Overdue, Lateness]:
        """Return how deadlines that were missed came out."""
        wanted, found = set(overdue), dict[Overdue, Lateness]()
        for account in self.everyone:
            for ticket, clock in self._clocks(account, (each.ticket_id for each in wanted)):
                missed = Overdue(ticket, clock.clock, clock.breached_at or 0)
                if missed in wanted:
                    over = None if clock.stopped_at is None else clock.elapsed - clock.goal
                    found[missed] = Lateness(clock.goal, over)
        return found

    def _clocks(self, account: Account, tickets: Iterable[str]) -> Iterator[tuple[str, Clock]]:
        """Yield the clocks of those of the tickets that an account has, each with what its ticket is called."""
        ids = {ticket: _alone(ticket) for ticket in tickets if ticket == self.ticket(account.name, _alone(ticket))}
        for measured in account.store.readings.of(account.name, set(ids.values())):
            for clock in measured.clocks:
                yield self.ticket(account.name, measured.ticket_id), clock

    @cached_property
    def known(self) -> dict[str, list[Summary]]:
        """The summaries that were intended so far, oldest first, by whose they are."""
        return self.account.store.summaries.of_period(self.account.name, self.wanted.scope, self.period.label)

    @cached_property
    def newest(self) -> dict[str, Queued]:
        """The newest change of each summary, by the id that change is aimed at."""
        rows = [row for chain in self.known.values() for row in chain]
        ids = [each for row in rows for each in (row.external_id, row.remote_id) if each is not None]
        return self.account.store.changes.newest_of(self.account.name, Target.SUMMARY, ids)

    @cached_property
    def agents(self) -> dict[str, Agent]:
        """The agents of the account, by id."""
        listed = self.account.store.records.account(self.account.name, Stream.AGENTS)
        return {agent.agent_id: agent for agent in listed if isinstance(agent, Agent)}

    @cached_property
    def places(self) -> dict[str, tuple[str | None, str | None]]:
        """The group, by its name, and the assignee of each summary that is there, as the helpdesk told last."""
        records, name = self.account.store.records, self.account.name
        listed = records.account(name, Stream.GROUPS, gone=True)
        groups = {group.group_id: group.name for group in listed if isinstance(group, Group)}
        remote_ids = [row.remote_id for chain in self.known.values() for row in chain if row.remote_id is not None]
        tickets = records.snapshots(name, remote_ids).values()
        return {each.ticket_id: (groups.get(each.group_id or ""), each.assignee_id) for each in tickets}

    @cached_property
    def everybody(self) -> People:
        """Who is who on all accounts: read once for the summaries of a period."""
        return people(self.account.store, self.account.settings)

    @cached_property
    def readers(self) -> str:
        """What tells who can read the period's summaries."""
        return readers_stamp(self.account, self.wanted.group, self.places)

    @cached_property
    def before(self) -> dict[str, dict[str, PublishedCell]]:
        """What was shown last of the period before, by subject and indicator."""
        cells: dict[str, dict[str, PublishedCell]] = {}
        for shown_cell in self.account.store.published.for_period(self.account.name, self.period.previous().label):
            if shown_cell.scope == self.wanted.scope:
                cells.setdefault(shown_cell.subject, {})[shown_cell.indicator] = shown_cell
        return cells

    @cached_property
    def disputed(self) -> dict[str, dict[str, list[str]]]:
        """The disputed tickets by subject, each with the indicators it counts in."""
        found: dict[str, dict[str, dict[str, None]]] = {}
        for ticket, line in self._disputed_lines():
            subject = self.whose.line(line)
            if subject is not None:
                found.setdefault(subject, {}).setdefault(ticket, {})[line.indicator] = None
        return {subject: {each: list(keys) for each, keys in tickets.items()} for subject, tickets in found.items()}

    def _disputed_lines(self) -> Iterator[tuple[str, CreditLine]]:
        """Yield the period's credit lines of disputed tickets that a summary may show, each with its ticket."""
        for account, measured in self._disputed_tickets():
            for line in filter(self._tells, measured.lines):
                yield self.ticket(account.name, measured.ticket_id), line

    def _disputed_tickets(self) -> Iterator[tuple[Account, Measurement]]:
        span = self.span
        for account in self.everyone:
            for measured in account.store.readings.of(account.name, open_disputes(account, span.start, span.end)):
                yield account, measured

    def _tells(self, line: CreditLine) -> bool:
        """Tell whether a line is of the period and of an indicator that a summary may show."""
        own = self.own_period(line.team)
        return own.start <= line.at < own.end and line.indicator in self.offered

    @cached_property
    def remarks(self) -> Remarks:
        """What is said about single tickets in figures that a summary may show; persons by their keys where joined."""
        keys = tuple(self.offered)
        if self.joined:
            return remarks(joined(self.everyone, self.period, self.as_of, keys), self.scope)
        asked = source(self.account, self.period, self.as_of, keys)
        return remarks_at_home(asked, self.scope, [*self.found.scorecards, *self.known])

    @cached_property
    def charges(self) -> list[ChargeEntry]:
        """What the period comes to under penalties, on this account."""
        return charges_of(self.account, self.period, self.as_of)

    @cached_property
    def awards(self) -> list[AwardEntry]:
        """Where the account's agents stand in the period's rewards."""
        return awards_of(self.account, self.period, self.as_of)

    @cached_property
    def notes(self) -> list[Noted]:
        """What there is to know about the teams' data."""
        return notes(source(self.account, self.period, self.as_of), Scope.TEAM)

    @cached_property
    def offered(self) -> set[str]:
        """The indicators that a summary may show."""
        counted = {key for card in self._cards for key in card.indicators}
        shown = offered({key: chosen.on for key, chosen in self.account.settings.indicators.items()})
        return shown | (counted - self.account.settings.off)
