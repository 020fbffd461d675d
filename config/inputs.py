"""Where the files of what is no ticket are, and how they are written."""

from typing import Literal, TypeAlias

from pydantic import Field

from connectors.settings import Line, Section, Slug


class InputFile(Section):
    """A file, or a folder whose CSV files are all read, and what is to be known about how they are written."""

    path: Line = Field(description="The file or folder, relative to the configuration file.")
    account: Slug | None = Field(None, description="The connector its rows belong to where they do not say.")
    dates: Literal["day-first", "month-first"] | None = Field(
        None, description="How dates such as 03/04/2026 are meant; without it they are refused."
    )
    decimal: Literal["comma", "point"] | None = Field(
        None, description="Which sign is that of decimals; without it numbers such as 1.234 are refused."
    )
    replace: bool = Field(
        default=False, description="Withdraw the rows that a file held before and no longer holds; else they stay."
    )


Place: TypeAlias = Line | InputFile


class Inputs(Section):
    """CSV files of what is no ticket, read in each pass where they changed: a path, or a path with more."""

    calls: Place | None = None
    costs: Place | None = None
    sales: Place | None = None
    customers: Place | None = None
    qa_reviews: Place | None = None
    evaluations: Place | None = None
    surveys: Place | None = None
    org: Place | None = None
    roster: Place | None = None
    social: Place | None = None
    compliments: Place | None = None
    proposals: Place | None = None
    knowledge_contributions: Place | None = None
    training: Place | None = None
    outbound_contacts: Place | None = None
    work_items: Place | None = None
    agent_states: Place | None = None
    overrides: Place | None = None

    @property
    def files(self) -> dict[str, InputFile]:
        """The files and folders given, by kind."""
        return {
            kind: place if isinstance(place, InputFile) else InputFile(path=place)
            for kind, place in self
            if place is not None
        }
