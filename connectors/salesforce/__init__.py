"""Salesforce Service Cloud: the table of what is pulled and how, and the verbs of the connector."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from connectors.base import (
    OBSERVED,
    STREAM_NAMES,
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
    Snoozed,
    Stream,
    Target,
    Unavailable,
    Usage,
    WantedField,
    WantedView,
)
from connectors.errors import SettingError
from connectors.http import Session
from connectors.quota import Allowance, Quota
from connectors.rows import understood
from connectors.salesforce import (
    checking,
    delivering,
    mapping,
    package,
    payloads,
    pulling,
    refusals,
    setup,
    soql,
    surveys,
)
from connectors.salesforce.delivering import BATCH, Collection
from connectors.salesforce.mapping import Sense
from connectors.salesforce.org import PAGE, Org
from connectors.salesforce.payloads import asked
from connectors.salesforce.pulling import Resource, Walk
from connectors.salesforce.reading import Staff
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.signing_in import secrets, sign_in
from connectors.salesforce.soql import IDS_AT_ONCE, Query, among, is_, is_not
from connectors.secret import SecretError
from connectors.signing_in import Unsigned
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, TicketSnapshot

HOUR = 3600
A_MINUTE = 6000
"""Requests a minute: Salesforce counts them by the day, so that nothing is gained by going slowly."""

CASES = Resource("Case", payloads.Case, mapping.case, deleted=True)
CHANGES = Resource("CaseHistory", payloads.CaseHistory, mapping.history, stamp="CreatedDate")
MAILS = Resource("EmailMessage", payloads.EmailMessage, mapping.mail, where=(is_not("ParentId", None),))
COMMENTS = Resource("CaseComment", payloads.CaseComment, mapping.comment)
MILESTONES = Resource("CaseMilestone", payloads.CaseMilestone, mapping.milestone)
USERS = Resource("User", payloads.User, mapping.agent, where=(among("UserType", ("Standard", "AutomatedProcess")),))
HOURS = Resource("BusinessHours", payloads.BusinessHours, mapping.schedule)
PROCESSES = Resource("SlaProcess", payloads.EntitlementProcess, mapping.entitlement_process)
STATUSES = Resource("CaseStatus", payloads.CaseStatus, mapping.custom_status)

TOLD = (CHANGES, MAILS, COMMENTS)
"""What a case's history is told by, each with a watermark of its own."""

MARKS = {"Incoming": MAILS, "IsPublished": COMMENTS}
"""What tells the rows of a history apart once they were set aside; any other is a change."""

