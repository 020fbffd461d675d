"""`helpdesk-kpi status`: what the plugin has been doing and how old its data is."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from connectors.base import DATING, STREAM_NAMES, Stream
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.announcing import announced_counts, unannounced_in_force, unannounced_text
from sync.cli.choosing import asked_period
from sync.cli.frame import Call, framed
from sync.counting import ROWS, TICKETS, WRITES
from sync.exits import Exit
from sync.figures import figures
from sync.findings import sentence as in_words
from sync.locale import Language, terminal_text
from sync.planning import ARMED
from sync.policies import in_force, moment_of, sentences
from sync.quality import Quality, quality_of
from sync.refetch import lacking_fields
from sync.scheduler import next_run
from sync.settling_charges import corrections_left, wait_of
from sync.sources import as_of_now
from sync.stopping import stopped
from sync.store.findings import Finding
from sync.store.observations import INPUTS
from sync.store.passes import Pass
from sync.wording import CHANGE_STATES, PASS_WORDS, SUMMARY_STATES

NOT_YET = message("writing: not yet allowed; the first pass with --yes allows it")
_SHOWN_PASSES = 5
_SHOWN_FINDINGS = 10


@click.command(
    "status",
    help=terminal_text(message("Show the last passes, the data's age, the outbox, the quarantine and the next runs.")),
)
@click.argument("names", nargs=-1)
@click.option(
    "--passes",
    type=click.IntRange(1),
    default=_SHOWN_PASSES,
    show_default=True,
    help=terminal_text(message("How many of the last passes to show.")),
)
@framed
def command(call: Call, names: tuple[str, ...], passes: int) -> Exit:
    """Show how every account, or those named, stand; asks no helpdesk."""
    with call.accounts(names, signed_in=False) as accounts:
        call.answer({"accounts": [_shown(call, account, passes) for account in accounts]})
    return Exit.OK


def _shown(call: Call, account: Account, passes: int) -> dict[str, object]:
    document = status_document(account, passes)
    _say(call, account, document, passes)
    return document


def status_document(account: Account, passes: int = _SHOWN_PASSES) -> dict[str, object]:
    """Return an account's state as JSON; instants are seconds since 1970 UTC."""
    store, name, now = account.store, account.name, account.now()
    as_of = as_of_now(account)
    return {
        "connector": name,
        "as_of": as_of,
        "lag_seconds": now - as_of if as_of is not None else None,
        "tickets": store.records.ticket_count(name, own=False),
        "armed": store.switches.number(name, ARMED) is not None,
        "passes": [
            {
                "pass_id": each.pass_id,
                "began_at": each.began_at,
                "ended_at": each.ended_at,
                "mode": each.mode,
                "state": each.state,
                "as_of": each.as_of,
                "counts": dict(each.counts),
            }
            for each in store.passes.last(name, passes)
        ],
        "streams": {
            str(stream): {"complete_through": cursor.complete_through, "saved_at": cursor.saved_at}
            for stream, cursor in store.cursors.all(name).items()
        },
        "outbox": {state.value: n for state, n in store.changes.counts(name).items()},
        "findings": [_finding(each) for each in store.findings.open(name, _SHOWN_FINDINGS)],
        "findings_in_all": {what.value: n for what, n in store.findings.counts(name).items()},
        "quarantine": store.quarantine.count(name),
        "quarantine_of_files": store.quarantine.count(INPUTS),
        "summaries": store.summaries.counts(name),
        "quality": None if (found := _quality(account, as_of)) is None else found.document(),
        "policies": _policies(account),
        "announcements": announced_counts(account),
        "unannounced": unannounced_in_force(account),
        "charges_waiting": None if (wait := wait_of(account)) is None else wait.document(),
        "corrections_left": corrections_left(account),
        "lacking": [str(sentence) for sentence in lacking_fields(account)],
        "next_run": next_run(account.own.schedule, account.settings.timezone, now),
    }


def _quality(account: Account, as_of: int | None) -> Quality | None:
    """Return how sure the figures of the month are that the data has reached."""
    if as_of is None:
        return None
    period = asked_period(account, "month", None, as_of)
    return quality_of(figures(account, period, Scope.ACCOUNT, as_of).scorecards.values())


def _policies(account: Account) -> dict[str, object]:
    now = in_force(account)
    return {
        "edition": None if now.edition is None else now.edition.digest,
        "in_force_from": None if now.edition is None else now.edition.valid_from,
        "problems": [str(problem) for problem in now.problems],
        "wrong_since": now.wrong_since,
    }


def _policy_sentences(account: Account) -> list[Message]:
    now = in_force(account)
    if now.problems or now.edition is None:
        return sentences(account, now)
    start = moment_of(account, now.edition)
    return [message("policies: edition {edition}, in force from {moment}", edition=now.edition.digest, moment=start)]


