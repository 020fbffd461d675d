"""What follows a clock's warning, breach or end, and the groups that tickets are handed to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from config.clocks import ClockId
from config.conditions import When
from config.goals import DurationText
from connectors.settings import Line, Section, Tag, UnfitError, each_once
from kpi_engine.durations import seconds_of
from kpi_engine.message import message

_HIGHEST_LEVEL = 9
_MOST_REPEATS = 20

Role: TypeAlias = Literal["assignee", "team_lead", "manager", "head", "owner"]
Roles: TypeAlias = Annotated[tuple[Role, ...], AfterValidator(each_once)]


class Step(Section):
    """A level of escalation, reached some time after a warning, the breach or the end of the clock."""

    level: int = Field(ge=1, le=_HIGHEST_LEVEL, description="What is written as the ticket's escalation level.")
    at: Literal["warn", "breach", "met"] = Field(
        "breach", description="What the step follows: the first warning, the breach, or the goal met, late or not."
    )
    after: DurationText = Field("0m", description="How long after that.")
    type: Literal["functional", "hierarchical"] | None = Field(
        None, description="What the step brings in: more skill (functional) or, unless said, more authority."
    )
    notify: Roles | None = Field(
        None, description="The roles it is for; one that nobody holds goes to the next level up."
    )
    note: bool | None = Field(
        None, description="Write a private note that names the roles and the reason, where the account allows."
    )
    assign: Line | None = Field(None, description="The group, by name or id, that gets the ticket, where allowed.")
    raise_priority: bool | None = Field(None, description="Raise the priority by one, where allowed.")
    add_tags: Annotated[tuple[Tag, ...], AfterValidator(each_once)] | None = Field(
        None, description="Tags that are added, where allowed."
    )


def _rising(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    for position, step in enumerate(steps):
        before = next((earlier for earlier in reversed(steps[:position]) if earlier.at == step.at), None)
        if before is not None and (step.level <= before.level or seconds_of(step.after) < seconds_of(before.after)):
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


class Acknowledgement(Section):
    """What people set on the ticket to say that they have it in hand: later steps wait meanwhile."""

    when: When = Field(description="The tag or the field that says so.")
    by: Roles = Field((), description="Whose word counts; left out: any agent's.")
    holds_for: DurationText | None = Field(None, description="How long it holds; left out: until the clock ends.")

    @model_validator(mode="after")
    def _says_something(self) -> "Acknowledgement":
        if self.when.is_everything:
            raise UnfitError(message("this must not be empty"), below=("when",))
        return self


def _some_while(text: str) -> str:
    if seconds_of(text) == 0:
        raise UnfitError(message("this must be longer than nothing"))
    return text


class Repeat(Section):
    """Notices after the last step."""

    every: Annotated[DurationText, AfterValidator(_some_while)] = Field(
        description="How long after one the next comes."
    )
    most: int = Field(ge=1, le=_MOST_REPEATS, description="How many at the most.")
    quiet_outside: Line | None = Field(
        None, description="A calendar; what falls due while it is closed waits until it opens."
    )


class Escalation(Section):
    """The steps that follow one clock."""

    on: On
    calendar: Line | None = Field(
        None, description="The calendar in which steps and notices count; left out: the clock's own time."
    )
    steps: Annotated[tuple[Step, ...], AfterValidator(_rising)] = Field(min_length=1)
    acknowledgement: Acknowledgement | None = Field(None, description="What makes later steps wait.")
    repeat: Repeat | None = Field(None, description="Notices repeated after the last step that follows the breach.")

    @model_validator(mode="after")
    def _has_something_to_repeat(self) -> "Escalation":
        if self.repeat is not None and all(step.at != "breach" for step in self.steps):
            raise UnfitError(
                message("there is nothing to repeat"), message("a step that follows the breach"), ("repeat",)
            )
        return self


Handing: TypeAlias = tuple[str, str, tuple[str | int, ...]]
"""From which group to which, and where that is said."""


def circle(handings: Iterable[Handing]) -> Handing | None:
    """Return the first handing over that leads back to where tickets came from, None where none does."""
    onward: dict[str, list[str]] = {}
    for handing in handings:
        origin, group, _ = handing
        onward.setdefault(origin.casefold(), []).append(group.casefold())
        if origin.casefold() != group.casefold() and origin.casefold() in _reached(group.casefold(), onward):
            return handing
    return None


def _reached(group: str, onward: Mapping[str, list[str]]) -> set[str]:
    waiting, seen = [group], set[str]()
    while waiting:
        for following in onward.get(waiting.pop(), []):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


def handings(escalations: Iterable[Escalation], groups: Mapping[str | None, tuple[str, ...]]) -> Iterator[Handing]:
    """Yield from which groups tickets go where; `groups` are those that policies are for, by policy (None: all)."""
    for position, escalation in enumerate(escalations):
        origins = groups.get(escalation.on.policy, ())
        for place, step in enumerate(escalation.steps):
            if step.assign is not None:
                path = ("escalations", position, "steps", place, "assign")
                yield from ((origin, step.assign, path) for origin in origins)
                origins = (step.assign,)
