"""Policies that ask for a ticket's type, or its customer's company, act on what cases show at each instant."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.measurement import Certainty

if TYPE_CHECKING:
    from tests.sync.conftest import World

HOUR = 3600


def policies(company: str) -> dict[str, Any]:
    """Return a policy for one type, one for one company, and one for all others."""
    reply = {"id": "first_reply", "time": "calendar", "stop": ["agent_public_reply"]}
    goals = {
        "problems": ("1h", {"all": [{"type": ["Problem"]}]}),
        "company": ("2h", {"all": [{"organization": [company]}]}),
        "others": ("8h", {}),
    }
    return {
        "version": 1,
        "policies": [
            {"id": name, "clocks": [{**reply, "goal": {"any": goal}}], **({"when": when} if when else {})}
            for name, (goal, when) in goals.items()
        ],
    }


def goals(world: "World") -> dict[str, tuple[str, int, Certainty]]:
    """Return, by case, which policy its first reply is owed by, within how many seconds, and how sure that is."""
    return {
        measured.ticket_id: (clock.policy, clock.goal, clock.certainty)
        for measured in world.store.readings.all("sao-mai")
        for clock in measured.clocks
        if clock.clock == "first_reply"
    }


@pytest.mark.parametrize("tracked", [True, False])
def test_type_and_company_of_a_case_decide_which_policy_it_falls_under(
    make_world: Callable[..., "World"], *, tracked: bool
) -> None:
    """A problem, a question of a company's, one of nobody's; later that one turns out to be a problem too."""
    world = make_world(kind="salesforce")
    state, customers = world.state, world.state.account.customer_ids
    if not tracked:
        state.rows.tracked -= {"Type", "AccountId"}
    company = state.org.company(state.org.contacts[customers[0]])
    world.configure(policies=policies(str(company)))
    problem = state.create_ticket(requester=customers[0], type="Problem")
    asked = state.create_ticket(requester=customers[0], type="Question")
    alone = state.create_ticket(requester=customers[2])
    world.advance(300)
    world.run()
    assert goals(world) == {
        problem.key: ("problems", HOUR, Certainty.EXACT),
        asked.key: ("company", 2 * HOUR, Certainty.EXACT),
        alone.key: ("others", 8 * HOUR, Certainty.EXACT),
    }
    known = Certainty.EXACT if tracked else Certainty.APPROXIMATE
    state.change(alone.id, world.agents[0], type="Problem")
    world.advance(300)
    world.run()
    assert goals(world)[alone.key] == ("problems", HOUR, known)
    state.change(alone.id, world.agents[0], fields={"AccountId": company}, type=None)
    world.advance(300)
    world.run()
    assert goals(world)[alone.key] == ("company", 2 * HOUR, known)
