"""`helpdesk-kpi override`: what a lead decides about a ticket's clock or rating, or about a dispute."""

import getpass
from datetime import UTC, datetime

import click

from kpi_engine.message import Message, message
from sync.account import Account
from sync.cli.frame import Call, framed
from sync.counting import DECISIONS
from sync.disputes import DisputeState, dispute_document, disputes, everything
from sync.exempted import exempted_on_tickets
from sync.exits import Exit
from sync.inputs.values import CellError, Forms, instant, moment_of
from sync.locale import terminal_text
from sync.overriding import (
    Decision,
    UnfitOverrideError,
    decide,
    decisions,
    ended_text,
    place_text,
    take_back,
    typed_by,
)
from sync.settling import PeriodState
from sync.store.observations import ALL_OF_IT, DISPUTED, REFUSED
from sync.wording import part_text

WHAT = ("first_reply", "next_reply", "resolution", "rating")
_TICKET = click.argument("ticket")
_REASON = click.option("--reason", required=True, help=terminal_text(message("Why; it is shown with the figures.")))
_BY = click.option("--by", required=True, help=terminal_text(message("Who decided it.")))
_AT = click.option("--at", help=terminal_text(message("When it was decided; default: now.")))
_ACCOUNT = click.option("--account", help=terminal_text(message("The connector's name, where there are several.")))


@click.group("override", help=terminal_text(message("Exempt a ticket's clock or rating, or decide a dispute.")))
def command() -> None:
    """Group what a lead can decide."""


@command.command("add", help=terminal_text(message("Have a ticket's clock, or its rating, count for nobody.")))
@_TICKET
@click.argument("what", type=click.Choice(WHAT))
@_REASON
@_BY
@_AT
@_ACCOUNT
@framed
def add(call: Call, *, ticket: str, what: str, reason: str, by: str, at: str | None, account: str | None) -> Exit:  # noqa: PLR0913 -- one for each option a person may give
    """Note an exemption; the next pass measures the ticket by it."""
    return _decided(call, account, Decision(ticket_id=ticket, what=what, reason=reason, approved_by=by), at)


@command.command("refuse", help=terminal_text(message("Refuse the dispute of a ticket: all counts as it does.")))
@_TICKET
@_REASON
@_BY
@_AT
@_ACCOUNT
@framed
def refuse(call: Call, *, ticket: str, reason: str, by: str, at: str | None, account: str | None) -> Exit:  # noqa: PLR0913 -- one for each option a person may give
    """Note a refusal; the ticket is no longer listed as disputed."""
    return _decided(call, account, Decision(ticket_id=ticket, what=REFUSED, reason=reason, approved_by=by), at)


@command.command("dispute", help=terminal_text(message("Note that an agent disputes a ticket that he cannot mark.")))
@_TICKET
@_REASON
@_BY
@_AT
@_ACCOUNT
@framed
def dispute(call: Call, *, ticket: str, reason: str, by: str, at: str | None, account: str | None) -> Exit:  # noqa: PLR0913 -- one for each option a person may give
    """Note a dispute, by the agent or by his lead; the ticket is listed as disputed until somebody decides."""
    return _decided(call, account, Decision(ticket_id=ticket, what=DISPUTED, reason=reason, approved_by=by), at)


def _decided(call: Call, name: str | None, decision: Decision, at: str | None) -> Exit:
    with call.accounts([name] if name else [], signed_in=False) as accounts:
        account = _only(accounts)
        try:
            settled = decide(account, decision, _instant(account, at), typed_by(_user()))
        except UnfitOverrideError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        call.say(message("{ticket}: noted; the next pass goes by it", ticket=decision.ticket_id))
        if settled:
            call.say(message("what is settled stays as it is; `recompute --corrects` lets the decision in"))
        call.answer({"connector": account.name, "ticket_id": decision.ticket_id, "what": decision.what})
    return Exit.OK


