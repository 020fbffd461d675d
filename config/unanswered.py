"""Conditions that no ticket can ever fit, because `fields` maps nothing to what they ask, or calls it otherwise."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from config.agreement import ANY, at
from config.meanings import Fields
from config.problems import Finding, Path, one_of
from kpi_engine.message import Message, message

_CONDITIONS: Final = (
    ("policies", ANY, "when"),
    *(("policies", ANY, "clocks", ANY, name) for name in ("start_when", "stop_when", "pause_when")),
    ("escalations", ANY, "acknowledgement", "when"),
    ("severity", "floor", "when"),
)
CLAUSES: Final = tuple((*steps, part, ANY) for steps in _CONDITIONS for part in ("all", "any", "none"))
"""Where clauses stand in a policy document."""

_SEVERITY: Final = "severity"
_YES_OR_NO: Final = ("complaint", "warranty")
_MEANINGS: Final = tuple(name for name in Fields.model_fields if name != "responsible_agent")
_GOALS: Final = ("policies", ANY, "clocks", ANY, "goal_by", _SEVERITY)
_DEFAULT: Final = "default"

Carrier: TypeAlias = Mapping[str, object]


def unanswered(policies: object, configuration: object) -> Iterator[Finding]:
    """Yield, of policies as plain values, the meanings and words that no ticket can have under a configuration."""
    for steps in CLAUSES:
        for path, clause in at(policies, *steps):
            yield from _of_clause(path, clause, policies, configuration)
    for path, goals in at(policies, *_GOALS):
        words = {word: (*path, word) for word in goals if word != _DEFAULT} if isinstance(goals, Mapping) else {}
        yield from _of_severities(path, words, policies, configuration)
    yield from _of_matrix(policies, configuration)
    for path, metric in at(policies, "penalties", ANY, "metric"):
        if metric == "complaints" and not _carriers("complaint", configuration):
            yield _unmapped("complaint", path)


def asked_of_fields(policies: object) -> list[str]:
    """Return, of policies as plain values, the meanings that `fields` of a configuration must map for them."""
    named = {str(path[-1]) for steps in CLAUSES for path, _ in at(policies, *steps, ANY)}
    named |= {str(path[-1]) for steps in CLAUSES for path, _ in at(policies, *steps, "field", ANY)}
    named |= {_SEVERITY for _ in at(policies, *_GOALS)}
    return sorted(named.intersection(_MEANINGS))


def _of_clause(path: Path, clause: object, policies: object, configuration: object) -> Iterator[Finding]:
    named = [(spot[-1], spot, words) for spot, words in at(clause, ANY) if spot != ("field",)]
    for name, spot, words in [*named, *((each[-1], each, listed) for each, listed in at(clause, "field", ANY))]:
        here = (*path, *spot)
        places = {str(word): (*here, place) for place, word in enumerate(words)} if isinstance(words, list) else {}
        if name == _SEVERITY and spot == (_SEVERITY,):
            yield from _of_severities(here, places, policies, configuration)
        elif name in _MEANINGS or spot[0] == "field":
            yield from _of_meaning(str(name), here, places, configuration)


def _of_meaning(name: str, path: Path, words: Mapping[str, Path], configuration: object) -> Iterator[Finding]:
    carriers = _carriers(name, configuration)
    if not carriers:
        if name in _MEANINGS:
            yield _unmapped(name, path)
        return  # names of one's own are told elsewhere
    for word, place in words.items() if name not in _YES_OR_NO else ():
        if not any(_may_say(carrier, word) for carrier in carriers):
            called = [each for carrier in carriers for each in _names(carrier)]
            yield Finding(
                place,
                message("no ticket has this word: `fields.{name}` calls it otherwise", name=name),
                one_of(called, word),
            )


def _unmapped(name: str, path: Path) -> Finding:
    return Finding(
        path,
        message("`fields` of the configuration maps nothing to {name}, so no ticket ever has one", name=name),
        _mend(name),
    )


def _mend(name: str) -> Message:
    return message("name the helpdesk's field or tag under {setting}", setting=f"fields.{name}")


def _of_severities(path: Path, words: Mapping[str, Path], policies: object, configuration: object) -> Iterator[Finding]:
    """Yield the severities that neither the field says, nor the matrix or the floor can come to."""
    carriers, scale = _carriers(_SEVERITY, configuration), _listed(policies, _SEVERITY, "scale", ANY)
    worked_out = _worked_out(policies, configuration)
    if not carriers and not worked_out:
        yield _unmapped(_SEVERITY, path)
        return
    for word, place in words.items():
        if scale and word not in scale:
            yield Finding(place, message("the scale has no such severity"), one_of(scale, word))
        elif word not in worked_out and not any(_may_say(carrier, word) for carrier in carriers):
            called = [*worked_out, *(each for carrier in carriers for each in _names(carrier))]
            meant = one_of(dict.fromkeys(called), word) if carriers else _mend(_SEVERITY)
            yield Finding(place, message("no ticket can come to this severity"), meant)


def _worked_out(policies: object, configuration: object) -> list[str]:
    """Return the severities that the matrix, as far as it can be read, and the floor can come to."""
    rows, columns = (_carriers(name, configuration) for name in ("impact", "urgency"))
    found = [
        str(word)
        for path, word in at(policies, _SEVERITY, "matrix", ANY, ANY)
        if (rows or path[-2] == "any") and (columns or path[-1] == "any")
    ]
    return list(dict.fromkeys([*found, *_listed(policies, _SEVERITY, "floor", "severity")]))


def _of_matrix(policies: object, configuration: object) -> Iterator[Finding]:
    """Yield the rows and columns of the matrix that go by an impact or urgency which nothing says."""
    for name, steps in (("impact", (ANY,)), ("urgency", (ANY, ANY))):
        told = [path for path, _ in at(policies, _SEVERITY, "matrix", *steps) if path[-1] != "any"]
        if told and not _carriers(name, configuration):
            yield _unmapped(name, told[0])


def _carriers(name: str, configuration: object) -> list[Carrier]:
    """Return what carries a meaning on any helpdesk."""
    return [carrier for _, carrier in at(configuration, "fields", name, ANY) if isinstance(carrier, Mapping)]


def _may_say(carrier: Carrier, word: str) -> bool:
    """Tell whether a field or tag may say a word: a field's values that are called otherwise never come up."""
    values = _values(carrier)
    if carrier.get("field") is None:
        return word in _names(carrier)
    return word in _names(carrier) or word not in values


def _names(carrier: Carrier) -> list[str]:
    """Return the words that a carrier is known to say: those its values are called, and an uncalled tag."""
    values, tag = _values(carrier), carrier.get("tag")
    return [*values.values(), *([str(tag)] if tag is not None and str(tag) not in values else [])]


def _values(carrier: Carrier) -> dict[str, str]:
    values = carrier.get("values")
    return {str(value): str(called) for value, called in values.items()} if isinstance(values, Mapping) else {}


def _listed(value: object, *steps: str) -> Iterable[str]:
    return [str(each) for _, each in at(value, *steps)]
