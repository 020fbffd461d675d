from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]


def test_agents_and_admins_are_listed_page_by_page_until_there_is_no_more(world: ZendeskSandbox, look: Ask) -> None:
    names, after = [], None
    while True:
        parameters: dict[str, Any] = {"role[]": ["agent", "admin"], "page[size]": 4}
        page = look("/api/v2/users.json", params=parameters | ({"page[after]": after} if after else {})).json()
        names += [user["name"] for user in page["users"]]
        assert (page["links"]["next"] is not None) == page["meta"]["has_more"]
        after = page["meta"]["after_cursor"]
        if not page["meta"]["has_more"]:
            break
    staff = [user.name for user in world.state.users.values() if user.role in {"agent", "admin"}]
    assert sorted(names) == sorted(staff)
    assert any(name.startswith("=") for name in names)
    assert "<b>Trần</b> & Minh" in names


def test_those_who_left_are_suspended_or_downgraded_and_keep_their_history(world: ZendeskSandbox) -> None:
    users, account = world.state.users, world.state.account
    suspended = [agent for agent in account.agent_ids if users[agent].suspended]
    downgraded = [agent for agent in account.agent_ids if users[agent].role == "end-user"]
    assert len(suspended) == len(downgraded) == 1
    authors = {audit.author_id for audit in world.state.audits}
    assert {*suspended, *downgraded} <= authors


def test_a_page_has_at_most_a_hundred_rows(look: Ask) -> None:
    assert len(look("/api/v2/tickets.json", params={"page[size]": 100}).json()["tickets"]) == 100
    refused = look("/api/v2/tickets.json", params={"page[size]": 101})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "InvalidPaginationParameter"
    assert len(look("/api/v2/tickets.json", params={"per_page": 500}).json()["tickets"]) == 100


def test_offset_paging_counts_names_its_neighbours_and_ends_at_page_100(look: Ask) -> None:
    page = look("/api/v2/tickets.json", params={"page": 2, "per_page": 10}).json()
    assert page["count"] > 250
    assert page["next_page"].endswith("page=3")
    assert page["previous_page"].endswith("page=1")
    assert look("/api/v2/tickets.json", params={"page": 101, "per_page": 10}).status_code == 400
    assert look("/api/v2/tickets.json", params={"page": 99}).json() == {
        "tickets": [],
        "count": page["count"],
        "next_page": None,
        "previous_page": look("/api/v2/tickets.json", params={"page": 99}).json()["previous_page"],
    }


def test_an_empty_cursor_page_has_no_cursor(sandbox: ZendeskSandbox, ask: Ask) -> None:
    assert sandbox.state.tickets == {}
    page = ask("/api/v2/tickets.json", params={"page[size]": 10}).json()
    assert page["meta"] == {"has_more": False, "after_cursor": None, "before_cursor": None}


def test_groups_leave_out_dissolved_ones_unless_asked(look: Ask) -> None:
    names = {group["name"] for group in look("/api/v2/groups.json").json()["groups"]}
    everything = look("/api/v2/groups.json", params={"exclude_deleted": "false"}).json()["groups"]
    assert "KPI" in names
    assert {group["name"] for group in everything} - names == {"Tổ cũ"}


def test_memberships_name_known_people_and_groups(world: ZendeskSandbox, look: Ask) -> None:
    rows = look("/api/v2/group_memberships.json", params={"page[size]": 100}).json()["group_memberships"]
    assert len(rows) >= 10
    assert {row["user_id"] for row in rows} <= set(world.state.users)
    assert {row["group_id"] for row in rows} <= set(world.state.groups)


