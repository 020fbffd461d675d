"""What the pulled rows speak of and the store does not have: people who worked tickets, and ratings given late."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Page, Stream
from kpi_engine.records import Agent, EventKind, Field, Rating, Record, TicketEvent, TicketSnapshot
from sync.account import Account

STRANGERS = "strangers"
"""Where people are noted that nobody has looked up yet: beside the agents, so that nothing takes them for one."""

_AGENTS_ALONE_CHANGE = frozenset(
    {Field.ASSIGNEE, Field.GROUP, Field.PRIORITY, Field.BRAND, Field.FORM, Field.REQUESTER}
)
"""A customer opens tickets and wakes them up; these are changed by people who work them."""


@dataclass(slots=True)
class Acquaintance:
    """The people known so far; whoever else has worked a ticket is noted with the page that tells it."""

    account: Account
    known: set[str] = field(init=False)

    def __post_init__(self) -> None:
        records, name = self.account.store.records, self.account.name
        self.known = {
            record.agent_id
            for stream in (Stream.AGENTS, STRANGERS)
            for record in records.account(name, stream, gone=True)
            if isinstance(record, Agent)
        }

    def note(self, records: Iterable[Record]) -> None:
        """Note the strangers among those who worked the tickets of a page; it is part of the page's transaction."""
        steering = self.account.connector.tells_history
        new = sorted({one for record in records for one in workers(record, steering=steering)} - self.known)
        if new:
            self.account.store.records.save_account(self.account.name, STRANGERS, [_stranger(one) for one in new])
            self.known.update(new)


def workers(record: Record, *, steering: bool = True) -> Iterator[str]:
    """Yield the people whom a record shows to work tickets: customers speak and write too, and are none of ours.

    Without `steering` it proves nothing who set a property: the export of a helpdesk that keeps no history has what a
    customer opened a ticket with beside what agents changed.
    """
    if isinstance(record, TicketSnapshot) and record.assignee_id is not None:
        yield record.assignee_id
    elif isinstance(record, Rating) and record.agent_id is not None:
        yield record.agent_id
    elif isinstance(record, TicketEvent):
        yield from _workers_in(record, steering=steering)


def _workers_in(event: TicketEvent, *, steering: bool) -> Iterator[str]:
    if event.field == Field.ASSIGNEE:
        yield from (agent_id for agent_id in (event.old, event.new) if agent_id)
    if event.actor_id is None or event.automatic:
        return
    whispers = event.kind is EventKind.COMMENTED and event.public is False
    steers = steering and event.kind is EventKind.CHANGED and event.field in _AGENTS_ALONE_CHANGE
    if whispers or steers:
        yield event.actor_id


def strangers(account: Account) -> list[str]:
    """Return the people noted that no listing and no look-up has shown yet."""
    records, name = account.store.records, account.name
    known = {one.agent_id for one in records.account(name, Stream.AGENTS, gone=True) if isinstance(one, Agent)}
    noted = records.account(name, STRANGERS, gone=True)
    return [one.agent_id for one in noted if isinstance(one, Agent) and one.agent_id not in known]


def introduced(page: Page) -> list[Agent]:
    """Return people looked up as the agents they were: by now they may be end users, or have no account any more."""
    return [_former(record) for record in page.records if isinstance(record, Agent)]


def nameless(ids: Iterable[str]) -> list[Agent]:
    """Return people whom the helpdesk no longer knows: their numbers stand for their names, and are not asked again."""
    return [replace(_stranger(agent_id), name=agent_id, role="agent") for agent_id in ids]


def _former(agent: Agent) -> Agent:
    works = agent.role in ("agent", "admin")
    return replace(
        agent, name=agent.name or agent.agent_id, role=agent.role if works else "agent", active=works and agent.active
    )


def _stranger(agent_id: str) -> Agent:
    return Agent(
        agent_id=agent_id, name="", email=None, role="", active=False, bot=False, locale=None, ticket_access="all"
    )


def unseen_ratings(account: Account) -> dict[Stream, list[str]]:
    """Return what to fetch, by stream, because a changed ticket shows another rating than the one we have.

    Tickets stay marked as changed until they are measured, so that a pass cut short forgets none.
    """
    found: dict[Stream, list[str]] = {}
    for changed in account.store.records.stale_in_turn(account.name):
        for stream, wanted in _unseen(account, changed):
            found.setdefault(stream, []).append(wanted)
    return found


def _unseen(account: Account, ticket_ids: Sequence[str]) -> Iterator[tuple[Stream, str]]:
    ratings = account.store.records.ratings(account.name, ticket_ids)
    for ticket_id, ticket in account.store.records.snapshots(account.name, ticket_ids).items():
        yield from account.connector.unseen_rating(ticket, ratings.get(ticket_id, [])).items()
