"""Tests of policies that an admin can write: stories in YAML, each a ticket's timeline and what its clocks must say."""

import re
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field

from config.calendars import OwnCalendar, Zone
from config.goals import LengthText
from config.problems import one_of
from connectors.settings import Line, Section, UnfitError
from kpi_engine.message import message

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
MEANINGS = (
    *("severity", "segment", "topic", "complaint_cause", "root_cause"),
    *("complaint", "warranty", "impact", "urgency"),
)
SUBJECTS = ("status", "priority", *MEANINGS, "group", "agent", "form", "type", "organization", "tags")
FIELD = "field:"
NOBODY = "nobody"
ROBOT = "robot"
_LINE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?) +(\S.*)")
_SPOKEN = ("customer opens", "agent opens", "customer writes", "agent replies", "agent notes")
_EXAMPLE = "2026-11-30 09:15 agent replies, status becomes pending"


class Happening(NamedTuple):
    """A line of a timeline: when, by the wall clock, and what: (who, "writes", "") or (subject, "becomes", word)."""

    at: datetime
    clauses: tuple[tuple[str, str, str], ...]


def happening(line: str) -> Happening:
    """Return what a line of a timeline tells; raise UnfitError."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise UnfitError(
            message("this is no line of a timeline"),
            message("date, time and what happens, for example {example}", example=_EXAMPLE),
        )
    return Happening(wall_clock(found[1]), tuple(_clause(part.strip()) for part in found[2].split(",")))


def wall_clock(text: str) -> datetime:
    """Return the date and time that "2026-11-30 09:15" or "2026-11-30 09:15:01" tells; raise UnfitError."""
    try:
        return datetime.fromisoformat(text) if re.fullmatch(r"[0-9-]{10} [0-9:]{5,8}", text) else _no_instant()
    except ValueError:
        return _no_instant()


def _no_instant() -> datetime:
    raise UnfitError(message("this is no date and time"), message("for example {example}", example="2026-11-30 09:15"))


def _clause(text: str) -> tuple[str, str, str]:
    if text in _SPOKEN:
        who, does = text.split()
        return who, does, ""
    subject, becomes, word = [*text.split(maxsplit=2), "", "", ""][:3]
    if becomes != "becomes" or not word:
        known = ", ".join(_SPOKEN)
        raise UnfitError(
            message("nothing that can happen is told here: {text}", text=text),
            message("one of {words}; or for example {example}", words=known, example="status becomes pending"),
        )
    if subject not in SUBJECTS and not re.fullmatch(FIELD + "[a-z][a-z0-9_]*", subject):
        raise UnfitError(message("a ticket has no {subject} here", subject=subject), one_of(SUBJECTS, subject))
    if subject == "status" and word not in STATUSES:
        raise UnfitError(message("this is no status"), one_of(STATUSES, word))
    return subject, becomes, word


def _timeline(lines: tuple[str, ...]) -> tuple[str, ...]:
    before: datetime | None = None
    for place, line in enumerate(lines):
        try:
            told = happening(line)
        except UnfitError as error:
            raise UnfitError(error.message, error.allowed, (place,)) from None
        if (told.clauses[0][1] == "opens") is not (place == 0):
            raise UnfitError(
                message("a timeline begins with the opening, and has one"),
                message("for example {example}", example="2026-11-30 09:00 customer opens"),
                (place,),
            )
        if before is not None and told.at < before:
            raise UnfitError(message("this lies before the line above"), below=(place,))
        before = told.at
    return lines


def _instant(text: str) -> str:
    wall_clock(text)
    return text


Instant: TypeAlias = Annotated[str, Field(examples=["2026-11-30 09:15"]), AfterValidator(_instant)]


State: TypeAlias = Literal["none", "running", "paused", "met", "breached_open", "breached_closed", "void", "undecided"]


class StoryTicket(Section):
    """How the ticket is when it is opened."""

    channel: Line | None = None
    status: Literal["new", "open", "pending", "hold"] = "new"
    priority: Line | None = None
    severity: Line | None = None
    segment: Line | None = None
    topic: Line | None = None
    complaint_cause: Line | None = None
    root_cause: Line | None = None
    complaint: Line | None = None
    warranty: Line | None = None
    impact: Line | None = None
    urgency: Line | None = None
    type: Line | None = None
    organization: Line | None = None
    fields: dict[str, Line] = Field({}, description="What else `fields` of the configuration gives a name, by it.")
    group: Line | None = None
    agent: Line | None = None
    form: Line | None = None
    tags: tuple[Line, ...] = ()


class Expected(Section):
    """What the latest run of a clock must say; what is left out is not looked at."""

    policy: Line | None = Field(None, description="The policy whose clock it is.")
    state: State | None = Field(None, description="Its verdict; none: the ticket has no such clock.")
    goal: LengthText | None = Field(None, description="How long it may run, in the time it counts.")
    run: int | None = Field(None, ge=1, description="Which run of the clock this is, the first being 1.")
    started: Instant | None = Field(None, description="When it began.")
    due: Instant | Literal["never"] | None = Field(None, description="When it is due; never: it stands still or ended.")
    breached: Instant | Literal["never"] | None = Field(None, description="When it went over its goal.")
    fired: dict[str, Instant] | None = Field(
        None, description='All that fell due, such as {"warn:75%": …, breach: …, "escalation:2": …}.'
    )


class Story(Section):
    """One ticket's timeline and what its clocks must say at an instant."""

    name: Line = Field(description="What is shown.")
    ticket: StoryTicket = StoryTicket()
    timeline: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_timeline)] = Field(
        description="What happened, a line an instant, the opening first."
    )
    at: Instant = Field(description="The instant at which the clocks are looked at.")
    expect: dict[str, Expected] = Field(min_length=1, description="By clock.")


class StoriesDocument(Section):
    """Stories beside a policy file, each of them a test."""

    version: Literal[1] = 1
    timezone: Zone = Field(description="The time zone of every time in this file.")
    calendars: dict[str, OwnCalendar] = Field(
        {}, description="Opening hours: `ticket` is the ticket's own calendar (left out: every hour counts)."
    )
    stories: Annotated[tuple[Story, ...], Field(min_length=1)]
