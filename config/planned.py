"""The shapes of settings that are accepted and checked, but not in force in this version yet."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from config.calendars import Zone
from connectors.settings import Day, Email, Key, Line, Section, Slug, UnfitError
from kpi_engine.durations import DurationError, months_of

PLANNED_INDICATORS = frozenset({"customer_effort", "net_promoter_score", "quality_score"})
"""Keys that later versions will serve: accepted in `indicators`, and reported as not yet in force."""


def _months(text: str) -> str:
    try:
        months_of(text)
    except DurationError as error:
        raise UnfitError(error.message, error.allowed) from None
    return text


Months = Annotated[str, Field(examples=["25 months", "2 years"]), AfterValidator(_months)]
Number: TypeAlias = Annotated[int | float, WithJsonSchema({"type": "number"})]


class Team(Section):
    """A team: who leads it, where it works, since when."""

    lead: Email | None = None
    manager: Email | None = None
    country: Line | None = None
    tier: Line | None = None
    timezone: Zone | None = None
    since: Day | None = Field(None, description="From when this holds; default: from the beginning.")


class Block(Section):
    """A part of a scorecard."""

    on: bool = True
    weight: Number = Field(1, json_schema_extra={"minimum": 0})
    indicators: tuple[Key, ...] = ()


class Scorecard(Section):
    """A role's scorecard, block by block."""

    blocks: dict[str, Block] = Field(min_length=1)


Role: TypeAlias = Slug
