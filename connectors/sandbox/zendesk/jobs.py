"""Background jobs: bulk updates of tickets and users, and how far they have come."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from werkzeug.wrappers import Response

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.account import DAY
from connectors.sandbox.zendesk.call import PAGE, Call, Route, invalid, not_found, too_many_values, warning
from connectors.sandbox.zendesk.records import Job, Ticket
from connectors.sandbox.zendesk.rows import job_row
from connectors.sandbox.zendesk.service import Service
from connectors.sandbox.zendesk.values import WrongValueError, kept
from connectors.sandbox.zendesk.writes import CONFLICT, edit, writable

STARTS_AFTER, COMPLETES_AFTER = 2, 6  # seconds on the world's clock
STARTS_AT_POLL, COMPLETES_AT_POLL = 2, 4
UNDER_WAY = frozenset({"queued", "working"})
UNAPPLIED = frozenset({"vanished", "failed", "killed", "aborted"})


@dataclass(slots=True)
class Work:
    """What the items of one job need: in whose name, and which tickets it has changed itself."""

    service: Service
    author_id: int
    mark: int
    done: set[int] = field(default_factory=set)


def update_tickets(call: Call) -> Response:
    """Queue updates of up to 100 tickets: different ones as a batch, or one for all `ids`."""
    items = _items(call, "ticket")
    unknown: list[str] = []
    for item in items:
        unknown += _unknown(call, item)
    work = Work(call.service, call.author_id, call.state.next_audit_id)
    job = _queued(call, "Bulk Update Ticket", items, partial(_update_ticket, work))
    return answer({"job_status": job_row(job)}, headers=warning("tickets/update_many", dict.fromkeys(unknown)))


def _items(call: Call, key: str) -> list[Row]:
    if call.text("ids") is not None:
        return [{"id": found, **call.body(key)} for found in call.ids()]
    items = call.whole_body().get(f"{key}s")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise invalid(f"the body must have a list of {key}s, or the address ids")
    if len(items) > PAGE:
        raise too_many_values() if key == "ticket" else invalid(f"Maximum {PAGE} users may be updated per call")
    return items


def _unknown(call: Call, item: Row) -> list[str]:
    try:
        return edit(call.state, item, None).unknown
    except Refusal:
        return []  # the item will fail in the job, with this reason


def _update_ticket(work: Work, item: Row) -> None:
    state = work.service.state
    if item.get("safe_update") is True and item.get("updated_stamp") is None:
        raise invalid("updated_stamp is needed with safe_update")
    ticket = writable(state, item.get("id"))
    wish = edit(state, item, ticket)
    if _collides(work, ticket):
        work.service.conflicts.discard(ticket.id)
        raise Refusal(409, {"error": "UpdateConflict", "description": CONFLICT})
    state.update(ticket.id, wish.update(work.author_id))
    work.done.add(ticket.id)


def _collides(work: Work, ticket: Ticket) -> bool:
    """Tell whether someone else has updated the ticket since the job was queued."""
    touched = ticket.last_audit_id >= work.mark and ticket.id not in work.done
    return touched or ticket.id in work.service.conflicts


def update_users(call: Call) -> Response:
    """Queue updates of up to 100 users' own fields."""
    items = _items(call, "user")
    keys = {known.key for known in call.state.user_fields.values()}
    unknown = [f"user.user_fields.{key}" for item in items for key in _user_fields(item) if key not in keys]
    work = Work(call.service, call.author_id, call.state.next_audit_id)
    job = _queued(call, "Bulk Update User", items, partial(_update_user, work))
    return answer({"job_status": job_row(job)}, headers=warning("users/update_many", dict.fromkeys(unknown)))


def _user_fields(item: Row) -> Row:
    given = item.get("user_fields")
    return given if isinstance(given, dict) else {}


def _update_user(work: Work, item: Row) -> None:
    state, user_id = work.service.state, item.get("id")
    user = state.users.get(user_id) if isinstance(user_id, int) else None
    if user is None:
        raise not_found()
    try:
        for known in state.user_fields.values():
            if known.key in _user_fields(item):
                user.user_fields[known.key] = kept(known, _user_fields(item)[known.key])
    except WrongValueError as error:
        raise invalid(str(error)) from error
    user.updated_at = state.world.second


