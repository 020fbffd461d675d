"""Writes the summary of one subject: for whom it is, what it says, and as which change it is queued."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from connectors.base import SummaryTicket, Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.records import Agent
from kpi_engine.reduce import Cell, Scope, cell
from kpi_engine.rulebook import OWN_TAG
from sync.counting import OTHER_AGENTS
from sync.disputes import DisputeState, dispute_text
from sync.figures import Scorecard
from sync.guard_text import counts
from sync.guarding import Note
from sync.locale import Language
from sync.privacy import superiors_here, withheld_from
from sync.settling import PeriodState, settles_after
from sync.store.changes import Desired
from sync.store.published import PublishedCell
from sync.store.summaries import PROVISIONAL, SETTLED, Summary
from sync.summaries.consequences import ConsequencePage, Consequences, consequences
from sync.summaries.decisions import DueSummary
from sync.summaries.front import FrontPage
from sync.summaries.look import MISSED, Look
from sync.summaries.marking import marking_of
from sync.summaries.page import Block, Heading, Paragraph, as_html, as_text, harmless
from sync.summaries.text import LISTED, Overdue, Shown, Summarized, blocks, read_shown, shown, title
from sync.wording import clock_of, subject_name

STATES: Final = {
    PeriodState.PROVISIONAL: PROVISIONAL,
    PeriodState.SETTLED: SETTLED,
    PeriodState.CORRECTED: SETTLED,
}
"""The state of a summary that tells of a period in each state."""


@dataclass(frozen=True)
class Writer:
    """Writes the summary of one subject."""

    of: Look
    subject: str

    # -- for whom ---------------------------------------------------------------------------------------------------

    @cached_property
    def _agent(self) -> Agent | None:
        """The single person whose summary it is, or the one a team's is for."""
        agents = self.of.agents
        if self.of.scope is Scope.AGENT:
            return agents.get(self.subject)
        wanted = self.of.wanted.assignee
        return next((each for each in agents.values() if each.email is not None and each.email == wanted), None)

    @cached_property
    def _assignee_id(self) -> str | None:
        agent = self._agent
        return agent.agent_id if agent is not None and (agent.active or self.of.scope is Scope.TEAM) else None

    @cached_property
    def _language(self) -> Language:
        """The recipient's own language where the helpdesk knows it, else the configured one."""
        code = self.of.account.settings.language
        if self._agent is not None and self._agent.locale:
            code = "vi" if self._agent.locale.lower().startswith("vi") else "en"
        return Language(code, self._period.zone)

    @cached_property
    def _period(self) -> Period:
        return self.of.own_period(self.subject)

    @cached_property
    def _name(self) -> str:
        named = subject_name(self.subject, self.of.scope, self.of.rules, self.of.period.end - 1)
        return harmless(self._language(named))

    @cached_property
    def _others(self) -> set[str]:
        """Who else could read it."""
        return self._others_at(self.of.wanted.group, self._assignee_id)

    def _others_at(self, group: str | None, assignee_id: str | None) -> set[str]:
        return set(self.of.account.connector.readers(group, assignee_id)) - {self._assignee_id}

    @cached_property
    def withheld(self) -> Message | None:
        """Return why a person's figures must not be written: somebody else could read them, and nobody allowed it."""
        return self._withheld_at(self.of.wanted.group, self._assignee_id)

    def withheld_on(self, row: Summary) -> Message | None:
        """Return the same of a summary's own ticket, which somebody may have moved or handed on."""
        place = self.of.places.get(row.remote_id or "")
        return self.withheld if place is None else self._withheld_at(*place)

    def _withheld_at(self, group: str | None, assignee_id: str | None) -> Message | None:
        if self.of.scope is not Scope.AGENT:
            return None
        settings = self.of.account.settings
        others = withheld_from(settings, self._others_at(group, assignee_id), self._superiors)
        if others is None:
            return message("privacy.individual is off")
        if not others:
            return None
        return message(
            "it could be read by {others}; restrict the group {group}, or set privacy.visible_to_all_agents: true",
            others=OTHER_AGENTS.of(len(others)),
            group=group or "–",
        )

    @cached_property
    def _superiors(self) -> set[str]:
        """The agent's lead and manager at the end of the period, by their ids here."""
        of, everybody = self.of, self.of.everybody
        return superiors_here(of.rules, everybody, of.account.name, self.subject, of.period.end - 1)

    @cached_property
    def _key(self) -> str:
        """How the subject is called in figures over several accounts: a person by the key."""
        of = self.of
        return of.everybody.person_of(of.account.name, self.subject).key if of.joined else self.subject

    # -- what it says -----------------------------------------------------------------------------------------------

    @cached_property
    def _card(self) -> Scorecard:
        """The subject's figures; whoever has no line any more has a card of nothing."""
        card = self.of.found.scorecards.get(self.subject)
        question = self.of.found.question
        return card or {key: cell(INDICATORS[key], [], question, self.subject) for key in self.of.told}

    @cached_property
    def content(self) -> Shown:
        """What it says, as far as one summary can differ from another."""
        card = {key: cell for key, cell in self._card.items() if key in self.of.offered}
        lines = self.of.found.lines.get(self.subject, {}).get(MISSED, ())
        first = {line.part: line for line in sorted(lines, key=lambda line: line.at, reverse=True)}
        missed = [
            Overdue(self.of.ticket(line.account, line.ticket_id or ""), clock_of(line.part), line.at)
            for line in first.values()
        ]
        return shown(card, missed, self.of.disputed.get(self.subject, {}), self._consequences.points)

    @cached_property
    def _consequences(self) -> Consequences:
        return consequences(self.of, self.subject, self._readers)

    @property
    def _readers(self) -> set[str]:
        """Everybody who could read it, whoever it is assigned to included."""
        return self._others | ({self._assignee_id} if self._assignee_id is not None else set())

    def _consequence_blocks(self) -> tuple[Block, ...]:
        of = self.of
        page = ConsequencePage(
            told=self._consequences,
            rules=of.rules,
            at=of.period.end - 1,
            settles_at=of.span.end + settles_after(of.account),
            language=self._language,
            addresses={each.ticket_id: of.address(each.ticket_id) for each in self._consequences.own},
            data=self._data(),
        )
        return tuple(page.blocks())

    def _data(self) -> Mapping[Note, int]:
        """Return how many tickets of a team there are notes about: counts alone, of nobody in particular."""
        if self.of.scope is not Scope.TEAM:
            return {}
        return counts(each for each in self.of.notes if each.subject == self.subject)

    def _front_blocks(self) -> tuple[Block, ...]:
        of = self.of
        page = FrontPage(
            told=of.fronting.front(self.subject),
            language=self._language,
            as_of=of.as_of,
            place=lambda ticket: (of.address(ticket), f"#{ticket}"),
            called=of.called,
        )
        return tuple(page.blocks())

    def _ticket(self, row: Summary, earlier: Shown | None, replaces: Summary | None = None) -> SummaryTicket:
        marker = f"{row.external_id}#{row.version + 1}"
        page = blocks(self._summarized(marker, earlier, replaces), self._language)
        return SummaryTicket(
            external_id=row.external_id,
            subject=self._language(title(self._name, self.of.period)),
            html=as_html(page),
            text=as_text(page),
            tags=tuple(dict.fromkeys((OWN_TAG, *self.of.wanted.tags))),
            assignee_id=self._assignee_id,
            group=self.of.wanted.group,
            marker=marker,
        )

    def _summarized(self, marker: str, earlier: Shown | None, replaces: Summary | None) -> Summarized:
        of, url = self.of, self.of.account.connector.ticket_url
        disputed, said = of.disputed.get(self.subject, {}), of.remarks.about([self._key])
        exempted = {of.ticket(each.account, each.ticket_id): each.why for each in said.exempted}
        decided = {
            of.ticket(each.account, each.dispute.ticket_id): dispute_text(each.dispute)
            for each in said.disputed
            if each.dispute.state is not DisputeState.OPEN
        }
        tickets = {each.ticket_id for each in self.content.overdue} | disputed.keys() | exempted.keys() | decided.keys()
        old = replaces.remote_id if replaces is not None else None
        return Summarized(
            name=self._name,
            period=self._period,
            state=PeriodState.CORRECTED if replaces is not None else _as_told(of.state),
            card=self._card,
            missing=of.found.missing,
            content=self.content,
            disputed=disputed,
            decided=decided,
            exempted=exempted,
            earlier=earlier,
            before=of.before.get(self.subject, {}),
            as_of=of.as_of,
            settles_at=of.span.end + settles_after(of.account),
            appeal_ends=of.span.end + of.account.settings.appeal,
            assigned=self._assignee_id is not None,
            marking=marking_of(of.account),
            readers=len(self._others),
            marker=marker,
            replaces=url(old) if old is not None else None,
            addresses={ticket: of.address(ticket) for ticket in tickets},
            lateness=of.lateness(self.content.overdue[:LISTED]),
            front=self._front_blocks(),
            consequences=self._consequence_blocks(),
        )

    # -- the changes ------------------------------------------------------------------------------------------------

    def created(self, row: Summary | None = None, *, replace_of: Summary | None = None) -> DueSummary:
        """Return the creation of a ticket: `row` if it was intended before, `replace_of` if it corrects that one."""
        new = row or (self._fresh() if replace_of is None else self._correction(replace_of))
        earlier = read_shown(replace_of.shown) if replace_of is not None and replace_of.shown else None
        why = message("the summary of {period} is due", period=self.of.period.label)
        if new.correction:
            why = message("the figures of {period} were corrected", period=self.of.period.label)
            replace_of = replace_of or self.of.known[self.subject][-2]
        first = row is None
        key = new.external_id if first else f"{new.external_id}:{self.of.this.pass_id}"
        return self._due(new, key, new.external_id, self._ticket(new, earlier, replace_of), why)

    def noted(self, row: Summary) -> DueSummary:
        """Return the note that brings a ticket up to date."""
        ticket = self._ticket(row, read_shown(row.shown) if row.shown else None)
        why = message("its figures changed") if row.shown else message("it was found again")
        return self._due(row, f"{ticket.marker}:{self.of.this.pass_id}", row.remote_id or "", ticket, why)

    def _due(self, row: Summary, key: str, target_id: str, ticket: SummaryTicket, why: Message) -> DueSummary:
        values = {"shown": self.content.written(), "state": STATES[self.of.state]}
        desired = Desired(key=key, target=Target.SUMMARY, target_id=target_id, values=values, why=why, summary=ticket)
        return DueSummary(row, desired, tuple(_published(self.of.account.name, each) for each in self._card.values()))

    def pointed(self, old: Summary, new: Summary) -> DueSummary:
        """Return the note that says on a ticket which one took its place."""
        address = self.of.account.connector.ticket_url(new.remote_id or "")
        told = self._language(message("The figures of {period} were corrected.", period=self.of.period.label))
        where = self._language(message("The new summary: {address}", address=address))
        marker = f"{old.external_id}→{new.external_id}"
        page = (Heading(told), Paragraph(where), Paragraph(marker))
        ticket = replace(self._ticket(old, None), html=as_html(page), text=as_text(page), marker=marker)
        why = message("a corrected summary took its place")
        desired = Desired(
            key=f"corrected:{new.external_id}",
            target=Target.SUMMARY,
            target_id=old.remote_id or "",
            why=why,
            summary=ticket,
        )
        return DueSummary(old, desired)

    def _fresh(self) -> Summary:
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

    def _correction(self, of: Summary) -> Summary:
        fresh = self._fresh()
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
