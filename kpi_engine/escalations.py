"""What follows a clock's warning, breach or end: steps in their calendar, held while acknowledged, and repeated."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from kpi_engine.calendars import ALWAYS, WorkingTime
from kpi_engine.clock_run import ClockRun, Timer
from kpi_engine.escalating import REPEAT, Acknowledgement, EscalationStep, Repeat, Trigger
from kpi_engine.recipients import is_one_of
from kpi_engine.rulebook import Rulebook
from kpi_engine.rules import BREACH, ClockRule
from kpi_engine.story import Step, Story

WARNING = "warn:"
ESCALATION = "escalation:"

Hold: TypeAlias = tuple[int, int | None]
"""From when to when (None: for good) steps are held."""


class Due(NamedTuple):
    """A step, under the name it fires by, and the instant at which it does, unless something comes between."""

    step: EscalationStep
    name: str
    at: int


def escalate(run: ClockRun, story: Story, account: str, rulebook: Rulebook) -> None:
    """Note on a played clock instance, as of the end of the story, all that followed it, and when the next thing will.

    What was due while somebody had acknowledged follows once that has expired. Nothing follows a clock after its end
    but the steps that a goal met has. What fired under an earlier rule stays; what a later one has let pass already
    falls due at the change.
    """
    if all(rule.escalation.is_plain for _, rule in run.eras):
        return  # what is due in the clock's own time fired as it ran
    dues: list[Due] = []
    ends = [start for start, _ in run.eras[1:]]
    for (start, rule), end in zip(run.eras, [*ends, None], strict=True):
        era = _Era(
            run, story, account, rulebook, rule, start, is_last=end is None, fired={due.name: due.at for due in dues}
        )
        dues += [due for due in era.dues() if end is None or due.at < end]
    stage = run.next_stage()
    is_own = stage is not None and stage.step.startswith(ESCALATION)
    upcoming = [] if run.wake_at is None or is_own else [run.wake_at]
    kept = [timer for timer in run.fired if not timer.step.startswith(ESCALATION)]
    run.fired = sorted([*kept, *(_timer(due) for due in dues if due.at < story.as_of)], key=_in_order)
    run.wake_at = min([*upcoming, *(due.at for due in dues if due.at >= story.as_of)], default=None)


@dataclass(slots=True)
class _Era:
    """A stretch of an instance's life under one rule, from `start` on; `fired` is what did before, by name."""

    run: ClockRun
    story: Story
    account: str
    rulebook: Rulebook
    rule: ClockRule
    start: int
    is_last: bool
    fired: dict[str, int]

    def dues(self) -> Iterator[Due]:
        """Yield all that fires from its start on, also later than now, but for what the end of the clock forestalls."""
        ends_at = self.run.stopped_at if self.run.ended_at is None else self.run.ended_at
        followed = [due for due in (*self.early(), *self.late()) if ends_at is None or due.at < ends_at]
        yield from (due for due in (*followed, *self.success()) if due.name not in self.fired)

    def early(self) -> Iterator[Due]:
        """Yield what follows the first warning."""
        warned_at = next((timer.at for timer in self.run.fired if timer.step.startswith(WARNING)), None)
        if warned_at is not None:
            yield from self.following(Trigger.WARN, warned_at)

    def success(self) -> Iterator[Due]:
        """Yield what follows the end of the clock, late or not; a void one met nothing."""
        calendar = self.calendar or self.run.calendar
        for stopped_at, resumed_at in self.ends():
            for step in self.rule.escalation.at(Trigger.MET):
                at = calendar.add(stopped_at, step.after)
                if at is not None and (resumed_at is None or at < resumed_at):
                    yield Due(step, step.name, at)

    def ends(self) -> Iterator[tuple[int, int | None]]:
        """Yield when the clock ended under this rule, and when it went on after all."""
        run = self.run
        yield from (end for end in run.met_before if end[0] >= self.start)
        if self.is_last and run.stopped_at is not None and run.final and not run.settled and run.goal is not None:
            yield run.stopped_at, None

    def following(self, trigger: Trigger, instant: int) -> Iterator[Due]:
        """Yield the steps of a trigger that came at an instant, in the stated calendar or the clock's last one."""
        calendar = self.calendar or self.run.calendar
        for step in self.rule.escalation.at(trigger):
            at = self.falls_due(step.name, calendar.add(instant, step.after))
            if at is not None:
                yield Due(step, step.name, at)

    def late(self) -> Iterator[Due]:
        """Yield the steps that follow the breach, and the notices repeated after the last of them."""
        if self.run.breached_at is None:
            return
        last: Due | None = None
        for step in self.rule.steps:
            at = self.falls_due(step.name, self.due_of(step))
            if at is None:
                return
            last = Due(step, step.name, at)
            yield last
        if last is not None and self.rule.escalation.repeat is not None:
            yield from self.repeated(last, self.rule.escalation.repeat)

    def due_of(self, step: EscalationStep) -> int | None:
        """Return when a step is due: in the calendar that is stated, else as the clock's own time tells.

        None while the clock stands still, or where another rule holds by then: nobody knows.
        """
        run = self.run
        if self.calendar is not None:
            return self.calendar.add(run.breached_at or 0, step.after)
        for timer in run.fired:
            if timer.step == step.name:
                return timer.at
        if run.since is None or not self.is_last:
            return None
        return run.calendar.add(run.since, max(0, run.breach_elapsed + step.after - run.elapsed))

    def repeated(self, last: Due, repeat: Repeat) -> Iterator[Due]:
        calendar, at = self.calendar or ALWAYS, last.at
        for number in range(1, repeat.most + 1):
            name, due = f"{REPEAT}:{number}", calendar.add(at, repeat.every)
            held = self.noticed(name, due, repeat)
            if held is None:
                return
            at = held
            yield Due(last.step, name, at)

    def noticed(self, name: str, due: int | None, repeat: Repeat) -> int | None:
        """Return when a notice is given: neither in quiet hours nor while steps are held, whichever is over first."""
        while due is not None:
            at = self.in_hours(due, repeat)
            held = self.falls_due(name, at)
            if held == at or name in self.fired:
                return held
            due = held
        return None

    def in_hours(self, at: int, repeat: Repeat) -> int | None:
        """Return the first instant from `at` on that is not quiet."""
        line = self.rulebook.calendars.get(repeat.quiet or "")
        if line is None or line.at(at).is_open(at):
            return at
        opened = line.at(at).add(at, 1)
        return None if opened is None else opened - 1

    @property
    def calendar(self) -> WorkingTime | None:
        """The calendar that steps count in, None for the clock's own time."""
        line = self.rulebook.calendars.get(self.rule.escalation.calendar or "")
        return None if line is None else line.at(self.run.started_at)

    def falls_due(self, name: str, at: int | None) -> int | None:
        """Return when a step fired, or falls due in fact: not before the rule, nor while somebody acknowledges it.

        Nor does one fall due while the ticket is solved, if it was reopened since.
        """
        if at is None or name in self.fired:
            return self.fired.get(name)
        due: int | None = max(at, self.start)
        for start, end in sorted([*self.holds(), *self.run.suspended], key=itemgetter(0)):
            if due is not None and start <= due and (end is None or due < end):
                due = end
        return due

    def holds(self) -> Iterator[Hold]:
        told = self.rule.escalation.acknowledgement
        if told is None:
            return
        for before, step in pairwise(self.story.steps):
            comes_true = told.criterion in step.state.fits and told.criterion not in before.state.fits
            if comes_true and self.may_acknowledge(told, step):
                yield step.at, None if told.holds_for is None else step.at + told.holds_for

    def may_acknowledge(self, told: Acknowledgement, step: Step) -> bool:
        """Tell whether who did it may: a person at work, in one of the roles named; where nobody tells who, he may."""
        if step.nameless:
            return True
        return step.by_agent and (not told.by or is_one_of(told.by, step, self.account, self.rulebook))


def _timer(due: Due) -> Timer:
    return Timer(due.name, due.step.level, due.at, due.step.kind)


def _in_order(timer: Timer) -> tuple[int, bool]:
    return timer.at, timer.step != BREACH
