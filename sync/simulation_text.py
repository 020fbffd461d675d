"""A simulation in words: what would differ, by team and by agent; tables for the terminal, a document for JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.message import Message, message
from kpi_engine.penalties import Penalty
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook
from kpi_engine.trying import Count, Sums, Trial, points
from sync.counting import TICKETS
from sync.effect_text import EFFECT_NAMES
from sync.fitting import NAME_WIDTH, plain_table
from sync.ledger_text import step_name
from sync.locale import Language
from sync.role_words import ROLE_NAMES
from sync.simulating import Simulation
from sync.wording import clock_name, subject_name


@dataclass(frozen=True, slots=True)
class Difference:
    """What somebody comes to now, and would come to then; counts over all clocks, points over all penalties."""

    subject: str | None
    now: Count
    then: Count
    points_now: int
    points_then: int

    @property
    def differs(self) -> bool:
        """Whether anything would be otherwise."""
        return (self.now, self.points_now) != (self.then, self.points_then)


def differences(trial: Trial, found: Simulation, scope: Scope) -> list[Difference]:
    """Return what each subject of a scope comes to on both sides."""
    sides = [_by_subject(found.now, scope), _by_subject(found.then, scope)]
    now, then = (
        _points(side.penalties, sums, scope) for side, sums in ((trial.now, found.now), (trial.then, found.then))
    )
    return [
        Difference(
            subject or None,
            sides[0].get(subject, Count()),
            sides[1].get(subject, Count()),
            now.get(subject, 0),
            then.get(subject, 0),
        )
        for subject in sorted({*sides[0], *sides[1]})
    ]


def _by_subject(sums: Sums, scope: Scope) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for (kind, subject, _), count in sums.counts.items():
        if kind == scope.value:
            found[subject] = found.get(subject, Count()).plus(count)
    return found


def _points(penalties: Iterable[Penalty], sums: Sums, scope: Scope) -> dict[str, int]:
    found: dict[str, int] = {}
    for (kind, subject, _), cost in points(penalties, sums).items():
        if kind == scope.value:
            found[subject] = found.get(subject, 0) + cost
    return found


def by_clock(found: Simulation) -> dict[str, tuple[Count, Count]]:
    """Return what each clock comes to on both sides."""
    sides: list[dict[str, Count]] = [{}, {}]
    for side, sums in zip(sides, (found.now, found.then), strict=True):
        for (kind, _, clock), count in sums.counts.items():
            if kind == Scope.TEAM.value:
                side[clock] = side.get(clock, Count()).plus(count)
    return {clock: (sides[0].get(clock, Count()), sides[1].get(clock, Count())) for clock in {**sides[0], **sides[1]}}


class Step(NamedTuple):
    """A step of an escalation: of which clock, which one, for which roles, and what it does on a ticket."""

    clock: str
    name: str
    notify: str
    does: str


def by_step(found: Simulation, scope: Scope = Scope.TEAM, subject: str | None = None) -> dict[Step, tuple[int, int]]:
    """Return how often each step falls due on both sides: for everybody, or for one subject of a scope."""
    sides: list[dict[Step, int]] = [{}, {}]
    for side, sums in zip(sides, (found.now, found.then), strict=True):
        for (kind, whom, *step), n in sums.steps.items():
            if kind == scope.value and subject in (None, whom):
                side[Step(*step)] = side.get(Step(*step), 0) + n
    return {step: (sides[0].get(step, 0), sides[1].get(step, 0)) for step in sorted({**sides[0], **sides[1]})}


@dataclass(frozen=True, slots=True)
class SimulationTeller:
    """Words a simulation; `sees` tells whose own numbers may be shown."""

    trial: Trial
    found: Simulation
    rules: Rulebook
    language: Language
    sees: Callable[[str | None], bool]

    def opening(self, name: str) -> Iterator[Message]:
        """Yield what was looked at, and in how many tickets something would be otherwise."""
        language = self.language
        yield message(
            "{name}: {tickets} from {first} to {last} looked at; nothing was written",
            name=name,
            tickets=TICKETS.of(self.found.tickets, language),
            first=language.date(self.trial.start),
            last=language.date(self.trial.end - 1),
        )
        n, share = self.found.differing, self.found.differing / self.found.tickets if self.found.tickets else 0
        yield message(
            "{n} of them ({share}) would come out otherwise", n=language.number(n), share=language.percent(share)
        )

    def closing(self) -> Iterator[Message]:
        """Yield what must be known of points and of escalations: what costs none, and what is done where allowed."""
        if any(step.does for step in by_step(self.found)):
            yield message(
                "What steps would do on tickets they do only where `push.escalations.allow` of the account says so."
            )
        if any(not each.unsure for side in (self.trial.now, self.trial.then) for each in side.penalties):
            yield message(
                "What is known only approximately costs no points, where a penalty does not say `unsure: true`: all "
                "before the first pull is, as far as it rests on opening hours that were assumed."
            )

    def clocks_table(self) -> Table:
        """Return what each clock comes to on both sides."""
        rows = ((self.language(clock_name(clock)), *sides) for clock, sides in by_clock(self.found).items())
        table = self._table(message("Clock"), message("Clock"), points_too=False)
        for name, now, then in rows:
            _row(table, name, *self._counts(now, then))
        return table

    def steps_table(self) -> Table:
        """Return how often each step of an escalation falls due on both sides, for whom, and what it does."""
        language = self.language
        table = self._bare(message("Escalations by step"), message("Clock"))
        for heading in (message("Step"), message("For"), message("On the ticket")):
            table.add_column(language(heading), overflow="fold")
        for heading in (message("Now"), message("then")):
            table.add_column(language(heading), justify="right", overflow="fold")
        for step, sides in by_step(self.found).items():
            numbers = (language.number(n) for n in sides)
            told = (self.language(step_name(step.name)), self._roles(step), self._does(step))
            _row(table, language(clock_name(step.clock)), *told, *numbers)
        return table

    def _roles(self, step: Step) -> str:
        named = (ROLE_NAMES.get(role, role) for role in step.notify.split(",") if role)
        return ", ".join(self.language(each) if isinstance(each, Message) else each for each in named)

    def _does(self, step: Step) -> str:
        return ", ".join(self._doing(*word.partition(":")) for word in step.does.split(",") if word)

    def _doing(self, effect: str, _: str, what: str) -> str:
        named = self.language(EFFECT_NAMES[effect])
        return f"{named}: {what}" if what else named

    def table(self, scope: Scope) -> Table:
        """Return what each team or agent comes to on both sides, by name."""
        title = message("Teams") if scope is Scope.TEAM else message("Agents")
        table = self._table(title, message("Whose"), points_too=True)
        for name, each in self._named(scope):
            cost = (self.language.number(each.points_now), self.language.number(each.points_then))
            _row(table, name, *self._counts(each.now, each.then), *cost)
        return table

    def _named(self, scope: Scope) -> list[tuple[str, Difference]]:
        listed = [each for each in differences(self.trial, self.found, scope) if self._may(scope, each)]
        return sorted(((self._name(each.subject, scope), each) for each in listed), key=lambda pair: pair[0].casefold())

    def _may(self, scope: Scope, each: Difference) -> bool:
        return scope is not Scope.AGENT or self.sees(each.subject)

    def hidden(self) -> int:
        """Return how many people's own numbers are not shown."""
        every = differences(self.trial, self.found, Scope.AGENT)
        return sum(not self._may(Scope.AGENT, each) for each in every)

    def _name(self, subject: str | None, scope: Scope) -> str:
        return one_line(self.language(subject_name(subject, scope, self.rules, self.trial.end - 1)))

    def _table(self, title: Message, first: Message, *, points_too: bool) -> Table:
        language = self.language
        table = plain_table(language(title))
        table.add_column(language(first), overflow="fold", max_width=NAME_WIDTH)
        headings = [
            message("Judged now"), message("then"), message("Late now"), message("then"),
            message("Escalations now"), message("then"),
            *([message("Points now"), message("then")] if points_too else []),
        ]  # fmt: skip
        for heading in headings:
            table.add_column(language(heading), justify="right", overflow="fold")
        return table

    def _bare(self, title: Message, first: Message) -> Table:
        table = plain_table(self.language(title))
        table.add_column(self.language(first), overflow="fold")
        return table

    def _counts(self, now: Count, then: Count) -> list[str]:
        return [self.language.number(number) for pair in zip(now, then, strict=True) for number in pair]

    def document(self, name: str) -> dict[str, object]:
        """Return the simulation as JSON."""
        return {
            "account": name,
            "start": self.trial.start,
            "end": self.trial.end,
            "as_of": self.trial.as_of,
            "tickets": self.found.tickets,
            "differing": self.found.differing,
            "samples": self.found.samples,
            "clocks": {
                clock: {"now": now._asdict(), "then": then._asdict()}
                for clock, (now, then) in by_clock(self.found).items()
            },
            "escalations": _steps_document(by_step(self.found)),
            "teams": [self._document(name, each, Scope.TEAM) for name, each in self._named(Scope.TEAM)],
            "agents": [self._document(name, each, Scope.AGENT) for name, each in self._named(Scope.AGENT)],
            "hidden": self.hidden(),
        }

    def _document(self, name: str, each: Difference, scope: Scope) -> dict[str, object]:
        return {
            "subject": each.subject,
            "name": name,
            "now": {**each.now._asdict(), "points": each.points_now},
            "then": {**each.then._asdict(), "points": each.points_then},
            "escalations": _steps_document(by_step(self.found, scope, each.subject or "")),
        }


def _steps_document(steps: Mapping[Step, tuple[int, int]]) -> list[dict[str, object]]:
    return [{**step._asdict(), "now": now, "then": then} for step, (now, then) in steps.items()]


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))
