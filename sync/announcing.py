"""Announcing rules: the agreed text to each agent as a ticket, once an edition, and who acknowledged it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.documents import plain_policies
from config.penalties import consequences
from config.policies import PolicyDocument
from connectors.base import Stream, SummaryTicket, Target
from kpi_engine.editions import digest_of
from kpi_engine.history import History
from kpi_engine.message import Message, message
from kpi_engine.records import Agent, EventKind, Field
from kpi_engine.rulebook import DONE, OWN_TAG, Rulebook
from sync.account import Account
from sync.announcement_text import AnnouncementPage
from sync.charging import agreed_editions, penalty_digest
from sync.locale import Language
from sync.pull import Pass
from sync.store.announcements import SCOPE, Announced
from sync.store.changes import ChangeState, Desired
from sync.store.summaries import Summary
from sync.summaries.page import as_html, as_text

ACKNOWLEDGED_TAG: Final = "helpdesk-kpi-acknowledged"
"""The tag by which an agent says that he has read an announcement."""

_WORKING: Final = ("agent", "admin")


@dataclass(frozen=True, slots=True)
class Announcement:
    """An edition of rules and the text that was agreed about it, in force from a day on (ISO)."""

    document: PolicyDocument
    effective_on: str
    text: str = ""

    @property
    def edition(self) -> str:
        """What tells it from any other: the rules, the day and the text."""
        body = {"policies": plain_policies(self.document), **self._consequences}
        return digest_of({**body, "from": self.effective_on, "text": self.text})

    @property
    def _consequences(self) -> dict[str, Any]:
        return consequences(self.document.penalties, self.document.rewards)

    @property
    def penalties(self) -> dict[str, str]:
        """The digests of its penalties, by their names."""
        return {each["penalty"]: penalty_digest(each) for each in self._consequences["penalties"]}


def recipients(account: Account, only: Collection[str] = (), ours: str | None = None) -> list[Agent]:
    """Return the people who work tickets, or those of them who are named by id or e-mail.

    Machines are none, nor is `ours`, the user whose credentials are used, unless he is named.
    """
    listed = account.store.records.account(account.name, Stream.AGENTS)
    working = [each for each in listed if isinstance(each, Agent) and _works(account, each)]
    named = {word.casefold() for word in only}
    return [
        each
        for each in working
        if (not only and each.agent_id != ours) or not named.isdisjoint({each.agent_id, (each.email or "").casefold()})
    ]


def _works(account: Account, agent: Agent) -> bool:
    machine = agent.bot or agent.agent_id in account.settings.bots
    return agent.active and agent.role in _WORKING and not machine


def language_of(account: Account, agent: Agent) -> Language:
    """Return an agent's own language where the helpdesk knows it, else the configured one."""
    code = account.settings.language
    if agent.locale:
        code = "vi" if agent.locale.lower().startswith("vi") else "en"
    return Language(code, account.settings.timezone)


def ticket_of(account: Account, announcement: Announcement, agent: Agent, group: str | None) -> SummaryTicket:
    """Return the ticket that tells an agent of the rules."""
    external_id = _external_id(account, announcement, agent.agent_id)
    page = AnnouncementPage(
        announcement.document,
        announcement.effective_on,
        announcement.text,
        f"{external_id}#1",
        ACKNOWLEDGED_TAG,
        language_of(account, agent),
        account.connector.effects.intersection(account.own.push.escalations.allow),
    )
    blocks = list(page.blocks())
    return SummaryTicket(
        external_id=external_id,
        subject=page.title(),
        html=as_html(blocks),
        text=as_text(blocks),
        tags=(OWN_TAG,),
        assignee_id=agent.agent_id,
        group=group,
        marker=f"{external_id}#1",
    )


def _external_id(account: Account, announcement: Announcement, agent_id: str) -> str:
    return f"helpdesk-kpi:{account.name}:agent:{agent_id}:announcement-{announcement.edition}"


def queue_announcement(
    account: Account, this: Pass, announcement: Announcement, agents: Iterable[Agent], group: str | None
) -> int:
    """Store what is to be announced and queue a ticket for each agent who has none yet; return how many those are.

    One whose ticket was refused is tried again. In the caller's transaction.
    """
    tickets = {agent.agent_id: ticket_of(account, announcement, agent, group) for agent in agents}
    ids = [each.external_id for each in tickets.values()]
    newest = account.store.changes.newest_of(account.name, Target.SUMMARY, ids)
    refused = {key for key, change in newest.items() if change.state is ChangeState.REFUSED}
    queued = 0
    for agent_id, ticket in tickets.items():
        if ticket.external_id in newest and ticket.external_id not in refused:
            continue
        account.store.summaries.plan(_summary(account, announcement, agent_id, ticket.external_id))
        account.store.announcements.plan([_announced(account, announcement, agent_id, ticket.external_id)])
        key = f"{ticket.external_id}:{this.pass_id}" if ticket.external_id in refused else ticket.external_id
        queued += 1
        account.store.changes.enqueue(
            account.name, [_desired(key, announcement, ticket)], pass_id=this.pass_id, now=account.now()
        )
    return queued


