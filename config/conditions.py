"""Which tickets something is for: what a policy, a clock or an acknowledgement asks of a ticket."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from config.goals import Priority
from config.problems import one_of
from connectors.settings import Identifier, Section, UnfitError, each_once
from kpi_engine.message import message

_PATTERN = re.compile(r"[.\\)\]][*+?]|\(\?|\\[dwsbDWSB]|\[[^\]]*\]|^\^|\$$|\{[0-9]+,?[0-9]*\}")
"""What gives a regular expression away."""


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse regular expressions: words are compared whole, so that no pattern can ever take for ever."""
    for place, word in enumerate(words):
        if _PATTERN.search(word):
            raise UnfitError(
                message("this looks like a regular expression, which is not read here"),
                message("words are compared whole: list each of them"),
                (place,),
            )
    return words


Words: TypeAlias = Annotated[
    tuple[Identifier, ...], Field(min_length=1), AfterValidator(each_once), AfterValidator(_plain)
]
Status: TypeAlias = Literal["new", "open", "pending", "hold", "solved", "closed"]


class Clause(Section):
    """What a ticket must be: each of these, by one of its words."""

    segment: Words | None = Field(None, description="The customer's segment, as `fields.segment` reads it.")
    channel: Words | None = Field(None, description="The channel, in the helpdesk's words.")
    group: Words | None = Field(None, description="The group the ticket is in, by name or id.")
    form: Words | None = Field(None, description="The ticket's form, by id.")
    type: Words | None = Field(None, description="The ticket's type, in the helpdesk's words.")
    organization: Words | None = Field(None, description="The customer's organization, company or account, by id.")
    status: Annotated[tuple[Status, ...], Field(min_length=1), AfterValidator(each_once)] | None = Field(
        None, description="What the ticket's status means."
    )
    priority: Annotated[tuple[Priority, ...], Field(min_length=1), AfterValidator(each_once)] | None = Field(
        None, description="The priority."
    )
    severity: Words | None = Field(
        None, description="How grave it is: as `fields.severity` reads it, or as `severity` works it out."
    )
    tag: Words | None = Field(None, description="One of the ticket's tags.")
    complaint: bool | None = Field(None, description="Whether `fields.complaint` says that it is one.")
    warranty: bool | None = Field(None, description="Whether `fields.warranty` says that it is one.")
    topic: Words | None = Field(None, description="What it is about, as `fields.topic` reads it.")
    complaint_cause: Words | None = Field(None, description="As `fields.complaint_cause` reads it.")
    root_cause: Words | None = Field(None, description="As `fields.root_cause` reads it.")
    field: Annotated[dict[str, Words], Field(min_length=1)] | None = Field(
        None, description="By its name, anything else that `fields` gives a name of its own."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "Clause":
        if not self.model_fields_set:
            raise UnfitError(message("this must not be empty"), one_of(Clause.model_fields))
        return self

    @property
    def asked(self) -> dict[str, frozenset[str]]:
        """The words asked for by subject, those of the fields by their names."""
        plain = {name: _as_words(words) for name, words in self if words is not None and name != "field"}
        return plain | {name: frozenset(words) for name, words in (self.field or {}).items()}

    def path(self, subject: str) -> tuple[str, ...]:
        """Return where in the clause a subject stands."""
        return ("field", subject) if subject in (self.field or {}) else (subject,)


Asked: TypeAlias = Mapping[str, frozenset[str]]
_SEVERAL = frozenset({"tag", "group"})
"""Subjects for which a ticket has several words: a group goes by its name and by its id."""


def _as_words(words: object) -> frozenset[str]:
    return frozenset(map(str, words)) if isinstance(words, tuple) else frozenset({str(words)})


class When(Section):
    """Which tickets a policy is for; left out: all of them."""

    all: tuple[Clause, ...] = Field((), description="Each of these must fit.")
    any: Annotated[tuple[Clause, ...], Field(min_length=1)] | None = Field(
        None, description="At least one of these must fit."
    )
    none: Annotated[tuple[Clause, ...], Field(min_length=1)] | None = Field(None, description="None of these may fit.")

    @property
    def is_everything(self) -> bool:
        """Whether there is no condition."""
        return not (self.all or self.any or self.none)

    @model_validator(mode="after")
    def _fits_something(self) -> "When":
        for place, clause in enumerate(self.all):
            for subject in _at_odds(_together(self.all[:place]), clause.asked):
                raise UnfitError(
                    message("no ticket can fit this and a clause before it"),
                    message("words of which one is enough stand in one clause"),
                    ("all", place, *clause.path(subject)),
                )
        must = _together(self.all)
        for place, clause in enumerate(self.any or ()):
            for subject in _at_odds(must, clause.asked):
                raise UnfitError(
                    message("no ticket can fit this and what {part} asks", part="all"),
                    below=("any", place, *clause.path(subject)),
                )
        for place, clause in enumerate(self.none or ()):
            if any(_implies(each, clause.asked) for each in _each_and_together(self)):
                raise UnfitError(
                    message("this rules out every ticket that {part} asks for", part="all"), below=("none", place)
                )
        return self


def covers(wide: When, narrow: When) -> bool:
    """Tell whether every ticket that fits `narrow` is certain to fit `wide`, too."""
    known = _each_and_together(narrow)
    return (
        all(any(_implies(each, clause.asked) for each in known) for clause in wide.all)
        and (not wide.any or _is_one_of(wide.any, narrow, known))
        and all(_is_ruled_out(clause.asked, narrow) for clause in wide.none or ())
    )


def _is_one_of(wide: tuple[Clause, ...], narrow: When, known: list[Asked]) -> bool:
    if any(_implies(each, clause.asked) for each in known for clause in wide):
        return True
    return bool(narrow.any) and all(
        any(_implies(each.asked, clause.asked) for clause in wide) for each in narrow.any or ()
    )


def _is_ruled_out(clause: Asked, narrow: When) -> bool:
    apart = any(True for _ in _at_odds(_together(narrow.all), clause))
    return apart or any(_implies(clause, each.asked) for each in narrow.none or ())


def _implies(narrow: Asked, wide: Asked) -> bool:
    return all(subject in narrow and narrow[subject] <= words for subject, words in wide.items())


def _at_odds(one: Asked, other: Asked) -> Iterator[str]:
    """Yield the subjects of which no ticket has a word that both ask for."""
    for subject, words in other.items():
        if subject in one and subject not in _SEVERAL and words.isdisjoint(one[subject]):
            yield subject


def _together(clauses: tuple[Clause, ...]) -> Asked:
    """Return what clauses that must all fit come to: of a subject with several words the first that is asked for."""
    found: dict[str, frozenset[str]] = {}
    for clause in clauses:
        for subject, words in clause.asked.items():
            found[subject] = found.get(subject, words) if subject in _SEVERAL else found.get(subject, words) & words
    return found


def _each_and_together(when: When) -> list[Asked]:
    return [_together(when.all), *(clause.asked for clause in when.all)]
