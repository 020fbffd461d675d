"""`helpdesk-kpi reconcile`: our figures beside the helpdesk's own, each difference with its cause."""

from collections.abc import Iterator, Sequence

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
from sync.fitting import Linked, plain_table
from sync.locale import Language, terminal_text
from sync.reconciling import CAUSES, SHOWN, Reconciliation, advice, examples, reconciled
from sync.sources import as_of_now
from sync.wording import reason_text


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
    call.show(_counts_table(found, call.language))
    for cause, n, what in advice(found):
        call.say(message("- {cause} ({n}): {what}", cause=CAUSES[cause], n=call.language.number(n), what=what))
    if shown := examples(found):
        call.show(_differences_table(account, shown, call.language))
        _say_cut(call, len(shown), total.total() - total[Cause.AGREES])


def _say_cut(call: Call, shown: int, differences: int) -> None:
    """Say that the list is not all of it, where it is not."""
    if shown < differences:
        told = message(
            "{shown} of {all} differences are shown, those where both have a figure first; --json lists up to {most} "
            "of each figure and cause",
            shown=call.language.number(shown),
            all=call.language.number(differences),
            most=SHOWN,
        )
        call.say(told)


def _counts_table(found: Reconciliation, language: Language) -> Table:
    """Return how many of each figure agree, differ, stand on one side only, or are of tickets that count nowhere."""
    table = plain_table()
    table.add_column(language(message("The helpdesk's figure")), overflow="fold")
    kinds = [(heading, causes) for heading, causes in _KINDS if any(found.total[cause] for cause in causes)]
    for heading, _ in kinds:
        table.add_column(language(heading), justify="right", overflow="fold")
    for metric, counts in found.counts.items():
        numbers = (language.number(sum(counts[cause] for cause in causes)) for _, causes in kinds)
        table.add_row(Text(metric), *numbers)
    return table


_ONE_SIDED = (Cause.MISSING_HERE, Cause.MISSING_THERE, Cause.EXCLUDED)
_KINDS = (
    (message("Agree"), (Cause.AGREES,)),
    (message("Not explained"), (Cause.UNEXPLAINED,)),
    (message("Explained"), tuple({*Cause} - {Cause.AGREES, Cause.UNEXPLAINED, *_ONE_SIDED})),
    (message("Only ours"), (Cause.MISSING_THERE,)),
    (message("Only theirs"), (Cause.MISSING_HERE,)),
    (message("Left out here"), (Cause.EXCLUDED,)),
)
"""The columns of the counts, and the causes that each adds up."""


def _differences_table(account: Account, shown: Sequence[Comparison], language: Language) -> Linked:
    headings = (message("Ticket"), message("Indicator"), message("Ours"), message("Theirs"), message("Cause"))
    rows = [(list(_difference(each, language)), account.connector.ticket_url(each.ticket_id)) for each in shown]
    return Linked(None, [language(each) for each in headings], language(message("Address")), rows)


def _difference(each: Comparison, language: Language) -> Iterator[str]:
    yield each.ticket_id
    yield language(INDICATORS[each.indicator].name)
    yield _value(each, each.ours, language)
    yield _value(each, each.theirs, language)
    cause = language(CAUSES[each.cause])
    yield f"{cause} ({reason_text(each.detail, language)})" if each.detail else cause


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
