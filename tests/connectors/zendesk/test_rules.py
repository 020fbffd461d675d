from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Check, Target, Verdict
from connectors.errors import TransientError
from connectors.zendesk import Zendesk, rules
from connectors.zendesk.payloads import Rule

if TYPE_CHECKING:
    from connectors.sandbox import ZendeskSandbox

UPDATED = {"field": "update_type", "operator": "is", "value": "Change"}
OPEN = {"field": "status", "operator": "is", "value": "open"}
SPOKEN = {"field": "comment_is_public", "operator": "is", "value": "true"}
BY_PEOPLE = {"field": "current_via_id", "operator": "is_not", "value": "5"}

Condition = dict[str, object]


def one(field: str, operator: str, value: object = None) -> Condition:
    return {"field": field, "operator": operator, "value": value}


def rule(*every: Condition, some: tuple[Condition, ...] = ()) -> Rule:
    return Rule.model_validate({"id": 1, "title": "T", "conditions": {"all": every, "any": some}})


@pytest.mark.parametrize(
    ("trigger", "woken"),
    [
        (rule(), True),
        (rule(UPDATED, OPEN), True),
        (rule(one("update_type", "is", "Create")), False),
        (rule(one("update_type", "is_not", "Create")), True),
        (rule(UPDATED, BY_PEOPLE), False),
        (rule(one("current_via_id", "is", "4")), False),
        (rule(one("current_via_id", "is", 5)), True),
        (rule(one("status", "changed")), False),
        (rule(one("status", "value", "open")), False),
        (rule(one("priority", "value_previous", "low")), False),
        (rule(one("status", "not_changed")), True),
        (rule(SPOKEN), False),
        (rule(one("comment_includes_word", "not_includes", "kpi")), True),
        (rule(one("role", "is", "end_user")), False),
        (rule(one("role", "is", "agent")), True),
        (rule(UPDATED, one("custom_fields_12", "is", "true")), False),
        (rule(UPDATED, one("custom_fields_99", "is", "true")), True),
        (rule(UPDATED, one("current_tags", "not_includes", "helpdesk-kpi")), True),
        (rule(UPDATED, some=(SPOKEN, OPEN)), True),
        (rule(UPDATED, some=(SPOKEN, one("status", "changed"))), False),
        (rule(some=(one("custom_fields_12", "is", "true"), OPEN)), False),
    ],
)
def test_a_trigger_is_woken_unless_a_condition_of_it_fails_when_only_our_fields_change(
    trigger: Rule, *, woken: bool
) -> None:
    assert rules.is_woken(trigger, {"12"}) is woken


@pytest.fixture
def found(account_there: Zendesk) -> Iterator[Callable[[], dict[str, Check]]]:
    def look() -> dict[str, Check]:
        account_there.use_fields({(Target.TICKET, "overdue"): "12"})
        return {str(check.subject): check for check in account_there.checks()}

    return look


def test_the_usual_rules_of_an_account_are_not_woken(found: Callable[[], dict[str, Check]]) -> None:
    checks = found()
    assert {checks["triggers"].verdict, checks["automations"].verdict} == {Verdict.OK}


def test_rules_that_our_writes_would_wake_are_listed_by_title_with_what_to_add(
    sandbox: "ZendeskSandbox", found: Callable[[], dict[str, Check]]
) -> None:
    sandbox.workspace.add("triggers", "Báo quản lý", UPDATED, OPEN)
    sandbox.workspace.add("triggers", "Tắt rồi", UPDATED, active=False)
    sandbox.workspace.add("automations", "Nhắc sau 24 giờ", OPEN, one("updated_at", "greater_than", "24"))
    checks = found()
    assert str(checks["triggers"].finding) == "a write of ours may run these: Báo quản lý"
    assert "Update via" in str(checks["triggers"].mend)
    assert str(checks["automations"].finding).endswith("that these count: Nhắc sau 24 giờ")
    assert "hours since pending" in str(checks["automations"].mend)


