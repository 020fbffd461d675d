"""`privacy.individual`, wherever the figures of a single person leave the store."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import ZendeskSandbox

if TYPE_CHECKING:
    from conftest import Desk

MONTH = ("--period", "2026-11")


@pytest.fixture
def led_apart(desk: "Desk") -> "Desk":
    """Give a pulled helpdesk: agents 0 and 1 in Lan's team, Lan is agent 2."""
    configure(desk, "all")
    assert desk.run("sync", "--dry-run").exit_code == 0
    return desk


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ZendeskSandbox]]:
    """Give a helpdesk that nothing changes, and the place of the store once it was pulled."""
    with ZendeskSandbox(tickets=12, days=7) as sandbox:
        yield tmp_path_factory.mktemp("led") / "helpdesk-kpi.db", sandbox


@pytest.fixture
def led(helpdesk: tuple[Path, ZendeskSandbox], empty_desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> "Desk":
    """Give the same, pulled once for every test that leaves the helpdesk as it is."""
    pulled, sandbox = helpdesk
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    empty_desk.account("sao-mai", sandbox)
    configure(empty_desk, "all")
    if not pulled.exists():
        assert empty_desk.run("sync", "--dry-run").exit_code == 0
        shutil.copy(empty_desk.store, pulled)
    shutil.copy(pulled, empty_desk.store)
    return empty_desk


def configure(desk: "Desk", individual: str, *more: dict[str, Any], **own: Any) -> None:  # noqa: ANN401 -- any key of a connector
    ids = desk.sandbox.state.account.agent_ids
    agents = [
        {"name": name, "accounts": {"sao-mai": str(ids[n])}, "team": "north"} for n, name in enumerate(("An", "Bình"))
    ]
    teams = {"north": {"lead": desk.sandbox.state.users[ids[2]].email}}
    top = {"agents": agents, "teams": teams, "privacy": {"individual": individual}}
    for each in more:
        top |= each
    desk.configure(desk.account("sao-mai", desk.sandbox, **own), **top)


def agent(desk: "Desk", number: int) -> str:
    return str(desk.sandbox.state.account.agent_ids[number])


def shown(desk: "Desk", *options: str) -> set[str | None]:
    (report,) = desk.told("report", *MONTH, *options)["reports"]
    return {card["subject"] for card in report["scorecards"]}


@pytest.mark.parametrize(
    ("rule", "viewer", "seen"),
    [
        ("all", None, "everybody"),
        ("all", 3, "everybody"),
        ("self_and_lead", None, "everybody"),
        ("self_and_lead", 0, {0}),
        ("self_and_lead", 2, {0, 1, 2}),
        ("self", None, set()),
        ("self", 0, {0}),
        ("self", 2, {2}),
        ("off", None, set()),
        ("off", 0, set()),
    ],
)
def test_each_sees_what_the_rule_allows_everywhere(led: "Desk", rule: str, viewer: int | None, seen: Any) -> None:  # noqa: ANN401 -- see above
    everybody = shown(led)
    assert {agent(led, 0), agent(led, 1), agent(led, 2)} < everybody
    configure(led, rule)
    allowed = everybody if seen == "everybody" else {agent(led, number) for number in seen}
    options = () if viewer is None else ("--as", agent(led, viewer))
    assert shown(led, *options) - {None} == allowed - {None}
    cells = led.told("export", "--grain", "cell", "--indicator", "created", *MONTH, *options)
    assert {row["subject"] for row in cells} - {None} == allowed - {None}
    for grain in ("line", "ticket"):
        rows = led.told("export", "--grain", grain, "--indicator", "created", *MONTH, *options)
        assert {row["agent"] for row in rows} - {None} <= allowed
        assert (len(rows), {row["person"] for row in rows} == {None}) == (len(rows), not allowed)
    lines = led.told("explain", "created", *MONTH, *options)["lines"]
    assert {line["agent"] for line in lines} - {None} <= allowed
    for number in (0, 1):
        result = led.run("explain", "created", "--agent", agent(led, number), *MONTH, *options)
        assert (result.exit_code == 0) is (agent(led, number) in allowed), result.output
        assert ("are not for you" in result.stderr) is (result.exit_code != 0)
    teams = led.told("report", "--scope", "team", *MONTH, *options)["reports"][0]["scorecards"]
    assert "north" in {card["subject"] for card in teams}


@pytest.mark.parametrize(("rule", "viewer"), [("off", None), ("self", 0)])
def test_no_command_lets_out_a_word_about_somebody_whose_figures_are_not_to_be_shown(
    led: "Desk", rule: str, viewer: int | None
) -> None:
    """Whatever tells figures, in words or as JSON: neither another agent's id stands there nor his name."""
    configure(led, rule)
    binh = agent(led, 1)
    options = (*MONTH, *(() if viewer is None else ("--as", agent(led, viewer))))
    commands = [
        *(("report", "--scope", scope, *form) for scope in ("agent", "manager") for form in ((), ("--json",))),
        *(("explain", key, *form) for key in ("agent_work", "satisfaction_rate") for form in ((), ("--json",))),
        *(("export", "--grain", grain) for grain in ("cell", "line", "ticket", "turn")),
        ("compare", "created", "--scope", "agent", "--json"),
        ("ledger",),
    ]
    for command in commands:
        told = led.run(*command, *options)
        assert told.exit_code in (0, 2), told.output
        assert binh not in told.stdout, [command, *(line for line in told.stdout.splitlines() if binh in line)][:6]
        assert "Bình" not in told.stdout, command
    allowed = led.run("report", *MONTH, "--as", binh, "--json").stdout
    assert (binh in allowed) is (rule != "off")  # the search would have found him


def test_what_is_not_shown_is_said_and_an_unknown_viewer_refused(led: "Desk") -> None:
    configure(led, "off")
    assert "people are not shown: privacy.individual is off" in led.run("report", *MONTH).stdout
    assert led.run("compare", "created", "--scope", "agent", "--only", agent(led, 0), *MONTH).exit_code == 2
    refused = led.run("report", "--as", "nemo", *MONTH)
    assert (refused.exit_code, "nemo" in refused.stderr) == (2, True)


@pytest.mark.parametrize(("rule", "made"), [("off", False), ("self", False), ("self_and_lead", True), ("all", True)])
def test_a_summary_is_made_where_only_those_who_may_could_read_it(led_apart: "Desk", rule: str, *, made: bool) -> None:
    """Of the two agents only: Lan alone, who leads them, reads all tickets beside the administrators."""
    led_apart.patch.setattr("connectors.zendesk.Zendesk.readers", lambda *_: [agent(led_apart, 2)])
    push = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}], "agent_fields": ["solved"]}
    configure(led_apart, rule, push=push)
    led_apart.run("sync", "--yes")
    led_apart.sandbox.advance(4 * 86_400)
    result = led_apart.run("sync")
    ours = [each.external_id or "" for each in led_apart.sandbox.state.tickets.values()]
    assert any(f":agent:{agent(led_apart, 0)}:2026-W47" in each for each in ours) is made, result.output
    profiles = [user.user_fields.get("kpi_solved") for user in led_apart.sandbox.state.users.values()]
    assert any(value is not None for value in profiles) is (rule == "all")
    checks = led_apart.run("check").stdout
    assert ("none is written: privacy.individual is off" in checks) is (rule == "off")
    assert ("does not allow: none is written" in checks) is (rule != "all")
    if rule == "off":
        assert "privacy.individual is off" in result.stdout


