from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def lines() -> Callable[..., list[tuple[object, ...]]]:
    """Return (agent, instant, numerator, denominator) of an indicator's lines."""

    def told(played: Any, key: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- a Played
        found = [line for line in played.measurement.lines if line.indicator == key]
        return [(line.agent, played.told(line.at), line.numerator, line.denominator) for line in found]

    return told


@pytest.fixture
def parts() -> Callable[..., list[object]]:
    """Return the parts of an indicator's lines."""
    return lambda played, key: [line.part for line in played.measurement.lines if line.indicator == key]


@pytest.fixture
def minutes(lines: Callable[..., list[tuple[object, ...]]]) -> Callable[..., list[float]]:
    """Return the minutes of an indicator's lines."""
    return lambda played, key: [numerator / 60 for _, _, numerator, _ in lines(played, key)]  # type: ignore[operator]


@pytest.fixture
def left() -> Callable[..., list[tuple[object, ...]]]:
    """Return (reason, agent, instant) of what an indicator leaves out."""

    def told(played: Any, key: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- a Played
        found = [each for each in played.measurement.omissions if each.indicator == key]
        return [(each.reason, each.agent, played.told(each.at)) for each in found]

    return told


@pytest.fixture
def chosen(timelines: ModuleType) -> Callable[..., Any]:
    """Return the edition of parameters that chooses some of one indicator."""

    def edition(key: str, since: int | None = None, **values: object) -> Any:  # noqa: ANN401 -- an Edition
        return timelines.edition("parameters", {"indicators": {key: values}}, since=since)

    return edition


@pytest.fixture
def since_june_9(timelines: ModuleType) -> Callable[[Any], Any]:
    """Return what cuts a history off before June 9."""
    return lambda whole: timelines.cut(whole, timelines.moment("06-09 00:00"))


@pytest.fixture
def round_the_clock(timelines: ModuleType) -> tuple[Any, ...]:
    """Return the rules under which every hour is a working hour."""
    choice = timelines.edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "always"})
    return choice, timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always")
