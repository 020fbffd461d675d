"""Settings that are accepted and checked, but that this version does not act on yet."""

from config.problems import path_text
from config.settings import PLATFORM, Settings


def not_yet_in_force(settings: Settings) -> list[str]:
    """Return the paths of settings that were given, and are valid, but that this version does not act on yet."""
    without_clocks = any(each.kind == "salesforce" for each in settings.connectors)
    return [path_text(("policies",))] if settings.policies == PLATFORM and without_clocks else []
