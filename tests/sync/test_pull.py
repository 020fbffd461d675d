from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from connectors.base import DATING, Page, Stream, Unavailable
from connectors.errors import ConnectorError, SettingError, TransientError, UnexpectedPayloadError
from connectors.zendesk import rating_steps
from kpi_engine.message import message
from sync.exits import Exit, exit_for
from sync.missing import missing_inputs
from sync.pull import complete_through
from sync.store.errors import LostLockError
from sync.store.locks import Lock

if TYPE_CHECKING:
    from kpi_engine.records import Rating
    from sync.advance import Advance
    from tests.sync.conftest import World

HOUR = 3600
SUNDAY = 1_795_316_400  # 2026-11-22 10:00 +07:00
TICKETS = "/api/v2/incremental/tickets/cursor*"
HISTORY = "/api/v2/incremental/ticket_events*"
RATINGS = "/api/v2/satisfaction_ratings*"
JOBS = "/api/v2/job_statuses/*"


def second_page(world: "World", path: str, act: Callable[[], object]) -> None:
    """Let `act` happen just before the second request from now to `path` is answered."""
    world.sandbox.before_next(path, lambda: world.sandbox.before_next(path, act))


def stored(world: "World") -> int:
    return world.store.records.ticket_count(world.account.name)


def test_everything_the_helpdesk_has_is_stored_once(small_world: "World") -> None:
    world = small_world
    world.advance(120)
    pulled = world.run(dry_run=True).pulled
    everything = len(world.state.tickets)
    assert stored(world) == everything == pulled.rows[Stream.TICKETS]
    assert pulled.new == sum(pulled.rows.values())  # the helpdesk's own figures, sent along, are no rows
    sets = [each for chunk in world.store.records.metric_sets(world.account.name) for each in chunk]
    assert len({each.ticket_id for each in sets}) == everything
    assert (pulled.rejected, list(pulled.skipped)) == (0, [Stream.SURVEYS])
    again = world.run(dry_run=True).pulled
    assert again.new == 0


def test_progress_is_told_after_every_page(small_world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Advance] = []
    monkeypatch.setattr("tests.sync.conftest.silent", told.append)
    small_world.run(dry_run=True)
    tickets = [advance for advance in told if advance.stream is Stream.TICKETS]
    assert [(advance.pages, advance.rows) for advance in tickets] == [(1, 10), (2, 20), (3, 30), (4, 40)]
    shares = [advance.share for advance in tickets]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1, abs=0.01)


def test_what_is_around_the_tickets_comes_before_them_and_history_last(world: "World") -> None:
    order = list(dict.fromkeys(path for _, path, _ in run_and_list(world)))
    places = [
        order.index(f"/api/v2/{path}")
        for path in (
            "users.json",
            "incremental/tickets/cursor.json",
            "satisfaction_ratings.json",
            "incremental/ticket_events.json",
        )
    ]
    assert places == sorted(places)


def run_and_list(world: "World") -> list[tuple[str, str, int]]:
    before = len(world.sandbox.requests)
    world.run(dry_run=True)
    return world.sandbox.requests[before:]


@pytest.mark.parametrize(
    ("kind", "error", "path"),
    [
        (429, TransientError, TICKETS),
        (500, TransientError, TICKETS),
        ("drop", TransientError, TICKETS),
        ("html", UnexpectedPayloadError, TICKETS),
        ("truncated", UnexpectedPayloadError, TICKETS),
        (503, TransientError, HISTORY),
        ("cut", UnexpectedPayloadError, HISTORY),
    ],
)
def test_a_failure_ends_the_pass_between_two_pages(
    small_world: "World", kind: int | str, error: type[ConnectorError], path: str
) -> None:
    """The second page never comes: the first is saved with its cursor, and the next pass goes on behind it."""
    world = small_world
    second_page(world, TICKETS, lambda: world.sandbox.fail_next(path, kind, None))
    with pytest.raises(error) as raised:
        world.run()
    assert exit_for(raised.value) is Exit.UNAVAILABLE
    whole = path == HISTORY
    assert stored(world) == (40 if whole else 10)
    cursors = world.store.cursors.all(world.account.name)
    assert DATING & set(cursors) == ({Stream.TICKETS, Stream.RATINGS} if whole else {Stream.TICKETS})
    assert cursors[Stream.TICKETS].cursor is not None
    assert complete_through(world.account) is None
    assert world.store.passes.last(world.account.name, 1)[0].state == "failed"
    assert world.store.changes.pending_count(world.account.name) == 0
    world.sandbox.clear_faults()
    report = world.run()
    assert report.pulled.rows[Stream.TICKETS] == (0 if whole else 30)
    assert stored(world) == 40
    assert report.sent.delivered


