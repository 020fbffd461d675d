"""The ledger in words: tables for the terminal, a document for JSON, and rows for spreadsheets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.awards import AwardEntry
from kpi_engine.cases import COMPLAINT
from kpi_engine.charges import ChargeEntry
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.message import Message, message
from kpi_engine.penalties import Finding
from kpi_engine.reduce import Scope
from kpi_engine.rewards import Standing
from kpi_engine.rulebook import Rulebook
from sync.escalated import spot
from sync.fitting import Linked, plain_table
from sync.ledger import NO_PENALTY, SOMEBODY, Told, fired_and_taken_back
from sync.locale import Language
from sync.overriding import Decision, ended_text
from sync.store.observations import DISPUTED, REFUSED
from sync.store.settled import Correction
from sync.wording import clock_name, part_text, subject_name

FINDINGS: Mapping[str, Message] = {
    Finding.OVER_QUOTA: message("over the quota"),
    Finding.CAPPED: message("over the quota, but the period's most is reached"),
    Finding.WITHIN_QUOTA: message("within the quota"),
    Finding.BELOW_VOLUME: message("too few judged in the period to charge anybody"),
    Finding.REPEATED: message("late before in the period, charged once"),
    Finding.IN_GRACE: message("within the grace"),
    Finding.UNSURE: message("known only approximately, so not charged"),
    Finding.DISPUTED: message("disputed, and nobody has decided: not charged"),
    Finding.EXEMPTED: message("exempted"),
    Finding.NOT_ANNOUNCED: message("not announced before the period began: not charged"),
    Finding.NOT_ACKNOWLEDGED: message("not acknowledged before the period began: not charged"),
    NO_PENALTY: message("no penalty speaks of it"),
}
"""What was found about a deadline missed, in words."""

COMPLAINED_BEFORE = message("the customer complained before in the period, charged once")

COUNTED_TOGETHER = message(
    "Late, judged and free are counted over all helpdesks together; the points and the lines are those of this"
    " helpdesk's tickets alone."
)

REWARDED_TOGETHER = message(
    "Rewards are for a person's feedback on all helpdesks together: whoever works on several is rewarded once, though"
    " each shows it."
)

STANDINGS: Mapping[Standing, Message] = {
    Standing.REWARDED: message("rewarded"),
    Standing.BEHIND: message("others have more"),
    Standing.FEW_ANSWERS: message("too few ratings to tell"),
    Standing.LOW_BOUND: message("not sure enough to be as good as agreed"),
    Standing.FEW_RESPONSES: message("too few surveys were answered"),
    Standing.PENALIZED: message("too many penalty points"),
    Standing.NOT_ANNOUNCED: message("not announced before the period began"),
}
"""Where somebody stands in a reward, in words."""

_TOLD = 2000
"""A share of the goal below one in so many would be told as 0 %."""

_STEPS = {
    "warn": message("warning"),
    "breach": message("breach"),
    "escalation": message("escalation"),
    "repeat": message("repeated notice"),
    "early": message("step after the warning"),
    "success": message("step after the end"),
}


def step_name(step: str) -> Message:
    """Return what falls due under a name, with the part of the goal, the level or the number behind it."""
    kind, _, rest = step.partition(":")
    told = _STEPS.get(kind, kind)
    return message("{step} {what}", step=told, what=rest) if rest else message("{step}", step=told)


@dataclass(frozen=True, slots=True)
class Teller:
    """Words the ledger of one period in a language, by the names of its end."""

    told: Told
    rules: Rulebook
    language: Language

    def name(self, subject: str | None, scope: Scope) -> str:
        """Return how somebody is called, and how somebody who may not be shown is."""
        if subject == SOMEBODY:
            return self.language(message("somebody else"))
        named = subject_name(subject or None, scope, self.rules, self.told.period.end - 1)
        return one_line(self.language(named))

    def opening(self) -> Message:
        """Return what the ledger is of, and how final it is."""
        named = {"name": self.told.account.name, "period": self.told.period.label}
        if self.told.wait is not None:
            why = self.told.wait.sentence(self.language)
            return message("{name}: ledger of {period}. A preview: {why}", why=self.language(why), **named)
        if not self.told.settled:
            until = self.language.moment(self.told.settles_at)
            if self.told.overdue:
                reached = self.language.moment(self.told.as_of)
                return message(
                    "{name}: ledger of {period}. A preview, though it was due on {until}: the data reach only to "
                    "{reached}, or the pass that charges it has not run yet",
                    until=until,
                    reached=reached,
                    **named,
                )
            return message(
                "{name}: ledger of {period}. A preview: nothing is charged before {until}", until=until, **named
            )
        if self.told.corrections:
            return message("{name}: ledger of {period}, settled and corrected since", **named)
        return message("{name}: ledger of {period}, settled: only a correction changes it", **named)

    # -- tables -----------------------------------------------------------------------------------------------------

    def totals_table(self) -> Table:
        """Return what the period comes to, a row for each subject and penalty, by name and not by points."""
        table = plain_table(self.language(message("What it comes to")))
        _columns(
            table,
            self.language,
            (message("Whose"), message("Penalty"), message("Late"), message("Free"), message("Judged")),
            (message("Points"), message("Worth")),
        )
        rows = sorted(self.told.totals, key=lambda each: (self.name(each.subject, each.scope).casefold(), each.penalty))
        for each in rows:
            numbers = (each.counted, each.allowed, each.volume, each.points)
            counted, allowed, volume, points = (self.language.number(number) for number in numbers)
            whose = self.name(each.subject, each.scope)
            _row(table, whose, each.penalty, counted, allowed, volume, points, self.money(each.money, each.currency))
        return table

    def money(self, amount: Decimal | str | None, currency: str | None) -> str:
        """Return an amount with its currency; nothing where there is none."""
        return money_text(amount, currency, self.language)

    def charges_table(self) -> Linked:
        """Return the deadlines missed, in order of time, each with who had it and what it costs."""
        headings = (
            *(message("Ticket"), message("When"), message("Clock"), message("Whose"), message("Over the goal by")),
            *(message("Who had it for how much of the goal"), message("Points"), message("Finding")),
        )
        charges = sorted(self.told.charges, key=lambda one: (one.at, one.ticket_id, one.penalty))
        opened = self.told.account.connector.ticket_url
        rows = [(list(self._charge(each)), opened(each.ticket_id)) for each in charges]
        title, link = self.language(message("Deadlines missed")), self.language(message("Link"))
        return Linked(title, [self.language(each) for each in headings], link, rows)

    def _charge(self, each: ChargeEntry) -> Iterator[str]:
        language = self.language
        yield each.ticket_id
        yield language.moment(each.at)
        yield language(clock_name(each.clock))
        yield self.name(each.subject, each.scope)
        yield "" if each.clock == COMPLAINT else language.duration(each.late)
        yield self.shares(each)
        yield language.number(each.points) if each.penalty else ""
        yield self.finding(each)

    def shares(self, each: ChargeEntry) -> str:
        """Return who had the clock for how much of its goal, the longest first."""
        if not each.goal:
            return ""
        parts = (
            f"{self.name(agent, Scope.AGENT)} {self.language.percent(seconds / each.goal)}"
            for agent, seconds in each.shares
            if seconds * _TOLD >= each.goal
        )
        return "; ".join(parts)

    def finding(self, each: ChargeEntry) -> str:
        """Return what was found about a deadline missed, and under which penalty."""
        again = each.clock == COMPLAINT and each.finding == Finding.REPEATED
        found = self.language(COMPLAINED_BEFORE if again else FINDINGS[each.finding])
        return f"{each.penalty}: {found}" if each.penalty else found

    def firings_table(self) -> Table:
        """Return everything that fell due, and what was taken back."""
        table = plain_table(self.language(message("What fell due")))
        _columns(
            table,
            self.language,
            (message("Ticket"), message("When"), message("Clock"), message("Step"), message("Whose")),
            (message("Noted"), message("For"), message("On the ticket")),
        )
        for each in self.told.firings:
            taken = message("{step}, taken back", step=self.step(each))
            step = self.step(each) if each.kind is EntryKind.FIRED else self.language(taken)
            whose = self.name(each.agent, Scope.AGENT) if each.agent else self.name(each.team, Scope.TEAM)
            when, noted = self.language.moment(each.at), self.language.moment(each.recorded_as_of)
            _row(
                table,
                each.ticket_id,
                when,
                self.language(clock_name(each.clock)),
                step,
                whose,
                noted,
                *self.further(each),
            )
        return table

    def further(self, each: Entry) -> tuple[str, str]:
        """Return whom a step of an escalation was for, and what became of what it did on the ticket."""
        found = self.told.followed.get(spot(each)) if each.kind is EntryKind.FIRED else None
        done = None if found is None else found.done()
        return "" if found is None else found.roles(self.language), "" if done is None else self.language(done)

    def step(self, each: Entry) -> str:
        """Return what fell due, with the part of the goal or the level."""
        return self.language(step_name(each.step))

    # -- sentences ----------------------------------------------------------------------------------------------------

    def closing(self) -> Iterator[Message]:
        """Yield what beside the tables there is to say: firings, overrides, corrections, and who is not shown."""
        fired, taken = fired_and_taken_back(self.told.firings)
        number = self.language.number
        yield message("{n} warnings, breaches and escalations noted, {taken} taken back", n=number(fired), taken=taken)
        if self.told.elsewhere:
            yield message(
                "in other periods too something fell due on this ticket: {periods}; --period names one",
                periods=", ".join(self.told.elsewhere),
            )
        if self.told.counted_together:
            yield COUNTED_TOGETHER
        for each in self.told.undone:
            yield message(
                "correction {number} took back {points} points of {name}: ticket {ticket}, {clock}",
                number=each.correction,
                points=each.points,
                name=self.name(each.subject, each.scope),
                ticket=each.ticket_id,
                clock=clock_name(each.clock),
            )
        yield from (self._override(each) for each in self.told.overrides)
        yield from (self._correction(each) for each in self.told.corrections)
        if self.told.rewards and self.told.rewarded_together:
            yield REWARDED_TOGETHER
        yield from map(self._award, self.told.rewards)
        for award in self.told.rewards_taken_back:
            yield message("correction {number} took back: {line}", number=award.correction, line=self._award(award))

    def _award(self, each: AwardEntry) -> Message:
        told = message(
            "reward {reward}: {name}, {n} good of {all}: {standing}",
            reward=each.reward,
            name=self.name(each.agent, Scope.AGENT),
            n=self.language.number(each.good),
            all=self.language.number(each.ratings),
            standing=STANDINGS[each.standing],
        )
        return worth_line(told, each.money, each.currency, self.language)

    def _override(self, each: Decision) -> Message:
        named = {"ticket": each.ticket_id, "name": each.approved_by, "reason": each.reason}
        moment = self.language.moment(each.approved_at)
        if each.what == REFUSED:
            told = message("ticket {ticket}: dispute refused by {name}, {moment}: {reason}", moment=moment, **named)
        elif each.what == DISPUTED:
            told = message("ticket {ticket}: dispute noted by {name}, {moment}: {reason}", moment=moment, **named)
        else:
            what = part_text(each.what, self.language)
            told = message(
                "ticket {ticket}: {what} exempted by {name}, {moment}: {reason}", what=what, moment=moment, **named
            )
        return ended_text(told, each.ended)

    def _correction(self, each: Correction) -> Message:
        return message(
            "correction {number} of {period}, made {moment}",
            number=each.number,
            period=each.period,
            moment=self.language.moment(each.made_at),
        )


def _columns(table: Table, language: Language, *groups: Sequence[Message]) -> None:
    for titles in groups:
        for title in titles:
            table.add_column(language(title), overflow="fold")


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(one_line(cell)) for cell in cells))


def money_text(amount: Decimal | str | None, currency: str | None, language: Language) -> str:
    """Return an amount with its currency; nothing where there is none."""
    if amount is None or currency is None:
        return ""
    exact = Decimal(amount)
    digits = max(0, -int(exact.normalize().as_tuple().exponent))
    return f"{language.number(float(exact), digits)} {currency}"


def worth_line(line: Message, amount: Decimal | str | None, currency: str | None, language: Language) -> Message:
    """Return a line with what it is worth behind it, as it is where that is nothing."""
    if amount is None or Decimal(amount) == 0:
        return line
    return message("{line} ({money})", line=line, money=money_text(amount, currency, language))
