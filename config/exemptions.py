"""Who may exempt a ticket's clock or rating by setting a tag or a field on it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from connectors.settings import Identifier, Line, Section, Tag, UnfitError, each_once
from kpi_engine.message import message

What: TypeAlias = Literal["first_reply", "next_reply", "resolution", "rating"]


class Exemptions(Section):
    """Who may exempt, beside the leads and managers of whoever holds a ticket, and by which tags and fields of it.

    Set by anybody else these exempt nothing. Nobody exempts what is his own.
    """

    approvers: Annotated[tuple[Identifier, ...], AfterValidator(each_once)] = Field(
        (), description="Who may, whoever holds the ticket: the helpdesk's id, an e-mail or a name of `agents`."
    )
    leads: bool = Field(
        default=False,
        description="Whether those above whoever holds the ticket at that moment (his lead, his manager and the one "
        "above him) may set the tags and fields too.",
    )
    tags: dict[Tag, What] = Field({}, description="By tag, the clock that it exempts, or `rating`.")
    fields: dict[Identifier, dict[Line, What]] = Field(
        {}, description="By the field's id, which of its values exempts which clock, or `rating`; `true` of a checkbox."
    )

    @model_validator(mode="after")
    def _in_force(self) -> "Exemptions":
        if not (self.tags or self.fields or self.approvers):
            raise UnfitError(message("say {field}, {tag} or both", field="fields", tag="tags"))
        if not (self.approvers or self.leads):
            raise UnfitError(
                message("nobody may exempt anything by this"), message("`approvers`, `leads: true` or both")
            )
        return self
