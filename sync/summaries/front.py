"""What a summary begins with: what needs doing now, the headlines beside target and trend, why, the last feedback."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import MEANS, Better, Indicator, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message
from kpi_engine.reduce import Cell
from kpi_engine.role_cards import Grading
from kpi_engine.tally import COUNTS
from sync.counting import COMPLIMENTS
from sync.grading_text import block_name, role_name
from sync.grading_text import finding as graded_finding
from sync.locale import Language
from sync.scorecards import curve
from sync.summaries.page import Block, Group, Heading, Items, Link, Paragraph, Row, Table
from sync.survey_text import answered_text
from sync.surveyed import Answered
from sync.target_text import finding, target_text
from sync.targets import Judged
from sync.wording import cell_text, clock_name, detail_text, value_text

USUAL: Final = ("first_reply", "full_resolution", "satisfaction_rate", "overdue_count")
"""The headlines of whoever has no scorecard."""

FEEDBACK: Final = "satisfaction_rate"
PRAISE: Final = "positive_feedback"
MOST: Final = 4
"""So many headlines a reader takes in."""

LISTED: Final = 10
_CASES, _RATINGS = 3, 5


@dataclass(frozen=True, slots=True)
class Doing:
    """A ticket that waits for the reader: overdue since, due at, or its customer waiting since `at`."""

    ticket: str
    what: str
    at: int
    clock: str | None = None


OVERDUE, DUE, OWED = "overdue", "due", "owed"
_RANK: Final = {OVERDUE: 0, DUE: 1, OWED: 2}


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure with the target it stands beside, if any, and its values of the periods before, oldest first."""

    cell: Cell
    judged: Judged | None
    before: Sequence[float | None] = ()

    @property
    def indicator(self) -> Indicator:
        """The indicator."""
        return INDICATORS[self.cell.indicator]

    @property
    def trend(self) -> list[float | None]:
        """The values with the latest one, nothing where too few cases make one."""
        return [*self.before, self.cell.value if self.cell.enough else None]


@dataclass(frozen=True, slots=True)
class Front:
    """What the front of one summary is made of; `lines` are those of each headline and of the feedback.

    `answered` tells who answered the surveys whose figures the summary shows.
    """

    doing: Sequence[Doing] = ()
    headlines: Sequence[Headline] = ()
    grading: Grading | None = None
    lines: Mapping[str, Sequence[CreditLine]] = field(default_factory=dict)
    answered: Sequence[Answered] = ()


def chosen(card: Mapping[str, Cell], grading: Grading | None) -> list[str]:
    """Return the keys of at most MOST headlines: what weighs most on the scorecard and has a figure, else the usual."""
    weighed = {part.indicator: part.weight for part in grading.parts} if grading is not None else {}
    first = sorted(weighed, key=lambda key: -weighed[key])
    known = [key for key in dict.fromkeys([*first, *USUAL]) if key in card and card[key].value is not None]
    return known[:MOST]


def worst(indicator: Indicator, lines: Sequence[CreditLine]) -> list[CreditLine]:
    """Return the lines that weigh most against a figure: the longest times, the newest cases on the wrong side."""
    if indicator.better is Better.NEUTRAL or indicator.reduction not in {*MEANS, Reduction.RATIO}:
        return []
    if indicator.reduction in MEANS:
        sign = -1 if indicator.better is Better.LOWER else 1
        return sorted(lines, key=lambda line: (sign * line.numerator, -line.at))[:_CASES]
    wrong = [line for line in lines if (line.numerator > 0) == (indicator.better is Better.LOWER)]
    return sorted(wrong, key=lambda line: -line.at)[:_CASES]


