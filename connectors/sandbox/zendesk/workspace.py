"""What the simulated account's people work with: ticket forms, views, triggers and automations."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.account import (
    ASSIGNING_TRIGGER,
    CLOSING_AUTOMATION,
    ESCALATION_TRIGGER,
    FORM,
    ROUTING_TRIGGER,
    SURVEY_AUTOMATION,
)

FIRST_RULE = 6_130_850_000_000
CREATED: Row = {"field": "update_type", "operator": "is", "value": "Create"}
UPDATED: Row = {"field": "update_type", "operator": "is", "value": "Change"}


@dataclass(slots=True, kw_only=True)
class Form:
    """A ticket form: its fields by id, in order."""

    id: int
    name: str
    field_ids: list[int]
    active: bool = True
    default: bool = False


@dataclass(slots=True, kw_only=True)
class Rule:
    """A trigger, an automation or a view; `columns` belong to views, `actions` to the others."""

    id: int
    title: str
    all: list[Row] = field(default_factory=list)
    any: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    columns: list[str | int] = field(default_factory=list)
    description: str | None = None
    active: bool = True


@dataclass(slots=True)
class Workspace:
    """The account's forms and rules, by id."""

    forms: dict[int, Form]
    triggers: dict[int, Rule]
    automations: dict[int, Rule]
    views: dict[int, Rule]
    ids: Iterator[int] = field(default_factory=lambda: count(FIRST_RULE, 13))

    def add(self, kind: str, title: str, *conditions: Row, **more: object) -> Rule:
        """Add a rule (`kind`: triggers, automations or views) whose conditions must all hold."""
        made = Rule(id=next(self.ids), title=title, all=list(conditions))
        for name, value in more.items():
            setattr(made, name, value)
        self.rules(kind)[made.id] = made
        return made

    def add_form(self, name: str, field_ids: list[int], *, active: bool = True) -> Form:
        """Add a ticket form."""
        made = Form(id=next(self.ids), name=name, field_ids=list(field_ids), active=active)
        self.forms[made.id] = made
        return made

    def rules(self, kind: str) -> dict[int, Rule]:
        """Return the rules of a kind."""
        return {"triggers": self.triggers, "automations": self.automations, "views": self.views}[kind]

    def forget_field(self, field_id: int) -> None:
        """Take a deleted field off every form."""
        for form in self.forms.values():
            form.field_ids = [known for known in form.field_ids if known != field_id]


def furnished_workspace(field_ids: list[int]) -> Workspace:
    """Return one form with the account's fields, and the rules that stand behind what the world's tickets tell."""
    form = Form(id=FORM, name="Mặc định", field_ids=list(field_ids), default=True)
    workspace = Workspace({form.id: form}, _triggers(), _automations(), {})
    mine: Row = {"field": "assignee_id", "operator": "is", "value": "current_user"}
    unsolved: Row = {"field": "status", "operator": "less_than", "value": "solved"}
    workspace.add("views", "Yêu cầu của tôi", unsolved, mine, columns=["nice_id", "subject", "requester"])
    return workspace


def _triggers() -> dict[int, Rule]:
    spoken: Row = {"field": "comment_is_public", "operator": "is", "value": "true"}
    by_people: Row = {"field": "current_via_id", "operator": "is_not", "value": "5"}
    angry: Row = {"field": "current_tags", "operator": "includes", "value": "khieu_nai"}
    told = (
        Rule(id=ROUTING_TRIGGER, title="Phân tuyến yêu cầu mới", all=[CREATED]),
        Rule(id=ASSIGNING_TRIGGER, title="Giao người phụ trách", all=[CREATED]),
        Rule(id=ESCALATION_TRIGGER, title="Nâng mức ưu tiên", all=[UPDATED, angry, by_people]),
        Rule(id=ESCALATION_TRIGGER + 1, title="Báo khách có trả lời", all=[UPDATED, spoken]),
    )
    return {rule.id: rule for rule in told}


def _automations() -> dict[int, Rule]:
    four_days: Row = {"field": "SOLVED", "operator": "greater_than", "value": "96"}
    a_day: Row = {"field": "SOLVED", "operator": "is", "value": "24"}
    told = (
        Rule(id=CLOSING_AUTOMATION, title="Đóng sau 4 ngày", all=[four_days]),
        Rule(id=SURVEY_AUTOMATION, title="Gửi khảo sát", all=[a_day]),
    )
    return {rule.id: rule for rule in told}
