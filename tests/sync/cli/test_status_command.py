import re
import threading
from typing import TYPE_CHECKING

from sync.store import Store

if TYPE_CHECKING:
    from conftest import Desk


def test_before_any_pass_there_is_little_to_tell(desk: "Desk") -> None:
    result = desk.run("status")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "sao-mai: 0 tickets"
    assert "  outbox: –" in lines
    assert "  writing: not yet allowed; the first pass with --yes allows it" in lines
    assert not any("pass 1 of" in line or "data complete" in line for line in lines)
    (account,) = desk.told("status")["accounts"]
    assert (account["as_of"], account["lag_seconds"], account["passes"], account["streams"]) == (None, None, [], {})


def test_status_asks_no_helpdesk_and_needs_no_secret(desk: "Desk") -> None:
    desk.patch.delenv("SECRET_SAO_MAI")
    assert desk.run("status").exit_code == 0
    assert desk.sandbox.requests == []


def test_after_passes_their_outcome_the_datas_age_and_the_next_run_are_told(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    desk.run("sync", "--yes")
    desk.sandbox.advance(3600)
    shown = desk.run("status").stdout
    assert "sao-mai: 12 tickets" in shown
    assert re.search(r"data complete to 2026-11-21 1[12]:\d\d, 1 hr( \d+ min)? ago", shown)
    assert re.search(r"pass 2 of 2026-11-21 12:\d\d: sync, done; \d+ tickets measured, [1-9]\d* writes", shown)
    assert re.search(r"pass 1 of 2026-11-21 12:00: dry run, done; 12 tickets measured, 0 writes", shown)
    assert re.search(r"outbox: delivered [1-9]", shown)
    assert "quarantine: 0" in shown
    assert re.search(r"next run, while `helpdesk-kpi run` is up: 2026-11-21 13:1[4-7]", shown)
    assert "not yet allowed" not in shown


def test_the_json_has_its_documented_shape(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    (account,) = desk.told("status")["accounts"]
    assert set(account) == {
        *("connector", "as_of", "lag_seconds", "tickets", "armed", "passes", "streams"),
        *("outbox", "quarantine", "summaries", "policies", "lacking", "findings", "findings_in_all", "next_run"),
        *("quality", "charges_waiting", "corrections_left", "quarantine_of_files", "announcements", "unannounced"),
    }
    assert set(account["quality"]) == {"approximate", "undecided"}
    assert account["armed"] is True
    assert account["outbox"] == {"delivered": account["passes"][0]["counts"]["delivered"]}
    assert set(account["passes"][0]) == {"pass_id", "began_at", "ended_at", "mode", "state", "as_of", "counts"}
    assert set(account["streams"]["tickets"]) == {"complete_through", "saved_at"}
    assert account["as_of"] == min(
        account["streams"][stream]["complete_through"] for stream in ("tickets", "history", "ratings")
    )
    assert account["lag_seconds"] == int(desk.sandbox.now) - account["as_of"]
    assert abs(account["next_run"] - desk.sandbox.now - 900) <= 91


def test_a_cron_schedule_tells_its_next_run_in_the_report_time_zone(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox, schedule={"cron": "30 7 * * mon-sat"}))
    assert "is up: 2026-11-23 07:30" in desk.run("status").stdout


def test_a_schedule_that_never_comes_names_no_run(desk: "Desk") -> None:
    desk.patch.setattr("sync.cli.status_command.next_run", lambda *_: None)
    assert "next run" not in desk.run("status").stdout


def test_a_pass_that_failed_is_told(desk: "Desk") -> None:
    desk.sandbox.fail_next("/api/v2/incremental/tickets/cursor.json", "html", times=None)
    assert desk.run("sync").exit_code == 6
    assert "sync, failed; 0 tickets measured" in desk.run("status").stdout


def test_while_a_first_pull_goes_on_everything_tells_how_far_it_has_come(desk: "Desk") -> None:
    """Another process holds the lock in the middle of the history; before it, and behind it, stands what is saved."""
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(60)

    desk.sandbox.before_next("/api/v2/incremental/ticket_events.json", wait)
    process = desk.start("sync", "--dry-run")
    try:
        assert reached.wait(30)
        (account,) = desk.told("status")["accounts"]
        assert (account["tickets"], account["as_of"], account["lag_seconds"]) == (12, None, None)
        assert [each["state"] for each in account["passes"]] == ["running"]
        assert set(account["streams"]) >= {"agents", "tickets", "ratings"}
        shown = desk.run("status").stdout
        assert "sao-mai: 12 tickets" in shown
        assert "data complete to" not in shown, "the history is still to come"
        assert "tickets: complete to 2026-11-21" in shown
        report = desk.run("report")
        assert (report.exit_code, report.stdout.count("no data yet")) == (0, 1)
        assert desk.told("report") == {"reports": []}
        assert desk.run("explain", "solved").exit_code == 0
    finally:
        go_on.set()
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "")
    assert desk.told("status")["accounts"][0]["as_of"] is not None
    assert desk.told("report")["reports"]


def test_only_the_last_five_passes_are_listed(desk: "Desk") -> None:
    with Store.open("sqlite:///helpdesk-kpi.db", desk.folder) as store:
        for began_at in range(6):
            store.passes.begin("sao-mai", "sync", began_at)
    shown = desk.run("status").stdout
    assert (len(re.findall(r"pass \d+ of", shown)), shown.count("sync, interrupted"), shown.count("sync, running")) == (
        5,
        4,
        1,
    )
    assert len(desk.told("status")["accounts"][0]["passes"]) == 5


def test_accounts_can_be_named(two_desks: "Desk") -> None:
    assert [a["connector"] for a in two_desks.told("status")["accounts"]] == ["sao-mai", "sao-hom"]
    assert [a["connector"] for a in two_desks.told("status", "sao-hom")["accounts"]] == ["sao-hom"]
    assert two_desks.run("status", "nemo").exit_code == 2


def test_quarantined_rows_are_counted(desk: "Desk") -> None:
    def spoiled(page: object) -> object:
        assert isinstance(page, dict)
        page["tickets"][0]["created_at"] = "yesterday"
        return page

    desk.sandbox.fail_next("/api/v2/incremental/tickets/cursor.json", spoiled)
    desk.run("sync")
    assert "quarantine: 1" in desk.run("status").stdout


def test_as_many_passes_are_shown_as_are_asked_for(desk: "Desk") -> None:
    for _ in range(7):
        desk.run("sync", "--dry-run")
    (usual,) = desk.told("status")["accounts"]
    (more,) = desk.told("status", "--passes", "7")["accounts"]
    assert [len(each["passes"]) for each in (usual, more)] == [5, 7]
    assert desk.run("status", "--passes", "7").stdout.count("dry run") == 7
