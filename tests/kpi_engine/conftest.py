import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kpi_engine_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


_TIMELINES = _loaded("timelines")
_ORACLE = [_loaded(name) for name in ("oracle", "oracle_clocks", "oracle_indicators", "oracle_figures")]
_MINUTES = _loaded("oracle_minutes")
_COMPARISON = _loaded("comparison")
_OBSERVING = _loaded("observing")


@pytest.fixture(scope="session")
def timelines() -> ModuleType:
    return _TIMELINES


@pytest.fixture(scope="session")
def oracle() -> SimpleNamespace:
    """Return everything the naive oracle's files define, under one name."""
    defined = {name: found for module in _ORACLE for name, found in vars(module).items() if name[:2] != "__"}
    return SimpleNamespace(**defined)


@pytest.fixture(scope="session")
def comparison() -> ModuleType:
    """Return what tells where the engine and the oracle differ."""
    return _COMPARISON


@pytest.fixture(scope="session")
def observing() -> ModuleType:
    """Return what tests of observations share."""
    return _OBSERVING


@pytest.fixture
def agree(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Play the timeline in the test's docstring, and require that the naive oracle says the same of it."""

    def played(as_of: str, *rules: object, zone: str = _TIMELINES.VIETNAM, change: Any = None) -> Any:  # noqa: ANN401
        history = _TIMELINES.history(request.function.__doc__, zone)
        history = change(history) if change else history
        replaced = {(rule.kind, rule.key) for rule in rules if rule.valid_from is None}
        usual = [edition for edition in _TIMELINES.USUAL if (edition.kind, edition.key) not in replaced]
        world = _TIMELINES.World(history, (*usual, *rules), _TIMELINES.moment(as_of, zone), zone, ())
        assert _COMPARISON.differences(world) == []
        return _TIMELINES.played(history, world.editions, world.as_of, zone)

    return played


@pytest.fixture
def play(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Play the timeline in the test's docstring under the usual rules, with some in place of or beside them."""

    def played(as_of: str, *rules: object, zone: str = _TIMELINES.VIETNAM, change: Any = None) -> Any:  # noqa: ANN401
        history = _TIMELINES.history(request.function.__doc__, zone)
        history = change(history) if change else history
        editions = [*_TIMELINES.USUAL, *rules]
        return _TIMELINES.played(history, editions, _TIMELINES.moment(as_of, zone), zone)

    return played
