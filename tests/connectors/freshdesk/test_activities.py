"""The daily export of activities: what it tells, when it is there, and what of it cannot be read."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Page, Stream, Unavailable, Verdict
from connectors.errors import TransientError
from connectors.freshdesk import Freshdesk, connect
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.sandbox import FreshdeskSandbox
from kpi_engine.records import Coverage, TicketEvent

DAY = 86_400
MONDAY = 1_795_392_000  # 2026-11-23 00:00 UTC
EXPORT, FILE = "/api/v2/export/ticket_activities", "/exports/activities/*"
Change = Callable[[Any], object]


@pytest.fixture
def sandbox() -> Iterator[FreshdeskSandbox]:
    with FreshdeskSandbox(tickets=0, start=MONDAY + 3600, activities=True) as running:
        yield running


@pytest.fixture
def account(sandbox: FreshdeskSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Freshdesk]:
    monkeypatch.setenv("FRESHDESK_KEY", sandbox.api_key)
    settings = {
        "name": "cua-hang", "kind": "freshdesk", "base_url": sandbox.base_url, "trusted_host": True,
        "plan": "enterprise", "auth": {"method": "api_key", "api_key": "${env:FRESHDESK_KEY}"}, "rate_limit_share": 1,
    }  # fmt: skip
    connector = connect(FreshdeskSettings.model_validate(settings), sandbox.clock, ZoneInfo("UTC"))
    yield connector
    connector.close()


def pages(account: Freshdesk, cursor: str | None = None) -> list[Page]:
    account.begin()
    return list(account.pull(Stream.ACTIVITIES, cursor))


def told(found: list[Page]) -> list[TicketEvent]:
    return [record for page in found for record in page.records if isinstance(record, TicketEvent)]


def covered(found: list[Page]) -> list[tuple[int, int]]:
    spans = [record for page in found for record in page.records if isinstance(record, Coverage)]
    return [((each.start - MONDAY) // DAY, (each.end + 1 - MONDAY) // DAY) for each in spans]


def spoiled(sandbox: FreshdeskSandbox, change: Change) -> None:
    sandbox.fail_next(FILE, change)


def test_a_day_tells_who_set_what_and_its_file_is_read_without_our_key(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    people = sandbox.state.account
    ticket = sandbox.state.create_ticket(priority="low", group_id=people.group_ids[0])
    sandbox.advance(600)
    sandbox.state.comment(ticket.id, people.agent_ids[0], assignee_id=people.agent_ids[0], status="pending")
    sandbox.advance(600)
    sandbox.state.change(ticket.id, priority="urgent", group_id=None, assignee_id=None)
    sandbox.advance(2 * DAY)
    found = pages(account)
    opened, agent, group = MONDAY + 3600, str(people.agent_ids[0]), str(people.group_ids[0])
    assert sorted({(e.at - opened, e.actor_id, e.automatic, e.field, e.new) for e in told(found)}, key=str) == sorted(
        [
            *((0, str(ticket.requester_id), False, *value) for value in (("status", "2"), ("priority", "low"))),
            *((0, str(ticket.requester_id), False, *value) for value in (("group", group), ("assignee", None))),
            (600, agent, False, "status", "3"),
            (600, agent, False, "assignee", agent),
            *((1200, None, True, *value) for value in (("priority", "urgent"), ("group", None), ("assignee", None))),
        ],
        key=str,
    )
    assert covered(found)[-2:] == [(0, 1), (1, 2)]
    assert found[-1].cursor == "2026-11-24"
    assert {status for _, path, status in sandbox.requests if path.startswith("/exports")} == {200}


def test_a_day_is_read_once_and_the_next_when_it_is_over(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.state.create_ticket()
    sandbox.advance(DAY)
    cursor = pages(account)[-1].cursor
    asked = len(sandbox.requests)
    assert pages(account, cursor) == []
    assert not any("export" in path for _, path, _ in sandbox.requests[asked:])
    sandbox.advance(DAY)
    sandbox.fail_next(EXPORT, 404)
    assert pages(account, cursor) == []  # not made yet
    assert covered(pages(account, cursor)) == [(1, 2)]


def test_an_export_that_is_off_is_a_stream_the_account_lacks(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.features.discard("activities")
    with pytest.raises(Unavailable, match="activities"):
        pages(account)
    assert sum(path == EXPORT for _, path, _ in sandbox.requests) == 2
    checks = {str(check.subject): check.verdict for check in account.checks()}
    assert checks["the daily export of ticket activities"] is Verdict.WARNING
    sandbox.features.add("activities")
    checks = {str(check.subject): check.verdict for check in account.checks()}
    assert checks["the daily export of ticket activities"] is Verdict.OK


def test_a_day_without_a_file_is_a_gap_that_is_told(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.advance(DAY)
    sandbox.fail_next(EXPORT, 404)  # a month ago it was not switched on yet
    before = pages(account)
    cursor = before[-1].cursor
    assert [page.note for page in before if page.note is not None] == []
    sandbox.advance(3 * DAY)
    sandbox.fail_next(EXPORT, 404)
    found = pages(account, cursor)
    assert [page.cursor for page in found if page.note is not None] == ["2026-11-24"]
    assert covered(found) == [(2, 3), (3, 4)]


@pytest.mark.parametrize("fault", [403, 404, "html", lambda _: {"activities_data": []}])
def test_a_file_that_cannot_be_read_is_a_gap_and_stops_nothing(
    sandbox: FreshdeskSandbox,
    account: Freshdesk,
    fault: Any,  # noqa: ANN401 -- a kind of fault
) -> None:
    sandbox.advance(DAY)
    cursor = pages(account)[-1].cursor
    sandbox.state.create_ticket()
    sandbox.advance(DAY)
    sandbox.fail_next(FILE, fault, None)
    (page,) = pages(account, cursor)
    assert (page.records, page.cursor) == ([], "2026-11-24")
    assert page.note is not None


def test_a_file_on_a_host_that_is_not_safe_is_not_read(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.advance(DAY)
    sandbox.fail_next(EXPORT, lambda _: {"export": {"url": "http://files.example/a.json?x=1"}}, None)
    assert all(page.note is not None for page in pages(account))


def test_a_host_that_is_down_is_asked_again_with_the_next_pass(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.advance(DAY)
    sandbox.fail_next(FILE, 500, None)
    with pytest.raises(TransientError):
        pages(account)


@pytest.mark.parametrize(
    "change", [{"status": "No longer there"}, {"group": "Dissolved"}, {"priority": 9}, {"agent_id": [1]}]
)
def test_what_cannot_be_understood_leaves_its_day_uncovered(
    sandbox: FreshdeskSandbox, account: Freshdesk, change: dict[str, object]
) -> None:
    sandbox.advance(DAY)
    cursor = pages(account)[-1].cursor
    sandbox.state.create_ticket("Bí mật")
    sandbox.advance(DAY)

    def spoil(answer: Any) -> object:  # noqa: ANN401 -- JSON
        row = answer["activities_data"][-1]
        return {
            **answer,
            "activities_data": [{**row, "requester": "Bí mật", "activity": {**row["activity"], **change}}],
        }

    sandbox.fail_next(FILE, spoil)
    found = pages(account, cursor)
    rejects = [reject for page in found for reject in page.rejects]
    assert covered(found) == []
    assert all("Bí mật" not in reject.raw for reject in rejects)
    assert len(told(found)) == (0 if rejects else 3)
    for reject in rejects:
        assert account.read_again(Stream.ACTIVITIES, reject.raw).rejects
        mended = reject.raw.replace('"priority": 9', '"priority": 4').replace('"agent_id": [1]', '"agent_id": 1')
        assert len(account.read_again(Stream.ACTIVITIES, mended).records) == 4


def test_a_row_that_is_none_is_set_aside_and_a_label_may_stand_for_a_priority(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    sandbox.advance(DAY)
    row = {"performed_at": "23-11-2026 09:33:38 +0000", "ticket_id": 600, "performer_type": "user", "performer_id": 7}
    high, none = {**row, "activity": {"priority": "High"}}, {**row, "activity": {"priority": None, "status": None}}
    sandbox.fail_next(FILE, lambda file: {**file, "activities_data": [high, none, "x", {**row, "performed_at": "now"}]})
    found = pages(account, "2026-11-22")
    assert [(event.field, event.new) for event in told(found)] == [
        ("priority", "high"),
        ("status", None),
        ("priority", None),
    ]
    assert len(found[0].rejects) == 2