@dataclass(frozen=True, slots=True)
class FrontPage:
    """Puts the front of a summary into blocks, in its reader's language; `place` tells where a ticket is opened."""

    told: Front
    language: Language
    as_of: int
    place: Callable[[str], tuple[str | None, str]]
    called: Callable[[CreditLine], str]

    def blocks(self) -> Iterator[Block]:
        """Yield the sections, each only where there is something to say."""
        yield from self._doing()
        yield from self._headlines()
        yield from self._answered()
        yield from self._scorecard()
        yield from self._why()
        yield from self._feedback()

    def _doing(self) -> Iterator[Block]:
        if not self.told.doing:
            return
        yield Heading(self.language(message("To do now")))
        yield Paragraph(self.language(message("As of {at}.", at=self.language.moment(self.as_of))))
        items = [Link(self._what(each), *self.place(each.ticket)) for each in self.told.doing[:LISTED]]
        if len(self.told.doing) > LISTED:
            more = self.language.number(len(self.told.doing) - LISTED)
            items.append(Link(self.language(message("{n} more", n=more))))
        yield Items(tuple(items))

    def _what(self, each: Doing) -> str:
        clock = self.language(clock_name(each.clock)) if each.clock is not None else ""
        at, waited = self.language.moment(each.at), self.language.days(max(0, self.as_of - each.at))
        told = {
            OVERDUE: message("overdue since {at}", at=at),
            DUE: message("{clock} due at {at}", clock=clock, at=at),
            OWED: message("the customer has been waiting for {time}, since {at}", time=waited, at=at),
        }
        return self.language(told[each.what])

    def _headlines(self) -> Iterator[Block]:
        if self.told.headlines:
            yield Heading(self.language(message("Headlines")))
            heads = (message("Indicator"), message("Value"), message("Range and target"), message("Trend"))
            first, second, third, fourth = (self.language(each) for each in heads)
            yield Table((first, second, third, fourth), (Group("", tuple(map(self._row, self.told.headlines))),))

    def _answered(self) -> Iterator[Block]:
        if self.told.answered:
            yield Heading(self.language(message("Who answered the surveys")))
            yield Items(tuple(Link(answered_text(each, self.language)) for each in self.told.answered))

    def _row(self, each: Headline) -> Row:
        value, detail = (text(each.indicator, each.cell, self.language) for text in (cell_text, detail_text))
        told = [part for part in (detail, self._target(each.judged)) if part]
        return Row(self.language(each.indicator.name), value, "; ".join(told), self._trend(each))

    def _target(self, judged: Judged | None) -> str:
        if judged is None:
            return ""
        agreed, found = target_text(judged, self.language), self.language(finding(judged))
        return self.language(message("target {target}: {finding}", target=agreed, finding=found))

    def _trend(self, each: Headline) -> str:
        known = [value for value in each.before if value is not None]
        if not known:
            return ""
        last = value_text(each.indicator, known[-1], self.language)
        return self.language(message("{curve} from {value}", curve=curve(each.trend), value=last))

    def _scorecard(self) -> Iterator[Block]:
        found = self.told.grading
        if found is None:
            return
        yield Heading(self.language(message("Scorecard: {role}", role=role_name(found.card, self.language))))
        yield Paragraph(self.language(graded_finding(found, self.language)))
        yield Items(tuple(Link(self._part(found, block.name)) for block in found.card.blocks))

    def _part(self, found: Grading, block: str) -> str:
        attained = found.block(block)
        weight = self.language.percent(sum(part.weight for part in found.parts if part.block == block), 0)
        share = self.language.percent(attained, 0) if attained is not None else "–"
        name = block_name(found.card, block, self.language)
        return self.language(
            message("{block}: {share} attained, weight {weight}", block=name, share=share, weight=weight)
        )

    def _why(self) -> Iterator[Block]:
        items = [
            Link(self._case(each.indicator, line), *self.place(self.called(line)))
            for each in self.told.headlines
            for line in worst(each.indicator, self.told.lines.get(each.indicator.key, ()))
            if line.ticket_id is not None
        ]
        if items:
            yield Heading(self.language(message("Why: what weighed most")))
            yield Items(tuple(items))

    def _case(self, indicator: Indicator, line: CreditLine) -> str:
        name = self.language(indicator.name)
        if indicator.unit is Unit.SECONDS:
            return f"{name}: {self.language.duration(line.numerator)}"
        if indicator.key == FEEDBACK:
            return f"{name}: {self._rated(line)}"
        return f"{name}: {self.language.moment(line.at)}"

    def _feedback(self) -> Iterator[Block]:
        given = sorted(self.told.lines.get(FEEDBACK, ()), key=lambda line: -line.at)
        praises = sum(line.stamp.observation_id is not None for line in self.told.lines.get(PRAISE, ()))
        if given or praises:
            yield Heading(self.language(message("Feedback")))
        if given:
            good = sum(line.numerator for line in given)
            yield Paragraph(
                self.language(message("{good} good, {bad} not; the latest:", good=good, bad=len(given) - good))
            )
            yield Items(tuple(Link(self._rated(line), *self.place(self.called(line))) for line in given[:_RATINGS]))
        if praises:
            n = COMPLIMENTS.of(praises, self.language)
            yield Paragraph(self.language(message("Beside ratings {n}, positive feedback as well.", n=n)))

    def _rated(self, line: CreditLine) -> str:
        at = self.language.moment(line.at)
        good, bad = message("rated good, {at}", at=at), message("rated not good, {at}", at=at)
        return self.language(good if line.numerator else bad)


def ordered(doing: Sequence[Doing]) -> list[Doing]:
    """Return what needs doing, the overdue first, each by its instant."""
    return sorted(doing, key=lambda each: (_RANK[each.what], each.at, each.ticket))


def is_shown(cell: Cell, value: float | None, n: int) -> bool:
    """Tell whether an earlier figure of so many cases may stand in a trend."""
    return value is not None and (n >= cell.min_n or INDICATORS[cell.indicator].reduction in COUNTS)