def charge_sentences(account: Account, language: Language) -> Iterator[Message]:
    """Yield what charges wait for: other accounts that are behind, and this one's next pass."""
    wait, left = wait_of(account), corrections_left(account)
    if wait is not None:
        yield wait.sentence(language)
    if left:
        began = [each.began_at for each in account.store.passes.last(account.name, 1)]
        yield message(
            "corrections of other accounts that the next pass brings into the charges here: {n}; the last pass was on "
            "{moment}, so let this account run, or take it out of the configuration",
            n=left,
            moment=language.moment(began[0]) if began else "–",
        )


def _announcement_sentences(account: Account) -> Iterator[Message]:
    counts, names = announced_counts(account), unannounced_in_force(account)
    if counts["made"]:
        yield message("announcements: {known} acknowledged of {n}", known=counts["acknowledged"], n=counts["made"])
    if names:
        yield unannounced_text(names)


def _say_streams(call: Call, account: Account) -> None:
    """Say how far each stream is that dates the figures: the one that is furthest behind dates them all."""
    for stream, cursor in account.store.cursors.all(account.name).items():
        if Stream(stream) in DATING and cursor.complete_through is not None:
            call.say(
                message(
                    "  {stream}: complete to {moment}",
                    stream=STREAM_NAMES[Stream(stream)],
                    moment=call.language.moment(cursor.complete_through),
                )
            )


def _say(call: Call, account: Account, document: dict[str, object], passes: int) -> None:
    language, store, name = call.language, account.store, account.name
    as_of = document["as_of"]
    n = store.records.ticket_count(name, own=False)
    call.say(message("{name}: {tickets}", name=name, tickets=TICKETS.of(n, language)))
    if isinstance(as_of, int):
        call.say(
            message(
                "  data complete to {as_of}, {age} ago",
                as_of=language.moment(as_of),
                age=language.duration(max(0, account.now() - as_of)),
            )
        )
    _say_streams(call, account)
    for each in store.passes.last(name, passes):
        call.say(_pass_sentence(each, language))
    outbox = _listed(store.changes.counts(name), CHANGE_STATES, language)
    call.say(message("  outbox: {outbox}", outbox=outbox or "–"))
    _say_findings(call, account)
    call.say(_quarantine_sentence(store.quarantine.count(name), store.quarantine.count(INPUTS)))
    for sentence in [
        *_policy_sentences(account),
        *lacking_fields(account),
        *charge_sentences(account, language),
        *_announcement_sentences(account),
    ]:
        call.say(message("  {sentence}", sentence=sentence))
    if isinstance(quality := document["quality"], dict):
        call.say(message("  this month: {sentence}", sentence=Quality(**quality).sentence(language)))
    if summaries := _listed(store.summaries.counts(name), SUMMARY_STATES, language):
        call.say(message("  summaries: {summaries}", summaries=summaries))
    run = document["next_run"]
    if isinstance(run, int):
        call.say(message("  next run, while `helpdesk-kpi run` is up: {at}", at=language.moment(run)))
    if not document["armed"]:
        call.say(message("  {sentence}", sentence=stopped(account) or NOT_YET))


def _pass_sentence(each: Pass, language: Language) -> Message:
    return message(
        "  pass {number} of {began}: {mode}, {state}; {measured} measured, {delivered}",
        number=each.pass_id,
        began=language.moment(each.began_at),
        mode=PASS_WORDS[each.mode],
        state=PASS_WORDS[each.state],
        measured=TICKETS.of(each.counts.get("measured", 0), language),
        delivered=WRITES.of(each.counts.get("delivered", 0), language),
    )


def _listed(counts: Mapping[Any, int], words: Mapping[Any, Message], language: Language) -> str:
    """Return how many of something there are in each state."""
    return ", ".join(f"{language(words[state])} {language.number(n)}" for state, n in sorted(counts.items()))


def _quarantine_sentence(n: int, of_files: int) -> Message:
    """Return how many rows are set aside, those of files beside those of the helpdesk."""
    if not of_files:
        return message("  quarantine: {n}", n=n)
    return message("  quarantine: {n}; files: {rows}", n=n, rows=ROWS.of(of_files))


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "what": finding.what,
        "target": finding.target,
        "id": finding.target_id,
        "field": finding.field,
        "expected": finding.expected,
        "found": finding.found,
        "told": str(in_words(finding)),
        "first_seen_at": finding.first_seen_at,
        "last_seen_at": finding.last_seen_at,
    }


def _say_findings(call: Call, account: Account) -> None:
    """Say what is not as it should be with our fields, the newest first, and how much more of it there is."""
    found = account.store.findings.open(account.name, _SHOWN_FINDINGS)
    for finding in found:
        since = call.language.moment(finding.first_seen_at)
        call.say(message("  since {since}: {finding}", since=since, finding=in_words(finding)))
    more = sum(account.store.findings.counts(account.name).values()) - len(found)
    if more > 0:
        call.say(message("  more findings about our fields: {n}", n=more))