def _queued(call: Call, kind: str, items: list[Row], update: Callable[[Row], None]) -> Job:
    service, world = call.service, call.state.world
    if sum(job.status in UNDER_WAY for job in call.state.jobs.values()) >= service.job_limit:
        text = f"Only {service.job_limit} jobs may be queued or running at a time"
        raise Refusal(429, {"error": "TooManyJobs", "description": text}, {"Retry-After": str(COMPLETES_AFTER)})
    number = next(service.job_numbers)
    fate = service.job_fates.pop(0) if service.job_fates else None
    work = (lambda _: None) if fate == "pretended" else update
    job = Job(
        id=f"V3-{number:032x}", kind=kind, total=len(items), queued_at=world.now,
        act=partial(_results, items[: len(items) // 2] if fate == "half" else items, work, number), fate=fate,
    )  # fmt: skip
    call.state.jobs[job.id] = job
    world.agenda.add(int(world.now) + STARTS_AFTER, partial(_progress, job, call.state.world, "working"))
    world.agenda.add(int(world.now) + COMPLETES_AFTER, partial(_progress, job, call.state.world, "completed"))
    return job


def _results(items: list[Row], update: Callable[[Row], None], number: int) -> list[Row]:
    results = [_result(item, update) for item in items]
    Random(number).shuffle(results)  # noqa: S311 -- Zendesk promises no order, and worlds must repeat
    return results


def _result(item: Row, update: Callable[[Row], None]) -> Row:
    result: Row = {"id": item.get("id"), "action": "update"}
    try:
        update(item)
    except Refusal as refusal:
        return result | {"success": False} | _reason(refusal)
    return result | {"status": "Updated", "success": True}


def _reason(refusal: Refusal) -> Row:
    body: Row = refusal.body if isinstance(refusal.body, dict) else {}
    error, details = body.get("error"), body.get("details")
    if isinstance(error, dict):
        return {"error": error.get("title"), "details": error.get("message")}
    if isinstance(details, dict):
        texts = [str(fault["description"]) for faults in details.values() for fault in faults]
        return {"error": error, "details": "; ".join(texts)}
    return {"error": error, "details": body.get("description")}


def _progress(job: Job, world: WorldTime, status: str) -> None:
    """Move a job on, unless its fate or its polls have overtaken this."""
    if job.status not in UNDER_WAY or (job.fate == "stuck" and status == "completed"):
        return
    job.status = status
    if status != "completed":
        return
    if job.fate == "half":
        job.status, job.results = "killed", job.act()
    elif job.fate not in UNAPPLIED:
        done = job.act()
        job.results = {"success": True} if job.fate == "silent" else done
    elif job.fate != "vanished":
        job.status = str(job.fate)
    job.completed_at = world.now


def job_status(call: Call) -> Response:
    """Answer how far a job has come; asking again and again moves it on, too."""
    return answer({"job_status": job_row(_polled(call, call.words["job_id"]))})


def some_job_statuses(call: Call) -> Response:
    """Answer how far the named jobs have come."""
    names = [name for name in (call.text("ids") or "").split(",") if name in call.state.jobs]
    return answer({"job_statuses": [job_row(_polled(call, name)) for name in names]})


def _polled(call: Call, job_id: str) -> Job:
    job = call.state.jobs.get(job_id)
    if job is None or _forgotten(job, call.state.world.now):
        raise not_found()
    job.polls += 1
    if job.polls >= COMPLETES_AT_POLL:
        _progress(job, call.state.world, "completed")
    elif job.polls >= STARTS_AT_POLL:
        _progress(job, call.state.world, "working")
    return job


def _forgotten(job: Job, now: float) -> bool:
    """Tell whether a job's record is gone: after a day, or because that is its fate."""
    if job.completed_at is None:
        return False
    return job.fate in {"lost", "vanished"} or now - job.completed_at > DAY


ROUTES = (
    Route("PUT", "/api/v2/tickets/update_many", update_tickets, frozenset({"ids"})),
    Route(
        "PUT", "/api/v2/users/update_many", update_users, frozenset({"ids"}), admin=True, scope="users",
        quotas=("users-update",),
    ),
    Route("GET", "/api/v2/job_statuses/show_many", some_job_statuses, frozenset({"ids"})),
    Route("GET", "/api/v2/job_statuses/<job_id>", job_status),
)  # fmt: skip
