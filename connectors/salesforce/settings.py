"""What the admin must tell us about a Salesforce org."""

from datetime import date
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator, model_validator

from connectors.account import AccountSettings, Beginning, Exclude, Push
from connectors.secret import Secret
from connectors.settings import Email, Line, Section, UnfitError, each_once
from kpi_engine.message import message

VENDOR_DOMAIN = "salesforce.com"
BEGINNING = date(1999, 3, 8)
"""The day Salesforce was founded: before the first case there ever was."""

_SHARED_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
_FIELD_NAME = r"[A-Za-z][A-Za-z0-9_]{0,79}"

FieldName = Annotated[str, Field(pattern=f"^{_FIELD_NAME}$", examples=["CSAT__c"])]
"""The API name of a field."""


class ClientCredentials(Section):
    """Sign-in with an External Client App that runs as a user of its own: the way for servers."""

    method: Literal["oauth_client_credentials"]
    client_id: Line = Field(description="The app's consumer key.")
    client_secret: Secret = Field(description="Where the app's consumer secret is kept.")


class JwtBearer(Section):
    """Sign-in with a certificate: the app trusts it, and a user who was approved beforehand is signed in."""

    method: Literal["oauth_jwt_bearer"]
    client_id: Line = Field(description="The app's consumer key.")
    username: Email = Field(description="The integration user's username.")
    private_key: Secret = Field(description="Where the private key (PEM) of the certificate is kept.")
    audience: Line | None = Field(
        None,
        description="Who the assertion is for; default: login.salesforce.com, test.salesforce.com for a sandbox.",
    )


Auth: TypeAlias = ClientCredentials | JwtBearer


CallResult: TypeAlias = Literal["answered", "no_answer", "busy", "voicemail", "missed", "abandoned_queue"]


def _two_ends(scale: tuple[float, float]) -> tuple[float, float]:
    if scale[0] >= scale[1]:
        raise UnfitError(message("a scale goes from its worst to its best number"))
    return scale


Scale = Annotated[tuple[float, float], AfterValidator(_two_ends), Field(examples=[[1, 5]])]


class Csat(Section):
    """Where customers' ratings stand: in a field of the case, or in the answers to one question of a survey."""

    field: FieldName | None = Field(None, description="The API name of the case's field that holds the score.")
    survey_question: Line | None = Field(
        None, description="The id of the survey question whose answers are the scores, instead of a field."
    )
    scale: Scale = Field(description="The worst and the best score.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Csat":
        if (self.field is None) == (self.survey_question is None):
            raise UnfitError(
                message("say either {every} or {cron}", every="field", cron="survey_question"),
            )
        return self


class SalesforceSettings(AccountSettings):
    """One Salesforce org with Service Cloud."""

    vendor_domain: ClassVar[str] = VENDOR_DOMAIN

    kind: Literal["salesforce"]
    base_url: str = Field(
        description="The org's own address (My Domain).", examples=["https://your-company.my.salesforce.com"]
    )
    auth: Annotated[Auth, Field(discriminator="method")] = Field(description="How to sign in.")
    history_from: Beginning = BEGINNING
    rate_limit_share: float = Field(
        0.5, gt=0, le=1, description="The part of the org's daily API requests we may use; other tools need the rest."
    )
    exclude: Exclude = Field(Exclude(), description="Cases that count nowhere; forms are record types.")
    api_version: str = Field(
        "62.0", pattern=r"^[1-9][0-9]\.0$", description="The version of the API that is spoken; 62.0 or later."
    )
    csat: Csat | None = Field(None, description="Where ratings stand; Salesforce has no field of its own for them.")
    priorities: dict[str, Literal["low", "normal", "high", "urgent"]] = Field(
        {}, description="What the org's priorities mean, beyond Low, Medium, High, Critical and Urgent."
    )
    holidays: Annotated[tuple[Line, ...], AfterValidator(each_once)] = Field(
        (),
        description="Names of the org's holidays that close every business hours; Salesforce does not tell which "
        "holidays belong to which.",
    )
    create_fields: bool = Field(
        default=False,
        description="Let the setup create custom fields itself; default: the admin deploys the package that "
        "`setup --package` writes.",
    )
    calls: Literal["voice_call", "task"] | None = Field(
        None,
        description="Read phone calls: those of Salesforce Voice (voice_call), or those that a telephone integration "
        "logs as tasks (task); one of both, so that no call counts twice.",
    )
    call_results: dict[str, CallResult] = Field(
        {},
        description="What the results of calls logged as tasks mean, beyond No Answer, Busy, Voicemail, Missed and "
        "Abandoned; any other result counts as answered, unless the call took 0 seconds.",
    )
    agent_work: bool = Field(
        default=False,
        description="Read how long agents had each work item of Omni-Channel open and, beside `calls: voice_call`, "
        "which calls rang at an agent's in vain.",
    )
    bulk_above: int = Field(
        20_000, ge=0, description="How many rows are still read page by page; more come through a bulk job."
    )

    @field_validator("push")
    @classmethod
    def _without_tags(cls, push: Push) -> Push:
        if "add_tags" in push.escalations.allow:
            place = push.escalations.allow.index("add_tags")
            told = message("Salesforce has no tags: {effect} can do nothing there", effect="add_tags")
            raise UnfitError(
                told,
                message("leave it out; a note, a priority and a handover can be had"),
                ("escalations", "allow", place),
            )
        return push

    @field_validator("base_url")
    @classmethod
    def _own_address(cls, address: str) -> str:
        if address.removeprefix("https://") in _SHARED_HOSTS:
            raise UnfitError(
                message("signing in for a server needs the org's own address"),
                message("https://your-company.my.salesforce.com, from Setup under My Domain"),
            )
        return address

    @field_validator("api_version")
    @classmethod
    def _spoken_version(cls, version: str) -> str:
        if float(version) < OLDEST_VERSION:
            raise UnfitError(message("this version of the API is too old"), message("62.0 or later"))
        return version


OLDEST_VERSION = 62.0
