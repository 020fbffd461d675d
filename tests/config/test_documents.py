from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config import calendar_choice, calendar_documents, policy_document
from kpi_engine.calendars import CalendarDefinition
from kpi_engine.rules import parse_policies

if TYPE_CHECKING:
    from conftest import Desk

HOUR = 3600


def test_the_starter_pack_holds_its_goals_and_steps(desk: Desk) -> None:
    policy = parse_policies(policy_document(desk.settings())).policies[0]
    first_reply, resolution = policy.clocks
    priorities = ("urgent", "high", "normal", "low", None)
    assert [first_reply.goal(priority) for priority in priorities] == [1800, HOUR, 4 * HOUR, 8 * HOUR, 4 * HOUR]
    assert [resolution.goal(priority) for priority in priorities] == [
        8 * HOUR,
        16 * HOUR,
        24 * HOUR,
        40 * HOUR,
        24 * HOUR,
    ]
    for clock in policy.clocks:
        assert [clock.in_business_time(priority) for priority in priorities] == [False, True, True, True, True]
        assert clock.warnings == ("75%",)
        assert [(step.level, step.after) for step in clock.steps] == [(1, 0), (2, 1800), (3, 4 * HOUR)]
    assert (first_reply.pause_in, resolution.pause_in) == (frozenset(), {"pending", "hold"})
    assert (first_reply.rearm, resolution.rearm) == ("never", "on_reopen")


DOCUMENT = """\
version: 1
policies:
  - id: own
    clocks:
      - {id: first_reply, goal: {default: 2h}, stop: [agent_public_reply]}
escalations:
  - {on: {clock: first_reply}, steps: [{level: 1}, {level: 2, after: 1h 30m}]}
"""
FILLED = {
    "version": 1,
    "policies": [
        {
            "id": "own",
            "when": {"all": []},
            "calendar": "ticket",
            "clocks": [
                {
                    "id": "first_reply",
                    "goal": {"default": "2h"},
                    "time": "business",
                    "start": "created",
                    "stop": ["agent_public_reply"],
                    "pause_in": [],
                    "rearm": "never",
                    "on_change": "recompute",
                    "warn": [],
                }
            ],
        }
    ],
    "escalations": [
        {
            "on": {"clock": "first_reply"},
            "steps": [{"level": 1, "at": "breach", "after": "0m"}, {"level": 2, "at": "breach", "after": "1h 30m"}],
        }
    ],
}


def test_policies_in_a_file_beside_the_configuration_are_read(desk: Desk) -> None:
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules/own.yaml").write_text(DOCUMENT)
    assert policy_document(desk.settings("policies: rules/own.yaml\n")) == FILLED


def test_policies_inside_the_configuration_are_the_same(desk: Desk) -> None:
    inside = "policies:\n" + "".join(f"  {line}\n" for line in DOCUMENT.splitlines())
    assert policy_document(desk.settings(inside)) == FILLED


def test_the_platforms_own_policies_give_no_clock_yet(desk: Desk) -> None:
    document = policy_document(desk.settings("policies: platform\n"))
    assert (document["policies"], document["escalations"]) == ([], [])


def test_a_starter_pack_that_does_not_exist_is_told_in_its_line(desk: Desk) -> None:
    assert desk.wrong_after("policies: starter/by-priorty\n") == [
        (
            "helpdesk-kpi.yaml:9: policies: there is no such starter pack; "
            "did you mean starter/by-priority? Known here: starter/by-priority, "
            "starter/telesales-callback, starter/tiered-severity"
        )
    ]


def test_a_policy_file_that_does_not_exist_is_told_in_its_line(desk: Desk) -> None:
    (found,) = desk.wrong_after("policies: own.yaml\n")
    assert found.startswith("helpdesk-kpi.yaml:9: policies: there is no such file; starter/by-priority, platform, or")


def test_fault_26_problems_of_both_files_are_told_together(desk: Desk) -> None:
    (desk.folder / "own.yaml").write_text(
        """\
version: 1
policies:
  - id: a
    when: {all: ["__import__('os')"]}
    calendar: tickets
    clocks:
      - {id: first_reply, goal: {urgent: 0m, default: hihg}, stop: [agent_public_reply], warn: ["750%"]}
      - {id: resolution, goal: {}, stop: [solved, solved], start: handof}
escalations:
  - {on: {clock: first_rply}, steps: []}
"""
    )
    found = desk.wrong_after("policies: own.yaml\nlanguage: fr\n")
    assert [line.split("; ")[0] for line in found] == [
        "helpdesk-kpi.yaml:10: language: this word is not known here",
        "own.yaml:4: policies[0].when.all[0]: keys with values are needed here",
        "own.yaml:7: policies[0].clocks[0].goal.urgent: a goal must be longer than nothing",
        "own.yaml:7: policies[0].clocks[0].goal.default: this is no length of time",
        "own.yaml:7: policies[0].clocks[0].warn[0]: this is no warning",
        "own.yaml:8: policies[0].clocks[1].goal: no goal is given",
        "own.yaml:8: policies[0].clocks[1].stop[1]: this is listed twice",
        "own.yaml:8: policies[0].clocks[1].start: this word is not known here",
        "own.yaml:10: escalations[0].on.clock: this word is not known here",
        "own.yaml:10: escalations[0].steps: this must not be empty",
    ]


