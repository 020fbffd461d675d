"""`helpdesk-kpi reconcile`: our figures beside the helpdesk's own, each difference with its cause."""

import click
from rich.table import Table
from rich.text import Text

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.message import message
from kpi_engine.periods import Period
from kpi_engine.reconcile import Cause, Comparison
from sync.account import Account
from sync.cli.choosing import refuse_other_length
from sync.cli.frame import Call, framed
from sync.cli.report_command import PERIODS, asked_period
from sync.counting import FIGURES, TICKETS
from sync.exits import Exit
from sync.locale import Language, terminal_text
from sync.reconciling import CAUSES, SHOWN, Reconciliation, advice, reconciled
from sync.sources import as_of_now


@click.command("reconcile", help=terminal_text(message("Compare our figures with the helpdesk's own.")))
@click.argument("names", nargs=-1)
@click.option(
    "--by",
    type=PERIODS,
    default="month",
    show_default=True,
    help=terminal_text(message("How long the period is, where none is named.")),
)
@click.option(
    "--period", help=terminal_text(message("A day, week, month or quarter: 2026-11-22, 2026-W47, 2026-11, 2026-Q4."))
)
@click.option(
    "--gate",
    type=click.FloatRange(0, 100),
    help=terminal_text(message("End with exit code 8 if more than this percentage of the figures stays unexplained.")),
)
@framed
def command(call: Call, *, names: tuple[str, ...], by: str, period: str | None, gate: float | None) -> Exit:
    """Compare the tickets that the helpdesk calls solved in the period, for every account or those named."""
    refuse_other_length(by, period)
    documents, over = [], False
    with call.accounts(names, signed_in=False) as accounts:
        for account in accounts:
            as_of = as_of_now(account)
            if as_of is None:
                call.say(message("{name}: no data yet; run `helpdesk-kpi sync --dry-run` first", name=account.name))
                continue
            asked = asked_period(account, by, period, as_of)
            found = reconciled(account, asked, as_of)
            _say(call, account, asked, found)
            documents.append(_document(account, asked, as_of, found))
            over |= gate is not None and (found.unexplained_share or 0) * 100 > gate
    call.answer({"reconciliations": documents})
    return Exit.QUALITY if over else Exit.OK


def _say(call: Call, account: Account, period: Period, found: Reconciliation) -> None:
    total = found.total
    if not total:
        call.say(
            message(
                "{name}: nothing to compare in {period}: no ticket with figures of the helpdesk's own was solved then",
                name=account.name,
                period=period.label,
            )
        )
        return
    call.show(_counts_table(found, call.language))
    call.say(
        message(
            "{name}, {period}: {tickets}; of {figures} that both have, {share} agree to the minute",
            name=account.name,
            period=period.label,
            tickets=TICKETS.of(found.tickets, call.language),
            figures=FIGURES.of(found.both, call.language),
            share=call.language.percent(total[Cause.AGREES] / found.both) if found.both else "–",
        )
    )
    for cause, n, what in advice(found):
        call.say(message("- {cause} ({n}): {what}", cause=CAUSES[cause], n=call.language.number(n), what=what))
    if found.differences:
        call.show(_differences_table(account, found, call.language))


def _counts_table(found: Reconciliation, language: Language) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    table.add_column(language(message("The helpdesk's figure")), overflow="fold")
    causes = [cause for cause in Cause if found.total[cause]]
    for cause in causes:
        table.add_column(language(CAUSES[cause]), justify="right", overflow="fold")
    for metric, counts in found.counts.items():
        table.add_row(Text(metric), *(language.number(counts[cause]) for cause in causes))
    return table


def _differences_table(account: Account, found: Reconciliation, language: Language) -> Table:
    """Return the first differences of all, those nobody can explain before the others."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    for heading in (
        message("Ticket"),
        message("Indicator"),
        message("Ours"),
        message("Theirs"),
        message("Cause"),
        message("Address"),
    ):
        table.add_column(language(heading), overflow="fold")
    ordered = sorted(found.differences, key=lambda each: each.cause is not Cause.UNEXPLAINED)
    for each in ordered[:SHOWN]:
        cause = language(CAUSES[each.cause])
        table.add_row(
            each.ticket_id,
            language(INDICATORS[each.indicator].name),
            _value(each, each.ours, language),
            _value(each, each.theirs, language),
            f"{cause} ({each.detail})" if each.detail else cause,
            account.connector.ticket_url(each.ticket_id),
        )
    return table


def _value(comparison: Comparison, value: int | None, language: Language) -> str:
    if value is None:
        return "–"
    is_time = INDICATORS[comparison.indicator].unit is Unit.SECONDS
    return language.duration(value) if is_time else language.number(value)


def _document(account: Account, period: Period, as_of: int, found: Reconciliation) -> dict[str, object]:
    return {
        "connector": account.name,
        "period": period.label,
        "as_of": as_of,
        "tickets": found.tickets,
        "unexplained_share": found.unexplained_share,
        "figures": {metric: {cause.value: n for cause, n in counts.items()} for metric, counts in found.counts.items()},
        "differences": [
            {
                "ticket_id": each.ticket_id,
                "url": account.connector.ticket_url(each.ticket_id),
                "metric": each.metric,
                "indicator": each.indicator,
                "ours": each.ours,
                "theirs": each.theirs,
                "cause": each.cause.value,
                "detail": each.detail,
            }
            for each in found.differences
        ],
    }
