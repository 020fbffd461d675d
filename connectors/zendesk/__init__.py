"""Zendesk: the verbs of the connector; what each does lies in the module it names."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from connectors.base import (
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
    Stream,
    Target,
    Usage,
    WantedField,
    WantedView,
)
from connectors.connecting import UTC, Account, session_with
from connectors.errors import RefusedError, SignInError
from connectors.quota import Allowance, Quota
from connectors.zendesk import (
    acting,
    carrying,
    checking,
    delivering,
    exports,
    mapping,
    rules,
    setup,
    showing,
    streams,
    summaries,
)
from connectors.zendesk.jobs import Told
from connectors.zendesk.placing import Placing
from connectors.zendesk.reading import Staff, staff_of
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.signing_in import credentials
from connectors.zendesk.streams import BATCH, EXPORTS_A_MINUTE, RESOURCES, TALK
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, SlaPolicy, TicketSnapshot

# https://developer.zendesk.com/api-reference/introduction/rate-limits/
ENDPOINT_LIMITS: Mapping[str, Allowance] = {
    r"/api/v2/incremental/": Allowance(EXPORTS_A_MINUTE),
    TALK: Allowance(EXPORTS_A_MINUTE),
    r"/api/v2/tickets/(update_many|\d+)\.json": Allowance(100, method="PUT"),
    r"/api/v2/users/update_many\.json": Allowance(60, method="PUT"),
    r"/api/v2/ticket_fields\.json": Allowance(300),
}


def connect(
    settings: ZendeskSettings, clock: Clock, report_zone: ZoneInfo = UTC, mapped_fields: frozenset[str] = frozenset()
) -> "Zendesk":
    """Return the connector of a configured account, with a session of its own.

    Without its secret it can still do what asks Zendesk nothing; a request then raises SecretError.
    """
    quota = Quota(settings.rate_limit_share, clock, ENDPOINT_LIMITS)
    session = session_with(settings, partial(credentials, settings, clock), quota)
    ask = partial(checking.who_am_i, session, settings.base_url)
    return Zendesk(Account(settings, session, ask, report_zone, mapped_fields))


class Zendesk:
    """One Zendesk account."""

    paces: Mapping[Stream, int] = PACES
    statuses: Mapping[str, str] = mapping.STATUSES
    metrics: Mapping[str, str] = mapping.METRICS
    scales: bool = False  # good and bad have no score, and a survey response does not say how long its scale is
    tells_history: bool = True
    closed_is_final: bool = True
    takes_tags: bool = True
    untold: frozenset[str] = frozenset()
    batch: int = BATCH
    effects: frozenset[str] = acting.EFFECTS

    def __init__(self, account: Account[ZendeskSettings]) -> None:
        self.name = account.settings.name
        self.streams: Sequence[Stream] = streams.offered(account.settings)
        self.account = account
        self.session = account.session
        self._warnings: dict[str, Message] = {}
        self._people: Staff | None = None
        self._rules: rules.Rules | None = None
        self._own_id: str | None = None

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        self.account.begin()
        self._rules = None
        self._people = None  # who may read a ticket is asked once a pass, not kept from one to the next

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        return self.account.usage()

    def close(self) -> None:
        """Let go of connections."""
        self.session.close()

    # -- pulling ------------------------------------------------------------------------------------------------------

    def pull(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of `stream` since `cursor`; raises Unavailable where the plan has no such stream."""
        if stream is Stream.AGENTS:
            self._people = None
        yield from streams.pages(self.account, stream, cursor)

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows of the ticket export and of the history."""
        return streams.cost(self.account.settings, rows)

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the agents, ratings or tickets' survey responses named; those Zendesk does not know are left out."""
        yield from streams.fetched(self.account, stream, ids)

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return what to fetch where the ticket shows another rating: its id, or the ticket's for survey responses."""
        rating_id = mapping.unseen_rating(ticket, ratings)
        if rating_id is None:
            return {}
        named = {Stream.RATINGS: rating_id} if rating_id else {}
        return {**named, Stream.SURVEYS: ticket.ticket_id}

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        return exports.read_again(RESOURCES[stream], raw, self.account.followed())

    # -- the account --------------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, credentials, quota, clock, export rights and feature availability."""
        yield from checking.checks(self.session, self.account.settings)
        self.account.history_from()

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return the titles of all ticket fields, or of all ticket forms, by id; nothing where the plan has none."""
        if kind is Named.FIELD:
            return {each.id: each.title for each in setup.definitions(self.session, Target.TICKET)}
        try:
            return {form.id: form.name for form in self._placing().forms()}
        except (SignInError, RefusedError) as error:
            if self.account.lacks(error):
                return {}
            raise

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what the account has; changes nothing."""
        return setup.standing(self.account, wanted)

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing custom field and return its id (its key, on users); after a lost answer, look first."""
        return setup.create(self.account, wanted)

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Remember where each of our field keys lives, by target and key."""
        self.account.fields = dict(remote_ids)

    def remove_field(self, target: Target, remote_id: str) -> None:
        """Delete a custom field with all it holds; one that is gone already is fine."""
        setup.remove(self.session, target, remote_id)

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

    # -- writing ------------------------------------------------------------------------------------------------------

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by object id; an object that is gone is absent."""
        return dict(showing.shown(self.account, target, ids))

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch of one target and return each change's outcome by its id."""
        if not changes:
            return {}
        if changes[0].target is Target.SUMMARY:
            return {change.change_id: self._deliver_summary(change) for change in changes}
        if changes[0].target is Target.ESCALATION:
            return {change.change_id: acting.act(self.session, change, self.own_id()) for change in changes}
        sent = delivering.send_bulk(self.session, delivering.bulk_of(self.account, changes[0].target), changes)
        self._warnings |= sent.warnings
        return sent.outcomes

    def _deliver_summary(self, change: Change) -> Outcome:
        return summaries.deliver(self.session, change, self.own_id(), lambda name: self._staff().group_id(name))

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return what became of the changes sent in `job`: still under way, or an outcome each."""
        told = Told(self.account.ours(changes[0].target), self._warnings.get(job))
        return delivering.follow(self.session, job, changes, told)

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the tickets that carry `external_id`, oldest first; this list has no index delay."""
        return summaries.found(self.session, external_id)

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a comment with that marker stands on a ticket; None where the ticket is gone."""
        return summaries.noted(self.session, ticket_id, marker)

    def undone(self, change: Change) -> frozenset[str] | None:
        """Return the keys of what an escalation wrote and its ticket does not show; None where that is gone."""
        return acting.undone(self.session, change)

    def own_id(self) -> str:
        """Return the id of the user whose credentials are used."""
        if self._own_id is None:
            user, _ = checking.who_am_i(self.session, self.account.settings.base_url)
            self._own_id = user.id
        if self._own_id is None:
            raise SignInError(message("Zendesk takes us for an anonymous visitor; check the credentials"))
        return self._own_id

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a private ticket in that group with that assignee."""
        return self._staff().readers(group, assignee_id)

    def carry_over(self, policies: Sequence[SlaPolicy], _seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        return carrying.carried(policies)

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the ticket."""
        return f"{self.account.settings.base_url.rstrip('/')}/agent/tickets/{ticket_id}"

    def _placing(self) -> Placing:
        return Placing(self.session, self.account.settings.push.ticket_fields, self.account.names(Target.TICKET))

    def _staff(self) -> Staff:
        self._people = self._people or staff_of(self.account)
        return self._people
