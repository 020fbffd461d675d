"""`helpdesk-kpi setup`: plan, show and create the custom fields the helpdesk needs."""

import os
import socket
import sys

import click

from connectors.base import FieldSetup
from connectors.errors import ConnectorError
from kpi_engine.message import Message, message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.exits import Exit, exit_for, gravest
from sync.locale import terminal_text
from sync.pull import Pass
from sync.setup import set_up, use_remembered_fields, wanted_fields
from sync.store import Holder, StoreError


@click.command("setup", help=terminal_text(message("Show and create the custom fields the helpdesk needs.")))
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help=terminal_text(message("Create without asking.")))
@framed
def command(call: Call, names: tuple[str, ...], *, yes: bool) -> Exit:
    """Show which fields are there and which are missing; create those after --yes or a prompt. Safe to repeat."""
    documents, exits = [], []
    with call.accounts(names) as accounts:
        for account in accounts:
            document, code = _looked_after(call, account, yes=yes)
            documents.append(document)
            exits.append(code)
    call.answer({"accounts": documents})
    return gravest(exits)


def _looked_after(call: Call, account: Account, *, yes: bool) -> tuple[dict[str, object], Exit]:
    """Set one account up; its trouble does not stop the others."""
    try:
        account.connector.begin()
        use_remembered_fields(account)
        setups = account.connector.fields(wanted_fields(account))
        for setup in setups:
            call.say(_line(account, setup))
        created = _created(call, account, setups, yes=yes)
    except (ConnectorError, StoreError) as error:
        call.complain(message("{name}: {problem}", name=account.name, problem=error.message))
        return {"connector": account.name, "error": str(error)}, exit_for(error)
    code = Exit.PARTIAL if any(setup.problem is not None for setup in setups) else Exit.OK
    return {"connector": account.name, "fields": [_document(s) for s in setups], "created": created}, code


def _created(call: Call, account: Account, setups: list[FieldSetup], *, yes: bool) -> list[str]:
    missing = [setup for setup in setups if setup.remote_id is None and setup.problem is None]
    if missing and not yes and not _agreed(call, len(missing)):
        call.say(message("nothing was created; say --yes to create"))
        return []
    now = account.now()
    lock = account.store.locks.acquire(account.name, Holder(socket.gethostname(), os.getpid(), now), now)
    try:
        created = set_up(account, Pass(0, lock), setups)
    finally:
        account.store.locks.release(lock)
    call.say(message("{name}: {n} fields created", name=account.name, n=len(created)))
    return created


def _agreed(call: Call, n: int) -> bool:
    """Ask, where there is someone to ask."""
    if call.as_json or not sys.stdin.isatty():
        return False
    return click.confirm(call.language(message("Create {n} custom fields now?", n=n)), err=True)


def _line(account: Account, setup: FieldSetup) -> Message:
    if setup.problem is not None:
        state = setup.problem
    else:
        state = message("there") if setup.remote_id is not None else message("to be created")
    return message("{name}  {title}: {state}", name=account.name, title=setup.wanted.title, state=state)


def _document(setup: FieldSetup) -> dict[str, object]:
    return {
        "target": setup.wanted.target,
        "key": setup.wanted.key,
        "title": setup.wanted.title,
        "remote_id": setup.remote_id,
        "problem": str(setup.problem) if setup.problem is not None else None,
    }
