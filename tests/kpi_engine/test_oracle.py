"""Random histories: the engine's answers are the naive oracle's."""

import os
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.indicators import INDICATORS
from kpi_engine.live import live_fields
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, Clock, CreditLine, Firing, Holding, Measurement

TICKETS = int(os.environ.get("HELPDESK_KPI_EXAMPLES", "200"))  # a release is tried with 20000
SHARE = 50  # tickets of one case
DRAWN = 60  # tickets that Hypothesis draws beside those of the seeds
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
CALENDARS = ["vn", "york", "berlin", "howe", "always", "holidays"]
every = settings(
    max_examples=DRAWN, derandomize="HELPDESK_KPI_EXAMPLES" not in os.environ, deadline=None, suppress_health_check=SLOW
)


def line(said: CreditLine) -> tuple[object, ...]:
    fraction = (said.numerator, said.denominator)
    guessed = said.certainty is Certainty.APPROXIMATE
    whose = (said.agent, said.team, said.priority, said.segment)
    return said.indicator, said.part, *whose, said.at, *fraction, guessed


def clock(said: Clock) -> tuple[object, ...]:
    return (
        said.clock, said.instance, said.started_at, said.stopped_at, said.goal or None, said.elapsed, said.due_at,
        said.breached_at, str(said.state), said.paused, said.agent, said.team, said.certainty is Certainty.APPROXIMATE,
    )  # fmt: skip


def firing(said: Firing) -> tuple[object, ...]:
    return said.clock, said.instance, said.step, said.level, said.at, said.agent, said.team


def held_at(measurement: Measurement, instant: int) -> Holding | None:
    covering = [h for h in measurement.holdings if h.start <= instant and (h.end is None or instant < h.end)]
    assert len(covering) <= 1
    return covering[0] if covering else None


def standing(said: Holding) -> tuple[object, ...]:
    whose = (said.agent, said.team, str(said.status), said.priority, said.segment, said.requester)
    return *whose, said.opened_at, said.answered, said.owed_since, said.touched_at, said.overdue_since


Answer = dict[str, object]


def engines_answer(world: Any) -> Answer:  # noqa: ANN401 -- a World
    measurement = measure(world.history, world.rulebook, world.as_of)
    if measurement.excluded is not None:
        return {"excluded": True}
    return {
        "lines": sorted(map(line, measurement.lines), key=repr),
        "clocks": list(map(clock, measurement.clocks)),
        "firings": list(map(firing, measurement.firings)),
        "live": dict(live_fields(measurement)),
    }


def oracles_answer(oracle: SimpleNamespace, world: Any) -> Answer:  # noqa: ANN401 -- a World
    told = oracle.answers(world.history, world.plain, world.as_of)
    return {"excluded": True} if told is None else dict(vars(told))


def differences(oracle: SimpleNamespace, world: Any) -> list[str]:  # noqa: ANN401 -- a World
    """Return what only one of them says, and how the ticket stood where they do not agree."""
    found, expected = engines_answer(world), oracles_answer(oracle, world)
    told = [
        f"{name}: {who} says {each}"
        for name in found.keys() | expected.keys()
        for who, one, other in (("only the engine", found, expected), ("only the oracle", expected, found))
        for each in listed(one.get(name))
        if each not in listed(other.get(name))
    ]
    return [*told, *different_pasts(oracle, world)]


def listed(answer: Any) -> list[object]:  # noqa: ANN401 -- a part of an Answer
    return answer if isinstance(answer, list) else list(answer.items()) if isinstance(answer, dict) else [answer]


def different_pasts(oracle: SimpleNamespace, world: Any) -> Iterator[str]:  # noqa: ANN401 -- a World
    measurement = measure(world.history, world.rulebook, world.as_of)
    past = oracle.Past(world.history, world.plain, world.as_of)
    for instant in world.moments:
        holding, expected = held_at(measurement, instant), past.standing(instant)
        found = None if holding is None else standing(holding)
        if found != (expected and expected.answer()):
            yield f"at {instant}: the engine says {found}, the oracle {expected and expected.answer()}"


@pytest.mark.parametrize("first", range(0, TICKETS, SHARE))
def test_every_answer_is_the_naive_oracles(timelines: ModuleType, oracle: SimpleNamespace, first: int) -> None:
    for seed in range(first, min(first + SHARE, TICKETS)):
        if differences(oracle, timelines.seeded_world(seed)):
            small = timelines.smallest(seed, lambda world: bool(differences(oracle, world)))
            pytest.fail("\n".join([f"seed {seed}", str(small), *differences(oracle, small)]))


@every
@given(st.data())
def test_every_answer_to_what_is_drawn_is_the_naive_oracles(
    timelines: ModuleType, oracle: SimpleNamespace, data: st.DataObject
) -> None:
    assert differences(oracle, data.draw(timelines.worlds())) == []


def test_the_oracle_tells_of_every_indicator_that_lines_answer(timelines: ModuleType, oracle: SimpleNamespace) -> None:
    """A life so full that nothing is left out, told once: an indicator added without the oracle's word shows up."""
    full = """
    06-09 08:00 customer opens priority=low tags=complaint+warranty field:responsible=an
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
    expected = {key for key, row in INDICATORS.items() if not row.at_instant and not row.over_period}
    known = {line[0] for line in told.lines} | {"ratings_worsened"}
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
