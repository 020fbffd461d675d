"""`helpdesk-kpi ledger`: what fell due, what was charged to whom on which evidence, and what undid it."""

import sys
from pathlib import Path

import click

from kpi_engine.message import message
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.choosing import asked_period, period_options, seen, subject_named, viewer_option, with_data
from sync.cli.export_command import on_terminal
from sync.cli.frame import Call, framed
from sync.counting import DEADLINES, PEOPLE, ROWS
from sync.exits import Exit
from sync.ledger import Told, Wish, told_ledger
from sync.ledger_rows import LedgerRows, joined_rows
from sync.ledger_text import Teller
from sync.locale import terminal_text
from sync.row_files import Format, FormatError, appearing_whole, write_rows
from sync.sources import Source, as_of_now, source

_LISTED = 40
"""So many deadlines missed are listed though nobody is named."""


@click.command(
    "ledger", help=terminal_text(message("Show what fell due, and what was charged to whom on which evidence."))
)
@click.argument("names", nargs=-1)
@click.option("--agent", help=terminal_text(message("An agent's id, e-mail or name.")))
@click.option("--team", help=terminal_text(message("A team's name.")))
@click.option("--ticket", help=terminal_text(message("A ticket's id.")))
@period_options
@viewer_option
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    help=terminal_text(message("Every line as a row, for spreadsheets and other programs.")),
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help=terminal_text(message("The file to write, whole or not at all; default: standard output.")),
)
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    names: tuple[str, ...],
    agent: str | None,
    team: str | None,
    ticket: str | None,
    by: str,
    period: str | None,
    viewer: str | None,
    form: str | None,
    output: Path | None,
) -> Exit:
    """Show the ledger of the period that the data has reached, or of the one that is named."""
    if form is None and output is not None:
        raise click.UsageError(terminal_text(message("--output goes with --format")))
    with call.accounts(names, signed_in=False) as accounts:
        ready = with_data(accounts, call.say if form is None else call.note)
        tellers = [_teller(call, account, (by, period), viewer, (agent, team, ticket)) for account in ready]
        if form is not None:
            return _write(call, tellers, Format(form), output)
        for teller in tellers:
            _say(call, teller)
        call.answer({"ledgers": [LedgerRows(teller).document() for teller in tellers]})
    return Exit.OK


def _teller(
    call: Call,
    account: Account,
    when: tuple[str, str | None],
    viewer: str | None,
    named: tuple[str | None, str | None, str | None],
) -> Teller:
    as_of = as_of_now(account) or 0
    asked = seen(source(account, asked_period(account, *when, as_of), as_of, ("overdue_rate",)), viewer)
    rules = asked.window.rulebook
    return Teller(told_ledger(asked, _wish(call, asked, *named)), rules, call.language)


def _wish(call: Call, asked: Source, agent: str | None, team: str | None, ticket: str | None) -> Wish:
    return Wish(
        agent=None if agent is None else subject_named(call, asked, Scope.AGENT, agent),
        team=None if team is None else subject_named(call, asked, Scope.TEAM, team),
        ticket_id=ticket,
    )


def _say(call: Call, teller: Teller) -> None:
    told = teller.told
    call.say(teller.opening())
    if told.totals:
        call.show(teller.totals_table())
    else:
        call.say(message("no penalty of this period charges anybody here"))
    _say_charges(call, teller, told)
    if told.firings and _is_narrow(told):
        call.show(teller.firings_table())
    for sentence in teller.closing():
        call.say(sentence)
    if told.hidden:
        call.say(
            message("charges of {people} are not for whoever asks: privacy.individual", people=PEOPLE.of(told.hidden))
        )


def _is_narrow(told: Told) -> bool:
    return told.wish.is_narrow


def _say_charges(call: Call, teller: Teller, told: Told) -> None:
    if not told.charges:
        call.say(message("no deadline was missed"))
    elif _is_narrow(told) or len(told.charges) <= _LISTED:
        call.show(teller.charges_table())
    else:
        missed = {(each.ticket_id, each.clock, each.at) for each in told.charges}
        n = DEADLINES.of(len(missed), call.language)
        call.say(message("{n}; --agent, --team or --ticket lists them, --format csv writes all", n=n))


def _write(call: Call, tellers: list[Teller], form: Format, output: Path | None) -> Exit:
    if form is Format.PARQUET and output is None and on_terminal():
        raise click.UsageError(terminal_text(message("Parquet is not for a terminal; give --output FILE")))
    try:
        if output is None:
            write_rows(joined_rows(tellers), form, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return Exit.OK
        with appearing_whole(output) as file:
            n = write_rows(joined_rows(tellers), form, file)
    except FormatError as error:
        call.complain(error.message)
        return Exit.SETTINGS
    call.note(message("{rows} written to {file}", rows=ROWS.of(n, call.language), file=output.name))
    return Exit.OK
