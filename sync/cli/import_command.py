"""`helpdesk-kpi import`: calls, costs, reviews and whatever else is no ticket, from a CSV file."""

from pathlib import Path

import click

from kpi_engine.message import message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import ROWS
from sync.exits import Exit
from sync.inputs.header import template_of
from sync.inputs.importing import Imported, Source, import_file
from sync.inputs.kinds import KINDS
from sync.inputs.rows import UnreadableFileError
from sync.inputs.scheduled import LISTED, NOWHERE_MEND, nowhere_of, strangers_of, summary_of
from sync.inputs.values import DateOrder, Decimal, Forms
from sync.locale import terminal_text
from sync.people_files import PEOPLE_KINDS, PeopleFile, read_people_file, take
from sync.sources import as_of_now


@click.command("import", help=terminal_text(message("Bring in a CSV file of calls, costs, reviews and the like.")))
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help=terminal_text(message("Show what would become of each row; keep none.")))
@click.option("--template", is_flag=True, help=terminal_text(message("Print a file to begin with, and do no more.")))
@click.option(
    "--replace",
    is_flag=True,
    help=terminal_text(message("Withdraw the rows that an earlier state of this file held and it no longer holds.")),
)
@click.option(
    "--dates",
    type=click.Choice([DateOrder.DAY_FIRST.value, DateOrder.MONTH_FIRST.value]),
    help=terminal_text(message("How dates such as 03/04/2026 are meant; without it they are refused.")),
)
@click.option(
    "--decimal",
    type=click.Choice([Decimal.COMMA.value, Decimal.POINT.value]),
    help=terminal_text(message("Which sign is that of decimals; without it numbers such as 1.234 are refused.")),
)
@click.option(
    "--account",
    help=terminal_text(message("The connector that rows belong to where they do not say.")),
)
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    kind: str,
    file: Path | None,
    dry_run: bool,
    template: bool,
    replace: bool,
    dates: str | None,
    decimal: str | None,
    account: str | None,
) -> Exit:
    """Bring a file in: every row that can be read is kept, every other one is named by its line and set aside."""
    if template:
        click.echo(template_of(KINDS[kind]), nl=False)
        return Exit.OK
    if file is None:
        raise click.UsageError(terminal_text(message("name a file, or say --template")))
    with call.accounts([account] if account else [], signed_in=False) as accounts:
        first = accounts[0]
        zone = first.settings.timezone
        forms = Forms(zone, DateOrder(dates or DateOrder.UNKNOWN), Decimal(decimal or Decimal.UNKNOWN))
        if kind in PEOPLE_KINDS:
            return _taken(call, first, read_people_file(file, kind, first.store, first.settings, forms), dry_run)
        source = Source(file, KINDS[kind], forms, replace, account)
        try:
            found = import_file(first.store, first.settings, source, first.clock, dry_run=dry_run)
        except UnreadableFileError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        _say(call, found)
        call.answer(_document(found))
    return Exit.PARTIAL if found.refused_count else Exit.OK


def _taken(call: Call, account: Account, found: PeopleFile, dry_run: bool) -> Exit:  # noqa: FBT001 -- as it was given
    """Take a file about people, whole or not at all, unless the configuration names one of its kind."""
    for each in (*found.problems, *found.aside):
        call.say(each)
    configured = account.settings.inputs.files.get(found.kind)
    if configured is not None:
        told = message("the configuration names {file}: each pass reads that one", file=configured.path)
        call.complain(told)
        return Exit.SETTINGS
    if not (found.problems or dry_run):
        take(account.store, found, as_of_now(account) or account.now())
        call.say(message("{file}: {rows}; the next pass goes by it", file=found.name, rows=ROWS.of(len(found.rows))))
    counts = {"rows": len(found.rows), "taken": not (found.problems or dry_run)}
    problems = {"problems": list(map(str, found.problems)), "set_aside": list(map(str, found.aside))}
    call.answer({"kind": found.kind, "file": found.name, "dry_run": dry_run, **counts, **problems})
    return Exit.PARTIAL if found.problems else Exit.OK


def _say(call: Call, found: Imported) -> None:
    for row in found.refused[:LISTED]:
        call.say(message("{place}: {problem}", place=f"{found.file}:{row.line}", problem=row.reason))
    if found.refused_count > LISTED:
        more = call.language.number(found.refused_count - LISTED)
        call.say(message("{n} more; `helpdesk-kpi quarantine list inputs` shows them", n=more))
    for stranger in strangers_of(found):
        call.say(stranger)
    for told in nowhere_of(found):
        call.say(told)
        call.say(message("         → {mend}", mend=NOWHERE_MEND))
    if found.unknown:
        columns = ", ".join(found.unknown)
        call.say(message("{file}: these columns are not read: {columns}", file=found.file, columns=columns))
    _say_past(call, found)
    call.say(summary_of(found))
    if found.dry_run:
        call.say(message("dry run: nothing was kept"))


def _say_past(call: Call, found: Imported) -> None:
    if found.withdrawn:
        call.say(message("{file}: withdrawn: {rows} of before", file=found.file, rows=ROWS.of(found.withdrawn)))
    elif found.gone:
        told = message(
            "{file}: {n} rows that it held before are no longer in it; they stay, unless you say --replace",
            file=found.file,
            n=found.gone,
        )
        call.say(told)
    if found.late:
        told = message(
            "{file}: {n} rows lie in settled periods, where what is new does not count; `recompute --corrects` lets "
            "it in",
            file=found.file,
            n=found.late,
        )
        call.say(told)


def _document(found: Imported) -> dict[str, object]:
    return {
        "kind": found.kind,
        "file": found.file,
        "dry_run": found.dry_run,
        **found.counts,
        "rows": [{"line": row.line, "reason": str(row.reason)} for row in found.refused],
        "not_read": list(found.unknown),
        "strangers": {word: str(reason) for word, reason in found.strangers.items()},
        "nowhere": {"rows": found.nowhere_count, "lines": found.nowhere},
    }