def test_what_is_too_old_is_counted_and_deleted_by_hand(led: "Desk") -> None:
    configure(led, "all", {"privacy": {"retention": "1 month"}})
    (before,) = led.told("store")["accounts"]
    assert (before["outdated_tickets"], before["deleted"]) == (0, False)
    assert led.rows("SELECT count(*) FROM reading")[0][0] > 0
    led.patch.setattr("sync.cli.store_command.as_of_now", lambda account: int(account.now()) + 100 * 86_400)
    (after,) = led.told("store", "--yes")["accounts"]
    assert after["outdated_tickets"] > 0
    assert led.rows("SELECT count(*) FROM reading WHERE held_to IS NOT NULL")[0][0] == 0


def test_before_any_data_the_store_tells_only_where_it_is(desk: "Desk") -> None:
    assert desk.told("store")["accounts"] == [{"connector": "sao-mai", "tickets": 0}]


def test_forgetting_says_whom_it_means_asks_and_tells_what_it_cannot_remove(led_apart: "Desk") -> None:
    gone = led_apart.sandbox.state.account.agent_ids[4]
    refused = led_apart.run("forget", str(gone), "--yes")
    assert (refused.exit_code, "still works" in refused.stderr) == (2, True)
    led_apart.sandbox.state.downgrade(gone)
    led_apart.sandbox.advance(7200)
    led_apart.run("sync", "--dry-run")
    shown = led_apart.run("forget", str(gone))
    assert (shown.exit_code, "nothing was changed" in shown.stdout) == (0, True)
    assert led_apart.rows(f"SELECT count(*) FROM account_record WHERE key = '{gone}'")[0][0] > 0
    led_apart.patch.setattr("sync.cli.forget_command._agreed", lambda _call: True)
    done = led_apart.told("forget", str(gone))
    assert (done["accounts"], done["done"], len(done["left_over"])) == (["sao-mai"], True, 4)
    assert led_apart.rows(f"SELECT count(*) FROM account_record WHERE key = '{gone}'") == [(0,)]
    customer = led_apart.rows("SELECT requester_id FROM contact")[0][0]
    result = led_apart.run("forget", customer, "--requester", "--yes")
    assert (result.exit_code, "a pseudonym stands in" in result.stdout) == (0, True)
    assert led_apart.rows(f"SELECT count(*) FROM contact WHERE requester_id = '{customer}'") == [(0,)]
