"""One core, no network: how fast business time is counted, and how fast stored tickets are loaded and measured."""

import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from pathlib import Path
from random import Random

from kpi_engine.calendars import Calendar, CalendarDefinition
from kpi_engine.compiling import compiled
from kpi_engine.measure import measure
from kpi_engine.rulebook import Rulebook
from sync.store import Store

CALLS = 200_000
TICKETS = 2_000
ROUNDS = 7
_YEAR = 365 * 86_400
_NEW_YEAR_2026 = 1_767_225_600
_WEEKDAY = ((8 * 60, 12 * 60), (13 * 60, 17 * 60 + 30))
_CALENDAR = CalendarDefinition(
    key="office",
    name="Office",
    zone="Asia/Ho_Chi_Minh",
    week=(*[_WEEKDAY] * 5, ((8 * 60, 12 * 60),), ()),
    holidays=(("2026-02-16", "2026-02-20"), ("2026-04-30", "2026-05-01"), ("2026-09-02", "2026-09-02")),
)


def report(store_folder: Path) -> None:
    """Print the rates; `store_folder` holds the store a pass has filled."""
    print("One core:")
    _report_calendar()
    with Store.open("sqlite:///helpdesk-kpi.db", store_folder) as store:
        connector, as_of = _account(store)
        rulebook = compiled(store.editions.all(connector))
        _report_measuring(store, connector, rulebook, as_of)


def _report_calendar() -> None:
    calendar, random = Calendar(_CALENDAR), Random(7)  # noqa: S311 -- instants that must repeat
    spans = [(start, start + random.randrange(30 * 86_400)) for start in _instants(random)]
    goals = [(start, random.randrange(40 * 3600)) for start in _instants(random)]
    calendar.between(_NEW_YEAR_2026, _NEW_YEAR_2026 + 2 * _YEAR)  # compiled once, before anything is timed
    _say("calendar.between", "calls", _rate(lambda: _repeat(calendar.between, spans), CALLS))
    _say("calendar.add", "calls", _rate(lambda: _repeat(calendar.add, goals), CALLS))


def _instants(random: Random) -> Iterable[int]:
    return (_NEW_YEAR_2026 + random.randrange(_YEAR) for _ in range(1000))


def _repeat(call: Callable[[int, int], object], arguments: list[tuple[int, int]]) -> None:
    for first, second in islice(cycle(arguments), CALLS):
        call(first, second)


def _account(store: Store) -> tuple[str, int]:
    """Return the connector whose passes filled the store, and the instant its last pass measured as of."""
    connector = "sao-mai"
    as_of = store.passes.last(connector, 1)[0].as_of
    if as_of is None:
        raise SystemExit("no pass was completed")
    return connector, as_of


def _report_measuring(store: Store, connector: str, rulebook: Rulebook, as_of: int) -> None:
    known = sorted(reading.ticket_id for reading in store.readings.all(connector))
    ticket_ids = known[:: max(1, len(known) // TICKETS)][:TICKETS]
    histories = list(store.records.histories(connector, ticket_ids, 0))
    events = sum(len(history.events) for history in histories)
    print(f"  {len(histories)} tickets with {events / len(histories):.1f} followed events each")
    load = _rate(lambda: list(store.records.histories(connector, ticket_ids, 0)), len(histories))
    _say("load histories", "tickets", load)
    _say("measure", "tickets", _rate(lambda: [measure(h, rulebook, as_of) for h in histories], len(histories)))


def _rate(work: Callable[[], object], count: int) -> float:
    """Return how many a second of processor time, the best of several rounds."""
    return count / min(_seconds(work) for _ in range(ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _say(name: str, unit: str, rate: float) -> None:
    print(f"  {name:18}{rate:12,.0f} {unit}/s", flush=True)
