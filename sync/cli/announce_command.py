"""`helpdesk-kpi announce`: rules told to each agent as a ticket, and who acknowledged them."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import click

from config.documents import configured_policies, policy_file
from config.policies import PolicyDocument
from kpi_engine.message import message
from kpi_engine.records import Agent
from sync.account import Account
from sync.announcing import Announcement, is_known, queue_announcement, recipients, ticket_of
from sync.cli.choosing import with_data
from sync.cli.frame import Call, framed
from sync.counting import AGENTS, TICKETS
from sync.cycle import PassReport, running
from sync.exits import Exit
from sync.locale import terminal_text
from sync.outbox import send_all
from sync.store.announcements import Announced

MODE = "announce"
Addressed: TypeAlias = tuple[Sequence[Agent], str | None]
"""Who is told, and the group in which the tickets are made."""

_HOW = {
    "reply": message("by a reply"),
    "tag": message("by the tag"),
    "solve": message("by solving the ticket"),
}


@click.group(
    "announce", help=terminal_text(message("Tell agents of rules by a ticket each, and see who acknowledged them."))
)
def command() -> None:
    """Hold the commands about announcements."""


@command.command(
    "send", help=terminal_text(message("Announce a policy file; without --yes only show what would be sent."))
)
@click.argument("file", required=False)
@click.option("--from", "day", required=True, help=terminal_text(message("The day from which the rules hold.")))
@click.option(
    "--text",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help=terminal_text(message("A file with what was agreed, in plain words; it stands above the rules.")),
)
@click.option(
    "--to", "only", multiple=True, help=terminal_text(message("Only this agent, by id or e-mail; may be repeated."))
)
@click.option("--group", help=terminal_text(message("The group in which the tickets are made.")))
@click.option("--account", "name", help=terminal_text(message("The connector's name, where there are several.")))
@click.option("--yes", is_flag=True, help=terminal_text(message("Do what is only shown without it.")))
@framed
def send(  # noqa: PLR0913 -- one parameter for each option a person may give
    call: Call,
    *,
    file: str | None,
    day: str,
    text: Path | None,
    only: tuple[str, ...],
    group: str | None,
    name: str | None,
    yes: bool,
) -> Exit:
    """Send each agent the rules once; who has them already gets nothing more."""
    told = text.read_text(encoding="utf-8") if text is not None else ""
    announcement = Announcement(_document(call, file), _day(day), told)
    with call.accounts([name] if name else []) as accounts:
        ready = with_data(accounts, call.say)
        for account in ready:
            _refuse_the_past(account, announcement)
        done = [_sent(call, each, announcement, (only, group), yes=yes) for each in ready]
    call.answer({"edition": announcement.edition, "accounts": done})
    return Exit.PARTIAL if any(each["refused"] or each["waiting"] for each in done) else Exit.OK


def _document(call: Call, file: str | None) -> PolicyDocument:
    if file is not None:
        return policy_file(file)
    return configured_policies(call.settings())


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        told = message("“{day}” is no day; write it as 2026-12-01", day=text)
        raise click.UsageError(terminal_text(told)) from None


def _refuse_the_past(account: Account, announcement: Announcement) -> None:
    """Refuse a day that is over or has begun, but for what was announced in time: whoever came since is told, too."""
    to_come = date.fromisoformat(announcement.effective_on) > _today(account)
    if not to_come and not is_known(account, announcement):
        told = message(
            "{day} is no day to come: nobody is judged by rules that he was not told of before. Give a later day; what "
            "was announced in time is sent to whoever came since with the same file, day and text",
            day=announcement.effective_on,
        )
        raise click.UsageError(terminal_text(told))


def _today(account: Account) -> date:
    return datetime.fromtimestamp(account.now(), ZoneInfo(account.settings.timezone)).date()


def _sent(
    call: Call, account: Account, announcement: Announcement, whom: tuple[tuple[str, ...], str | None], *, yes: bool
) -> dict[str, object]:
    only, group = whom
    ours = account.connector.own_id()
    agents = recipients(account, only, ours)
    _say_whom(call, account, announcement, agents)
    for each in recipients(account) if not only else ():
        if each.agent_id == ours:
            call.say(
                message(
                    "left out: {name}, whose credentials are used here; --to {id} tells him, too",
                    name=each.name,
                    id=ours,
                )
            )
    act = _delivered if yes else _only_shown
    counts = act(call, account, announcement, (agents, group))
    return {"account": account.name, "agents": [agent.agent_id for agent in agents], **counts}


def _say_whom(call: Call, account: Account, announcement: Announcement, agents: Sequence[Agent]) -> None:
    call.say(
        message(
            "{name}: {agents}, {known} of whom have it: {names}",
            name=account.name,
            agents=AGENTS.of(len(agents)),
            known=len(_have_it(account, announcement) & {agent.agent_id for agent in agents}),
            names=", ".join(agent.name for agent in agents),
        )
    )


def _only_shown(call: Call, account: Account, announcement: Announcement, whom: Addressed) -> dict[str, int]:
    """Show what the first would get; return that nothing was sent."""
    agents, group = whom
    if agents:
        call.say_text(ticket_of(account, announcement, agents[0], group).text)
    call.say(message("nothing was sent; --yes sends it"))
    return {"sent": 0, "refused": 0, "waiting": 0}


def _delivered(call: Call, account: Account, announcement: Announcement, whom: Addressed) -> dict[str, int]:
    """Send it to those who do not have it; return how many were sent, were refused, and still wait."""
    known = _have_it(account, announcement)
    report = PassReport(account.name)
    with running(account, MODE, report) as this:
        with account.store.transaction(this.lock):
            queue_announcement(account, this, announcement, *whom)
        report.sent = send_all(account, this, None)
    for _, reason in report.sent.refused:
        call.complain(reason)
    new, waiting = len(_have_it(account, announcement) - known), report.sent.waiting
    call.say(message("{tickets} made, {waiting} still waiting", tickets=TICKETS.of(new), waiting=waiting))
    return {"sent": new, "refused": report.sent.refused.total, "waiting": waiting}


def _have_it(account: Account, announcement: Announcement) -> set[str]:
    """Return the agents for whom a ticket with it was made."""
    made = account.store.announcements.all(account.name)
    return {each.subject for each in made if each.edition == announcement.edition and each.remote_id is not None}


@command.command("list", help=terminal_text(message("Show what was announced to whom, and who acknowledged it.")))
@click.argument("names", nargs=-1)
@framed
def listing(call: Call, names: tuple[str, ...]) -> None:
    """List the announcements of every account, or of those named; asks no helpdesk."""
    with call.accounts(names, signed_in=False) as accounts:
        call.answer({"accounts": [_listed(call, account) for account in accounts]})


def _listed(call: Call, account: Account) -> dict[str, object]:
    found, people = (
        account.store.announcements.all(account.name),
        {each.agent_id: each.name for each in recipients(account)},
    )
    known = sum(each.acknowledged_at is not None for each in found)
    call.say(message("{name}: {n} announcements, {known} acknowledged", name=account.name, n=len(found), known=known))
    for each in found:
        who = people.get(each.subject, each.subject)
        call.say(
            message(
                "  {name}, from {day} ({edition}): {how}",
                name=who,
                day=each.effective_on,
                edition=each.edition,
                how=_how(call, each),
            )
        )
    return {"account": account.name, "announcements": [_document_of(each) for each in found]}


def _how(call: Call, each: Announced) -> str:
    if each.acknowledged_at is not None and each.how is not None:
        told = message(
            "acknowledged {moment}, {how}", moment=call.language.moment(each.acknowledged_at), how=_HOW[each.how]
        )
        return call.language(told)
    return call.language(message("not sent yet") if each.remote_id is None else message("sent, not acknowledged"))


def _document_of(each: Announced) -> dict[str, object]:
    return {
        "edition": each.edition,
        "agent": each.subject,
        "effective_on": each.effective_on,
        "ticket_id": each.remote_id,
        "announced_at": each.announced_at,
        "acknowledged_at": each.acknowledged_at,
        "how": each.how,
        "penalties": sorted(each.penalties),
    }
