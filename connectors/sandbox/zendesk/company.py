"""The company behind the account, as its books know it: who works and buys there, and what was solved."""

from collections.abc import Iterator, Mapping

from connectors.sandbox.world.books import Company, Served
from connectors.sandbox.world.people import DOWNGRADED, SUSPENDED
from connectors.sandbox.world.working_hours import DAY
from connectors.sandbox.zendesk.state import State


def company(state: State, seed: int, days: int, until: int) -> Company:
    """Return the company of the last `days` days before an instant; who has left has no place in its books."""
    account = state.account
    agents = {each: str(state.users[each].email) for each in account.agent_ids[: min(SUSPENDED, DOWNGRADED)]}
    customers = {requester: f"KH-{number + 1:04}" for number, requester in enumerate(account.customer_ids)}
    return Company(
        seed=seed,
        agents=list(agents.values()),
        lead=str(state.users[account.admin_id].email),
        customers={key: str(requester) for requester, key in customers.items()},
        served=list(_served(state, agents, customers, until)),
        since=until - days * DAY,
        until=until,
    )


def _served(state: State, agents: Mapping[int, str], customers: Mapping[int, str], until: int) -> Iterator[Served]:
    for ticket in state.tickets.values():
        agent, customer = agents.get(ticket.assignee_id or 0), customers.get(ticket.requester_id)
        solved = ticket.status in ("solved", "closed") and ticket.solved_at is not None
        if solved and agent is not None and customer is not None and (ticket.solved_at or until) < until:
            yield Served(str(ticket.id), customer, agent, ticket.solved_at or until)
