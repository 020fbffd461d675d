"""What a step of an escalation does on a case: its fields first, which may be repeated, then the comment."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from connectors.base import Change, Delivered, InDoubt, Outcome, Refused, Snoozed
from connectors.delivering import LATER, says
from connectors.effects import PRIORITY, Doing, Standing, doing, looks_first, rank
from connectors.effects import undone as undone_on
from connectors.errors import InDoubtError, RefusedError, TransientError, UnexpectedPayloadError
from connectors.rows import understood
from connectors.salesforce import mapping
from connectors.salesforce.delivering import UNASSIGNED, of_refusal
from connectors.salesforce.descriptions import Saved
from connectors.salesforce.org import Org
from connectors.salesforce.sense import Sense, priority
from connectors.salesforce.soql import Query, is_
from connectors.salesforce.values import text
from kpi_engine.message import message

EFFECTS = frozenset({"note", "raise_priority", "assign"})
"""Salesforce has no tags."""

_LONGEST = 4000
_FIELDS = ("Id", "Priority", "OwnerId", "IsClosed", "IsDeleted")


def act(org: Org, change: Change, sense: Sense) -> Outcome:
    """Do what is left to be done; raises UnexpectedPayloadError for a case that cannot be read."""
    try:
        row = _row(org, change)
        is_noted = looks_first(change, partial(noted, org, change.target_id))
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    if row is None:
        return Refused(message("it is gone from the helpdesk"), closed=True)
    wanted = doing(change, replace(_standing(row, sense), noted=is_noted))
    return wanted if isinstance(wanted, Refused) else _done(org, change.target_id, wanted, sense)


def undone(org: Org, change: Change, sense: Sense) -> frozenset[str] | None:
    """Return which of a change's values its case does not show; None where it is gone. Raises ConnectorError."""
    row = _row(org, change)
    if row is None:
        return None
    found = undone_on(change, _standing(row, sense), partial(noted, org, change.target_id))
    has_word = PRIORITY not in found or any(_own_words(org, str(change.values[PRIORITY]), sense))
    return found if has_word else found - {PRIORITY}  # the org has no such priority: none was written


def _row(org: Org, change: Change) -> dict[str, object] | None:
    rows = org.rows(Query("Case", _FIELDS, (is_("Id", change.target_id),)))
    return next((row for row in rows if row.get("IsDeleted") is not True), None)


def _standing(row: dict[str, object], sense: Sense) -> Standing:
    owner = text(row.get("OwnerId"))
    word = priority(text(row.get("Priority")), sense)
    return Standing(
        word,
        mapping.queue(owner),
        mapping.assignee(owner),
        (),
        solved=row.get("IsClosed") is True,
        ranked=word is None or word in _WORDS,
    )


_WORDS = frozenset({"low", "normal", "high", "urgent"})


def _done(org: Org, case_id: str, wanted: Doing, sense: Sense) -> Outcome:
    content = _update(org, wanted, sense)
    if content:
        failed = _written(org, f"{org.root}/sobjects/Case/{case_id}", content)
        if failed is not None:
            return failed
    if wanted.note is None:
        return Delivered(case_id, wanted.left)
    said = {"ParentId": case_id, "CommentBody": wanted.note[:_LONGEST], "IsPublished": False}
    return _said(org, said, wanted)


def _update(org: Org, wanted: Doing, sense: Sense) -> dict[str, object]:
    content: dict[str, object] = {}
    own_word = None if wanted.priority is None else next(_own_words(org, wanted.priority, sense), None)
    if own_word is not None:
        content["Priority"] = own_word
    if wanted.place is not None:
        content["OwnerId"] = wanted.place.assignee or wanted.place.group
    return content


def _own_words(org: Org, wanted: str, sense: Sense) -> Iterator[str]:
    """Yield the org's words for a priority, or for the next higher one that it has."""
    choices = org.fields("Case")["Priority"].choices if "Priority" in org.fields("Case") else []
    told = [(priority(word, sense), word) for word in choices]
    higher = sorted((rank(ours), word) for ours, word in told if ours in _WORDS and rank(ours) >= rank(wanted))
    yield from (word for _, word in higher)


def _written(org: Org, path: str, content: dict[str, object]) -> Outcome | None:
    try:
        org.session.send("PATCH", path, content, safe_to_repeat=True, headers=UNASSIGNED)
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return of_refusal(error)
    return None


def _said(org: Org, said: dict[str, object], wanted: Doing) -> Outcome:
    try:
        answer = org.session.send("POST", f"{org.root}/sobjects/CaseComment", said, safe_to_repeat=False)
        made = understood(Saved, answer.json)
    except (InDoubtError, UnexpectedPayloadError) as error:
        return InDoubt(error.message)
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return of_refusal(error)
    return Delivered(made.id, wanted.left)


def noted(org: Org, case_id: str, marker: str) -> bool:
    """Tell whether a comment with that marker stands on a case."""
    rows = org.rows(Query("CaseComment", ("Id", "CommentBody"), (is_("ParentId", case_id),)))
    return any(says(row, ("CommentBody",), marker) for row in rows)
