"""How changes are sent: bulk updates that become jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from connectors.base import Change, Snoozed, Target, UnderWay
from connectors.connecting import Account
from connectors.delivering import LATER, Outcomes, for_all, homeless, merged
from connectors.errors import RefusedError, TransientError, UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.zendesk import jobs
from connectors.zendesk.jobs import Told
from connectors.zendesk.mapping import ticket_update, user_update
from connectors.zendesk.payloads import JobStatus
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.message import Message, message

_DIVISIBLE = frozenset({400, 413, 422})  # one item's fault may have cost the whole batch


@dataclass(frozen=True, slots=True)
class Bulk:
    """A kind of bulk update: its address, the key of its items, an item's payload, and where our fields live."""

    path: str
    items: str
    payload: Callable[[Change], dict[str, object]]
    field_ids: Mapping[str, str]

    @property
    def keys(self) -> Mapping[str, str]:
        """Our keys by Zendesk's names of the fields."""
        return {name: key for key, name in self.field_ids.items()}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery gave: an outcome each, and what Zendesk warned of in which job."""

    outcomes: Outcomes
    warnings: Mapping[str, Message]


def bulk_of(account: Account[ZendeskSettings], target: Target) -> Bulk:
    """Return how fields of tickets or of users are written."""
    ids = account.names(target)
    if target is Target.AGENT:
        return Bulk("/api/v2/users/update_many.json", "users", partial(user_update, field_keys=ids), ids)
    update = partial(ticket_update, field_ids=ids, zone=account.zone)
    return Bulk("/api/v2/tickets/update_many.json", "tickets", update, ids)


def send_bulk(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    """Send the changes in one request; values are absolute, so that a lost answer may simply be repeated.

    A batch refused as a whole is halved until the item at fault stands alone.
    """
    refused = homeless(changes, bulk.field_ids, "Zendesk")
    sendable = [change for change in changes if change.change_id not in refused]
    if not sendable:
        return Sent(refused, {})
    sent = _send(session, bulk, sendable)
    return Sent(refused | sent.outcomes, sent.warnings)


def _send(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    try:
        items = [bulk.payload(change) for change in merged(changes).values()]
        answer = session.send("PUT", bulk.path, {bulk.items: items}, safe_to_repeat=True)
    except TransientError as error:
        return Sent(for_all(changes, Snoozed(error.after or LATER, error.message)), {})
    except RefusedError as error:
        outcome = jobs.refused(error.detail or str(error), error.status, bulk.keys)
        if len(changes) == 1 or error.status not in _DIVISIBLE or isinstance(outcome, Snoozed):
            return Sent(for_all(changes, outcome), {})
        return _halved(session, bulk, changes)
    job = job_status(answer).id
    warning = jobs.warning_in(answer.headers, bulk.keys)
    return Sent(for_all(changes, UnderWay(job)), {job: warning} if warning else {})


def _halved(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    middle = len(changes) // 2
    first, second = _send(session, bulk, changes[:middle]), _send(session, bulk, changes[middle:])
    return Sent(first.outcomes | second.outcomes, {**first.warnings, **second.warnings})


def job_status(answer: Answer) -> JobStatus:
    """Return the job in an answer; raises UnexpectedPayloadError where there is none."""
    try:
        return JobStatus.model_validate(answer.mapping().get("job_status"))
    except ValueError as error:
        raise UnexpectedPayloadError(message("Zendesk's answer names no job")) from error


def follow(session: Session, job: str, changes: Sequence[Change], told: Told) -> Outcomes:
    """Return what became of a job's changes; Zendesk forgets a job after about a day."""
    try:
        answer = session.get(f"/api/v2/job_statuses/{job}.json")
    except TransientError:
        return for_all(changes, UnderWay(job))
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return jobs.lost(changes, message("Zendesk no longer knows the job {job}", job=job))
    return jobs.judged(job_status(answer), changes, told)
