"""The document that says which clocks a ticket has, their goals, warnings and escalation steps."""

import re
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from connectors.settings import Line, Section, UnfitError, each_once
from kpi_engine.durations import DURATION_PATTERN, DurationError, seconds_of
from kpi_engine.message import message

Priority: TypeAlias = Literal["urgent", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
Time: TypeAlias = Literal["business", "calendar"]
_HIGHEST_LEVEL = 9


def _duration(text: str) -> str:
    try:
        seconds_of(text)
    except DurationError as error:
        raise UnfitError(error.message, error.allowed) from None
    return text


def _goal(text: str) -> str:
    if seconds_of(_duration(text)) == 0:
        raise UnfitError(message("a goal must be longer than nothing"), message("leave the line out for no clock"))
    return text


def _default_goal(text: str) -> str:
    return text if text in PRIORITIES else _goal(text)


def _percentage(text: str) -> str:
    if re.fullmatch(r"[1-9][0-9]?%", text) is None:
        raise UnfitError(
            message("this is no warning"), message("a percentage of the goal, for example {example}", example='"75%"')
        )
    return text


DurationText = Annotated[
    str, Field(pattern=DURATION_PATTERN, examples=["30m", "4h", "1h 30m"]), AfterValidator(_duration)
]
GoalText = Annotated[str, Field(examples=["30m", "4h", "1h 30m"]), AfterValidator(_goal)]


class Goal(Section):
    """How long a clock may run, by the ticket's priority; a priority that is left out has no clock."""

    urgent: GoalText | None = None
    high: GoalText | None = None
    normal: GoalText | None = None
    low: GoalText | None = None
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


class Clock(Section):
    """One clock: what starts, stops and pauses it, and how long it may run."""

    id: Literal["first_reply", "resolution"] = Field(description="Which clock this is.")
    goal: Goal
    time: Time | TimeByPriority = Field(
        "business", description="Whether only opening hours count, for all tickets or by priority."
    )
    start: Literal["created"] = Field("created", description="What starts the clock.")
    stop: Annotated[tuple[Literal["agent_public_reply", "solved"], ...], AfterValidator(each_once)] = Field(
        min_length=1, description="What stops the clock."
    )
    pause_in: Annotated[tuple[Literal["new", "open", "pending", "hold"], ...], AfterValidator(each_once)] = Field(
        (), description="Statuses in which the clock stands still."
    )
    rearm: Literal["never", "on_reopen"] = Field("never", description="When a stopped clock starts again.")
    warn: Annotated[
        tuple[Annotated[str, Field(examples=["75%"]), AfterValidator(_percentage)], ...], AfterValidator(each_once)
    ] = Field((), description="At which parts of the goal a warning is noted.")


def _no_conditions(conditions: tuple[str, ...]) -> tuple[str, ...]:
    if conditions:
        raise UnfitError(message("conditions are not served yet"), message("leave {key} out", key="when"))
    return conditions


class When(Section):
    """Which tickets a policy is for; in this version always all of them."""

    all: Annotated[tuple[str, ...], AfterValidator(_no_conditions)] = ()


def _clocks_once(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    seen: set[str] = set()
    for position, clock in enumerate(clocks):
        if clock.id in seen:
            raise UnfitError(message("the policy already has this clock"), below=(position, "id"))
        seen.add(clock.id)
    return clocks


class Policy(Section):
    """A named set of clocks."""

    id: Line = Field(description="The policy's name in reports and explanations.")
    when: When = Field(When(), description="Which tickets it is for; default: all.")
    calendar: Literal["ticket"] = Field("ticket", description="Whose opening hours count: the ticket's.")
    clocks: Annotated[tuple[Clock, ...], AfterValidator(_clocks_once)] = Field(min_length=1)


class Step(Section):
    """A level of escalation, reached some time after the breach, in the clock's own time."""

    level: int = Field(ge=1, le=_HIGHEST_LEVEL, description="What is written as the ticket's escalation level.")
    at: Literal["breach"] = Field("breach", description="What the step follows.")
    after: DurationText = Field("0m", description="How long after that.")


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for position, (lower, higher) in enumerate(pairwise(steps), start=1):
        if higher.level <= lower.level or seconds_of(higher.after) < seconds_of(lower.after):
            raise UnfitError(
                message("this step does not follow the one before it"),
                message("steps in the order of their levels, each no earlier than the last"),
                below=(position,),
            )
    return steps


class On(Section):
    """What an escalation belongs to."""

    clock: Literal["first_reply", "resolution"] = Field(description="The clock whose breach is escalated.")


class Escalation(Section):
    """The steps that follow the breach of one clock."""

    on: On
    steps: Annotated[tuple[Step, ...], AfterValidator(_rising)] = Field(min_length=1)


def _only_reachable(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    if len(policies) > 1:
        raise UnfitError(
            message("this policy can never apply: the first one is for all tickets"),
            message("one policy in this version"),
            below=(1,),
        )
    return policies


class PolicyDocument(Section):
    """Clocks and escalations: a starter pack's, a file's or written in the configuration."""

    version: Literal[1] = 1
    policies: Annotated[tuple[Policy, ...], AfterValidator(_only_reachable)] = Field(
        (), description="The first that fits a ticket gives it its clocks."
    )
    escalations: tuple[Escalation, ...] = Field((), description="What follows a breach, by clock.")

    @model_validator(mode="after")
    def _clocks_exist(self) -> "PolicyDocument":
        clocks = {clock.id for policy in self.policies for clock in policy.clocks}
        seen: set[str] = set()
        for position, escalation in enumerate(self.escalations):
            spot = ("escalations", position, "on", "clock")
            if escalation.on.clock not in clocks:
                raise UnfitError(message("no policy has this clock"), below=spot)
            if escalation.on.clock in seen:
                raise UnfitError(message("this clock already has its escalation"), below=spot)
            seen.add(escalation.on.clock)
        return self


NO_POLICIES = PolicyDocument()
