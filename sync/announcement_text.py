"""An announcement in words: what was agreed, and the rules as they will be, for the agent who is asked to read it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.penalties import PenaltySettings, RewardSettings, WorthSettings
from config.policies import PolicyDocument
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from sync.ledger_text import money_text
from sync.locale import Language
from sync.rule_words import clock_text, policy_text, step_text
from sync.summaries.page import Block, Heading, Items, Link, Paragraph

_COUNTED: Mapping[str, tuple[Message, ...]] = {
    "severe_overdue_count": (message("only what is of the gravest severity at the breach is late"),),
    "complaints": (
        message(
            "judged are the customers whose tickets the agent held, and late is who complained of what he answers for"
        ),
    ),
}
"""What a penalty counts, where it is not every deadline missed."""

_AMONG = {"team": message("in each team"), "account": message("among everybody")}
_PERIODS = {"week": message("a week"), "month": message("a month"), "quarter": message("a quarter")}


@dataclass(frozen=True, slots=True)
class AnnouncementPage:
    """Puts an edition of rules into blocks, in its reader's language.

    `allowed` are the effects that steps of escalations may have on the tickets of the reader's helpdesk.
    """

    document: PolicyDocument
    effective_on: str
    text: str
    marker: str
    tag: str
    language: Language
    allowed: Collection[str] = ()

    def title(self) -> str:
        """Return the ticket's subject."""
        return self.language(message("KPI · New rules from {day}: please read", day=self.effective_on))

    def blocks(self) -> Iterator[Block]:
        """Yield the page: the agreed text, the rules, and how to acknowledge them."""
        yield Heading(self.title(), 2)
        yield from (Paragraph(line) for line in self.text.splitlines() if line.strip())
        told = message(
            "These rules hold from {day}. Nothing that began before is judged by them.", day=self.effective_on
        )
        yield Paragraph(self.language(told))
        yield from self._policies()
        yield from self._section(message("What escalations do on tickets"), self._steps())
        yield from self._section(message("What missed deadlines cost"), map(self._penalty, self.document.penalties))
        if self.document.penalties:
            yield from (Paragraph(self.language(each)) for each in self._fairness())
        yield from self._section(message("Rewards"), map(self._reward, self.document.rewards))
        if self.document.rewards:
            told = message("Rewards count what a person has on all helpdesks together. Leads alone are told of them.")
            yield Paragraph(self.language(told))
        how = message(
            "Please acknowledge that you have read this: answer here, add the tag {tag}, or solve this ticket. "
            "If you do not agree, say so here.",
            tag=self.tag,
        )
        yield Paragraph(self.language(how))
        yield Paragraph(self.marker)

    def _section(self, title: Message, lines: Iterator[Message]) -> Iterator[Block]:
        items = tuple(Link(self.language(each)) for each in lines)
        if items:
            yield Heading(self.language(title))
            yield Items(items)

    def _policies(self) -> Iterator[Block]:
        for place, policy in enumerate(self.document.policies):
            yield Heading(self.language(message("Goals: {policy}", policy=policy.id)))
            yield Paragraph(policy_text(policy, place, self.language))
            yield Items(tuple(Link(clock_text(clock, self.language)) for clock in policy.clocks))

    def _steps(self) -> Iterator[Message]:
        for each in self.document.escalations:
            for step in each.steps:
                if told := step_text(each.on, step, self.allowed, self.language):
                    yield told

    def _penalty(self, each: PenaltySettings) -> Message:
        rules = "; ".join(self.language(part) for part in self._penalty_parts(each))
        return message("{name}, {period}: {rules}", name=each.id, period=_PERIODS[each.period], rules=rules)

    def _penalty_parts(self, each: PenaltySettings) -> Iterator[Message]:
        number = self.language.number
        yield from _COUNTED.get(each.metric, ())
        if each.quota_rate:
            share = self.language.percent(float(each.quota_rate))
            yield message("{n} late, or {share} of all judged, cost nothing", n=number(each.quota), share=share)
        else:
            yield message("{n} late cost nothing", n=number(each.quota))
        for band in each.bands:
            points = number(band.points)
            if band.over:
                told = message(
                    "points for each after the first {n} that are not free: {points}",
                    n=number(band.over),
                    points=points,
                )
            else:
                told = message("points for each late one that is not free: {points}", points=points)
            yield told
        if each.cap is not None:
            yield message("{points} points at most", points=number(each.cap))
        yield message("nobody is charged with fewer than {n} judged", n=number(each.min_volume))
        if each.grace:
            yield message("up to {time} over the goal costs nothing", time=self.language.duration(each.grace))
        if each.worth is not None:
            yield message("a point is {money}", money=self._money(each.worth))

    def _money(self, worth: WorthSettings) -> str:
        return money_text(Decimal(str(worth.amount)), worth.currency, self.language)

    def _fairness(self) -> Iterator[Message]:
        yield message(
            "Charged is who holds the ticket at the breach, if he had the clock for at least a tenth of its goal; else "
            "who had it longest, if for at least half of it; else the team alone. Who is on leave is not charged."
        )
        yield message(
            "Before anything is charged it stands as a preview in your own summary, and you can dispute a ticket. What "
            "is disputed and undecided, or exempted, is not charged."
        )
        for each in self.document.penalties:
            told = message("{name}: what is known only approximately is charged, too.", name=each.id)
            free = message("{name}: what is known only approximately is not charged.", name=each.id)
            yield told if each.unsure else free

    def _reward(self, each: RewardSettings) -> Message:
        rules = "; ".join(self.language(part) for part in self._reward_parts(each))
        return message("{name}, {period}: {rules}", name=each.id, period=_PERIODS[each.period], rules=rules)

    def _reward_parts(self, each: RewardSettings) -> Iterator[Message]:
        number, percent = self.language.number, self.language.percent
        yield message(
            "the {n} with the highest number, {indicator}, {among}; from {least} ratings on",
            n=number(each.top),
            indicator=INDICATORS[each.metric].name,
            among=_AMONG[each.within],
            least=number(each.min_n),
        )
        if each.at_least:
            share = percent(float(each.at_least))
            yield message("it must be sure that at least {share} of the ratings are good", share=share)
        if each.min_response:
            yield message("at least {share} of the surveys are answered", share=percent(float(each.min_response)))
        if each.penalty_points_below is not None:
            yield message("with fewer than {n} penalty points", n=number(each.penalty_points_below))
        if each.worth is not None:
            yield message("it is worth {money}", money=self._money(each.worth))
