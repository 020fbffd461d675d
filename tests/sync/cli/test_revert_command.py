from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk


def last_pass(desk: "Desk") -> str:
    ((pass_id,),) = desk.rows("SELECT max(pass_id) FROM pass WHERE mode = 'sync'")
    return str(pass_id)


def ours(desk: "Desk") -> list[dict[int, object]]:
    state = desk.sandbox.state
    keys = {field.id for field in state.ticket_fields.values() if field.title.startswith("KPI: ")}
    return [{key: value for key, value in t.fields.items() if key in keys and value} for t in state.tickets.values()]


def test_the_plan_is_shown_and_written_only_after_yes(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    before = ours(desk)
    assert any(before)
    plan = desk.run("revert", last_pass(desk))
    assert (plan.exit_code, plan.stderr) == (0, "")
    assert "writes take it back, 0 queued ones are given up, 0 cannot be taken back" in plan.stdout
    assert "→ empty" in plan.stdout
    assert plan.stdout.splitlines()[-1] == "nothing was written; say --yes to write"
    assert ours(desk) == before
    done = desk.run("revert", last_pass(desk), "sao-mai", "--yes")
    assert done.exit_code == 0
    assert "no pass writes any more until `sync sao-mai --yes` allows it again" in done.stdout
    assert not any(ours(desk))
    shown = desk.run("status").stdout
    n = desk.told("status")["accounts"][0]["passes"][0]["counts"]["delivered"]
    assert f"revert, done; 0 tickets measured, {n} writes" in shown
    assert f"sao-mai: {n} writes made" in done.stdout
    stopped = "writing: stopped since pass 1 was taken back; a pass with --yes allows it again"
    assert f"  {stopped}" in shown.splitlines()
    assert desk.run("sync").stdout.splitlines()[-1] == stopped
    desk.run("sync", "--yes")
    assert "writing:" not in desk.run("status").stdout


def test_a_pass_that_sent_what_an_earlier_one_planned_names_that(desk: "Desk") -> None:
    desk.run("sync", "--yes", "--max-writes", "1")
    desk.run("sync")
    assert "were planned by earlier passes: revert 1 to take them back" in desk.run("revert", last_pass(desk)).stdout


def test_the_json_tells_what_was_written_and_what_stays(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    answer = desk.told("revert", last_pass(desk), "--yes")
    assert set(answer) == {"connector", "pass", "writes", "given_up", "kept", "written", "waiting"}
    assert answer["written"] == len(answer["writes"]) > 0
    assert (answer["kept"], answer["given_up"], answer["waiting"]) == ([], 0, 0)


def test_what_somebody_changed_since_is_a_conflict_and_a_closed_ticket_partial(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    state = desk.sandbox.state
    found = [(ticket, fields) for ticket, fields in zip(state.tickets.values(), ours(desk), strict=True) if fields]
    written = [ticket for ticket, _ in found]
    state.delete(written[0].id)
    result = desk.run("revert", last_pass(desk))
    assert result.exit_code == 5
    assert f"ticket {written[0].id} stays as it is: it is gone from the helpdesk" in result.stdout
    field = next(iter(found[1][1]))
    state.change(written[1].id, state.account.agent_ids[0], fields={field: "mine"})
    result = desk.run("revert", last_pass(desk), "--yes")
    assert result.exit_code == 4
    assert "changed since by somebody else" in result.stdout


@pytest.mark.parametrize("words", [("99",), ("99", "sao-mai"), ("0",), ("1", "nemo")])
def test_an_unknown_pass_or_account_is_told_so(desk: "Desk", words: tuple[str, ...]) -> None:
    result = desk.run("revert", *words)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_pass_that_wrote_nothing_needs_nothing(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    ((pass_id,),) = desk.rows("SELECT max(pass_id) FROM pass")
    result = desk.run("revert", str(pass_id), "--yes")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)


@pytest.mark.parametrize(("answer", "empty"), [("y\n", True), ("n\n", False)])
def test_at_a_terminal_it_asks(desk: "Desk", monkeypatch: pytest.MonkeyPatch, answer: str, *, empty: bool) -> None:
    desk.run("sync", "--yes")
    monkeypatch.setattr("sync.cli.revert_command._is_asked", lambda _: True)
    desk.run("revert", last_pass(desk), answers=answer)
    assert any(ours(desk)) is not empty
