"""The shapes of settings that are accepted and checked, but not in force in this version yet."""

from typing import Annotated

from pydantic import AfterValidator, Field

from config.calendars import Zone
from config.currency import Currency
from connectors.settings import Day, Email, Line, Section, UnfitError
from kpi_engine.durations import DurationError, months_of


def _months(text: str) -> str:
    try:
        months_of(text)
    except DurationError as error:
        raise UnfitError(error.message, error.allowed) from None
    return text


Months = Annotated[str, Field(examples=["25 months", "2 years"]), AfterValidator(_months)]


class Team(Section):
    """A team: who leads it, where it works, since when."""

    lead: Email | None = None
    manager: Email | None = None
    country: Line | None = None
    tier: Line | None = None
    timezone: Zone | None = None
    currency: Currency | None = Field(
        None, description="In which its amounts, and its agents', are told; without one in that with the most amounts."
    )
    since: Day | None = Field(None, description="From when this holds; default: from the beginning.")
