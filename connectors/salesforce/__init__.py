"""Salesforce Service Cloud: the verbs of the connector; what each does lies in the module it names."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from connectors.base import (
    HOUR,
    PACES,
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
from connectors.quota import Allowance, Quota
from connectors.salesforce import (
    acting,
    carrying,
    checking,
    delivering,
    mapping,
    package,
    ratings,
    refusals,
    resources,
    setup,
    showing,
    summaries,
)
from connectors.salesforce.delivering import BATCH, Collection
from connectors.salesforce.org import PAGE, Org, versions
from connectors.salesforce.reading import Staff, staff_of
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.signing_in import credentials
from connectors.salesforce.streams import Streams
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

A_MINUTE = 6000
"""Requests a minute: Salesforce counts them by the day, so that nothing is gained by going slowly."""


def connect(
    settings: SalesforceSettings, clock: Clock, report_zone: ZoneInfo = UTC, mapped_fields: frozenset[str] = frozenset()
) -> "Salesforce":
    """Return the connector of a configured org, with a session of its own.

    Without its secret it can still do what asks Salesforce nothing; a request then raises SecretError.
    """
    quota = Quota(settings.rate_limit_share, clock, account=Allowance(A_MINUTE))
    session = session_with(settings, partial(credentials, settings, clock), quota, refusals.read)
    return Salesforce(Org(Account(settings, session, partial(versions, session), report_zone, mapped_fields)))


class Salesforce:
    """One Salesforce org."""

    statuses: Mapping[str, str] = mapping.STATUSES
    paces: Mapping[Stream, int] = PACES
    metrics: Mapping[str, str] = {}
    scales: bool = True
    tells_history: bool = True
    closed_is_final: bool = False
    takes_tags: bool = False
    batch: int = BATCH
    effects: frozenset[str] = acting.EFFECTS

    def __init__(self, org: Org) -> None:
        self.name = org.settings.name
        self.org = org
        self.session = org.session
        self._people: Staff | None = None
        self._reading = Streams(org, self._staff)

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams of this org, in order: surveys instead of ratings where those are configured."""
        return resources.offered(self.org.settings)

    @property
    def untold(self) -> frozenset[str]:
        """What of a case is not tracked: its changes are known as the differences of two looks only."""
        return self._reading.untold()

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.org.begin()
        self._people = None

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        return self.org.account.usage()

    def close(self) -> None:
        """Let go of connections."""
        self.session.close()

    # -- pulling ------------------------------------------------------------------------------------------------------

    def pull(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of `stream` since `cursor`; raises Unavailable where the org has no such object."""
        yield from self._reading.pages(stream, cursor)

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows; Salesforce minds how many requests, not how fast."""
        requests = sum(math.ceil(n / PAGE) for n in rows.values())
        return Cost(requests, math.ceil(requests / HOUR))

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the users or cases named, or the ratings that cases show; those that are not there are left out."""
        yield from self._reading.fetched(stream, ids)

    def unseen_rating(self, ticket: TicketSnapshot, ratings_known: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return the case whose rating is to be fetched, where nothing tracks it and the case shows another."""
        field = self._reading.csat_field
        if not field or self._reading.is_tracked(field) or not ratings.unseen_rating(ticket, ratings_known):
            return {}
        return {Stream.RATINGS: ticket.ticket_id}

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        return self._reading.read_again(stream, raw)

    # -- the org ------------------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, version, rights, quota, clock, and what is tracked."""
        yield from checking.checks(self.org)
        self.org.account.history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the labels of a case's fields by API name, or the names of its record types by id."""
        return self.org.labels() if kind is Named.FIELD else self.org.record_types()

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what we may see and write; changes nothing."""
        self.org.forget(at_once=True)
        return setup.standing(self.org, wanted)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing custom field and return its API name; raises SettingError where the admin forbids it."""
        return setup.create_allowed(self.org, wanted)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self.org.account.fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:
        """Delete a custom field with all it holds; one that is gone already is fine."""
        setup.remove(self.org, target, remote_id)

    def uses(self, target: Target, remote_id: str) -> list[Message]:  # noqa: ARG002 -- the seam's shape
        """Return nothing: Salesforce itself refuses to delete a field that something works with, and names it."""
        return []

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:  # noqa: ARG002 -- the view is part of the package
        """Return the key of summary cases; the list of overdue cases comes with the package alone."""
        return setup.extras(self.org)

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:  # noqa: ARG002 -- the seam's shape
        """Make the key of summary cases and return its API name. Safe to repeat."""
        return extra.handle or setup.create(self.org, SUMMARY_KEY)

    def remove(self, key: str, handle: str) -> None:  # noqa: ARG002 -- there is one kind
        """Delete the key of summary cases; what is gone already is fine."""
        setup.remove(self.org, Target.SUMMARY, handle)

    def package(self, wanted: Sequence[WantedField], views: Sequence[WantedView]) -> Mapping[str, str]:
        """Return the metadata package that gives us all we need, its files by path: an admin deploys it."""
        return package.files(wanted, views, self.org.settings.api_version)

    # -- writing ------------------------------------------------------------------------------------------------------

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by object id; an object that is gone is absent."""
        return dict(showing.shown(self.org, target, ids))

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        if not changes:
            return {}
        target = changes[0].target
        if target is Target.SUMMARY:
            return {change.change_id: summaries.deliver(self.org, change, self._queue_id) for change in changes}
        if target is Target.ESCALATION:
            return {change.change_id: acting.act(self.org, change, self._reading.sense()) for change in changes}
        payload = mapping.user_update if target is Target.AGENT else mapping.case_update
        return delivering.send(self.org, Collection(payload, self.org.account.names(target)), changes)

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return that nothing is known of a job: what we write is done when it is answered."""
        return for_all(changes, Refused(message("Salesforce knows no job {job}", job=job)))

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the cases that carry `external_id`: its field is unique, so that there is one at most."""
        return summaries.found(self.org, external_id)

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a version of a summary, or a comment, stands on a case; None where the case is gone."""
        stands = summaries.noted(self.org, ticket_id, marker)
        return acting.noted(self.org, ticket_id, marker) if stands is False else stands

    def undone(self, change: Change) -> frozenset[str] | None:
        """Return the keys of what an escalation wrote and its case does not show; None where that is gone."""
        return acting.undone(self.org, change, self._reading.sense())

    def own_id(self) -> str:
        """Return the id of the user whose credentials are used."""
        return self.org.own_id()

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a case in that queue with that owner."""
        return self._staff().readers(group, assignee_id)

    def carry_over(self, policies: Sequence[SlaPolicy], seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies, seen)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the case."""
        return f"{self.org.settings.base_url.rstrip('/')}/lightning/r/Case/{ticket_id}/view"

    def _staff(self) -> Staff:
        self._people = self._people or staff_of(self.org)
        return self._people

    def _queue_id(self, name: str) -> str | None:
        return self._staff().queue_id(name)
