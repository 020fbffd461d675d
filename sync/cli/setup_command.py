"""`helpdesk-kpi setup`: plan, show and make what the helpdesk needs, or undo it."""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from connectors.base import Extra, FieldSetup
from connectors.errors import ConnectorError
from kpi_engine.message import Message, message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import FIELDS
from sync.effect_checks import effect_sentences
from sync.exits import Exit, exit_for, gravest
from sync.locale import terminal_text
from sync.pull import Pass
from sync.setup import (
    Removal,
    extras,
    install,
    removals,
    set_up,
    uninstall,
    use_remembered_fields,
    wanted_fields,
    wanted_views,
    write_package,
)
from sync.store import Holder, StoreError
from sync.wording import PROFILE_WARNING


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: without asking back, the fields alone, all of it undone, or files for an admin to deploy."""

    yes: bool
    fields_only: bool
    undo: bool
    package: Path | None = None


@click.command(
    "setup",
    help=terminal_text(
        message("Show and make the custom fields, their places on forms, and a view of what is overdue.")
    ),
)
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help=terminal_text(message("Make it, or undo it, without asking.")))
@click.option("--fields-only", is_flag=True, help=terminal_text(message("Leave forms and views alone.")))
@click.option("--uninstall", is_flag=True, help=terminal_text(message("Undo what the setup made.")))
@click.option(
    "--package",
    type=click.Path(path_type=Path, file_okay=False),
    help=terminal_text(message("Write the files that an admin deploys instead of us, into this folder.")),
)
@framed
def command(  # noqa: PLR0913 -- click hands over every option by its name
    call: Call, names: tuple[str, ...], *, yes: bool, fields_only: bool, uninstall: bool, package: Path | None
) -> Exit:
    """Show what is there and what is missing; make it, or undo it, after --yes or a prompt. Safe to repeat."""
    wish = Wish(yes, fields_only, uninstall, package)
    documents, exits = [], []
    with call.accounts(names, signed_in=package is None) as accounts:
        for account in accounts:
            document, code = _looked_after(call, account, wish)
            documents.append(document)
            exits.append(code)
    call.answer({"accounts": documents})
    return gravest(exits)


def _looked_after(call: Call, account: Account, wish: Wish) -> tuple[dict[str, object], Exit]:
    """Set one account up, or undo that; its trouble does not stop the others."""
    try:
        if wish.package is not None:
            return _packed(call, account, wish.package)
        account.connector.begin()
        use_remembered_fields(account)
        return _undone(call, account, wish) if wish.undo else _made(call, account, wish)
    except (ConnectorError, StoreError) as error:
        call.complain(message("{name}: {problem}", name=account.name, problem=error.message))
        return {"connector": account.name, "error": str(error)}, exit_for(error)


# -- packing ----------------------------------------------------------------------------------------------------------


def _packed(call: Call, account: Account, folder: Path) -> tuple[dict[str, object], Exit]:
    """Write what an admin deploys into a folder of the account's own; nothing is asked of the helpdesk."""
    files = account.connector.package(wanted_fields(account), wanted_views(account))
    written = write_package(folder / account.name, files)
    if written:
        told = message(
            "{name}: {n} files written to {folder}; deploy them (`sf project deploy start --metadata-dir {folder}`) "
            "and assign the permission set in them to the integration user",
            name=account.name,
            n=len(written),
            folder=str(folder / account.name),
        )
    else:
        told = message("{name}: this helpdesk has no packages; run setup without --package", name=account.name)
    call.say(told)
    return {"connector": account.name, "package": written}, Exit.OK


# -- making -----------------------------------------------------------------------------------------------------------


def _made(call: Call, account: Account, wish: Wish) -> tuple[dict[str, object], Exit]:
    setups = account.connector.fields(wanted_fields(account))
    places = [] if wish.fields_only else extras(account)
    for line in (*(_line(account, setup) for setup in setups), *(_extra_line(account, place) for place in places)):
        call.say(line)
    if account.own.push.agent_fields:
        call.say(message("{name}  agent fields: {warning}", name=account.name, warning=PROFILE_WARNING))
    for told in effect_sentences(account):
        call.say(message("{name}  escalations: {told}", name=account.name, told=told))
    created, installed = _create(call, account, setups, places, wish)
    document: dict[str, object] = {
        "connector": account.name,
        "fields": [_document(setup) for setup in setups],
        "extras": [_extra_document(place) for place in places],
        "created": created,
        "installed": [str(title) for title in installed],
    }
    return document, Exit.PARTIAL if any(setup.problem is not None for setup in setups) else Exit.OK


