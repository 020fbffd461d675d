"""The plain documents that the engine's rules are made of: policies and calendars."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from config.calendars import calendar_document
from config.checking import checked
from config.penalties import consequences
from config.policies import NO_POLICIES, PolicyDocument
from config.problems import Document, Finding, Problem, SettingsError, one_of
from config.reading import parse_document, read_document
from config.schema import POLICIES, STORIES
from config.settings import PLATFORM, Origin, Settings
from config.stories import StoriesDocument
from config.strangers import strangers
from connectors.settings import UnfitError
from kpi_engine.message import message

_STARTERS = "starter/"
_STORIES = ".stories.yaml"


def policy_document(settings: Settings) -> dict[str, Any]:
    """Return the policies as plain values with every default filled in; raise SettingsError with their problems.

    What missed deadlines cost is left out: it judges no ticket.
    """
    return plain_policies(configured_policies(settings))


def plain_policies(policies: PolicyDocument) -> dict[str, Any]:
    """Return what a policy document says of clocks and escalations, as plain values with every default filled in."""
    return policies.model_dump(mode="json", exclude_none=True, exclude={"penalties", "rewards"})


def consequence_document(settings: Settings) -> dict[str, Any]:
    """Return what missed deadlines cost and what is rewarded, as an edition keeps it; raise SettingsError."""
    policies = configured_policies(settings)
    return consequences(policies.penalties, policies.rewards)


def configured_policies(settings: Settings) -> PolicyDocument:
    """Return the configured policy document; raise SettingsError with its problems."""
    if not isinstance(settings.policies, str):
        return settings.policies
    document, problems = read_policies(settings.policies, settings.origin)
    if document is None:
        raise SettingsError(problems)
    return document


def policy_problems(settings: Settings) -> tuple[Problem, ...]:
    """Return all that is wrong with the policies now; nothing where they are in order."""
    try:
        policy_document(settings)
    except SettingsError as error:
        return error.problems
    return ()


def policies_name(settings: Settings) -> str | None:
    """Return what to call the configured policies by on a command line, None where they stand in the configuration."""
    policies = settings.policies
    if not isinstance(policies, str):
        return None
    return policies if policies.startswith(_STARTERS) else str(settings.origin.folder / policies)


def named_policies(name: str) -> dict[str, Any]:
    """Return a starter pack, or the policy file at a path, as plain values; raise SettingsError with its problems."""
    return policy_file(name).model_dump(mode="json", exclude_none=True)


def policy_file(name: str) -> PolicyDocument:
    """Return a starter pack, or the policy file at a path; raise SettingsError with its problems."""
    document, problems = checked(_named(name, ""), PolicyDocument, {}, POLICIES)
    if document is None:
        raise SettingsError(problems)
    return document


def has_stories(name: str) -> bool:
    """Tell whether there are stories beside a policy file."""
    return (files("config").joinpath(name + _STORIES) if name.startswith(_STARTERS) else _stories_path(name)).is_file()


def named_stories(name: str) -> StoriesDocument:
    """Return the stories beside a starter pack or a policy file; raise SettingsError with their problems."""
    document, problems = checked(_named(name, _STORIES), StoriesDocument, {}, STORIES)
    if document is None:
        raise SettingsError(problems)
    return document


def _named(name: str, suffix: str) -> Document:
    if name.startswith(_STARTERS):
        try:
            return _starter(name, suffix)
        except UnfitError as error:
            raise SettingsError([Problem(name, None, None, "", error.message, error.allowed)]) from None
    path = _stories_path(name) if suffix else Path(name)
    return read_document(path, str(path), message("name an existing file"))


def _stories_path(name: str) -> Path:
    return Path(name).with_suffix(_STORIES)


def calendar_documents(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the calendars defined in the configuration, by key, as the engine reads them."""
    own = settings.calendars.__pydantic_extra__
    return {key: calendar_document(key, calendar, settings.timezone) for key, calendar in own.items()}


def calendar_choice(settings: Settings) -> dict[str, Any]:
    """Return which calendar a ticket follows: by_group, by_brand, default and, where given, by_organization."""
    chosen = settings.calendars
    by_organization = {"by_organization": dict(chosen.by_organization)} if chosen.by_organization else {}
    return {
        "by_group": dict(chosen.by_group),
        "by_brand": dict(chosen.by_brand),
        "default": chosen.default,
        **by_organization,
    }


def checked_policies(text: str, file: str) -> tuple[PolicyDocument | None, list[Problem]]:
    """Return the policies that a YAML text, called `file` in problems, tells, or None and all that is wrong with it."""
    return checked(parse_document(text, file), PolicyDocument, {}, POLICIES)


def read_policies(name: str, origin: Origin) -> tuple[PolicyDocument | None, list[Problem]]:
    """Return the starter pack or the policy file called `name`, or None and all that is wrong with it."""
    if name == PLATFORM:
        return NO_POLICIES, []
    try:
        found = _starter(name) if name.startswith(_STARTERS) else _policy_file(name, origin)
    except UnfitError as error:
        return None, [origin.document.problem(Finding(("policies",), error.message, error.allowed))]
    except SettingsError as error:
        return None, list(error.problems)
    return checked(found, PolicyDocument, origin.context(), POLICIES, strangers(found.value, origin.document.value))


def _starter(name: str, suffix: str = "") -> Document:
    folder = files("config").joinpath("starter")
    packs = {_STARTERS + item.name.removesuffix(".yaml"): item for item in folder.iterdir() if _is_pack(item.name)}
    if name not in packs:
        raise UnfitError(message("there is no such starter pack"), one_of(sorted(packs), name))
    found = folder.joinpath(packs[name].name.removesuffix(".yaml") + suffix) if suffix else packs[name]
    return parse_document(found.read_text(encoding="utf-8"), name + suffix)


def _is_pack(name: str) -> bool:
    return name.endswith(".yaml") and not name.startswith("config.") and not name.endswith(_STORIES)


def _policy_file(name: str, origin: Origin) -> Document:
    path = origin.folder / name
    if not path.is_file():
        raise UnfitError(
            message("there is no such file"),
            message(
                "{starter}, {platform}, or a file relative to the configuration file",
                starter="starter/by-priority",
                platform=PLATFORM,
            ),
        )
    return read_document(path, name, message("name an existing file"))
