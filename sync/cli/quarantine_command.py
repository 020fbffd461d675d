"""`helpdesk-kpi quarantine`: look at the rows that could not be read, read them again, or give them up."""

import sys

import click

from kpi_engine.message import Message, message
from sync.cli.frame import Call, framed
from sync.counting import ROWS
from sync.exits import Exit
from sync.locale import terminal_text
from sync.quarantine import Retried, retry
from sync.store import Store
from sync.store.observations import INPUTS
from sync.store.quarantine import Quarantined

_LISTED = 50


@click.group("quarantine", help=terminal_text(message("Look at unreadable rows, read them again, or give them up.")))
def command() -> None:
    """Group what can be done with the rows that could not be read."""


_NAME = click.argument("name")
_IDS = click.argument("ids", nargs=-1, type=click.IntRange(1))
_ALL = click.option("--all", "every", is_flag=True, help=terminal_text(message("All rows of the connector.")))


@command.command("list", help=terminal_text(message("Show the rows set aside, newest first.")))
@click.argument("names", nargs=-1)
@framed
def listing(call: Call, names: tuple[str, ...]) -> Exit:
    """Show what is set aside of every account, or of those named; asks no helpdesk."""
    with call.accounts([name for name in names if name != INPUTS], signed_in=False) as accounts:
        store = accounts[0].store
        listed = [account.name for account in accounts] if not names or set(names) != {INPUTS} else []
        if INPUTS in names or (not names and store.quarantine.count(INPUTS)):
            listed.append(INPUTS)
        call.answer({"accounts": [_listed(call, store, name) for name in listed]})
    return Exit.OK


def _listed(call: Call, store: Store, name: str) -> dict[str, object]:
    rows = store.quarantine.all(name)
    call.say(message("{name}: {rows} in quarantine", name=name, rows=ROWS.of(len(rows), call.language)))
    for row in rows[:_LISTED]:
        call.say(_line(row, call))
    if len(rows) > _LISTED:
        call.say(message("{n} more; --json lists them all", n=call.language.number(len(rows) - _LISTED)))
    return {"connector": name, "rows": [_document(row) for row in rows]}


def _line(row: Quarantined, call: Call) -> Message:
    return message(
        "  {id}  {stream}  {key}  since {since}: {reason}",
        id=row.quarantine_id,
        stream=row.stream,
        key=row.key,
        since=call.language.moment(row.first_seen_at),
        reason=row.reason,
    )


def _document(row: Quarantined) -> dict[str, object]:
    return {
        "id": row.quarantine_id,
        "stream": row.stream,
        "key": row.key,
        "reason": str(row.reason),
        "pass_id": row.pass_id,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "raw": row.raw,
    }


@command.command("retry", help=terminal_text(message("Read rows of a connector again, by id or all of them.")))
@_NAME
@_IDS
@_ALL
@framed
def again(call: Call, name: str, ids: tuple[int, ...], *, every: bool) -> Exit:
    """Read kept rows again with today's understanding; what can be read leaves the quarantine."""
    if name == INPUTS:
        call.complain(message("rows of files are read again with the file: correct it, and import it once more"))
        return Exit.SETTINGS
    with call.accounts((name,), signed_in=False) as (account,):
        chosen = _chosen(call, account.store, name, ids, every=every)
        if chosen is None:
            return Exit.SETTINGS
        found = retry(account, chosen)
        _say_retried(call, found)
        call.answer({"connector": name, **_retried_document(found)})
    return Exit.PARTIAL if found.unreadable else Exit.OK


def _say_retried(call: Call, found: Retried) -> None:
    call.say(message("read: {rows}, which the next pass measures", rows=ROWS.of(len(found.read))))
    for row in found.unreadable:
        call.say(_line(row, call))
    if found.listed:
        call.say(message("to be dropped: {rows} of lists that every pull reads whole", rows=ROWS.of(len(found.listed))))


def _retried_document(found: Retried) -> dict[str, object]:
    parts = {"read": found.read, "unreadable": found.unreadable, "listed": found.listed}
    return {part: [row.quarantine_id for row in rows] for part, rows in parts.items()}


@command.command("drop", help=terminal_text(message("Give rows of a connector up, by id or all of them.")))
@_NAME
@_IDS
@_ALL
@click.option("--yes", is_flag=True, help=terminal_text(message("Drop without asking.")))
@framed
def drop(call: Call, name: str, ids: tuple[int, ...], *, every: bool, yes: bool) -> Exit:
    """Forget rows; what they would have said is lost unless the helpdesk sends it again."""
    with call.accounts(() if name == INPUTS else (name,), signed_in=False) as (account, *_):
        chosen = _chosen(call, account.store, name, ids, every=every)
        if chosen is None:
            return Exit.SETTINGS
        agreed = yes or _agreed(call, len(chosen))
        dropped = account.store.quarantine.drop(name, [row.quarantine_id for row in chosen]) if agreed else 0
        call.say(
            message("dropped: {rows}", rows=ROWS.of(dropped))
            if agreed
            else message("nothing was dropped; say --yes to drop")
        )
        call.answer({"connector": name, "dropped": dropped})
    return Exit.OK


def _chosen(call: Call, store: Store, name: str, ids: tuple[int, ...], *, every: bool) -> list[Quarantined] | None:
    """Return the rows that are meant; None, with a complaint, where none is named or one is not there."""
    if every == bool(ids):
        call.complain(message("name the rows by their ids, or say --all"))
        return None
    rows = store.quarantine.all(name)
    missing = sorted(set(ids) - {row.quarantine_id for row in rows})
    if missing:
        told = ", ".join(map(str, missing))
        call.complain(message("{name} has no such rows in quarantine: {ids}", name=name, ids=told))
        return None
    return [row for row in reversed(rows) if every or row.quarantine_id in ids]


def _is_asked(call: Call) -> bool:
    return not call.as_json and sys.stdin.isatty()


def _agreed(call: Call, n: int) -> bool:
    """Ask, where there is someone to ask."""
    return _is_asked(call) and click.confirm(call.language(message("Drop {rows} now?", rows=ROWS.of(n))), err=True)
