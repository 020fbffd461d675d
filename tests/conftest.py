"""What holds for every test: Hypothesis looks at no clock, and tests marked `untraced` leave coverage aside."""

import os
from collections.abc import Iterator

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried",
    deadline=None,
    # Every run draws the same, but one that was asked for more: a find belongs to who looks for it.
    derandomize="HELPDESK_KPI_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")

_LEFT_ASIDE = pytest.StashKey[list[Coverage]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Run tests that are marked `untraced`, and the fixtures that they are the first to need, without coverage.

    Python 3.11 runs at less than half its speed while coverage looks on.
    """
    left_aside = item.config.stash.setdefault(_LEFT_ASIDE, [])
    while _untraced(item) and (coverage := Coverage.current()) is not None:  # a worker of xdist has two
        coverage.stop()
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # which has the processes that are started measure themselves
        left_aside.append(coverage)
    outcome = yield
    while left_aside and not _untraced(nextitem):
        left_aside.pop().start()
    return outcome


def _untraced(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("untraced") is not None
