"""What a running clock aims at from a step on: its calendar, its goal in that calendar's time, whether it rests."""

from kpi_engine.calendars import ALWAYS, WorkingTime
from kpi_engine.clock_run import ClockRun
from kpi_engine.conditions import CHANNEL, SEVERITY
from kpi_engine.rulebook import UNSOLVED, Rulebook
from kpi_engine.rules import ClockRule, OnChange, Promise
from kpi_engine.story import State, Step

_DAY = 86_400


def goes_by(rule: ClockRule, state: State, channel: str | None) -> str | None:
    """Return the ticket's word for what the goals go by."""
    if rule.by == CHANNEL:
        return channel
    return state.severity if rule.by == SEVERITY else state.priority


def choose_calendar(instance: ClockRun, step: Step, rulebook: Rulebook) -> None:
    """Let the clock go by the calendar that its rule prescribes at this step, else by the ticket's."""
    sources = instance.rule.calendar
    prescribed = rulebook.prescribed_calendar(sources, step.state.places, step.at) if sources else None
    if instance.business and prescribed is not None:
        instance.key, instance.guessed = prescribed, False
        instance.calendar = rulebook.calendar(prescribed, step.at)
    elif instance.business:
        instance.key, instance.guessed = step.state.calendar, step.state.assumed
        instance.calendar = rulebook.calendar(instance.key, step.at)
    else:
        instance.key, instance.guessed, instance.calendar = "", False, ALWAYS


def set_goal(instance: ClockRun, step: Step, promise: Promise | None) -> None:
    """Work the goal out in seconds of the clock's own time: working days from its start, to the end of a day."""
    if promise is None or not (promise.days or instance.rule.end_of_day):
        instance.promise, instance.goal = promise, None if promise is None else promise.seconds
        return
    calendar, begins = instance.calendar, max(step.at, instance.started_at)
    if promise != instance.promise or not instance.rule.end_of_day:
        instance.told = _seconds_of(promise, calendar, instance.started_at)
    instance.promise, instance.goal = promise, instance.told
    if instance.rule.end_of_day:
        due = calendar.add(begins, max(0, instance.told - instance.elapsed))
        end = None if due is None else calendar.end_of_day(due)
        instance.goal = instance.told if end is None else instance.elapsed + calendar.between(begins, end)


def _seconds_of(promise: Promise, calendar: WorkingTime, start: int) -> int:
    """Return a promise in seconds of a calendar's time; where it does not open so often, in days of 24 hours."""
    if not promise.days:
        return promise.seconds
    end = calendar.days_later(start, promise.days)
    return promise.days * _DAY if end is None else calendar.between(start, end)


def is_frozen(rule: ClockRule, instance: ClockRun) -> bool:
    """Tell whether a clock keeps the goal and the kind of time it has, whatever changes on the ticket."""
    return rule.on_change is OnChange.FREEZE and instance.goal is not None


def is_running(rule: ClockRule, state: State) -> bool:
    """Tell whether a clock runs, or rests, while a ticket stands so."""
    rests = state.status in rule.pause_in or (rule.pause_when is not None and rule.pause_when in state.fits)
    return state.status in UNSOLVED and not rests


def same_aim(before: State, after: State, rule: ClockRule) -> bool:
    """Tell whether two states of a ticket mean the same for a clock that runs, or rests, in both."""
    return before is after or (
        before.priority == after.priority
        and before.severity == after.severity
        and before.calendar == after.calendar
        and before.assumed == after.assumed
        and (not rule.calendar or before.places == after.places)
    )
