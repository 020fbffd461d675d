"""What a summary says: the figures of one subject over one period, in words for its reader."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kpi_engine.indicators import FAMILIES, INDICATORS
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import Cell
from sync.counting import AGENTS, OTHER_AGENTS
from sync.locale import Language
from sync.quality import quality_of
from sync.settling import PeriodState
from sync.store.published import PublishedCell
from sync.summaries.marking import Marking, how_to_dispute
from sync.summaries.page import Block, Group, Heading, Items, Link, Paragraph, Row, Table
from sync.wording import cell_text, clock_name, detail_text, value_text

LISTED: Final = 20
_TWIN: Final = "_calendar"

HEADLINES: Final = frozenset(
    {
        *("created", "solved", "backlog", "first_reply", "next_reply", "full_resolution", "requester_wait"),
        *("first_contact_resolution", "one_touch", "reopen_rate", "overdue_count", "overdue_rate", "goals_met"),
        *("satisfaction_rate", "satisfaction_mean", "positive_feedback", "complaints", "complaint_rate"),
    }
)
"""What a summary shows where the configuration names nothing else: no reader takes in sixty figures."""


def _finality(state: PeriodState, until: str) -> Message:
    """Return how final a summary in that state is; `until`: when its period is settled."""
    if state is PeriodState.PROVISIONAL:
        return message(
            "Provisional: late ratings, replies and corrections may still change it until {until}.", until=until
        )
    if state is PeriodState.SETTLED:
        return message("Settled: it does not change any more; a correction would come as a new ticket.")
    return message("Corrected: it takes the place of an earlier summary.")


@dataclass(frozen=True, slots=True)
class Overdue:
    """A deadline missed in the period: on which ticket, which clock, when."""

    ticket_id: str
    clock: str
    at: int


@dataclass(frozen=True, slots=True)
class Lateness:
    """How a missed deadline came out: the clock's goal and by how much it was over it, both in its own time.

    `late` is None for one that still runs.
    """

    goal: int
    late: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What decides whether a reader is told anew: each headline as (text, value, enough), and the lists.

    `points` are what penalties come to, by penalty and subject: cases and points.
    """

    figures: Mapping[str, tuple[str, float | None, bool]]
    overdue: tuple[Overdue, ...] = ()
    disputed: tuple[str, ...] = ()
    points: tuple[tuple[str, str, int, int], ...] = ()

    def written(self) -> str:
        """Return it as JSON, the same for the same content."""
        lines = [[each.ticket_id, each.clock, each.at] for each in self.overdue]
        points = [self.points] if self.points else []  # what was written before there were any stays as it is
        return json.dumps([dict(self.figures), lines, list(self.disputed), *points], sort_keys=True)

    def differs(self, earlier: "Shown") -> bool:
        """Tell whether a headline or a list changed; an indicator that only one of both knows tells nothing."""
        lists = (self.overdue, self.disputed, self.points) != (earlier.overdue, earlier.disputed, earlier.points)
        return lists or bool(self.changed(earlier))

    def changed(self, earlier: "Shown") -> list[str]:
        """Return the indicators whose headline reads otherwise now."""
        common = [key for key in self.figures if key in earlier.figures]
        return [key for key in common if self.figures[key][0] != earlier.figures[key][0]]


def read_shown(body: str) -> Shown:
    """Return what `Shown.written` wrote."""
    figures, lines, disputed, *points = json.loads(body)
    return Shown(
        {key: (text, value, enough) for key, (text, value, enough) in figures.items()},
        tuple(Overdue(*line) for line in lines),
        tuple(disputed),
        tuple((penalty, subject, cases, cost) for listed in points for penalty, subject, cases, cost in listed),
    )


_PLAIN: Final = Language("en")


def shown(
    card: Mapping[str, Cell],
    missed: Iterable[Overdue],
    disputed: Iterable[str],
    points: Iterable[tuple[str, str, int, int]] = (),
) -> Shown:
    """Return what a summary of these figures would say, in no reader's language in particular."""
    figures = {key: (_headline(cell), cell.value, cell.enough) for key, cell in card.items()}
    in_order = sorted(missed, key=lambda each: (each.at, each.ticket_id, each.clock))
    return Shown(figures, tuple(in_order), tuple(sorted(disputed)), tuple(points))


