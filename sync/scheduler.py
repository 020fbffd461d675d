"""When passes run: one job an account, never overlapping, missed runs folded into one, stopped cleanly."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connectors.account import Schedule

_log = logging.getLogger(__name__)
_JITTER_SHARE = 0.1
_MOST_JITTER = 60


def trigger_of(schedule: Schedule, timezone: str) -> BaseTrigger:
    """Return when an account's passes run; an interval is jittered so that many accounts do not start at once."""
    zone = ZoneInfo(timezone)
    if schedule.every is not None:
        jitter = min(_MOST_JITTER, int(schedule.every * _JITTER_SHARE))
        return IntervalTrigger(seconds=schedule.every, timezone=zone, jitter=jitter)
    return CronTrigger.from_crontab(schedule.cron, timezone=zone)


def next_run(schedule: Schedule, timezone: str, now: int) -> int | None:
    """Return about when the next pass would run, in epoch seconds."""
    moment = datetime.fromtimestamp(now, UTC)
    trigger = trigger_of(schedule, timezone)
    trigger.jitter = None  # what is announced need not be scattered
    following = trigger.get_next_fire_time(moment, moment)
    return int(following.timestamp()) if following is not None else None


class StoppedError(BaseException):
    """A stop was asked for: the pass ends at its next safe point."""


class StoppableClock:
    """Real time whose waits end as soon as a stop is asked for."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait, or raise StoppedError at once when a stop is asked for."""
        if self._stopping.wait(max(0.0, seconds)):
            raise StoppedError


@dataclass(frozen=True, slots=True)
class Job:
    """One account's passes: its name, when they run, and what one does."""

    name: str
    schedule: Schedule
    run: Callable[[], None]


def run_until_stopped(jobs: Sequence[Job], timezone: str, stopping: threading.Event, grace: float = 4.0) -> bool:
    """Run every job at once and then on schedule, until `stopping` is set; tell whether all had ended in time.

    A pass that is still under way is given `grace` seconds to reach a safe point.
    """
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(max(1, len(jobs)))})
    running = _Running()
    for job in jobs:
        scheduler.add_job(
            partial(running.run, job),
            trigger_of(job.schedule, timezone),
            id=job.name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    stopping.wait()
    scheduler.shutdown(wait=False)
    return running.idle(grace)


class _Running:
    """Counts the passes under way."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def run(self, job: Job) -> None:
        with self._changed:
            self._count += 1
        try:
            job.run()
        except StoppedError:
            _log.info("%s stopped at a safe point", job.name)
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def idle(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)