def _create(
    call: Call, account: Account, setups: Sequence[FieldSetup], places: Sequence[Extra], wish: Wish
) -> tuple[list[str], list[Message]]:
    missing = [setup for setup in setups if setup.remote_id is None and setup.problem is None]
    todo = [place for place in places if not place.there and place.problem is None]
    question = message(
        "Create {n} custom fields and {places} places that show them now?", n=len(missing), places=len(todo)
    )
    if (missing or todo) and not wish.yes and not _agreed(call, question):
        call.say(message("nothing was created; say --yes to create"))
        return [], []
    with _locked(account) as this:
        use_remembered_fields(account)
        # Looked at once more: while the question stood, a pass may have made them.
        created = set_up(account, this, account.connector.fields(wanted_fields(account)))
        call.say(message("{name}: {fields} created", name=account.name, fields=FIELDS.of(len(created))))
        installed = [] if wish.fields_only else install(account, this)
    for title in installed:
        call.say(message("{name}  {title}: made", name=account.name, title=title))
    return created, installed


def _line(account: Account, setup: FieldSetup) -> Message:
    if setup.problem is not None:
        state = setup.problem
    elif setup.remote_id is None:
        state = message("to be created")
    elif setup.remote_title is not None:
        state = message("there, as “{title}”", title=setup.remote_title)
    else:
        state = message("there")
    return message("{name}  {title}: {state}", name=account.name, title=setup.wanted.title, state=state)


def _extra_line(account: Account, extra: Extra) -> Message:
    state = extra.problem or (message("there") if extra.there else message("to be made"))
    return message("{name}  {title}: {state}", name=account.name, title=extra.title, state=state)


def _document(setup: FieldSetup) -> dict[str, object]:
    return {
        "target": setup.wanted.target,
        "key": setup.wanted.key,
        "title": setup.wanted.title,
        "remote_id": setup.remote_id,
        "problem": str(setup.problem) if setup.problem is not None else None,
    }


def _extra_document(extra: Extra) -> dict[str, object]:
    return {
        "key": extra.key,
        "title": str(extra.title),
        "there": extra.there,
        "problem": str(extra.problem) if extra.problem is not None else None,
    }


# -- undoing ----------------------------------------------------------------------------------------------------------


def _undone(call: Call, account: Account, wish: Wish) -> tuple[dict[str, object], Exit]:
    planned = removals(account)
    for removal in planned:
        call.say(_removal_line(account, removal))
    if planned:
        call.say(message("{name}  what stood in the fields stays in the store", name=account.name))
    done = _undo(call, account, planned, wish)
    if done:
        call.say(message("{name}: writing stops until a pass with --yes allows it again", name=account.name))
    document: dict[str, object] = {
        "connector": account.name,
        "removals": [_removal_document(removal) for removal in planned],
        "removed": [removal.key for removal in done],
    }
    return document, Exit.PARTIAL if any(removal.uses for removal in planned) else Exit.OK


def _undo(call: Call, account: Account, planned: Sequence[Removal], wish: Wish) -> list[Removal]:
    todo = [removal for removal in planned if not removal.uses]
    if todo and not wish.yes and not _agreed(call, message("Remove {n} things now?", n=len(todo))):
        call.say(message("nothing was removed; say --yes to remove"))
        return []
    if not todo:
        call.say(message("{name}: nothing to remove", name=account.name))
        return []
    with _locked(account) as this:
        done = uninstall(account, this, planned)
    call.say(message("{name}: {n} removed", name=account.name, n=len(done)))
    return done


def _removal_line(account: Account, removal: Removal) -> Message:
    if not removal.uses:
        return message("{name}  {title}: to be removed", name=account.name, title=removal.title)
    return message(
        "{name}  {title}: left, for it is used by {uses}; take it out there and run this again",
        name=account.name,
        title=removal.title,
        uses=", ".join(str(use) for use in removal.uses),
    )


def _removal_document(removal: Removal) -> dict[str, object]:
    return {
        "key": removal.key,
        "handle": removal.handle,
        "title": str(removal.title),
        "uses": [str(use) for use in removal.uses],
    }


# -- both -------------------------------------------------------------------------------------------------------------


@contextmanager
def _locked(account: Account) -> Iterator[Pass]:
    """Keep passes away meanwhile."""
    now = account.now()
    lock = account.store.locks.acquire(account.name, Holder(socket.gethostname(), os.getpid(), now), now)
    try:
        yield Pass(0, lock)
    finally:
        account.store.locks.release(lock)


def _agreed(call: Call, question: Message) -> bool:
    """Ask, where there is someone to ask."""
    if call.as_json or not sys.stdin.isatty():
        return False
    return click.confirm(call.language(question), err=True)
