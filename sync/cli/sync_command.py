"""`helpdesk-kpi sync`: one pass of each account."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from connectors.errors import ConnectorError
from kpi_engine.message import message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.cli.progress import progress_on
from sync.cycle import Mode, PassReport, run_pass
from sync.exits import Exit, exit_for, gravest
from sync.locale import terminal_text
from sync.showing import pass_document, pass_sentences
from sync.store import StoreError


@click.command("sync", help=terminal_text(message("Run one pass: pull, measure, write back.")))
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help=terminal_text(message("Show every write and make none.")))
@click.option("--yes", is_flag=True, help=terminal_text(message("Allow the first writes to this helpdesk.")))
@click.option("--backfill", is_flag=True, help=terminal_text(message("Give the past its fields and summaries too.")))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help=terminal_text(message("With --backfill: from which day on (default: the beginning of the history).")),
)
@click.option("--max-writes", type=click.IntRange(0), help=terminal_text(message("Write only the N most urgent.")))
@framed
def command(  # noqa: PLR0913 -- click hands over every option
    call: Call,
    names: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
    backfill: bool,
    since: datetime | None,
    max_writes: int | None,
) -> Exit:
    """Run one pass of every account, or of those named; one that breaks does not stop the others."""
    if since is not None and not backfill:
        raise click.UsageError(terminal_text(message("--since belongs to --backfill")))
    mode = Mode(dry_run=dry_run, yes=yes, max_writes=max_writes, by_hand=True)
    documents, exits = [], []
    with call.accounts(names) as accounts:
        for account in accounts:
            past = _since(account, since) if backfill else None
            document, code = _passed(call, account, replace(mode, backfill_since=past))
            documents.append(document)
            exits.append(code)
    call.answer({"passes": documents})
    return gravest(exits)


def _since(account: Account, day: datetime | None) -> int:
    """Return where a backfill begins: that day in the report time zone, never before the history does."""
    start = account.history_start
    if day is None:
        return start
    return max(start, int(day.replace(tzinfo=ZoneInfo(account.settings.timezone)).timestamp()))


def _passed(call: Call, account: Account, mode: Mode) -> tuple[dict[str, object], Exit]:
    try:
        with progress_on(call, account.name) as progress:
            report = run_pass(account, mode, progress)
    except (ConnectorError, StoreError) as error:
        call.complain(message("{name}: {problem}", name=account.name, problem=error.message))
        return {"connector": account.name, "error": str(error), "exit": int(exit_for(error))}, exit_for(error)
    for sentence in pass_sentences(report, mode, call.language):
        call.say(sentence)
    code = outcome(report)
    return {**pass_document(report), "exit": int(code)}, code


def outcome(report: PassReport) -> Exit:
    """Return how a pass ended.

    A conflict where the helpdesk's own values changed since the plan; partial where rows were unreadable, fields
    cannot serve, writes were refused, or some are left to be written.
    """
    if report.sent.conflicts:
        return Exit.CONFLICT
    left = report.pulled.rejected or report.sent.refused or report.sent.waiting or report.problems
    unfinished = report.backfilled is not None and not report.backfilled.is_whole
    return Exit.PARTIAL if left or unfinished else Exit.OK
