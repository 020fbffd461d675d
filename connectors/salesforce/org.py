"""What an org is like, asked once and kept for a while: its objects as we may see them, its statuses, who we are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from connectors.connecting import Account
from connectors.errors import RefusedError, SignInError, UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.rows import understood
from connectors.salesforce import lists, refusals
from connectors.salesforce.descriptions import Description, FieldDescription
from connectors.salesforce.payloads import CaseStatus, Payload, asked
from connectors.salesforce.sense import Sense
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.signing_in import AppToken
from connectors.salesforce.soql import Query, among, chosen_by, id_chunks, is_
from kpi_engine.message import message
from kpi_engine.records import CustomStatus

P = TypeVar("P", bound=Payload)

KEPT_FOR = 3600
"""Seconds after which what an org is like is asked anew."""

PAGE = 2000
TOO_LONG = frozenset({414, 431})
"""The statuses, each with a page in HTML, of a request whose address or headers are too long."""

VERSIONS = "/services/data/"


@dataclass(slots=True)
class Org:
    """One org: the account that is talked to, and what was learned about it."""

    account: Account[SalesforceSettings]
    _described: dict[str, Description | None] = field(default_factory=dict, init=False)
    _statuses: list[CustomStatus] | None = field(default=None, init=False)
    _tracked: frozenset[str] | None = field(default=None, init=False)
    _learned_at: float = field(default=0.0, init=False)

    @property
    def session(self) -> Session:
        """The session with the org."""
        return self.account.session

    @property
    def settings(self) -> SalesforceSettings:
        """What the admin told of the org."""
        return self.account.settings

    def begin(self) -> None:
        """Start a pass: what was learned long ago is learned again."""
        self.account.begin()
        self.forget()

    def forget(self, *, at_once: bool = False) -> None:
        """Forget what was learned, where it is old or `at_once`."""
        now = self.session.clock.now()
        if at_once or not 0 <= now - self._learned_at < KEPT_FOR:
            self._described, self._statuses, self._tracked, self._learned_at = {}, None, None, now

    @property
    def root(self) -> str:
        """Where the API of the version we speak begins."""
        return f"/services/data/v{self.settings.api_version}"

    def own_id(self) -> str:
        """Return who we are: what the answer to the sign-in says."""
        signed = self.session.sign_in
        if isinstance(signed, AppToken) and signed.user_id is None:
            self.session.get(f"{self.root}/limits")  # whatever is asked first signs in
        found = signed.user_id if isinstance(signed, AppToken) else None
        if found is None:
            raise UnexpectedPayloadError(message("Salesforce's answer to the sign-in does not say who we are"))
        return found

    # -- objects ------------------------------------------------------------------------------------------------------

    def described(self, name: str) -> Description | None:
        """Return an object as we may see it; None where the org has none, or hides it from us."""
        if name not in self._described:
            self._described[name] = self._describe(name)
        return self._described[name]

    def _describe(self, name: str) -> Description | None:
        try:
            answer = self.session.get(f"{self.root}/sobjects/{name}/describe")
        except (RefusedError, SignInError) as error:
            if refusals.lacks(error):
                return None
            raise
        return understood(Description, answer.json)

    def fields(self, name: str) -> dict[str, FieldDescription]:
        """Return the fields of an object by API name, as far as we may see them."""
        described = self.described(name)
        return {} if described is None else {each.name: each for each in described.fields}

    def prefix(self, name: str) -> str | None:
        """Return how the ids of an object begin; None where the org has none, or hides it from us."""
        described = self.described(name)
        return None if described is None else described.key_prefix

    def labels(self) -> dict[str, str]:
        """Return the labels of a case's fields by API name."""
        return {name: field.label for name, field in self.fields("Case").items()}

    def record_types(self) -> dict[str, str]:
        """Return the names of the record types of cases by id, without the one that stands for none."""
        described = self.described("Case")
        return {
            each.record_type_id: each.name
            for each in (described.record_type_infos if described is not None else ())
            if each.record_type_id is not None and not each.master
        }

    def has(self, name: str) -> Callable[[str], bool]:
        """Return what tells whether an object has a field that we may see."""
        return self.fields(name).__contains__

    def tracked(self) -> frozenset[str]:
        """Return the fields of cases whose changes are tracked; none where that may not be asked."""
        if self._tracked is None:
            query = Query(
                "FieldDefinition",
                ("QualifiedApiName", "IsFieldHistoryTracked"),
                (is_("EntityDefinition.QualifiedApiName", "Case"),),
            )
            try:
                rows = [row for row in self.rows(query) if row.get("IsFieldHistoryTracked") is True]
            except (RefusedError, SignInError) as error:
                if not refusals.lacks(error):
                    raise
                rows = []
            self._tracked = frozenset(str(row.get("QualifiedApiName")) for row in rows)
        return self._tracked

    # -- rows ---------------------------------------------------------------------------------------------------------

    def query(self, text: str, *, deleted: bool = False) -> Answer:
        """Return the first answer to a query; with the rows that were deleted or merged away too."""
        try:
            return self.session.get(f"{self.root}/{'queryAll' if deleted else 'query'}", {"q": text})
        except RefusedError as refusal:
            if refusals.lacks(refusal):  # a field or an object was taken away since it was described
                self.forget(at_once=True)
            raise

    def rows(self, query: Query, *, deleted: bool = False) -> Iterator[dict[str, object]]:
        """Yield the rows of a short list, following where it is cut into batches; `deleted`: those in the bin too."""
        try:
            yield from self._batches(query, deleted=deleted)
        except RefusedError as refusal:
            if refusals.STALE not in refusals.codes_of(refusal):
                raise
            yield from self._batches(query, deleted=deleted)  # the session ended in between: all over again

    def _batches(self, query: Query, *, deleted: bool) -> list[dict[str, object]]:
        answer = self.query(query.text(), deleted=deleted)
        found = listed(answer)
        while (following := next_batch(answer, self.root)) is not None:
            answer = self.session.get(following)
            found += listed(answer)
        return found

    def rows_among(
        self, query: Query, name: str, ids: Iterable[str], *, deleted: bool = False
    ) -> Iterator[dict[str, object]]:
        """Yield the rows whose field `name` is one of some ids: as many at once as an address can hold."""
        for chunk in id_chunks(ids):
            yield from self._rows_among(query, name, chunk, deleted=deleted)

    def _rows_among(self, query: Query, name: str, ids: list[str], *, deleted: bool) -> Iterator[dict[str, object]]:
        try:
            found = list(self.rows(query.narrowed(among(name, ids)), deleted=deleted))
        except RefusedError as refusal:
            if refusal.status not in TOO_LONG or len(ids) == 1:
                raise
            middle = len(ids) // 2
            for half in (ids[:middle], ids[middle:]):  # a proxy on the way may take less than Salesforce does
                yield from self._rows_among(query, name, half, deleted=deleted)
        else:
            yield from found

    def all(self, payload: type[P], name: str, query: Query | None = None) -> list[P]:
        """Return all rows of an object as payloads; raises UnexpectedPayloadError for one that cannot be read."""
        wanted = query or Query(name, asked(payload, self.has(name)))
        return [understood(payload, row) for row in self.rows(wanted)]

    def statuses(self) -> list[CustomStatus]:
        """Return the statuses of cases as the org words them."""
        if self._statuses is None:
            rows = self.rows(Query("CaseStatus", asked(CaseStatus)))
            self._statuses = [status for row in rows for status in lists.custom_status(row, Sense())]
        return self._statuses

    def queues(self) -> Query:
        """Return the query for the queues that take cases."""
        taking = Query("QueueSobject", ("QueueId",), (is_("SobjectType", "Case"),))
        return Query("Group", ("Id", "Name"), (is_("Type", "Queue"), chosen_by("Id", taking)), by=("Id",))


def versions(session: Session) -> list[str]:
    """Return the versions of the API that an org speaks: asking for them needs no sign-in."""
    answer = session.send("GET", VERSIONS, None, safe_to_repeat=True, unsigned=True)
    rows = answer.json if isinstance(answer.json, list) else []
    return [str(row["version"]) for row in rows if isinstance(row, dict) and "version" in row]


def next_batch(answer: Answer, root: str) -> str | None:
    """Return where the next batch is; only what follows the API's own root is taken of the address."""
    following = answer.mapping().get("nextRecordsUrl")
    if answer.mapping().get("done") is not False or not isinstance(following, str):
        return None
    return f"{root}/query/{following.rpartition('/')[2]}"


def listed(answer: Answer) -> list[dict[str, object]]:
    """Return the rows in an answer; raises UnexpectedPayloadError where there are none to be found."""
    rows = answer.mapping().get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedPayloadError(message("Salesforce's answer has no list of records"))
    return rows
