from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from connectors.base import Extra, Named, Target, WantedField, WantedView
from connectors.errors import InDoubtError, RefusedError, TransientError
from connectors.zendesk import Zendesk

if TYPE_CHECKING:
    from connectors.sandbox import ZendeskSandbox

KINDS = {"due_at": "moment", "overdue": "yes_no", "overdue_clock": "text", "escalation_level": "integer"}
VIEW = WantedView("overdue", "KPI: overdue tickets", "Unsolved and overdue.", "overdue")
FORMS = "/api/v2/ticket_forms*"
VIEWS = "/api/v2/views*"


@pytest.fixture
def furnished(open_there: Callable[..., Zendesk]) -> Zendesk:
    """Return an account that has four fields of ours, on no form and in no view."""
    account = open_there(push={"ticket_fields": list(KINDS)})
    made = {
        (Target.TICKET, key): account.create_field(WantedField(Target.TICKET, key, kind, f"KPI: {key}", "d"))
        for key, kind in KINDS.items()
    }
    account.use_fields(made)
    return account


def stood(account: Zendesk, handles: dict[str, str] | None = None) -> dict[str, Extra]:
    return {extra.key: extra for extra in account.extras([VIEW], handles or {})}


def installed(account: Zendesk) -> dict[str, str]:
    return {key: account.install(extra, [VIEW]) for key, extra in stood(account).items() if not extra.there}


def on(sandbox: "ZendeskSandbox") -> dict[str, list[int]]:
    return {form.name: form.field_ids for form in sandbox.workspace.forms.values()}


def ours(sandbox: "ZendeskSandbox") -> list[int]:
    return [field.id for field in sandbox.state.ticket_fields.values() if field.title.startswith("KPI: ")]


# Forms


