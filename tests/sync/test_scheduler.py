import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connectors.account import Schedule
from sync.clock import WallClock
from sync.scheduler import Job, StoppableClock, StoppedError, next_run, run_until_stopped, trigger_of

NOON = 1_795_237_200  # Saturday 2026-11-21 12:00 +07:00
ZONE = "Asia/Ho_Chi_Minh"
RARELY = Schedule(every=86_400)


@pytest.mark.parametrize(("every", "jitter"), [(60, 6), (300, 30), (900, 60), (86_400, 60)])
def test_an_interval_is_jittered_a_little(every: int, jitter: int) -> None:
    trigger = trigger_of(Schedule(every=every), ZONE)
    assert isinstance(trigger, IntervalTrigger)
    assert (trigger.interval.total_seconds(), trigger.jitter) == (every, jitter)


def test_the_next_run_of_an_interval_is_about_that_much_later() -> None:
    found = next_run(Schedule(every=900), ZONE, NOON)
    assert found is not None
    assert abs(found - NOON - 900) <= 60


@pytest.mark.parametrize(
    ("cron", "moment"),
    [
        ("*/15 8-18 * * mon-sat", "2026-11-21 12:15"),
        ("0 8 * * mon", "2026-11-23 08:00"),
        ("30 23 1 * *", "2026-12-01 23:30"),
    ],
)
def test_the_next_run_of_a_cron_line_is_in_the_report_time_zone(cron: str, moment: str) -> None:
    schedule = Schedule(cron=cron)
    assert isinstance(trigger_of(schedule, ZONE), CronTrigger)
    wanted = datetime.strptime(f"{moment} +0700", "%Y-%m-%d %H:%M %z")
    assert next_run(schedule, ZONE, NOON) == int(wanted.timestamp())


def test_a_day_that_never_comes_has_no_next_run() -> None:
    assert next_run(Schedule(cron="0 0 31 2 *"), ZONE, NOON) is None


def test_the_clocks_on_the_wall_agree_and_wait() -> None:
    wall, stoppable = WallClock(), StoppableClock(threading.Event())
    assert abs(wall.now() - stoppable.now()) < 5
    begun = time.monotonic()
    wall.sleep(0.02)
    stoppable.sleep(0.02)
    stoppable.sleep(-1)
    assert 0.03 < time.monotonic() - begun < 5


def test_a_wait_ends_as_soon_as_a_stop_is_asked_for() -> None:
    stopping = threading.Event()
    threading.Timer(0.05, stopping.set).start()
    begun = time.monotonic()
    with pytest.raises(StoppedError):
        StoppableClock(stopping).sleep(60)
    assert time.monotonic() - begun < 5


def test_no_ordinary_except_swallows_a_stop() -> None:
    assert not issubclass(StoppedError, Exception)


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    """Give what stops; set in the end, lest a thread outlive its test."""
    event = threading.Event()
    yield event
    event.set()


def running(jobs: list[Job], stopping: threading.Event, grace: float = 2.0) -> Callable[[], bool]:
    """Run the jobs until stopped, in another thread; return what waits for the answer."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(run_until_stopped(jobs, ZONE, stopping, grace)))
    thread.start()

    def answer() -> bool:
        thread.join(10)
        return answers[0]

    return answer


def test_every_job_runs_at_once_side_by_side(stopping: threading.Event) -> None:
    together = threading.Barrier(3)
    jobs = [Job(name, RARELY, lambda: together.wait(5) and None) for name in ("a", "b")]
    answer = running(jobs, stopping)
    together.wait(5)
    stopping.set()
    assert answer() is True


def test_a_job_that_stops_at_a_safe_point_ends_in_time(stopping: threading.Event) -> None:
    begun, clock = threading.Event(), StoppableClock(stopping)

    def work() -> None:
        begun.set()
        clock.sleep(60)

    answer = running([Job("a", RARELY, work)], stopping)
    assert begun.wait(5)
    stopping.set()
    assert answer() is True


def test_a_job_that_hangs_is_not_waited_for_beyond_the_grace(stopping: threading.Event) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)

    answer = running([Job("a", RARELY, work)], stopping, grace=0.05)
    assert begun.wait(5)
    stopping.set()
    assert answer() is False
    go_on.set()


def test_without_jobs_it_waits_to_be_stopped(stopping: threading.Event) -> None:
    answer = running([], stopping)
    stopping.set()
    assert answer() is True


def test_missed_runs_are_folded_into_one_and_none_overlaps(
    stopping: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass takes longer than its interval: 8 intervals go by, and it runs twice, one after the other."""
    now: list[int] = []
    most: list[int] = []
    done = threading.Event()
    every = IntervalTrigger(seconds=0.05, timezone=UTC)
    monkeypatch.setattr("sync.scheduler.trigger_of", lambda *_: every)

    def work() -> None:
        now.append(1)
        most.append(len(now))
        time.sleep(0.2)
        now.pop()
        if len(most) >= 2:
            done.set()

    begun = time.monotonic()
    answer = running([Job("a", RARELY, work)], stopping)
    assert done.wait(5)
    stopping.set()
    assert answer() is True
    assert max(most) == 1
    assert len(most) <= (time.monotonic() - begun) / 0.2 + 1
