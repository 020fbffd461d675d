"""`helpdesk-kpi report`: the scorecards of a period."""

import click

from kpi_engine.message import message
from kpi_engine.periods import Period, PeriodKind, period_at, period_named
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.editions import rulebook
from sync.exits import Exit
from sync.figures import as_of_now, figures
from sync.locale import terminal_text
from sync.scorecards import figures_document, ordered_subjects, scorecard_notes, scorecard_table

SCOPES = click.Choice([scope.value for scope in Scope])
PERIODS = click.Choice([kind.value for kind in PeriodKind])


@click.command("report", help=terminal_text(message("Show the scorecards of a period.")))
@click.argument("names", nargs=-1)
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.AGENT.value,
    show_default=True,
    help=terminal_text(message("Whose scorecards: each agent's, each team's or the whole account's.")),
)
@click.option(
    "--by",
    type=PERIODS,
    default=PeriodKind.WEEK.value,
    show_default=True,
    help=terminal_text(message("How long the period is, where none is named.")),
)
@click.option(
    "--period", help=terminal_text(message("A day, week, month or quarter: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."))
)
@framed
def command(call: Call, names: tuple[str, ...], scope: str, by: str, period: str | None) -> Exit:
    """Show the scorecards of the period that the data has reached, or of the one that is named."""
    documents = []
    with call.accounts(names, signed_in=False) as accounts:
        for account in accounts:
            document = _reported(call, account, Scope(scope), by, period)
            if document is not None:
                documents.append(document)
    call.answer({"reports": documents})
    return Exit.OK


def asked_period(account: Account, by: str, named: str | None, as_of: int) -> Period:
    """Return the period that is named, else the one the data has reached; a wrong name is a usage error."""
    if named is None:
        return period_at(PeriodKind(by), account.settings.timezone, as_of)
    try:
        return period_named(named, account.settings.timezone)
    except ValueError as error:
        raise click.UsageError(terminal_text(error.args[0])) from error


def _reported(call: Call, account: Account, scope: Scope, by: str, named: str | None) -> dict[str, object] | None:
    as_of = as_of_now(account)
    if as_of is None:
        call.say(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
        return None
    rules = rulebook(account)
    found = figures(account, asked_period(account, by, named, as_of), scope, as_of)
    if not found.scorecards:
        call.say(message("{name}: nothing to show for {period}", name=account.name, period=found.question.period.label))
        return figures_document(found, [])
    call.show(scorecard_table(found, rules, call.language))
    for note in scorecard_notes(found):
        call.say(note)
    call.say(
        message(
            "{name}: data complete to {as_of}, time zone {zone}",
            name=account.name,
            as_of=call.language.moment(as_of),
            zone=account.settings.timezone,
        )
    )
    return figures_document(found, ordered_subjects(found, rules, call.language))
