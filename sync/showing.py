"""What a pass did, in sentences for people and as a JSON document."""

from collections.abc import Iterator
from dataclasses import asdict

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from sync.backfill import Backfilled
from sync.counting import REQUESTS, ROWS, SUMMARIES, TICKETS
from sync.cycle import Mode, PassReport
from sync.effect_text import effect_document, effect_sentences
from sync.findings import sentence
from sync.locale import Language
from sync.planning import FieldChange, TicketPlan
from sync.value_words import value_words
from sync.waiting_text import waiting_documents, waiting_sentences
from sync.wording import FIELD_TITLES, TARGET_NAMES

LISTED = 20
_EITHER = frozenset({Stream.RATINGS, Stream.SURVEYS})


def pass_sentences(report: PassReport, mode: Mode, language: Language) -> Iterator[Message]:
    """Yield what a person wants to know about a pass, the result first."""
    if report.as_of is None:
        yield message("{name}: nothing is complete yet; the next pass goes on", name=report.connector)
        return
    rows = sum(report.pulled.rows.values())
    yield message(
        "{name}: data complete to {as_of}; {rows} pulled, {measured} measured, {requests}, waited {waited}",
        name=report.connector,
        as_of=language.moment(report.as_of),
        rows=ROWS.of(rows, language),
        measured=TICKETS.of(report.measured, language),
        requests=REQUESTS.of(report.usage.requests, language),
        waited=language.duration(report.usage.waited),
    )
    yield from _gaps(report)
    if mode.dry_run or not report.armed:
        yield from _planned(report, mode, language)
    else:
        yield from _written(report, language)


def _gaps(report: PassReport) -> Iterator[Message]:
    skipped = report.pulled.skipped
    for stream, reason in skipped.items():
        if stream in _EITHER and not skipped.keys() >= _EITHER:
            continue  # an account has one system of ratings, never both
        yield message("{stream} skipped: {reason}", stream=STREAM_NAMES[stream], reason=reason)
    yield from report.pulled.notes
    if report.outdated is not None and report.outdated.tickets:
        yield message("deleted: {tickets} older than privacy.retention", tickets=TICKETS.of(report.outdated.tickets))
    if report.pulled.rejected:
        yield message("in quarantine: {rows} that could not be read", rows=ROWS.of(report.pulled.rejected))
    yield from report.problems
    yield from report.rules
    yield from report.effects.sentences()
    for withheld in report.withheld:
        yield message(
            "not written: {summaries} for {period} ({subjects}): {reason}",
            summaries=SUMMARIES.of(len(withheld.subjects)),
            period=withheld.period,
            subjects=", ".join(withheld.subjects),
            reason=withheld.reason,
        )


def _planned(report: PassReport, mode: Mode, language: Language) -> Iterator[Message]:
    if missing := [setup.wanted.title for setup in report.setups if setup.problem is None]:
        yield message("custom fields that would be created: {titles}", titles=", ".join(missing))
    yield message("writes this pass would make: {n}; none was made", n=report.writes_due)
    if mode.dry_run:
        yield from _each_write(report, language)
        yield from waiting_sentences(report.waiting, language)
    elif report.writes_due:
        yield message("look at them with --dry-run")
    if not report.armed and report.stopped is not None:
        yield report.stopped
    elif not report.armed and report.writes_due:
        yield message("writing is not yet allowed: the first pass with --yes allows it, for all later passes too")


def _each_write(report: PassReport, language: Language) -> Iterator[Message]:
    for plan in report.plans:
        yield from change_sentences(plan, language)
    for effect in report.effects.plans:
        yield from effect_sentences(effect, language)
    for desired in report.agents:
        for key, new in desired.values.items():
            old = desired.previous.get(key)
            yield message(
                "agent {id}: {field}: {old} → {new} ({why})",
                id=desired.target_id,
                field=INDICATORS[key].name,
                old=value_words(key, old, language),
                new=value_words(key, new, language),
                why=desired.why,
            )
    for due in report.summaries:
        subject = due.desired.summary.subject if due.desired.summary is not None else ""
        if due.new:
            yield message("new ticket: {subject} ({why})", subject=subject, why=due.desired.why)
        else:
            yield message("note on: {subject} ({why})", subject=subject, why=due.desired.why)