def _user() -> str | None:
    """Return who sits at the command line, None for a user without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _instant(account: Account, text: str | None) -> int:
    if text is None:
        return account.now()
    try:
        return instant(moment_of(text, Forms(account.settings.timezone)))
    except CellError as error:
        raise click.UsageError(terminal_text(error.message)) from None


def _only(accounts: list[Account]) -> Account:
    if len(accounts) > 1:
        names = ", ".join(account.name for account in accounts)
        raise click.UsageError(
            terminal_text(message("{flag} is needed; there are: {known}", flag="--account", known=names))
        )
    return accounts[0]


@command.command("remove", help=terminal_text(message("Take a decision back; what it was stays in the list of all.")))
@_TICKET
@click.argument("what", type=click.Choice((*WHAT, *sorted(ALL_OF_IT))))
@_REASON
@_BY
@_ACCOUNT
@framed
def remove(call: Call, *, ticket: str, what: str, reason: str, by: str, account: str | None) -> Exit:  # noqa: PLR0913 -- one for each option a person may give
    """Take a decision back; the next pass measures the ticket without it."""
    with call.accounts([account] if account else [], signed_in=False) as accounts:
        only = _only(accounts)
        try:
            done = take_back(only, Decision(ticket_id=ticket, what=what, reason=reason, approved_by=by))
        except UnfitOverrideError as error:
            call.complain(error.message)
            return Exit.SETTINGS
        call.answer({"connector": only.name, "ticket_id": ticket, "what": what, "removed": done})
        if not done:
            call.complain(message("there is no such decision; `helpdesk-kpi override list` shows those there are"))
            return Exit.SETTINGS
        call.say(message("{ticket}: taken back; the next pass goes by it", ticket=ticket))
    return Exit.OK


@command.command("list", help=terminal_text(message("Show what was decided, and the disputes that nobody decided.")))
@click.argument("names", nargs=-1)
@click.option("--all", "past", is_flag=True, help=terminal_text(message("Those too that were taken back or replaced.")))
@framed
def listing(call: Call, names: tuple[str, ...], *, past: bool) -> Exit:
    """Show the decisions of every account, or of those named; asks no helpdesk."""
    with call.accounts(names, signed_in=False) as accounts:
        call.answer({"accounts": [_listed(call, account, past=past) for account in accounts]})
    return Exit.OK


def _listed(call: Call, account: Account, *, past: bool) -> dict[str, object]:
    every, window = decisions(account, past=True), everything(account)
    found = [each for each in every if past or each.ended is None]
    disputed = list(disputes(account, window, PeriodState.PROVISIONAL))
    waiting = [each.ticket_id for each in disputed if each.state is DisputeState.OPEN]
    given = exempted_on_tickets(account, window)
    call.say(_heading(account, len(found), len(every) - len(found)))
    for each in found:
        call.say(_line(call, each))
    for ticket, what, told in given:
        call.say(message("  {ticket}  {what}  {told}", ticket=ticket, what=part_text(what, call.language), told=told))
    for ticket in waiting:
        told = message(
            "  {ticket}: disputed, and nobody has decided: `override add` or `override refuse`", ticket=ticket
        )
        call.say(told)
    return {
        "connector": account.name,
        "decisions": [_document(each) for each in found],
        "on_tickets": [{"ticket_id": ticket, "what": what, "told": str(told)} for ticket, what, told in given],
        "disputed": waiting,
        "disputes": [dispute_document(each) for each in disputed],
    }


def _heading(account: Account, n: int, more: int) -> Message:
    told = DECISIONS.of(n)
    if not more:
        return message("{name}: {decisions}", name=account.name, decisions=told)
    return message(
        "{name}: {decisions}; taken back or replaced: {more} (--all shows them)",
        name=account.name,
        decisions=told,
        more=more,
    )


_WORDS = {"rating": message("rating"), DISPUTED: message("disputed"), REFUSED: message("dispute refused")}
"""What is decided that is no clock."""


def _line(call: Call, each: Decision) -> Message:
    line = message(
        "  {ticket}  {what}  {name}, {moment}: {reason} ({place})",
        ticket=each.ticket_id,
        what=_WORDS.get(each.what) or part_text(each.what, call.language),
        name=each.approved_by,
        moment=call.language.moment(each.approved_at),
        reason=each.reason,
        place=place_text(each.source),
    )
    return ended_text(line, each.ended)


def _document(each: Decision) -> dict[str, object]:
    return {
        "ticket_id": each.ticket_id,
        "what": each.what,
        "reason": each.reason,
        "approved_by": each.approved_by,
        "approved_at": datetime.fromtimestamp(each.approved_at, UTC).isoformat(),
        "source": each.source,
        "ended": each.ended,
    }
