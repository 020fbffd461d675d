"""Summary tickets: for whom and which period one is due, brought up to date, settled or corrected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeAlias

from connectors.account import Summary as SummarySettings
from connectors.base import Stream, SummaryTicket, Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, PeriodKind, period_named, periods_between
from kpi_engine.records import Agent, Group
from kpi_engine.reduce import Cell, Scope, cell, subject_of
from kpi_engine.rulebook import OWN_TAG, Rulebook
from sync.account import Account
from sync.accounts import with_peers
from sync.figures import Figures, Scorecard, reduced_in, source
from sync.joined import here, joined, least, looks_joined, state_joined
from sync.locale import Language
from sync.overriding import open_disputes
from sync.people import People, people
from sync.privacy import superiors_here, withheld_from
from sync.pull import Pass
from sync.settling import PeriodState, settles_after
from sync.store.changes import UNRESOLVED, ChangeState, Desired, Queued
from sync.store.observations import INPUTS
from sync.store.pseudonyms import is_pseudonym
from sync.store.published import PublishedCell
from sync.store.summaries import CORRECTED, PLANNED, PROVISIONAL, REVERTED, SETTLED, Summary
from sync.summary_page import Heading, Paragraph, as_html, as_text, harmless
from sync.summary_text import (
    LISTED,
    Lateness,
    Overdue,
    Shown,
    Summarized,
    blocks,
    offered,
    read_shown,
    shown,
    title,
)
from sync.withholding import Remembered, Withheld, note_withheld, readers_stamp, withheld_before
from sync.wording import clock_of, subject_name

_DAY: Final = 86_400
_MISSED: Final = "overdue_count"
_STATES: Final = {
    PeriodState.PROVISIONAL: PROVISIONAL,
    PeriodState.SETTLED: SETTLED,
    PeriodState.CORRECTED: SETTLED,
}


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A summary ticket that is due, or a note on one: whose, for which period, with what figures and content."""

    summary: Summary
    desired: Desired
    cells: tuple[PublishedCell, ...] = ()

    @property
    def new(self) -> bool:
        """Whether a ticket is to be made, rather than one brought up to date."""
        return self.summary.remote_id is None


@dataclass(frozen=True, slots=True)
class Moved:
    """A summary that goes into another state without a word: nothing in it changed."""

    summary: Summary
    state: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A summary that must wait: what was sent for it is not settled, or was refused not long ago."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was queued for an object and must not be sent any more: others could read it by now."""

    target_id: str


Decision: TypeAlias = DueSummary | Moved | Waiting | Withdrawn | Message
"""What becomes of one subject's summary; a message is the reason for which it is withheld."""


@dataclass(slots=True)
class PeriodWork:
    """What one look at a period's summaries found; `stamp` is what the period looks like now, `readers` who reads.

    `is_old`: nobody looked again, for all is as it was when its summaries were withheld.
    """

    scope: str
    period: Period
    stamp: str
    readers: str = ""
    is_old: bool = False
    due: list[DueSummary] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    withheld: Withheld | None = None
    waiting: int = 0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to come back for until the period looks otherwise."""
        return not (self.due or self.waiting or self.withheld)

    @property
    def only_withheld(self) -> Withheld | None:
        """What is withheld, where there is nothing else to come back for."""
        return None if self.due or self.waiting else self.withheld


def summary_work(account: Account, this: Pass, rules: Rulebook, as_of: int, since: int) -> Iterator[PeriodWork]:
    """Yield, oldest first, what is to be done for each period whose summaries may need anything.

    Those are the periods that ended after `since`, their grace over, and all those ever served.
    """
    beside: dict[tuple[str, Scope], Figures] = {}
    for wanted in account.own.push.summaries:
        with _asked(account, wanted, as_of) as (everyone, through):
            served = account.store.summaries.served(account.name, wanted.scope)
            withheld = withheld_before(account, wanted.scope)
            for period in _periods(account, wanted, served, through, max(since, _begins(everyone, through))):
                stamp = looks_joined(everyone, period, through)
                if served.get(period.label) == stamp:
                    continue
                state, first = state_joined(everyone, period, through), period.label not in served
                looked = _Period(account, everyone, this, rules, wanted, period, state, through, first, beside)
                yield looked.work(stamp, withheld.get(period.label))


@contextmanager
def _asked(account: Account, wanted: SummarySettings, as_of: int) -> Iterator[tuple[Sequence[Account], int]]:
    """Give the accounts over which summaries go, and the instant to which their data is complete.

    Figures over accounts of which one was never pulled would be too small: until then no period has ended.
    """
    if Scope(wanted.scope) is Scope.AGENT and account.own.push.joined:
        with with_peers(account) as everyone:
            yield everyone, min(least(everyone) or 0, as_of)
    else:
        yield [account], as_of


def queue_summaries(account: Account, this: Pass, work: PeriodWork) -> None:
    """Store what is intended, and queue it; in the caller's transaction."""
    if work.is_old:
        return
    store, name, now = account.store, account.name, account.now()
    store.changes.withdraw(name, Target.SUMMARY, work.withdrawn, now)
    for each in work.due:
        store.summaries.plan(each.summary)
        store.published.publish(each.cells)
        store.changes.enqueue(name, [each.desired], pass_id=this.pass_id, now=now)
    for moved in work.moved:
        store.summaries.change(moved.summary.external_id, state=moved.state, shown=moved.shown)
    store.summaries.serve(name, work.scope, work.period.label, work.stamp if work.is_done else "")
    note_withheld(account, work.scope, work.period.label, f"{work.stamp}|{work.readers}", work.only_withheld)


