"""What escalations do on tickets, in words: what a pass would write, what is allowed, and what became of it."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.effects import ASSIGNEE, GROUP, MARKER, NOTE, PRIORITY, TAGS_ADDED, TAGS_REMOVED
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue
from sync.effects import EffectPlan
from sync.locale import Language
from sync.role_words import priority_name

TITLES: Final = {
    NOTE: message("private note"),
    TAGS_ADDED: message("tags added"),
    TAGS_REMOVED: message("tags removed"),
    PRIORITY: message("priority"),
    GROUP: message("group"),
    ASSIGNEE: message("assignee"),
}
"""What a change of an escalation writes; its other keys say how it is written."""

EFFECT_NAMES: Final = {
    "note": message("a private note"),
    "add_tags": message("tags"),
    "raise_priority": message("a higher priority"),
    "assign": message("a handover"),
}


def effect_sentences(plan: EffectPlan, language: Language) -> Iterator[Message]:
    """Yield one line for each thing that a step does on its ticket: what, from what to what, why."""
    for key, new in plan.values.items():
        if key == NOTE:
            text = " · ".join(str(new).splitlines())
            yield message("ticket {id}: private note: {text}", id=plan.entry.ticket_id, text=text)
        elif key in TITLES:
            yield message(
                "ticket {id}: {field}: {old} → {new} ({why})",
                id=plan.entry.ticket_id,
                field=TITLES[key],
                old=_words(plan, key, plan.previous.get(key), language),
                new=_words(plan, key, new, language),
                why=plan.why,
            )


def _words(plan: EffectPlan, key: str, value: FieldValue, language: Language) -> str:
    if key == PRIORITY:
        return language(priority_name(value))
    if key == GROUP and value == plan.values.get(GROUP) and plan.group is not None:
        return plan.group
    return language(message("none")) if value is None else str(value)


def effect_document(plan: EffectPlan) -> dict[str, object]:
    """Return what a step does on its ticket as JSON."""
    entry = plan.entry
    return {
        "ticket_id": entry.ticket_id,
        "clock": entry.clock,
        "instance": entry.instance,
        "step": entry.step,
        "values": written(plan.values),
        "previous": {key: plan.previous.get(key) for key in plan.values if key in plan.previous},
        "why": str(plan.why),
    }


def written(values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """Return of a change's values those that say what is written."""
    return {key: value for key, value in values.items() if key in TITLES or key == MARKER}
