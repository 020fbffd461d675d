"""Summary tickets: for whom and which period one is due, and what it says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from connectors.account import Summary as SummarySettings
from connectors.base import Stream, SummaryTicket, Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, PeriodKind, periods_between
from kpi_engine.records import Agent
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import OWN_TAG, Rulebook
from sync.account import Account
from sync.figures import Figures, Scorecard, figures
from sync.locale import Language
from sync.store.changes import Desired
from sync.store.published import PublishedCell
from sync.store.summaries import Summary
from sync.wording import cell_text, clock_name, detail_text, subject_name


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A summary ticket that is due: whose, for which period, with what figures and content."""

    summary: Summary
    desired: Desired
    cells: tuple[PublishedCell, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A summary ticket that is due but would be read by others than its agent."""

    subject: str
    period: str
    reason: Message


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """A period whose summaries are due, and the switch that remembers it was served."""

    wanted: SummarySettings
    period: Period

    @property
    def switch(self) -> str:
        """The name under which the end of the last served period is kept."""
        return _switch(self.wanted)


def _switch(wanted: SummarySettings) -> str:
    return f"summaries:{wanted.scope}:{wanted.period}"


def due_periods(account: Account, as_of: int, armed: int) -> Iterator[DuePeriod]:
    """Yield, oldest first, every period that ended after the first writing pass, its grace over, not yet served."""
    for wanted in account.own.push.summaries:
        kind = PeriodKind(wanted.period)
        served = account.store.switches.number(account.name, _switch(wanted))
        for period in periods_between(kind, account.settings.timezone, max(armed, served or 0), as_of):
            if max(armed, served or 0) < period.end <= as_of - wanted.grace:
                yield DuePeriod(wanted, period)


def summaries_of(account: Account, due: DuePeriod, rulebook: Rulebook, as_of: int) -> Iterator[DueSummary | Withheld]:
    """Yield the summary of everybody who has a credit line in the period, or why it must not be written."""
    scope = Scope(due.wanted.scope)
    found = figures(account, due.period, scope, as_of)
    agents = {a.agent_id: a for a in account.store.records.account(account.name, Stream.AGENTS) if isinstance(a, Agent)}
    for subject, card in sorted(found.scorecards.items(), key=lambda item: item[0] or ""):
        if subject is not None:
            writer = _Writer(account, due, rulebook, found, agents.get(subject), _assignee(due.wanted, subject, agents))
            reason = writer.withheld()
            yield Withheld(subject, due.period.label, reason) if reason else writer.due(subject, card)


def _assignee(wanted: SummarySettings, subject: str, agents: dict[str, Agent]) -> str | None:
    """Return whom the ticket is assigned to: the agent himself, or for a team the configured lead."""
    if wanted.scope == "agent":
        agent = agents.get(subject)
        return agent.agent_id if agent is not None and agent.active else None
    return next((a.agent_id for a in agents.values() if a.email is not None and a.email == wanted.assignee), None)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the summary of one subject; `agent` is set for a single person's."""

    account: Account
    due_period: DuePeriod
    rulebook: Rulebook
    found: Figures
    agent: Agent | None
    assignee_id: str | None

    @property
    def wanted(self) -> SummarySettings:
        return self.due_period.wanted

    @property
    def period(self) -> Period:
        return self.due_period.period

    @property
    def language(self) -> Language:
        """The recipient's own language where the helpdesk knows it, else the configured one."""
        code = self.account.settings.language
        if self.agent is not None and self.agent.locale:
            code = "vi" if self.agent.locale.lower().startswith("vi") else "en"
        return Language(code, self.account.settings.timezone)

    def withheld(self) -> Message | None:
        """Return why a person's figures must not be written: somebody else could read them, and nobody allowed it."""
        if self.wanted.scope != "agent" or self.account.settings.privacy.visible_to_all_agents:
            return None
        readers = set(self.account.connector.readers(self.wanted.group, self.assignee_id)) - {self.assignee_id}
        if not readers:
            return None
        return message(
            "{n} other agents could read it; restrict the group {group}, or set privacy.visible_to_all_agents: true",
            n=len(readers),
            group=self.wanted.group or "–",
        )

    def due(self, subject: str, card: Scorecard) -> DueSummary:
        scope, label = self.wanted.scope, self.period.label
        external_id = f"helpdesk-kpi:{self.account.name}:{scope}:{subject}:{label}"
        ticket = self.ticket(subject, card, external_id)
        summary = Summary(
            connector=self.account.name,
            scope=scope,
            subject=subject,
            period=label,
            period_start=self.period.start,
            period_end=self.period.end,
            external_id=external_id,
        )
        why = message("the summary of {period} is due", period=label)
        desired = Desired(key=external_id, target=Target.SUMMARY, target_id=external_id, why=why, summary=ticket)
        return DueSummary(summary, desired, tuple(_published(self.account.name, cell) for cell in card.values()))

    def ticket(self, subject: str, card: Scorecard, external_id: str) -> SummaryTicket:
        name = self.language(subject_name(subject, Scope(self.wanted.scope), self.rulebook, self.period.end - 1))
        title = self.language(message("KPI · {name} · {period}", name=name, period=self.period.label))
        rows = [self.row(key, cell) for key, cell in card.items()]
        overdue, notes = self.overdue_rows(subject), self.notes(card)
        return SummaryTicket(
            external_id=external_id,
            subject=title,
            html=_html(title, rows, self.language(_OVERDUE_TITLE), overdue, notes),
            text=_text(title, rows, self.language(_OVERDUE_TITLE), overdue, notes),
            tags=tuple(dict.fromkeys((OWN_TAG, *self.wanted.tags))),
            assignee_id=self.assignee_id,
            group=self.wanted.group,
        )

    def row(self, key: str, cell: Cell) -> tuple[str, str, str]:
        indicator, language = INDICATORS[key], self.language
        missing = self.found.missing.get(key)
        value = language(missing) if missing is not None else cell_text(indicator, cell, language)
        return language(indicator.name), value, detail_text(indicator, cell, language)

    def overdue_rows(self, subject: str) -> list[tuple[str, str]]:
        """Return the overdue tickets behind the figure, in order of time: (link, which clock and when)."""
        lines = sorted(self.found.lines[subject].get("overdue_count", ()), key=lambda line: line.at)
        return [(self.account.connector.ticket_url(line.ticket_id or ""), self.overdue_words(line)) for line in lines]

    def overdue_words(self, line: CreditLine) -> str:
        clock = self.language(clock_name(line.part or ""))
        return f"{clock} · {self.language.moment(line.at)}"

    def notes(self, card: Scorecard) -> list[str]:
        language = self.language
        editions = sorted({edition for cell in card.values() for edition in cell.editions})
        notes = [
            language(
                message(
                    "Period: {start} to {end}, time zone {zone}.",
                    start=language.moment(self.period.start),
                    end=language.moment(self.period.end),
                    zone=self.period.zone,
                )
            ),
            language(message("Data complete to {as_of}.", as_of=language.moment(self.found.question.as_of))),
            language(message("Rules: {editions}.", editions=", ".join(editions))),
        ]
        if any(cell.approximate for cell in card.values()):
            notes.append(language(message("Some times assume the account's oldest calendar.")))
        notes.append(language(message("Figures support a conversation; they decide nothing by themselves.")))
        return notes


_OVERDUE_TITLE = message("Overdue requests in this period")
Row = tuple[str, str, str]


def _html(
    title: str, rows: Sequence[Row], overdue_title: str, overdue: Sequence[tuple[str, str]], notes: list[str]
) -> str:
    table = "".join(
        f"<tr><td>{escape(name)}</td><td><strong>{escape(value)}</strong></td><td>{escape(detail)}</td></tr>"
        for name, value, detail in rows
    )
    parts = [f"<h2>{escape(title)}</h2>", f"<table><tbody>{table}</tbody></table>"]
    if overdue:
        links = "".join(
            f'<li><a href="{escape(link)}">{escape(link)}</a> · {escape(when)}</li>' for link, when in overdue
        )
        parts.append(f"<h3>{escape(overdue_title)}</h3><ul>{links}</ul>")
    parts.append("".join(f"<p>{escape(note)}</p>" for note in notes))
    return "".join(parts)


def _text(
    title: str, rows: Sequence[Row], overdue_title: str, overdue: Sequence[tuple[str, str]], notes: list[str]
) -> str:
    lines = [title, ""]
    lines += [f"{name}: {value}" + (f" ({detail})" if detail else "") for name, value, detail in rows]
    if overdue:
        lines += ["", overdue_title, *(f"- {link} · {when}" for link, when in overdue)]
    return "\n".join([*lines, "", *notes])


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
