"""`helpdesk-kpi export`: rows for spreadsheets and other programs."""

import sys
from itertools import chain
from pathlib import Path
from typing import Final

import click

from kpi_engine.message import message
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.choosing import asked_period, is_given, period_options, seen, viewer_option, with_data
from sync.cli.frame import Call, framed
from sync.cli.keys import IndicatorKey
from sync.cli.report_command import SCOPES
from sync.counting import ROWS
from sync.exits import Exit
from sync.exporting import Columns, Grain, Rows, cells_of, columns_of_every, exported, needed
from sync.exporting_scorecards import scorecard_rows
from sync.joined import joined, least
from sync.locale import terminal_text
from sync.row_files import Format, FormatError, appearing_whole, write_rows
from sync.sources import as_of_now, source


@click.command("export", help=terminal_text(message("Write the rows behind the figures as CSV, JSON or Parquet.")))
@click.argument("names", nargs=-1)
@click.option(
    "--grain",
    type=click.Choice([grain.value for grain in Grain]),
    default=Grain.TICKET.value,
    show_default=True,
    help=terminal_text(
        message(
            "What a row is: a ticket with what it adds to each figure, a reply turn, a credit line, a figure, or "
            "a part of a role's scorecard."
        )
    ),
)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    help=terminal_text(message("How rows are written; default: csv, with --json json.")),
)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.AGENT.value,
    show_default=True,
    help=terminal_text(message("Whose figures the rows of --grain cell are.")),
)
@click.option(
    "--joined",
    "together",
    is_flag=True,
    help=terminal_text(message("With --grain cell: each person's figures over all accounts, not over each.")),
)
@period_options
@viewer_option
@click.option(
    "--indicator",
    "only",
    type=IndicatorKey(),
    metavar="KEY",
    multiple=True,
    help=terminal_text(message("Only this indicator; may be given several times.")),
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help=terminal_text(message("The file to write, whole or not at all; default: standard output.")),
)
@click.option("--bom", is_flag=True, help=terminal_text(message("Mark a CSV file as UTF-8, for older spreadsheets.")))
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    names: tuple[str, ...],
    grain: str,
    form: str | None,
    scope: str,
    together: bool,
    by: str,
    period: str | None,
    only: tuple[str, ...],
    output: Path | None,
    bom: bool,
    viewer: str | None,
) -> Exit:
    """Write the rows of the period that the data has reached, or of the one that is named."""
    chosen = Format(form or (Format.JSON if call.as_json else Format.CSV))
    _refuse_terminal(chosen, output)
    if is_given("scope") and grain not in _OF_SOMEBODY:
        told = message("--scope goes with {grains}: other rows say whose they are", grains=_listed(_OF_SOMEBODY))
        raise click.UsageError(terminal_text(told))
    if together and grain != Grain.CELL:
        raise click.UsageError(terminal_text(message("--joined goes with --grain cell: other rows say whose they are")))
    with call.accounts(names, signed_in=False) as accounts:
        kinds, ready = (Grain(grain), Scope(scope)), with_data(accounts, call.note)
        if together and ready:
            rows = _of_persons(ready, kinds[1], (by, period), only, viewer)
        else:
            rows = _one_after_another([_rows(account, kinds, (by, period), only, viewer) for account in ready])
        instants = [least(ready) or 0] if together else [as_of_now(account) or 0 for account in ready]
        reached = _named(ready, (by, period), instants)
        if ready and period is None and output is None:
            call.note(message("the rows of {period}; --period names another one", period=reached))
        try:
            count = _write(rows, chosen, output, bom=bom)
        except FormatError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        if output is not None:
            written = ROWS.of(count, call.language)
            call.note(message("{rows} of {period} written to {file}", rows=written, period=reached, file=output.name))
    return Exit.OK


_OF_SOMEBODY: Final = (Grain.CELL, Grain.SCORECARD)


def _listed(grains: tuple[Grain, ...]) -> str:
    return ", ".join(f"--grain {grain}" for grain in grains)


def _refuse_terminal(form: Format, output: Path | None) -> None:
    if form is Format.PARQUET and output is None and on_terminal():
        raise click.UsageError(terminal_text(message("Parquet is not for a terminal; give --output FILE")))


def on_terminal() -> bool:
    """Tell whether standard output is read by a person."""
    return sys.stdout.isatty()


When = tuple[str, str | None]


def _named(accounts: list[Account], when: When, instants: list[int]) -> str:
    """Return the period of the rows, or the periods where the data of several accounts has come less far."""
    periods = (asked_period(account, *when, as_of) for account, as_of in zip(accounts, instants, strict=False))
    return ", ".join(dict.fromkeys(period.label for period in periods))


def _rows(account: Account, kinds: tuple[Grain, Scope], when: When, only: tuple[str, ...], viewer: str | None) -> Rows:
    as_of = as_of_now(account) or 0
    grain, scope = kinds
    asked = seen(source(account, asked_period(account, *when, as_of), as_of, needed(grain, only)), viewer)
    return scorecard_rows(asked, scope) if grain is Grain.SCORECARD else exported(asked, grain, scope)


def _of_persons(accounts: list[Account], scope: Scope, when: When, only: tuple[str, ...], viewer: str | None) -> Rows:
    as_of = least(accounts) or 0
    asked = joined(accounts, asked_period(accounts[0], *when, as_of), as_of, needed(Grain.CELL, only))
    return cells_of(seen(asked, viewer), scope)


def _one_after_another(found: list[Rows]) -> Rows:
    columns: Columns = columns_of_every(found[0], found[1:]) if found else {}
    return Rows(columns, chain.from_iterable(each.rows for each in found))


def _write(rows: Rows, form: Format, output: Path | None, *, bom: bool) -> int:
    """Write the rows and return how many there are."""
    if output is None:
        count = write_rows(rows, form, sys.stdout.buffer, bom=bom)
        sys.stdout.buffer.flush()
        return count
    with appearing_whole(output) as file:
        return write_rows(rows, form, file, bom=bom)
