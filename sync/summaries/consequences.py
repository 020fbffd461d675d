"""What a summary says about penalties and rewards: to the agent his own, to a lead his team's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kpi_engine.awards import AwardEntry
from kpi_engine.cases import COMPLAINT
from kpi_engine.charges import ChargeEntry
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.rewards import Standing
from kpi_engine.rulebook import Rulebook
from sync.charging import counted_together, is_settled
from sync.counting import TICKETS
from sync.guarding import NOTES, Note
from sync.ledger import Total, totals
from sync.ledger_text import COUNTED_TOGETHER, FINDINGS, REWARDED_TOGETHER, worth_line
from sync.locale import Language
from sync.privacy import superiors_here, withheld_from
from sync.summaries.look import Look
from sync.summaries.page import Block, Heading, Items, Link, Paragraph
from sync.wording import clock_name, subject_name

LISTED = 20


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a period comes to for one subject: its own charges; for a team also its members', and its rewards.

    `kept_back` counts the members whose points others than their leads could read here. With `counted_together` the
    numbers beside the points are of several accounts, with `rewarded_together` all that is rewarded.
    """

    settled: bool
    own: tuple[ChargeEntry, ...]
    members: tuple[ChargeEntry, ...] = ()
    rewards: tuple[AwardEntry, ...] = ()
    kept_back: int = 0
    counted_together: bool = False
    rewarded_together: bool = False

    @property
    def points(self) -> tuple[tuple[str, str, int, int], ...]:
        """What decides whether a reader is told anew: penalty, subject, cases and points."""
        every = (*totals(self.own), *totals(self.members))
        return tuple((each.penalty, each.subject, each.counted, each.points) for each in every)


def consequences(look: Look, subject: str, readers: Collection[str]) -> Consequences:
    """Return what a period comes to for the subject of a summary that so many agents could read."""
    account = look.account
    charges = look.charges
    settled = is_settled(account, look.period)
    own = tuple(each for each in charges if (each.scope, each.subject) == (look.scope, subject))
    if look.scope is not Scope.TEAM:
        return Consequences(settled, own, counted_together=counted_together(account, look.everybody, own))
    listed = [each for each in charges if each.scope is Scope.AGENT and each.team == subject]
    seen = _readable(look, {each.subject for each in listed}, readers)
    members = tuple(each for each in listed if each.subject in seen)
    return Consequences(
        settled,
        own,
        members,
        _rewards(look, subject, readers),
        len({each.subject for each in listed} - seen),
        counted_together(account, look.everybody, (*own, *members)),
        len(account.settings.connectors) > 1,
    )


def _readable(look: Look, agents: Collection[str], readers: Collection[str]) -> set[str]:
    """Return those of some agents whose points only their leads could read."""
    account, everybody = look.account, look.everybody
    at = look.period.end - 1
    return {
        agent
        for agent in agents
        if withheld_from(account.settings, readers, superiors_here(look.rules, everybody, account.name, agent, at))
        == set()
    }


def _rewards(look: Look, team: str, readers: Collection[str]) -> tuple[AwardEntry, ...]:
    """Return the rewards of a team's members, those left out that others than their leads could read."""
    won = [each for each in look.awards if each.standing is Standing.REWARDED and each.team == team]
    seen = _readable(look, {each.agent for each in won}, readers)
    return tuple(each for each in won if each.agent in seen)