def _alone(ticket: str) -> str:
    """Return a ticket's id, without the account before it."""
    return ticket.rpartition("/")[2]


def _begins(everyone: Iterable[Account], otherwise: int) -> int:
    """Return the first instant that anything is said about: nobody has a figure in the years before it."""
    days = [account.store.readings.days(account.name) for account in everyone]
    told = [account.store.observations.first((account.name, INPUTS)) for account in everyone]
    return min([*(day[0] for day in days if day is not None), *(at for at in told if at is not None), otherwise])


def _periods(
    account: Account, wanted: SummarySettings, served: Mapping[str, str], as_of: int, since: int
) -> list[Period]:
    kind, zone = PeriodKind(wanted.period), account.settings.timezone
    ended = {
        period.label: period
        for period in periods_between(kind, zone, since, as_of)
        if since < period.end <= as_of - wanted.grace
    }
    known = (period_named(label, zone) for label in served if label not in ended)
    return sorted([*ended.values(), *(each for each in known if each.kind is kind)], key=lambda each: each.start)


@dataclass(frozen=True)
class _Period:
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
        return Scope(self.wanted.scope)

    @cached_property
    def found(self) -> Figures:
        if self.joined:
            together = joined(self.everyone, self.period, self.as_of)
            found = reduced_in(together, (self.scope,), keep=(_MISSED,), only=self.told)
            return here(found[self.scope], together.everybody, self.account)
        label = self.period.label
        if (label, self.scope) not in self.beside:
            asked = source(self.account, self.period, self.as_of)
            found = reduced_in(asked, self.scopes, keep=(_MISSED,), only=self.told)
            self.beside.update({(label, scope): each for scope, each in found.items()})
        return self.beside.pop((label, self.scope))

    @property
    def scopes(self) -> set[Scope]:
        """The scopes in which a period of this length has summaries, those over several accounts left out."""
        push = self.account.own.push
        alike = {Scope(each.scope) for each in push.summaries if each.period == self.wanted.period}
        return alike - ({Scope.AGENT} if push.joined else set())

    @cached_property
    def told(self) -> set[str]:
        """The indicators that a summary may show, and what they need beside them."""
        beside = {_MISSED, *(f"{key}_calendar" for key in self.offered)}
        return self.offered | (beside & INDICATORS.keys() - self.account.settings.off)

    @property
    def joined(self) -> bool:
        """Whether the figures are those of persons over several accounts."""
        return self.scope is Scope.AGENT and self.account.own.push.joined

    def ticket(self, account: str, ticket_id: str) -> str:
        """Return how a ticket is called: by its id, with its account before it where that is another one."""
        return ticket_id if account == self.account.name else f"{account}/{ticket_id}"

    def address(self, ticket: str) -> str:
        """Return where a person opens a ticket that is called so."""
        account, _, ticket_id = ticket.rpartition("/")
        owner = next((each for each in self.everyone if each.name == account), self.account)
        return owner.connector.ticket_url(ticket_id)

    def lateness(self, overdue: Iterable[Overdue]) -> dict[Overdue, Lateness]:
        """Return how deadlines that were missed came out."""
        found: dict[Overdue, Lateness] = {}
        for account in self.everyone:
            listed = {each for each in overdue if each.ticket_id == self.ticket(account.name, _alone(each.ticket_id))}
            for measured in account.store.readings.of(account.name, {_alone(each.ticket_id) for each in listed}):
                ticket = self.ticket(account.name, measured.ticket_id)
                for clock in measured.clocks:
                    missed = Overdue(ticket, clock.clock, clock.breached_at or 0)
                    if missed in listed:
                        over = None if clock.stopped_at is None else clock.elapsed - clock.goal
                        found[missed] = Lateness(clock.goal, over)
        return found

    @cached_property
    def known(self) -> dict[str, list[Summary]]:
        return self.account.store.summaries.of_period(self.account.name, self.wanted.scope, self.period.label)

    @cached_property
    def newest(self) -> dict[str, Queued]:
        """The newest change of each summary, by the id that change is aimed at."""
        rows = [row for chain in self.known.values() for row in chain]
        ids = [each for row in rows for each in (row.external_id, row.remote_id) if each is not None]
        return self.account.store.changes.newest_of(self.account.name, Target.SUMMARY, ids)

    @cached_property
    def agents(self) -> dict[str, Agent]:
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
        found: dict[str, dict[str, list[str]]] = {}
        start, end = self.period.start, self.period.end
        everybody = people(self.account.store, self.account.settings) if self.joined else None
        for account in self.everyone:
            undecided = open_disputes(account, start, end)
            for measured in account.store.readings.of(account.name, undecided):
                for line in measured.lines:
                    subject = self._subject(line, everybody)
                    if subject is not None and start <= line.at < end and line.indicator in self.offered:
                        ticket = self.ticket(account.name, measured.ticket_id)
                        keys = found.setdefault(subject, {}).setdefault(ticket, [])
                        keys += [line.indicator] if line.indicator not in keys else []
        return found

    def _subject(self, line: CreditLine, everybody: People | None) -> str | None:
        """Return whose summary here a line concerns."""
        subject = subject_of(line, self.scope)
        if everybody is None or subject is None:
            return subject
        return everybody.person_of(line.account, subject).accounts.get(self.account.name)

    @cached_property
    def offered(self) -> set[str]:
        return offered({key: chosen.on for key, chosen in self.account.settings.indicators.items()})

    def work(self, stamp: str, before: Remembered | None) -> PeriodWork:
        """Decide about everybody who has a credit line in the period, or had one when a summary was made.

        Nobody does where all is as it was when summaries were withheld, `before`.
        """
        if before is not None and before.stamp == f"{stamp}|{self.readers}":
            return PeriodWork(self.wanted.scope, self.period, stamp, is_old=True, withheld=before.withheld)
        work = PeriodWork(self.wanted.scope, self.period, stamp)
        withheld: dict[str, Message] = {}
        for subject in sorted(self.subjects()):
            for decision in self.decided(subject):
                match decision:
                    case DueSummary():
                        work.due.append(decision)
                    case Moved():
                        work.moved.append(decision)
                    case Waiting():
                        work.waiting += 1
                    case Withdrawn(target_id):
                        work.withdrawn.append(target_id)
                    case Message():
                        withheld[subject] = decision
        if withheld:
            reason = next(iter(withheld.values()))
            work.withheld = Withheld(tuple(withheld), self.period.label, reason)
            work.readers = self.readers
        return work

    def subjects(self) -> set[str]:
        """Return everybody who has a credit line now, and everybody who has a summary."""
        everybody = {*(subject for subject in self.found.scorecards if subject is not None), *self.known}
        return {each for each in everybody if not is_pseudonym(each)}

    def decided(self, subject: str) -> Iterator[Decision]:
        chain = self.known.get(subject, [])
        writer = _Writer(self, subject)
        if chain:
            yield from _Life(self, writer, chain).decided()
        elif self.first or self.state is PeriodState.PROVISIONAL:
            yield writer.withheld or writer.created()