def test_a_policy_file_that_is_no_yaml_is_told_by_its_own_name(desk: Desk) -> None:
    (desk.folder / "own.yaml").write_text("- a\n")
    assert desk.wrong_after("policies: own.yaml\n") == [
        "own.yaml:1: the file holds no mapping at its top; a mapping of keys and values"
    ]


def test_a_policy_file_that_went_wrong_after_loading_is_told(desk: Desk) -> None:
    (desk.folder / "own.yaml").write_text(DOCUMENT)
    settings = desk.settings("policies: own.yaml\n")
    (desk.folder / "own.yaml").write_text("version: 2\n")
    assert desk.told(lambda: policy_document(settings)) == [
        "own.yaml:1: version: this word is not known here; known here: 1"
    ]


STEP = "{on: {clock: first_reply}, steps: [{level: 1}]}"
CLOCK = "{id: first_reply, goal: {default: 2h}, stop: [agent_public_reply]}"


@pytest.mark.parametrize(
    ("policies", "path", "reason"),
    [
        (f"policies: [{{id: a, clocks: [{CLOCK}]}}, {{id: b, clocks: [{CLOCK}]}}]", "policies[1]", "can never apply"),
        (
            "policies: [{id: a, when: {all: []}, clocks: [{id: resolution, goal: {low: 1h}, stop: []}]}]",
            "policies[0].clocks[0].stop",
            "must not be empty",
        ),
        (f"policies: [{{id: a, clocks: [{CLOCK}, {CLOCK}]}}]", "policies[0].clocks[1].id", "already has this clock"),
        ("escalations: [{on: {clock: resolution}, steps: [{level: 1}]}]", "escalations[0].on.clock", "no policy has"),
        (
            f"policies: [{{id: a, clocks: [{CLOCK}]}}], escalations: [{STEP}, {STEP}]",
            "escalations[1].on.clock",
            "already has its escalation",
        ),
        (
            "escalations: [{on: {clock: first_reply}, steps: [{level: 2}, {level: 1}]}]",
            "escalations[0].steps[1]",
            "does not follow",
        ),
        (
            "escalations: [{on: {clock: first_reply}, steps: [{level: 1, after: 1h}, {level: 2, after: 5m}]}]",
            "escalations[0].steps[1]",
            "does not follow",
        ),
        (
            "policies: [{id: a, clocks: [{id: resolution, goal: {low: 1h, default: high}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal.default",
            "has no goal",
        ),
        (
            "policies: [{id: a, clocks: [{id: resolution, goal: {low: 1h}, time: {low: night}, stop: [solved]}]}]",
            "policies[0].clocks[0].time.low",
            "not known here",
        ),
        (
            "policies: [{id: a, clocks: [{id: first_reply, goal: {low: 1h}, stop: [solved]}]}]",
            "policies[0].clocks[0].stop",
            "a reply is what this clock waits for",
        ),
        (
            "policies: [{id: a, clocks: [{id: next_reply, goal: {low: 1h}, stop: [agent_public_reply]}]}]",
            "policies[0].clocks[0].start",
            "start: customer_message",
        ),
        *(
            (
                f"policies: [{{id: a, clocks: [{{id: resolution, goal: {{low: 1h}}, stop: [solved], warn: [{w}]}}]}}]",
                "policies[0].clocks[0].warn[0]",
                'for example "75%" or "-15m"',
            )
            for w in ("'0%'", "'100%'", "15m", "'-0m'", "'-soon'")
        ),
        (
            "policies: [{id: a, clocks: [{id: resolution, goal: {low: 1h}, stop: [solved], on_change: thaw}]}]",
            "policies[0].clocks[0].on_change",
            "not known here",
        ),
        (
            "policies: [{id: a, when: {none: [{tag: [x]}]}, clocks: [CLOCK]}, {id: a, clocks: [CLOCK]}]",
            "policies[1].id",
            "another policy has this name",
        ),
        (
            (
                "policies: [{id: a, when: {all: [{tag: [x]}]}, clocks: [CLOCK]},"
                " {id: b, when: {all: [{tag: [x]}]}, clocks: [CLOCK]}]"
            ),
            "policies[1]",
            "can never apply: a is for all its tickets; the first policy that fits",
        ),
        (
            "policies: [{id: a, when: {all: [{sgment: [vip]}]}, clocks: [CLOCK]}]",
            "policies[0].when.all[0].sgment",
            "did you mean segment?",
        ),
        ("policies: [{id: a, when: {any: [{}]}, clocks: [CLOCK]}]", "policies[0].when.any[0]", "must not be empty"),
        (
            "policies: [{id: a, clocks: [{id: first-reply, goal: {low: 1h}, stop: [solved]}]}]",
            "policies[0].clocks[0].id",
            "did you mean first_reply?",
        ),
        (
            "policies: [{id: a, clocks: [{id: 1x, goal: {low: 1h}, stop: [solved]}]}]",
            "policies[0].clocks[0].id",
            "no name for a clock",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, stop: [solved]}]}]",
            "policies[0].clocks[0].goal",
            "no goal is given",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, goal: {low: 1h}, goal_by: {channel: {a: 1h}}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal",
            "goals are given twice",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, goal_by: {}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal_by",
            "say severity or channel",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, goal_by: {severity: {S1: 0m}}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal_by.severity.S1",
            "longer than nothing",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, goal_by: {severity: {default: S1}}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal_by.severity.default",
            "no length of time",
        ),
        (
            "policies: [{id: a, clocks: [{id: update, goal_by: {severity: {default: default}}, stop: [solved]}]}]",
            "policies[0].clocks[0].goal_by.severity.default",
            "has no goal",
        ),
        (
            (
                "policies: [{id: a, clocks: [{id: update, goal_by: {severity: {S1: 1h}}, time: {low: calendar},"
                " stop: [solved]}]}]"
            ),
            "policies[0].clocks[0].time",
            "times by priority go with",
        ),
        (
            (
                "policies: [{id: a, clocks: [CLOCK]}],"
                " escalations: [{on: {clock: first_reply, policy: b}, steps: [{level: 1}]}]"
            ),
            "escalations[0].on.policy",
            "there is no such policy",
        ),
        (
            "escalations: [{on: {clock: first_reply}, steps: [{level: 10, after: soon}]}]",
            "escalations[0].steps[0].level",
            "out of range",
        ),
    ],
)
def test_fault_26_a_rule_that_contradicts_itself_is_told(desk: Desk, policies: str, path: str, reason: str) -> None:
    policies = policies.replace("CLOCK", CLOCK)
    found = desk.wrong_after(f"policies: {{{policies}}}\nfields: {{severity: {{sao-mai: {{field: 1}}}}}}\n")
    assert found[0].startswith(f"helpdesk-kpi.yaml:9: policies.{path}: ")
    assert reason in found[0]


