import pickle
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.calendars import ALWAYS, HORIZON_END, HORIZON_START, Calendar, CalendarDefinition, Spans, zone_named
from kpi_engine.message import Message

ZONES = ("Asia/Ho_Chi_Minh", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC")
HOUR = 3600
DAY = 24 * HOUR
ROUND_THE_CLOCK: Spans = ((0, 1440),)
OFFICE: Spans = ((480, 720), (810, 1050))  # 08:00-12:00 and 13:30-17:30
NINE_TO_FIVE: Spans = ((540, 1020),)
SATURDAY_MORNING: Spans = ((480, 720),)


def local(zone: str, text: str, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())


def vietnamese(text: str) -> int:
    return local("Asia/Ho_Chi_Minh", text)


def definition(
    week: tuple[Spans, ...] | None = None,
    zone: str = "UTC",
    holidays: tuple[tuple[str, str], ...] = (),
    overrides: Mapping[str, Spans] | None = None,
) -> CalendarDefinition:
    return CalendarDefinition(
        key="hours",
        name="Hours",
        zone=zone,
        week=(ROUND_THE_CLOCK,) * 7 if week is None else week,
        holidays=holidays,
        overrides=overrides or {},
    )


def weekdays(spans: Spans, saturday: Spans = (), sunday: Spans = ()) -> tuple[Spans, ...]:
    return (*(spans,) * 5, saturday, sunday)


VN = Calendar(definition(weekdays(OFFICE, SATURDAY_MORNING), "Asia/Ho_Chi_Minh"))


# --- The slow walker: it asks a clock on the wall, second after second or minute after minute ---------------------


@dataclass
class Walker:
    """Answers from the wall time of each instant alone, never from compiled spans."""

    hours: CalendarDefinition

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.hours.zone)
        self.opening_on = cache(self._opening_on)

    def _opening_on(self, day: date) -> Spans:
        if day.isoformat() in self.hours.overrides:
            return self.hours.overrides[day.isoformat()]
        if any(date.fromisoformat(first) <= day <= date.fromisoformat(last) for first, last in self.hours.holidays):
            return ()
        return self.hours.week[day.weekday()]

    def is_open(self, at: int) -> bool:
        """Tell whether the wall time of this second lies in a span of that day or of the day before."""
        wall = datetime.fromtimestamp(at, self.zone)
        today, minute = wall.date(), wall.hour * 60 + wall.minute
        return any(opening <= minute < closing for opening, closing in self.opening_on(today)) or any(
            opening <= minute + 1440 < closing for opening, closing in self.opening_on(today - timedelta(days=1))
        )

    def between(self, start: int, end: int) -> int:
        """Walk by minutes: since 1970 every offset of ZONES is whole minutes, so a minute is open or closed."""
        total, at = 0, start
        while at < end:
            until = min(end, at - at % 60 + 60)
            total += (until - at) * self.is_open(at)
            at = until
        return total

    def between_by_seconds(self, start: int, end: int) -> int:
        """Walk by single seconds."""
        return sum(self.is_open(at) for at in range(start, end))


@cache
def transitions(zone: str) -> tuple[int, ...]:
    """Every instant of 1970 to 2050 at which the zone's UTC offset changes."""
    place = ZoneInfo(zone)

    def offset(at: int) -> timedelta | None:
        return datetime.fromtimestamp(at, place).utcoffset()

    def changes() -> Iterator[int]:
        for low in range(0, local("UTC", "2051-01-01"), DAY):
            before = offset(low)
            if before != offset(low + DAY):
                yield low + bisect_left(range(low, low + DAY), 1, key=lambda at: int(offset(at) != before))

    return tuple(changes())


ALL_TRANSITIONS = [(zone, at) for zone in ZONES for at in transitions(zone)]


def local_date(zone: str, at: int, days: int = 0) -> str:
    return (datetime.fromtimestamp(at, ZoneInfo(zone)).date() + timedelta(days=days)).isoformat()