@dataclass(frozen=True)
class _Life:
    """Decides what becomes of a subject's summary that was intended before: its newest version and its corrections."""

    of: _Period
    writer: "_Writer"
    chain: Sequence[Summary]

    @property
    def row(self) -> Summary:
        return self.chain[-1]

    @cached_property
    def last(self) -> Queued | None:
        """The newest change of the newest summary."""
        found = [self.of.newest.get(each) for each in (self.row.remote_id, self.row.external_id) if each is not None]
        return next((each for each in found if each is not None), None)

    def decided(self) -> Iterator[Decision]:
        yield from self.told_of_correction()
        if self.row.state == REVERTED:
            return
        if self.last is not None and self.last.state in UNRESOLVED:
            yield Waiting(self.row)
        elif self.queued is not None and (why := self.writer.withheld_on(self.row)) is not None:
            yield from (Withdrawn(self.queued.target_id), why)
        elif self.row.remote_id is None:
            yield self.creation()
        else:
            yield from self.continued()

    def creation(self) -> Decision:
        """Decide about a ticket that is not there yet: queued still, refused, or never sent."""
        again = self.writer.created(self.row)
        if self.last is None:
            return self.writer.withheld or again
        if self.last.state is ChangeState.QUEUED:
            return Waiting(self.row) if self.says_the_same(self.last) else again
        if self.is_recent(self.last) and self.says_the_same(self.last) and self.same_place(again):
            return Waiting(self.row)  # refused: what would be sent is what was refused
        return self.writer.withheld or again

    def continued(self) -> Iterator[Decision]:
        """Decide about a ticket that is there."""
        row, state = self.row, self.of.state
        if row.shown is None:  # made before we kept what was shown: what stands there is taken as it is
            yield Moved(row, _STATES[state], self.writer.content.written())
        elif self.queued_already():
            yield Waiting(row)
        elif not self.differs():
            yield from self.frozen()
        elif state is PeriodState.CORRECTED or (state is PeriodState.SETTLED and self.open and row.unwritable):
            yield self.writer.withheld or self.writer.created(replace_of=row)
        elif self.open and not row.unwritable and not self.refused_the_same():
            yield self.writer.withheld_on(row) or self.writer.noted(row)

    @property
    def queued(self) -> Queued | None:
        """What waits to be sent, if anything does."""
        return self.last if self.last is not None and self.last.state is ChangeState.QUEUED else None

    @property
    def open(self) -> bool:
        """Whether the summary has not been settled yet."""
        return self.row.state in (PLANNED, PROVISIONAL)

    def differs(self) -> bool:
        return self.row.shown is None or self.writer.content.differs(read_shown(self.row.shown or "[{},[],[]]"))

    def queued_already(self) -> bool:
        return self.last is not None and self.last.state is ChangeState.QUEUED and self.says_the_same(self.last)

    def refused_the_same(self) -> bool:
        return self.last is not None and self.last.state is ChangeState.REFUSED and self.says_the_same(self.last)

    def says_the_same(self, change: Queued) -> bool:
        before = change.values.get("shown")
        return isinstance(before, str) and not self.writer.content.differs(read_shown(before))

    def same_place(self, again: DueSummary) -> bool:
        before, now = self.last.summary if self.last is not None else None, again.desired.summary
        if before is None or now is None:
            return False
        return (before.group, before.assignee_id) == (now.group, now.assignee_id)

    def is_recent(self, change: Queued) -> bool:
        return self.of.account.now() - change.changed_at < _DAY

    def frozen(self) -> Iterator[Moved]:
        """Settle a summary that needs no last word."""
        queued = self.last is not None and self.last.state is ChangeState.QUEUED
        if self.open and self.of.state is not PeriodState.PROVISIONAL and not queued:
            yield Moved(self.row, SETTLED, self.row.shown)

    def told_of_correction(self) -> Iterator[Decision]:
        """Say on a corrected ticket where its correction is, once that is there."""
        for old, new in zip(self.chain, self.chain[1:], strict=False):
            if old.state == CORRECTED:
                continue
            if new.remote_id is None:
                yield Waiting(new)
                continue
            yield Moved(old, CORRECTED, old.shown)
            if old.remote_id is not None and not old.unwritable:
                yield self.writer.pointed(old, new)