MAPPED = "policies: own.yaml\nfields: {severity: {sao-mai: {field: 1}}}\n"


def test_every_word_of_the_rule_model_is_understood(desk: Desk) -> None:
    (desk.folder / "own.yaml").write_text(
        """\
version: 1
policies:
  - id: chats
    when: {all: [{channel: [chat], group: [Second line, 42]}], none: [{tag: [test]}]}
    calendar: always
    clocks:
      - {id: callback, goal_by: {severity: {S1: 15m, default: S1}}, stop: [agent_public_reply]}
  - id: own
    clocks:
      - {id: first_reply, goal: {low: 1h}, start: assigned, stop: [agent_public_reply, group_changed], rearm: on_reopen}
      - id: next_reply
        goal: {default: 2h}
        start: customer_message
        stop: [agent_public_reply, solved]
        rearm: on_customer_message
        on_change: freeze
        warn: ["75%", "-15m", "-1h 30m"]
      - {id: resolution, goal: {low: 1h}, start: group_assigned, stop: [group_changed], rearm: on_group_change}
escalations:
  - {on: {clock: next_reply}, steps: [{level: 1}]}
"""
    )
    chats, policy = parse_policies(policy_document(desk.settings(MAPPED))).policies
    reply, following, resolution = policy.clocks
    assert (reply.start, reply.stop, reply.rearm) == (
        "assigned",
        {"agent_public_reply", "group_changed"},
        "on_reopen",
    )
    (callback,) = chats.clocks
    assert (callback.clock, callback.policy, callback.calendar) == ("callback", "chats", ("always",))
    assert (callback.by, callback.goal("S1"), callback.goal(None)) == ("severity", 900, 900)
    assert chats.when.fits(lambda subject: {"channel": ["chat"], "group": ["42"]}.get(subject, []))
    assert (following.on_change, following.warnings) == ("freeze", ("75%", "-15m", "-1h 30m"))
    assert (resolution.start, resolution.rearm) == ("group_assigned", "on_group_change")


