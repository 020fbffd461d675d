"""Where people see our fields in a Zendesk account: on its ticket forms, and in a view of the overdue tickets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors import paging
from connectors.base import Extra, WantedView
from connectors.errors import InDoubtError, RefusedError, SignInError
from connectors.exchange import Params
from connectors.http import Session
from connectors.rows import understood
from connectors.zendesk import rules
from connectors.zendesk.exports import listed
from connectors.zendesk.mapping import numeric_id
from connectors.zendesk.payloads import Rule, TicketForm
from connectors.zendesk.setup import is_marked, marked
from kpi_engine.message import message

_FORM, _VIEW = "form", "view"
_FORMS = "/api/v2/ticket_forms.json"
_NOT_FOUND = 404
_FORBIDDEN_OR_MISSING = frozenset({403, _NOT_FOUND})
_COLUMNS = ("due_at", "overdue_clock", "escalation_level")


@dataclass(frozen=True, slots=True)
class Placing:
    """An account, the ticket fields that are wanted there, and the ids of those that are there, by key."""

    session: Session
    wanted: Sequence[str]
    field_ids: Mapping[str, str]

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:
        """Return how forms and views stand."""
        return [*self._form_extras(handles), *self._view_extras(views, handles)]

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:
        """Put our fields on a form, or make a view; returns its handle."""
        kind, _, name = extra.key.partition(":")
        if kind == _FORM:
            return self._place(name, extra.handle)
        return self._make_view(next(view for view in views if view.key == name), extra.handle)

    def remove(self, key: str, handle: str) -> None:
        """Take the fields off a form that `install` put there, or delete the view it made."""
        kind, _, name = key.partition(":")
        try:
            if kind == _FORM:
                self._take_off(name, handle)
            else:
                self.session.send("DELETE", _view_path(handle), None, safe_to_repeat=True)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise

    # -- forms ------------------------------------------------------------------------------------------------------

    def _form_extras(self, handles: Mapping[str, str]) -> Iterator[Extra]:
        if not self.wanted:
            return
        try:
            forms = self._forms()
        except (SignInError, RefusedError) as error:
            if error.status not in _FORBIDDEN_OR_MISSING:
                raise
            told = message(
                "Zendesk offers no ticket forms to this account; in the Admin Center, at Objects and rules > Tickets > "
                "Fields, see that agents are shown the fields"
            )
            yield Extra("forms", message("our fields on the ticket form"), there=False, problem=told)
            return
        for form in forms:
            key = f"{_FORM}:{form.id}"
            title = message("our fields on the form {name}", name=form.name)
            yield Extra(key, title, there=not self._lacking(form), handle=handles.get(key))

    def forms(self, only: Params = {}) -> list[TicketForm]:  # noqa: B006 -- never changed
        """Return the account's ticket forms; those that are not active stand on older tickets still."""
        pages = paging.pages(self.session, _FORMS, only, paging.by_next_page)
        return [understood(TicketForm, row) for answer in pages for row in listed(answer, "ticket_forms")]

    def _forms(self) -> list[TicketForm]:
        return [form for form in self.forms({"active": "true"}) if form.active]

    def _lacking(self, form: TicketForm) -> list[str]:
        """Return the wanted keys whose fields are not on the form; one that is still to be made is on none."""
        return [key for key in self.wanted if self.field_ids.get(key) not in form.ticket_field_ids]

    def _place(self, form_id: str, handle: str | None) -> str:
        form = self._form(form_id)
        missing = [self.field_ids[key] for key in self._lacking(form) if key in self.field_ids]
        if missing:
            self._set_fields(form_id, [*form.ticket_field_ids, *missing])
        return ",".join(dict.fromkeys([*_ids(handle), *missing]))

    def _take_off(self, form_id: str, handle: str) -> None:
        form, ours = self._form(form_id), _ids(handle)
        left = [field_id for field_id in form.ticket_field_ids if field_id not in ours]
        if left != form.ticket_field_ids:
            self._set_fields(form_id, left)

    def _form(self, form_id: str) -> TicketForm:
        """Return a form as it is now: a write sets all its fields, and others may have changed them meanwhile."""
        answer = self.session.get(_form_path(form_id))
        return understood(TicketForm, answer.mapping().get("ticket_form"))

    def _set_fields(self, form_id: str, field_ids: Sequence[str]) -> None:
        payload = {"ticket_form": {"ticket_field_ids": [numeric_id(field_id) for field_id in field_ids]}}
        self.session.send("PUT", _form_path(form_id), payload, safe_to_repeat=True)

    # -- views ------------------------------------------------------------------------------------------------------

    def _view_extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> Iterator[Extra]:
        known = rules.views(self.session) if views else []
        for view in views:
            yield self._view_extra(view, known, handles.get(_view_key(view)))

    def _view_extra(self, view: WantedView, known: Sequence[Rule], handle: str | None) -> Extra:
        title = message("the view {title}", title=view.title)
        found = _found(view, known, handle)
        if found is None:
            return Extra(_view_key(view), title, there=False)
        own = found.id if found.id == handle or is_marked(found.description) else None
        if own is None and not self._shows(found, view):
            told = message(
                "there is another view called {title}; rename it, so that ours can be made", title=view.title
            )
            return Extra(_view_key(view), title, there=False, problem=told)
        if not found.active:
            told = message("the view {title} is deactivated; activate it in the Admin Center", title=view.title)
            return Extra(_view_key(view), title, there=False, handle=own, problem=told)
        return Extra(_view_key(view), title, there=self._shows(found, view), handle=own)

    def _shows(self, found: Rule, view: WantedView) -> bool:
        wanted = f"custom_fields_{self.field_ids.get(view.shows)}"
        return any(condition.field == wanted for condition in found.conditions.all)

    def _make_view(self, view: WantedView, handle: str | None) -> str:
        payload = {"view": self._view(view)}
        if handle is not None:
            self.session.send("PUT", _view_path(handle), payload, safe_to_repeat=True)
            return handle
        try:
            answer = self.session.send("POST", "/api/v2/views.json", payload, safe_to_repeat=False)
        except InDoubtError:
            made = _found(view, rules.views(self.session), None)
            if made is None:
                raise
            return made.id
        return understood(Rule, answer.mapping().get("view")).id

    def _view(self, view: WantedView) -> dict[str, object]:
        """Return the payload of a view; without a restriction it is for all agents."""
        columns = [numeric_id(self.field_ids[key]) for key in _COLUMNS if key in self.field_ids]
        return {
            "title": view.title,
            "description": marked(view.description),
            "all": [
                {"field": "status", "operator": "less_than", "value": "solved"},
                {"field": f"custom_fields_{self.field_ids[view.shows]}", "operator": "is", "value": "true"},
            ],
            "any": [],
            "output": {
                "columns": ["nice_id", "subject", "requester", "assignee", *columns],
                "sort_by": columns[0] if "due_at" in self.field_ids else "created",
                "sort_order": "asc",
            },
        }


def _ids(handle: str | None) -> list[str]:
    return handle.split(",") if handle else []


def _form_path(form_id: str) -> str:
    return f"/api/v2/ticket_forms/{form_id}.json"


def _view_path(view_id: str) -> str:
    return f"/api/v2/views/{view_id}.json"


def _view_key(view: WantedView) -> str:
    return f"{_VIEW}:{view.key}"


def _found(view: WantedView, known: Sequence[Rule], handle: str | None) -> Rule | None:
    """Return the view we know, else the one of its title, one that bears our mark before any other."""
    named = [found for found in known if found.title == view.title]
    in_order = [*(found for found in known if found.id == handle), *filter(_is_ours, named), *named]
    return next(iter(in_order), None)


def _is_ours(view: Rule) -> bool:
    return is_marked(view.description)
