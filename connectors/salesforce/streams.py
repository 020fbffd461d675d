"""How each stream of an org is read, and the few that are more than one walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from connectors.base import STREAM_NAMES, Page, Stream, Unavailable
from connectors.salesforce import calls, lists, payloads, pulling, purged, resources, setup, surveys, work
from connectors.salesforce.org import Org
from connectors.salesforce.payloads import asked
from connectors.salesforce.pulling import Resource, Walk
from connectors.salesforce.reading import Staff
from connectors.salesforce.resources import (
    CASES,
    CHANGES,
    LISTS,
    LOGGED,
    MILESTONES,
    QUEUES,
    TOLD,
    USERS,
    VOICE_CALLS,
    WORK,
)
from connectors.salesforce.sense import Sense, by_word
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.soql import Query
from kpi_engine.message import Message, message
from kpi_engine.records import Field

PROPERTIES: Mapping[str, frozenset[str]] = {
    "Status": frozenset({Field.STATUS, Field.CUSTOM_STATUS}),
    "OwnerId": frozenset({Field.ASSIGNEE, Field.GROUP}),
    "Priority": frozenset({Field.PRIORITY}),
    "RecordTypeId": frozenset({Field.FORM}),
    "BusinessHoursId": frozenset({Field.SCHEDULE}),
    "Type": frozenset({Field.TYPE}),
    "AccountId": frozenset({Field.ORGANIZATION}),
}
"""What the fields of cases whose changes may be tracked are to us."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one org, read as the connector's configuration of this moment says."""

    org: Org
    staff: Callable[[], Staff]

    @property
    def settings(self) -> SalesforceSettings:
        """The connector's configuration."""
        return self.org.settings

    @property
    def csat_field(self) -> str:
        """The field of cases that holds ratings; empty where none does."""
        csat = self.settings.csat
        return "" if csat is None or csat.field is None else csat.field

    def sense(self) -> Sense:
        """Return what is needed to understand rows, as the org is now."""
        account, csat = self.org.account, self.settings.csat
        return Sense(
            ours=account.ours(),
            mapped=account.mapped,
            statuses=by_word(self.org.statuses()),
            priorities=self.settings.priorities,
            own_key=setup.api_name(SUMMARY_KEY),
            csat=self.csat_field or None,
            scale=(1, 5) if csat is None else csat.scale,
            mails=self.org.described("EmailMessage") is not None,
            call_results=self.settings.call_results,
            voice=self.org.prefix("VoiceCall") if self.settings.calls == "voice_call" else None,
        )

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

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today."""
        return pulling.read_again(resources.resource_of(stream, raw), raw, self.sense())

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
        """Yield the users or cases named, or the ratings that cases show; unknown ones are left out."""
        resource, more = self._single(stream)
        fields = [*asked(resource.payload, self.org.has(resource.subject)), *more]
        query = Query(resource.subject, fields)
        rows = list(self.org.rows_among(query, "Id", ids, deleted=stream is Stream.TICKETS))
        if rows:
            yield pulling.as_page(resource, rows, self.sense())

    def _single(self, stream: Stream) -> tuple[Resource, Sequence[str]]:
        """Return of what single rows of a stream are, and the custom fields among what is asked."""
        if stream is Stream.TICKETS:
            return CASES, self._more()
        field = self.csat_field
        return (USERS, ()) if stream is Stream.AGENTS else (resources.shown(field), (field,))

    def walk(self, resource: Resource, cursor: str | None) -> Walk:
        """Return the walk over one kind of rows from its watermark on."""
        stretch = pulling.stretch(self.org, cursor, self.org.account.history_from())
        return Walk(self.org, resource, stretch, self.sense(), self._more() if resource is CASES else ())

    def untold(self) -> frozenset[str]:
        """Return the properties of cases whose changes are not tracked."""
        followed = {**PROPERTIES, **{field: frozenset({f"field:{field}"}) for field in self.org.account.mapped}}
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
        wanted = {*self.sense().ours, *self.org.account.mapped, setup.api_name(SUMMARY_KEY), self.csat_field}
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
            yield from pulling.walked(self.walk(resources.tracked(field), cursor))
            return
        stretch = pulling.stretch(self.org, cursor, self.org.account.history_from())
        if cursor is not None:
            yield Page([], [], str(stretch.end), stretch.end)
            return
        note: Message | None = message(
            "{field} is not tracked: a rating is dated by when it was first seen", field=field
        )
        for page in pulling.walked(Walk(self.org, resources.shown(field), stretch, self.sense(), (field,))):
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
        yield from surveys.rated(self.walk(resources.answers(question or ""), cursor))

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
        today = datetime.fromtimestamp(self.org.account.now(), UTC).date()
        return lists.holidays_of(self.org.all(payloads.Holiday, "Holiday"), chosen, today)
