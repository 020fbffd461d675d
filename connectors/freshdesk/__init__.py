"""Freshdesk: the table of what is pulled and how, and the verbs of the connector."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from connectors import paging
from connectors.base import (
    STREAM_NAMES,
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
    Reject,
    Stream,
    Target,
    Unavailable,
    Usage,
    WantedField,
    WantedView,
)
from connectors.errors import InDoubtError, RefusedError, SettingError, SignInError, UnexpectedPayloadError
from connectors.freshdesk import activities, carrying, checking, delivering, mapping, payloads, setup, streams
from connectors.freshdesk.activities import Names, Reading
from connectors.freshdesk.mapping import FollowedFields
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.freshdesk.streams import GONE, Listening, Whole
from connectors.freshdesk.walking import TICKETS, Place, first_page, iso, next_page, place
from connectors.http import Session
from connectors.quota import Allowance, Quota
from connectors.rows import Payload, kept_row, listed, understood
from connectors.secret import SecretError
from connectors.signing_in import Basic, Unsigned
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

BATCH = 20
HOUR = 3600

WHOLE: Mapping[Stream, Whole] = {
    Stream.AGENTS: Whole("/api/v2/agents", mapping.agent),
    Stream.GROUPS: Whole("/api/v2/groups", mapping.group),
    Stream.MEMBERSHIPS: Whole("/api/v2/groups", mapping.memberships, completed=streams.group_with_agents),
    Stream.SCHEDULES: Whole("/api/v2/business_hours", mapping.schedule),
    Stream.SLA_POLICIES: Whole("/api/v2/sla_policies", mapping.sla_policy),
    Stream.CUSTOM_STATUSES: Whole("/api/v2/ticket_fields", mapping.statuses, {"type": "default_status"}),
}
OF_TICKETS = {Stream.TICKETS, Stream.HISTORY, Stream.RATINGS, Stream.ACTIVITIES}
STREAMS = tuple(stream for stream in Stream if stream in {*WHOLE, *OF_TICKETS})

PACES: Mapping[Stream, int] = {
    Stream.AGENTS: HOUR,
    Stream.GROUPS: HOUR,
    Stream.MEMBERSHIPS: 6 * HOUR,
    Stream.SCHEDULES: 6 * HOUR,
    Stream.SLA_POLICIES: 6 * HOUR,
    Stream.CUSTOM_STATUSES: 6 * HOUR,
    Stream.ACTIVITIES: HOUR,
}

# https://developers.freshdesk.com/api/#ratelimit : (the whole account, tickets created, updated, listed) a minute
LIMITS: Mapping[str, tuple[int, int, int, int]] = {
    "growth": (200, 80, 80, 20),
    "pro": (400, 160, 160, 100),
    "enterprise": (700, 280, 280, 200),
}
_FIELDS = "/api/v2/admin/ticket_fields"
_LOOK_BACK = 90 * 86_400
_NOT_FOUND = 404
_FORBIDDEN_OR_MISSING = frozenset({403, _NOT_FOUND})


def connect(
    settings: FreshdeskSettings,
    clock: Clock,
    report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
    mapped_fields: frozenset[str] = frozenset(),
) -> "Freshdesk":
    """Return the connector of a configured account, with a session of its own.

    Without its secret it can still do what asks Freshdesk nothing; a request then raises SecretError.
    """
    signing: Basic | Unsigned
    try:
        key = settings.auth.api_key.reveal()
        signing, hidden = Basic(key, "X"), [key]
    except SecretError as missing:
        signing, hidden = Unsigned(missing), []
    total, created, updated, shown = LIMITS[settings.plan]
    endpoints = {
        r"/api/v2/tickets$": Allowance(shown, method="GET"),
        r"/api/v2/(?:tickets)$": Allowance(created, method="POST"),
        r"/api/v2/tickets/\d+$": Allowance(updated, method="PUT"),
    }
    session = Session(
        settings.base_url,
        sign_in=signing,
        clock=clock,
        quota=Quota(settings.rate_limit_share, clock, endpoints, Allowance(total)),
        trusted_host=settings.trusted_host,
        secrets=hidden,
        ca_bundle=settings.ca_bundle,
    )
    return Freshdesk(settings, session, report_zone, mapped_fields)


class Freshdesk:
    """One Freshdesk account; `mapped_fields`: names of the custom fields that the configuration gives a meaning."""

    streams: Sequence[Stream] = STREAMS
    paces: Mapping[Stream, int] = PACES
    statuses: Mapping[str, str] = mapping.STATUSES
    metrics: Mapping[str, str] = {}
    scales: bool = False  # a survey of three answers uses other numbers than one of seven, and does not say which it is
    batch: int = BATCH
    tells_history: bool = False
    closed_is_final: bool = False
    takes_tags: bool = True
    untold: frozenset[str] = frozenset()

    def __init__(
        self,
        settings: FreshdeskSettings,
        session: Session,
        report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
        mapped_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.name = settings.name
        self.session = session
        self._settings = settings
        self._zone = report_zone
        self._mapped = mapped_fields
        self._fields: dict[tuple[Target, str], str] = {}
        self._own_writes: dict[str, int] = {}
        self._own_id: str | None = None
        self._at_begin = (0, 0.0)

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.session.begin()
        self._at_begin = (self.session.requests_made, self.session.seconds_waited)

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        requests, waited = self._at_begin
        session = self.session
        return Usage(session.requests_made - requests, session.seconds_waited - waited, session.server_time)

    def close(self) -> None:
        """Let go of connections."""
        self.session.close()

    def pull(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of `stream` since `cursor`; raises Unavailable where the plan has no such stream."""
        try:
            yield from self._pages(stream, cursor)
        except (SignInError, RefusedError) as error:
            if stream in (Stream.TICKETS, Stream.HISTORY, Stream.AGENTS) or not self._lacks(error):
                raise
            told = message("Freshdesk does not offer {stream} to this account", stream=STREAM_NAMES[stream])
            raise Unavailable(told) from error

    def _pages(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        if stream in WHOLE:
            return streams.whole(self.session, WHOLE[stream])
        if stream is Stream.RATINGS:
            return streams.ratings(self.session, cursor, self._history_from(), self._server_now(), self._rating)
        if stream is Stream.ACTIVITIES:
            return self._export().pages(cursor)
        if stream is Stream.TICKETS:
            return streams.tickets(self.session, self._place(cursor), self._followed(), self._settings.per_page)
        budget = self._settings.conversations_per_pass
        return Listening(self.session, budget, self._own_writes, self._settings.per_page).pages(self._place(cursor))

    def _rating(self, row: object) -> Sequence[Rating]:
        return mapping.rating(row, self._settings.csat.question)

    def _export(self) -> activities.Export:
        trusted, begins = self._settings.trusted_host, self._history_from()
        return activities.Export(self.session, self._names, begins, self._server_now(), trusted)

    def _names(self) -> Names:
        statuses = streams.all_rows(self.session, WHOLE[Stream.CUSTOM_STATUSES], payloads.TicketField)
        labels = (each for row in statuses for each in mapping.labels(row))
        groups = self._listed(Stream.GROUPS, payloads.Group)
        return Names({label: number for number, label in labels}, {each.name: each.id for each in groups})

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows; of history, a request for each ticket that changed."""
        pages = sum(math.ceil(n / self._settings.per_page) for stream, n in rows.items() if stream is Stream.TICKETS)
        requests = pages + rows.get(Stream.HISTORY, 0)
        total, _, _, shown = LIMITS[self._settings.plan]
        share = self._settings.rate_limit_share
        return Cost(requests, math.ceil(max(pages / (shown * share), (requests + 2 * pages) / (total * share))))

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the agents named; one who was deleted is an agent no longer, and left out."""
        for agent_id in ids if stream is Stream.AGENTS else ():
            try:
                row = self.session.get(f"/api/v2/agents/{agent_id}").json
            except RefusedError as refusal:
                if not self._lacks(refusal):
                    raise
                continue
            yield streams.page_of("agents", [row], mapping.agent, None, None)

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:  # noqa: ARG002 -- the seam's
        """Return nothing: a Freshdesk ticket does not say how it was rated."""
        return {}

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, quota, clock, rights and feature availability."""
        yield from checking.checks(self.session, self._settings)
        self._history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the labels of all ticket fields by name; Freshdesk's forms are none that a ticket names."""
        return {each.name: each.label for each in self._definitions()} if kind is Named.FIELD else {}

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what the account has; changes nothing."""
        existing = self._definitions() if any(field.target is Target.TICKET for field in wanted) else []
        return setup.compared(wanted, existing, self._fields)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing ticket field and return the name it was given; after a lost answer, look first."""
        try:
            answer = self.session.send("POST", _FIELDS, setup.new_field(wanted), safe_to_repeat=False)
        except InDoubtError:
            made = self.fields([wanted])[0]
            if made.remote_id is None:
                raise
            return made.remote_id
        return setup.created_name(answer)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self._fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:  # noqa: ARG002 -- the seam's
        """Delete a ticket field with all it holds; one that is gone already is fine."""
        number = next((each.id for each in self._definitions() if each.name == remote_id), None)
        if number is not None:
            self.session.send("DELETE", f"{_FIELDS}/{number}", None, safe_to_repeat=True)

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

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by ticket id, one request each; one that is gone is absent."""
        return {} if target is Target.AGENT else {one: found for one in ids if (found := self._shown(one)) is not None}

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        return {change.change_id: self._deliver(change) for change in changes}

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return refusals: nothing is ever sent as a job."""
        unknown = Refused(message("Freshdesk no longer knows the job {job}", job=job))
        return {change.change_id: unknown for change in changes}

    def find(self, external_id: str) -> list[str]:
        """Return the ids of our own tickets that bear the tag of `external_id`, oldest first.

        The list of one requester's tickets has no delay, while a search lags by minutes.
        """
        tag, since = mapping.summary_tag(external_id), iso(self._server_now() - _LOOK_BACK)
        params = first_page({"requester_id": self._me(), "updated_since": since})
        answers = paging.pages(self.session, TICKETS, params, next_page)
        found = [understood(payloads.Ticket, row) for answer in answers for row in listed(answer)]
        return mapping.oldest_first([ticket for ticket in found if tag in ticket.tags])

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a note with that marker stands on a ticket; None where the ticket is gone."""
        return delivering.noted(self.session, ticket_id, marker)

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        row = kept_row(stream, raw)
        if isinstance(row, Reject):
            return Page([], [row], None, None)
        if stream is Stream.HISTORY:
            return Page([], [], None, None)  # what was said is read again with the ticket
        if stream is Stream.ACTIVITIES:
            return streams.page_of(stream, [row], Reading(self._names()).events, None, None)
        meanings: dict[Stream, streams.Meaning] = {
            Stream.TICKETS: lambda one: mapping.ticket(one, self._followed()),
            Stream.RATINGS: self._rating,
            **{listing: each.records for listing, each in WHOLE.items()},
        }
        return streams.page_of(stream, [row], meanings[stream], None, None)

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents who could read a ticket in that group with that assignee.

        Administrators are among them: the list of agents does not tell them apart.
        """
        place = next((each for each in self._listed(Stream.MEMBERSHIPS, payloads.Group) if each.name == group), None)
        members = set(place.agent_ids) if place is not None else set()
        agents = self._listed(Stream.AGENTS, payloads.Agent)
        return [each.id for each in agents if each.id == assignee_id or _reads(each, member=each.id in members)]

    def carry_over(self, policies: Sequence[SlaPolicy], _seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the ticket."""
        return f"{self._settings.base_url.rstrip('/')}/a/tickets/{ticket_id}"

    def _deliver(self, change: Change) -> Outcome:
        if change.target is Target.AGENT:
            return Refused(message("Freshdesk's agents have no fields of their own"))
        if change.target is Target.SUMMARY:
            return self._deliver_summary(change)
        outcome, answer = delivering.update_ticket(self.session, change, setup.field_names(self._fields), self._zone)
        if answer is not None:
            written = understood(payloads.Ticket, answer.mapping())
            self._own_writes[written.id] = written.updated_at
        return outcome

    def _deliver_summary(self, change: Change) -> Outcome:
        """Deliver a summary: a change aimed at a ticket's id brings that ticket up to date, any other creates one."""
        summary = change.summary
        if summary is None:
            return Refused(message("The summary has no content"))
        if change.target_id.isdecimal():
            return delivering.update_summary(self.session, change.target_id, summary)
        groups = self._listed(Stream.GROUPS, payloads.Group) if summary.group is not None else []
        group_id = next((each.id for each in groups if each.name == summary.group), None)
        if summary.group is not None and group_id is None:
            return Refused(message("Freshdesk has no group named {group}", group=summary.group))
        return delivering.create_summary(self.session, summary, self._me(), group_id)

    def _shown(self, ticket_id: str) -> dict[str, FieldValue] | None:
        try:
            ticket = understood(payloads.Ticket, self.session.get(f"{TICKETS}/{ticket_id}").mapping())
        except (RefusedError, SignInError) as error:
            if error.status not in GONE:
                raise
            return None
        ours = self._followed().ours
        values = mapping.field_values(ticket, FollowedFields(ours))
        return None if ticket.deleted else {ours[name]: value for name, value in values.items()}

    def _place(self, cursor: str | None) -> Place:
        return place(cursor, self._history_from() if cursor is None else 0, self._server_now())

    def _server_now(self) -> int:
        """Return Freshdesk's time as this pass was told it: what an earlier pass was told is long past."""
        if self.session.server_time is None or self.session.requests_made == self._at_begin[0]:
            checking.who_am_i(self.session, self._settings.base_url)
        if self.session.server_time is None:
            raise UnexpectedPayloadError(message("Freshdesk's answers do not tell the time (no Date header)"))
        return self.session.server_time

    def _history_from(self) -> int:
        """Return where history begins; raises SettingError where that is still to come by Freshdesk's clock."""
        midnight = int(datetime.combine(self._settings.history_from, time(), self._zone).timestamp())
        if midnight <= self._server_now():
            return midnight
        told = message(
            "history_from of {name} is {date}, which lies in the future: there is nothing to pull; set the date of "
            "the first day to be counted",
            name=self.name,
            date=self._settings.history_from.isoformat(),
        )
        raise SettingError(told)

    def _lacks(self, error: SignInError | RefusedError) -> bool:
        """Tell a missing feature from a lost sign-in and an unknown domain, which are raised as what they are."""
        checking.who_am_i(self.session, self._settings.base_url)
        return error.status in _FORBIDDEN_OR_MISSING

    def _followed(self) -> FollowedFields:
        names = setup.field_names(self._fields)
        return FollowedFields({name: key for key, name in names.items()}, self._mapped)

    def _definitions(self) -> list[payloads.TicketField]:
        return [understood(payloads.TicketField, row) for row in listed(self.session.get(_FIELDS))]

    def _me(self) -> str:
        self._own_id = self._own_id or checking.who_am_i(self.session, self._settings.base_url)[0].id
        return self._own_id

    def _listed(self, stream: Stream, payload: type[Payload]) -> list[Payload]:
        return streams.all_rows(self.session, WHOLE[stream], payload)


def _reads(agent: payloads.Agent, *, member: bool) -> bool:
    """Tell whether an agent reads tickets of a group beyond those assigned to him; a scope unknown is the widest."""
    return agent.ticket_scope not in (2, 3) or (agent.ticket_scope == 2 and member)  # noqa: PLR2004 -- Freshdesk's
