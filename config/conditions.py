"""Which tickets something is for: what a policy, a clock or an acknowledgement asks of a ticket."""

import re
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


SUBJECTS = ("segment", "severity", "topic", "complaint_cause", "root_cause", "complaint", "warranty")
"""What `fields` must read for a condition to mean something."""


def asked_of_fields(when: When) -> set[str]:
    """Return the names among `fields` that conditions ask about."""
    clauses = (*when.all, *(when.any or ()), *(when.none or ()))
    known = {subject for clause in clauses for subject in SUBJECTS if getattr(clause, subject) is not None}
    return known | {name for clause in clauses for name in clause.field or ()}