def _headline(cell: Cell) -> str:
    """Return a figure as it reads; one more of too few cases is no news."""
    return cell_text(INDICATORS[cell.indicator], cell, _PLAIN) if cell.enough else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarized:
    """Everything one summary is written from.

    `settles_at` is when the period is settled, `appeal_ends` until when a ticket can be disputed; `disputed` maps
    tickets to the indicators they count in, `decided` and `exempted` tickets to what was said of them. `before` are
    the figures shown of the period before this one, `earlier` what the reader saw last; `replaces` is the ticket a
    correction takes the place of. `readers` counts the agents besides the assignee who can open it. `marker` tells
    this version from any other. `lateness` is that of the deadlines listed, as far as it is known; `marking` is how a
    ticket can be disputed. `front` is what comes first, `consequences` what is said about penalties and rewards.
    """

    name: str
    period: Period
    state: PeriodState
    card: Mapping[str, Cell]
    missing: Mapping[str, Message]
    content: Shown
    disputed: Mapping[str, Sequence[str]]
    decided: Mapping[str, Message] = field(default_factory=dict)
    exempted: Mapping[str, Message] = field(default_factory=dict)
    earlier: Shown | None
    before: Mapping[str, PublishedCell]
    as_of: int
    settles_at: int
    appeal_ends: int
    assigned: bool
    marking: Marking
    readers: int
    marker: str
    replaces: str | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    lateness: Mapping[Overdue, Lateness] = field(default_factory=dict)
    front: tuple[Block, ...] = ()
    consequences: tuple[Block, ...] = ()


def title(name: str, period: Period) -> Message:
    """Return a summary's subject: stable, so that it can be searched for."""
    return message("KPI · {name} · {period}", name=name, period=period.label)


def blocks(told: Summarized, language: Language) -> list[Block]:
    """Return a summary as its reader sees it."""
    return list(_Page(told, language).blocks())


def offered(chosen: Mapping[str, bool]) -> set[str]:
    """Return the indicators a summary may show, given which the configuration turns on (True) and off."""
    known = {key for key in INDICATORS if not key.endswith(_TWIN)}
    wanted = HEADLINES | {key for key, on in chosen.items() if on}
    return {key for key in known if key in wanted and chosen.get(key, True)}


