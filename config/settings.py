"""The whole configuration as one unchangeable object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, PrivateAttr

from config.benchmarks import BenchmarkSettings
from config.calendars import Calendars, Zone
from config.exemptions import Exemptions
from config.indicators import IndicatorSettings, Value, indicators_schema, parameters
from config.inputs import Inputs
from config.meanings import Fields, watched_fields
from config.planned import Months, Team
from config.policies import PolicyDocument
from config.problems import Document
from config.scorecards import Role, Scorecard
from config.store import DEFAULT_STORE, Store
from config.targets import TargetSettings
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.salesforce.settings import SalesforceSettings
from connectors.settings import Duration, Identifier, Key, Line, Section, UnfitError
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.message import message

ConnectorSettings: TypeAlias = ZendeskSettings | FreshdeskSettings | SalesforceSettings
"""The settings of any helpdesk this version serves, told apart by `kind`."""

STARTER = "starter/by-priority"
PLATFORM = "platform"
_WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings were read from: the file's places, its folder, and the environment for references."""

    folder: Path = field(default_factory=Path)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    document: Document = field(default_factory=lambda: Document("configuration", {}), repr=False)

    def context(self) -> dict[str, object]:
        """Return what validators need to know beside the values."""
        return {"folder": self.folder, "environ": self.environ, "origin": self}


Meaning: TypeAlias = Literal["new", "open", "pending", "hold", "solved", "closed"]


def _account_id(text: str) -> str:
    if "@" in text:
        raise UnfitError(message("this is no account id"), message("the helpdesk's id of the account"))
    return text


class AgentSettings(Section):
    """A person and their accounts, where the helpdesks do not tell it."""

    name: Line
    accounts: dict[str, Identifier] = Field(min_length=1, description="The person's id on each connector, by name.")
    team: Line | None = Field(None, description="The person's team; default: the ticket's group.")


class Privacy(Section):
    """Who may see what, and for how long it is kept."""

    individual: Literal["off", "self", "self_and_lead", "all"] = "self_and_lead"
    ranking: Literal["off", "lead"] = "off"
    visible_to_all_agents: bool = Field(
        default=False, description="Make individual summary tickets although other agents could read them."
    )
    retention: Months = "25 months"


class Settings(Section):
    """The configuration of helpdesk-kpi."""

    version: Literal[1]
    organization: Line = Field(description="The name shown on reports.")
    timezone: Zone = Field(description="The report time zone: periods begin and end in it.")
    language: Literal["vi", "en"] = Field("en", description="The language of reports, tickets and messages.")
    store: Store = Field(
        DEFAULT_STORE, description="The database's address; a relative SQLite file is next to the configuration."
    )
    connectors: tuple[Annotated[ConnectorSettings, Field(discriminator="kind")], ...] = Field(
        min_length=1, description="The helpdesk accounts."
    )
    agents: tuple[AgentSettings, ...] = Field((), description="Who is who, and in which team.")
    statuses: dict[str, dict[str, Meaning]] = Field(
        {},
        description="By connector: what the platform's statuses, and the account's own by label or id, mean, where the "
        "shipped meaning does not fit.",
    )
    bots: tuple[Annotated[Identifier, AfterValidator(_account_id)], ...] = Field(
        (), description="Ids of accounts that are no people, beyond those the platform marks."
    )
    teams: dict[str, Team | tuple[Team, ...]] = Field(
        {}, description="Lead, manager, country, tier and time zone of teams; a list where they changed at some day."
    )
    fields: Fields = Field(Fields(), description="What the platforms' fields and tags mean.")
    calendars: Calendars = Field(Calendars(), description="Opening hours; default: the platform's own.")
    policies: Annotated[str, Field(min_length=1)] | PolicyDocument = Field(
        STARTER,
        description="A starter pack, a file, or the document itself; `platform` for the account's own SLAs.",
    )
    indicators: dict[Key, IndicatorSettings] = Field(
        {}, description="On, off and parameters, by the indicator's key.", json_schema_extra=indicators_schema()
    )
    targets: tuple[TargetSettings, ...] = Field((), description="What was agreed for indicators.")
    benchmarks: tuple[BenchmarkSettings, ...] = Field((), description="What others reach, beside figures and targets.")
    scorecards: dict[Role, Scorecard] = Field({}, description="What counts for each role, and how much.")
    inputs: Inputs = Field(Inputs(), description="CSV files of calls, costs, reviews and the like.")
    exemptions: dict[str, Exemptions] = Field(
        {}, description="By connector: tags and fields by which approvers exempt a ticket's clock or rating."
    )
    appeal: Duration = Field(
        _WEEK,
        description="How long an agent may dispute after a period ends.",
        json_schema_extra={"default": "7 days"},
    )
    privacy: Privacy = Field(Privacy(), description="Who may see what.")

    _origin: Origin = PrivateAttr(default_factory=Origin)

    def model_post_init(self, context: object, /) -> None:
        """Remember where the settings came from, for problems that only show later."""
        if isinstance(context, Mapping) and isinstance(context.get("origin"), Origin):
            self._origin = context["origin"]

    @property
    def origin(self) -> Origin:
        """Where the settings were read from."""
        return self._origin

    def watched_fields(self, connector: str) -> dict[str, list[str]]:
        """Return the fields of a helpdesk whose values and changes are needed, each with the keys that name it."""
        given = self.exemptions.get(connector)
        return watched_fields(self.fields, given.fields if given is not None else (), connector)

    @property
    def team_versions(self) -> dict[str, list[Team]]:
        """What is said of each team, the earliest first."""
        listed = {name: [told] if isinstance(told, Team) else list(told) for name, told in self.teams.items()}
        return {name: sorted(told, key=lambda each: each.since or date.min) for name, told in listed.items()}

    @property
    def off(self) -> frozenset[str]:
        """The keys of the indicators that are not wanted."""
        return frozenset(key for key, chosen in self.indicators.items() if not chosen.on)

    @property
    def parameters(self) -> dict[str, dict[str, Value]]:
        """The parameters given, by indicator and name, durations in seconds."""
        return parameters(self.indicators)