def _desired(key: str, announcement: Announcement, ticket: SummaryTicket) -> Desired:
    why = message("rules are announced that hold from {day}", day=announcement.effective_on)
    return Desired(key=key, target=Target.SUMMARY, target_id=ticket.external_id, why=why, summary=ticket)


def _summary(account: Account, announcement: Announcement, agent_id: str, external_id: str) -> Summary:
    now = account.now()
    return Summary(
        connector=account.name,
        scope=SCOPE,
        subject=agent_id,
        period=announcement.edition,
        period_start=now,
        period_end=now,
        external_id=external_id,
    )


def _announced(account: Account, announcement: Announcement, agent_id: str, external_id: str) -> Announced:
    return Announced(
        connector=account.name,
        edition=announcement.edition,
        subject=agent_id,
        external_id=external_id,
        effective_on=announcement.effective_on,
        penalties=announcement.penalties,
        announced_at=account.now(),
    )


def is_known(account: Account, announcement: Announcement) -> bool:
    """Tell whether it was announced to somebody before: whoever comes later is told the same."""
    return any(each.edition == announcement.edition for each in account.store.announcements.all(account.name))


def announced_counts(account: Account) -> dict[str, int]:
    """Return how many announcements were made, and how many of them were acknowledged."""
    made = [each for each in account.store.announcements.all(account.name) if each.remote_id is not None]
    return {"made": len(made), "acknowledged": sum(each.acknowledged_at is not None for each in made)}


def unannounced(account: Account, penalties: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of those penalties that charge by now, and of which nobody was told here as they are.

    Penalties are as an edition keeps them.
    """
    told = {item for each in account.store.announcements.all(account.name) for item in each.penalties.items()}
    today = datetime.fromtimestamp(account.now(), ZoneInfo(account.settings.timezone)).date().isoformat()
    charging = (each for each in penalties if each["announced_on"] is not None and each["announced_on"] <= today)
    return [each["penalty"] for each in charging if (each["penalty"], penalty_digest(each)) not in told]


UNANNOUNCED_MEND: Final = message("tell them by `announce send`; what is agreed elsewhere has no acknowledgement here")


def unannounced_text(names: Iterable[str]) -> Message:
    """Return in words that some penalties charge of which nobody was told here."""
    return message(
        "these penalties charge by now, and `announce` told nobody of them as they are: {names}", names=", ".join(names)
    )


def unannounced_in_force(account: Account) -> list[str]:
    """Return the names of those of today's penalties of which nobody was told here."""
    begun = [each for each in agreed_editions(account) if each.valid_from is None or each.valid_from <= account.now()]
    listed: Any = begun[-1].body["penalties"] if begun else ()
    return unannounced(account, listed)


# --- Who acknowledged it ------------------------------------------------------------------------------------------


def note_acknowledgements(account: Account, this: Pass, rules: Rulebook) -> int:
    """Remember who acknowledged an announcement by what was pulled of its ticket; return how many did so now.

    An acknowledgement is the agent's own: his reply or note on the ticket, the tag, or his solving it. What somebody
    else does there is none.
    """
    waiting = {
        each.remote_id: each
        for each in account.store.announcements.all(account.name)
        if each.acknowledged_at is None and each.remote_id is not None
    }
    found = []
    for history in account.store.records.histories(account.name, waiting, account.history_start):
        announced = waiting[history.ticket_id]
        found += [(announced, *how) for how in list(_acknowledgements(history, announced.subject, rules))[:1]]
    if found:
        with account.store.transaction(this.lock):
            for announced, at, how in found:
                account.store.announcements.acknowledge(announced, at, how)
    return len(found)


def _acknowledgements(history: History, agent_id: str, rules: Rulebook) -> Iterator[tuple[int, str]]:
    """Yield when and how an agent acknowledged what a ticket tells, in order of time."""
    for event in history.events:
        if event.actor_id != agent_id or event.automatic:
            continue
        if event.kind is EventKind.COMMENTED:
            yield event.at, "reply"
        elif event.field == Field.TAGS and ACKNOWLEDGED_TAG in (event.new or "").split():
            yield event.at, "tag"
        elif event.field == Field.STATUS and rules.meanings.at(event.at).status(event.new) in DONE:
            yield event.at, "solve"
    if ACKNOWLEDGED_TAG in history.latest.tags:  # a helpdesk without history does not tell who put it there
        yield history.latest.updated_at, "tag"
