import re
from dataclasses import replace
from pathlib import Path

import pytest

import kpi_engine
from connectors.account import TICKET_FIELDS
from connectors.base import Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from kpi_engine.organization import Organization
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import CalendarChoice, Meanings, Person, Rulebook, Timeline
from kpi_engine.rules import NO_POLICIES
from sync.locale import Language
from sync.settling import PeriodState
from sync.store.changes import ChangeState
from sync.wording import (
    CHANGE_STATES,
    FIELD_DESCRIPTIONS,
    FIELD_KINDS,
    FIELD_TITLES,
    HEADLINES,
    PERIOD_STATES,
    SCOPES,
    TARGET_NAMES,
    cell_text,
    clock_name,
    detail_text,
    heading,
    parameters_text,
    part_text,
    priority_called,
    priority_name,
    reason_text,
    subject_name,
    value_text,
)

EN = Language("en")
CODES = re.compile(r'(?:omission|Left)\((?:.*, )?"([a-z_]+)"\)')
EXCLUSIONS = re.compile(r'return "([a-z_]+)", message')
NOW = 1_795_237_200


def lasting(value: object) -> Timeline[object]:
    """Return a value that has always been in force."""
    return Timeline((value,), ("",), ())


RULES = Rulebook(
    policies=lasting(NO_POLICIES),
    meanings=lasting(Meanings({}, frozenset(), frozenset(), frozenset())),
    choice=lasting(CalendarChoice({}, {}, None, None)),
    organization=lasting(Organization()),
    calendars={},
    agents={
        "7": Timeline(
            (Person("7", "Mai", None, works=True, bot=False), Person("7", "Mai Lê", None, works=True, bot=False)),
            ("", ""),
            (NOW,),
        )
    },
    groups={"3": lasting("Hỗ trợ")},
)


def cell(key: str, **changed: object) -> Cell:
    """Return a figure of which only what matters is told."""
    plain = Cell(
        indicator=key,
        scope=Scope.AGENT,
        account="sao-mai",
        subject="7",
        period=period_at(PeriodKind.WEEK, "UTC", NOW),
        n=20,
        numerator=15,
        denominator=20,
        value=0.75,
        median=None,
        p90=None,
        low=None,
        high=None,
        min_n=10,
        enough=True,
        approximate=False,
        as_of=NOW,
        editions=(),
    )
    return replace(plain, **changed)


@pytest.mark.parametrize("words", [FIELD_TITLES, FIELD_DESCRIPTIONS, FIELD_KINDS])
def test_every_ticket_field_has_a_title_a_description_and_a_kind(words: dict[str, object]) -> None:
    assert tuple(words) == TICKET_FIELDS


def test_targets_and_states_are_all_named() -> None:
    assert set(TARGET_NAMES) == set(Target)
    assert set(CHANGE_STATES) == set(ChangeState)
    assert set(PERIOD_STATES) == set(PeriodState)
    assert set(SCOPES) == set(Scope)


def test_every_reason_the_indicators_give_has_its_words() -> None:
    engine = Path(kpi_engine.__file__).parent
    sources = [*(engine / "indicators").glob("*.py"), engine / "evidence.py"]
    given = {code for path in sources for code in CODES.findall(path.read_text(encoding="utf-8"))}
    assert len(given) > 15
    given |= set(EXCLUSIONS.findall((engine / "exclusions.py").read_text(encoding="utf-8")))
    assert {code for code in given if reason_text(code, EN) == code} == set()
    assert reason_text("something_new", EN) == "something_new"


def test_parts_and_parameters_are_told_in_words() -> None:
    assert [part_text(part, EN) for part in ("first_reply", "{odd}", None)] == ["First reply", "{odd}", ""]
    assert part_text("transferred+reopened", EN) == "more than one assignee; reopened"
    told = parameters_text(INDICATORS["forgotten"], {"after": 7200}, EN)
    assert told == "after: 2 hr"
    assert parameters_text(INDICATORS["near_miss"], {"per_cent": 80}, EN) == "per_cent: 80"


def test_headings_are_short_and_told_apart() -> None:
    shown = [EN(heading(INDICATORS[key])) for key in HEADLINES]
    assert len(set(shown)) == len(shown)
    assert max(map(len, shown)) <= 16


