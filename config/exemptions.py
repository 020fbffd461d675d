"""Who may exempt a ticket's clock or rating by setting a tag or a field on it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from connectors.settings import Identifier, Line, Section, Tag, UnfitError, each_once
from kpi_engine.message import message

What: TypeAlias = Literal["first_reply", "next_reply", "resolution", "rating"]


class Exemptions(Section):
    """The tags and fields that exempt, and whose they are to set; set by anybody else they exempt nothing."""

    approvers: Annotated[tuple[Identifier, ...], AfterValidator(each_once)] = Field(
        (), description="The helpdesk's ids of those who may."
    )
    leads: bool = Field(
        default=False,
        description="Whether the lead and the manager of whoever holds the ticket at that moment may too; what they "
        "hold themselves is not theirs to exempt.",
    )
    tags: dict[Tag, What] = Field({}, description="By tag, the clock that it exempts, or `rating`.")
    fields: dict[Identifier, dict[Line, What]] = Field(
        {}, description="By the field's id, which of its values exempts which clock, or `rating`; `true` of a checkbox."
    )

    @model_validator(mode="after")
    def _in_force(self) -> "Exemptions":
        if not (self.tags or self.fields):
            raise UnfitError(message("say {field}, {tag} or both", field="fields", tag="tags"))
        if not (self.approvers or self.leads):
            raise UnfitError(
                message("nobody may exempt anything by this"), message("`approvers`, `leads: true` or both")
            )
        return self
