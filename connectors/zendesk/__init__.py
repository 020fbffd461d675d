"""Zendesk: the table of what is pulled and how, and the verbs of the connector."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from connectors import paging
from connectors.base import (
    OBSERVED,
    OF_TICKETS,
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
    Stream,
    Target,
    Unavailable,
    Usage,
    WantedField,
    WantedView,
)
from connectors.errors import InDoubtError, RefusedError, SettingError, SignInError, UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Session
from connectors.quota import Allowance, Quota
from connectors.rows import Payload, understood
from connectors.scalars import clean
from connectors.secret import SecretError
from connectors.signing_in import Unsigned
from connectors.zendesk import (
    audits,
    carrying,
    checking,
    delivering,
    exports,
    mapping,
    payloads,
    rules,
    setup,
    surveys,
    talk,
)
from connectors.zendesk.delivering import Bulk
from connectors.zendesk.exports import Filters, Resource, Start, listed
from connectors.zendesk.jobs import Told
from connectors.zendesk.mapping import FollowedFields
from connectors.zendesk.placing import Placing
from connectors.zendesk.reading import People
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.signing_in import secrets, sign_in
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

BATCH = 100


def _with_holidays(session: Session, row: object) -> object:
    if not isinstance(row, dict):
        return row
    answer = session.get(f"/api/v2/business_hours/schedules/{row.get('id')}/holidays.json")
    return {**row, "holidays": answer.mapping().get("holidays") or []}


HOUR = 3600
_TALK = "/api/v2/channels/voice/stats/incremental/"
_RATING_FILTERS = Filters("start_time", "end_time", {"score": "received"})
_SURVEY_FILTERS = Filters("filter[created_at_start]", "filter[created_at_end]", {})

RESOURCES: Mapping[Stream, Resource] = {
    Stream.AGENTS: Resource("/api/v2/users.json", "users", mapping.agent, exports.first_agents, exports.by_page),
    Stream.GROUPS: Resource("/api/v2/groups.json", "groups", mapping.group, exports.first_groups, exports.by_page),
    Stream.MEMBERSHIPS: Resource(
        "/api/v2/group_memberships.json",
        "group_memberships",
        mapping.membership,
        exports.first_of_list,
        exports.by_page,
    ),
    Stream.SCHEDULES: Resource(
        "/api/v2/business_hours/schedules.json",
        "schedules",
        mapping.schedule,
        exports.unpaged,
        exports.whole,
        whole=_with_holidays,
        optional=True,
    ),
    Stream.TICKETS: Resource(
        "/api/v2/incremental/tickets/cursor.json",
        "tickets",
        mapping.ticket,
        exports.first_tickets,
        exports.by_cursor,
        again=exports.tickets_again,
        beside={"metric_sets": mapping.metric_set},
    ),
    Stream.HISTORY: Resource(
        "/api/v2/incremental/ticket_events.json",
        "ticket_events",
        audits.ticket_events,
        exports.first_events,
        partial(exports.by_time, rows="ticket_events", stamp="timestamp"),
    ),
    Stream.RATINGS: Resource(
        "/api/v2/satisfaction_ratings.json",
        "satisfaction_ratings",
        mapping.rating,
        partial(exports.first_ratings, filters=_RATING_FILTERS),
        partial(exports.by_page_dated, filters=_RATING_FILTERS),
        optional=True,
    ),
    Stream.SURVEYS: Resource(
        "/api/v2/guide/survey_responses",
        "survey_responses",
        surveys.survey_response,
        partial(exports.first_ratings, filters=_SURVEY_FILTERS),
        partial(exports.by_page_dated, filters=_SURVEY_FILTERS),
        optional=True,
    ),
    Stream.METRIC_EVENTS: Resource(
        "/api/v2/incremental/ticket_metric_events.json",
        "ticket_metric_events",
        mapping.metric_event,
        exports.first_since,
        partial(exports.by_time, rows="ticket_metric_events", stamp="time"),
        optional=True,
    ),
    Stream.SLA_POLICIES: Resource(
        "/api/v2/slas/policies.json",
        "sla_policies",
        mapping.sla_policy,
        exports.unpaged,
        exports.whole,
        optional=True,
        further=Resource(
            "/api/v2/group_slas/policies.json",
            "group_sla_policies",
            mapping.sla_policy,
            exports.unpaged,
            exports.whole,
        ),
    ),
    Stream.CUSTOM_STATUSES: Resource(
        "/api/v2/custom_statuses.json",
        "custom_statuses",
        mapping.custom_status,
        exports.unpaged,
        exports.whole,
        optional=True,
    ),
    Stream.CALLS: Resource(
        f"{_TALK}calls.json",
        "calls",
        talk.call,
        exports.first_since,
        partial(exports.by_time, rows="calls", stamp="updated_at"),
        optional=True,
    ),
    Stream.CALL_LEGS: Resource(
        f"{_TALK}legs.json",
        "legs",
        talk.leg,
        exports.first_again,
        partial(exports.by_time, rows="legs", stamp="updated_at"),
        optional=True,
    ),
}

PACES: Mapping[Stream, int] = {
    Stream.AGENTS: HOUR,
    Stream.GROUPS: HOUR,
    Stream.MEMBERSHIPS: HOUR,
    Stream.SCHEDULES: 6 * HOUR,
    Stream.METRIC_EVENTS: 6 * HOUR,
    Stream.SLA_POLICIES: 6 * HOUR,
    Stream.CUSTOM_STATUSES: 6 * HOUR,
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """How single records of a stream are asked for: so many ids at once, under which key they come."""

    path: str
    rows: str
    records: exports.Reading
    params: Callable[[Sequence[str]], Params] = lambda _: {}
    most: int = 1


LOOKUPS: Mapping[Stream, Lookup] = {
    Stream.AGENTS: Lookup(
        "/api/v2/users/show_many.json", "users", mapping.agent, lambda ids: {"ids": ",".join(ids)}, BATCH
    ),
    Stream.RATINGS: Lookup("/api/v2/satisfaction_ratings/{id}.json", "satisfaction_rating", mapping.rating),
    Stream.SURVEYS: Lookup(
        "/api/v2/guide/survey_responses",
        "survey_responses",
        surveys.survey_response,
        lambda ids: {"filter[subject_zrns]": ",".join(f"zen:ticket:{one}" for one in ids), "page[size]": BATCH},
        BATCH // 4,
    ),
}

HISTORY_PAGE = 1000  # rows of a time-based export's page
EXPORTS_A_MINUTE = 10

# https://developer.zendesk.com/api-reference/introduction/rate-limits/
ENDPOINT_LIMITS: Mapping[str, Allowance] = {
    r"/api/v2/incremental/": Allowance(EXPORTS_A_MINUTE),
    _TALK: Allowance(EXPORTS_A_MINUTE),
    r"/api/v2/tickets/(update_many|\d+)\.json": Allowance(100, method="PUT"),
    r"/api/v2/users/update_many\.json": Allowance(60, method="PUT"),
    r"/api/v2/ticket_fields\.json": Allowance(300),
}

_FIELD_LISTS = {
    Target.TICKET: ("/api/v2/ticket_fields.json", "ticket_fields"),
    Target.AGENT: ("/api/v2/user_fields.json", "user_fields"),
}
_NOT_FOUND = 404
_FORBIDDEN_OR_MISSING = frozenset({403, _NOT_FOUND})


def connect(
    settings: ZendeskSettings,
    clock: Clock,
    report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
    mapped_fields: frozenset[str] = frozenset(),
) -> "Zendesk":
    """Return the connector of a configured account, with a session of its own.

    Without its secret it can still do what asks Zendesk nothing; a request then raises SecretError.
    """
    try:
        signing, hidden = sign_in(settings, clock), secrets(settings)
    except SecretError as missing:
        signing, hidden = Unsigned(missing), []
    session = Session(
        settings.base_url,
        sign_in=signing,
        clock=clock,
        quota=Quota(settings.rate_limit_share, clock, ENDPOINT_LIMITS),
        trusted_host=settings.trusted_host,
        secrets=hidden,
        ca_bundle=settings.ca_bundle,
    )
    return Zendesk(settings, session, report_zone, mapped_fields)


class Zendesk:
    """One Zendesk account; `mapped_fields`: ids of the custom fields that the configuration gives a meaning."""

    paces: Mapping[Stream, int] = PACES
    statuses: Mapping[str, str] = mapping.STATUSES
    metrics: Mapping[str, str] = mapping.METRICS
    scales: bool = False  # good and bad have no score, and a survey response does not say how long its scale is
    tells_history: bool = True
    closed_is_final: bool = True
    takes_tags: bool = True
    untold: frozenset[str] = frozenset()
    batch: int = BATCH

    def __init__(
        self,
        settings: ZendeskSettings,
        session: Session,
        report_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008 -- immutable, and cached by zoneinfo itself
        mapped_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.name = settings.name
        self.streams: Sequence[Stream] = tuple(each for each in RESOURCES if settings.talk or each not in OBSERVED)
        self.session = session
        self._settings = settings
        self._zone = report_zone
        self._mapped = mapped_fields
        self._fields: dict[tuple[Target, str], str] = {}
        self._warnings: dict[str, Message] = {}
        self._people: People | None = None
        self._rules: rules.Rules | None = None
        self._own_id: str | None = None
        self._at_begin = (0, 0.0)

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.session.begin()
        self._rules = None
        self._people = None  # who may read a ticket is asked once a pass, not kept from one to the next
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
        resource = RESOURCES[stream]
        if stream is Stream.AGENTS:
            self._people = None
        try:
            yield from exports.read(self.session, resource, self._start(cursor, stream), self._followed())
        except (SignInError, RefusedError) as error:
            if self._lacks(error) and resource.optional:
                told = message("Zendesk does not offer {stream} to this account", stream=STREAM_NAMES[stream])
                raise Unavailable(told) from error
            raise
        if resource.further is not None:
            yield from self._further(resource.further)

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows of the ticket export and of the history."""
        pages = {Stream.TICKETS: self._settings.per_page}
        requests = sum(math.ceil(n / pages.get(stream, HISTORY_PAGE)) for stream, n in rows.items())
        return Cost(requests, math.ceil(requests / (EXPORTS_A_MINUTE * self._settings.rate_limit_share)))

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the agents, ratings or tickets' survey responses named; those Zendesk does not know are left out."""
        lookup = LOOKUPS[stream]
        for first in range(0, len(ids), lookup.most):
            chunk = ids[first : first + lookup.most]
            try:
                answer = self.session.get(lookup.path.format(id=chunk[0]), lookup.params(chunk))
            except RefusedError as refusal:
                if not self._lacks(refusal):
                    raise
                continue
            found = answer.mapping().get(lookup.rows)
            rows = [found] if isinstance(found, dict) else listed(answer, lookup.rows)
            yield exports.rows_as_page(lookup.rows, rows, lookup.records, self._followed())

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return what to fetch where the ticket shows another rating: its id, or the ticket's for survey responses."""
        rating_id = mapping.unseen_rating(ticket, ratings)
        if rating_id is None:
            return {}
        named = {Stream.RATINGS: rating_id} if rating_id else {}
        return {**named, Stream.SURVEYS: ticket.ticket_id}

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, credentials, quota, clock, export rights and feature availability."""
        yield from checking.checks(self.session, self._settings)
        self._history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the titles of all ticket fields, or of all ticket forms, by id; nothing where the plan has none."""
        if kind is Named.FIELD:
            return {each.id: each.title for each in self._definitions(Target.TICKET)}
        try:
            return {form.id: form.name for form in self._placing().forms()}
        except (SignInError, RefusedError) as error:
            if self._lacks(error):
                return {}
            raise

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what the account has; changes nothing."""
        existing = {target: self._definitions(target) for target in {field.target for field in wanted}}
        return setup.compared(wanted, existing, self._fields)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing custom field and return its id (its key, on users); after a lost answer, look first."""
        path, _ = _FIELD_LISTS[wanted.target]
        try:
            answer = self.session.send("POST", path, setup.new_field(wanted), safe_to_repeat=False)
        except InDoubtError:
            made = self.fields([wanted])[0]
            if made.remote_id is None:
                raise
            return made.remote_id
        return setup.created_name(wanted, answer)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self._fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:
        """Delete a custom field with all it holds; one that is gone already is fine."""
        path, _ = _FIELD_LISTS[target]
        try:
            self.session.send("DELETE", f"{path.removesuffix('.json')}/{remote_id}.json", None, safe_to_repeat=True)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise

    def uses(self, target: Target, remote_id: str) -> list[Message]:
        """Return the triggers, automations and views that work with a field; they are asked for once a pass."""
        self._rules = self._rules or rules.all_rules(self.session)
        return self._rules.uses(target, remote_id)

    def package(self, wanted: Sequence[WantedField], views: Sequence[WantedView]) -> Mapping[str, str]:  # noqa: ARG002 -- the seam's shape
        """Return nothing: Zendesk has no packages of fields."""
        return {}

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:
        """Compare the ticket forms and views with what shows our fields."""
        return self._placing().extras(views, handles)

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:
        """Put our fields on a form, or make a view, and return by what it can be undone."""
        return self._placing().install(extra, views)

    def remove(self, key: str, handle: str) -> None:
        """Take our fields off a form, or delete a view of ours."""
        self._placing().remove(key, handle)

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by object id; an object that is gone is absent."""
        chunks = [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
        return {row_id: values for chunk in chunks for row_id, values in self._values(target, chunk)}

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        if not changes:
            return {}
        if changes[0].target is Target.SUMMARY:
            return {change.change_id: self._deliver_summary(change) for change in changes}
        sent = delivering.send_bulk(self.session, self._bulk(changes[0].target), changes)
        self._warnings |= sent.warnings
        return sent.outcomes

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return what became of the changes sent in `job`: still under way, or an outcome each."""
        names = setup.field_ids(self._fields, changes[0].target).items()
        told = Told({name: key for key, name in names}, self._warnings.get(job))
        return delivering.follow(self.session, job, changes, told)

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the tickets that carry `external_id`, oldest first; this list has no index delay."""
        answer = self.session.get("/api/v2/tickets.json", {"external_id": external_id})
        found = [understood(payloads.Ticket, row) for row in listed(answer, "tickets")]
        ours = [ticket for ticket in found if ticket.external_id == clean(external_id)]
        return [ticket.id for ticket in sorted(ours, key=lambda ticket: (ticket.created_at, int(ticket.id)))]

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a comment with that marker stands on a ticket; None where the ticket is gone."""
        return delivering.noted(self.session, ticket_id, marker)

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        return exports.read_again(RESOURCES[stream], raw, self._followed())

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a private ticket in that group with that assignee."""
        return self._staff().readers(group, assignee_id)

    def carry_over(self, policies: Sequence[SlaPolicy], _seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the ticket."""
        return f"{self._settings.base_url.rstrip('/')}/agent/tickets/{ticket_id}"

    def _start(self, cursor: str | None = None, stream: Stream | None = None) -> Start:
        history_from = self._history_from() if cursor is None and stream in OF_TICKETS else self._midnight()
        return Start(cursor, history_from, self._server_now, self._settings.per_page)

    def _server_now(self) -> int:
        if self.session.server_time is None:
            self._who_am_i()
        if self.session.server_time is None:
            raise UnexpectedPayloadError(message("Zendesk's answers do not tell the time (no Date header)"))
        return self.session.server_time

    def _midnight(self) -> int:
        return int(datetime.combine(self._settings.history_from, time(), self._zone).timestamp())

    def _history_from(self) -> int:
        """Return where history begins; raises SettingError where that is still to come by Zendesk's clock."""
        if self._midnight() > self._server_now():
            told = message(
                "history_from of {name} is {date}, which lies in the future: there is nothing to pull; set the date of "
                "the first day to be counted",
                name=self.name,
                date=self._settings.history_from.isoformat(),
            )
            raise SettingError(told)
        return self._midnight()

    def _further(self, resource: Resource) -> Iterator[Page]:
        """Yield the pages of a second list that some accounts do not have."""
        try:
            yield from exports.read(self.session, resource, self._start(), self._followed())
        except (SignInError, RefusedError) as error:
            if not self._lacks(error):
                raise

    def _lacks(self, error: SignInError | RefusedError) -> bool:
        """Tell a missing feature from a lost sign-in and an unknown subdomain, which are raised as what they are."""
        self._who_am_i()
        return error.status in _FORBIDDEN_OR_MISSING

    def _followed(self) -> FollowedFields:
        ids = setup.field_ids(self._fields, Target.TICKET)
        return FollowedFields({field_id: key for key, field_id in ids.items()}, self._mapped)

    def _who_am_i(self) -> payloads.User:
        user, _ = checking.who_am_i(self.session, self._settings.base_url)
        return user

    def _definitions(self, target: Target) -> list[payloads.CustomFieldDefinition]:
        path, key = _FIELD_LISTS[target]
        return [
            understood(payloads.CustomFieldDefinition, row)
            for answer in paging.pages(self.session, path, {}, paging.by_next_page)
            for row in listed(answer, key)
        ]

    def _values(self, target: Target, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, FieldValue]]]:
        if target is Target.AGENT:
            yield from self._agent_values(ids)
            return
        followed = FollowedFields() if target is Target.SUMMARY else FollowedFields(self._followed().ours)
        for row in self._shown("tickets", ids):
            ticket = understood(payloads.Ticket, row)
            values = mapping.field_values(ticket, followed)
            yield ticket.id, {followed.ours[field_id]: value for field_id, value in values.items()}

    def _agent_values(self, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, FieldValue]]]:
        keys = setup.field_ids(self._fields, Target.AGENT)
        for row in self._shown("users", ids):
            user = understood(payloads.User, row)
            yield (
                str(user.id),
                {
                    key: mapping.remote_value("number", user.user_fields[name])
                    for key, name in keys.items()
                    if name in user.user_fields
                },
            )

    def _shown(self, rows: str, ids: Sequence[str]) -> list[object]:
        return listed(self.session.get(f"/api/v2/{rows}/show_many.json", {"ids": ",".join(ids)}), rows)

    def _placing(self) -> Placing:
        return Placing(self.session, self._settings.push.ticket_fields, setup.field_ids(self._fields, Target.TICKET))

    def _bulk(self, target: Target) -> Bulk:
        ids = setup.field_ids(self._fields, target)
        if target is Target.AGENT:
            return Bulk("/api/v2/users/update_many.json", "users", partial(mapping.user_update, field_keys=ids), ids)
        update = partial(mapping.ticket_update, field_ids=ids, zone=self._zone)
        return Bulk("/api/v2/tickets/update_many.json", "tickets", update, ids)

    def _deliver_summary(self, change: Change) -> Outcome:
        """Deliver a summary: a change aimed at a ticket's id brings that ticket up to date, any other creates one."""
        if change.summary is None:
            return Refused(message("The summary has no content"))
        own_id = self._own_user_id()
        if not change.creates:
            return delivering.update_summary(self.session, change.target_id, change.summary, own_id)
        group_id = None if change.summary.group is None else self._staff().group_id(change.summary.group)
        if change.summary.group is not None and group_id is None:
            return Refused(message("Zendesk has no group named {group}", group=change.summary.group))
        return delivering.create_summary(self.session, change.summary, own_id, group_id)

    def _own_user_id(self) -> str:
        self._own_id = self._own_id or self._who_am_i().id
        if self._own_id is None:
            raise SignInError(message("Zendesk takes us for an anonymous visitor; check the credentials"))
        return self._own_id

    def _staff(self) -> People:
        self._people = self._people or People(
            self._all(Stream.AGENTS, payloads.User),
            self._all(Stream.GROUPS, payloads.Group),
            self._all(Stream.MEMBERSHIPS, payloads.Membership),
        )
        return self._people

    def _all(self, stream: Stream, payload: type[Payload]) -> list[Payload]:
        resource = RESOURCES[stream]
        first = resource.first(self._start())
        return [
            understood(payload, row)
            for answer in paging.pages(self.session, resource.path, first, paging.by_cursor)
            for row in listed(answer, resource.rows)
        ]