def test_of_many_woken_rules_the_first_ten_are_named(
    sandbox: "ZendeskSandbox", found: Callable[[], dict[str, Check]]
) -> None:
    for number in range(150):
        sandbox.workspace.add("triggers", f"T{number}", UPDATED)
    assert str(found()["triggers"].finding).endswith("T8, T9 (+140)")


@pytest.mark.parametrize("status", [403, 404])
def test_who_may_not_list_rules_is_told_that_they_were_not_looked_at(
    sandbox: "ZendeskSandbox", found: Callable[[], dict[str, Check]], status: int
) -> None:
    sandbox.fail_next("/api/v2/triggers/active*", status)
    check = found()["triggers"]
    assert (check.verdict, str(check.finding)) == (Verdict.WARNING, "not looked at: only an admin can list them")


def test_a_list_of_rules_out_of_reach_is_no_missing_right(
    sandbox: "ZendeskSandbox", found: Callable[[], dict[str, Check]]
) -> None:
    sandbox.fail_next("/api/v2/triggers/active*", 500, None)
    with pytest.raises(TransientError):
        found()


def test_rules_that_are_refused_for_another_reason_are_an_error(
    sandbox: "ZendeskSandbox", found: Callable[[], dict[str, Check]]
) -> None:
    sandbox.fail_next("/api/v2/automations/active*", 422)
    with pytest.raises(Exception, match="422"):
        found()


def test_an_account_that_is_not_written_to_has_no_rules_to_look_at(open_there: Callable[..., Zendesk]) -> None:
    account = open_there(push={"ticket_fields": []})
    assert "triggers" not in {str(check.subject) for check in account.checks()}


# What works with a field


def uses(account: Zendesk, target: Target, name: str) -> list[str]:
    return [str(use) for use in account.uses(target, name)]


def test_what_works_with_a_field_is_named(sandbox: "ZendeskSandbox", account_there: Zendesk) -> None:
    space = sandbox.workspace
    space.add("triggers", "Đổi mức", one("custom_fields_12", "is", "true"))
    space.add("triggers", "Ghi", actions=[{"field": "custom_fields_12", "value": "1"}], active=False)
    space.add("automations", "Nhắc", one("custom_fields_12", "is", "true"))
    space.add("views", "Của tôi", OPEN, columns=["subject", 12])
    space.add("views", "Khác", OPEN, columns=[120, 112])
    space.add("triggers", "Khác nữa", one("custom_fields_123", "is", "true"))
    space.add("views", "KPI", one("custom_fields_12", "is", "true"), description="Ours. [helpdesk-kpi]")
    assert uses(account_there, Target.TICKET, "12") == [
        "the trigger Đổi mức",
        "the trigger Ghi",
        "the automation Nhắc",
        "the view Của tôi",
    ]


def test_a_user_field_is_known_in_rules_by_its_key(sandbox: "ZendeskSandbox", account_there: Zendesk) -> None:
    sandbox.workspace.add("triggers", "Theo điểm", one("requester.custom_fields.kpi_solved", "is", "1"))
    assert uses(account_there, Target.AGENT, "kpi_solved") == ["the trigger Theo điểm"]
    assert uses(account_there, Target.AGENT, "kpi_solve") == []


def test_rules_are_asked_for_once_a_pass(sandbox: "ZendeskSandbox", account_there: Zendesk) -> None:
    def asked() -> int:
        return sum(path.startswith("/api/v2/triggers") for _, path, _ in sandbox.requests)

    for _ in range(3):
        uses(account_there, Target.TICKET, "12")
    assert asked() == 1
    account_there.begin()
    uses(account_there, Target.TICKET, "12")
    assert asked() == 2


def test_a_rule_of_an_odd_shape_is_read_as_far_as_it_goes(account_there: Zendesk) -> None:
    odd: dict[str, Any] = {"id": 1, "conditions": None, "actions": None, "execution": None}
    assert Rule.model_validate(odd).conditions.all == []
    del account_there