WEEKS: tuple[Callable[[Random], tuple[Spans, ...]], ...] = (
    lambda _: (ROUND_THE_CLOCK,) * 7,
    lambda _: (((1320, 1800),),) * 7,  # a night shift, 22:00-06:00
    lambda _: (((0, 90), (150, 165), (165, 720), (700, 800)),) * 7,  # touching and overlapping
    lambda _: (((60, 2880),), (), ((110, 121), (1439, 1441)), (), ((30, 150),), (), ((100, 2000),)),
    lambda chance: tuple(
        tuple((opening, chance.randint(opening + 1, 2880)) for opening in chance.sample(range(1440), 2))
        for _ in range(7)
    ),
)


def test_the_zones_of_the_suite_do_change_their_clocks() -> None:
    counts = {zone: len(transitions(zone)) for zone in ZONES}
    assert counts["UTC"] == 0
    assert counts["Asia/Ho_Chi_Minh"] >= 1
    assert min(counts["America/New_York"], counts["Europe/Berlin"], counts["Australia/Lord_Howe"]) > 130


@pytest.mark.untraced
@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_every_change_of_clocks_counts_as_the_wall_clock_says(zone: str) -> None:
    chance = Random(zone)
    places = transitions(zone) or (local("UTC", "2000-02-29"), local("UTC", "2027-01-01"))
    for number, change in enumerate(places):
        hours = definition(WEEKS[number % len(WEEKS)](chance), zone, *exceptions(chance, zone, change))
        calendar, walker = Calendar(hours), Walker(hours)
        start = change - change % 60 - 14 * HOUR
        minutes = range(start, start + 28 * HOUR, 60)
        walked = [*accumulate((60 * walker.is_open(at) for at in minutes), initial=0)]
        assert [calendar.between(start, at) for at in minutes] == walked[:-1], (zone, change, hours)
        opens = [60 * calendar.is_open(at) for at in minutes[::10]]
        assert opens == [after - before for before, after in pairwise(walked)][::10]


def exceptions(chance: Random, zone: str, change: int) -> tuple[tuple[tuple[str, str], ...], dict[str, Spans]]:
    holiday = local_date(zone, change, chance.randint(-2, 2))
    odd_day = local_date(zone, change, chance.randint(-2, 2))
    return ((holiday, holiday),) * chance.randint(0, 1), {
        odd_day: ((45, 170), (1380, 1600))
    } if chance.random() < 0.5 else {}


@st.composite
def spans_of_a_day(draw: st.DrawFn) -> Spans:
    openings = draw(st.lists(st.integers(0, 1439), max_size=3))
    return tuple((opening, draw(st.integers(opening + 1, 2880))) for opening in openings)


