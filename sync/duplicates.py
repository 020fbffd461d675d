"""Second tickets of the same summary, which a creation of unknown outcome may leave: found, and closed."""

from collections.abc import Sequence
from typing import Final

from connectors.base import SummaryTicket, Target
from kpi_engine.message import Message, message
from kpi_engine.rulebook import OWN_TAG
from sync.account import Account
from sync.crash import crash_point
from sync.pull import Pass
from sync.store.changes import Desired
from sync.store.summaries import Summary
from sync.summaries.page import Paragraph, as_html, as_text

DUPLICATE_TAG: Final = "helpdesk-kpi-duplicate"
_LOOKS: Final = (3600, 86_400)
"""Seconds after a creation at which it is looked at again, beside the next pass: a helpdesk may commit that late."""


def close_duplicates(account: Account, this: Pass, now: int) -> int:
    """Look for second tickets of the summaries whose creation was in doubt, queue their closing, say how many.

    The oldest ticket stays. Which they are is stored with the intent to close them, before anything is sent.
    """
    found = 0
    for summary in account.store.summaries.to_look_again(account.name, now):
        tickets = account.connector.find(summary.external_id)
        crash_point("after_look_up")
        with account.store.transaction(this.lock):
            found += _keep_the_oldest(account, this, summary, tickets, now)
            later = [each for each in _LOOKS if (summary.created_at or now) + each > now]
            look_again_at = (summary.created_at or now) + later[0] if later else None
            account.store.summaries.change(summary.external_id, look_again_at=look_again_at)
        crash_point("after_duplicates")
    return found


def _keep_the_oldest(account: Account, this: Pass, summary: Summary, tickets: Sequence[str], now: int) -> int:
    if not tickets:
        return 0
    oldest, *others = tickets
    summaries = account.store.summaries
    if oldest != summary.remote_id:  # it is told anew what it must show
        summaries.change(summary.external_id, remote_id=oldest, shown="")
        summaries.serve(account.name, summary.scope, summary.period, "")
    summaries.duplicated(account.name, summary.external_id, others, now)
    closings = [_closing(account, summary, oldest, each) for each in others]
    return account.store.changes.enqueue(account.name, closings, pass_id=this.pass_id, now=now)


def _closing(account: Account, summary: Summary, oldest: str, ticket: str) -> Desired:
    address = account.connector.ticket_url(oldest)
    told = message("This summary was made twice. The one that counts: {address}", address=address)
    return closing(summary, ticket, account.language(told), DUPLICATE_TAG, message("it duplicates another summary"))


def closing(summary: Summary, ticket: str, told: str, tag: str, why: Message) -> Desired:
    """Return the change by which a ticket of ours is done with: a private note, a tag, solved."""
    marker = f"{summary.external_id}·{tag}"
    page = [Paragraph(told), Paragraph(marker)]
    note = SummaryTicket(
        external_id=summary.external_id,
        subject="",
        html=as_html(page),
        text=as_text(page),
        tags=(OWN_TAG, tag),
        assignee_id=None,
        group=None,
        marker=marker,
        solve=True,
    )
    return Desired(key=f"{tag}:{ticket}", target=Target.SUMMARY, target_id=ticket, why=why, summary=note)
