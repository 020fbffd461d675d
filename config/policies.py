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


ClockId: TypeAlias = Literal["first_reply", "next_reply", "resolution"]
Warnings: TypeAlias = Annotated[
    tuple[Annotated[str, Field(examples=["75%", "-15m"]), AfterValidator(_warning)], ...], AfterValidator(each_once)
]


class Clock(Section):
    """One clock: what starts, stops and pauses it, and how long it may run."""

    id: ClockId = Field(description="Which clock this is.")
    goal: Goal
    time: Time | TimeByPriority = Field(
        "business", description="Whether only opening hours count, for all tickets or by priority."
    )
    start: Literal["created", "assigned", "group_assigned", "customer_message", "agent_reply"] = Field(
        "created", description="What starts the clock; customer_message is the oldest that is not answered."
    )
    stop: Annotated[tuple[Literal["agent_public_reply", "solved", "group_changed"], ...], AfterValidator(each_once)] = (
        Field(
            min_length=1,
            description="What stops the clock; a solve suspends the first reply's and settles a next reply's.",
        )
    )
    pause_in: Annotated[tuple[Literal["new", "open", "pending", "hold"], ...], AfterValidator(each_once)] = Field(
        (), description="Statuses in which the clock stands still."
    )
    rearm: Literal["never", "on_customer_message", "on_agent_reply", "on_reopen", "on_group_change"] = Field(
        "never", description="When a stopped clock starts again."
    )
    on_change: Literal["recompute", "freeze"] = Field(
        "recompute",
        description="What a changed priority or policy does to the goal of a running clock; a breached one keeps it.",
    )
    warn: Warnings = Field((), description="At which parts of the goal, or how long before it, a warning is noted.")

    @model_validator(mode="after")
    def _fits_its_name(self) -> "Clock":
        reply = "agent_public_reply"
        if self.id in ("first_reply", "next_reply") and reply not in self.stop:
            raise UnfitError(
                message("a reply is what this clock waits for"), message("{word} among them", word=reply), ("stop",)
            )
        if self.id == "next_reply" and self.start != "customer_message":
            raise UnfitError(
                message("this clock runs from the customer's oldest unanswered message"),
                message("start: {word}", word="customer_message"),
                ("start",),
            )
        return self


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

    clock: ClockId = Field(description="The clock whose breach is escalated.")


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