CALENDARS = """\
calendars:
  vn:
    week: {mon..fri: ["13:30-17:30", "08:00-12:00"], sat: ["08:00-12:00"]}
    holidays: [2027-02-05..2027-02-11, 2027-04-30]
    overrides: {2027-02-13: ["08:00-17:30"], 2027-02-12: []}
  night: {tz: UTC, week: {mon..thu: ["22:00-06:00"], sun: ["00:00-24:00"]}}
  by_group: {Đổi trả: night}
  by_brand: {"361": vn}
  default: vn
"""


def test_own_calendars_are_written_as_the_engine_reads_them(desk: Desk) -> None:
    documents = calendar_documents(desk.settings(CALENDARS))
    day = [[480, 720], [810, 1050]]
    assert documents["vn"] == {
        "name": "vn",
        "zone": "Asia/Ho_Chi_Minh",
        "week": [day, day, day, day, day, [[480, 720]], []],
        "holidays": [["2027-02-05", "2027-02-11"], ["2027-04-30", "2027-04-30"]],
        "overrides": {"2027-02-12": [], "2027-02-13": [[480, 1050]]},
        "created_at": None,
    }
    late = [[1320, 1800]]
    assert documents["night"]["week"] == [late, late, late, late, [], [], [[0, 1440]]]
    assert documents["night"]["zone"] == "UTC"
    for key, document in documents.items():
        assert CalendarDefinition.from_document(key, document).document() == document


def test_the_choice_of_a_calendar_is_by_group_brand_and_default(desk: Desk) -> None:
    assert calendar_choice(desk.settings(CALENDARS)) == {
        "by_group": {"Đổi trả": "night"},
        "by_brand": {"361": "vn"},
        "default": "vn",
    }
    assert calendar_choice(desk.settings()) == {"by_group": {}, "by_brand": {}, "default": None}


@pytest.mark.parametrize(
    ("calendar", "path", "reason"),
    [
        ('week: {mon: ["8:00-12:00"]}', ".week.mon[0]", "no opening hours"),
        ('week: {mon: ["08:00-08:00"]}', ".week.mon[0]", "no opening hours"),
        ('week: {mon: ["24:00-06:00"]}', ".week.mon[0]", "no opening hours"),
        ('week: {mon: ["08:00-24:30"]}', ".week.mon[0]", "no opening hours"),
        ("week: {mon: [480]}", ".week.mon[0]", "a text is needed"),
        ('week: {mon: "08:00-12:00"}', ".week.mon", "a list is needed"),
        ("week: {fri..mon: []}", '.week["fri..mon"]', "no days of the week"),
        ("week: {tuesday: []}", ".week.tuesday", "no days of the week"),
        ('week: {mon..wed: [], tue: ["08:00-12:00"]}', ".week.tue", "given twice"),
        ('week: {mon: ["08:00-12:00", "11:00-13:00"]}', ".week.mon", "overlap"),
        (
            'week: {sun: ["22:00-06:00"], mon: ["05:00-12:00"]}',
            ".week.sun",
            "one ends at 06:00 and another begins at 05:00: let it begin then or later",
        ),
        ("week: {}, holidays: [2027-02-11..2027-02-05]", ".holidays[0]", "no date"),
        ("week: {}, holidays: [2027-02-30]", ".holidays[0]", "no date"),
        ("week: {}, holidays: [2027-01-01..2029-01-01]", ".holidays[0]", "no date"),
        ("week: {}, holidays: [20270101]", ".holidays[0]", "a text is needed"),
        ("week: {}, overrides: {tomorrow: []}", ".overrides.tomorrow", "no date"),
        ("week: {}, overrides: {2027-01-01..2027-01-02: []}", '.overrides["2027-01-01..2027-01-02"]', "for one date"),
        ('week: {}, overrides: {2027-01-01: ["08:00-12:00", "09:00-10:00"]}', ".overrides.2027-01-01", "overlap"),
        ("tz: ho_chi_minh, week: {}", ".tz", "an IANA name such as Asia/Ho_Chi_Minh"),
        ("tz: Asia, week: {}", ".tz", "no time zone"),
        ("timezone: Asia/Ho_Chi_Minh, week: {}", ".timezone", "did you mean tz?"),
        ("tz: ../../etc/passwd, week: {}", ".tz", "no time zone"),
        ("holidays: []", ".week", 'missing; for example {"mon..fri": ["08:00-12:00", "13:30-17:30"]}'),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_told(desk: Desk, calendar: str, path: str, reason: str) -> None:
    found = desk.wrong_after(f"calendars: {{vn: {{{calendar}}}}}\n")
    assert found[0].startswith(f"helpdesk-kpi.yaml:9: calendars.vn{path}: ")
    assert reason in found[0]


def test_spans_that_only_touch_do_not_overlap(desk: Desk) -> None:
    settings = desk.settings('calendars: {a: {week: {mon: ["08:00-12:00", "12:00-24:00"], tue: ["00:00-06:00"]}}}\n')
    assert calendar_documents(settings)["a"]["week"][0] == [[480, 720], [720, 1440]]
