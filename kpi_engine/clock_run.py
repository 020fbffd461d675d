"""One run of an SLA clock while it is played: how long it ran, by which calendars, what fell due, its verdict."""

from dataclasses import dataclass, field
from typing import NamedTuple

from kpi_engine.calendars import ALWAYS, WorkingTime
from kpi_engine.escalating import EscalationKind
from kpi_engine.measurement import Certainty, ClockState, Run
from kpi_engine.rules import BREACH, ClockRule, Promise, Stage


class Timer(NamedTuple):
    """A step of a clock that falls due: its name, escalation level, instant and, of an escalation, the kind."""

    step: str
    level: int
    at: int
    kind: EscalationKind | None = None


@dataclass(slots=True)
class ClockRun:
    """One clock instance while it is played; what became of it is read off its properties.

    `goal` None means that no goal applies; `promise` is what it was worked out from. `since` is the start of the
    stretch it now runs in, None while it stands still; `key`, `calendar` and `guessed` are that stretch's calendar.
    `final` tells a stop for good from a suspension (a reply clock while its ticket is solved unanswered).
    """

    rule: ClockRule
    instance: int
    started_at: int
    goal: int | None = None
    promise: Promise | None = None
    business: bool = True
    elapsed: int = 0
    since: int | None = None
    key: str = ""
    calendar: WorkingTime = ALWAYS
    guessed: bool = False
    stopped_at: int | None = None
    final: bool = False
    settled: bool = False  # a solve made an answer needless
    breached_at: int | None = None
    breach_elapsed: int = 0
    due_at: int | None = None
    wake_at: int | None = None
    assumed: bool = False
    slack: int = 0  # seconds it may have run beyond `elapsed`: when it stopped or went on is only known as a span
    fired: list[Timer] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    ran_by: WorkingTime | None = None
    ended_at: int | None = None  # when it ended at the earliest
    eras: list[tuple[int, ClockRule]] = field(default_factory=list)  # from when on it was ruled by which rule
    suspended: list[tuple[int, int]] = field(default_factory=list)  # from a stop to the reopening it went on at
    met_before: list[tuple[int, int]] = field(default_factory=list)  # those of them that were ends
    told: int = 0  # the promise in seconds, before it is led to the end of a day

    @property
    def state(self) -> ClockState:
        """The verdict so far."""
        if self.breached_at is not None:
            return ClockState.BREACHED_OPEN if self.stopped_at is None else ClockState.BREACHED_CLOSED
        if self.goal is None:
            return ClockState.VOID
        if self.stopped_at is not None:
            if not self.final or self.settled:
                return ClockState.VOID
            # A goal that was shortened in the very second of the stop broke nothing: events precede timers.
            certain = not self.slack or self.elapsed + self.slack <= self.goal
            return ClockState.MET if certain else ClockState.UNDECIDED
        return ClockState.RUNNING if self.since is not None else ClockState.PAUSED

    @property
    def is_over_its_goal(self) -> bool:
        """Whether more was worked than the goal allows, which a change of the goal may bring about while it rests."""
        return self.breached_at is None and self.goal is not None and self.elapsed > self.goal

    @property
    def certainty(self) -> Certainty:
        """Whether an assumed calendar had a part in it."""
        return Certainty.APPROXIMATE if self.assumed else Certainty.EXACT

    def next_stage(self) -> Stage | None:
        """Return the warning, the breach or the escalation that comes next, None where nothing does."""
        if self.goal is None and self.breached_at is None:
            return None
        stages = self.rule.stages(self.goal or 0) if self.breached_at is None else ()
        if stages and not self.fired:
            return stages[0]
        done = {timer.step for timer in self.fired}
        if stages:
            return next(stage for stage in stages if stage.step not in done)
        for step in self.rule.steps if self.rule.escalation.calendar is None else ():
            if step.name not in done:
                return Stage(step.name, step.level, self.breach_elapsed + step.after, step.kind)
        return None

    def next_timer(self, since: int, within: int | None = None) -> Timer | None:
        """Return the next step to fall due if the clock runs on from `since` undisturbed.

        One that needs more than `within` seconds of the clock's own time is not worked out: None.
        """
        stage = self.next_stage()
        if stage is None:
            return None
        needed = max(0, stage.threshold - self.elapsed)
        at = self.calendar.add(since, needed) if within is None or needed <= within else None
        return Timer(stage.step, stage.level, at, stage.kind) if at is not None else None

    def fire(self, timer: Timer) -> None:
        """Note that a step fell due."""
        self.fired.append(timer)
        if timer.step == BREACH:
            self.breached_at = timer.at
            self.breach_elapsed = max(self.goal or 0, self.elapsed)

    def run_until(self, instant: int) -> None:
        """Let the clock run from its last stop to `instant`, firing what falls due strictly before."""
        since = self.since
        if since is None or since >= instant:
            return
        if self.breached_at is None:  # a breach is as sure as what led to it
            self.assumed |= self.guessed
        worked = self.calendar.between(since, instant)
        while (timer := self.next_timer(since, worked)) is not None and timer.at < instant:
            self.fire(timer)
        self.elapsed += worked
        self.since = instant
        if self.ran_by is self.calendar and self.runs[-1].end == since:
            since = self.runs.pop().start  # it never stood still
        self.runs.append(Run(since, instant, self.key))
        self.ran_by = self.calendar

    def stop(self, instant: int, *, final: bool) -> None:
        """Stop for good, or until the ticket is reopened; the goal stays the one it ended with."""
        self.run_until(instant)
        self.since = None
        self.stopped_at = instant if self.stopped_at is None or final else self.stopped_at
        self.final = final

    def take_back(self, since: int) -> None:
        """Count what ran after `since` as slack only: the clock may have stopped any time after it."""
        if not self.runs:  # it was to start later
            return
        earliest, latest = max(since, self.runs[-1].start), self.runs[-1].end
        worked = self.calendar.between(earliest, latest)
        self.elapsed -= worked
        self.slack += worked
        self.unfire(since)

    def unfire(self, since: int) -> None:
        """Forget what fell due after `since`."""
        self.fired = [timer for timer in self.fired if timer.at <= since]
        if self.breached_at is not None and self.breached_at > since:
            self.breached_at, self.breach_elapsed = None, 0

    def due_then(self) -> int:
        """Return when a stopped instance would have been due had it gone on, at the earliest when it stopped."""
        stopped_at = self.stopped_at or 0
        if self.breached_at is not None or self.goal is None:
            return stopped_at
        if stopped_at > self.started_at and (not self.runs or self.runs[-1].end != stopped_at):  # it stood still
            return stopped_at
        due = self.calendar.add(max(stopped_at, self.started_at), max(0, self.goal - self.elapsed))
        return stopped_at if due is None else due

    def look_ahead(self) -> None:
        """Work out when the running instance is due and when its answers change next."""
        if self.since is None or self.goal is None:
            return
        if self.breached_at is not None:
            self.due_at = self.breached_at
        else:
            self.due_at = self.calendar.add(self.since, max(0, self.goal - self.elapsed))
        timer = self.next_timer(self.since)
        self.wake_at = timer.at if timer is not None else None
