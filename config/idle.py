"""Settings that are accepted and checked, but that this version does not act on yet."""

from collections.abc import Iterator

from config.problems import Path, path_text
from config.settings import PLATFORM, Settings


def not_yet_in_force(settings: Settings) -> list[str]:
    """Return the paths of settings that were given, and are valid, but that this version does not act on yet."""
    return [path_text(path) for path in _idle(settings)]


def _idle(settings: Settings) -> Iterator[Path]:
    if settings.policies == PLATFORM:
        yield ("policies",)