def test_a_first_pull_of_ratings_goes_on_in_the_month_it_was_in(
    small_world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirteen months before the first ticket, and ratings two a page: Zendesk fails once all those are read."""
    world = small_world
    monkeypatch.setattr(rating_steps, "LIST_ROWS", 2)
    later = [lambda: world.sandbox.fail_next(RATINGS, 503, None)]
    for _ in range(16):
        later.append(partial(world.sandbox.before_next, RATINGS, later[-1]))
    later[-1]()
    with pytest.raises(TransientError):
        world.run(dry_run=True)
    assert complete_through(world.account) is None

    world.sandbox.clear_faults()
    asked = [path for _, path, _ in run_and_list(world) if "satisfaction_ratings" in path]
    given = [each for each in world.state.ratings.values() if each.score in ("good", "bad")]
    found = world.store.records.ratings(world.account.name, [str(each.ticket_id) for each in given])
    assert {each.rating_id for of_ticket in found.values() for each in of_ticket} >= {str(each.id) for each in given}
    assert len(given) > 2
    assert len(asked) < 16, "the empty months are not asked for again"


@pytest.mark.parametrize("kind", [429, "drop", "html", "truncated", "expired_token"])
def test_a_failure_that_passes_costs_nothing_but_time(small_world: "World", kind: int | str) -> None:
    world = small_world
    second_page(world, TICKETS, lambda: world.sandbox.fail_next(TICKETS, kind, 1))
    report = world.run(dry_run=True)
    assert report.pulled.rows[Stream.TICKETS] == 40


def test_a_pass_that_lost_its_lock_saves_neither_rows_nor_cursor(small_world: "World") -> None:
    world = small_world
    second_page(world, TICKETS, lambda: world.store.locks.release(Lock(world.account.name, 1)))
    with pytest.raises(LostLockError):
        world.run()
    assert stored(world) == 10


def test_a_row_nobody_can_read_is_set_aside_and_the_rest_goes_on(small_world: "World") -> None:
    world = small_world

    def spoilt(page: dict[str, list[dict[str, object]]]) -> object:
        page["tickets"][0]["created_at"] = "yesterday"
        return page

    world.sandbox.fail_next(TICKETS, spoilt, 1)
    report = world.run(dry_run=True)
    assert report.pulled.rejected == 1
    (row,) = world.store.quarantine.all(world.account.name)
    assert (row.stream, stored(world)) == (Stream.TICKETS, 39)


def test_a_stream_the_account_lacks_is_skipped_and_holds_nothing_back(make_world: "Callable[..., World]") -> None:
    world = make_world(sandbox={"tickets": 20, "days": 7})
    world.sandbox.features.clear()
    report = world.run(dry_run=True)
    assert set(report.pulled.skipped) == {Stream.RATINGS, Stream.SURVEYS, Stream.SCHEDULES, Stream.SLA_POLICIES}
    assert report.as_of == world.sandbox.now - 70
    assert "satisfaction_rate" in missing_inputs(world.account)
    assert "first_reply" not in missing_inputs(world.account)


def test_people_who_left_the_listing_are_marked_as_gone(world: "World") -> None:
    world.run(dry_run=True)
    world.state.downgrade(world.agents[0])
    world.advance(24 * HOUR)
    world.run(dry_run=True)
    now = {agent.agent_id for agent in agents(world)}
    assert str(world.agents[0]) not in now
    assert str(world.agents[0]) in {agent.agent_id for agent in agents(world, gone=True)}


def agents(world: "World", *, gone: bool = False) -> list["object"]:
    return world.store.records.account(world.account.name, Stream.AGENTS, gone=gone)


def test_data_is_complete_through_what_the_slowest_stream_has_told(world: "World") -> None:
    world.run(dry_run=True)
    cursors = world.store.cursors.all(world.account.name)
    told = [cursors[stream].complete_through for stream in DATING - {Stream.SURVEYS}]
    assert complete_through(world.account) == min(told) == world.sandbox.now - 70


def test_nothing_is_complete_before_every_dating_stream_has_said_so(world: "World") -> None:
    """A stream whose pages do not say how far they go: nothing is measured, nothing written, and the pass is whole."""
    real = world.account.connector.pull

    def vague(stream: Stream, cursor: str | None) -> Iterator[Page]:
        for page in real(stream, cursor):
            through = None if stream is Stream.HISTORY else page.complete_through
            yield Page(page.records, page.rejects, page.cursor, through, page.total)

    world.ticket()
    world.advance(120)
    world.instead(pull=vague)
    report = world.run()
    assert (report.as_of, report.measured, report.writes_planned) == (None, 0, 0)
    assert world.store.passes.last(world.account.name, 1)[0].state == "done"


def test_nothing_is_complete_where_no_dating_stream_exists(world: "World") -> None:
    def absent(stream: Stream, _cursor: str | None) -> Iterator[Page]:
        raise Unavailable(message("no {stream} here", stream=stream))

    world.instead(pull=absent)
    assert world.run().as_of is None
    assert complete_through(world.account) is None


def test_a_stream_that_the_account_lost_holds_nothing_back_any_more(world: "World") -> None:
    world.run(dry_run=True)
    world.sandbox.fail_next("/api/v2/satisfaction_ratings*", 404, times=None)
    world.advance(86_400)
    report = world.run(dry_run=True)
    assert Stream.RATINGS in report.pulled.skipped
    assert report.as_of == world.sandbox.now - 70
    world.sandbox.clear_faults()
    assert world.run(dry_run=True).pulled.skipped == {}  # not asked for so soon
    assert Stream.RATINGS not in world.store.cursors.all(world.account.name)
    world.advance(24 * HOUR)
    world.run(dry_run=True)
    assert Stream.RATINGS in world.store.cursors.all(world.account.name)


# Pace


def requests_of(world: "World") -> list[str]:
    return [path for _, path, _ in run_and_list(world)]


@pytest.mark.untraced
def test_a_pass_on_an_unchanged_account_costs_at_most_ten_requests_and_works_out_and_writes_nothing(
    make_world: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is written and the customers' time to return is over; then two days, a pass every hour.

    Every slow stream is read several times, and never too many in one pass.
    """
    summaries = [{"scope": scope, "period": "week", "group": "KPI"} for scope in ("agent", "team")]
    world = make_world(
        sandbox={"tickets": 20, "days": 10, "start": SUNDAY},
        push={"summaries": summaries, "agent_fields": ["solved", "backlog_overlap"]},
        privacy={"visible_to_all_agents": True},
    )
    world.run()
    world.state.world.agenda = type(world.state.world.agenda)()  # nobody does anything any more
    for _ in range(17):
        world.advance(24 * HOUR)
        world.run()
    made = world.store.summaries.counts(world.account.name)
    assert sum(made.values()) > 4
    world.forget_writes()
    looked: list[str] = []
    monkeypatch.setattr("sync.summaries.due._work", lambda *_: looked.append("summaries"))
    monkeypatch.setattr("sync.agent_fields.figures", lambda *_: looked.append("profiles"))
    asked = [requests_of(world) for _ in range(48) if world.advance(HOUR) is None]
    assert max(map(len, asked)) <= 10, " ".join(max(asked, key=len))
    assert (world.writes, looked) == ([], [])
    assert world.store.summaries.counts(world.account.name) == made
    read = Counter(path for each in asked for path in each)
    assert read["/api/v2/users.json"] >= 10
    assert read["/api/v2/group_memberships.json"] >= 10
    slow = ("business_hours/schedules", "slas/policies", "custom_statuses", "incremental/ticket_metric_events")
    assert min(read[f"/api/v2/{path}.json"] for path in slow) >= 2
    assert read["/api/v2/satisfaction_ratings.json"] == 48 + 2  # and a wider look once a day


def test_slow_streams_are_left_alone_until_their_pace_has_passed(world: "World") -> None:
    world.run(dry_run=True)
    world.advance(900)
    assert [path for path in requests_of(world) if "ticket_fields" not in path] == [
        "/api/v2/incremental/tickets/cursor.json",
        "/api/v2/satisfaction_ratings.json",
        "/api/v2/incremental/ticket_events.json",
    ]


def test_a_clock_set_back_makes_no_stream_wait(world: "World") -> None:
    world.run(dry_run=True)
    world.account = replace(world.account, clock=Standing(world.account.now() - 5 * HOUR))
    world.run(dry_run=True)
    assert world.store.cursors.all(world.account.name)[Stream.AGENTS].saved_at == world.account.now()


@dataclass
class Standing:
    """A clock that stands still."""

    at: float

    def now(self) -> float:
        """Return always the same."""
        return self.at

    def sleep(self, _seconds: float) -> None:
        """Do not wait."""


# People nobody has introduced


def test_a_new_agent_is_looked_up_as_soon_as_a_row_names_him(world: "World") -> None:
    world.run(dry_run=True)
    new = world.state.add_user("Lý Mới", "agent", "moi@sao-mai.example")
    ticket = world.ticket()
    world.state.change(ticket.id, new.id, assignee_id=new.id)
    world.advance(900)
    asked = requests_of(world)
    assert "/api/v2/users.json" in asked
    assert "/api/v2/group_memberships.json" in asked
    assert "/api/v2/users/show_many.json" not in asked
    assert name_of(world, new.id) == "Lý Mới"


def test_those_who_left_before_we_came_are_asked_for_by_number_once(world: "World") -> None:
    """One was deleted, one is an end user by now, one is not known any more: all three worked tickets."""
    downgraded, deleted, unknown = world.agents[:3]
    for agent in (downgraded, deleted, unknown):
        ticket = world.ticket(assignee_id=None)
        world.state.change(ticket.id, agent, assignee_id=agent)
    name = world.state.users[downgraded].name
    world.state.downgrade(downgraded)
    world.state.delete_user(deleted)
    del world.state.users[unknown]
    world.advance(120)
    assert requests_of(world).count("/api/v2/users/show_many.json") == 1
    people = {agent.agent_id: agent for agent in agents(world, gone=True)}
    assert (people[str(downgraded)].name, people[str(downgraded)].role) == (name, "agent")
    assert not people[str(deleted)].active
    assert people[str(unknown)].name == str(unknown)
    world.ticket(assignee_id=unknown)
    world.advance(120)
    assert "/api/v2/users/show_many.json" not in requests_of(world)


def test_customers_are_never_looked_up(world: "World") -> None:
    ticket = world.ticket()
    world.state.comment(ticket.id, world.state.account.customer_ids[1], body="CC")
    world.advance(120)
    assert "/api/v2/users/show_many.json" not in requests_of(world)
    customers = {str(customer) for customer in world.state.account.customer_ids}
    assert not customers & {agent.agent_id for agent in agents(world, gone=True)}


def test_a_stranger_is_met_though_the_pass_that_saw_him_was_cut_short(world: "World") -> None:
    world.run(dry_run=True)
    agent = world.agents[0]
    new = world.state.add_user("Lý Mới", "agent", "moi@sao-mai.example")
    world.state.change(world.ticket().id, agent, assignee_id=new.id)
    world.advance(900)
    world.sandbox.fail_next(HISTORY, 404, None)
    with pytest.raises(ConnectorError):
        world.run(dry_run=True)
    world.sandbox.clear_faults()
    world.run(dry_run=True)
    assert name_of(world, new.id) == "Lý Mới"


def name_of(world: "World", agent_id: int) -> str:
    return next(agent.name for agent in agents(world, gone=True) if agent.agent_id == str(agent_id))


# Ratings that come late


def ratings_of(world: "World", ticket_id: int) -> list["Rating"]:
    return world.store.records.ratings(world.account.name, [str(ticket_id)]).get(str(ticket_id), [])


def test_a_rating_given_days_after_its_offer_is_fetched_by_its_id(world: "World") -> None:
    ticket = world.answered()
    rating = world.state.offer_rating(ticket.id)
    world.advance(120)
    world.run(dry_run=True)
    world.advance(10 * 24 * HOUR)
    world.run(dry_run=True)
    world.state.rate(ticket.id, "bad")
    world.advance(900)
    asked = requests_of(world)
    assert f"/api/v2/satisfaction_ratings/{rating.id}.json" in asked
    assert asked.count("/api/v2/satisfaction_ratings.json") == 1
    assert [found.category for found in ratings_of(world, ticket.id)] == [None, "bad"], "the offer, then the verdict"
    world.state.rate(ticket.id, "offered")  # taken back
    world.advance(900)
    world.run(dry_run=True)
    assert [found.category for found in ratings_of(world, ticket.id)] == [None, "bad", None]


def test_a_late_rating_is_found_though_the_pass_that_saw_its_ticket_was_cut_short(world: "World") -> None:
    ticket = world.answered()
    world.state.offer_rating(ticket.id)
    world.advance(120)
    world.run(dry_run=True)
    world.advance(5 * HOUR)
    world.state.rate(ticket.id, "good")
    world.advance(900)
    world.sandbox.fail_next(HISTORY, 404, None)
    with pytest.raises(ConnectorError):
        world.run(dry_run=True)
    world.sandbox.clear_faults()
    world.run(dry_run=True)
    assert [found.category for found in ratings_of(world, ticket.id)] == [None, "good"]


def test_survey_responses_come_where_the_account_has_the_newer_system(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.sandbox.features.discard("satisfaction")
    world.sandbox.features.add("surveys")
    ticket = world.answered()
    world.state.offer_survey(ticket.id)
    world.state.answer_survey(ticket.id, 5, "good")
    world.advance(120)
    report = world.run(dry_run=True)
    assert set(report.pulled.skipped) == {Stream.RATINGS}
    assert report.as_of == world.sandbox.now - 70
    world.advance(3 * HOUR)
    world.run(dry_run=True)
    world.state.answer_survey(ticket.id, 2, "bad")
    world.advance(900)
    world.run(dry_run=True)
    told = [(found.category, found.score) for found in ratings_of(world, ticket.id)]
    assert told == [("good", 5), ("bad", 2)], "each state of it that was seen"


# A long first pull


def test_a_long_first_pull_measures_what_is_complete_meanwhile(
    make_world: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page of history takes a quarter of an hour: figures move on with it, and are honest about how far."""
    monkeypatch.setattr("connectors.sandbox.zendesk.exports.MOST", 40)
    world = make_world(sandbox={"tickets": 40, "days": 10})
    seen: list[tuple[int | None, int]] = []
    real = world.account.connector.pull

    def slowly(stream: Stream, cursor: str | None) -> Iterator[Page]:
        for page in real(stream, cursor):
            if stream is Stream.HISTORY:
                seen.append((complete_through(world.account), world.store.readings.count(world.account.name)))
                world.advance(900)
            yield page

    world.instead(pull=slowly)
    world.run(dry_run=True)
    dates = [as_of for as_of, _ in seen[1:]]
    assert seen[0] == (None, 0)
    assert len(dates) > 3
    assert dates == sorted(dates)
    assert all(as_of is not None and as_of < world.sandbox.now - 900 for as_of in dates)
    assert all(measured == 40 for _, measured in seen[2:])


def test_a_note_of_a_page_reaches_the_report(world: "World") -> None:
    world.run(dry_run=True)
    world.advance(HOUR)
    world.sandbox.fail_next(TICKETS, 410, 2)
    assert ["no longer knew" in str(note) for note in world.run(dry_run=True).pulled.notes] == [True]


def test_a_history_that_begins_in_the_future_is_a_matter_of_settings(make_world: "Callable[..., World]") -> None:
    world = make_world(own={"history_from": "2027-01-01"})
    with pytest.raises(SettingError, match="2027-01-01, which lies in the future") as raised:
        world.run(dry_run=True)
    assert exit_for(raised.value) is Exit.SETTINGS
    with pytest.raises(SettingError):
        list(world.account.connector.checks())
