"""One clock of a policy, and what starts, stops, pauses and re-arms it."""

import re
from difflib import get_close_matches
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from config.conditions import When
from config.goals import Goal, GoalBy, Time, TimeByPriority, Warnings, plain_goals
from config.problems import one_of
from connectors.settings import Section, UnfitError, each_once
from kpi_engine.durations import seconds_of, working_days_of
from kpi_engine.message import message

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


ClockId: TypeAlias = Annotated[str, Field(examples=list(KNOWN_CLOCKS)), AfterValidator(_clock_id)]
Start: TypeAlias = Literal[
    "created", "assigned", "group_assigned", "customer_message", "agent_reply", "handoff", "criteria"
]
Stop: TypeAlias = Literal["agent_public_reply", "solved", "group_changed", "any_agent_action", "any_change", "criteria"]
Rearm: TypeAlias = Literal[
    "never",
    "on_customer_message",
    "on_agent_reply",
    "on_reopen",
    "on_group_change",
    "on_any_change",
    "on_criteria",
    "sequential",
    "continues",
]
Unsolved: TypeAlias = Literal["new", "open", "pending", "hold"]
_UNSOLVED = 4


def _some_time(statuses: tuple[Unsolved, ...]) -> tuple[Unsolved, ...]:
    if len(set(statuses)) == _UNSOLVED:
        raise UnfitError(message("a clock that stands still in every status never comes to its goal"))
    return statuses


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
    end_of_day: bool | None = Field(
        None, description="Whether it may run to the end of the working day on which it would be due."
    )
    start: Start = Field(
        "created",
        description="What starts the clock; customer_message is the oldest that is not answered, handoff when no "
        "machine has the ticket (any more), criteria when `start_when` comes true.",
    )
    start_when: When | None = Field(None, description="With `start: criteria`.")
    stop: Annotated[tuple[Stop, ...], AfterValidator(each_once)] = Field(
        min_length=1,
        description="What stops the clock; a solve suspends the first reply's and settles a next reply's.",
    )
    stop_when: When | None = Field(None, description="With `criteria` in `stop`.")
    pause_in: Annotated[tuple[Unsolved, ...], AfterValidator(each_once), AfterValidator(_some_time)] = Field(
        (), description="Statuses in which the clock stands still."
    )
    pause_when: When | None = Field(None, description="What else makes it stand still.")
    rearm: Rearm = Field(
        "never",
        description="When a stopped clock starts again. continues: it goes on at a reopening from where it stood; "
        "sequential: whenever what starts it comes true, but not before the last one would have been due; "
        "on_any_change: also while it runs.",
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

    @model_validator(mode="after")
    def _has_its_criteria(self) -> "Clock":
        for name, wanted in (("start", self.start == "criteria"), ("stop", "criteria" in self.stop)):
            if wanted is not (getattr(self, f"{name}_when") is not None):
                raise UnfitError(
                    message("{when} and {criteria} belong together", when=f"{name}_when", criteria=f"{name}: criteria"),
                    below=(name,),
                )
        if self.rearm == "on_criteria" and self.start != "criteria":
            raise UnfitError(
                message("{when} and {criteria} belong together", when="rearm: on_criteria", criteria="start: criteria"),
                below=("rearm",),
            )
        return self

    @model_validator(mode="after")
    def _counts_in_days_of_a_calendar(self) -> "Clock":
        in_days = self.end_of_day or any(working_days_of(goal) is not None for _, goal in plain_goals(self))
        if in_days and self.time == "calendar":
            raise UnfitError(
                message("working days are those of a calendar"),
                message("{words}", words="time: business"),
                ("time",),
            )
        nothing = [path for path, goal in plain_goals(self) if working_days_of(goal) == 0]
        if nothing and not self.end_of_day:
            raise UnfitError(
                message("a goal must be longer than nothing"),
                message("{words}, or leave the line out for no clock", words="end_of_day: true"),
                nothing[0],
            )
        return self

    @model_validator(mode="after")
    def _warns_before_it_begins(self) -> "Clock":
        lengths = [seconds_of(goal) for _, goal in plain_goals(self) if working_days_of(goal) is None]
        if len(lengths) < len(list(plain_goals(self))):
            return self  # nobody can tell yet how long a working day is
        for place, word in enumerate(self.warn):
            if word.startswith("-") and seconds_of(word[1:]) >= max(lengths):
                raise UnfitError(
                    message("this warning would come before the clock starts"),
                    message("less than the longest goal"),
                    ("warn", place),
                )
        return self
