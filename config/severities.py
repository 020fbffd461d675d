"""How grave a ticket is: by impact and urgency, with a floor under what must never look harmless, and whose it is."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from config.conditions import When
from config.problems import one_of
from connectors.settings import Line, Section, UnfitError, each_once
from kpi_engine.message import message

Row: TypeAlias = Annotated[dict[str, Line], Field(min_length=1)]


class Floor(Section):
    """Tickets that are at least so grave, whatever else is set."""

    severity: Line
    when: When = Field(description="Which tickets: for instance those with the tag of a danger.")

    @model_validator(mode="after")
    def _not_everything(self) -> "Floor":
        if self.when.is_everything:
            raise UnfitError(message("this must not be empty"), below=("when",))
        return self


class Tier(Section):
    """Who answers for a severity, and what he may decide by himself."""

    owner: Line | None = Field(None, description="The group, by name or id, or the role that answers for it.")
    authority: tuple[Line, ...] = Field((), description="What may be decided there, for instance recall or refund.")


class SeveritySettings(Section):
    """How grave a ticket is, where `fields.severity` says nothing: by what `fields` calls impact and urgency."""

    scale: Annotated[tuple[Line, ...], Field(min_length=1), AfterValidator(each_once)] = Field(
        description="The severities, the gravest first.", examples=[["S1", "S2", "S3", "S4"]]
    )
    matrix: dict[str, Row] = Field(
        {}, description="The severity by impact, then urgency; `any` for every other one, or where nothing is said."
    )
    floor: Floor | None = Field(None, description="What is never less grave than so.")
    tiers: dict[str, Tier] = Field({}, description="By severity, who answers for it.")

    @model_validator(mode="after")
    def _on_the_scale(self) -> "SeveritySettings":
        named: list[tuple[tuple[str, ...], str]] = [
            (("matrix", i, u), word) for i, row in self.matrix.items() for u, word in row.items()
        ]
        named += [(("tiers", word), word) for word in self.tiers]
        named += [(("floor", "severity"), self.floor.severity)] if self.floor is not None else []
        for path, word in named:
            if word not in self.scale:
                raise UnfitError(message("the scale has no such severity"), one_of(self.scale, word), path)
        return self