def test_our_fields_are_put_on_every_active_form_behind_what_is_there(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    first, second, *_ = sandbox.state.ticket_fields
    sandbox.workspace.add_form("Khiếu nại", [first, ours(sandbox)[1]])
    sandbox.workspace.add_form("Cũ", [second], active=False)
    before = on(sandbox)
    made = installed(furnished)
    after = on(sandbox)
    assert after["Mặc định"] == [*before["Mặc định"], *ours(sandbox)]
    assert after["Khiếu nại"] == [first, *(ours(sandbox)[place] for place in (1, 0, 2, 3))]
    assert after["Cũ"] == [second]
    assert all(extra.there for extra in stood(furnished, made).values())


def test_removing_takes_off_what_was_put_there_and_no_more(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    first = next(iter(sandbox.state.ticket_fields))
    sandbox.workspace.add_form("Khiếu nại", [first, ours(sandbox)[1]])
    before = on(sandbox)
    made = installed(furnished)
    form = next(form for form in sandbox.workspace.forms.values() if form.name == "Khiếu nại")
    form.field_ids.insert(0, sandbox.state.add_ticket_field("text", "Sau này").id)
    for key, handle in made.items():
        furnished.remove(key, handle)
    after = on(sandbox)
    assert after["Mặc định"] == before["Mặc định"]
    assert after["Khiếu nại"][1:] == before["Khiếu nại"]
    asked = len(sandbox.requests)
    for key, handle in made.items():
        furnished.remove(key, handle)
    assert not [method for method, _, _ in sandbox.requests[asked:] if method == "PUT"]


def test_a_form_that_lost_one_of_our_fields_gets_it_again_and_the_handle_grows(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    made = installed(furnished)
    key = next(key for key in made if key.startswith("form:"))
    (form,) = sandbox.workspace.forms.values()
    form.field_ids.remove(ours(sandbox)[2])
    extra = stood(furnished, made)[key]
    assert (extra.there, extra.handle) == (False, made[key])
    assert furnished.install(extra, []) == made[key]
    assert form.field_ids[-1] == ours(sandbox)[2]


def test_a_form_already_complete_when_its_turn_comes_is_left_alone(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    extra = next(extra for key, extra in stood(furnished).items() if key.startswith("form:"))
    (form,) = sandbox.workspace.forms.values()
    form.field_ids += ours(sandbox)
    asked = len(sandbox.requests)
    assert furnished.install(extra, []) == ""
    assert [method for method, _, _ in sandbox.requests[asked:]] == ["GET"]


def test_before_the_fields_are_made_they_are_on_no_form(open_there: Callable[..., Zendesk]) -> None:
    extras = open_there().extras([VIEW], {})
    assert [(extra.there, extra.problem) for extra in extras] == [(False, None), (False, None)]


def test_without_ticket_fields_there_is_nothing_to_place(open_there: Callable[..., Zendesk]) -> None:
    assert open_there(push={"ticket_fields": []}).extras([], {}) == []


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_plan_has_no_forms_the_admin_is_told_how(
    sandbox: "ZendeskSandbox", furnished: Zendesk, status: int
) -> None:
    sandbox.fail_next(FORMS, status)
    extra = stood(furnished)["forms"]
    assert not extra.there
    assert "Admin Center" in str(extra.problem)


@pytest.mark.parametrize(("status", "error"), [(422, RefusedError), (500, TransientError)])
def test_forms_that_cannot_be_listed_for_another_reason_are_an_error(
    sandbox: "ZendeskSandbox", furnished: Zendesk, status: int, error: type[Exception]
) -> None:
    sandbox.fail_next(FORMS, status, None)
    with pytest.raises(error):
        stood(furnished)


def test_a_form_that_is_gone_needs_no_removal_but_a_refusal_is_told(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    furnished.remove("form:404", "1,2")
    sandbox.fail_next(FORMS, 422)
    with pytest.raises(RefusedError):
        furnished.remove("form:404", "1,2")


# The view


def view_of(sandbox: "ZendeskSandbox", title: str = VIEW.title) -> dict[str, object]:
    (view,) = [view for view in sandbox.workspace.views.values() if view.title == title]
    return {"all": view.all, "columns": view.columns, "description": view.description}


def test_the_view_shows_unsolved_tickets_that_are_overdue_to_everybody(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    installed(furnished)
    due_at, overdue, clock, level = ours(sandbox)
    assert view_of(sandbox) == {
        "all": [
            {"field": "status", "operator": "less_than", "value": "solved"},
            {"field": f"custom_fields_{overdue}", "operator": "is", "value": "true"},
        ],
        "columns": ["nice_id", "subject", "requester", "assignee", due_at, clock, level],
        "description": "Unsolved and overdue. [helpdesk-kpi]",
    }


def test_the_view_is_found_again_by_its_id_though_renamed_and_by_its_title_without_a_store(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    made = installed(furnished)
    assert stood(furnished)["view:overdue"].handle == made["view:overdue"]
    view = sandbox.workspace.views[int(made["view:overdue"])]
    view.title = "Trễ hạn"
    assert stood(furnished, made)["view:overdue"].there
    assert stood(furnished)["view:overdue"].handle is None


def test_our_view_is_mended_where_the_field_is_another_by_now(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    made = installed(furnished)
    furnished.use_fields({(Target.TICKET, "overdue"): str(ours(sandbox)[0])})
    extra = stood(furnished, made)["view:overdue"]
    assert not extra.there
    assert furnished.install(extra, [VIEW]) == made["view:overdue"]
    assert stood(furnished, made)["view:overdue"].there
    assert view_of(sandbox)["columns"] == ["nice_id", "subject", "requester", "assignee"]


def test_a_strangers_view_of_the_same_name_is_left_alone(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    unsolved = {"field": "status", "operator": "less_than", "value": "solved"}
    theirs = sandbox.workspace.add("views", VIEW.title, unsolved)
    extra = stood(furnished)["view:overdue"]
    assert "another view called" in str(extra.problem)
    theirs.all.append({"field": f"custom_fields_{ours(sandbox)[1]}", "operator": "is", "value": "true"})
    extra = stood(furnished)["view:overdue"]
    assert (extra.there, extra.handle) == (True, None)


def test_a_view_that_was_deactivated_is_told(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    made = installed(furnished)
    sandbox.workspace.views[int(made["view:overdue"])].active = False
    extra = stood(furnished, made)["view:overdue"]
    assert "activate it" in str(extra.problem)
    assert extra.handle == made["view:overdue"]


def test_a_view_whose_creation_was_not_answered_is_made_once(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    sandbox.fail_next(VIEWS, "drop", 1, method="POST", after_effect=True)
    made = installed(furnished)
    assert view_of(sandbox)
    assert stood(furnished)["view:overdue"].handle == made["view:overdue"]


def test_a_view_lost_without_a_trace_stays_in_doubt(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    sandbox.fail_next(VIEWS, "drop", 1, method="POST")
    with pytest.raises(InDoubtError):
        furnished.install(stood(furnished)["view:overdue"], [VIEW])


def test_removing_the_view_deletes_it_once(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    made = installed(furnished)
    for _ in range(2):
        furnished.remove("view:overdue", made["view:overdue"])
    assert VIEW.title not in {view.title for view in sandbox.workspace.views.values()}


# Fields


def test_a_field_is_deleted_with_what_stands_in_it_and_deleting_again_is_fine(
    sandbox: "ZendeskSandbox", furnished: Zendesk
) -> None:
    installed(furnished)
    field = ours(sandbox)[0]
    ticket = sandbox.state.create_ticket(fields={field: "2026-11-23 09:30 +07:00"})
    for _ in range(2):
        furnished.remove_field(Target.TICKET, str(field))
    assert field not in sandbox.state.ticket_fields
    assert ticket.fields == {}
    assert field not in next(iter(sandbox.workspace.forms.values())).field_ids


def test_a_user_field_is_deleted_by_its_key(furnished: Zendesk) -> None:
    wanted = WantedField(Target.AGENT, "solved", "number", "KPI: solved", "d")
    key = furnished.create_field(wanted)
    for _ in range(2):
        furnished.remove_field(Target.AGENT, key)
    assert furnished.fields([wanted])[0].remote_id is None


def test_a_field_that_must_not_be_deleted_is_an_error(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    system = next(field.id for field in sandbox.state.ticket_fields.values() if not field.removable)
    with pytest.raises(RefusedError):
        furnished.remove_field(Target.TICKET, str(system))


def test_forms_are_listed_by_title_those_no_longer_active_too(sandbox: "ZendeskSandbox", furnished: Zendesk) -> None:
    old = sandbox.workspace.add_form("Cũ", [], active=False)
    assert furnished.titles(Named.FORM)[str(old.id)] == "Cũ"
    sandbox.fail_next(FORMS, 422)
    with pytest.raises(RefusedError):
        furnished.titles(Named.FORM)
    sandbox.features.discard("ticket_forms")
    assert furnished.titles(Named.FORM) == {}
