"""What the admin must tell us about a Zendesk account."""

from datetime import date
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from connectors.account import AccountSettings, Beginning
from connectors.secret import Secret
from connectors.settings import Email, Line, Section

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


class ZendeskSettings(AccountSettings):
    """One Zendesk account."""

    vendor_domain: ClassVar[str] = VENDOR_DOMAIN

    kind: Literal["zendesk"]
    base_url: str = Field(description="The account's address.", examples=["https://your-account.zendesk.com"])
    auth: Annotated[Auth, Field(discriminator="method")] = Field(description="How to sign in.")
    history_from: Beginning = BEGINNING
    talk: bool = Field(default=False, description="Read the calls of Zendesk Talk, where the account has it.")
    per_page: int = Field(1000, ge=1, le=1000, description="Rows asked for at once, where Zendesk allows so many.")
