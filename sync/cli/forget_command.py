"""`helpdesk-kpi forget`: make a person unrecognizable in everything that is stored."""

import sys

import click

from kpi_engine.message import message
from sync.cli.frame import Call, framed
from sync.counting import ROWS
from sync.exits import Exit
from sync.forgetting import CannotForgetError, Forgotten, agent_named, forget, requester_named
from sync.locale import terminal_text


@click.command("forget", help=terminal_text(message("Make a person unrecognizable in everything that is stored.")))
@click.argument("who")
@click.option("--requester", is_flag=True, help=terminal_text(message("WHO is a customer, by the helpdesk's id.")))
@click.option("--account", "name", help=terminal_text(message("Only on this connector; default: on all.")))
@click.option("--yes", is_flag=True, help=terminal_text(message("Do it without asking; it cannot be undone.")))
@framed
def command(call: Call, *, who: str, requester: bool, name: str | None, yes: bool) -> Exit:
    """Say who is meant, ask, and put a pseudonym in the person's place; figures of the past stay as they are."""
    with call.accounts([name] if name else [], signed_in=False) as accounts:
        try:
            whom = requester_named(accounts, who) if requester else agent_named(accounts, who)
        except CannotForgetError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        _say_whom(call, whom)
        done = forget(accounts, whom) if yes or _agreed(call) else None
        _say_done(call, whom, done)
        call.answer(
            {
                "accounts": list(whom.ids),
                "done": done is not None,
                "rows": done.rows if done is not None else {},
                "left_over": [str(each) for each in whom.left_over],
            }
        )
    return Exit.OK


def _agreed(call: Call) -> bool:
    """Ask, where there is someone to ask."""
    asked = not call.as_json and sys.stdin.isatty()
    return asked and click.confirm(call.language(message("Forget this person for good now?")), err=True)


def _say_whom(call: Call, whom: Forgotten) -> None:
    for account, identity in whom.ids.items():
        call.say(message("{account}: {id}", account=account, id=identity))


def _say_done(call: Call, whom: Forgotten, done: Forgotten | None) -> None:
    if done is None:
        call.say(message("nothing was changed; `--yes` does it, and cannot be undone"))
    else:
        n = sum(done.rows.values())
        rows = ROWS.of(n, call.language)
        call.say(message("forgotten: a pseudonym stands in {rows} now", rows=rows))
    for each in whom.left_over:
        call.say(each)
