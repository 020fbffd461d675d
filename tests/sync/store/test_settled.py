from typing import TYPE_CHECKING

from kpi_engine.measurement import Measurement
from sync.store.settled import Correction, KeptReading

if TYPE_CHECKING:
    from sync.store import Store


def kept(ticket_id: str, through: int, differs: tuple[int, int]) -> KeptReading:
    measurement = Measurement(ticket_id=ticket_id, account="sao-mai", as_of=900, edition="e1")
    return KeptReading(measurement=measurement, through=through, differs_from=differs[0], differs_to=differs[1])


def found(store: "Store", start: int, end: int) -> list[str]:
    return [each.measurement.ticket_id for each in store.settled.within("sao-mai", start, end)]


def test_a_kept_reading_is_found_where_what_changed_lies_in_the_period(store: "Store") -> None:
    store.settled.keep("sao-mai", [kept("before", 500, (100, 199)), kept("inside", 500, (250, 250))], now=1)
    store.settled.keep("sao-mai", [kept("across", 500, (199, 300)), kept("after", 500, (300, 400))], now=1)
    store.settled.keep("cua-hang", [kept("elsewhere", 500, (250, 250))], now=1)
    assert found(store, 200, 300) == ["inside", "across"]


def test_a_change_made_before_the_period_was_settled_is_none_of_its_own(store: "Store") -> None:
    store.settled.keep("sao-mai", [kept("early", 299, (250, 250)), kept("late", 300, (250, 250))], now=1)
    assert found(store, 200, 300) == ["late"]


def test_kept_readings_are_read_as_they_were_in_the_order_they_were_kept(store: "Store") -> None:
    store.settled.keep("sao-mai", [kept("2", 500, (250, 260)), kept("1", 500, (250, 260))], now=1)
    store.settled.keep("sao-mai", [kept("2", 600, (240, 260))], now=2)
    rows = store.settled.within("sao-mai", 200, 300)
    assert [(row.measurement.ticket_id, row.through) for row in rows] == [("2", 500), ("1", 500), ("2", 600)]
    assert [row.number for row in rows] == sorted({row.number for row in rows})
    assert rows[0].measurement == kept("2", 0, (0, 0)).measurement
    assert store.settled.last_kept("sao-mai") == rows[-1].number
    assert store.settled.last_kept("cua-hang") == 0


def test_a_correction_is_remembered_and_lets_in_what_came_until_then(store: "Store") -> None:
    made = Correction(number=0, period="2026-10", start=10, end=20, as_of=99, last_kept=0, last_edition=7, made_at=100)
    first, second = store.settled.correct("sao-mai", made), store.settled.correct("sao-mai", made)
    store.settled.keep("sao-mai", [kept("1", 500, (15, 15))], now=1)
    store.settled.let_in("sao-mai", second)
    one, two = store.settled.corrections("sao-mai")
    assert (one.number, two.number) == (first, second)
    assert (one.period, one.start, one.end, one.as_of, one.last_edition, one.made_at) == ("2026-10", 10, 20, 99, 7, 100)
    assert (one.last_kept, two.last_kept) == (0, store.settled.last_kept("sao-mai"))
    assert store.settled.corrections("sao-mai", after=first) == [two]
    assert store.settled.corrections("cua-hang") == []


def test_a_correction_concerns_the_periods_that_share_an_instant_with_it() -> None:
    made = Correction(number=1, period="", start=10, end=20, as_of=0, last_kept=0, last_edition=0, made_at=0)
    assert [made.concerns(*span) for span in ((0, 10), (0, 11), (12, 13), (19, 30), (20, 30))] == [
        False,
        True,
        True,
        True,
        False,
    ]
