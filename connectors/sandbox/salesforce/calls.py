"""The org's telephone and its Omni-Channel: a call for every case of the origin Phone, and work on solved cases."""

from connectors.sandbox.salesforce.records import Ticket
from connectors.sandbox.salesforce.rows import Rows
from connectors.sandbox.world import calls
from connectors.sandbox.world.verbs import Row

LIFE = calls.LIFE


def ring(rows: Rows, ticket: Ticket) -> None:
    """Let a call be over: it rang in vain at some agents', and whoever has the case took it; else nobody did."""
    opened, taken = int(str(ticket.row["CreatedDate"])), ticket.assignee_id is not None
    told = calls.told_of(opened)
    row: Row = {
        "CallType": "Inbound",
        "CallDisposition": "completed" if taken else "new",
        "CallStartDateTime": opened,
        "CallQueuedDateTime": opened,
        "CallAcceptDateTime": opened + told.waited if taken else None,
        "CallEndDateTime": opened + told.waited + told.held + told.talked if taken else opened + told.waited,
        "CallDurationInSeconds": told.waited + told.held + told.talked if taken else told.waited,
        "CustomerHoldDuration": told.held,
        "RelatedRecordId": ticket.key,
        "UserId": rows.org.ids[ticket.assignee_id] if ticket.assignee_id is not None else None,
    }
    author = str(ticket.row["CreatedById"])
    call = rows.add("VoiceCall", row, author=author)
    for agent in calls.rung_in_vain(opened, rows.org.account.agent_ids) if taken else ():
        declined = {"UserId": rows.org.ids[agent], "WorkItemId": call, "Status": "DeclinedOnPushTimeout"}
        _work(rows, {**declined, "DeclineDateTime": opened, "AssignedDateTime": opened}, "Phone")


def finish(rows: Rows, ticket: Ticket) -> None:
    """Let the agent who has a case be done with the work on it."""
    if ticket.assignee_id is None:
        return
    now = rows.world.second
    took = min(now - int(str(ticket.row["CreatedDate"])), 300 + now % 1500)
    done = {"UserId": rows.org.ids[ticket.assignee_id], "WorkItemId": ticket.key, "Status": "Closed"}
    _work(rows, {**done, "CloseDateTime": now, "HandleTime": took, "ActiveTime": took // 2}, "Case")


def _work(rows: Rows, row: Row, channel: str) -> None:
    whole = {
        **dict.fromkeys(rows.org.tables["AgentWork"].columns),
        "ServiceChannelId": rows.org.channels[channel],
        **row,
    }
    whole = {name: value for name, value in whole.items() if value is not None}
    rows.add("AgentWork", whole, author=str(row["UserId"]))
