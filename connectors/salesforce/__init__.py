"""Salesforce Service Cloud: the table of what is pulled and how, and the verbs of the connector."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
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
from connectors.errors import SettingError
from connectors.http import Session
from connectors.quota import Allowance, Quota
from connectors.salesforce import (
    carrying,
    checking,
    delivering,
    mapping,
    package,
    pulling,
    ratings,
    refusals,
    setup,
    streams,
    summaries,
    values,
)
from connectors.salesforce.delivering import BATCH, Collection
from connectors.salesforce.org import PAGE, Org
from connectors.salesforce.reading import Staff, staff_of
from connectors.salesforce.sense import Sense, by_word
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.signing_in import secrets, sign_in
from connectors.salesforce.soql import Query, whole_id
from connectors.salesforce.streams import PACES, Streams
from connectors.secret import SecretError
from connectors.signing_in import Unsigned
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

HOUR = 3600
A_MINUTE = 6000
"""Requests a minute: Salesforce counts them by the day, so that nothing is gained by going slowly."""

_KEY_EXTRA = "field:summary:summary_key"


def connect(
    settings: SalesforceSettings,
    clock: Clock,
    report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
    mapped_fields: frozenset[str] = frozenset(),
) -> "Salesforce":
    """Return the connector of a configured org, with a session of its own.

    Without its secret it can still do what asks Salesforce nothing; a request then raises SecretError.
    """
    signing = missing = None
    hidden: list[str] = []
    try:
        signing, hidden = sign_in(settings, clock), secrets(settings)
    except SecretError as error:
        missing = Unsigned(error)
    session = Session(
        settings.base_url,
        sign_in=signing or missing,  # type: ignore[arg-type]  # one of both is there
        clock=clock,
        quota=Quota(settings.rate_limit_share, clock, account=Allowance(A_MINUTE)),
        trusted_host=settings.trusted_host,
        secrets=hidden,
        ca_bundle=settings.ca_bundle,
        reader=refusals.read,
    )
    return Salesforce(Org(session, settings, signing), report_zone, mapped_fields)


class Salesforce:
    """One Salesforce org; `mapped_fields`: API names of the fields that the configuration gives a meaning."""

    statuses: Mapping[str, str] = mapping.STATUSES
    paces: Mapping[Stream, int] = PACES
    metrics: Mapping[str, str] = {}
    scales: bool = True
    tells_history: bool = True
    closed_is_final: bool = False
    takes_tags: bool = False
    batch: int = BATCH

    def __init__(
        self,
        org: Org,
        report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
        mapped_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.name = org.settings.name
        self.org = org
        self.session = org.session
        self._settings = org.settings
        self._zone = report_zone
        self._mapped = mapped_fields
        self._fields: dict[tuple[Target, str], str] = {}
        self._people: Staff | None = None
        self._reading = Streams(org, self._sense, self._history_from, self._staff, mapped_fields)
        self._at_begin = (0, 0.0)

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams of this org, in order: surveys instead of ratings where those are configured."""
        return streams.offered(self._settings)

    @property
    def untold(self) -> frozenset[str]:
        """What of a case is not tracked: its changes are known as the differences of two looks only."""
        return self._reading.untold()

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.session.begin()
        self.org.begin()
        self._people = None
        self._at_begin = (self.session.requests_made, self.session.seconds_waited)

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        requests, waited = self._at_begin
        session = self.session
        return Usage(session.requests_made - requests, session.seconds_waited - waited, session.server_time)

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
        """Yield the users named, or the ratings that cases show; those Salesforce does not know are left out."""
        yield from self._reading.fetched(stream, ids)

    def unseen_rating(self, ticket: TicketSnapshot, ratings_known: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return the case whose rating is to be fetched, where nothing tracks it and the case shows another."""
        field = self._reading.csat_field
        if not field or self._reading.is_tracked(field) or not ratings.unseen_rating(ticket, ratings_known):
            return {}
        return {Stream.RATINGS: ticket.ticket_id}

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        return pulling.read_again(streams.resource_of(stream, raw), raw, self._sense())

    # -- the org ------------------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, version, rights, quota, clock, and what is tracked."""
        yield from checking.checks(self.org, self._mapped)
        self._history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the labels of a case's fields by API name, or the names of its record types by id."""
        return self.org.labels() if kind is Named.FIELD else self.org.record_types()

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what we may see and write; changes nothing."""
        self.org.forget(at_once=True)
        return setup.compared(self.org, wanted)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing custom field and return its API name; raises SettingError where the admin forbids it."""
        if not self._settings.create_fields:
            told = setup.compared(self.org, [wanted])[0].problem
            raise SettingError(told or message("The field {field} is there", field=setup.api_name(wanted)))
        return setup.create(self.org, wanted)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self._fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:
        """Delete a custom field with all it holds; one that is gone already is fine."""
        setup.remove(self.org, target, remote_id)

    def uses(self, target: Target, remote_id: str) -> list[Message]:  # noqa: ARG002 -- the seam's shape
        """Return nothing: Salesforce itself refuses to delete a field that something works with, and names it."""
        return []

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:  # noqa: ARG002 -- the view is part of the package
        """Return the key of summary cases; the list of overdue cases comes with the package alone."""
        if not self._settings.push.summaries:
            return []
        found = setup.compared(self.org, [SUMMARY_KEY])[0]
        title = message("the field {field} that keeps summary cases single", field=setup.api_name(SUMMARY_KEY))
        there = found.remote_id is not None and found.problem is None
        handle = found.remote_id if found.made_by_us else None
        return [Extra(_KEY_EXTRA, title, there, handle, found.problem)]

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:  # noqa: ARG002 -- the seam's shape
        """Make the key of summary cases and return its API name. Safe to repeat."""
        return extra.handle or setup.create(self.org, SUMMARY_KEY)

    def remove(self, key: str, handle: str) -> None:  # noqa: ARG002 -- there is one kind
        """Delete the key of summary cases; what is gone already is fine."""
        setup.remove(self.org, Target.SUMMARY, handle)

    def package(self, wanted: Sequence[WantedField], views: Sequence[WantedView]) -> Mapping[str, str]:
        """Return the metadata package that gives us all we need, its files by path: an admin deploys it."""
        return package.files(wanted, views, self._settings.api_version)

    # -- writing ------------------------------------------------------------------------------------------------------

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by object id; an object that is gone is absent."""
        names = setup.names(self._fields, target)
        kinds = (lambda _: "number") if target is Target.AGENT else values.kind
        found = {}
        for row in self.org.rows_among(Query(setup.OBJECTS[target], ("Id", *names.values())), "Id", ids):
            shown = {key: values.remote_value(kinds(key), row.get(name)) for key, name in names.items()}
            found[whole_id(str(row["Id"]))] = shown
        return found

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        if not changes:
            return {}
        target = changes[0].target
        if target is Target.SUMMARY:
            return {change.change_id: summaries.deliver(self.org, change, self._queue_id) for change in changes}
        payload = mapping.user_update if target is Target.AGENT else mapping.case_update
        return delivering.send(self.org, Collection(payload, setup.names(self._fields, target)), changes)

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return that nothing is known of a job: what we write is done when it is answered."""
        reason = message("Salesforce knows no job {job}", job=job)
        return {change.change_id: Refused(reason) for change in changes}

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the cases that carry `external_id`: its field is unique, so that there is one at most."""
        return summaries.found(self.org, external_id)

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a version of a summary stands in its case; None where the case is gone."""
        return summaries.stands(self.org, ticket_id, marker)

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a case in that queue with that owner."""
        return self._staff().readers(group, assignee_id)

    def carry_over(self, policies: Sequence[SlaPolicy], seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies, seen)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the case."""
        return f"{self._settings.base_url.rstrip('/')}/lightning/r/Case/{ticket_id}/view"

    # -- what rows mean -----------------------------------------------------------------------------------------------

    def _sense(self) -> Sense:
        csat = self._settings.csat
        return Sense(
            ours={name: key for key, name in setup.names(self._fields, Target.TICKET).items()},
            mapped=self._mapped,
            statuses=by_word(self.org.statuses()),
            priorities=self._settings.priorities,
            own_key=setup.api_name(SUMMARY_KEY),
            csat=self._reading.csat_field or None,
            scale=(1, 5) if csat is None else csat.scale,
            mails=self.org.described("EmailMessage") is not None,
            call_results=self._settings.call_results,
            voice=self.org.prefix("VoiceCall") if self._settings.calls == "voice_call" else None,
        )

    def _history_from(self) -> int:
        """Return where history begins; raises SettingError where that is still to come by the org's clock."""
        begins = int(datetime.combine(self._settings.history_from, time(), self._zone).timestamp())
        if begins > self.org.now():
            told = message(
                "history_from of {name} is {date}, which lies in the future: there is nothing to pull; set the date of "
                "the first day to be counted",
                name=self.name,
                date=self._settings.history_from.isoformat(),
            )
            raise SettingError(told)
        return begins

    def _staff(self) -> Staff:
        self._people = self._people or staff_of(self.org)
        return self._people

    def _queue_id(self, name: str) -> str | None:
        return self._staff().queue_id(name)