def _written(report: PassReport, language: Language) -> Iterator[Message]:
    if report.created_fields:
        yield message("custom fields created: {titles}", titles=", ".join(report.created_fields))
    yield message(
        "written: {delivered}; refused: {refused}; closed tickets set aside: {closed}; still waiting: {waiting}",
        delivered=language.number(report.sent.delivered.total),
        refused=language.number(report.sent.refused.total),
        closed=language.number(report.closed + report.sent.closed),
        waiting=language.number(report.sent.waiting),
    )
    if report.backfilled is not None:
        yield _past(report.backfilled, language)
    if report.sent.waiting:
        yield message("the next pass writes what is waiting, unless --max-writes bounds it again")
    for queued, reason in report.sent.refused[:LISTED]:
        yield message(
            "{target} {id} refused: {reason}", target=TARGET_NAMES[queued.target], id=queued.target_id, reason=reason
        )
    if report.sent.conflicts:
        n = report.sent.conflicts
        yield message("{n} changed on the helpdesk since they were planned; the next pass looks again", n=n)
    yield from report.sent.warnings.values()
    for edit in report.edits[:LISTED]:
        yield sentence(edit)


def _past(found: Backfilled, language: Language) -> Message:
    if found.is_whole:
        return message(
            "backfill done: {tickets} looked at, {planned} written, {summaries} due",
            tickets=TICKETS.of(found.tickets, language),
            planned=language.number(found.planned),
            summaries=SUMMARIES.of(found.summaries, language),
        )
    return message(
        "backfill under way: {tickets} looked at; `sync --backfill` goes on from there",
        tickets=TICKETS.of(found.tickets, language),
    )


def change_sentences(plan: TicketPlan, language: Language) -> Iterator[Message]:
    """Yield one line per field a ticket's write changes: object, field, old → new, why."""
    for change in plan.changes:
        yield message(
            "ticket {id}: {field}: {old} → {new} ({why})",
            id=plan.ticket_id,
            field=FIELD_TITLES[change.key],
            old=value_words(change.key, change.old, language),
            new=value_words(change.key, change.new, language),
            why=change.why,
        )


def pass_document(report: PassReport) -> dict[str, object]:
    """Return the pass as JSON: counts, every planned write, what was refused."""
    return {
        "connector": report.connector,
        "as_of": report.as_of,
        "rows": report.pulled.rows,
        "new_rows": report.pulled.new,
        "quarantined": report.pulled.rejected,
        "notes": [str(note) for note in report.pulled.notes],
        "skipped": {stream: str(reason) for stream, reason in report.pulled.skipped.items()},
        "measured": report.measured,
        "requests": report.usage.requests,
        "waited_seconds": report.usage.waited,
        "armed": report.armed,
        "fields_created": report.created_fields,
        "writes": [_change(plan, change) for plan in report.plans for change in plan.changes],
        "effects": [effect_document(plan) for plan in report.effects.plans],
        "effects_left": {words: n for words, (_, n) in report.effects.left.items()},
        "effect_remarks": list(report.effects.remarks),
        "agent_writes": [
            {"agent_id": each.target_id, "values": dict(each.values), "previous": dict(each.previous)}
            for each in report.agents
        ],
        "summaries": [due.summary.external_id for due in report.summaries],
        "already_queued": waiting_documents(report.waiting),
        "unsettled": report.waiting.unsettled,
        "writes_due": report.writes_due,
        "withheld": [
            {"subjects": list(w.subjects), "period": w.period, "reason": str(w.reason)} for w in report.withheld
        ],
        **_outcomes(report),
        "problems": [str(problem) for problem in report.problems],
        "rules": [str(sentence) for sentence in report.rules],
        "warnings": list(report.sent.warnings),
    }


def _outcomes(report: PassReport) -> dict[str, object]:
    """Return what became of the writes: delivered, refused, overwritten by others, set aside, still waiting."""
    return {
        "delivered": report.sent.delivered.total,
        "conflicts": report.sent.conflicts,
        "edits": [
            {"ticket_id": e.target_id, "field": e.field, "expected": e.expected, "found": e.found, "what": e.what}
            for e in report.edits
        ],
        "refused": [
            {"target": q.target, "id": q.target_id, "reason": str(reason)} for q, reason in report.sent.refused
        ],
        "closed": report.closed + report.sent.closed,
        "backfill": None if report.backfilled is None else asdict(report.backfilled),
        "waiting": report.sent.waiting,
    }


def _change(plan: TicketPlan, change: FieldChange) -> dict[str, object]:
    return {
        "ticket_id": plan.ticket_id,
        "field": change.key,
        "old": change.old,
        "new": change.new,
        "why": str(change.why),
    }
