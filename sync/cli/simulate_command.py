"""`helpdesk-kpi simulate`: a span of the past under another policy file, before anybody is told of it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from config.documents import policy_file
from config.policies import PolicyDocument
from kpi_engine.message import message
from kpi_engine.periods import Period, period_named
from kpi_engine.reduce import Scope
from sync.account import Account
from sync.cli.choosing import asked_period, period_options, seen, viewer_option, with_data
from sync.cli.frame import Call, framed
from sync.counting import PEOPLE, TICKETS
from sync.exits import Exit
from sync.locale import terminal_text
from sync.simulating import OtherProgressError, Simulation, fingerprint, kept_in, resumed, simulate, trial_of
from sync.simulation_text import SimulationTeller, by_step
from sync.sources import as_of_now, source


@click.command(
    "simulate", help=terminal_text(message("Show what would differ under another policy file; writes nothing."))
)
@click.argument("file")
@click.argument("names", nargs=-1)
@period_options
@click.option("--from", "first", help=terminal_text(message("The first day looked at, in place of a period.")))
@click.option("--to", "last", help=terminal_text(message("The last day looked at.")))
@click.option(
    "--progress",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help=terminal_text(message("A file that keeps how far it came: given again, it goes on from there.")),
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help=terminal_text(message("Processes that measure beside this one.")),
)
@viewer_option
@framed
def command(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    file: str,
    names: tuple[str, ...],
    by: str,
    period: str | None,
    first: str | None,
    last: str | None,
    progress: Path | None,
    workers: int,
    viewer: str | None,
) -> Exit:
    """Look at a span of what is stored under the policies of FILE, beside those that were in force."""
    document = policy_file(file)
    with call.accounts(names, signed_in=False) as accounts:
        ready = with_data(accounts, call.say)
        if progress is not None and len(ready) > 1:
            raise click.UsageError(terminal_text(message("--progress is for one account: name it")))
        try:
            told = [
                _simulated(
                    call, account, document, (_span(account, (by, period), first, last), progress, workers), viewer
                )
                for account in ready
            ]
        except OtherProgressError as error:
            call.complain(error.message)
            return Exit.SETTINGS
    call.answer({"simulations": told})
    return Exit.OK


def _span(account: Account, when: tuple[str, str | None], first: str | None, last: str | None) -> Period:
    """Return the span as a period of the account's zone: one that is named, or from a day to another."""
    as_of = as_of_now(account) or 0
    if first is None and last is None:
        return asked_period(account, *when, as_of)
    if first is None or last is None:
        raise click.UsageError(terminal_text(message("--from and --to go together")))
    try:
        begins, ends = (period_named(day, account.settings.timezone) for day in (first, last))
    except ValueError as error:
        raise click.UsageError(terminal_text(error.args[0])) from error
    if begins.start >= ends.end:
        raise click.UsageError(terminal_text(message("--to lies before --from")))
    return replace(begins, end=ends.end, label=f"{begins.label}…{ends.label}")


def _simulated(
    call: Call, account: Account, document: PolicyDocument, how: tuple[Period, Path | None, int], viewer: str | None
) -> dict[str, object]:
    span, progress, workers = how
    found = resumed(progress, fingerprint(account, document, span.start, span.end), as_of_now(account) or 0)
    if found.tickets:
        call.note(message("going on after {tickets}", tickets=TICKETS.of(found.tickets, call.language)))
    trial = trial_of(account, document, span.start, span.end, found.as_of)
    simulate(account, trial, found, _keeping(call, progress), min(workers, os.cpu_count() or 1))
    if progress is not None:
        progress.unlink(missing_ok=True)  # done: nothing to go on with
    asked = seen(source(account, span, found.as_of, ("overdue_rate",)), viewer)
    sight = asked.sight
    teller = SimulationTeller(
        trial,
        found,
        trial.now.rulebook,
        call.language,
        lambda agent: sight is None or sight.sees(asked, agent),
    )
    for sentence in teller.opening(account.name):
        call.say(sentence)
    call.show(teller.clocks_table())
    if by_step(found):
        call.show(teller.steps_table())
    call.show(teller.table(Scope.TEAM))
    call.show(teller.table(Scope.AGENT))
    for sentence in teller.closing():
        call.say(sentence)
    if hidden := teller.hidden():
        call.say(
            message("own numbers of {people} are not for whoever asks: privacy.individual", people=PEOPLE.of(hidden))
        )
    if found.samples:
        call.say(message("for example tickets {tickets}", tickets=", ".join(found.samples)))
    return teller.document(account.name)


def _keeping(call: Call, progress: Path | None) -> Callable[[Simulation], None]:
    keep = kept_in(progress)

    def told(found: Simulation) -> None:
        keep(found)
        if call.verbose:
            call.note(message("{tickets} looked at", tickets=TICKETS.of(found.tickets, call.language)))

    return told