@dataclass(frozen=True, slots=True)
class ConsequencePage:
    """Puts what a period comes to into blocks, in its reader's language; `data` counts notes, without names."""

    told: Consequences
    rules: Rulebook
    at: int
    settles_at: int
    language: Language
    addresses: Mapping[str, str]
    data: Mapping[Note, int]

    def blocks(self) -> Iterator[Block]:
        """Yield the section, nothing where no penalty charges anybody and nobody is rewarded."""
        if self.told.own or self.told.members or self.told.kept_back:
            yield Heading(self.language(message("Penalty points")))
            yield Paragraph(self.language(self._finality()))
        if self.told.counted_together:
            yield Paragraph(self.language(COUNTED_TOGETHER))
        if self.told.own:
            yield Items(tuple(Link(self.language(self._total(each))) for each in totals(self.told.own)))
            yield Items(tuple(self._charges(self.told.own)))
        if self.told.members:
            yield Items(tuple(Link(self.language(self._member(each))) for each in self._by_name()))
        if self.told.kept_back:
            told = message("The points of {n} people are left out: others could read them here.", n=self.told.kept_back)
            yield Paragraph(self.language(told))
        if self.told.rewards:
            yield Heading(self.language(message("Rewards")))
            yield Items(tuple(Link(self.language(each)) for each in self._awards()))
            if self.told.rewarded_together:
                yield Paragraph(self.language(REWARDED_TOGETHER))
        if self.data:
            yield Heading(self.language(message("About the data")))
            look = message("Worth a look before anybody draws conclusions; none of it is an accusation:")
            yield Paragraph(self.language(look))
            yield Items(tuple(Link(self.language(each)) for each in self._data()))

    def _data(self) -> Iterator[Message]:
        for note, n in self.data.items():
            yield message("{so_many} {note}", so_many=TICKETS.of(n, self.language), note=NOTES[note])

    def _finality(self) -> Message:
        if self.told.settled:
            return message("Settled: only a correction changes them.")
        until = self.language.moment(self.settles_at)
        return message(
            "A preview: nothing is charged before {until}, and until then a dispute can be decided.", until=until
        )

    def _total(self, each: Total) -> Message:
        values = {
            "penalty": each.penalty,
            "late": self.language.number(each.counted),
            "judged": self.language.number(each.volume),
            "free": self.language.number(each.allowed),
            "points": self.language.number(each.points),
        }
        late = message("{penalty}: {late} late of {judged} judged, {free} of them free: {points} points", **values)
        complaints = message(
            "{penalty}: {late} of {judged} customers complained, {free} of them free: {points} points", **values
        )
        told = complaints if each.customers else late
        return worth_line(told, each.money, each.currency, self.language)

    def _member(self, each: Total) -> Message:
        return message("{name}: {line}", name=self._name(each.subject), line=self._total(each))

    def _by_name(self) -> list[Total]:
        return sorted(totals(self.told.members), key=lambda each: (self._name(each.subject).casefold(), each.penalty))

    def _name(self, agent: str) -> str:
        return self.language(subject_name(agent, Scope.AGENT, self.rules, self.at))

    def _charges(self, charges: Sequence[ChargeEntry]) -> Iterator[Link]:
        for each in charges[:LISTED]:
            parts = (
                self.language(clock_name(each.clock)),
                self.language.moment(each.at),
                *self._over(each),
                *self._share(each),
                self.language(message("{points} points", points=self.language.number(each.points))),
                self.language(FINDINGS[each.finding]),
            )
            yield Link(" · ".join(parts), self.addresses.get(each.ticket_id), f"#{each.ticket_id}")
        if len(charges) > LISTED:
            yield Link(self.language(message("{n} more", n=self.language.number(len(charges) - LISTED))))

    def _over(self, each: ChargeEntry) -> Iterator[str]:
        if each.clock != COMPLAINT:
            yield self.language(message("{time} over the goal", time=self.language.duration(each.late)))

    def _share(self, each: ChargeEntry) -> Iterator[str]:
        """Yield for how much of the goal an agent had the clock himself: of others his summary says nothing."""
        if each.scope is Scope.AGENT and each.goal:
            held = dict(each.shares).get(each.subject, 0) / each.goal
            yield self.language(message("yours for {share} of the goal", share=self.language.percent(held)))

    def _awards(self) -> Iterator[Message]:
        for each in self.told.rewards:
            told = message(
                "{reward}: {name}, {n} good of {all}",
                reward=each.reward,
                name=self._name(each.agent),
                n=self.language.number(each.good),
                all=self.language.number(each.ratings),
            )
            yield worth_line(told, each.money, each.currency, self.language)
