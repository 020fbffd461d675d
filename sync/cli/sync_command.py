"""`helpdesk-kpi sync`: one pass of each account."""

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
@click.option("--max-writes", type=click.IntRange(0), help=terminal_text(message("Write only the N most urgent.")))
@framed
def command(call: Call, names: tuple[str, ...], *, dry_run: bool, yes: bool, max_writes: int | None) -> Exit:
    """Run one pass of every account, or of those named; one that breaks does not stop the others."""
    mode = Mode(dry_run=dry_run, yes=yes, max_writes=max_writes)
    documents, exits = [], []
    with call.accounts(names) as accounts:
        for account in accounts:
            document, code = _passed(call, account, mode)
            documents.append(document)
            exits.append(code)
    call.answer({"passes": documents})
    return gravest(exits)


def _passed(call: Call, account: Account, mode: Mode) -> tuple[dict[str, object], Exit]:
    try:
        with progress_on(call) as progress:
            report = run_pass(account, mode, progress)
    except (ConnectorError, StoreError) as error:
        call.complain(message("{name}: {problem}", name=account.name, problem=error.message))
        return {"connector": account.name, "error": str(error), "exit": int(exit_for(error))}, exit_for(error)
    for sentence in pass_sentences(report, mode, call.language):
        call.say(sentence)
    code = outcome(report)
    return {**pass_document(report), "exit": int(code)}, code


def outcome(report: PassReport) -> Exit:
    """Return how a pass ended: partial where rows were unreadable, writes refused, or some are left to be written."""
    left = report.pulled.rejected or report.sent.refused or report.sent.waiting or report.problems
    return Exit.PARTIAL if left else Exit.OK
