"""`helpdesk-kpi recompute`: measure everything again, correct a period that is over, or fetch tickets again."""

import os
from collections.abc import Callable, Sequence
from itertools import groupby

import click

from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.periods import Period, period_named
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import FIGURES, TICKETS
from sync.editions import rulebook
from sync.exits import Exit, exit_for, gravest
from sync.locale import terminal_text
from sync.privacy import hidden_text, to_the_operator
from sync.recompute import CannotRecomputeError, FigureChange, Recomputed, correct, locked, recompute
from sync.refetch import cost, refetch
from sync.store import StoreError
from sync.wording import cell_text, subject_name

Document = dict[str, object]


@click.command(
    "recompute",
    help=terminal_text(message("Measure everything again, correct a settled period, or fetch tickets again.")),
)
@click.argument("names", nargs=-1)
@click.option(
    "--corrects",
    metavar="PERIOD",
    help=terminal_text(message("Let today's rules and late changes act on a period: 2026-W47, 2026-11, 2026-Q4.")),
)
@click.option(
    "--refetch",
    "again",
    is_flag=True,
    help=terminal_text(message("Have the next passes read all tickets and their history again.")),
)
@click.option("--yes", is_flag=True, help=terminal_text(message("Do what is only shown without it.")))
@framed
def command(call: Call, names: tuple[str, ...], corrects: str | None, *, again: bool, yes: bool) -> Exit:
    """Recompute every account, or those named; a correction and a new fetch are only shown without --yes."""
    if again and corrects is not None:
        raise click.UsageError(terminal_text(message("either --corrects or --refetch, not both")))
    documents, exits = [], []
    with call.accounts(names, signed_in=False) as accounts:
        for account in accounts:
            document, code = _guarded(call, account, _chosen(call, account, corrects, again=again, yes=yes))
            documents.append({"connector": account.name, **document})
            exits.append(code)
    call.answer({"recomputed": documents})
    return gravest(exits)


def _chosen(call: Call, account: Account, corrects: str | None, *, again: bool, yes: bool) -> Callable[[], Document]:
    if again:
        return lambda: _refetched(call, account, yes=yes)
    if corrects is None:
        return lambda: _recomputed(call, account)
    period = _period(account, corrects)
    return lambda: _corrected(call, account, period, yes=yes)


def _guarded(call: Call, account: Account, act: Callable[[], Document]) -> tuple[Document, Exit]:
    try:
        return act(), Exit.OK
    except CannotRecomputeError as error:
        code, problem = Exit.SETTINGS, error.message
    except StoreError as error:
        code, problem = exit_for(error), error.message
    call.complain(message("{name}: {problem}", name=account.name, problem=problem))
    return {"error": str(problem), "exit": int(code)}, code


def _period(account: Account, label: str) -> Period:
    try:
        return period_named(label, account.settings.timezone)
    except ValueError as error:
        raise click.UsageError(terminal_text(error.args[0])) from error


def _recomputed(call: Call, account: Account) -> Document:
    done = recompute(account, os.cpu_count() or 1)
    call.say(
        message(
            "{name}: {tickets} measured again, data complete to {as_of}",
            name=account.name,
            tickets=TICKETS.of(done.measured, call.language),
            as_of=call.language.moment(done.as_of),
        )
    )
    return {"as_of": done.as_of, "measured": done.measured}


def _refetched(call: Call, account: Account, *, yes: bool) -> Document:
    price = cost(account)
    call.say(
        message(
            "{name}: reading all tickets and their history again takes about {requests} requests, {minutes} minutes",
            name=account.name,
            requests=call.language.number(price.requests),
            minutes=call.language.number(price.minutes),
        )
    )
    if yes:
        with locked(account) as this:
            refetch(account, this.lock)
        call.say(message("  the next passes do it; what is stored stays until then"))
    else:
        call.say(_NOTHING_DONE)
    return {"requests": price.requests, "minutes": price.minutes, "done": yes}


def _corrected(call: Call, account: Account, period: Period, *, yes: bool) -> Document:
    done = correct(account, period, apply=yes, workers=os.cpu_count() or 1)
    rules = rulebook(account)
    call.say(_heading(account, period, done))
    shown = [each for each in done.changes if each.scope is not Scope.AGENT or to_the_operator(account, each.subject)]
    if hidden := {each.subject for each in done.changes} - {each.subject for each in shown}:
        call.say(hidden_text(account.settings.privacy.individual, len(hidden)))
    _say_changes(call, shown, period, rules)
    call.say(message("  correction {number} is made", number=done.correction) if yes else _NOTHING_DONE)
    return {
        "period": period.label,
        "as_of": done.as_of,
        "measured": done.measured,
        "correction": done.correction,
        "changes": [_document(change) for change in shown],
    }


_NOTHING_DONE = message("  nothing was done; --yes does it")


def _heading(account: Account, period: Period, done: Recomputed) -> Message:
    if not done.changes:
        return message("{name}: no figure of {period} would change", name=account.name, period=period.label)
    return message(
        "{name}: changes in {figures} of {period}",
        name=account.name,
        figures=FIGURES.of(len(done.changes)),
        period=period.label,
    )


def _say_changes(call: Call, changes: Sequence[FigureChange], period: Period, rules: Rulebook) -> None:
    """List by whose they are the changes that can be seen in the figures, and count those too small for it."""
    seen = [each for each in changes if _text(call, each, each.old) != _text(call, each, each.new)]
    for (scope, subject), group in groupby(seen, key=lambda each: (each.scope, each.subject)):
        call.say(message("  {subject}", subject=subject_name(subject, scope, rules, period.end - 1)))
        for change in group:
            call.say(_sentence(call, change))
    if unseen := len(changes) - len(seen):
        number = call.language.number(unseen)
        call.say(message("  further changes too small to be seen in the figures, in JSON: {n}", n=number))


def _sentence(call: Call, change: FigureChange) -> Message:
    return message(
        "    {indicator}: {old} → {new}",
        indicator=INDICATORS[change.indicator].name,
        old=_text(call, change, change.old),
        new=_text(call, change, change.new),
    )


def _text(call: Call, change: FigureChange, cell: Cell | None) -> str:
    """Return a figure with the number of cases behind it: a correction may change the one without the other."""
    if cell is None or not cell.n:
        return "–"
    return f"{cell_text(INDICATORS[change.indicator], cell, call.language)} (n={cell.n})"


def _document(change: FigureChange) -> Document:
    sides = {"old": change.old, "new": change.new}
    shown = {
        side: None if cell is None else {"value": cell.value, "n": cell.n, "as_of": cell.as_of}
        for side, cell in sides.items()
    }
    return {"scope": change.scope, "subject": change.subject, "indicator": change.indicator, **shown}
