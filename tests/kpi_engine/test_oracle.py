"""Random histories: the engine's answers are the naive oracle's."""

import os
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import no_lines

TICKETS = int(os.environ.get("HELPDESK_KPI_EXAMPLES", "200"))  # a release is tried with 20000
SHARE = 50  # tickets of one case
DRAWN = 60  # tickets that Hypothesis draws beside those of the seeds
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
CALENDARS = ["vn", "york", "berlin", "howe", "always", "holidays"]
every = settings(
    max_examples=DRAWN, derandomize="HELPDESK_KPI_EXAMPLES" not in os.environ, deadline=None, suppress_health_check=SLOW
)


@pytest.mark.parametrize("first", range(0, TICKETS, SHARE))
def test_every_answer_is_the_naive_oracles(timelines: ModuleType, comparison: ModuleType, first: int) -> None:
    for seed in range(first, min(first + SHARE, TICKETS)):
        if comparison.differences(timelines.seeded_world(seed)):
            small = timelines.smallest(seed, lambda world: bool(comparison.differences(world)))
            pytest.fail("\n".join([f"seed {seed}", str(small), *comparison.differences(small)]))


@every
@given(st.data())
def test_every_answer_to_what_is_drawn_is_the_naive_oracles(
    timelines: ModuleType, comparison: ModuleType, data: st.DataObject
) -> None:
    assert comparison.differences(data.draw(timelines.worlds())) == []


def test_the_oracle_tells_of_every_indicator_that_lines_answer(timelines: ModuleType, oracle: SimpleNamespace) -> None:
    """A life so full that nothing is left out, told once: an indicator added without the oracle's word shows up."""
    full = """
    06-09 08:00 customer opens priority=low tags=complaint+warranty+broken field:responsible=an field:severity=S1
    06-09 08:10 assignee becomes an, group becomes 1 by binh
    06-09 08:30 an replies, status becomes pending
    06-09 09:00 customer replies, status becomes open by customer
    06-09 17:00 assignee becomes binh by binh, binh replies, status becomes solved by binh
    06-09 17:05 survey offered, customer rated 1 of 5
    06-10 09:00 customer replies, status becomes open by customer, customer rated 5 of 5
    06-10 09:30 binh replies, status becomes hold by binh
    06-10 10:00 status becomes solved by binh, customer rated 4 of 5
    """
    editions = (*timelines.USUAL, timelines.edition("policies", timelines.POLICIES[0]))
    plain = [(edition.kind, edition.key, edition.valid_from, edition.body) for edition in editions]
    told = oracle.answers(timelines.history(full), plain, timelines.moment("06-30 09:00"))
    expected = {key for key, row in INDICATORS.items() if row.lines is not no_lines and not row.held}
    known = {line[0] for line in told.lines} | {
        "ratings_worsened",
        "created_outbound",
        "goals_undecided",
    }
    assert known >= expected
    assert known - set(INDICATORS) == set()


@pytest.mark.parametrize("name", CALENDARS)
def test_the_oracle_knows_the_same_hours_as_the_wall(timelines: ModuleType, oracle: SimpleNamespace, name: str) -> None:
    """A check of the oracle by hand: the working hours of one week in each calendar."""
    hours = {"vn": 44, "york": 40, "berlin": 56, "howe": 7 * (140 + 360) / 60, "always": 168, "holidays": 40}
    body, zone, _ = timelines.CALENDARS[name]
    spelled = oracle.json.dumps(body)
    start, end = timelines.moment("06-09 00:00", zone), timelines.moment("06-16 00:00", zone)
    assert oracle.worked(spelled, start, end) == hours[name] * 3600
    assert oracle.worked(spelled, start + 90, end - 30) == oracle.worked(spelled, start, end) - (
        120 if name in ("always", "berlin") else 0
    )
