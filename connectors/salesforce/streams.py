"""How each stream of an org is read: the table of what is pulled, and the few that are more than one walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from connectors.base import OBSERVED, STREAM_NAMES, Page, Stream, Unavailable
from connectors.salesforce import (
    calls,
    history,
    lists,
    mapping,
    payloads,
    pulling,
    purged,
    ratings,
    setup,
    surveys,
    work,
)
from connectors.salesforce.org import Org
from connectors.salesforce.payloads import asked
from connectors.salesforce.pulling import Resource, Walk
from connectors.salesforce.reading import Staff
from connectors.salesforce.sense import Sense
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.soql import Query, among, either, is_, is_not
from kpi_engine.message import Message, message
from kpi_engine.records import Field

HOUR = 3600

CASES = Resource("Case", payloads.Case, mapping.case, deleted=True)
CHANGES = Resource("CaseHistory", payloads.CaseHistory, history.history, stamp="CreatedDate")
MAILS = Resource("EmailMessage", payloads.EmailMessage, history.mail, where=(is_not("ParentId", None),))
COMMENTS = Resource("CaseComment", payloads.CaseComment, history.comment)
MILESTONES = Resource("CaseMilestone", payloads.CaseMilestone, history.milestone)
USERS = Resource("User", payloads.User, lists.agent, where=(among("UserType", ("Standard", "AutomatedProcess")),))
HOURS = Resource("BusinessHours", payloads.BusinessHours, lists.schedule)
PROCESSES = Resource("SlaProcess", payloads.EntitlementProcess, lists.entitlement_process)
STATUSES = Resource("CaseStatus", payloads.CaseStatus, lists.custom_status)
VOICE_CALLS = Resource("VoiceCall", calls.VoiceCall, calls.voice_call, deleted=True)
WORK = Resource("AgentWork", work.AgentWork, work.work_item, deleted=True)
LOGGED = Resource(
    "Task", calls.Task, calls.task, where=(either(is_("TaskSubtype", "Call"), is_not("CallType", None)),), deleted=True
)
QUEUES = Resource("Group", payloads.Queue, lists.group)

TOLD = (CHANGES, MAILS, COMMENTS)
"""What a case's history is told by, each with a watermark of its own."""

MARKS: Mapping[Stream, Mapping[str, Resource]] = {
    Stream.HISTORY: {"Incoming": MAILS, "IsPublished": COMMENTS},
    Stream.CALLS: {"IsClosed": LOGGED},
}
"""What tells the rows of a stream apart once they were set aside."""

LISTS: Mapping[Stream, Resource] = {
    Stream.AGENTS: USERS,
    Stream.SCHEDULES: HOURS,
    Stream.SLA_POLICIES: PROCESSES,
    Stream.CUSTOM_STATUSES: STATUSES,
}

USUAL: Mapping[Stream, Resource] = {
    Stream.TICKETS: CASES,
    Stream.METRIC_EVENTS: MILESTONES,
    Stream.CALLS: VOICE_CALLS,
    Stream.WORK_ITEMS: WORK,
    **LISTS,
}
"""What the rows of a stream are where no mark says otherwise; those of any other are changes of cases."""

PACES: Mapping[Stream, int] = {
    Stream.AGENTS: HOUR,
    Stream.GROUPS: HOUR,
    Stream.MEMBERSHIPS: HOUR,
    Stream.SCHEDULES: 6 * HOUR,
    Stream.METRIC_EVENTS: 6 * HOUR,
    Stream.SLA_POLICIES: 6 * HOUR,
    Stream.CUSTOM_STATUSES: 6 * HOUR,
}


PROPERTIES: Mapping[str, frozenset[str]] = {
    "Status": frozenset({Field.STATUS, Field.CUSTOM_STATUS}),
    "OwnerId": frozenset({Field.ASSIGNEE, Field.GROUP}),
    "Priority": frozenset({Field.PRIORITY}),
    "RecordTypeId": frozenset({Field.FORM}),
    "BusinessHoursId": frozenset({Field.SCHEDULE}),
}
"""What the fields of cases whose changes may be tracked are to us."""


def resource_of(stream: Stream, raw: str) -> Resource:
    """Return what a row of a stream that was set aside is one of."""
    marked = (each for mark, each in MARKS.get(stream, {}).items() if f'"{mark}"' in raw)
    return next(marked, USUAL.get(stream, CHANGES))