@st.composite
def hours_around_a_change(draw: st.DrawFn) -> tuple[CalendarDefinition, int]:
    """Any definition, with its holidays and overrides near a change of clocks (or, in UTC, near a new year)."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(transitions(zone) or (local("UTC", "2000-01-01"), local("UTC", "2028-01-01"))))
    days = st.integers(-4, 4).map(lambda days: local_date(zone, change, days))
    holidays = draw(st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=2))
    overrides = draw(st.dictionaries(days, spans_of_a_day(), max_size=2))
    week = draw(st.tuples(*(spans_of_a_day() for _ in range(7))).filter(any))  # open on some day
    return definition(week, zone, tuple(holidays), overrides), change


quickly = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.untraced
@quickly
@given(hours_around_a_change(), st.integers(-3 * DAY, 3 * DAY), st.integers(0, 3 * DAY))
def test_any_interval_across_a_change_of_clocks_counts_what_the_walker_counts(
    case: tuple[CalendarDefinition, int], begin: int, length: int
) -> None:
    hours, change = case
    start, end = change + begin, change + begin + length
    assert Calendar(hours).between(start, end) == Walker(hours).between(start, end)


@pytest.mark.untraced
@quickly
@given(hours_around_a_change(), st.integers(-HOUR, HOUR), st.integers(0, HOUR))
def test_short_intervals_agree_with_a_walk_by_single_seconds(
    case: tuple[CalendarDefinition, int], begin: int, length: int
) -> None:
    hours, change = case
    start, end = change + begin, change + begin + length
    assert Calendar(hours).between(start, end) == Walker(hours).between_by_seconds(start, end)


@quickly
@given(hours_around_a_change(), st.integers(-3 * DAY, 3 * DAY), st.integers(1, 60 * HOUR))
def test_adding_finds_the_first_instant_by_which_so_much_was_worked(
    case: tuple[CalendarDefinition, int], begin: int, seconds: int
) -> None:
    hours, change = case
    calendar, start = Calendar(hours), change + begin
    found = calendar.add(start, seconds)
    assert found is not None
    assert found > start
    assert calendar.between(start, found) == seconds
    assert calendar.between(start, found - 1) == seconds - 1
    assert Walker(hours).is_open(found - 1)


@quickly
@given(hours_around_a_change(), st.integers(-3 * DAY, 3 * DAY), st.integers(1, 60 * HOUR))
def test_subtracting_finds_the_last_instant_since_which_so_much_was_worked(
    case: tuple[CalendarDefinition, int], begin: int, seconds: int
) -> None:
    hours, change = case
    calendar, end = Calendar(hours), change + begin
    found = calendar.subtract(end, seconds)
    assert found is not None
    assert found < end
    assert calendar.between(found, end) == seconds
    assert calendar.between(found + 1, end) == seconds - 1
    assert Walker(hours).is_open(found)


@pytest.mark.untraced
@quickly
@given(hours_around_a_change(), st.lists(st.integers(-5 * 365 * DAY, 5 * 365 * DAY), min_size=2, max_size=4))
def test_answers_do_not_depend_on_what_was_asked_before(case: tuple[CalendarDefinition, int], leaps: list[int]) -> None:
    hours, change = case
    travelled = Calendar(hours)
    for leap in leaps:
        start = change + leap
        assert travelled.between(start, start + DAY) == Calendar(hours).between(start, start + DAY)


# --- Changes of clocks by hand ----------------------------------------------------------------------------------


def test_a_day_of_25_hours_is_worked_for_25_hours() -> None:
    calendar = Calendar(definition(zone="Europe/Berlin"))
    assert calendar.between(local("Europe/Berlin", "2026-10-25"), local("Europe/Berlin", "2026-10-26")) == 25 * HOUR


def test_a_day_of_23_hours_is_worked_for_23_hours() -> None:
    calendar = Calendar(definition(zone="Europe/Berlin"))
    assert calendar.between(local("Europe/Berlin", "2026-03-29"), local("Europe/Berlin", "2026-03-30")) == 23 * HOUR


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    calendar = Calendar(definition(zone="Australia/Lord_Howe"))
    start, end = local("Australia/Lord_Howe", "2026-04-05"), local("Australia/Lord_Howe", "2026-04-06")
    assert calendar.between(start, end) == 24 * HOUR + 1800


def test_an_hour_shown_twice_is_worked_twice_and_nothing_around_it() -> None:
    calendar = Calendar(definition((((120, 150),),) * 7, "Europe/Berlin"))  # 02:00-02:30
    first, second = (local("Europe/Berlin", "2026-10-25T02:00", fold) for fold in (0, 1))
    assert second == first + HOUR
    assert [calendar.is_open(at) for at in (first - 1, first, first + 1799, first + 1800)] == [False, True, True, False]
    assert [calendar.is_open(second + second_of) for second_of in (-1, 0, 1799, 1800)] == [False, True, True, False]
    assert calendar.add(first, 1800) == first + 1800
    assert calendar.add(first, 1801) == second + 1
    assert calendar.subtract(second + 1800, 1800) == second


def test_an_hour_the_clocks_skip_is_never_worked() -> None:
    calendar = Calendar(definition((((120, 180),),) * 7, "Europe/Berlin"))  # 02:00-03:00
    start, end = local("Europe/Berlin", "2026-03-29"), local("Europe/Berlin", "2026-03-30")
    assert calendar.between(start, end) == 0
    assert calendar.add(start, 1) == local("Europe/Berlin", "2026-03-30T02:00:01")


def test_a_midnight_change_is_found_to_the_second() -> None:
    calendar = Calendar(definition((((0, 60),),) * 7, "America/Havana"))  # at 01:00 back to 00:00
    start = local("America/Havana", "2026-11-01")
    assert calendar.between(start, start + 3 * HOUR) == 2 * HOUR


def test_local_mean_time_with_odd_seconds_is_respected() -> None:
    zone = "Asia/Ho_Chi_Minh"  # UTC+7:06:30 until 1911
    calendar = Calendar(definition((((0, 1),),) * 7, zone))
    midnight = int(datetime(1910, 1, 1, tzinfo=ZoneInfo(zone)).timestamp())
    assert midnight % 60 == 30
    assert [calendar.is_open(at) for at in (midnight - 1, midnight, midnight + 59, midnight + 60)] == [
        False,
        True,
        True,
        False,
    ]


# --- Holidays, overrides and nights ------------------------------------------------------------------------------

NIGHTS = (((1320, 1800),),) * 7  # 22:00-06:00 every day


def test_a_night_shift_opened_before_a_holiday_runs_on_and_the_one_of_the_holiday_does_not_open() -> None:
    calendar = Calendar(definition(NIGHTS, holidays=(("2026-05-01", "2026-05-01"),)))
    assert calendar.is_open(local("UTC", "2026-05-01T05:59:59"))
    assert not calendar.is_open(local("UTC", "2026-05-01T06:00"))
    assert not calendar.is_open(local("UTC", "2026-05-01T23:00"))
    assert not calendar.is_open(local("UTC", "2026-05-02T01:00"))
    assert calendar.is_open(local("UTC", "2026-05-02T22:00"))


def test_both_ends_of_a_holiday_are_closed() -> None:
    calendar = Calendar(definition(holidays=(("2027-02-05", "2027-02-11"),)))
    closed = local("UTC", "2027-02-05"), local("UTC", "2027-02-12")
    assert calendar.between(*closed) == 0
    assert calendar.between(closed[0] - HOUR, closed[1] + HOUR) == 2 * HOUR


def test_an_override_replaces_the_hours_of_its_day_and_opens_even_a_holiday() -> None:
    calendar = Calendar(
        definition(
            weekdays(NINE_TO_FIVE),
            holidays=(("2027-02-05", "2027-02-11"),),
            overrides={"2027-02-08": ((600, 660),), "2027-02-13": ((480, 1050),), "2027-02-15": ()},
        )
    )
    assert calendar.between(local("UTC", "2027-02-05"), local("UTC", "2027-02-12")) == HOUR
    assert calendar.between(local("UTC", "2027-02-13"), local("UTC", "2027-02-14")) == 9 * HOUR + 1800
    assert calendar.between(local("UTC", "2027-02-15"), local("UTC", "2027-02-16")) == 0


def test_a_span_of_two_whole_days_is_worked_as_such() -> None:
    calendar = Calendar(definition((((0, 2880),), (), (), (), (), (), ())))
    monday = local("UTC", "2026-11-23")
    assert calendar.between(monday - DAY, monday + 4 * DAY) == 2 * DAY


def test_a_new_year_splits_nothing() -> None:
    calendar = Calendar(definition())
    new_year = local("UTC", "2027-01-01")
    assert calendar.add(new_year - 10, 10) == new_year
    assert calendar.subtract(new_year + 10, 10) == new_year
    assert calendar.between(new_year - 10, new_year + 10) == 20


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # UTC+14 and UTC-11
def test_a_span_across_the_new_year_is_whole_in_any_zone(zone: str) -> None:
    calendar = Calendar(definition(((),) * 7, zone, overrides={"2026-12-30": ((0, 2880),), "2027-01-01": ((0, 2880),)}))
    new_year = local("UTC", "2027-01-01")
    assert all(map(calendar.is_open, range(new_year, local(zone, "2027-01-03"), HOUR)))
    assert calendar.between(local(zone, "2026-12-29"), new_year) == new_year - local(zone, "2026-12-30")
    assert not calendar.is_open(local(zone, "2027-01-03"))


# --- Edges of the interface --------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", [VN, ALWAYS], ids=["calendar", "always"])
def test_an_empty_or_backward_interval_holds_nothing(time: Calendar) -> None:
    start = vietnamese("2025-06-06T10:00")
    assert time.between(start, start) == 0
    assert time.between(start + 100, start) == 0


@pytest.mark.parametrize("time", [VN, ALWAYS], ids=["calendar", "always"])
def test_no_time_moves_nothing_even_while_closed(time: Calendar) -> None:
    sunday = vietnamese("2025-06-08T10:00")
    assert time.add(sunday, 0) == sunday
    assert time.subtract(sunday, 0) == sunday


@pytest.mark.parametrize("time", [VN, ALWAYS], ids=["calendar", "always"])
def test_a_negative_duration_is_refused(time: Calendar) -> None:
    with pytest.raises(ValueError, match="cannot be negative: -1 seconds"):
        time.add(0, -1)
    with pytest.raises(ValueError, match="cannot be negative: -1 seconds"):
        time.subtract(0, -1)


def test_calendar_time_counts_every_second() -> None:
    assert ALWAYS.key == ""
    assert ALWAYS.between(10, 25) == 15
    assert ALWAYS.add(10, 15) == 25
    assert ALWAYS.subtract(25, 15) == 10
    assert ALWAYS.is_open(0)


def test_a_calendar_carries_its_definitions_key() -> None:
    assert VN.key == "hours"


def test_a_calendar_that_never_opens_never_gets_there() -> None:
    calendar = Calendar(definition(((),) * 7))
    assert calendar.add(0, 1) is None
    assert calendar.subtract(0, 1) is None
    assert calendar.between(HORIZON_START, HORIZON_END) == 0
    assert not calendar.is_open(0)


def test_a_calendar_open_on_one_day_is_found_from_a_century_away() -> None:
    calendar = Calendar(definition(((),) * 7, overrides={"2026-11-22": ((0, 1),)}))
    opening = local("UTC", "2026-11-22")
    assert calendar.add(local("UTC", "1926-01-01"), 60) == opening + 60
    assert calendar.add(local("UTC", "1926-01-01"), 61) is None
    assert calendar.subtract(local("UTC", "2126-01-01"), 60) == opening
    assert calendar.subtract(local("UTC", "2126-01-01"), 61) is None


def test_nothing_is_worked_beyond_the_horizon() -> None:
    calendar = Calendar(definition())
    assert calendar.between(HORIZON_END - 5, HORIZON_END + 5) == 5
    assert calendar.between(HORIZON_START - 10**12, HORIZON_START + 5) == 5
    assert calendar.add(HORIZON_END - 5, 5) == HORIZON_END
    assert calendar.add(HORIZON_END - 5, 6) is None
    assert calendar.add(HORIZON_END + 10**12, 1) is None
    assert calendar.add(HORIZON_START - 10**12, 1) == HORIZON_START + 1
    assert calendar.subtract(HORIZON_START + 5, 5) == HORIZON_START
    assert calendar.subtract(HORIZON_START + 5, 6) is None
    assert calendar.subtract(HORIZON_END + 10**12, 1) == HORIZON_END - 1
    assert not calendar.is_open(HORIZON_END)
    assert not calendar.is_open(HORIZON_START - 1)


def test_a_calendar_travels_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(VN))
    assert copy.definition == VN.definition
    assert copy.add(vietnamese("2025-06-06T16:45"), 2 * HOUR) == vietnamese("2025-06-07T09:15")


# --- Definitions -------------------------------------------------------------------------------------------------

FULL = CalendarDefinition(
    key="vn",
    name="Giờ hành chính",
    zone="Asia/Ho_Chi_Minh",
    week=weekdays(OFFICE, SATURDAY_MORNING),
    holidays=(("2027-02-05", "2027-02-11"), ("2027-04-30", "2027-05-01")),
    overrides={"2027-02-13": ((480, 1050),), "2027-02-20": ()},
    created_at=1_700_000_000,
)


def test_a_definition_comes_back_from_its_document() -> None:
    assert CalendarDefinition.from_document("vn", FULL.document()) == FULL
    assert hash(CalendarDefinition.from_document("vn", FULL.document())) == hash(FULL)


def test_a_document_holds_plain_values() -> None:
    assert FULL.document() == {
        "name": "Giờ hành chính",
        "zone": "Asia/Ho_Chi_Minh",
        "week": [*([[480, 720], [810, 1050]] for _ in range(5)), [[480, 720]], []],
        "holidays": [["2027-02-05", "2027-02-11"], ["2027-04-30", "2027-05-01"]],
        "overrides": {"2027-02-13": [[480, 1050]], "2027-02-20": []},
        "created_at": 1_700_000_000,
    }


def test_a_document_does_not_depend_on_the_order_its_parts_came_in() -> None:
    shuffled = replace(
        FULL,
        week=weekdays(OFFICE[::-1], SATURDAY_MORNING),
        holidays=FULL.holidays[::-1],
        overrides=dict(reversed([*FULL.overrides.items()])),
    )
    assert shuffled.document() == FULL.document()
    assert list(shuffled.document()["overrides"]) == list(FULL.document()["overrides"])


def test_a_document_may_leave_out_what_is_empty() -> None:
    document = {"name": "Hours", "zone": "UTC", "week": [[[0, 1440]]] * 7}
    assert CalendarDefinition.from_document("hours", document) == definition()


@pytest.mark.parametrize(
    "document",
    [
        {"name": "Hours", "zone": "UTC"},
        {"name": "Hours", "zone": "UTC", "week": 7},
        {"name": "Hours", "zone": "UTC", "week": [[[1, 2, 3]]] * 7},
        {"name": "Hours", "zone": "UTC", "week": [[]] * 7, "overrides": []},
    ],
    ids=["no week", "a number for a week", "a span of three", "a list of overrides"],
)
def test_a_document_of_another_shape_is_refused_with_the_calendars_key(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Calendar “vn” is not written as a calendar: "):
        CalendarDefinition.from_document("vn", document)


@pytest.mark.parametrize("zone", ["Asia/Hanoi", "America", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=f"“{zone}” is not an IANA time zone") as refusal:
        definition(zone=zone)
    assert isinstance(refusal.value.args[0], Message)


def test_a_known_zone_is_found() -> None:
    assert zone_named("Asia/Ho_Chi_Minh").key == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    "span", [(600, 600), (600, 599), (-1, 600), (1440, 1500), (600, 2881), (600.0, 700), (600, "700")]
)
def test_hours_that_cannot_be_are_refused_with_their_day(span: tuple[int, int]) -> None:
    week: tuple[Spans, ...] = ((), (), (span,), (), (), (), ())
    with pytest.raises(ValueError, match=f"^wed: hours from minute {span[0]} to minute {span[1]} cannot be"):
        definition(week)
    with pytest.raises(ValueError, match=r"^2026-11-22: hours from"):
        definition(overrides={"2026-11-22": (span,)})


def test_a_week_of_six_days_is_refused() -> None:
    with pytest.raises(ValueError, match="seven days, Monday first; this one has 6"):
        definition(((),) * 6)


@pytest.mark.parametrize("text", ["2027-02-30", "20270205", "2027-W05-5", "tomorrow", "", 20270205])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}” is not a date"):
        definition(holidays=((text, "2027-02-11"),))
    with pytest.raises(ValueError, match=f"“{text}” is not a date"):
        definition(holidays=(("1999-02-11", text),))
    with pytest.raises(ValueError, match=f"“{text}” is not a date"):
        definition(overrides={text: ()})


def test_a_holiday_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="from 2027-02-11 to 2027-02-05 ends before it begins"):
        definition(holidays=(("2027-02-11", "2027-02-05"),))


# --- Reference answers -------------------------------------------------------------------------------------------


def test_r2_chatwoot_counts_144000_seconds_in_a_working_week() -> None:
    calendar = Calendar(definition(weekdays(NINE_TO_FIVE)))
    assert calendar.between(local("UTC", "2022-03-20"), local("UTC", "2022-03-26T23:59")) == 144_000


def test_r8_salesforce_adds_24_hours_to_days_of_twelve_and_lands_two_days_later() -> None:
    zone = "America/Los_Angeles"
    calendar = Calendar(definition((((480, 1200),),) * 7, zone))
    assert calendar.add(local(zone, "2017-12-18T10:00"), 24 * HOUR) == local(zone, "2017-12-20T10:00")


def test_r9_four_hours_from_monday_16_00_end_on_tuesday_10_00() -> None:
    calendar = Calendar(definition(weekdays(((420, 1020),))))
    assert calendar.add(local("UTC", "2026-11-23T16:00"), 4 * HOUR) == local("UTC", "2026-11-24T10:00")


def test_r10_a_week_less_its_lunch_breaks_is_40_hours_and_christmas_takes_8() -> None:
    hours = definition(weekdays(((540, 720), (780, 1080))), holidays=(("2015-12-25", "2015-12-25"),))
    calendar = Calendar(hours)
    assert calendar.between(local("UTC", "2016-01-18T09:00"), local("UTC", "2016-01-22T18:00")) == 40 * HOUR
    assert calendar.between(local("UTC", "2015-12-21T09:00"), local("UTC", "2015-12-28T09:00")) == 32 * HOUR


def test_r11_three_days_of_nine_to_five_with_lunch_are_20_62_hours() -> None:
    calendar = Calendar(definition(weekdays(((540, 720), (780, 1020)))))
    worked = calendar.between(local("UTC", "2020-02-10T08:05:12"), local("UTC", "2020-02-12T16:37:28"))
    assert worked == 20 * HOUR + 37 * 60 + 28
    assert round(worked / HOUR, 2) == 20.62


def test_v1_two_business_hours_from_friday_16_45_are_due_on_saturday_09_15() -> None:
    assert VN.add(vietnamese("2025-06-06T16:45"), 2 * HOUR) == vietnamese("2025-06-07T09:15")
    assert VN.subtract(vietnamese("2025-06-07T09:15"), 2 * HOUR) == vietnamese("2025-06-06T16:45")


def test_v2_the_goal_is_used_up_exactly_at_due_time_and_exceeded_a_second_later() -> None:
    created = vietnamese("2025-06-06T16:45")
    assert VN.between(created, vietnamese("2025-06-07T09:15:00")) == 2 * HOUR
    assert VN.between(created, vietnamese("2025-06-07T09:15:01")) == 2 * HOUR + 1


def test_v3_eight_hours_with_one_spent_before_a_pause_are_due_at_closing_time() -> None:
    spent = VN.between(vietnamese("2025-06-09T10:00"), vietnamese("2025-06-09T11:00"))
    assert VN.add(vietnamese("2025-06-10T09:00"), 8 * HOUR - spent) == vietnamese("2025-06-10T17:30")


def test_v4_three_quarters_of_the_goal_are_gone_on_saturday_08_45() -> None:
    assert VN.add(vietnamese("2025-06-06T16:45"), 3 * 2 * HOUR // 4) == vietnamese("2025-06-07T08:45")


def test_v5_steps_after_the_breach_follow_business_time() -> None:
    breach = vietnamese("2025-06-07T09:15")
    assert VN.add(breach, 30 * 60) == vietnamese("2025-06-07T09:45")
    assert VN.add(breach, 4 * HOUR) == vietnamese("2025-06-09T09:15")


def test_v7_business_hours_across_the_spring_change_end_at_14_00_utc() -> None:
    calendar = Calendar(definition(weekdays(NINE_TO_FIVE), "America/New_York"))
    due_at = calendar.add(local("America/New_York", "2025-03-07T16:00"), 2 * HOUR)
    assert due_at == int(datetime(2025, 3, 10, 14, tzinfo=UTC).timestamp())