@dataclass(frozen=True, slots=True)
class _Page:
    told: Summarized
    language: Language

    def blocks(self) -> Iterator[Block]:
        told, language = self.told, self.language
        yield Heading(language(title(told.name, told.period)), 2)
        yield from (Paragraph(language(sentence)) for sentence in self.opening())
        yield from self.told.front
        yield from self.changes()
        yield Heading(language(message("All figures")))
        yield self.table()
        yield from self.silent()
        yield from self.disputes()
        yield from self.remarks()
        yield from self.missed_deadlines()
        yield from self.told.consequences
        yield from (Paragraph(language(sentence)) for sentence in self.closing())
        yield Paragraph(told.marker)

    # -- for whom, of when, how final -------------------------------------------------------------------------------

    def opening(self) -> Iterator[Message]:
        told, language = self.told, self.language
        yield message(
            "For {name}, {first} to {last}, both included (time zone {zone}).",
            name=told.name,
            first=language.day(told.period.start),
            last=language.day(told.period.end - 1),
            zone=told.period.zone,
        )
        yield _finality(told.state, language.moment(told.settles_at))
        if told.replaces is not None:
            yield message("The ticket it takes the place of: {address}", address=told.replaces)

    # -- what is new ------------------------------------------------------------------------------------------------

    def changes(self) -> Iterator[Block]:
        if self.told.earlier is None:
            return
        items = [Link(self.language(sentence)) for sentence in self.differences(self.told.earlier)]
        if items:
            yield Heading(self.language(message("What changed since the last version")))
            yield Items(tuple(items))

    def differences(self, earlier: Shown) -> Iterator[Message]:
        now = self.told.content
        for key in now.changed(earlier):
            _, value, enough = earlier.figures[key]
            old = value_text(INDICATORS[key], value, self.language) if enough else "–"
            yield message(
                "{indicator}: {new} (before: {old})",
                indicator=INDICATORS[key].name,
                new=cell_text(INDICATORS[key], self.told.card[key], self.language),
                old=old,
            )
        new = len(set(now.overdue) - set(earlier.overdue))
        gone = len(set(earlier.overdue) - set(now.overdue))
        if new or gone:
            yield message("Overdue requests: {new} added, {gone} removed", new=new, gone=gone)
        if now.disputed != earlier.disputed:
            yield message("Disputed tickets: {n} (before: {old})", n=len(now.disputed), old=len(earlier.disputed))
        if now.points != earlier.points:
            new_sum, old_sum = (sum(each[-1] for each in told.points) for told in (now, earlier))
            yield message("Penalty points: {n} (before: {old})", n=new_sum, old=old_sum)

    # -- the figures ------------------------------------------------------------------------------------------------

    def table(self) -> Table:
        columns = (message("Indicator"), message("Value"), message("Range and number"), message("Period before"))
        groups = ((self.language(name), tuple(self.rows(table))) for name, table in FAMILIES)
        names = [self.language(column) for column in columns]
        return Table(
            (names[0], names[1], names[2], names[3]), tuple(Group(name, rows) for name, rows in groups if rows)
        )

    def rows(self, table: Iterable[Indicator]) -> Iterator[Row]:
        for indicator in table:
            if indicator.key in self.told.content.figures and not self.is_silent(indicator):
                cell = self.told.card[indicator.key]
                yield Row(
                    self.language(indicator.name),
                    cell_text(indicator, cell, self.language),
                    self.detail(indicator, cell),
                    self.trend(indicator),
                )

    def detail(self, indicator: Indicator, cell: Cell) -> str:
        twin = self.told.card.get(f"{indicator.key}{_TWIN}")
        parts = [detail_text(indicator, cell, self.language)]
        if twin is not None and twin.value is not None and twin.enough:
            parts.append(self.language(message("around the clock {time}", time=self.language.days(twin.value))))
        return "; ".join(part for part in parts if part)

    def trend(self, indicator: Indicator) -> str:
        before, now = self.told.before.get(indicator.key), self.told.card[indicator.key]
        if before is None or before.value is None or now.value is None or before.n < now.min_n:
            return ""
        arrow = "=" if before.value == now.value else "↑" if now.value > before.value else "↓"
        return self.language(
            message("{arrow} from {value}", arrow=arrow, value=value_text(indicator, before.value, self.language))
        )

    def is_silent(self, indicator: Indicator) -> bool:
        """Tell whether a figure has nothing to say: its input is missing, or no ticket concerned it."""
        return indicator.key in self.told.missing or self.told.card[indicator.key].value is None

    def silent(self) -> Iterator[Paragraph]:
        quiet = [key for key in self.told.content.figures if self.is_silent(INDICATORS[key])]
        if quiet:
            names = ", ".join(self.language(INDICATORS[key].name) for key in quiet)
            yield Paragraph(self.language(message("Nothing to say about: {names}.", names=names)))

    # -- the lists --------------------------------------------------------------------------------------------------

    def disputes(self) -> Iterator[Block]:
        if self.told.disputed:
            yield Heading(self.language(message("Disputed, not decided yet")))
            items = [
                Link(", ".join(self.language(INDICATORS[key].name) for key in keys), *self.place(ticket))
                for ticket, keys in sorted(self.told.disputed.items())
            ]
            yield Items(tuple(self.bounded(items)))

    def remarks(self) -> Iterator[Block]:
        parts = (
            (message("Disputes that were decided"), self.told.decided),
            (message("Exempted, so not counted"), self.told.exempted),
        )
        for title, told in parts:
            if told:
                yield Heading(self.language(title))
                items = [Link(self.language(words), *self.place(ticket)) for ticket, words in sorted(told.items())]
                yield Items(tuple(self.bounded(items)))

    def missed_deadlines(self) -> Iterator[Block]:
        if self.told.content.overdue:
            yield Heading(self.language(message("Overdue requests in this period")))
            items = [Link(self.missed(each), *self.place(each.ticket_id)) for each in self.told.content.overdue]
            yield Items(tuple(self.bounded(items)))

    def missed(self, overdue: Overdue) -> str:
        """Return which clock it was, when it fell due, its goal and how late it ended."""
        parts = [self.language(clock_name(overdue.clock)), self.language.moment(overdue.at)]
        known = self.told.lateness.get(overdue)
        if known is not None:
            goal = self.language.duration(known.goal)
            still = message("goal {goal}, not done yet when this was written", goal=goal)
            late = None if known.late is None else self.language.duration(known.late)
            ended = message("goal {goal}, {late} over it", goal=goal, late=late)
            parts.append(self.language(still if late is None else ended))
        return " · ".join(parts)

    def place(self, ticket: str) -> tuple[str | None, str]:
        return self.told.addresses.get(ticket), f"#{ticket}"

    def bounded(self, items: Sequence[Link]) -> Iterator[Link]:
        yield from items[:LISTED]
        if len(items) > LISTED:
            yield Link(self.language(message("{n} more", n=self.language.number(len(items) - LISTED))))

    # -- how to read it ---------------------------------------------------------------------------------------------

    def closing(self) -> Iterator[Message]:
        told, language = self.told, self.language
        yield message(
            "n is how many tickets, replies or ratings a figure is made of; the range beside a share holds the "
            "true one in 19 of 20 cases. Too few say nothing: the figure then stays open."
        )
        yield from quality_of([told.card]).notes(self.language)
        yield message("Data complete to {as_of}.", as_of=language.moment(told.as_of))
        editions = sorted({edition for cell in told.card.values() for edition in cell.editions})
        yield message("Rules: {editions}.", editions=", ".join(editions) or "–")
        if told.state is PeriodState.PROVISIONAL and told.as_of < told.appeal_ends:
            yield from how_to_dispute(told.marking, language.moment(told.appeal_ends))
        yield self.who_reads()
        yield message("Figures support a conversation; they decide nothing by themselves.")

    def who_reads(self) -> Message:
        readers = self.told.readers
        if self.told.assigned and not readers:
            return message("Who can read this ticket: the agent it is assigned to, and administrators.")
        if self.told.assigned:
            return message(
                "Who can read this ticket: the agent it is assigned to, {others}, and administrators.",
                others=OTHER_AGENTS.of(readers),
            )
        return message("Who can read this ticket: {agents}, and administrators.", agents=AGENTS.of(readers))
