"""What is pulled and how: the table of lists that are read whole, and the few streams that are more than a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors import rows
from connectors.base import HOUR, PACES, STREAM_NAMES, Page, Stream, Unavailable
from connectors.connecting import Account
from connectors.errors import RefusedError, SignInError
from connectors.freshdesk import mapping, payloads, pulling
from connectors.freshdesk.activities import Export, Names, Reading
from connectors.freshdesk.pulling import Listening, Meaning, Whole
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.freshdesk.walking import Place, place
from kpi_engine.message import message
from kpi_engine.records import Rating

WHOLE: Mapping[Stream, Whole] = {
    Stream.AGENTS: Whole("/api/v2/agents", mapping.agent),
    Stream.GROUPS: Whole("/api/v2/groups", mapping.group),
    Stream.MEMBERSHIPS: Whole("/api/v2/groups", mapping.memberships, completed=pulling.group_with_agents),
    Stream.SCHEDULES: Whole("/api/v2/business_hours", mapping.schedule),
    Stream.SLA_POLICIES: Whole("/api/v2/sla_policies", mapping.sla_policy),
    Stream.CUSTOM_STATUSES: Whole("/api/v2/ticket_fields", mapping.statuses, {"type": "default_status"}),
}
WALKED = {Stream.TICKETS, Stream.HISTORY, Stream.RATINGS, Stream.ACTIVITIES}
OFFERED = tuple(stream for stream in Stream if stream in {*WHOLE, *WALKED})
SLOWLY: Mapping[Stream, int] = {
    **{stream: pace for stream, pace in PACES.items() if stream in WHOLE},
    Stream.MEMBERSHIPS: 6 * HOUR,
    Stream.ACTIVITIES: HOUR,
}
"""How many seconds may pass between two readings; who is in a group costs a request for each."""

_NEEDED = (Stream.TICKETS, Stream.HISTORY, Stream.AGENTS)


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one account; `own_writes` maps tickets to the instant of our own last write there."""

    account: Account[FreshdeskSettings]
    own_writes: Mapping[str, int]

    def pages(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of a stream since `cursor`; raises Unavailable where the plan has no such stream."""
        try:
            yield from self._pages(stream, cursor)
        except (SignInError, RefusedError) as error:
            if stream in _NEEDED or not self.account.lacks(error):
                raise
            told = message("Freshdesk does not offer {stream} to this account", stream=STREAM_NAMES[stream])
            raise Unavailable(told) from error

    def _pages(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        account, settings = self.account, self.account.settings
        if stream in WHOLE:
            return pulling.whole(account.session, WHOLE[stream])
        if stream is Stream.RATINGS:
            return pulling.ratings(account.session, cursor, account.history_from(), account.now(), self._rating)
        if stream is Stream.ACTIVITIES:
            begins, trusted = account.history_from(), settings.trusted_host
            return Export(account.session, self._names, begins, account.now(), trusted).pages(cursor)
        if stream is Stream.TICKETS:
            return pulling.tickets(account.session, self._place(cursor), account.followed(), settings.per_page)
        budget = settings.conversations_per_pass
        return Listening(account.session, budget, self.own_writes, settings.per_page).pages(self._place(cursor))

    def fetched(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the agents named; one who was deleted is an agent no longer, and left out."""
        for agent_id in ids if stream is Stream.AGENTS else ():
            try:
                row = self.account.session.get(f"/api/v2/agents/{agent_id}").json
            except RefusedError as refusal:
                if not self.account.lacks(refusal):
                    raise
                continue
            yield pulling.rows_as_page("agents", [row], mapping.agent, None, None)

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today."""
        return rows.read_again(stream, raw, lambda row: self._again(stream, row))

    def _again(self, stream: Stream, row: object) -> Page:
        if stream is Stream.HISTORY:
            return rows.page_of([])  # what was said is read again with the ticket
        if stream is Stream.ACTIVITIES:
            return pulling.rows_as_page(stream, [row], Reading(self._names()).events, None, None)
        meanings: dict[Stream, Meaning] = {
            Stream.TICKETS: lambda one: mapping.ticket(one, self.account.followed()),
            Stream.RATINGS: self._rating,
            **{listing: each.records for listing, each in WHOLE.items()},
        }
        return pulling.rows_as_page(stream, [row], meanings[stream], None, None)

    def _rating(self, row: object) -> Sequence[Rating]:
        return mapping.rating(row, self.account.settings.csat.question)

    def _names(self) -> Names:
        session = self.account.session
        statuses = pulling.all_rows(session, WHOLE[Stream.CUSTOM_STATUSES], payloads.TicketField)
        groups = pulling.all_rows(session, WHOLE[Stream.GROUPS], payloads.Group)
        labels = {label: number for row in statuses for number, label in mapping.labels(row)}
        return Names(labels, {each.name: each.id for each in groups})

    def _place(self, cursor: str | None) -> Place:
        return place(cursor, self.account.history_from() if cursor is None else 0, self.account.now())
