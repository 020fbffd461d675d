"""Triggers, automations and views: listing them, and making, changing and deleting views."""

from functools import partial

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import PAGING, Call, Route, not_found, paged, record_invalid
from connectors.sandbox.zendesk.rows import API, iso
from connectors.sandbox.zendesk.workspace import Rule

# One of these must be asked for, or Zendesk refuses a view.
NEEDED = frozenset({"status", "type", "group_id", "assignee_id", "requester_id"})


def rules(kind: str, call: Call) -> Response:
    """Answer all rules of a kind."""
    rows = list(call.service.workspace.rules(kind).items())
    return paged(call, kind, rows, partial(_row, kind, call))


def active_rules(kind: str, call: Call) -> Response:
    """Answer the rules of a kind that are switched on."""
    rows = [(rule.id, rule) for rule in call.service.workspace.rules(kind).values() if rule.active]
    return paged(call, kind, rows, partial(_row, kind, call))


def one_view(call: Call) -> Response:
    """Answer one view."""
    return answer({"view": _row("views", call, _known_view(call))})


def create_view(call: Call) -> Response:
    """Make a view; a second one of the same title is a twin."""
    wanted = call.body("view")
    title = wanted.get("title")
    if not isinstance(title, str) or not title.strip():
        raise record_invalid("title", "Title: cannot be blank")
    made = call.service.workspace.add("views", title)
    try:
        _set(made, wanted)
    except Exception:
        del call.service.workspace.views[made.id]
        raise
    return answer({"view": _row("views", call, made)}, 201, {"Location": f"{API}/views/{made.id}.json"})


def update_view(call: Call) -> Response:
    """Change a view."""
    view = _known_view(call)
    _set(view, call.body("view"))
    return answer({"view": _row("views", call, view)})


def delete_view(call: Call) -> Response:
    """Delete a view."""
    del call.service.workspace.views[_known_view(call).id]
    return Response("", 204)


def _known_view(call: Call) -> Rule:
    view = call.service.workspace.views.get(call.numbers["view_id"])
    if view is None:
        raise not_found()
    return view


def _set(view: Rule, wanted: Row) -> None:
    every, some = _conditions(wanted.get("all", view.all)), _conditions(wanted.get("any", view.any))
    if not NEEDED & {str(condition.get("field")) for condition in every}:
        raise record_invalid("base", "View must test at least one of: status, type, group, assignee, requester")
    view.all, view.any = every, some
    view.title = str(wanted.get("title", view.title))
    view.active = wanted.get("active", view.active) is True
    description, output = wanted.get("description", view.description), wanted.get("output")
    view.description = None if description is None else str(description)
    columns = output.get("columns") if isinstance(output, dict) else None
    view.columns = list(columns) if isinstance(columns, list) else view.columns


def _conditions(given: object) -> list[Row]:
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


def _row(kind: str, call: Call, rule: Rule) -> Row:
    at = iso(call.state.users[call.state.account.admin_id].created_at)
    row: Row = {
        "id": rule.id,
        "url": f"{API}/{kind}/{rule.id}.json",
        "title": rule.title,
        "raw_title": rule.title,
        "active": rule.active,
        "default": False,
        "position": 1,
        "conditions": {"all": rule.all, "any": rule.any},
        "created_at": at,
        "updated_at": at,
    }
    if kind == "views":
        columns = [{"id": column, "title": str(column)} for column in rule.columns]
        return row | {"description": rule.description, "restriction": None, "execution": {"columns": columns}}
    return row | {"actions": rule.actions} | ({"description": rule.description} if kind == "triggers" else {})


ROUTES = (
    *(Route("GET", f"/api/v2/{kind}", partial(rules, kind), PAGING) for kind in ("triggers", "automations", "views")),
    *(
        Route("GET", f"/api/v2/{kind}/active", partial(active_rules, kind), PAGING)
        for kind in ("triggers", "automations", "views")
    ),
    Route("GET", "/api/v2/views/<int:view_id>", one_view),
    Route("POST", "/api/v2/views", create_view),
    Route("PUT", "/api/v2/views/<int:view_id>", update_view),
    Route("DELETE", "/api/v2/views/<int:view_id>", delete_view),
)
