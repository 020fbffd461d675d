"""`helpdesk-kpi revert`: take a pass back, as a plan first."""

import sys

import click

from connectors.effects import RESTORES
from kpi_engine.message import Message, message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import WRITES
from sync.effect_text import TITLES
from sync.exits import Exit
from sync.locale import Language, terminal_text
from sync.outbox import Sent
from sync.reverting import Reversal, UnknownPassError, reversal, revert
from sync.store.changes import Desired
from sync.value_words import value_words
from sync.wording import TARGET_NAMES, field_name


@click.command("revert", help=terminal_text(message("Restore what stood before a pass wrote, as a plan first.")))
@click.argument("pass_id", metavar="PASS", type=click.IntRange(1))
@click.argument("name", required=False)
@click.option("--yes", is_flag=True, help=terminal_text(message("Write without asking.")))
@framed
def command(call: Call, pass_id: int, name: str | None, *, yes: bool) -> Exit:
    """Show what taking the pass back would write and what cannot be; write after --yes or a prompt."""
    with call.accounts(() if name is None else (name,)) as accounts:
        account = next((each for each in accounts if each.store.passes.get(each.name, pass_id)), accounts[0])
        try:
            plan = reversal(account, pass_id)
        except UnknownPassError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        _say(call, plan)
        sent = None
        if (plan.writes or plan.queued) and (yes or _agreed(call, plan)):
            sent = revert(account, plan)
            _say_sent(call, account, sent)
        elif plan.writes or plan.queued:
            call.say(message("nothing was written; say --yes to write"))
        call.answer(_document(account, plan, sent))
    return _outcome(plan, sent)


def _outcome(plan: Reversal, sent: Sent | None) -> Exit:
    if any(each.conflict for each in plan.kept):
        return Exit.CONFLICT
    left = sent is not None and (sent.refused or sent.closed or sent.waiting)
    return Exit.PARTIAL if plan.kept or left else Exit.OK


def _is_asked(call: Call) -> bool:
    return not call.as_json and sys.stdin.isatty()


def _agreed(call: Call, plan: Reversal) -> bool:
    """Ask, where there is someone to ask."""
    return _is_asked(call) and click.confirm(
        call.language(message("Make {writes} now?", writes=WRITES.of(len(plan.writes)))), err=True
    )


def _say(call: Call, plan: Reversal) -> None:
    number = call.language.number
    call.say(
        message(
            "pass {pass_id}: {writes} writes take it back, {queued} queued ones are given up, "
            "{kept} cannot be taken back",
            pass_id=plan.pass_id,
            writes=number(len(plan.writes)),
            queued=number(len(plan.queued)),
            kept=number(len(plan.kept)),
        )
    )
    if plan.delivered_for_others:
        call.say(_planned_earlier(plan, number(plan.delivered_for_others)))
    for desired in plan.writes:
        for line in _lines(desired, call.language):
            call.say_text(f"  {line}")
    for kept in plan.kept:
        target = TARGET_NAMES[kept.target]
        call.say(
            message("  {target} {id} stays as it is: {reason}", target=target, id=kept.target_id, reason=kept.reason)
        )


def _planned_earlier(plan: Reversal, n: str) -> Message:
    if not plan.planned_by:
        return message(
            "{n} of the writes it made were planned by an earlier pass: revert that one to take them back", n=n
        )
    return message(
        "{n} of the writes it made were planned by earlier passes: revert {passes} to take them back",
        n=n,
        passes=", ".join(map(str, plan.planned_by)),
    )


def _lines(desired: Desired, language: Language) -> list[str]:
    target = TARGET_NAMES[desired.target]
    if desired.summary is not None:
        return [language(message("{target} {id}: solved, with a note", target=target, id=desired.target_id))]
    return [
        language(
            message(
                "{target} {id}: {field}: {old} → {new}",
                target=target,
                id=desired.target_id,
                field=TITLES.get(key) or field_name(key),
                old=_words(key, desired.previous.get(key), language),
                new=_words(key, value, language),
            )
        )
        for key, value in desired.values.items()
        if key != RESTORES
    ]


def _words(key: str, value: object, language: Language) -> object:
    return value_words(key, value if isinstance(value, bool | int | float | str) else None, language)


def _say_sent(call: Call, account: Account, sent: Sent) -> None:
    call.say(
        message(
            "{name}: {n} writes made; no pass writes any more until `sync {name} --yes` allows it again",
            name=account.name,
            n=call.language.number(len(sent.delivered)),
        )
    )


def _document(account: Account, plan: Reversal, sent: Sent | None) -> dict[str, object]:
    return {
        "connector": account.name,
        "pass": plan.pass_id,
        "writes": [{"target": each.target, "id": each.target_id, "values": dict(each.values)} for each in plan.writes],
        "given_up": len(plan.queued),
        "kept": [
            {"target": each.target, "id": each.target_id, "reason": str(each.reason), "conflict": each.conflict}
            for each in plan.kept
        ],
        "written": None if sent is None else len(sent.delivered),
        "waiting": None if sent is None else sent.waiting,
    }
