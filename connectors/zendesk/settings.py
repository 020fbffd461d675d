"""What the admin must tell us about a Zendesk account."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from connectors.account import Exclude, Push, Schedule
from connectors.address import checked_base_url
from connectors.secret import Secret
from connectors.settings import Day, Email, FilePath, Line, Section, Slug

VENDOR_DOMAIN = "zendesk.com"
BEGINNING = date(2000, 1, 1)
"""Before the first Zendesk ticket there ever was."""


class ClientCredentials(Section):
    """Sign-in with an OAuth client of the account: the way Zendesk recommends for integrations."""

    method: Literal["oauth_client_credentials"]
    client_id: Line = Field(description="The OAuth client's unique identifier.")
    client_secret: Secret = Field(description="Where the OAuth client's secret is kept.")


class ApiToken(Section):
    """Sign-in with an agent's e-mail address and an API token, which Zendesk is retiring."""

    method: Literal["api_token"]
    email: Email = Field(description="The agent the token acts as.")
    token: Secret = Field(description="Where the API token is kept.")


class Bearer(Section):
    """Sign-in with an OAuth access token obtained elsewhere."""

    method: Literal["bearer"]
    token: Secret = Field(description="Where the access token is kept.")


Auth: TypeAlias = ClientCredentials | ApiToken | Bearer


class ZendeskSettings(Section):
    """One Zendesk account."""

    name: Slug = Field(description="Unique and stable: it is part of every stored key.")
    kind: Literal["zendesk"]
    trusted_host: bool = Field(
        default=False, description="Allow a base_url outside zendesk.com; plain http for a loopback address only."
    )
    base_url: str = Field(description="The account's address.", examples=["https://your-account.zendesk.com"])
    auth: Annotated[Auth, Field(discriminator="method")] = Field(description="How to sign in.")
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
    talk: bool = Field(default=False, description="Read the calls of Zendesk Talk, where the account has it.")
    per_page: int = Field(1000, ge=1, le=1000, description="Rows asked for at once, where Zendesk allows so many.")

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, address: str, info: ValidationInfo) -> str:
        return checked_base_url(address, VENDOR_DOMAIN, trusted_host=info.data.get("trusted_host", False))
