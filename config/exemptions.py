"""Who may exempt a ticket's clock or rating by setting a tag on it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from connectors.settings import Identifier, Section, Tag, each_once

What: TypeAlias = Literal["first_reply", "next_reply", "resolution", "rating"]


class Exemptions(Section):
    """The tags that exempt, and whose they are to set."""

    approvers: Annotated[tuple[Identifier, ...], AfterValidator(each_once)] = Field(
        min_length=1, description="The helpdesk's ids of those who may; the tag set by anybody else exempts nothing."
    )
    tags: dict[Tag, What] = Field(min_length=1, description="By tag, the clock that it exempts, or `rating`.")
