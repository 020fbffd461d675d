"""Settings that are accepted and checked, but that this version does not act on yet."""

from collections.abc import Iterator

from config.documents import configured_policies
from config.problems import Path, SettingsError, path_text
from config.settings import PLATFORM, Settings

EFFECTS = ("note", "assign", "raise_priority", "add_tags")
"""What a step may do on the ticket, by the key that says it."""


def not_yet_in_force(settings: Settings) -> list[str]:
    """Return the paths of settings that were given, and are valid, but that this version does not act on yet."""
    return [path_text(path) for path in _idle(settings)]


def _idle(settings: Settings) -> Iterator[Path]:
    if settings.policies == PLATFORM and any(each.kind == "salesforce" for each in settings.connectors):
        yield ("policies",)
    try:
        policies = configured_policies(settings)
    except SettingsError:  # told elsewhere, with its lines
        return
    for position, escalation in enumerate(policies.escalations):
        for place, step in enumerate(escalation.steps):
            path = ("policies", "escalations", position, "steps", place)
            yield from ((*path, name) for name in EFFECTS if getattr(step, name))
