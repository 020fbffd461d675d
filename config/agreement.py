"""Checks between distant parts of the configuration, made on plain values: they run whatever else is wrong."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from config.indicators import misfit_durations
from config.problems import Document, Finding, Path, one_of
from config.schema import secret_keys
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message

ANY = "*"
INPUTS = "inputs"
"""The name that what comes from files is stored under."""
_CHOICES = ("by_group", "by_brand", "by_organization", "default")


def disagreements(document: Document) -> Iterator[Finding]:
    """Yield what does not fit together, and references where none are read."""
    yield from _repeated_names(document.value)
    yield from _repeated_summaries(document.value)
    yield from _repeated_accounts(document.value)
    yield from _unknown_connectors(document.value)
    yield from _unknown_indicators(document.value)
    yield from _roles_in_doubt(document.value)
    yield from misfit_durations(document.value)
    yield from _misspelt_calendars(document.value)
    yield from _misplaced_references(document.value, ())


def at(value: object, *steps: str, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield path and value of all that the steps lead to; "*" is every item of a list or of a mapping."""
    if not steps:
        yield path, value
        return
    for step, child in _children(value):
        if steps[0] in {ANY, step}:
            yield from at(child, *steps[1:], path=(*path, step))


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _repeated_names(value: object) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, name in at(value, "connectors", ANY, "name"):
        if isinstance(name, str) and name in seen:
            yield Finding(path, message("another connector has this name"), message("a name of its own for each"))
        if name == INPUTS:
            yield Finding(path, message("this name is kept for what comes from files"), message("another name"))
        seen.add(str(name))


def _repeated_summaries(value: object) -> Iterator[Finding]:
    seen: set[tuple[object, ...]] = set()
    for path, summary in at(value, "connectors", ANY, "push", "summaries", ANY):
        if not isinstance(summary, Mapping):
            continue
        kind = (path[1], str(summary.get("scope")), str(summary.get("period")))
        if kind in seen:
            yield Finding(path, message("this scope and period already have a summary"))
        seen.add(kind)


def _repeated_accounts(value: object) -> Iterator[Finding]:
    seen: set[tuple[object, str]] = set()
    for path, account in at(value, "agents", ANY, "accounts", ANY):
        owner = (path[-1], str(account))
        if owner in seen:
            yield Finding(path, message("this account already belongs to another agent"))
        seen.add(owner)


def _unknown_connectors(value: object) -> Iterator[Finding]:
    names = {name: None for _, name in at(value, "connectors", ANY, "name") if isinstance(name, str)}
    for steps in (("agents", ANY, "accounts", ANY), ("statuses", ANY), ("exemptions", ANY), ("fields", ANY, ANY)):
        for path, _ in at(value, *steps):
            if path[-1] not in names:
                yield Finding(path, message("no connector has this name"), one_of(names, path[-1]))


def _unknown_indicators(value: object) -> Iterator[Finding]:
    for path, _ in at(value, "indicators", ANY):
        if path[-1] not in INDICATORS:
            yield Finding(path, message("no indicator has this key"), one_of(INDICATORS, path[-1]))
    named = [*at(value, "targets", ANY, "indicator"), *at(value, "benchmarks", ANY, "indicator"), *_counted(value)]
    for path, key in named:
        if isinstance(key, str) and key not in INDICATORS:
            yield Finding(path, message("no indicator has this key"), one_of(INDICATORS, key))
    for path, key in at(value, "connectors", ANY, "push", "agent_fields", ANY):
        if key not in INDICATORS:
            yield Finding(path, message("no indicator has this key"), one_of(INDICATORS, key))


def _counted(value: object) -> Iterator[tuple[Path, object]]:
    """Yield the indicators that scorecards count, whether listed or weighed."""
    for path, key in at(value, "scorecards", ANY, "blocks", ANY, "indicators", ANY):
        yield path, path[-1] if isinstance(path[-1], str) else key


def _roles_in_doubt(value: object) -> Iterator[Finding]:
    """Yield teams that two roles name, and a second role for everybody whom none names."""
    seen: set[str] = set()
    listed = ((path, each) for path, each in at(value, "scorecards", ANY) if isinstance(each, Mapping))
    for path, scorecard in listed:
        teams = scorecard.get("teams")
        for name in [str(each).casefold() for each in teams] if isinstance(teams, list) and teams else [""]:
            if name in seen:
                reason = (
                    message("another role already has this team") if name else message("another role is everybody's")
                )
                yield Finding((*path, "teams"), reason, message("name the teams of each role"))
            seen.add(name)


def _misspelt_calendars(value: object) -> Iterator[Finding]:
    """Yield names that look like one of our calendars but are none; any other may be the helpdesk's own schedule."""
    chosen = [*at(value, "calendars", "default"), *at(value, "calendars", "by_group", ANY)]
    chosen += at(value, "calendars", "by_brand", ANY)
    chosen += at(value, "calendars", "by_organization", ANY)
    own = [str(path[-1]) for path, _ in at(value, "calendars", ANY) if path[-1] not in _CHOICES]
    for path, name in chosen:
        if isinstance(name, str) and name not in own and get_close_matches(name, own, n=1):
            yield Finding(path, message("no calendar has this name"), one_of(own, name))


def _misplaced_references(value: object, path: Path) -> Iterator[Finding]:
    for step, child in _children(value):
        here = (*path, step)
        yield from _misplaced_references(child, here)
        if isinstance(child, str) and ("${env:" in child or "${file:" in child) and not _may_refer(here):
            yield Finding(here, message("a reference is not read here"), message("only in secrets and in the store"))


def _may_refer(path: Path) -> bool:
    return path == ("store",) or ("auth" in path[:-1] and path[-1] in secret_keys())
