"""Ticket forms: listing, showing, and which fields stand on them."""

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import Call, Route, not_found, paged, record_invalid
from connectors.sandbox.zendesk.rows import API, iso
from connectors.sandbox.zendesk.workspace import Form

PAGING = frozenset({"page", "per_page", "active"})
FEATURE = "ticket_forms"


def forms(call: Call) -> Response:
    """Answer the ticket forms, the active or the inactive ones where `active` says which."""
    wanted = call.text("active")
    found = call.service.workspace.forms.values()
    rows = [(form.id, form) for form in found if wanted is None or form.active == (wanted == "true")]
    return paged(call, "ticket_forms", rows, lambda form: _row(call, form))


def one_form(call: Call) -> Response:
    """Answer one ticket form."""
    return answer({"ticket_form": _row(call, _known(call))})


def update_form(call: Call) -> Response:
    """Set a form's fields, all of them at once."""
    form, wanted = _known(call), call.body("ticket_form")
    ids = wanted.get("ticket_field_ids")
    if isinstance(ids, list):
        strangers = [known for known in ids if known not in call.state.ticket_fields]
        if strangers:
            raise record_invalid("ticket_field_ids", f"Ticket fields: {strangers[0]} does not exist")
        form.field_ids = list(ids)
    return answer({"ticket_form": _row(call, form)})


def _known(call: Call) -> Form:
    form = call.service.workspace.forms.get(call.numbers["form_id"])
    if form is None:
        raise not_found()
    return form


def _row(call: Call, form: Form) -> Row:
    at = iso(call.state.users[call.state.account.admin_id].created_at)
    return {
        "id": form.id,
        "url": f"{API}/ticket_forms/{form.id}.json",
        "name": form.name,
        "raw_name": form.name,
        "display_name": form.name,
        "raw_display_name": form.name,
        "position": 0,
        "active": form.active,
        "default": form.default,
        "end_user_visible": True,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "ticket_field_ids": list(form.field_ids),
        "agent_conditions": [],
        "end_user_conditions": [],
        "created_at": at,
        "updated_at": at,
    }


ROUTES = (
    Route("GET", "/api/v2/ticket_forms", forms, PAGING, feature=FEATURE),
    Route("GET", "/api/v2/ticket_forms/<int:form_id>", one_form, feature=FEATURE),
    Route("PUT", "/api/v2/ticket_forms/<int:form_id>", update_form, admin=True, feature=FEATURE),
)
