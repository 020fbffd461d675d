"""The private note that an escalation writes: which step fell due, for which roles, why, and what was done besides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.effects import ASSIGNEE, GROUP, PRIORITY, TAGS_ADDED
from kpi_engine.escalating import REPEAT, Trigger
from kpi_engine.ledger import Entry
from kpi_engine.measurement import Clock
from kpi_engine.message import Message, message
from kpi_engine.recipients import Recipient
from kpi_engine.records import FieldValue
from sync.locale import Language
from sync.role_words import priority_name, roles_text
from sync.wording import clock_name

_SHOWN_OF_AN_EDITION = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a note tells: an entry of the ledger, what it follows, whom it reaches, and what is done on the ticket.

    `authority` is what whoever answers for the severity may decide; `values` and `previous` are those of the change,
    `group` is the name of the group that gets the ticket.
    """

    entry: Entry
    trigger: Trigger
    clock: Clock
    recipients: Sequence[Recipient]
    severity: str | None
    authority: Sequence[str]
    values: Mapping[str, FieldValue]
    previous: Mapping[str, FieldValue]
    group: str | None
    marker: str


def note_text(noted: Noted, language: Language) -> str:
    """Return the note: it names roles, never people, for everybody who works the ticket may read it."""
    return "\n".join([*(language(line) for line in _lines(noted, language)), noted.marker])


def _lines(noted: Noted, language: Language) -> Iterator[Message]:
    yield title(noted.entry, noted.trigger)
    yield message("For: {roles}", roles=roles_text(noted.recipients, language))
    yield _why(noted, language)
    yield message("The step fell due {moment}", moment=language.moment(noted.entry.at))
    done = [language(each) for each in what_is_done(noted.values, noted.previous, noted.group)]
    if done:
        yield message("Done on this ticket: {done}", done="; ".join(done))
    if noted.authority:
        yield message(
            "Severity {severity}: who answers for it may decide {authority}",
            severity=noted.severity,
            authority=", ".join(noted.authority),
        )
    edition = noted.entry.edition[:_SHOWN_OF_AN_EDITION]
    yield message("Policy {policy}, edition {edition}", policy=noted.clock.policy, edition=edition)


def title(entry: Entry, trigger: Trigger) -> Message:
    """Return what fell due on which clock."""
    clock = clock_name(entry.clock)
    if entry.step.startswith(f"{REPEAT}:"):
        return message("Escalation, repeated notice {n}: {clock}", n=entry.step.partition(":")[2], clock=clock)
    if trigger is Trigger.WARN:
        return message("Escalation level {level}, before the goal: {clock}", level=entry.level, clock=clock)
    if trigger is Trigger.MET:
        return message("Escalation level {level}, after the end: {clock}", level=entry.level, clock=clock)
    return message("Escalation level {level}: {clock}", level=entry.level, clock=clock)


def _why(noted: Noted, language: Language) -> Message:
    clock, run = noted.clock, language.duration(noted.clock.elapsed)
    named = {"clock": clock_name(clock.clock), "elapsed": run, "goal": language.duration(clock.goal)}
    due_at = clock.breached_at if clock.breached_at is not None else clock.due_at
    if noted.trigger is Trigger.MET:
        return message("Why: {clock} ended after {elapsed}; the goal was {goal}", **named)
    if due_at is None:
        return message("Why: {clock} has run {elapsed} of {goal}, and rests", **named)
    if noted.trigger is Trigger.WARN and clock.breached_at is None:
        return message(
            "Why: {clock} is due {due}; it has run {elapsed} of {goal}", due=language.moment(due_at), **named
        )
    return message("Why: {clock} was due {due}; it has run {elapsed} of {goal}", due=language.moment(due_at), **named)


def what_is_done(
    values: Mapping[str, FieldValue], previous: Mapping[str, FieldValue], group: str | None
) -> Iterator[Message]:
    """Yield what is done on a ticket beside the note."""
    if PRIORITY in values:
        yield message(
            "priority raised from {old} to {new}",
            old=priority_name(previous.get(PRIORITY)),
            new=priority_name(values[PRIORITY]),
        )
    if values.get(ASSIGNEE) is not None:
        yield message("handed to who holds the role")
    elif GROUP in values:
        yield message("handed to the group {group}", group=group or values[GROUP])
    if TAGS_ADDED in values:
        yield message("tags added: {tags}", tags=str(values[TAGS_ADDED]).replace(" ", ", "))