def offered(settings: SalesforceSettings) -> list[Stream]:
    """Return the streams of an org, in order: one of both kinds of ratings, and only as configured."""
    csat = settings.csat
    ratings_of = Stream.SURVEYS if csat is not None and csat.field is None else Stream.RATINGS
    opted = {
        ratings_of: csat is not None,
        Stream.CALLS: settings.calls is not None,
        Stream.WORK_ITEMS: settings.agent_work,
    }
    without = {Stream.RATINGS, Stream.SURVEYS, *OBSERVED} - {stream for stream, wanted in opted.items() if wanted}
    return [stream for stream in Stream if stream not in {*without, Stream.ACTIVITIES}]


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one org, read as the connector's configuration of this moment says.

    `sense` is what rows mean, `history_from` where history begins, `mapped` the API names of the followed fields.
    """

    org: Org
    sense: Callable[[], Sense]
    history_from: Callable[[], int]
    staff: Callable[[], Staff]
    mapped: frozenset[str]

    @property
    def settings(self) -> SalesforceSettings:
        """The connector's configuration."""
        return self.org.settings

    @property
    def csat_field(self) -> str:
        """The field of cases that holds ratings; empty where none does."""
        csat = self.settings.csat
        return "" if csat is None or csat.field is None else csat.field

    def pages(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Return the pages of a stream since `cursor`; raises Unavailable where the org has no such object."""
        ways: dict[Stream, Callable[[], Iterator[Page]]] = {
            Stream.GROUPS: self._groups,
            Stream.MEMBERSHIPS: self._memberships,
            Stream.TICKETS: partial(self._cases, cursor),
            Stream.HISTORY: partial(self._history, cursor),
            Stream.RATINGS: partial(self._ratings, cursor),
            Stream.SURVEYS: partial(self._surveys, cursor),
            Stream.METRIC_EVENTS: partial(self._walked, MILESTONES, cursor, stream),
            Stream.CALLS: partial(self._calls, cursor),
            Stream.WORK_ITEMS: partial(self._observed, WORK, cursor, stream, work.NEEDS),
        }
        way = ways.get(stream)
        return way() if way is not None else self._list(stream, LISTS[stream])

    def demand(self, subject: str, stream: Stream) -> None:
        """Raise Unavailable where the org has no such object, or hides it from us."""
        if self.org.described(subject) is None:
            raise Unavailable(
                message(
                    "the org has no {object}, or hides it from us: no {stream}",
                    object=subject,
                    stream=STREAM_NAMES[stream],
                )
            )

    def fetched(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the users named, or the ratings that cases show; those Salesforce does not know are left out."""
        resource, more = (USERS, []) if stream is Stream.AGENTS else (_shown(self.csat_field), [self.csat_field])
        fields = [*asked(resource.payload, self.org.has(resource.subject)), *more]
        rows = list(self.org.rows_among(Query(resource.subject, fields), "Id", ids))
        if rows:
            yield pulling.as_page(resource, rows, self.sense())

    def walk(self, resource: Resource, cursor: str | None) -> Walk:
        """Return the walk over one kind of rows from its watermark on."""
        stretch = pulling.stretch(self.org, cursor, self.history_from())
        return Walk(self.org, resource, stretch, self.sense(), self._more() if resource is CASES else ())

    def untold(self) -> frozenset[str]:
        """Return the properties of cases whose changes are not tracked."""
        followed = {**PROPERTIES, **{field: frozenset({f"field:{field}"}) for field in self.mapped}}
        followed.pop(self.csat_field, None)
        return frozenset(name for field, names in followed.items() if not self.is_tracked(field) for name in names)

    def is_tracked(self, field: str) -> bool:
        """Tell whether the changes of a field of cases are told."""
        return (
            bool({field, field.removesuffix("Id")} & self.org.tracked())
            and self.org.described("CaseHistory") is not None
        )

    def _more(self) -> list[str]:
        """Return the custom fields of cases that are read, as far as we may see them."""
        wanted = {*self.sense().ours, *self.mapped, setup.api_name(SUMMARY_KEY), self.csat_field}
        return sorted(wanted & self.org.fields("Case").keys() - set(asked(payloads.Case)))

    def _list(self, stream: Stream, resource: Resource) -> Iterator[Page]:
        self.demand(resource.subject, stream)
        sense = self.sense()
        if stream is Stream.SCHEDULES:
            sense = replace(sense, holidays=self._holidays())
        yield from pulling.whole_list(self.org, resource, sense)

    def _cases(self, cursor: str | None) -> Iterator[Page]:
        """Yield what vanished, then what there is: a pass cut short in between asks for both again."""
        self.demand(CASES.subject, Stream.TICKETS)
        if cursor is not None:
            yield purged.vanished(self.org, cursor)
        yield from pulling.walked(self.walk(CASES, cursor))

    def _walked(self, resource: Resource, cursor: str | None, stream: Stream) -> Iterator[Page]:
        self.demand(resource.subject, stream)
        yield from pulling.walked(self.walk(resource, cursor))

    def _history(self, cursor: str | None) -> Iterator[Page]:
        """Yield changes, mails and comments, each up to date; the stream is as complete as the last of them."""
        there = [resource for resource in TOLD if self.org.described(resource.subject) is not None]
        if not there:
            self.demand(CHANGES.subject, Stream.HISTORY)
        subjects = [resource.subject for resource in there]
        kept = pulling.Positions.of(cursor)
        for resource in there:
            for page in pulling.walked(self.walk(resource, kept.cursors.get(resource.subject))):
                kept = kept.moved(resource.subject, page)
                yield replace(page, cursor=kept.text(), complete_through=kept.through(subjects))

    def _ratings(self, cursor: str | None) -> Iterator[Page]:
        """Yield ratings: from the tracked changes of their field, else from the cases that show one.

        Untracked, only the first pull lists them; later ones are met on the cases that changed (`unseen_rating`).
        """
        field = self.csat_field
        if field not in self.org.fields("Case"):
            raise Unavailable(message("the case has no field {field}, or hides it from us", field=field))
        if self.is_tracked(field):
            yield from pulling.walked(self.walk(_tracked(field), cursor))
            return
        stretch = pulling.stretch(self.org, cursor, self.history_from())
        if cursor is not None:
            yield Page([], [], str(stretch.end), stretch.end)
            return
        note: Message | None = message(
            "{field} is not tracked: a rating is dated by when it was first seen", field=field
        )
        for page in pulling.walked(Walk(self.org, _shown(field), stretch, self.sense(), (field,))):
            yield replace(page, note=note)
            note = None

    def _calls(self, cursor: str | None) -> Iterator[Page]:
        as_tasks = self.settings.calls == "task"
        resource, needs = (LOGGED, calls.TASK_NEEDS) if as_tasks else (VOICE_CALLS, calls.VOICE_NEEDS)
        yield from self._observed(resource, cursor, Stream.CALLS, needs)

    def _observed(self, resource: Resource, cursor: str | None, stream: Stream, needs: Sequence[str]) -> Iterator[Page]:
        self.demand(resource.subject, stream)
        self._demand_fields(resource.subject, needs, stream)
        yield from pulling.walked(self.walk(resource, cursor))

    def _demand_fields(self, subject: str, needs: Sequence[str], stream: Stream) -> None:
        absent = [name for name in needs if name not in self.org.fields(subject)]
        if absent:
            raise Unavailable(
                message(
                    "{object} has no {field}, or hides it from us: no {stream}",
                    object=subject,
                    field=", ".join(absent),
                    stream=STREAM_NAMES[stream],
                )
            )

    def _surveys(self, cursor: str | None) -> Iterator[Page]:
        for subject in ("SurveyQuestionResponse", "SurveySubject"):
            self.demand(subject, Stream.SURVEYS)
        question = self.settings.csat.survey_question if self.settings.csat is not None else None
        yield from surveys.rated(self.walk(_answers(question or ""), cursor))

    def _groups(self) -> Iterator[Page]:
        yield pulling.as_page(QUEUES, list(self.org.rows(self.org.queues())), self.sense())

    def _memberships(self) -> Iterator[Page]:
        staff = self.staff()
        places = [(queue.id, user) for queue in staff.queues for user in sorted(staff.members_of(queue.id))]
        yield Page([lists.membership(*place) for place in places], [], None, None)

    def _holidays(self) -> tuple[tuple[str, str], ...]:
        chosen = self.settings.holidays
        if not chosen or self.org.described("Holiday") is None:
            return ()
        today = datetime.fromtimestamp(self.org.now(), UTC).date()
        return lists.holidays_of(self.org.all(payloads.Holiday, "Holiday"), chosen, today)


def _tracked(field: str) -> Resource:
    mine = (is_("Field", field),)
    return Resource("CaseHistory", payloads.CaseHistory, ratings.tracked_rating, "CreatedDate", mine)


def _shown(field: str) -> Resource:
    return Resource("Case", payloads.Case, ratings.rating, where=(is_not(field, None),))


def _answers(question: str) -> Resource:
    mine = (is_("QuestionId", question),)
    return Resource("SurveyQuestionResponse", payloads.SurveyAnswer, surveys.unread, where=mine)
