"""Where the engine's answers about a world and the naive oracle's differ."""

from collections.abc import Iterator
from typing import Any

import kpi_engine_oracle_indicators as oracle
from kpi_engine_timelines import World

from kpi_engine.live import live_fields
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, Clock, CreditLine, Firing, Holding, Measurement


def line(said: CreditLine) -> tuple[object, ...]:
    fraction = (said.numerator, said.denominator)
    guessed = said.certainty is Certainty.APPROXIMATE
    whose = (said.agent, said.team, said.priority, said.segment)
    return said.indicator, said.part, *whose, said.at, *fraction, guessed, said.channel, said.ticket_id, said.severity


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


def engines_answer(world: World) -> Answer:
    measurement = measure(world.history, world.rulebook, world.as_of)
    if measurement.excluded is not None:
        return {"excluded": True}
    return {
        "lines": sorted(map(line, measurement.lines), key=repr),
        "clocks": list(map(clock, measurement.clocks)),
        "firings": list(map(firing, measurement.firings)),
        "live": dict(live_fields(measurement)),
    }


def oracles_answer(world: World) -> Answer:
    told = oracle.answers(world.history, world.plain, world.as_of)
    return {"excluded": True} if told is None else dict(vars(told))


def differences(world: World) -> list[str]:
    """Return what only one of them says, and how the ticket stood where they do not agree."""
    found, expected = engines_answer(world), oracles_answer(world)
    told = [
        f"{name}: {who} says {each}"
        for name in found.keys() | expected.keys()
        for who, one, other in (("only the engine", found, expected), ("only the oracle", expected, found))
        for each in listed(one.get(name))
        if each not in listed(other.get(name))
    ]
    return [*told, *different_pasts(world)]


def listed(answer: Any) -> list[object]:  # noqa: ANN401 -- a part of an Answer
    return answer if isinstance(answer, list) else list(answer.items()) if isinstance(answer, dict) else [answer]


def different_pasts(world: World) -> Iterator[str]:
    measurement = measure(world.history, world.rulebook, world.as_of)
    past = oracle.Past(world.history, world.plain, world.as_of)
    for instant in world.moments:
        holding, expected = held_at(measurement, instant), past.standing(instant)
        found = None if holding is None else standing(holding)
        if found != (expected and expected.answer()):
            yield f"at {instant}: the engine says {found}, the oracle {expected and expected.answer()}"
