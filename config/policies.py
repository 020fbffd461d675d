"""The document that says which tickets have which clocks, their goals, warnings and escalation steps."""

import re
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from config.penalties import PenaltySettings, RewardSettings, names_once
from config.problems import one_of
from connectors.settings import Identifier, Line, Section, UnfitError, each_once
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


KNOWN_CLOCKS = ("first_reply", "next_reply", "resolution", "update", "ownership")
_NEARLY = 0.75
"""How like a known clock's name another must be to be taken for a slip."""


def _clock_id(text: str) -> str:
    if text in KNOWN_CLOCKS:
        return text
    if get_close_matches(text, KNOWN_CLOCKS, n=1, cutoff=_NEARLY):
        raise UnfitError(message("this word is not known here"), one_of(KNOWN_CLOCKS, text))
    if re.fullmatch(r"[a-z][a-z0-9_]{1,39}", text) is None:
        raise UnfitError(
            message("this is no name for a clock"),
            message("{words}, or a name of your own in small letters, digits and _", words=", ".join(KNOWN_CLOCKS)),
        )
    return text


def _default_is_given(goals: dict[str, str]) -> dict[str, str]:
    shared = goals.get("default")
    for word, goal in goals.items():
        if not (word == "default" and goal in goals):
            try:
                _goal(goal)
            except UnfitError as error:
                raise UnfitError(error.message, error.allowed, (word,)) from None
    if shared == "default":
        raise UnfitError(message("the word named here has no goal"), below=("default",))
    return goals