def test_an_indicator_without_a_heading_of_its_own_goes_by_its_name() -> None:
    strange = replace(INDICATORS["created"], key="strange", name=message("Strange things"))
    assert heading(strange).text == "Strange things"


@pytest.mark.parametrize(("clock", "name"), [("first_reply", "First reply"), ("call_back", "call_back")])
def test_a_clock_goes_by_its_name_or_its_key(clock: str, name: str) -> None:
    assert str(clock_name(clock)) == name


@pytest.mark.parametrize(
    ("subject", "scope", "at", "name"),
    [
        (None, Scope.AGENT, NOW, "nobody"),
        (None, Scope.TEAM, NOW, "nobody"),
        ("7", Scope.AGENT, NOW - 1, "Mai"),
        ("7", Scope.AGENT, NOW, "Mai Lê"),
        ("8", Scope.AGENT, NOW, "8"),
        ("group:3", Scope.TEAM, NOW, "Hỗ trợ"),
        ("group:4", Scope.TEAM, NOW, "group:4"),
        ("Tuyến một", Scope.TEAM, NOW, "Tuyến một"),
        ("sao-mai", Scope.ACCOUNT, NOW, "sao-mai"),
        ("web", Scope.CHANNEL, NOW, "web"),
        (None, Scope.PRIORITY, NOW, "none given"),
        ("urgent", Scope.PRIORITY, NOW, "urgent"),
        ("P1", Scope.PRIORITY, NOW, "P1"),
    ],
)
def test_a_subject_is_called_as_it_was_then(subject: str | None, scope: Scope, at: int, name: str) -> None:
    assert str(subject_name(subject, scope, RULES, at)) == name


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("created", None, "–"),
        ("created", 1234.0, "1,234"),
        ("first_reply", 7500.0, "2 hr 5 min"),
        ("satisfaction_rate", 0.875, "87.5%"),
        ("satisfaction_mean", 4.0, "4.00"),
        ("backlog_overlap", 2.456, "2.46"),
        ("backlog_overlap", 24.56, "24.6"),
        ("assignee_stations", 1.0, "1"),
    ],
)
def test_a_value_is_shown_in_its_unit(key: str, value: float | None, text: str) -> None:
    assert value_text(INDICATORS[key], value, EN) == text


def test_a_figure_is_its_value_or_how_much_is_missing() -> None:
    rate = INDICATORS["satisfaction_rate"]
    assert cell_text(rate, cell("satisfaction_rate"), EN) == "75%"
    assert cell_text(rate, cell("satisfaction_rate", n=7, enough=False), EN) == "not enough data yet (7 of 10)"
    assert cell_text(rate, cell("satisfaction_rate", value=None), EN) == "–"


@pytest.mark.parametrize(
    ("key", "changed", "text"),
    [
        ("created", {}, ""),
        ("satisfaction_rate", {"n": 0}, ""),
        ("satisfaction_rate", {"low": 0.531, "high": 0.888}, "53.1% – 88.8%; n = 20"),
        ("satisfaction_rate", {"low": 0.531, "high": 0.888, "enough": False}, "n = 20"),
        ("first_reply", {"median": 600.0, "p90": 5400.0}, "median 10 min, 9 of 10 within 1 hr 30 min; n = 20"),
        ("first_reply", {"median": 600.0}, "n = 20"),
        ("assignee_stations", {"median": 1.5, "p90": 2.0}, "median 1.50, 9 of 10 within 2; n = 20"),
        ("satisfaction_mean", {"series": "1-5"}, "n = 20; scale 1-5"),
        ("satisfaction_rate", {"low": 0.5}, "n = 20"),
    ],
)
def test_beside_a_figure_stands_how_sure_it_is(key: str, changed: dict[str, object], text: str) -> None:
    assert detail_text(INDICATORS[key], cell(key, **changed), EN) == text


def test_priorities_are_called_and_found_by_the_readers_words() -> None:
    vietnamese = Language("vi")
    assert [vietnamese(priority_name(word)) for word in ("urgent", "High", "P1")] == ["khẩn cấp", "Cao", "P1"]
    assert [priority_called(name, vietnamese) for name in ("khẩn cấp", "Cao", "cao", "normal", "P1")] == [
        *("urgent", "High", "high", "normal", "P1"),
    ]
