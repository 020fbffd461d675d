"""Exemptions that somebody allowed to do so gave on the ticket itself, by a tag or by a field."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kpi_engine.history import History
from kpi_engine.recipients import ASSIGNEE, Asked, holders
from kpi_engine.records import Field, FieldValue, TicketEvent
from kpi_engine.rulebook import Meanings, Rulebook
from kpi_engine.story import Story


@dataclass(frozen=True, slots=True)
class Given:
    """An exemption: of a clock, or of the rating; the tag or the field (by id) that says so; who set it when."""

    what: str
    tag: str | None
    field: str | None
    by: str
    at: int


def with_exemptions(history: History, story: Story, rulebook: Rulebook) -> History:
    """Return the history with what is exempted on the ticket beside what was decided elsewhere."""
    given = {each.what for each in exemptions(history, story, rulebook)}
    return replace(history, exempt=history.exempt | given) if given else history


def exemptions(history: History, story: Story, rulebook: Rulebook) -> Iterator[Given]:
    """Yield what is exempted on the ticket as it is now: only what was set by somebody who may."""
    meanings = rulebook.meanings.at(story.as_of)
    for what, tag, field in _said(history, meanings):
        event = _setting(history, tag, field, story.as_of)
        by = event.actor_id if event is not None else None
        if event is not None and by is not None and _may(by, event.at, story, rulebook, history.account):
            yield Given(what, tag, field, by, event.at)


def _said(history: History, meanings: Meanings) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield what the ticket's tags and fields exempt, whoever set them: the clock, the tag, the field."""
    ticket = history.latest
    yield from ((what, tag, None) for tag, what in meanings.exempting.items() if tag in ticket.tags)
    for field, values in meanings.exempting_fields.items():
        what = values.get(_word(ticket.fields.get(field)))
        if what is not None:
            yield what, None, field


def _word(value: FieldValue) -> str:
    return str(value).casefold()


def _setting(history: History, tag: str | None, field: str | None, as_of: int) -> TicketEvent | None:
    """Return the event by which the tag, or the field's value, came to the ticket last; None where none is known."""
    for event in reversed(history.events):
        if event.at > as_of:
            continue
        if field is not None and event.field == f"field:{field}":
            return event
        if tag is not None and event.field == Field.TAGS and tag in _tags(event.new) - _tags(event.old):
            return event
    return None


def _tags(words: str | None) -> set[str]:
    return set((words or "").split())


def _may(actor: str, at: int, story: Story, rulebook: Rulebook, account: str) -> bool:
    """Tell whether somebody could exempt at an instant: an approver, or who was above whoever held the ticket then.

    Nobody exempts what he holds himself.
    """
    meanings, state = rulebook.meanings.at(story.as_of), story.state_at(at)
    if actor == state.agent:
        return False
    if actor in meanings.approvers:
        return True
    key = rulebook.organization.at(at).key_of(actor, account)
    return meanings.leads_approve and key in above(state.agent, state.group, at, account, rulebook)


def above(agent: str | None, group: str | None, at: int, account: str, rulebook: Rulebook) -> frozenset[str]:
    """Return the keys of those above an agent, or above nobody in a group, at an instant: lead, manager, his head."""
    asked = Asked(account, agent, rulebook.team(agent, group, at), at)
    return frozenset(key for role, key in holders(asked, rulebook).items() if role != ASSIGNEE)
