"""What is said of exemptions: by whom, why, and where that stands, decided here or set on the ticket itself."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from zoneinfo import ZoneInfo

from kpi_engine.evidence import EXEMPTED
from kpi_engine.exempting import Given
from kpi_engine.history import RATING
from kpi_engine.measure import exempted_by
from kpi_engine.message import Message, message
from kpi_engine.reduce import Window
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.overriding import decisions, place_text
from sync.store.observations import ALL_OF_IT


def exemption_text(account: Account, window: Window, ticket_id: str, *, rating: bool) -> Message:
    """Return in words by whom, why and by what a ticket's rating, or else its clocks, are exempted."""
    decided = [
        message(
            "exempted by {name}: {reason} ({place})",
            name=each.approved_by,
            reason=each.reason,
            place=place_text(each.source),
        )
        for each in decisions(account)
        if each.ticket_id == ticket_id and each.what not in ALL_OF_IT and (each.what == RATING) is rating
    ]
    given = [each for each in given_on(account, window, ticket_id) if (each.what == RATING) is rating]
    told = [*decided, *(_given_text(account, window.rulebook, each) for each in given)]
    return one_after_another(told or [message("it was exempted")])


def given_on(account: Account, window: Window, ticket_id: str) -> tuple[Given, ...]:
    """Return what is exempted on a ticket itself, by a tag or a field that was set by somebody who may."""
    found = account.store.records.histories(account.name, [ticket_id], account.history_start)
    return tuple(each for history in found for each in exempted_by(history, window.rulebook, window.as_of))


def exempted_on_tickets(account: Account, window: Window) -> list[tuple[str, str, Message]]:
    """Return, by ticket, what is exempted by a tag or a field of its own: which clock, or `rating`, and by whom."""
    readings, start, end = account.store.readings, window.period.start, window.end
    return [
        (measurement.ticket_id, each.what, _given_text(account, window.rulebook, each))
        for measurement in readings.saying(account.name, EXEMPTED, start, end)
        for each in given_on(account, window, measurement.ticket_id)
    ]


def _given_text(account: Account, rules: Rulebook, given: Given) -> Message:
    person = rules.person(given.by, given.at)
    name = given.by if person is None else person.name
    when = datetime.fromtimestamp(given.at, ZoneInfo(account.settings.timezone)).strftime("%Y-%m-%d %H:%M")
    if given.tag is not None:
        return message("exempted by {name} with the tag {tag} ({moment})", name=name, tag=given.tag, moment=when)
    return message("exempted by {name} in the field {field} ({moment})", name=name, field=given.field, moment=when)


def one_after_another(told: Sequence[Message]) -> Message:
    """Return several remarks, at least one, as one."""
    return reduce(lambda one, other: message("{one}; {other}", one=one, other=other), told)
