"""How long a clock may run: by priority, severity or channel, in hours or working days; and when it warns."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Protocol, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from connectors.settings import Section, UnfitError, each_once
from kpi_engine.durations import DURATION_PATTERN, DurationError, seconds_of, working_days_of
from kpi_engine.message import message

Priority: TypeAlias = Literal["urgent", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
Time: TypeAlias = Literal["business", "calendar"]


def _duration(text: str) -> str:
    try:
        seconds_of(text)
    except DurationError as error:
        raise UnfitError(error.message, error.allowed) from None
    return text


def goal_text(text: str) -> str:
    """Return `text` if it is a goal: a length of time, or working days such as "2wd"; raise UnfitError."""
    if working_days_of(text) is not None:
        return text
    if seconds_of(_duration(text)) == 0:
        raise UnfitError(message("a goal must be longer than nothing"), message("leave the line out for no clock"))
    return text


def _default_goal(text: str) -> str:
    return text if text in PRIORITIES else goal_text(text)


def _warning(text: str) -> str:
    if re.fullmatch(r"[1-9][0-9]?%", text) is None and not _is_time_before(text):
        raise UnfitError(
            message("this is no warning"),
            message("a percentage of the goal or a time before it, for example {examples}", examples='"75%" or "-15m"'),
        )
    return text


def _is_time_before(text: str) -> bool:
    try:
        return text.startswith("-") and seconds_of(text[1:]) > 0
    except DurationError:
        return False


DurationText = Annotated[
    str, Field(pattern=DURATION_PATTERN, examples=["30m", "4h", "1h 30m"]), AfterValidator(_duration)
]
LengthText = Annotated[str, Field(examples=["30m", "4h", "1h 30m"]), AfterValidator(_duration)]
GoalText = Annotated[str, Field(examples=["30m", "4h", "1h 30m", "2wd"]), AfterValidator(goal_text)]


class Goal(Section):
    """How long a clock may run, by the ticket's priority; without `any`, a priority that is left out has no clock."""

    urgent: GoalText | None = None
    high: GoalText | None = None
    normal: GoalText | None = None
    low: GoalText | None = None
    any: GoalText | None = Field(None, description="For every ticket that nothing else here is for.")
    default: Annotated[str, Field(examples=["normal", "4h"]), AfterValidator(_default_goal)] | None = Field(
        None, description="For tickets without a priority: a length of time, or the priority whose goal they share."
    )

    @model_validator(mode="after")
    def _default_exists(self) -> "Goal":
        if not self.model_fields_set:
            raise UnfitError(message("no goal is given"), message("a length of time for at least one priority"))
        if self.default in PRIORITIES and getattr(self, self.default) is None:
            raise UnfitError(message("the priority named here has no goal"), below=("default",))
        return self


class TimeByPriority(Section):
    """Business or calendar time, by the ticket's priority."""

    urgent: Time | None = None
    high: Time | None = None
    normal: Time | None = None
    low: Time | None = None
    default: Time = Field("business", description="For every other ticket.")


def _default_is_given(goals: dict[str, str]) -> dict[str, str]:
    shared = goals.get("default")
    for word, goal in goals.items():
        if not (word == "default" and goal in goals):
            try:
                goal_text(goal)
            except UnfitError as error:
                raise UnfitError(error.message, error.allowed, (word,)) from None
    if shared == "default":
        raise UnfitError(message("the word named here has no goal"), below=("default",))
    return goals


GoalByWord: TypeAlias = Annotated[
    dict[str, Annotated[str, Field(examples=["30m", "4h", "2wd"])]],
    Field(min_length=1),
    AfterValidator(_default_is_given),
]


class GoalBy(Section):
    """How long a clock may run by something else than the priority; what is left out has no clock."""

    severity: GoalByWord | None = Field(
        None, description="By the ticket's severity, as `fields.severity` reads it; `default` for tickets without one."
    )
    channel: GoalByWord | None = Field(None, description="By the channel the ticket came by, in the helpdesk's words.")

    @model_validator(mode="after")
    def _one_of_them(self) -> "GoalBy":
        if len(self.model_fields_set) != 1:
            raise UnfitError(message("say {severity} or {channel}", severity="severity", channel="channel"))
        return self


Warnings: TypeAlias = Annotated[
    tuple[Annotated[str, Field(examples=["75%", "-15m"]), AfterValidator(_warning)], ...], AfterValidator(each_once)
]


class HasGoals(Protocol):
    """Whatever has goals, of one kind or the other."""

    @property
    def goal(self) -> Goal | None:
        """Goals by priority."""
        ...

    @property
    def goal_by(self) -> GoalBy | None:
        """Goals by severity or channel."""
        ...


def plain_goals(clock: HasGoals) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield path and text of every goal that is no other's; nothing where goals are given twice or not at all."""
    if clock.goal is not None and clock.goal_by is None:
        given = {word: getattr(clock.goal, word) for word in sorted(clock.goal.model_fields_set)}
        yield from ((("goal", word), goal) for word, goal in given.items() if goal not in {None, *PRIORITIES})
    if clock.goal_by is not None and clock.goal is None:
        for by in clock.goal_by.model_fields_set:
            goals: dict[str, str] = getattr(clock.goal_by, by)
            yield from ((("goal_by", by, word), goal) for word, goal in goals.items() if goal not in goals)
