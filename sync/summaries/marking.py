"""How an agent says that a figure is wrong: which tickets he can mark himself, and how the summary tells him."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from kpi_engine.message import Message, message
from sync.account import Account

DISPUTE_TAG: Final = "helpdesk-kpi-dispute"
"""The tag by which an agent disputes a ticket; with "-" and a number after it, on his summary, the one so numbered."""


class Marking(Enum):
    """Which tickets an agent can mark as disputed himself, by a tag."""

    ALL = auto()
    OPEN_ONLY = auto()  # one that is closed by its number, on the summary
    NONE = auto()


def marking_of(account: Account) -> Marking:
    """Return which tickets of an account's helpdesk can be marked."""
    if not account.connector.takes_tags:
        return Marking.NONE
    return Marking.OPEN_ONLY if account.connector.closed_is_final else Marking.ALL


def how_to_dispute(marking: Marking, until: str) -> Iterator[Message]:
    """Yield what an agent can do who thinks that something is wrong."""
    if marking is Marking.NONE:
        yield message(
            "Wrong? Tell your lead until {until}: he notes it (`helpdesk-kpi override dispute`), and the ticket is "
            "then listed here until somebody decides.",
            until=until,
        )
        return
    yield message(
        "Wrong? Add the tag {tag} to the ticket until {until}: it is then listed here until a lead decides.",
        tag=DISPUTE_TAG,
        until=until,
    )
    if marking is Marking.OPEN_ONLY:
        yield message(
            "A closed ticket takes no tag: add {tag} and its number to this ticket instead, for example {example}.",
            tag=f"{DISPUTE_TAG}-",
            example=f"{DISPUTE_TAG}-123",
        )
