import pytest

from connectors.base import Page, Stream
from sync.advance import Advance, Watch, silent

HOUR = 3600
NOW = 1_795_000_000


def page(reached: int | None) -> Page:
    return Page([], [], "cursor", reached)


def test_pages_and_rows_are_added_up() -> None:
    watch = Watch(Stream.GROUPS, NOW, None)
    watch.advanced(page(None), 100, NOW)
    assert watch.advanced(page(None), 7, NOW) == Advance(Stream.GROUPS, pages=2, rows=107)


def test_time_left_follows_from_the_share_of_time_covered() -> None:
    """A quarter of the hundred hours since the first page took ten minutes: thirty are left."""
    watch = Watch(Stream.HISTORY, NOW - 600, None)
    first = watch.advanced(page(NOW - 100 * HOUR), 1, NOW)
    later = watch.advanced(page(NOW - 75 * HOUR), 1, NOW)
    assert (first.share, first.seconds_left) == (0, None)
    assert later.share == pytest.approx(0.25)
    assert later.seconds_left == pytest.approx(1800)


def test_a_pull_that_goes_on_counts_from_where_it_stood() -> None:
    watch = Watch(Stream.HISTORY, NOW - 60, NOW - 10 * HOUR)
    assert watch.advanced(page(NOW - 5 * HOUR), 1, NOW).share == pytest.approx(0.5)


@pytest.mark.parametrize(("reached", "share"), [(NOW + 5, 1), (NOW - 20 * HOUR, 0)])
def test_the_share_stays_a_share(reached: int, share: float) -> None:
    assert Watch(Stream.HISTORY, NOW, NOW - 10 * HOUR).advanced(page(reached), 1, NOW).share == share


def test_what_begins_now_is_all_covered() -> None:
    assert Watch(Stream.HISTORY, NOW, None).advanced(page(NOW), 1, NOW).share == 1


def test_nobody_can_be_told() -> None:
    assert silent(Advance(Stream.TICKETS, 1, 1)) is None  # type: ignore[func-returns-value]