GoalByWord: TypeAlias = Annotated[
    dict[str, Annotated[str, Field(examples=["30m", "4h"])]], Field(min_length=1), AfterValidator(_default_is_given)
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


ClockId: TypeAlias = Annotated[str, Field(examples=list(KNOWN_CLOCKS)), AfterValidator(_clock_id)]
Warnings: TypeAlias = Annotated[
    tuple[Annotated[str, Field(examples=["75%", "-15m"]), AfterValidator(_warning)], ...], AfterValidator(each_once)
]


class Clock(Section):
    """One clock: what starts, stops and pauses it, and how long it may run."""

    id: ClockId = Field(
        description="Which clock this is: first_reply, next_reply, resolution, update, ownership, or one of your own."
    )
    goal: Goal | None = Field(None, description="How long it may run, by priority.")
    goal_by: GoalBy | None = Field(None, description="How long it may run, by severity or channel instead.")
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
    def _has_one_kind_of_goal(self) -> "Clock":
        if (self.goal is None) == (self.goal_by is None):
            raise UnfitError(
                message("no goal is given") if self.goal is None else message("goals are given twice"),
                message("{goal} by priority, or {goal_by}", goal="goal", goal_by="goal_by"),
                ("goal",),
            )
        if self.goal_by is not None and not isinstance(self.time, str):
            raise UnfitError(
                message("times by priority go with goals by priority"),
                message("{words}", words="business, calendar"),
                ("time",),
            )
        return self

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


Words: TypeAlias = Annotated[tuple[Identifier, ...], Field(min_length=1), AfterValidator(each_once)]


class Clause(Section):
    """What a ticket must be: each of these, by one of its words."""

    segment: Words | None = Field(None, description="The customer's segment, as `fields.segment` reads it.")
    channel: Words | None = Field(None, description="The channel, in the helpdesk's words.")
    group: Words | None = Field(None, description="The group the ticket is in, by name or id.")
    form: Words | None = Field(None, description="The ticket's form, by id.")
    priority: Annotated[tuple[Priority, ...], Field(min_length=1), AfterValidator(each_once)] | None = Field(
        None, description="The priority."
    )
    severity: Words | None = Field(None, description="How grave it is, as `fields.severity` reads it.")
    tag: Words | None = Field(None, description="One of the ticket's tags.")
    topic: Words | None = Field(None, description="What it is about, as `fields.topic` reads it.")
    complaint_cause: Words | None = Field(None, description="As `fields.complaint_cause` reads it.")
    root_cause: Words | None = Field(None, description="As `fields.root_cause` reads it.")

    @model_validator(mode="after")
    def _says_something(self) -> "Clause":
        if not self.model_fields_set:
            raise UnfitError(message("this must not be empty"), one_of(Clause.model_fields))
        return self


class When(Section):
    """Which tickets a policy is for; left out: all of them."""

    all: tuple[Clause, ...] = Field((), description="Each of these must fit.")
    any: Annotated[tuple[Clause, ...], Field(min_length=1)] | None = Field(
        None, description="At least one of these must fit."
    )
    none: Annotated[tuple[Clause, ...], Field(min_length=1)] | None = Field(None, description="None of these may fit.")

    @property
    def is_everything(self) -> bool:
        """Whether there is no condition."""
        return not (self.all or self.any or self.none)


def _clocks_once(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    seen: set[str] = set()
    for position, clock in enumerate(clocks):
        if clock.id in seen:
            raise UnfitError(message("the policy already has this clock"), below=(position, "id"))
        seen.add(clock.id)
    return clocks


class Policy(Section):
    """A named set of clocks, and the tickets they are for."""

    id: Line = Field(description="The policy's name in reports and explanations.")
    when: When = Field(When(), description="Which tickets it is for; default: all.")
    calendar: Line = Field(
        "ticket",
        description="Whose opening hours count: the ticket's own (its schedule, else by group, brand or default), or "
        "the key of a calendar defined in the configuration or of the helpdesk's schedule.",
    )
    clocks: Annotated[tuple[Clock, ...], AfterValidator(_clocks_once)] = Field(min_length=1)


class Step(Section):
    """A level of escalation, reached some time after the breach, in the clock's own time."""

    level: int = Field(ge=1, le=_HIGHEST_LEVEL, description="What is written as the ticket's escalation level.")
    at: Literal["breach"] = Field("breach", description="What the step follows.")
    after: DurationText = Field("0m", description="How long after that.")
    type: Literal["functional", "hierarchical"] | None = Field(
        None, description="What the step brings in: more skill (functional) or, unless said, more authority."
    )


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
    policy: Line | None = Field(None, description="Only in the policy of this name; left out: wherever no other is.")


class Escalation(Section):
    """The steps that follow the breach of one clock."""

    on: On
    steps: Annotated[tuple[Step, ...], AfterValidator(_rising)] = Field(min_length=1)


def _only_reachable(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Refuse a name given twice, and a policy behind one that is for all tickets or for the same ones."""
    for position, policy in enumerate(policies):
        for earlier in policies[:position]:
            if earlier.id == policy.id:
                raise UnfitError(message("another policy has this name"), below=(position, "id"))
            if earlier.when.is_everything or earlier.when == policy.when:
                raise UnfitError(
                    message("this policy can never apply: {policy} is for all its tickets", policy=earlier.id),
                    message("the first policy that fits a ticket gives it its clocks: the special ones first"),
                    below=(position,),
                )
    return policies


class PolicyDocument(Section):
    """Clocks and escalations: a starter pack's, a file's or written in the configuration."""

    version: Literal[1] = 1
    policies: Annotated[tuple[Policy, ...], AfterValidator(_only_reachable)] = Field(
        (), description="The first that fits a ticket gives it its clocks."
    )
    escalations: tuple[Escalation, ...] = Field((), description="What follows a breach, by clock.")
    penalties: Annotated[tuple[PenaltySettings, ...], AfterValidator(names_once)] = Field(
        (), description="What missed deadlines cost; of one the first that speaks of it."
    )
    rewards: Annotated[tuple[RewardSettings, ...], AfterValidator(names_once)] = Field(
        (), description="Who is rewarded; visible to leads only."
    )

    @model_validator(mode="after")
    def _clocks_exist(self) -> "PolicyDocument":
        clocks = {policy.id: [clock.id for clock in policy.clocks] for policy in self.policies}
        seen: set[tuple[str | None, str]] = set()
        for position, escalation in enumerate(self.escalations):
            _refuse_strangers(escalation.on, clocks, ("escalations", position, "on"))
            spot = (escalation.on.policy, escalation.on.clock)
            if spot in seen:
                raise UnfitError(
                    message("this clock already has its escalation"), below=("escalations", position, "on", "clock")
                )
            seen.add(spot)
        return self

    @model_validator(mode="after")
    def _penalized_clocks_exist(self) -> "PolicyDocument":
        known = {clock.id: None for policy in self.policies for clock in policy.clocks}
        for position, penalty in enumerate(self.penalties):
            for place, clock in enumerate(penalty.clocks):
                if clock not in known:
                    below = ("penalties", position, "clocks", place)
                    raise UnfitError(
                        message("no policy has this clock"), one_of(known, clock) if known else None, below
                    )
        return self


def _refuse_strangers(on: On, clocks: dict[str, list[str]], path: tuple[str | int, ...]) -> None:
    if on.policy is not None and on.policy not in clocks:
        raise UnfitError(message("there is no such policy"), one_of(clocks, on.policy), (*path, "policy"))
    known = [clock for policy, listed in clocks.items() if on.policy in (None, policy) for clock in listed]
    if on.clock not in known:
        allowed = one_of(dict.fromkeys(known), on.clock) if known else None
        raise UnfitError(message("no policy has this clock"), allowed, (*path, "clock"))


NO_POLICIES = PolicyDocument()