def test_business_hours_are_minutes_since_sunday_the_older_one_vietnamese(look: Ask) -> None:
    home, abroad = look("/api/v2/business_hours/schedules.json").json()["schedules"]
    assert home["time_zone"] == "Asia/Ho_Chi_Minh"
    assert home["created_at"] < abroad["created_at"]
    assert abroad["time_zone"] == "Eastern Time (US & Canada)"
    assert home["intervals"][0] == {"start_time": 1440 + 480, "end_time": 1440 + 720}
    assert sum(part["end_time"] - part["start_time"] for part in home["intervals"]) == (5 * 8 + 4) * 60
    days = look(f"/api/v2/business_hours/schedules/{home['id']}/holidays.json").json()["holidays"]
    assert (days[0]["start_date"], days[0]["end_date"]) == ("2026-11-20", "2026-11-20")
    assert look("/api/v2/business_hours/schedules/1/holidays.json").status_code == 404


def test_received_ratings_are_the_good_and_the_bad_of_the_time_asked_for(world: ZendeskSandbox, look: Ask) -> None:
    def scores(**parameters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- query parameters
        found = look("/api/v2/satisfaction_ratings.json", params={"page[size]": 100, **parameters}).json()
        rows: list[dict[str, Any]] = found["satisfaction_ratings"]
        return rows

    everything = list(world.state.ratings.values())
    assert {row["score"] for row in scores(score="received")} == {"good", "bad"}
    assert len(scores(score="bad")) == sum(rating.score == "bad" for rating in everything)
    middle = sorted(rating.created_at for rating in everything)[len(everything) // 2]
    earlier, later = scores(end_time=middle), scores(start_time=middle + 1)
    assert {row["id"] for row in earlier}.isdisjoint(row["id"] for row in later)
    assert len(earlier) + len(later) == len(everything)
    assert look("/api/v2/satisfaction_ratings.json", params={"score": "super"}).status_code == 400


def test_a_plan_without_a_feature_does_not_answer_for_it(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.features.clear()
    assert ask("/api/v2/business_hours/schedules.json").status_code == 404
    assert ask("/api/v2/satisfaction_ratings.json").status_code == 403
    assert ask(f"/api/v2/tickets/{ticket.id}.json").json()["ticket"]["satisfaction_rating"] is None
    active = ask("/api/v2/account/settings.json").json()["settings"]["active_features"]
    assert (active["business_hours"], active["customer_satisfaction"]) == (False, False)


def test_custom_statuses_have_one_default_in_each_category(look: Ask) -> None:
    rows = look("/api/v2/custom_statuses.json").json()["custom_statuses"]
    defaults = [row["status_category"] for row in rows if row["default"]]
    assert sorted(defaults) == ["hold", "new", "open", "pending", "solved"]
    assert any(not row["default"] for row in rows)


def test_users_can_be_fetched_by_id(world: ZendeskSandbox, look: Ask) -> None:
    first, second = world.state.account.agent_ids[:2]
    rows = look("/api/v2/users/show_many.json", params={"ids": f"{first},{second},5"}).json()["users"]
    assert [row["id"] for row in rows] == [first, second]
    assert look(f"/api/v2/users/{first}.json").json()["user"]["name"] == "Nguyễn Văn An"
    assert look("/api/v2/users/5.json").status_code == 404
    assert look("/api/v2/users/show_many.json", params={"ids": "a"}).status_code == 400
    many = ",".join(str(number) for number in range(101))
    assert look("/api/v2/users/show_many.json", params={"ids": many}).json()["error"] == "TooManyValues"


@pytest.mark.parametrize("path", ["/api/v2/nonsense.json", "/", "/api/v2/tickets/abc.json"])
def test_an_unknown_address_is_an_invalid_endpoint(look: Ask, path: str) -> None:
    missing = look(path)
    assert missing.status_code == 404
    assert missing.json() == {"error": "InvalidEndpoint", "description": "Not found"}


def test_an_unknown_list_parameter_is_named(look: Ask) -> None:
    refused = look("/api/v2/users.json", params={"rolle[]": "agent"})
    assert refused.status_code == 400
    assert "rolle[]" in refused.text
