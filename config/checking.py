"""Every problem of one document, found with the schema, the models and the checks between its parts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.problems import Document, Finding, Path, Problem
from config.schema import schema_findings, sign_in_keys
from connectors.settings import Section, UnfitError
from kpi_engine.message import message

# The words that decide what else may stand beside them: while one is wrong, its neighbours cannot be judged.
_DECIDING = frozenset({"kind", "method"})

AnySection = TypeVar("AnySection", bound=Section)


def checked(
    document: Document,
    model: type[AnySection],
    context: Mapping[str, object],
    definition: str | None = None,
    extra: Iterable[Finding] = (),
) -> tuple[AnySection | None, list[Problem]]:
    """Return the document as a `model`, or None and all its problems; `definition` names its part of the schema."""
    try:
        built, errors = model.model_validate(document.value, context=dict(context)), []
    except ValidationError as error:
        built, errors = None, error.errors(include_url=False, include_input=False)
    found = [
        *document.findings,
        *schema_findings(document.value, definition),
        *_unfit(document, errors),
        *extra,
    ]
    if errors and not found:  # the schema is meant to say all that the models refuse without a reason of ours
        found = [Finding(_path(document, error["loc"]), message("this does not fit here")) for error in errors]
    problems = [document.problem(finding) for finding in _told(document, found)]
    return (None if problems else built), problems


def _unfit(document: Document, errors: Iterable[ErrorDetails]) -> Iterator[Finding]:
    for error in errors:
        why = error.get("ctx", {}).get("error")
        if isinstance(why, UnfitError):
            yield Finding((*_path(document, error["loc"]), *why.below), why.message, why.allowed)


def _path(document: Document, location: Iterable[str | int]) -> Path:
    """Return the model's location as a path of the document: without the names of alternatives."""
    path: Path = ()
    for step in location:
        if (*path, step) in document.marks:
            path = (*path, step)
    return path


def _told(document: Document, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding a spot, leaving out what only follows from another."""
    findings = [_discreet(document, finding) for finding in found]
    undecided = {finding.path[:-1] for finding in findings if finding.path and finding.path[-1] in _DECIDING}
    told: set[object] = set()
    for finding in findings:
        spot = (finding.path, finding.mark or document.mark(finding.path))
        hidden = _below(_decided_by(finding.path), undecided)
        if spot not in told and not hidden and (finding.mark or not _below((*finding.path, 0), document.broken)):
            told.add(spot)
            yield finding


def _decided_by(path: Path) -> Path:
    """Return the path below which a wrong deciding word hides this spot: such a word never hides itself."""
    return path[:-1] if path and path[-1] in _DECIDING else path


def _below(path: Path, places: Collection[Path]) -> bool:
    return any(path[:length] in places for length in range(len(path)))


def _discreet(document: Document, finding: Finding) -> Finding:
    """Return the finding without the name of an unknown key under auth: it may be a secret in the wrong place."""
    path = finding.path
    if "auth" not in path[:-1]:
        return finding
    place = path.index("auth") + 1
    if path[place] in sign_in_keys():
        return finding
    return replace(finding, path=path[:place], mark=finding.mark or document.mark(path))
