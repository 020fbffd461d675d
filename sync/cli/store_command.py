"""`helpdesk-kpi store`: what is stored, how far back, and what is older than it may be kept."""

import click

from kpi_engine.durations import months_of
from kpi_engine.message import message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import MONTHS, OTHER_ROWS, TICKETS
from sync.exits import Exit
from sync.locale import terminal_text
from sync.locking import locked
from sync.retention import enforce_retention, outdated
from sync.sources import as_of_now


@click.command(
    "store", help=terminal_text(message("Show what is stored, and delete what is older than it may be kept."))
)
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help=terminal_text(message("Delete now what the next pass would delete.")))
@framed
def command(call: Call, names: tuple[str, ...], *, yes: bool) -> Exit:
    """Show each account's share of the store; asks no helpdesk."""
    with call.accounts(names, signed_in=False) as accounts:
        call.answer({"accounts": [_shown(call, account, delete=yes) for account in accounts]})
    return Exit.OK


def _shown(call: Call, account: Account, *, delete: bool) -> dict[str, object]:
    store, name, language = account.store, account.name, call.language
    tickets, as_of = store.records.ticket_count(name), as_of_now(account)
    shown = TICKETS.of(tickets, language)
    call.say(message("{name}: {tickets} in {place}", name=name, tickets=shown, place=store.name))
    if as_of is None:
        return {"connector": name, "tickets": tickets}
    found = outdated(account, as_of)
    call.say(
        message(
            "{name}: kept from {day} on (privacy.retention: {months}); older are {tickets} and {others}",
            name=name,
            day=language.date(found.cutoff),
            months=MONTHS.of(months_of(account.settings.privacy.retention)),
            tickets=TICKETS.of(found.tickets, language),
            others=OTHER_ROWS.of(found.others, language),
        )
    )
    if delete:
        with locked(account) as lock:
            enforce_retention(account, lock, as_of, again=True)
        call.say(message("{name}: they are deleted", name=name))
    counts = {"outdated_tickets": found.tickets, "outdated_rows": found.others, "deleted": delete}
    return {"connector": name, "tickets": tickets, "kept_from": found.cutoff, **counts}
