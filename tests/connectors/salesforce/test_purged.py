"""Cases removed for good: told once, by the list of what was deleted, and never by a query again."""

from typing import TYPE_CHECKING

import pytest

from connectors.base import Stream
from connectors.errors import SignInError
from connectors.salesforce import purged, soql
from kpi_engine.records import RollCall, TicketSnapshot, Vanished

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Scene

DAY = 86_400


def test_a_case_removed_for_good_vanishes_and_one_in_the_bin_or_merged_away_does_not(scene: "Scene") -> None:
    gone, binned, away, stays = (scene.ticket() for _ in range(4))
    cursor = scene.pages(Stream.TICKETS)[-1].cursor
    scene.sandbox.advance(600)
    scene.state.purge(gone.id)
    at = scene.state.world.second
    scene.state.delete(binned.id)
    scene.state.merge(away.id, stays.id, scene.state.account.agent_ids[0])
    scene.sandbox.advance(600)
    first, *_, last = scene.pages(Stream.TICKETS, cursor)
    assert first.records == [Vanished(ticket_id=gone.key, at=at)]
    assert (first.cursor, first.complete_through) == (cursor, int(str(cursor)))
    told = {r.ticket_id: r.status for r in last.records if isinstance(r, TicketSnapshot)}
    assert told == {binned.key: "deleted", away.key: "closed", stays.key: "new"}
    assert scene.pages(Stream.TICKETS)[0].records  # a first pull asks what there is, not what there was
    assert scene.asked("/deleted/") == 1


def test_many_removed_at_once_are_looked_for_in_few_queries(scene: "Scene", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soql, "IDS_AT_ONCE", 4)
    tickets = [scene.ticket() for _ in range(10)]
    cursor = scene.pages(Stream.TICKETS)[-1].cursor
    for ticket in tickets:
        scene.state.purge(ticket.id)
    scene.sandbox.advance(60)
    before = scene.asked("/queryAll")
    vanished = scene.pages(Stream.TICKETS, cursor)[0].records
    assert sorted(r.ticket_id for r in vanished if isinstance(r, Vanished)) == sorted(ticket.key for ticket in tickets)
    assert scene.asked("/queryAll") - before == 3 + 1


def test_what_was_removed_too_long_ago_is_not_told_and_that_is_said(
    scene: "Scene", monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.ticket()
    cursor = scene.pages(Stream.TICKETS)[-1].cursor
    scene.sandbox.advance(40 * DAY)
    first = scene.pages(Stream.TICKETS, cursor)[0]
    assert (first.records, first.cursor, first.note) == ([RollCall(since=int(str(cursor)))], cursor, None)
    scene.state.tables["ObjectPermissions"].rows.clear()  # what is not shown may be shared with others only
    assert "removed for good before" in str(scene.pages(Stream.TICKETS, cursor)[0].note)
    scene.sandbox.fail_next("*/query", 403, times=None)
    assert "removed for good before" in str(next(iter(scene.connector.pull(Stream.TICKETS, cursor))).note)
    scene.sandbox.clear_faults()
    monkeypatch.setattr(purged, "FARTHEST", 90 * DAY)
    assert "INVALID_REPLICATION_DATE" in refused(scene, cursor)
    for status in (403, 404):  # the right to ask may be missing; all else goes on
        scene.sandbox.fail_next("*/deleted/", status)
        assert "removed for good" in refused(scene, cursor)
    scene.sandbox.fail_next("*/deleted/", 401, times=None)
    with pytest.raises(SignInError):
        scene.pages(Stream.TICKETS, cursor)


def refused(scene: "Scene", cursor: str | None) -> str:
    """Return what is said of a list that was refused, and require that the cases are read all the same."""
    first, last = scene.pages(Stream.TICKETS, cursor)
    assert (first.records, first.cursor) == ([], cursor)
    assert last.complete_through is not None
    return str(first.note.values["reason"]) + str(first.note) if first.note is not None else ""
