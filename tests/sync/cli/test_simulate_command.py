"""`simulate`: the past under another policy, and nothing written."""

import json
from typing import TYPE_CHECKING, Any

import pytest

import sync.simulating
from sync.cli.frame import TerminatedError

if TYPE_CHECKING:
    from conftest import Desk

CARE = """\
version: 1
policies:
  - {{id: care, clocks: [{{id: first_reply, goal: {{any: {goal}}}, stop: [agent_public_reply]}}]}}
escalations: [{{on: {{clock: first_reply}}, steps: [{{level: 1}}]}}]
penalties:
  - {{id: overdue, period: week, min_volume: 1, bands: [{{over: 0, points: 2}}], unsure: true,
     announced_on: 2026-10-01}}
"""
NOVEMBER = ("--from", "2026-11-02", "--to", "2026-11-15")


@pytest.fixture
def stored(known: "Desk") -> "Desk":
    """Give a helpdesk of 28 days, with a lax and a strict policy file to try."""
    for name, goal in (("lax", "40h"), ("strict", "10m")):
        (known.folder / f"{name}.yaml").write_text(CARE.format(goal=goal), encoding="utf-8")
    return known


def simulated(desk: "Desk", file: str, *more: str) -> dict[str, Any]:
    (document,) = desk.told("simulate", file, *NOVEMBER, *more)["simulations"]
    return dict(document)


def test_a_stricter_policy_is_later_more_often_costs_more_and_is_written_nowhere(stored: "Desk") -> None:
    before = stored.remembered
    lax, strict = simulated(stored, "lax.yaml"), simulated(stored, "strict.yaml")
    assert stored.remembered == before
    assert lax["tickets"] == strict["tickets"] > 20
    assert lax["clocks"]["first_reply"]["now"] == strict["clocks"]["first_reply"]["now"]
    late = [each["clocks"]["first_reply"]["then"]["late"] for each in (lax, strict)]
    assert late[0] < late[1]
    for document in (lax, strict):
        told = document["clocks"]["first_reply"]["then"]
        assert told["late"] == sum(each["then"]["late"] for each in document["agents"])
        assert told["escalated"] == told["late"]
        assert sum(each["now"]["late"] for each in document["teams"]) == sum(
            each["now"]["late"] for each in document["agents"]
        )
    assert sum(each["then"]["points"] for each in strict["agents"]) > sum(
        each["then"]["points"] for each in lax["agents"]
    )
    shown = stored.run("simulate", "strict.yaml", *NOVEMBER).stdout
    assert "nothing was written" in shown
    assert "would come out otherwise" in shown
    assert "costs no points" not in shown


def test_what_escalations_would_do_is_told_by_step_for_everybody_and_for_each_in_both_languages(stored: "Desk") -> None:
    acting = "steps: [{{level: 1, notify: [team_lead], note: true, add_tags: [late]}}]"
    document = CARE.replace("steps: [{{level: 1}}]", acting).format(goal="10m")
    (stored.folder / "acting.yaml").write_text(document, encoding="utf-8")
    plain, found = simulated(stored, "strict.yaml"), simulated(stored, "acting.yaml")
    late = found["clocks"]["first_reply"]["then"]["late"]
    (step,) = [each for each in found["escalations"] if each["then"]]
    told = ("first_reply", "escalation:1", "team_lead", "note,add_tags:late", 0, late)
    assert tuple(step[key] for key in ("clock", "name", "notify", "does", "now", "then")) == told
    assert [each["does"] for each in plain["escalations"] if each["then"]] == [""]
    for subjects in (found["agents"], found["teams"]):
        assert sum(its["then"] for each in subjects for its in each["escalations"]) == late
    english = stored.run("simulate", "acting.yaml", *NOVEMBER).stdout
    assert "Escalations by step" in english
    assert "team lead" in english
    assert "a private note, tags: late" in english
    assert "only where `push.escalations.allow` of the account says so" in english
    assert "push.escalations" not in stored.run("simulate", "strict.yaml", *NOVEMBER).stdout
    before = stored.config.read_text(encoding="utf-8")
    stored.config.write_text(json.dumps({**json.loads(before), "language": "vi"}), encoding="utf-8")
    vietnamese = stored.run("simulate", "acting.yaml", *NOVEMBER).stdout
    stored.config.write_text(before, encoding="utf-8")
    for words in ("Leo thang theo từng bước", "trưởng nhóm", "ghi chú nội bộ", "không ghi gì", "sẽ ra kết quả khác"):
        assert words in vietnamese, words


def test_points_that_cost_nothing_for_being_approximate_are_explained(stored: "Desk") -> None:
    sure = CARE.format(goal="30m").replace(" unsure: true,", "")
    (stored.folder / "sure.yaml").write_text(sure, encoding="utf-8")
    assert "known only approximately costs no points" in stored.run("simulate", "sure.yaml", *NOVEMBER).stdout


def test_the_policy_in_force_makes_no_difference(stored: "Desk") -> None:
    same = simulated(stored, "starter/by-priority")
    assert same["differing"] == 0
    assert [each["now"] for each in same["agents"]] == [each["then"] for each in same["agents"]]


def test_an_interrupted_simulation_goes_on_where_it_stopped_and_ends_the_same(
    stored: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = simulated(stored, "strict.yaml")
    monkeypatch.setattr(sync.simulating, "CHUNK", 7)
    left = iter(range(3))

    def stop(_: float) -> None:
        if next(left, None) is None:
            raise TerminatedError

    monkeypatch.setattr(stored.sandbox.clock, "sleep", stop)
    stopped = stored.run("simulate", "strict.yaml", *NOVEMBER, "--progress", "far.json")
    assert stopped.exit_code == 143
    kept = json.loads((stored.folder / "far.json").read_text())
    assert 0 < kept["tickets"] < whole["tickets"]
    monkeypatch.undo()
    other = stored.run("simulate", "lax.yaml", *NOVEMBER, "--progress", "far.json")
    assert other.exit_code == 2
    assert "another simulation" in other.stderr
    assert simulated(stored, "strict.yaml", "--progress", "far.json", "--workers", "2") == whole
    assert not (stored.folder / "far.json").exists()


def test_who_may_not_be_shown_is_counted_and_wrong_spans_are_refused(stored: "Desk") -> None:
    agents = stored.sandbox.state.account.agent_ids
    seen_by = str(stored.sandbox.state.users[agents[4]].email)
    document = simulated(stored, "strict.yaml", "--as", seen_by)
    assert document["hidden"] > 0
    assert len([each for each in document["agents"] if each["subject"] is not None]) <= 1
    assert (
        "are not for whoever asks: privacy.individual"
        in stored.run("simulate", "strict.yaml", *NOVEMBER, "--as", seen_by).stdout
    )
    assert stored.run("simulate", "strict.yaml", "--from", "2026-11-02").exit_code == 2
    assert stored.run("simulate", "strict.yaml", "--from", "2026-11-02", "--to", "2026-10-01").exit_code == 2
    assert stored.run("simulate", "strict.yaml", "--from", "yesterday", "--to", "2026-10-01").exit_code == 2
    assert stored.run("simulate", "nowhere.yaml").exit_code == 2
    week = stored.run("simulate", "strict.yaml", "--period", "2026-W45", "-v")
    assert week.exit_code == 0, week.output
