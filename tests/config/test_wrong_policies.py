"""Policy files that cannot be meant: each refused with its line, what is wrong and what to do."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

REPLY = "{id: first_reply, goal: {any: 2h}, stop: [agent_public_reply]}"
SOLVE = "{id: resolution, goal: {any: 8h}, stop: [solved]}"
LATE = REPLY.replace("2h", "3wd")
FIELDS = (
    "{product: {sao-mai: {field: 360}}, topic: {sao-mai: {field: 361}}, complaint: {sao-mai: {tag: complaint}}, "
    "impact: {sao-mai: {field: 362}}, segment: {sao-mai: {tag: vip}}, "
    "root_cause: {sao-mai: {field: 363, values: {r_1: packing}}}}"
)
CIRCLE = """\
policies:
  - {id: one, when: {all: [{group: [l1]}]}, clocks: [REPLY]}
  - {id: two, when: {all: [{group: [l2]}]}, clocks: [REPLY]}
escalations:
  - {on: {clock: first_reply, policy: one}, steps: [{level: 1, assign: l2}]}
  - {on: {clock: first_reply, policy: two}, steps: [{level: 1}, {level: 2, after: 1h, assign: L1}]}
"""


def own(clock: str) -> str:
    return f"policies:\n  - id: a\n    clocks:\n      - {clock}\n"


def when(clause: str) -> str:
    return f"policies:\n  - id: a\n    when: {{all: [{clause}]}}\n    clocks: [REPLY]\n"


def severe(more: str) -> str:
    return f"severity: {{scale: [S1, S2], {more}}}\npolicies: [{{id: a, clocks: [REPLY]}}]\n"


def escalating(more: str) -> str:
    return f"policies: [{{id: a, clocks: [REPLY]}}]\nescalations:\n  - {{on: {{clock: first_reply}}, {more}}}\n"


def behind(first: str, second: str) -> str:
    clocks = "clocks: [REPLY]"
    return f"policies:\n  - {{id: a, when: {{{first}}}, {clocks}}}\n  - {{id: b, when: {{{second}}}, {clocks}}}\n"


UNREACHABLE = ":3: policies[1]: this policy can never apply: a is for all its tickets"


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        # a typo, an unknown field, an unknown calendar
        (
            own("{id: resolution, gaol: {any: 2h}, stop: [solved]}"),
            ":4: policies[0].clocks[0].gaol: there is no such key; did you mean goal",
        ),
        (when("{segmnt: [vip]}"), ":3: policies[0].when.all[0].segmnt: there is no such key; did you mean segment"),
        (
            when("{field: {prodct: [phone]}}"),
            "all[0].field.prodct: `fields` of the configuration gives nothing this name; did you mean product",
        ),
        (
            "policies: [{id: a, calendar: ofice, clocks: [REPLY]}]\n",
            ":1: policies[0].calendar: no calendar has this name; did you mean office",
        ),
        (
            "policies: [{id: a, calendar: {first_of: [ticket, shutt]}, clocks: [REPLY]}]\n",
            ":1: policies[0].calendar.first_of[1]: no calendar has this name; did you mean shut",
        ),
        # goals that cannot be met, or mean nothing
        (
            "policies: [{id: a, calendar: shut, clocks: [REPLY]}]\n",
            ":1: policies[0].calendar: this calendar never opens",
        ),
        (
            own("{id: resolution, goal: {any: 2h}, stop: [solved], pause_in: [new, open, pending, hold]}"),
            "pause_in: a clock that stands still in every status",
        ),
        (
            own("{id: resolution, goal: {any: 2wd}, time: calendar, stop: [solved]}"),
            "time: working days are those of a calendar; time: business",
        ),
        (
            own("{id: resolution, goal: {any: 0wd}, stop: [solved]}"),
            "goal.any: a goal must be longer than nothing; end_of_day: true",
        ),
        (
            own('{id: resolution, goal: {any: 1h}, stop: [solved], warn: ["-2h"]}'),
            "warn[0]: this warning would come before the clock starts",
        ),
        (
            "policies: [{id: a, clocks: [{id: first_reply, goal: {any: 9h}, stop: [agent_public_reply]}, SOLVE]}]\n",
            ":1: policies[0].clocks[0].goal.any: the first reply is promised later than the solution; at most 8h",
        ),
        (
            "policies: [{id: a, clocks: [LATE, {id: resolution, goal: {any: 2wd}, stop: [solved]}]}]\n",
            "the first reply is promised later",
        ),
        # criteria
        (
            own("{id: part, goal: {any: 1h}, start: criteria, stop: [solved]}"),
            "clocks[0].start: start_when and start: criteria belong together",
        ),
        (
            own("{id: part, goal: {any: 1h}, stop: [criteria]}"),
            "clocks[0].stop: stop_when and stop: criteria belong together",
        ),
        (
            own("{id: part, goal: {any: 1h}, stop: [solved], rearm: on_criteria}"),
            "clocks[0].rearm: rearm: on_criteria and start: criteria",
        ),
        # escalations that go round, or nowhere
        (CIRCLE, ":6: escalations[1].steps[1].assign: tickets would go round in a circle: L1 hands them back to l2"),
        (
            escalating("steps: [{level: 1, at: warn}], repeat: {every: 1h, most: 2}"),
            "repeat: there is nothing to repeat",
        ),
        (
            escalating("steps: [{level: 1}], repeat: {every: 0m, most: 2}"),
            "repeat.every: this must be longer than nothing",
        ),
        (
            escalating("steps: [{level: 1}], acknowledgement: {when: {}}"),
            "acknowledgement.when: this must not be empty",
        ),
        (escalating("calendar: ofice, steps: [{level: 1}]"), "escalations[0].calendar: no calendar has this name"),
        # regular expressions, exploding or not
        (
            when("{tag: ['(a+)+$']}"),
            "tag[0]: this looks like a regular expression, which is not read here; words are compared whole",
        ),
        (when("{topic: ['refund.*']}"), "topic[0]: this looks like a regular expression"),
        # severities
        (severe("matrix: {safety: {any: S3}}"), "severity.matrix.safety.any: the scale has no such severity"),
        (severe("tiers: {S9: {owner: l3}}"), "severity.tiers.S9: the scale has no such severity"),
        (
            severe("floor: {severity: S0, when: {all: [{tag: [x]}]}}"),
            "severity.floor.severity: the scale has no such severity",
        ),
        (severe("floor: {severity: S1, when: {}}"), "severity.floor.when: this must not be empty"),
        # what no ticket can ever have: nothing is mapped, it is called otherwise, or no severity comes to it
        (
            when("{severity: [S1]}"),
            ":3: policies[0].when.all[0].severity: `fields` of the configuration maps nothing to severity, so no",
        ),
        (when("{warranty: true}"), "all[0].warranty: `fields` of the configuration maps nothing to warranty"),
        (when("{field: {urgency: [high]}}"), "all[0].field.urgency: `fields` of the configuration maps nothing to"),
        (
            when("{segment: [vip, vp]}"),
            "all[0].segment[1]: no ticket has this word: `fields.segment` calls it otherwise; did you mean vip?",
        ),
        (when("{root_cause: [r_1]}"), "root_cause[0]: no ticket has this word: `fields.root_cause` calls it otherwise"),
        (
            own("{id: resolution, goal_by: {severity: {S1: 1h, default: 2h}}, stop: [solved]}"),
            "goal_by.severity: `fields` of the configuration maps nothing to severity",
        ),
        (
            own("{id: resolution, goal_by: {severity: {S2: 1h}}, stop: [solved]}")
            + "severity: {scale: [S1, S2], floor: {severity: S1, when: {all: [{tag: [x]}]}}}\n",
            "goal_by.severity.S2: no ticket can come to this severity; name the helpdesk's field or tag under",
        ),
        (
            when("{severity: [S3]}") + "severity: {scale: [S1, S2], matrix: {any: {any: S2}}}\n",
            "severity[0]: the scale has no such severity; known here: S1, S2",
        ),
        (severe("matrix: {any: {high: S1, any: S2}}"), "severity.matrix.any.high: `fields` of the configuration maps"),
        # conditions that contradict themselves
        (when("{channel: [email]}, {channel: [chat]}"), ":3: policies[0].when.all[1].channel: no ticket can fit this"),
        (
            when("{field: {product: [phone]}}, {field: {product: [oven]}}"),
            "when.all[1].field.product: no ticket can fit this and a clause before it; words of which one is enough",
        ),
        (
            "policies: [{id: a, when: {all: [{channel: [chat]}], any: [{channel: [email]}]}, clocks: [REPLY]}]\n",
            "when.any[0].channel: no ticket can fit this and what all asks",
        ),
        (
            "policies: [{id: a, when: {all: [{type: [x]}], none: [{type: [x, y]}]}, clocks: [REPLY]}]\n",
            "when.none[0]: this rules out every ticket that all asks for",
        ),
        # tags that an escalation adds and that something goes by
        (
            when("{tag: [late]}")
            + "escalations: [{on: {clock: first_reply}, steps: [{level: 1, add_tags: [late]}]}]\n",
            ":5: escalations[0].steps[0].add_tags[0]: something goes by this tag",
        ),
        (
            own("REPLY") + "escalations: [{on: {clock: first_reply}, steps: [{level: 1, add_tags: [x, complaint]}]}]\n",
            ":5: escalations[0].steps[0].add_tags[1]: something goes by this tag",
        ),
        (
            escalating("steps: [{level: 1, add_tags: [helpdesk-kpi-dispute]}]"),
            ":3: escalations[0].steps[0].add_tags[0]: something goes by this tag",
        ),
        # policies behind one that is for all their tickets
        (behind("all: [{channel: [chat, email]}]", "all: [{channel: [chat]}, {tag: [x]}]"), UNREACHABLE),
        (behind("any: [{channel: [chat]}, {tag: [x]}]", "all: [{tag: [x]}]"), UNREACHABLE),
        (behind("any: [{channel: [chat]}, {tag: [x]}]", "any: [{tag: [x]}]"), UNREACHABLE),
        (behind("none: [{channel: [chat]}]", "all: [{channel: [email]}]"), UNREACHABLE),
        (behind("none: [{tag: [x]}]", "none: [{tag: [x, y]}]"), UNREACHABLE),
    ],
)
def test_a_policy_file_that_cannot_be_meant_is_refused_with_its_line(desk: "Desk", policies: str, told: str) -> None:
    (desk.folder / "own.yaml").write_text(
        policies.replace("REPLY", REPLY).replace("SOLVE", SOLVE).replace("LATE", LATE)
    )
    more = (
        f"policies: own.yaml\nfields: {FIELDS}\n"
        'calendars: {office: {week: {mon: ["08:00-12:00"]}}, shut: {week: {mon: []}}}\n'
    )
    found = desk.wrong_after(more)
    assert len(found) == 1
    assert found[0].startswith("own.yaml:")
    assert told in found[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("all: [{channel: [chat]}]", "all: [{channel: [chat, email]}]"),
        ("all: [{tag: [x]}]", "any: [{tag: [x]}, {tag: [y]}]"),
        ("any: [{tag: [x]}, {tag: [z]}]", "any: [{tag: [x]}, {tag: [y]}]"),
        ("all: [{channel: [chat]}], none: [{tag: [x]}]", "all: [{channel: [chat]}]"),
        ("none: [{tag: [x, y]}]", "none: [{tag: [x]}]"),
        ("all: [{tag: [x]}]", "all: [{group: [x]}, {group: [y]}, {tag: [y]}, {segment: [vip]}]"),
    ],
)
def test_a_policy_that_some_ticket_may_still_reach_is_not_refused(desk: "Desk", first: str, second: str) -> None:
    (desk.folder / "own.yaml").write_text(behind(first, second).replace("REPLY", REPLY))
    assert desk.settings(f"policies: own.yaml\nfields: {FIELDS}\n").policies == "own.yaml"


def test_the_same_is_refused_where_policies_stand_in_the_configuration(desk: "Desk") -> None:
    inline = f"policies: {{policies: [{{id: a, when: {{all: [{{field: {{x: [y]}}}}]}}, clocks: [{REPLY}]}}]}}\n"
    (found,) = desk.wrong_after(inline)
    assert found.startswith("helpdesk-kpi.yaml:9: policies.policies[0].when.all[0].field.x: `fields`")
    assert "name the helpdesk's field or tag under `fields`" in found


@pytest.mark.parametrize("name", ["complant", "Own", "sevrity"])
def test_a_name_of_ones_own_under_fields_is_no_slip(desk: "Desk", name: str) -> None:
    (found,) = desk.wrong_after(f"fields: {{{name}: {{sao-mai: {{field: 1}}}}}}\n")
    assert f"fields.{name}: there is no such key" in found


def test_spans_that_overlap_are_refused_with_their_line(desk: "Desk") -> None:
    (found,) = desk.wrong_after('calendars: {office: {week: {mon..fri: ["08:00-12:00", "11:00-13:00"]}}}\n')
    assert found.startswith("helpdesk-kpi.yaml:9: calendars.office.week")


def test_the_whole_model_is_understood(desk: "Desk") -> None:
    document = f"""\
