"""What is brought in acts as one: nothing of it while it goes on or after it was broken off, all of it at its end."""

from typing import TYPE_CHECKING

from kpi_engine.records import Observation
from sync.store.observations import INPUTS, OVERRIDES

if TYPE_CHECKING:
    from sync.store import Store


def decision(ticket: str, what: str, reason: str = "An outage.") -> Observation:
    return Observation(
        kind=OVERRIDES,
        observation_id=f"{ticket}/{what}",
        at=1_000,
        agent=None,
        customer_id=None,
        ticket_id=ticket,
        account="acme",
        values={"clock": what, "reason": reason, "approved_by": "lan"},
        source="overrides.csv:2",
    )


def test_a_half_imported_file_of_decisions_exempts_nothing_and_ends_nothing(store: "Store") -> None:
    observations = store.observations
    first = observations.begin(INPUTS, OVERRIDES, "overrides.csv", 10)
    observations.bring(INPUTS, first, [decision("1", "rating"), decision("2", "rating")])
    assert store.records.exempt("acme") == {}
    assert observations.past(INPUTS, OVERRIDES) == []
    observations.end(first, {}, 11)
    whole = {"1": {"rating"}, "2": {"rating"}}
    assert store.records.exempt("acme") == whole

    second = observations.begin(INPUTS, OVERRIDES, "overrides.csv", 20)
    observations.bring(INPUTS, second, [decision("1", "rating", "Another reason."), decision("3", "rating")])
    observations.withdraw(INPUTS, OVERRIDES, "2/rating", second)
    assert store.records.exempt("acme") == whole
    standing = observations.standing(INPUTS, OVERRIDES)
    assert [(each.observation.ticket_id, each.observation.values["reason"]) for each in standing] == [
        ("1", "An outage."),
        ("2", "An outage."),
    ]
    observations.take_back_unfinished(INPUTS)
    assert store.records.exempt("acme") == whole

    third = observations.begin(INPUTS, OVERRIDES, "overrides.csv", 30)
    observations.bring(INPUTS, third, [decision("3", "rating")])
    observations.withdraw(INPUTS, OVERRIDES, "2/rating", third)
    observations.end(third, {}, 31)
    assert store.records.exempt("acme") == {"1": {"rating"}, "3": {"rating"}}
