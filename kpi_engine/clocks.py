"""SLA clocks: started, paused, stopped, re-armed and judged along a ticket's story.

Events at an instant precede timers at that instant: a timer fires only when its clock still runs afterwards, so a
reply exactly at the goal meets it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kpi_engine.calendars import ALWAYS, WorkingTime
from kpi_engine.measurement import Certainty, ClockState, Run
from kpi_engine.rulebook import DONE, UNSOLVED, Rulebook, Status
from kpi_engine.rules import ClockRule, Rearm
from kpi_engine.story import State, Step, StepKind, Story


@dataclass(frozen=True, slots=True)
class Timer:
    """A step of a clock that falls due: its name, escalation level and instant."""

    step: str
    level: int
    at: int


@dataclass(slots=True)
class ClockRun:
    """One clock instance while it is played; what became of it is read off its properties.

    `goal` None means that no goal applies. `since` is the start of the stretch it now runs in, None while it stands
    still. `final` tells a stop for good from a suspension (a reply clock while its ticket is solved unanswered).
    """

    rule: ClockRule
    instance: int
    started_at: int
    goal: int | None = None
    business: bool = True
    elapsed: int = 0
    since: int | None = None
    stopped_at: int | None = None
    final: bool = False
    breached_at: int | None = None
    breach_elapsed: int = 0
    due_at: int | None = None
    wake_at: int | None = None
    assumed: bool = False
    fired: list[Timer] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @property
    def state(self) -> ClockState:
        """The verdict so far."""
        if self.breached_at is not None:
            return ClockState.BREACHED_OPEN if self.stopped_at is None else ClockState.BREACHED_CLOSED
        if self.goal is None:
            return ClockState.VOID
        if self.stopped_at is not None:
            return ClockState.MET if self.final else ClockState.VOID
        return ClockState.RUNNING if self.since is not None else ClockState.PAUSED

    @property
    def certainty(self) -> Certainty:
        """Whether an assumed calendar had a part in it."""
        return Certainty.APPROXIMATE if self.assumed else Certainty.EXACT

    def thresholds(self) -> Iterator[tuple[str, int, int]]:
        """Yield (step, level, elapsed seconds at which it falls due) of what has not fired yet, in order."""
        if self.breached_at is not None:
            for step in self.rule.steps:
                yield f"escalation:{step.level}", step.level, self.breach_elapsed + step.after
        elif self.goal is not None:
            for per_cent in self.rule.warnings:
                yield f"warn:{per_cent}%", 0, self.goal * per_cent // 100
            yield "breach", 0, self.goal

    def next_timer(self, since: int, calendar: WorkingTime, within: int | None = None) -> Timer | None:
        """Return the next step to fall due if the clock runs on from `since` undisturbed.

        One that needs more than `within` seconds of the clock's own time is not worked out: None.
        """
        done = {timer.step for timer in self.fired}
        for step, level, threshold in self.thresholds():
            if step not in done:
                needed = max(0, threshold - self.elapsed)
                at = calendar.add(since, needed) if within is None or needed <= within else None
                return Timer(step, level, at) if at is not None else None
        return None

    def fire(self, timer: Timer) -> None:
        """Note that a step fell due."""
        self.fired.append(timer)
        if timer.step == "breach":
            self.breached_at = timer.at
            self.breach_elapsed = max(self.goal or 0, self.elapsed)


def played(clock: str, story: Story, rulebook: Rulebook) -> list[ClockRun]:
    """Return the instances of one clock of the policy, in order, judged as of the end of the story."""
    player = _Player(clock, story, rulebook)
    for step in story.steps:
        player.run_until(step.at)
        player.take(step)
    player.run_until(story.as_of)
    player.look_ahead()
    # One that fired before its goal was taken away is still told of: the ledger never forgets.
    return [instance for instance in player.instances if instance.goal is not None or instance.fired]


@dataclass(slots=True)
class _Player:
    clock: str
    story: Story
    rulebook: Rulebook
    state: State | None = None
    is_done: bool = False
    is_owed: bool = False
    answered: bool = False
    current: ClockRun | None = None
    instances: list[ClockRun] = field(default_factory=list)

    def begin(self, instance: ClockRun) -> None:
        self.current = instance
        self.instances.append(instance)

    def calendar(self, instance: ClockRun) -> tuple[str, WorkingTime]:
        """Return the calendar an instance runs by in its present stretch, and its key."""
        if self.state is None or instance.since is None or not instance.business:
            return "", ALWAYS
        return self.state.calendar, self.rulebook.calendar(self.state.calendar, instance.since)

    def run_until(self, instant: int) -> None:
        """Let the clock run from its last step to `instant`, firing what falls due strictly before."""
        instance = self.current
        if instance is None or instance.since is None or self.state is None:
            return
        key, calendar = self.calendar(instance)
        if instance.since < instant and instance.breached_at is None:  # a breach is as sure as what led to it
            instance.assumed |= instance.business and self.state.assumed
        worked = calendar.between(instance.since, instant)
        while (timer := instance.next_timer(instance.since, calendar, worked)) is not None and timer.at < instant:
            instance.fire(timer)
        if instance.since < instant:
            instance.elapsed += worked
            instance.runs.append(Run(instance.since, instant, key))
            instance.since = instant

    def take(self, step: Step) -> None:
        """Start, stop, suspend, resume, re-arm and re-aim the clock as the step demands."""
        was_done, self.state = self.is_done, step.state
        if step.state.status is not Status.DELETED:  # who deletes and restores neither reopens nor solves
            self.is_done = step.state.status in DONE
        self.is_owed |= step is self.story.owed_from
        if self.current is None:
            self.start_if_owed(step)
        elif was_done and not self.is_done:
            self.reopen(self.current, step)
        if self.current is not None:
            self.stop_if_over(self.current, step)
            self.aim(self.current, step)
        self.answered |= step.kind is StepKind.AGENT_REPLY and self.is_owed

    def rule_at(self, at: int) -> ClockRule | None:
        return self.rulebook.policies.at(at).rule(self.clock)

    def start_if_owed(self, step: Step) -> None:
        rule = self.rule_at(step.at)
        if rule is None:
            return
        if rule.is_reply_clock:
            owed = self.is_owed and not self.answered
        else:
            owed = not self.is_done or step.kind is StepKind.OPENED
        if owed:
            self.begin(ClockRun(rule, 1, step.at))

    def reopen(self, instance: ClockRun, step: Step) -> None:
        """Let a suspended clock run on from where it stood; start a stopped one afresh where the policy says so."""
        if not instance.final:
            instance.stopped_at = None
        elif instance.rule.rearm is Rearm.ON_REOPEN:
            rule = self.rule_at(step.at) or instance.rule
            self.begin(ClockRun(rule, instance.instance + 1, step.at))

    def stop_if_over(self, instance: ClockRun, step: Step) -> None:
        if instance.final:
            return
        if instance.rule.is_reply_clock:
            if step.kind is StepKind.AGENT_REPLY:
                instance.stopped_at, instance.final = step.at, True
            elif self.is_done and instance.stopped_at is None:
                instance.stopped_at = step.at  # nobody was answered: no verdict, unless it is reopened
        elif self.is_done:
            instance.stopped_at, instance.final = step.at, True

    def aim(self, instance: ClockRun, step: Step) -> None:
        """Apply the goal, the kind of time and the pauses that hold from this step on."""
        if instance.stopped_at is not None:  # its goal stays the one it ended with
            instance.since = None
            return
        instance.rule = self.rule_at(step.at) or instance.rule
        if instance.breached_at is None:  # a verdict keeps the goal it was given by
            instance.goal = instance.rule.goal(step.state.priority)
        instance.business = instance.rule.in_business_time(step.state.priority)
        status = step.state.status
        runs = status in UNSOLVED and status not in instance.rule.pause_in
        instance.since = step.at if runs else None

    def look_ahead(self) -> None:
        """Work out when the running instance is due and when its answers change next."""
        instance = self.current
        if instance is None or instance.since is None or instance.goal is None:
            return
        _, calendar = self.calendar(instance)
        if instance.breached_at is not None:
            instance.due_at = instance.breached_at
        else:
            instance.due_at = calendar.add(instance.since, max(0, instance.goal - instance.elapsed))
        timer = instance.next_timer(instance.since, calendar)
        instance.wake_at = timer.at if timer is not None else None
