"""Settings that are accepted and checked, but that this version does not act on yet."""

from collections.abc import Iterator

from config.planned import PLANNED_INDICATORS
from config.problems import Path, path_text
from config.settings import PLATFORM, Settings


def not_yet_in_force(settings: Settings) -> list[str]:
    """Return the paths of settings that were given, and are valid, but that this version does not act on yet."""
    return [path_text(path) for path in _idle(settings)]


def _idle(settings: Settings) -> Iterator[Path]:
    if settings.policies == PLATFORM:
        yield ("policies",)
    yield from (("indicators", key) for key in settings.indicators if key in PLANNED_INDICATORS)
    planned = (n for n, target in enumerate(settings.targets) if target.indicator in PLANNED_INDICATORS)
    yield from (("targets", number) for number in planned)
