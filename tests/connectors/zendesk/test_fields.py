from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.base import Target, WantedField
from connectors.errors import InDoubtError, UnexpectedPayloadError
from connectors.zendesk import Zendesk

if TYPE_CHECKING:
    from tests.connectors.zendesk.conftest import FakeZendesk


TICKET_FIELDS = "/api/v2/ticket_fields.json"
USER_FIELDS = "/api/v2/user_fields.json"


def wanted(title: str, kind: str, key: str = "key", target: Target = Target.TICKET) -> WantedField:
    return WantedField(target, key, kind, title, "What it is for.")


def test_the_field_that_can_serve_comes_before_its_deactivated_twin(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKET_FIELDS, page("ticket_fields_with_twins"))
    found = account.fields([wanted("KPI: due at", "moment", "due_at")])[0]
    assert (found.remote_id, found.problem) == ("11", None)


def test_a_remembered_field_is_known_by_its_id_whatever_its_title(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKET_FIELDS, page("ticket_fields_with_twins"))
    account.use_fields({(Target.TICKET, "due_at"): "10"})
    found = account.fields([wanted("Renamed", "moment", "due_at")])[0]
    assert found.remote_id == "10"
    assert "deactivated" in str(found.problem)


def test_a_field_of_another_type_is_a_problem(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKET_FIELDS, page("ticket_fields_with_twins"))
    found = account.fields([wanted("KPI: level", "integer")])[0]
    assert "decimal" in str(found.problem)
    assert "integer" in str(found.problem)


def test_a_deactivated_field_is_a_problem(account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(TICKET_FIELDS, page("ticket_fields_with_twins"))
    assert "Admin Center" in str(account.fields([wanted("KPI: overdue", "yes_no")])[0].problem)


def test_a_field_that_is_not_there_is_to_be_created(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKET_FIELDS, page("ticket_fields_with_twins"))
    found = account.fields([wanted("KPI: new", "text")])[0]
    assert (found.remote_id, found.problem) == (None, None)


def test_user_fields_are_known_by_their_key(account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(USER_FIELDS, page("user_fields"))
    shown = [wanted(key, "number", key, Target.AGENT) for key in ("first_reply", "solved", "backlog")]
    good, other_type, missing = account.fields(shown)
    assert (good.remote_id, good.problem) == ("kpi_first_reply", None)
    assert "text" in str(other_type.problem)
    assert missing.remote_id is None


def test_fields_beyond_the_first_page_are_seen(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    more = page("ticket_fields_with_twins") | {"next_page": "https://mapped.example.com/api/v2/x.json?page=2"}
    fake.answers(TICKET_FIELDS, more)
    fake.answers(TICKET_FIELDS, {"ticket_fields": [{"id": 99, "type": "text", "title": "KPI: late", "active": True}]})
    assert account.fields([wanted("KPI: late", "text")])[0].remote_id == "99"


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("integer", "integer"), ("number", "decimal"), ("text", "text"), ("moment", "text"), ("yes_no", "checkbox")],
)
def test_a_ticket_field_is_made_for_agents_eyes(account: Zendesk, fake: "FakeZendesk", kind: str, type_: str) -> None:
    fake.answers(TICKET_FIELDS, {"ticket_field": {"id": 77, "type": type_, "title": "T"}}, method="POST", status=201)
    assert account.create_field(wanted("T", kind)) == "77"
    assert fake.sent() == {
        "ticket_field": {
            "type": type_,
            "title": "T",
            "description": "What it is for. [helpdesk-kpi]",
            "active": True,
            "visible_in_portal": False,
            "editable_in_portal": False,
        }
    }


def test_a_user_field_is_made_under_its_key(account: Zendesk, fake: "FakeZendesk") -> None:
    made = {"user_field": {"id": 78, "key": "kpi_solved", "type": "decimal"}}
    fake.answers(USER_FIELDS, made, method="POST", status=201)
    assert account.create_field(wanted("T", "number", "solved", Target.AGENT)) == "kpi_solved"
    assert fake.sent()["user_field"]["key"] == "kpi_solved"
    assert fake.sent()["user_field"]["type"] == "decimal"


def test_after_a_lost_answer_the_field_is_looked_for_before_anything_else(
    account: Zendesk, fake: "FakeZendesk"
) -> None:
    fake.answers(TICKET_FIELDS, requests.ConnectionError("gone"), method="POST")
    fake.answers(TICKET_FIELDS, {"ticket_fields": [{"id": 5, "type": "text", "title": "T"}]})
    assert account.create_field(wanted("T", "text")) == "5"


def test_a_field_lost_without_a_trace_stays_in_doubt(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(TICKET_FIELDS, requests.ConnectionError("gone"), method="POST")
    fake.answers(TICKET_FIELDS, {"ticket_fields": []})
    with pytest.raises(InDoubtError):
        account.create_field(wanted("T", "text"))


@pytest.mark.parametrize("body", [{}, {"ticket_field": {"type": "text"}}])
def test_an_answer_that_names_no_field_is_an_unknown_shape(account: Zendesk, fake: "FakeZendesk", body: object) -> None:
    fake.answers(TICKET_FIELDS, body, method="POST", status=201)
    with pytest.raises(UnexpectedPayloadError):
        account.create_field(wanted("T", "text"))


def test_a_user_field_made_without_key_is_an_unknown_shape(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(USER_FIELDS, {"user_field": {"id": 1, "type": "decimal"}}, method="POST", status=201)
    with pytest.raises(UnexpectedPayloadError):
        account.create_field(wanted("T", "number", "solved", Target.AGENT))


def test_ticket_values_are_read_back_by_our_keys(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers("/api/v2/tickets/show_many.json", page("field_values_as_text"))
    keys = {"due_at": "11", "escalation_level": "12", "overdue": "13", "overdue_clock": "14"}
    account.use_fields({(Target.TICKET, key): field_id for key, field_id in keys.items()})
    assert account.read(Target.TICKET, ["28", "404"]) == {
        "28": {"due_at": 1795343400, "escalation_level": 2, "overdue": False, "overdue_clock": "by hand"},
    }
    assert fake.asked[-1] == ("/api/v2/tickets/show_many.json", {"ids": "28,404"})


def test_values_are_read_a_hundred_at_a_time(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers("/api/v2/tickets/show_many.json", {"tickets": []})
    account.read(Target.TICKET, [str(number) for number in range(250)])
    assert [len(params["ids"].split(",")) for _, params in fake.asked] == [100, 100, 50]


def test_agents_values_are_read_back_by_our_keys(account: Zendesk, fake: "FakeZendesk") -> None:
    user = {"id": 7, "role": "agent", "user_fields": {"kpi_solved": "12.5", "shift": "A"}}
    fake.answers("/api/v2/users/show_many.json", {"users": [user, {"id": 8, "user_fields": None}]})
    account.use_fields({(Target.AGENT, "solved"): "kpi_solved", (Target.AGENT, "backlog"): "kpi_backlog"})
    assert account.read(Target.AGENT, ["7", "8"]) == {"7": {"solved": 12.5}, "8": {}}


def test_a_summary_that_is_there_is_read_without_fields(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers("/api/v2/tickets/show_many.json", page("field_values_as_text"))
    assert account.read(Target.SUMMARY, ["28", "29"]) == {"28": {}}
