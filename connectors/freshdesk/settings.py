"""What the admin must tell us about a Freshdesk account."""

from datetime import date
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from connectors.account import Exclude, Push, Schedule
from connectors.address import checked_base_url
from connectors.secret import Secret
from connectors.settings import Day, FilePath, Section, Slug

VENDOR_DOMAIN = "freshdesk.com"
BEGINNING = date(2010, 1, 1)
"""Before the first Freshdesk ticket there ever was."""


DEFAULT_QUESTION = "default_question"
"""The question that every survey of Freshdesk asks."""


class ApiKey(Section):
    """Sign-in with an agent's API key: the only way Freshdesk offers."""

    method: Literal["api_key"]
    api_key: Secret = Field(description="Where the API key is kept.")


class Csat(Section):
    """Which question of the satisfaction survey is the rating, where it asks several."""

    question: str = Field(
        DEFAULT_QUESTION,
        pattern=r"^(default_question|question_\d+)$",
        description="The question whose answer is the rating: default_question, or one of those that `check` lists.",
        examples=["question_67000084816"],
    )


class FreshdeskSettings(Section):
    """One Freshdesk account."""

    name: Slug = Field(description="Unique and stable: it is part of every stored key.")
    kind: Literal["freshdesk"]
    trusted_host: bool = Field(
        default=False, description="Allow a base_url outside freshdesk.com; plain http for a loopback address only."
    )
    base_url: str = Field(
        description="The account's own address; a mapped domain does not serve the API.",
        examples=["https://your-account.freshdesk.com"],
    )
    auth: ApiKey = Field(description="How to sign in.")
    plan: Literal["growth", "pro", "enterprise"] = Field(
        "growth", description="The account's plan: it decides how often tickets may be listed and written."
    )
    history_from: Day = Field(BEGINNING, description="The first pull starts at this date; default: with everything.")
    schedule: Schedule = Field(
        Schedule(every=900), description="When passes run.", json_schema_extra={"default": {"every": "15m"}}
    )
    rate_limit_share: float = Field(
        0.5, gt=0, le=1, description="The part of the account's API quota we may use; people and tools need the rest."
    )
    exclude: Exclude = Field(Exclude(), description="Tickets that count nowhere.")
    push: Push = Field(Push(), description="What is written back.")
    ca_bundle: FilePath | None = Field(
        None, description="A file of certificates to trust instead of the usual ones, for a company's own proxy."
    )
    csat: Csat = Field(Csat(), description="How satisfaction surveys are read.")
    per_page: int = Field(100, ge=1, le=100, description="Rows asked for at once.")
    conversations_per_pass: int = Field(
        1000, ge=1, description="Of how many changed tickets one pass reads what was said; the rest waits for the next."
    )

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, address: str, info: ValidationInfo) -> str:
        return checked_base_url(address, VENDOR_DOMAIN, trusted_host=info.data.get("trusted_host", False))