severity:
  scale: [S1, S2]
  matrix: {{safety: {{any: S1}}, any: {{any: S2}}}}
  floor: {{severity: S1, when: {{any: [{{tag: [danger]}}]}}}}
  tiers: {{S1: {{owner: l3, authority: [recall]}}}}
policies:
  - id: a
    when: {{all: [{{field: {{product: [phone]}}, type: [incident], complaint: true}}]}}
    calendar: {{first_of: [organization, office, theirs]}}
    clocks:
      - {{id: first_reply, goal: {{any: 1wd}}, end_of_day: true, stop: [agent_public_reply], start: handoff}}
      - {{id: idle, goal: {{any: 2h}}, stop: [any_change], rearm: on_any_change, warn: ["-1h"]}}
      - {{id: resolution, goal_by: {{severity: {{S1: 2wd, default: S1}}}}, stop: [solved], rearm: continues}}
  - {{id: b, when: {{any: [{{group: [l1]}}]}}, clocks: [{REPLY}]}}
escalations:
  - {{on: {{clock: first_reply, policy: b}}, steps: [{{level: 1, assign: l2}}, {{level: 2, assign: l3}}]}}
"""
    (desk.folder / "own.yaml").write_text(document)
    more = f"policies: own.yaml\nfields: {FIELDS}\n"
    assert desk.settings(more).policies == "own.yaml"
