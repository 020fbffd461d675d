from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import SettingsError, consequence_document
from config.documents import plain_policies, policy_file
from config.penalties import consequences
from kpi_engine.penalties import Penalty

if TYPE_CHECKING:
    from conftest import Desk

HEAD = """\
version: 1
policies:
  - {id: care, clocks: [{id: first_reply, goal: {any: 2h}, stop: [agent_public_reply]}]}
"""
WHOLE = (
    HEAD
    + """\
penalties:
  - id: overdue
    clocks: [first_reply]
    quota: 5
    quota_rate: 5 %
    bands: [{over: 0, points: 1}, {over: 5, points: 3}]
    cap: 10
    grace: 15m
    announced_on: 2026-12-01
    worth: {amount: 50000, currency: VND}
rewards:
  - {id: praise, top: 3, at_least: "80 %", penalty_points_below: 3, announced_on: 2026-12-01}
"""
)


def written(folder: Path, text: str) -> str:
    (folder / "care.yaml").write_text(text, encoding="utf-8")
    return str(folder / "care.yaml")


def test_what_missed_deadlines_cost_is_read_with_every_default_and_judges_no_ticket(tmp_path: Path) -> None:
    document = policy_file(written(tmp_path, WHOLE))
    kept = consequences(document.penalties, document.rewards)
    assert kept["penalties"] == [
        {
            "penalty": "overdue",
            "scope": "agent",
            "by": "month",
            "bands": [{"over": 0, "points": 1}, {"over": 5, "points": 3}],
            "quota": 5,
            "quota_rate": 0.05,
            "min_volume": 30,
            "cap": 10,
            "grace": 900,
            "clocks": ["first_reply"],
            "priorities": [],
            "channels": [],
            "unsure": False,
            "announced_on": "2026-12-01",
            "acknowledged": False,
            "worth": ["50000", "VND"],
        }
    ]
    assert kept["rewards"] == [
        {
            "reward": "praise",
            "indicator": "positive_feedback",
            "by": "month",
            "within": "team",
            "top": 3,
            "min_n": 30,
            "at_least": 0.8,
            "min_response": None,
            "penalty_points_below": 3,
            "announced_on": "2026-12-01",
            "worth": None,
        }
    ]
    assert plain_policies(document) == plain_policies(policy_file(written(tmp_path, HEAD)))


@pytest.mark.parametrize(
    ("line", "place", "told"),
    [
        ("{id: a, bands: []}", "penalties[0].bands", "must not be empty"),
        ("{id: a}", "penalties[0].bands", "missing"),
        ("{id: a, bands: [{over: 0, points: 1}], clocks: [first_replay]}", "clocks[0]", "first_reply"),
        ("{id: a, bands: [{over: 5, points: 1}, {over: 5, points: 2}]}", "bands[1]", "does not follow"),
        ("{id: a, bands: [{over: 0, points: 2}, {over: 5, points: 1}]}", "bands[1]", "does not follow"),
        ("{id: a, bands: [{over: 0, points: 1}], priorities: [urgnt]}", "priorities[0]", "did you mean urgent"),
        ("{id: a, bands: [{over: 0, points: 1}], metric: complaints, grace: 5m}", "grace", "a complaint is no clock"),
        ("{id: a, bands: [{over: 0, points: 1}], metric: csat}", "metric", "severe_overdue_count"),
        ("{id: a, bands: [{over: 0, points: 1}], quota_rate: 5}", "quota_rate", "between 0 and 1"),
        ("{id: a, bands: [{over: 0, points: 1}], quota_rate: some}", "quota_rate", "no share"),
        ("{id: a, bands: [{over: 0, points: 1}], quoter: 5}", "quoter", "quota"),
        ("{id: a, bands: [{over: 0, points: 1}], worth: {amount: 0, currency: VND}}", "amount", "no amount of money"),
        ("{id: a, bands: [{over: 0, points: 1}], worth: {amount: 5, currency: dong}}", "currency", "no currency"),
        ("{id: a, bands: [{over: 0, points: 1}], scope: team, acknowledged: true}", "acknowledged", "only agents"),
        (
            "{id: a, bands: [{over: 0, points: 1}]}\n  - {id: a, bands: [{over: 0, points: 1}]}",
            "6: penalties[1].id",
            "has this name",
        ),
    ],
)
def test_a_wrong_penalty_is_refused_with_its_line_and_what_would_do(
    tmp_path: Path, line: str, place: str, told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        policy_file(written(tmp_path, f"{HEAD}penalties:\n  - {line}\n"))
    text = " ".join(each.text(str) for each in refused.value.problems)
    assert place in text
    assert told in text
    assert "care.yaml:5: penalties[" in text or "care.yaml:6: penalties[" in text


def test_a_clock_named_where_no_policy_has_any_is_refused(tmp_path: Path) -> None:
    only = "version: 1\npenalties: [{id: a, bands: [{over: 0, points: 1}], clocks: [first_reply]}]\n"
    with pytest.raises(SettingsError, match="no policy has this clock"):
        policy_file(written(tmp_path, only))


BANDS = "bands: [{over: 0, points: 1}]"


@pytest.mark.parametrize(
    ("first", "second", "in_vain"),
    [
        ("", "clocks: [first_reply]", True),
        ("", "metric: severe_overdue_count", True),
        ("channels: [email, web]", "channels: [email], priorities: [urgent]", True),
        ("metric: complaints", "metric: complaints, channels: [email]", True),
        ("", "scope: team", False),
        ("", "metric: complaints", False),
        ("metric: severe_overdue_count", "", False),
        ("channels: [email]", "channels: [email, web]", False),
        ("channels: [email]", "", False),
    ],
)
def test_a_penalty_behind_one_that_charges_all_it_could_is_refused(
    tmp_path: Path, first: str, second: str, *, in_vain: bool
) -> None:
    listed = f"penalties:\n  - {{id: a, {BANDS}, {first}}}\n  - {{id: b, {BANDS}, {second}}}\n"
    name = written(tmp_path, HEAD + listed.replace(", }", "}"))
    if not in_vain:
        assert len(policy_file(name).penalties) == 2
        return
    with pytest.raises(SettingsError) as caught:
        policy_file(name)
    assert "care.yaml:6: penalties[1]: this penalty can never charge anything: a does before it" in str(caught.value)


def test_a_penalty_for_complaints_keeps_its_metric_and_needs_to_know_what_a_complaint_is(desk: "Desk") -> None:
    (desk.folder / "care.yaml").write_text(f"{HEAD}penalties: [{{id: a, metric: complaints, {BANDS}}}]\n")
    (told,) = desk.wrong_after("policies: care.yaml\n")
    assert told.startswith("care.yaml:4: penalties[0].metric: `fields` of the configuration maps nothing to complaint")
    settings = desk.settings("policies: care.yaml\nfields: {complaint: {sao-mai: {tag: complaint}}}\n")
    (kept,) = consequence_document(settings)["penalties"]
    assert Penalty.from_document(kept).metric == "complaints"