@dataclass(frozen=True)
class _Writer:
    """Writes the summary of one subject."""

    of: _Period
    subject: str

    # -- for whom ---------------------------------------------------------------------------------------------------

    @cached_property
    def agent(self) -> Agent | None:
        """The single person whose summary it is, or the one a team's is for."""
        agents = self.of.agents
        if self.of.scope is Scope.AGENT:
            return agents.get(self.subject)
        wanted = self.of.wanted.assignee
        return next((each for each in agents.values() if each.email is not None and each.email == wanted), None)

    @cached_property
    def assignee_id(self) -> str | None:
        agent = self.agent
        return agent.agent_id if agent is not None and (agent.active or self.of.scope is Scope.TEAM) else None

    @cached_property
    def language(self) -> Language:
        """The recipient's own language where the helpdesk knows it, else the configured one."""
        code = self.of.account.settings.language
        if self.agent is not None and self.agent.locale:
            code = "vi" if self.agent.locale.lower().startswith("vi") else "en"
        return Language(code, self.of.account.settings.timezone)

    @cached_property
    def name(self) -> str:
        named = subject_name(self.subject, self.of.scope, self.of.rules, self.of.period.end - 1)
        return harmless(self.language(named))

    @cached_property
    def others(self) -> set[str]:
        """Who else could read it."""
        return self.others_at(self.of.wanted.group, self.assignee_id)

    def others_at(self, group: str | None, assignee_id: str | None) -> set[str]:
        return set(self.of.account.connector.readers(group, assignee_id)) - {self.assignee_id}

    @cached_property
    def withheld(self) -> Message | None:
        """Return why a person's figures must not be written: somebody else could read them, and nobody allowed it."""
        return self.withheld_at(self.of.wanted.group, self.assignee_id)

    def withheld_on(self, row: Summary) -> Message | None:
        """Return the same of a summary's own ticket, which somebody may have moved or handed on."""
        place = self.of.places.get(row.remote_id or "")
        return self.withheld if place is None else self.withheld_at(*place)

    def withheld_at(self, group: str | None, assignee_id: str | None) -> Message | None:
        if self.of.scope is not Scope.AGENT:
            return None
        settings = self.of.account.settings
        others = withheld_from(settings, self.others_at(group, assignee_id), self.superiors)
        if others is None:
            return message("privacy.individual is off")
        if not others:
            return None
        return message(
            "{n} other agents could read it; restrict the group {group}, or set privacy.visible_to_all_agents: true",
            n=len(others),
            group=group or "–",
        )

    @cached_property
    def superiors(self) -> set[str]:
        """The agent's lead and manager at the end of the period, by their ids here."""
        of, everybody = self.of, people(self.of.account.store, self.of.account.settings)
        return superiors_here(of.rules, everybody, of.account.name, self.subject, of.period.end - 1)

    # -- what it says -----------------------------------------------------------------------------------------------

    @cached_property
    def card(self) -> Scorecard:
        """The subject's figures; whoever has no line any more has a card of nothing."""
        card = self.of.found.scorecards.get(self.subject)
        question = self.of.found.question
        return card or {key: cell(INDICATORS[key], [], question, self.subject) for key in self.of.told}

    @cached_property
    def content(self) -> Shown:
        card = {key: cell for key, cell in self.card.items() if key in self.of.offered}
        lines = self.of.found.lines.get(self.subject, {}).get(_MISSED, ())
        first = {line.part: line for line in sorted(lines, key=lambda line: line.at, reverse=True)}
        missed = [
            Overdue(self.of.ticket(line.account, line.ticket_id or ""), clock_of(line.part), line.at)
            for line in first.values()
        ]
        return shown(card, missed, self.of.disputed.get(self.subject, {}))

    def ticket(self, row: Summary, earlier: Shown | None, replaces: Summary | None = None) -> SummaryTicket:
        marker = f"{row.external_id}#{row.version + 1}"
        page = blocks(self.summarized(marker, earlier, replaces), self.language)
        return SummaryTicket(
            external_id=row.external_id,
            subject=self.language(title(self.name, self.of.period)),
            html=as_html(page),
            text=as_text(page),
            tags=tuple(dict.fromkeys((OWN_TAG, *self.of.wanted.tags))),
            assignee_id=self.assignee_id,
            group=self.of.wanted.group,
            marker=marker,
        )

    def summarized(self, marker: str, earlier: Shown | None, replaces: Summary | None) -> Summarized:
        of, url = self.of, self.of.account.connector.ticket_url
        disputed = of.disputed.get(self.subject, {})
        tickets = {each.ticket_id for each in self.content.overdue} | disputed.keys()
        old = replaces.remote_id if replaces is not None else None
        return Summarized(
            name=self.name,
            period=of.period,
            state=PeriodState.CORRECTED if replaces is not None else _as_told(of.state),
            card=self.card,
            missing=of.found.missing,
            content=self.content,
            disputed=disputed,
            earlier=earlier,
            before=of.before.get(self.subject, {}),
            as_of=of.as_of,
            settles_at=of.period.end + settles_after(of.account),
            appeal_ends=of.period.end + of.account.settings.appeal,
            assigned=self.assignee_id is not None,
            readers=len(self.others),
            marker=marker,
            replaces=url(old) if old is not None else None,
            addresses={ticket: of.address(ticket) for ticket in tickets},
            lateness=of.lateness(self.content.overdue[:LISTED]),
        )

    # -- the changes ------------------------------------------------------------------------------------------------

    def created(self, row: Summary | None = None, *, replace_of: Summary | None = None) -> DueSummary:
        """Return the creation of a ticket: `row` if it was intended before, `replace_of` if it corrects that one."""
        new = row or (self.fresh() if replace_of is None else self.correction(replace_of))
        earlier = read_shown(replace_of.shown) if replace_of is not None and replace_of.shown else None
        why = message("the summary of {period} is due", period=self.of.period.label)
        if new.correction:
            why = message("the figures of {period} were corrected", period=self.of.period.label)
            replace_of = replace_of or self.of.known[self.subject][-2]
        first = row is None
        key = new.external_id if first else f"{new.external_id}:{self.of.this.pass_id}"
        return self.due(new, key, new.external_id, self.ticket(new, earlier, replace_of), why)

    def noted(self, row: Summary) -> DueSummary:
        """Return the note that brings a ticket up to date."""
        ticket = self.ticket(row, read_shown(row.shown) if row.shown else None)
        why = message("its figures changed") if row.shown else message("it was found again")
        return self.due(row, f"{ticket.marker}:{self.of.this.pass_id}", row.remote_id or "", ticket, why)

    def due(self, row: Summary, key: str, target_id: str, ticket: SummaryTicket, why: Message) -> DueSummary:
        values = {"shown": self.content.written(), "state": _STATES[self.of.state]}
        desired = Desired(key=key, target=Target.SUMMARY, target_id=target_id, values=values, why=why, summary=ticket)
        return DueSummary(row, desired, tuple(_published(self.of.account.name, each) for each in self.card.values()))

    def pointed(self, old: Summary, new: Summary) -> DueSummary:
        """Return the note that says on a ticket which one took its place."""
        address = self.of.account.connector.ticket_url(new.remote_id or "")
        told = self.language(message("The figures of {period} were corrected.", period=self.of.period.label))
        where = self.language(message("The new summary: {address}", address=address))
        marker = f"{old.external_id}→{new.external_id}"
        page = (Heading(told), Paragraph(where), Paragraph(marker))
        ticket = replace(self.ticket(old, None), html=as_html(page), text=as_text(page), marker=marker)
        why = message("a corrected summary took its place")
        desired = Desired(
            key=f"corrected:{new.external_id}",
            target=Target.SUMMARY,
            target_id=old.remote_id or "",
            why=why,
            summary=ticket,
        )
        return DueSummary(old, desired)

    def fresh(self) -> Summary:
        scope, label = self.of.wanted.scope, self.of.period.label
        return Summary(
            connector=self.of.account.name,
            scope=scope,
            subject=self.subject,
            period=label,
            period_start=self.of.period.start,
            period_end=self.of.period.end,
            external_id=f"helpdesk-kpi:{self.of.account.name}:{scope}:{self.subject}:{label}",
        )

    def correction(self, of: Summary) -> Summary:
        fresh = self.fresh()
        number = of.correction + 1
        return replace(fresh, external_id=f"{fresh.external_id}:c{number}", correction=number)


def _as_told(state: PeriodState) -> PeriodState:
    """Return what a summary says of itself: one made after a correction, in place of none, is simply settled."""
    return PeriodState.SETTLED if state is PeriodState.CORRECTED else state


def _published(connector: str, cell: Cell) -> PublishedCell:
    return PublishedCell(
        connector=connector,
        indicator=cell.indicator,
        scope=cell.scope,
        subject=cell.subject or "",
        period=cell.period.label,
        value=cell.value,
        n=cell.n,
        low=cell.low,
        high=cell.high,
        as_of=cell.as_of,
        editions=cell.editions,
    )
