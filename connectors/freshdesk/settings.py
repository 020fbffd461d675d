"""What the admin must tell us about a Freshdesk account."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from connectors.account import AccountSettings, Beginning
from connectors.secret import Secret
from connectors.settings import Section

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


class FreshdeskSettings(AccountSettings):
    """One Freshdesk account."""

    vendor_domain: ClassVar[str] = VENDOR_DOMAIN

    kind: Literal["freshdesk"]
    base_url: str = Field(
        description="The account's own address; a mapped domain does not serve the API.",
        examples=["https://your-account.freshdesk.com"],
    )
    auth: ApiKey = Field(description="How to sign in.")
    plan: Literal["growth", "pro", "enterprise"] = Field(
        "growth", description="The account's plan: it decides how often tickets may be listed and written."
    )
    history_from: Beginning = BEGINNING
    csat: Csat = Field(Csat(), description="How satisfaction surveys are read.")
    per_page: int = Field(100, ge=1, le=100, description="Rows asked for at once.")
    conversations_per_pass: int = Field(
        1000, ge=1, description="Of how many changed tickets one pass reads what was said; the rest waits for the next."
    )
