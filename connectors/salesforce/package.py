"""What an admin deploys to give us our fields: a metadata package with the fields, their rights and a list view."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape

from connectors.base import Target, WantedField, WantedView
from connectors.salesforce import setup
from connectors.salesforce.setup import OBJECTS, PERMISSION_SET, SUMMARY_KEY, api_name, metadata

Node: TypeAlias = "tuple[str, str | list[Node]]"
"""An element of XML: its name, and its text or its elements."""

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def files(wanted: Sequence[WantedField], views: Iterable[WantedView], api_version: str) -> dict[str, str]:
    """Return the files of the package by their paths: to be zipped and deployed, or pushed with the `sf` tool."""
    fields = [*wanted, SUMMARY_KEY]
    by_object = {name: [field for field in fields if OBJECTS[field.target] == name] for name in ("Case", "User")}
    made = {name: own for name, own in by_object.items() if own}
    shown = list(views)
    objects = {f"objects/{name}.object": _object(own, shown if name == "Case" else []) for name, own in made.items()}
    return {
        "package.xml": _manifest(made, [f"Case.{_view_name(view)}" for view in shown], api_version),
        **objects,
        f"permissionsets/{PERMISSION_SET}.permissionset": _permission_set(fields),
    }


def _manifest(made: Mapping[str, Sequence[WantedField]], views: Sequence[str], api_version: str) -> str:
    """Return what is to be deployed: whatever is in the files and not named here is left out without a word."""
    members = [f"{name}.{api_name(field)}" for name, own in made.items() for field in own]
    types = (("CustomField", members), ("ListView", views), ("PermissionSet", [PERMISSION_SET]))
    return _document("Package", [*(_types(name, each) for name, each in types if each), ("version", api_version)])


def _types(name: str, members: Iterable[str]) -> Node:
    return "types", [*(("members", each) for each in members), ("name", name)]


def _object(fields: Iterable[WantedField], views: Iterable[WantedView]) -> str:
    return _document("CustomObject", [*(("fields", _field(field)) for field in fields), *map(_list_view, views)])


def _field(wanted: WantedField) -> list[Node]:
    made = metadata(wanted)
    return [("fullName", made.name), *((name, _word(value)) for name, value in sorted(made.properties.items()))]


def _list_view(view: WantedView) -> Node:
    """Return a list of the open cases that are overdue, shared with everybody who sees cases."""
    shows = api_name(WantedField(Target.TICKET, view.shows, "yes_no", "", ""))
    columns = ("CASES.CASE_NUMBER", "CASES.SUBJECT", "CASES.STATUS", "OWNER_NAME")
    return (
        "listViews",
        [
            ("fullName", _view_name(view)),
            *(("columns", column) for column in columns),
            ("filterScope", "Everything"),
            ("filters", [("field", shows), ("operation", "equals"), ("value", "1")]),
            ("label", view.title[:40]),
        ],
    )


def _view_name(view: WantedView) -> str:
    return f"KPI_{view.key.capitalize()}"


def _permission_set(fields: Iterable[WantedField]) -> str:
    rights: list[Node] = [
        ("fieldPermissions", [
            ("editable", "true"),
            ("field", f"{OBJECTS[field.target]}.{api_name(field)}"),
            ("readable", "true"),
        ])
        for field in fields
    ]  # fmt: skip
    return _document(
        "PermissionSet",
        [("description", f"What helpdesk-kpi reads and writes {setup.MARK}"), *rights, ("label", "Helpdesk KPI")],
    )


def _document(root: str, nodes: Sequence[Node]) -> str:
    inner = "".join(_element(node, 1) for node in nodes)
    return f'{_HEAD}<{root} xmlns="{_NAMESPACE}">\n{inner}</{root}>\n'


def _element(node: Node, depth: int) -> str:
    name, content = node
    indent = "    " * depth
    if isinstance(content, str):
        return f"{indent}<{name}>{escape(content)}</{name}>\n"
    inner = "".join(_element(each, depth + 1) for each in content)
    return f"{indent}<{name}>\n{inner}{indent}</{name}>\n"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
