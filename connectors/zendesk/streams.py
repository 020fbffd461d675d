"""What is pulled and how: the table of streams, the single records that may be asked for, and who reads them."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connectors import paging
from connectors.base import OBSERVED, OF_TICKETS, STREAM_NAMES, Cost, Page, Stream, Unavailable
from connectors.connecting import Account
from connectors.errors import RefusedError, SignInError
from connectors.exchange import Params
from connectors.http import Session
from connectors.rows import Payload, understood
from connectors.zendesk import audits, exports, mapping, rating_steps, steps, surveys, talk
from connectors.zendesk.exports import Resource, Start, listed
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.message import message

BATCH = 100
HISTORY_PAGE = 1000  # rows of a time-based export's page
EXPORTS_A_MINUTE = 10


def _with_holidays(session: Session, row: object) -> object:
    if not isinstance(row, dict):
        return row
    answer = session.get(f"/api/v2/business_hours/schedules/{row.get('id')}/holidays.json")
    return {**row, "holidays": answer.mapping().get("holidays") or []}


TALK = "/api/v2/channels/voice/stats/incremental/"
_RATING_FILTERS = rating_steps.Filters("start_time", "end_time", {"score": "received"})
_SURVEY_FILTERS = rating_steps.Filters("filter[created_at_start]", "filter[created_at_end]", {})

RESOURCES: Mapping[Stream, Resource] = {
    Stream.AGENTS: Resource("/api/v2/users.json", "users", mapping.agent, steps.first_agents, steps.by_page),
    Stream.GROUPS: Resource("/api/v2/groups.json", "groups", mapping.group, steps.first_groups, steps.by_page),
    Stream.MEMBERSHIPS: Resource(
        "/api/v2/group_memberships.json",
        "group_memberships",
        mapping.membership,
        steps.first_of_list,
        steps.by_page,
    ),
    Stream.SCHEDULES: Resource(
        "/api/v2/business_hours/schedules.json",
        "schedules",
        mapping.schedule,
        steps.unpaged,
        steps.whole,
        whole=_with_holidays,
        optional=True,
    ),
    Stream.TICKETS: Resource(
        "/api/v2/incremental/tickets/cursor.json",
        "tickets",
        mapping.ticket,
        steps.first_tickets,
        steps.by_cursor,
        again=steps.tickets_again,
        beside={"metric_sets": mapping.metric_set},
    ),
    Stream.HISTORY: Resource(
        "/api/v2/incremental/ticket_events.json",
        "ticket_events",
        audits.ticket_events,
        steps.first_events,
        partial(steps.by_time, rows="ticket_events", stamp="timestamp"),
    ),
    Stream.RATINGS: Resource(
        "/api/v2/satisfaction_ratings.json",
        "satisfaction_ratings",
        mapping.rating,
        partial(rating_steps.first_ratings, filters=_RATING_FILTERS),
        partial(rating_steps.by_page_dated, filters=_RATING_FILTERS),
        optional=True,
    ),
    Stream.SURVEYS: Resource(
        "/api/v2/guide/survey_responses",
        "survey_responses",
        surveys.survey_response,
        partial(rating_steps.first_ratings, filters=_SURVEY_FILTERS),
        partial(rating_steps.by_page_dated, filters=_SURVEY_FILTERS),
        optional=True,
    ),
    Stream.METRIC_EVENTS: Resource(
        "/api/v2/incremental/ticket_metric_events.json",
        "ticket_metric_events",
        mapping.metric_event,
        steps.first_since,
        partial(steps.by_time, rows="ticket_metric_events", stamp="time"),
        optional=True,
    ),
    Stream.SLA_POLICIES: Resource(
        "/api/v2/slas/policies.json",
        "sla_policies",
        mapping.sla_policy,
        steps.unpaged,
        steps.whole,
        optional=True,
        further=Resource(
            "/api/v2/group_slas/policies.json",
            "group_sla_policies",
            mapping.sla_policy,
            steps.unpaged,
            steps.whole,
        ),
    ),
    Stream.CUSTOM_STATUSES: Resource(
        "/api/v2/custom_statuses.json",
        "custom_statuses",
        mapping.custom_status,
        steps.unpaged,
        steps.whole,
        optional=True,
    ),
    Stream.CALLS: Resource(
        f"{TALK}calls.json",
        "calls",
        talk.call,
        steps.first_since,
        partial(steps.by_time, rows="calls", stamp="updated_at"),
        optional=True,
    ),
    Stream.CALL_LEGS: Resource(
        f"{TALK}legs.json",
        "legs",
        talk.leg,
        steps.first_again,
        partial(steps.by_time, rows="legs", stamp="updated_at"),
        optional=True,
    ),
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


def offered(settings: ZendeskSettings) -> tuple[Stream, ...]:
    """Return the streams of an account, in order: calls only where they are configured."""
    return tuple(stream for stream in RESOURCES if settings.talk or stream not in OBSERVED)


def pages(account: Account[ZendeskSettings], stream: Stream, cursor: str | None) -> Iterator[Page]:
    """Yield the pages of a stream since `cursor`; raises Unavailable where the plan has no such stream."""
    resource = RESOURCES[stream]
    try:
        yield from exports.read(account.session, resource, _start(account, cursor, stream), account.followed())
    except (SignInError, RefusedError) as error:
        if account.lacks(error) and resource.optional:
            told = message("Zendesk does not offer {stream} to this account", stream=STREAM_NAMES[stream])
            raise Unavailable(told) from error
        raise
    if resource.further is not None:
        yield from _further(account, resource.further)


def _further(account: Account[ZendeskSettings], resource: Resource) -> Iterator[Page]:
    """Yield the pages of a second list that some accounts do not have."""
    try:
        yield from exports.read(account.session, resource, _start(account), account.followed())
    except (SignInError, RefusedError) as error:
        if not account.lacks(error):
            raise


def _start(account: Account[ZendeskSettings], cursor: str | None = None, stream: Stream | None = None) -> Start:
    begins = account.history_from() if cursor is None and stream in OF_TICKETS else account.midnight()
    return Start(cursor, begins, account.now, account.settings.per_page)


def cost(settings: ZendeskSettings, rows: Mapping[Stream, int]) -> Cost:
    """Return about what it takes to read so many rows of the ticket export and of the history."""
    a_page = {Stream.TICKETS: settings.per_page}
    requests = sum(math.ceil(n / a_page.get(stream, HISTORY_PAGE)) for stream, n in rows.items())
    return Cost(requests, math.ceil(requests / (EXPORTS_A_MINUTE * settings.rate_limit_share)))


def fetched(account: Account[ZendeskSettings], stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
    """Yield the agents, ratings or tickets' survey responses named; those Zendesk does not know are left out."""
    lookup = LOOKUPS[stream]
    for first in range(0, len(ids), lookup.most):
        chunk = ids[first : first + lookup.most]
        try:
            answer = account.session.get(lookup.path.format(id=chunk[0]), lookup.params(chunk))
        except RefusedError as refusal:
            if not account.lacks(refusal):
                raise
            continue
        found = answer.mapping().get(lookup.rows)
        rows = [found] if isinstance(found, dict) else listed(answer, lookup.rows)
        yield exports.rows_as_page(lookup.rows, rows, lookup.records, account.followed())


def all_of(account: Account[ZendeskSettings], stream: Stream, payload: type[Payload]) -> list[Payload]:
    """Return every row of a list that is read whole."""
    resource = RESOURCES[stream]
    first = resource.first(_start(account))
    return [
        understood(payload, row)
        for answer in paging.pages(account.session, resource.path, first, paging.by_cursor)
        for row in listed(answer, resource.rows)
    ]