LISTS: Mapping[Stream, Resource] = {
    Stream.AGENTS: USERS,
    Stream.SCHEDULES: HOURS,
    Stream.SLA_POLICIES: PROCESSES,
    Stream.CUSTOM_STATUSES: STATUSES,
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

_OBJECTS = {Target.TICKET: "Case", Target.SUMMARY: "Case", Target.AGENT: "User"}
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
    metrics: Mapping[str, str] = {}
    scales: bool = True
    tells_history: bool = True
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
        self._at_begin = (0, 0.0)

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams of this org, in order: surveys instead of ratings where those are configured."""
        csat = self._settings.csat
        without = {
            Stream.RATINGS if csat is None or csat.field is None else Stream.SURVEYS,
            Stream.SURVEYS if csat is None else Stream.RATINGS if csat.field is None else Stream.SURVEYS,
            *OBSERVED,
        }
        return [stream for stream in Stream if stream not in without]

    @property
    def paces(self) -> Mapping[Stream, int]:
        """How many seconds may pass between two readings of the streams that change slowly."""
        return PACES

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
        walks: dict[Stream, Callable[[], Iterator[Page]]] = {
            Stream.GROUPS: self._groups,
            Stream.MEMBERSHIPS: self._memberships,
            Stream.TICKETS: partial(self._walk, CASES, cursor),
            Stream.HISTORY: partial(self._history, cursor),
            Stream.RATINGS: partial(self._ratings, cursor),
            Stream.SURVEYS: partial(self._surveys, cursor),
            Stream.METRIC_EVENTS: partial(self._walk, MILESTONES, cursor),
        }
        walk = walks.get(stream)
        yield from walk() if walk is not None else self._list(stream, LISTS[stream])

    def _list(self, stream: Stream, resource: Resource) -> Iterator[Page]:
        self._demand(resource.subject, stream)
        sense = self._sense()
        if stream is Stream.SCHEDULES:
            sense = replace(sense, holidays=self._holidays())
        yield from pulling.whole_list(self.org, resource, sense)

    def _demand(self, subject: str, stream: Stream) -> None:
        if self.org.described(subject) is None:
            raise Unavailable(
                message(
                    "the org has no {object}, or hides it from us: no {stream}",
                    object=subject,
                    stream=STREAM_NAMES[stream],
                )
            )

    def _walk(self, resource: Resource, cursor: str | None) -> Iterator[Page]:
        self._demand(resource.subject, Stream.METRIC_EVENTS if resource is MILESTONES else Stream.TICKETS)
        yield from pulling.walked(self._walk_of(resource, cursor))

    def _walk_of(self, resource: Resource, cursor: str | None) -> Walk:
        stretch = pulling.stretch(self.org, cursor, self._history_from())
        more = self._more() if resource is CASES else ()
        return Walk(self.org, resource, stretch, self._sense(), more)

    def _more(self) -> list[str]:
        """Return the custom fields of cases that are read, as far as we may see them."""
        csat = self._settings.csat
        wanted = {*self._sense().ours, *self._mapped, setup.api_name(SUMMARY_KEY)}
        wanted |= {csat.field} if csat is not None and csat.field is not None else set()
        return sorted(wanted & self.org.fields("Case").keys() - set(asked(payloads.Case)))

    def _history(self, cursor: str | None) -> Iterator[Page]:
        """Yield changes, mails and comments, each up to date; the stream is as complete as the last of them."""
        there = [resource for resource in TOLD if self.org.described(resource.subject) is not None]
        if not there:
            self._demand(CHANGES.subject, Stream.HISTORY)
        subjects = [resource.subject for resource in there]
        kept = pulling.Positions.of(cursor)
        for resource in there:
            for page in pulling.walked(self._walk_of(resource, kept.cursors.get(resource.subject))):
                kept = kept.moved(resource.subject, page)
                yield replace(page, cursor=kept.text(), complete_through=kept.through(subjects))

    def _ratings(self, cursor: str | None) -> Iterator[Page]:
        """Yield ratings: from the tracked changes of their field, else from the cases that show one.

        Untracked, only the first pull lists them; later ones are met on the cases that changed (`unseen_rating`).
        """
        field = self._csat_field()
        if field not in self.org.fields("Case"):
            told = message("the case has no field {field}, or hides it from us", field=field)
            raise Unavailable(told)
        if self._is_tracked(field):
            tracked = Resource(
                "CaseHistory", payloads.CaseHistory, mapping.tracked_rating, "CreatedDate", (is_("Field", field),)
            )
            yield from pulling.walked(self._walk_of(tracked, cursor))
            return
        stretch = pulling.stretch(self.org, cursor, self._history_from())
        if cursor is not None:
            yield Page([], [], str(stretch.end), stretch.end)
            return
        shown = Resource("Case", payloads.Case, mapping.rating, where=(is_not(field, None),))
        note: Message | None = message(
            "{field} is not tracked: a rating is dated by when it was first seen", field=field
        )
        for page in pulling.walked(Walk(self.org, shown, stretch, self._sense(), (field,))):
            yield replace(page, note=note)
            note = None

    def _csat_field(self) -> str:
        csat = self._settings.csat
        return "" if csat is None or csat.field is None else csat.field

    def _is_tracked(self, field: str) -> bool:
        return field in self.org.tracked() and self.org.described("CaseHistory") is not None

    def _surveys(self, cursor: str | None) -> Iterator[Page]:
        for subject in ("SurveyQuestionResponse", "SurveySubject"):
            self._demand(subject, Stream.SURVEYS)
        question = self._settings.csat.survey_question if self._settings.csat is not None else None
        answers = Resource(
            "SurveyQuestionResponse",
            payloads.SurveyAnswer,
            surveys.unread,
            where=(is_("QuestionId", question or ""),),
        )
        yield from surveys.rated(self._walk_of(answers, cursor))

    def _groups(self) -> Iterator[Page]:
        rows = list(self.org.rows(self.org.queues()))
        yield pulling.as_page(Resource("Group", payloads.Queue, mapping.group), rows, self._sense())

    def _memberships(self) -> Iterator[Page]:
        staff = self._staff()
        places = [(queue.id, user) for queue in staff.queues for user in sorted(staff.members_of(queue.id))]
        yield Page([mapping.membership(*place) for place in places], [], None, None)

    def _holidays(self) -> tuple[tuple[str, str], ...]:
        chosen = self._settings.holidays
        if not chosen or self.org.described("Holiday") is None:
            return ()
        today = datetime.fromtimestamp(self.org.now(), UTC).date()
        return mapping.holidays_of(self.org.all(payloads.Holiday, "Holiday"), chosen, today)

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows; Salesforce minds how many requests, not how fast."""
        requests = sum(math.ceil(n / PAGE) for n in rows.values())
        return Cost(requests, math.ceil(requests / HOUR))

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the users named, or the ratings that cases show; those Salesforce does not know are left out."""
        resource, more = (
            (USERS, [])
            if stream is Stream.AGENTS
            else (Resource("Case", payloads.Case, mapping.rating), [self._csat_field()])
        )
        fields = [*asked(resource.payload, self.org.has(resource.subject)), *more]
        for chunk in _chunks(ids):
            rows = self.org.rows(Query(resource.subject, fields, (among("Id", chunk),)))
            yield pulling.as_page(resource, list(rows), self._sense())

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return the case whose rating is to be fetched, where nothing tracks it and the case shows another."""
        field = self._csat_field()
        if not field or self._is_tracked(field) or not mapping.unseen_rating(ticket, ratings):
            return {}
        return {Stream.RATINGS: ticket.ticket_id}

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        told = next((each for mark, each in MARKS.items() if f'"{mark}"' in raw), CHANGES)
        resource = {Stream.TICKETS: CASES, Stream.METRIC_EVENTS: MILESTONES, **LISTS}.get(stream, told)
        return pulling.read_again(resource, raw, self._sense())

    # -- the org ------------------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, version, rights, quota, clock, and what is tracked."""
        yield from checking.checks(self.org)
        self._history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the labels of a case's fields by API name, or the names of its record types by id."""
        described = self.org.described("Case")
        if described is None:
            return {}
        if kind is Named.FIELD:
            return {each.name: each.label for each in described.fields}
        return {
            each.record_type_id: each.name
            for each in described.record_type_infos
            if each.record_type_id is not None and not each.master
        }

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
        kinds = (lambda _: "number") if target is Target.AGENT else mapping.kind
        found = {}
        for chunk in _chunks(ids):
            for row in self.org.rows(Query(_OBJECTS[target], ("Id", *names.values()), (among("Id", chunk),))):
                values = {key: mapping.remote_value(kinds(key), row.get(name)) for key, name in names.items()}
                found[soql.whole_id(str(row["Id"]))] = values
        return found

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        if not changes:
            return {}
        target = changes[0].target
        if target is Target.SUMMARY:
            return {change.change_id: self._deliver_summary(change) for change in changes}
        payload = mapping.user_update if target is Target.AGENT else mapping.case_update
        return delivering.send(self.org, Collection(payload, setup.names(self._fields, target)), changes)

    def _deliver_summary(self, change: Change) -> Outcome:
        """Deliver a summary: a change aimed at a case's id brings that case up to date, any other makes one."""
        if change.summary is None:
            return Refused(message("The summary has no content"))
        if not change.creates:
            return delivering.update_summary(self.org, change.target_id, change.summary)
        key = setup.compared(self.org, [SUMMARY_KEY])[0]
        if key.problem is not None:
            return Snoozed(HOUR, key.problem)  # it waits for the admin
        key_field = key.remote_id or setup.create(self.org, SUMMARY_KEY)
        owner = change.summary.assignee_id
        if owner is None and change.summary.group is not None:
            owner = self._staff().queue_id(change.summary.group)
            if owner is None:
                return Refused(message("Salesforce has no queue named {group}", group=change.summary.group))
        return delivering.create_summary(self.org, key_field, change.summary, owner)

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return that nothing is known of a job: what we write is done when it is answered."""
        reason = message("Salesforce knows no job {job}", job=job)
        return {change.change_id: Refused(reason) for change in changes}

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the cases that carry `external_id`: its field is unique, so that there is one at most."""
        name = setup.api_name(SUMMARY_KEY)
        if name not in self.org.fields("Case"):
            return []
        rows = self.org.rows(Query("Case", ("Id",), (is_(name, external_id),), by=("CreatedDate", "Id")))
        return [soql.whole_id(str(row["Id"])) for row in rows]

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a version of a summary stands in its case; None where the case is gone."""
        rows = list(self.org.rows(Query("Case", ("Id", "Description"), (is_("Id", ticket_id),))))
        return any(marker in str(row.get("Description")) for row in rows) if rows else None

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a case in that queue with that owner."""
        return self._staff().readers(group, assignee_id)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the case."""
        return f"{self._settings.base_url.rstrip('/')}/lightning/r/Case/{ticket_id}/view"

    # -- what rows mean -----------------------------------------------------------------------------------------------

    def _sense(self) -> Sense:
        csat = self._settings.csat
        return Sense(
            ours={name: key for key, name in setup.names(self._fields, Target.TICKET).items()},
            mapped=self._mapped,
            statuses=mapping.by_word(self.org.statuses()),
            priorities=self._settings.priorities,
            own_key=setup.api_name(SUMMARY_KEY),
            csat=self._csat_field() or None,
            scale=(1, 5) if csat is None else csat.scale,
            mails=self.org.described("EmailMessage") is not None,
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
        self._people = self._people or self._asked_staff()
        return self._people

    def _asked_staff(self) -> Staff:
        org = self.org
        sharing = [str(row.get("DefaultCaseAccess")) for row in org.rows(Query("Organization", ("DefaultCaseAccess",)))]
        users = Query("User", asked(payloads.User, org.has("User")), (is_("UserType", "Standard"),))
        return Staff(
            [understood(payloads.User, row) for row in org.rows(users)],
            [understood(payloads.Queue, row) for row in org.rows(org.queues())],
            org.all(payloads.Queue, "Group", Query("Group", ("Id", "Type", "RelatedId"))),
            org.all(payloads.GroupMember, "GroupMember", Query("GroupMember", ("Id", "GroupId", "UserOrGroupId"))),
            sharing[0] if sharing else "",
        )


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield ids a query's list can hold at once; what has not the shape of one is nobody's."""
    shaped = [each for each in ids if soql.looks_like_id(each)]
    for first in range(0, len(shaped), IDS_AT_ONCE):
        yield shaped[first : first + IDS_AT_ONCE]
