"""The account's triggers, automations and views: which our writes would wake, and which work with a field of ours."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from connectors import paging
from connectors.base import Check, Target, Verdict
from connectors.errors import RefusedError, SignInError
from connectors.http import Session
from connectors.rows import understood
from connectors.zendesk.exports import listed
from connectors.zendesk.payloads import Condition, Rule
from connectors.zendesk.setup import is_marked
from kpi_engine.message import Message, message

_PAGE = {"per_page": 100}
_KINDS = ("triggers", "automations", "views")
_FORBIDDEN_OR_MISSING = frozenset({403, 404})
_TITLES = 10
_HOURS_SINCE_UPDATE = "updated_at"
_BY_API = "5"  # how conditions number what came through the API
# https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
_OF_A_CHANGE = frozenset({"changed", "value", "value_previous"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The account's rules, the inactive ones too."""

    triggers: Sequence[Rule]
    automations: Sequence[Rule]
    views: Sequence[Rule]

    def uses(self, target: Target, remote_id: str) -> list[Message]:
        """Return the rules that name a field in a condition, an action or a column; our own views are left out."""
        known = (
            *((message("the trigger {title}", title=rule.title), rule) for rule in self.triggers),
            *((message("the automation {title}", title=rule.title), rule) for rule in self.automations),
            *((message("the view {title}", title=rule.title), rule) for rule in self.views),
        )
        name = _name_in_rules(target, remote_id)
        return [told for told, rule in known if not is_marked(rule.description) and _names(rule, name)]


def _name_in_rules(target: Target, remote_id: str) -> re.Pattern[str]:
    """Return how a field is written in rules: by its id, alone in a view's columns; by its key on users."""
    if target is Target.AGENT:
        return re.compile(rf"\bcustom_fields\.{re.escape(remote_id)}\b")
    return re.compile(rf"\bcustom_fields_{re.escape(remote_id)}\b|\"id\": \"?{re.escape(remote_id)}\b")


def _names(rule: Rule, name: re.Pattern[str]) -> bool:
    columns = rule.execution.get("columns")
    written = [rule.conditions.model_dump(), rule.actions, columns]
    return name.search(json.dumps(written)) is not None


def all_rules(session: Session) -> Rules:
    """Return every rule there is; raises the errors of connectors.errors where we may not see them."""
    return Rules(
        *(list(_rules(session, f"/api/v2/{kind}.json", kind)) for kind in ("triggers", "automations", "views"))
    )


def views(session: Session) -> list[Rule]:
    """Return every view there is, the inactive ones too."""
    return list(_rules(session, "/api/v2/views.json", "views"))


def _rules(session: Session, path: str, kind: str) -> Iterator[Rule]:
    for answer in paging.pages(session, path, _PAGE, paging.by_next_page):
        yield from (understood(Rule, row) for row in listed(answer, kind))


def checks(session: Session, ours: Collection[str]) -> Iterator[Check]:
    """Tell which active automations and triggers every write of ours would wake; `ours`: the ids of our fields."""
    yield _automations(_active(session, "automations"))
    yield _triggers(_active(session, "triggers"), ours)


def _active(session: Session, kind: str) -> list[Rule] | None:
    """Return the active rules of a kind, None where only an admin may see them."""
    try:
        return [rule for rule in _rules(session, f"/api/v2/{kind}/active.json", kind) if rule.active]
    except (SignInError, RefusedError) as error:
        if error.status not in _FORBIDDEN_OR_MISSING:
            raise
        return None


def _automations(found: Sequence[Rule] | None) -> Check:
    subject = message("automations")
    if found is None:
        return _unseen(subject)
    woken = [rule.title for rule in found if _counts_hours_since_update(rule)]
    if not woken:
        return Check(subject, Verdict.OK, message("none counts the hours since a ticket's last update"))
    return Check(
        subject,
        Verdict.WARNING,
        message("every write of ours restarts the hours since update that these count: {titles}", titles=_told(woken)),
        message("let them count the hours since the status changed instead, such as hours since pending"),
    )


def _triggers(found: Sequence[Rule] | None, ours: Collection[str]) -> Check:
    subject = message("triggers")
    if found is None:
        return _unseen(subject)
    woken = [rule.title for rule in found if is_woken(rule, ours)]
    if not woken:
        return Check(subject, Verdict.OK, message("none runs on a write of ours"))
    return Check(
        subject,
        Verdict.WARNING,
        message("a write of ours may run these: {titles}", titles=_told(woken)),
        message("add to each, below “Meet all”, the condition: Update via · Is not · Web service (API)"),
    )


def _unseen(subject: Message) -> Check:
    told = message("not looked at: only an admin can list them")
    return Check(subject, Verdict.WARNING, told, message("let an admin run the check"))


def _told(titles: Sequence[str]) -> str:
    more = len(titles) - _TITLES
    return ", ".join(titles[:_TITLES]) + (f" (+{more})" if more > 0 else "")


def _counts_hours_since_update(rule: Rule) -> bool:
    conditions = (*rule.conditions.all, *rule.conditions.any)
    return any(condition.field == _HOURS_SINCE_UPDATE for condition in conditions)


def is_woken(rule: Rule, ours: Collection[str]) -> bool:
    """Tell whether an update of our fields alone, by the API, may run a trigger that was not made for just that."""
    every, some = rule.conditions.all, rule.conditions.any
    fields = {f"custom_fields_{field_id}" for field_id in ours}
    if any(condition.field in fields for condition in (*every, *some)):
        return False  # whoever names our field wants to know of it
    if any(_fails(condition) for condition in every):
        return False
    return not some or not all(_fails(condition) for condition in some)


def _fails(condition: Condition) -> bool:
    """Tell whether a condition never holds for such an update: nothing of the ticket's own changes, nobody speaks.

    No guard is our tag: it stands on summary tickets alone, whose import wakes no trigger anyway.
    """
    operator = condition.operator or ""
    negated = operator.startswith(("not", "is_not"))
    if operator in _OF_A_CHANGE or condition.field.startswith("comment_"):
        return not negated
    if condition.field == "update_type":
        return (str(condition.value) == "Create") is not negated
    if condition.field == "current_via_id":
        return (str(condition.value) == _BY_API) is negated
    return condition.field == "role" and condition.value == "end_user" and not negated
