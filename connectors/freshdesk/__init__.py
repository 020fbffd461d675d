"""Freshdesk: the verbs of the connector; what each does lies in the module it names."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from connectors.base import (
    Carried,
    Change,
    Check,
    Clock,
    Cost,
    Extra,
    FieldSetup,
    Named,
    Outcome,
    Page,
    Refused,
    Stream,
    Target,
    Usage,
    WantedField,
    WantedView,
)
from connectors.connecting import UTC, Account, session_with
from connectors.delivering import for_all
from connectors.freshdesk import (
    acting,
    carrying,
    checking,
    delivering,
    limits,
    mapping,
    payloads,
    setup,
    showing,
    summaries,
)
from connectors.freshdesk.reading import group_id, staff_of
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.freshdesk.signing_in import credentials
from connectors.freshdesk.streams import OFFERED, SLOWLY, Streams
from connectors.rows import understood
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

BATCH = 20


def connect(
    settings: FreshdeskSettings, clock: Clock, report_zone: ZoneInfo = UTC, mapped_fields: frozenset[str] = frozenset()
) -> "Freshdesk":
    """Return the connector of a configured account, with a session of its own.

    Without its secret it can still do what asks Freshdesk nothing; a request then raises SecretError.
    """
    session = session_with(settings, partial(credentials, settings), limits.quota_of(settings, clock))
    ask = partial(checking.who_am_i, session, settings.base_url)
    return Freshdesk(Account(settings, session, ask, report_zone, mapped_fields))


class Freshdesk:
    """One Freshdesk account."""

    streams: Sequence[Stream] = OFFERED
    paces: Mapping[Stream, int] = SLOWLY
    statuses: Mapping[str, str] = mapping.STATUSES
    metrics: Mapping[str, str] = {}
    scales: bool = False  # a survey of three answers uses other numbers than one of seven, and does not say which it is
    batch: int = BATCH
    effects: frozenset[str] = acting.EFFECTS
    tells_history: bool = False
    closed_is_final: bool = False
    takes_tags: bool = True
    untold: frozenset[str] = frozenset()

    def __init__(self, account: Account[FreshdeskSettings]) -> None:
        self.name = account.settings.name
        self.account = account
        self.session = account.session
        self._own_writes: dict[str, int] = {}
        self._reading = Streams(account, self._own_writes)
        self._own_id: str | None = None

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.account.begin()

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        return self.account.usage()

    def close(self) -> None:
        """Let go of connections."""
        self.session.close()

    # -- pulling ------------------------------------------------------------------------------------------------------

    def pull(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of `stream` since `cursor`; raises Unavailable where the plan has no such stream."""
        yield from self._reading.pages(stream, cursor)

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows; of history, a request for each ticket that changed."""
        return limits.cost(self.account.settings, rows)

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the agents named; one who was deleted is an agent no longer, and left out."""
        yield from self._reading.fetched(stream, ids)

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:  # noqa: ARG002 -- the seam's
        """Return nothing: a Freshdesk ticket does not say how it was rated."""
        return {}

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        return self._reading.read_again(stream, raw)

    # -- the account --------------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, quota, clock, rights and feature availability."""
        yield from checking.checks(self.session, self.account.settings)
        self.account.history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the labels of all ticket fields by name; Freshdesk's forms are none that a ticket names."""
        return {each.name: each.label for each in setup.definitions(self.session)} if kind is Named.FIELD else {}

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what the account has; changes nothing."""
        return setup.standing(self.account, wanted)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing ticket field and return the name it was given; after a lost answer, look first."""
        return setup.create(self.account, wanted)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self.account.fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:  # noqa: ARG002 -- the seam's
        """Delete a ticket field with all it holds; one that is gone already is fine."""
        setup.remove(self.session, remote_id)

    def uses(self, target: Target, remote_id: str) -> list[Message]:  # noqa: ARG002 -- the seam's
        """Return nothing: which rules and views work with a field cannot be asked of Freshdesk."""
        return []

    def package(self, wanted: Sequence[WantedField], views: Sequence[WantedView]) -> Mapping[str, str]:  # noqa: ARG002 -- the seam's shape
        """Return nothing: Freshdesk has no packages of fields."""
        return {}

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:  # noqa: ARG002 -- the seam's
        """Return nothing: fields stand on the ticket by themselves, and views cannot be made through the API."""
        return []

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:  # noqa: ARG002 -- the seam's
        """Return the handle of something there is none of."""
        return extra.key

    def remove(self, key: str, handle: str) -> None:
        """Do nothing: nothing was installed."""

    # -- writing ------------------------------------------------------------------------------------------------------

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by ticket id, one request each; one that is gone is absent."""
        return dict(showing.shown(self.account, target, ids))

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        return {change.change_id: self._deliver(change) for change in changes}

    def _deliver(self, change: Change) -> Outcome:
        if change.target is Target.AGENT:
            return Refused(message("Freshdesk's agents have no fields of their own"))
        if change.target is Target.SUMMARY:
            return summaries.deliver(self.session, change, self.own_id, partial(group_id, self.session))
        if change.target is Target.ESCALATION:
            return acting.act(self.session, change)
        names = self.account.names(Target.TICKET)
        outcome, answer = delivering.update_ticket(self.session, change, names, self.account.zone)
        if answer is not None:
            written = understood(payloads.Ticket, answer.mapping())
            self._own_writes[written.id] = written.updated_at
        return outcome

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return refusals: nothing is ever sent as a job."""
        return for_all(changes, Refused(message("Freshdesk no longer knows the job {job}", job=job)))

    def find(self, external_id: str) -> list[str]:
        """Return the ids of our own tickets that bear the tag of `external_id`, oldest first."""
        return summaries.found(self.session, external_id, self.own_id(), self.account.now())

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a note with that marker stands on a ticket; None where the ticket is gone."""
        return summaries.noted(self.session, ticket_id, marker)

    def undone(self, change: Change) -> frozenset[str] | None:
        """Return the keys of what an escalation wrote and its ticket does not show; None where that is gone."""
        return acting.undone(self.session, change)

    def own_id(self) -> str:
        """Return the id of the agent whose credentials are used."""
        if self._own_id is None:
            agent, _ = checking.who_am_i(self.session, self.account.settings.base_url)
            self._own_id = agent.id
        return self._own_id

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins among them, who could read a ticket in that group with that assignee."""
        return staff_of(self.session).readers(group, assignee_id)

    def carry_over(self, policies: Sequence[SlaPolicy], _seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the ticket."""
        return f"{self.account.settings.base_url.rstrip('/')}/a/tickets/{ticket_id}"
