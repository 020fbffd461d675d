"""Which of a platform's fields or tags carries a meaning that figures need, by connector."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from config.problems import one_of
from connectors.settings import Identifier, Line, Section, UnfitError
from kpi_engine.message import message

_NEARLY = 0.75
"""How like a known name another must be to be taken for a slip."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_YES_OR_NO = frozenset({"complaint", "warranty"})


class FieldMeaning(Section):
    """The platform's field or tag that carries a meaning; a ticket with the tag needs no field."""

    field: Identifier | None = Field(None, description="The field's id on the helpdesk.")
    tag: Line | None = Field(None, description="A tag that says so.")
    values: dict[str, Line] = Field({}, description="What the field's values, or the tag, are called in figures.")

    @model_validator(mode="after")
    def _carried(self) -> "FieldMeaning":
        if self.field is None and self.tag is None:
            raise UnfitError(message("say {field}, {tag} or both", field="field", tag="tag"))
        return self


class AgentMeaning(Section):
    """The platform's field that names an agent; a tag cannot."""

    field: Identifier = Field(description="The field's id on the helpdesk.")
    values: dict[str, Identifier] = Field({}, description="Which agent's id the field's values stand for.")


MeaningByConnector: TypeAlias = dict[str, FieldMeaning]


class Fields(Section):
    """What a helpdesk's fields or tags mean, by connector name; any other name is one of your own, for policies."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, MeaningByConnector] = Field(init=False)

    complaint: MeaningByConnector = Field({}, description="Says that the ticket is a complaint.")
    complaint_cause: MeaningByConnector = Field({}, description="What the customer complains about.")
    responsible_agent: dict[str, AgentMeaning] = Field({}, description="Whom a complaint is about.")
    topic: MeaningByConnector = Field({}, description="What the ticket is about: tells a repeat from a new matter.")
    severity: MeaningByConnector = Field({}, description="How grave it is.")
    segment: MeaningByConnector = Field({}, description="What kind of customer asks.")
    warranty: MeaningByConnector = Field({}, description="Says that it is a warranty case.")
    language: MeaningByConnector = Field({}, description="In which language the customer writes.")
    root_cause: MeaningByConnector = Field({}, description="What an investigation found.")
    impact: MeaningByConnector = Field({}, description="Who is hit, for the matrix of severities in the policies.")
    urgency: MeaningByConnector = Field({}, description="How soon it hurts, for the same.")

    @model_validator(mode="after")
    def _own_names(self) -> "Fields":
        for name in self.__pydantic_extra__ or ():
            if get_close_matches(name, Fields.model_fields, n=1, cutoff=_NEARLY) or not _NAME.fullmatch(name):
                raise UnfitError(message("there is no such key"), one_of(Fields.model_fields, name), (name,))
        return self


def meaning_documents(fields: Fields, connector: str) -> dict[str, dict[str, object]]:
    """Return the carriers of one connector's meanings as the engine reads them."""
    return {name: _document(name, meant[connector]) for name, meant in fields if connector in meant}


def mapped_fields(fields: Fields, connector: str) -> dict[str, list[str]]:
    """Return, by the platform's field id, the names of the meanings it carries on one connector."""
    carried: dict[str, list[str]] = {}
    for name, document in meaning_documents(fields, connector).items():
        if document["field"] is not None:
            carried.setdefault(str(document["field"]), []).append(name)
    return carried


def watched_fields(fields: Fields, exempting: Iterable[str], connector: str) -> dict[str, list[str]]:
    """Return the same with the fields that exempt, all by the keys of the configuration that name them."""
    carried = {field: [f"fields.{name}" for name in names] for field, names in mapped_fields(fields, connector).items()}
    for field in exempting:
        carried.setdefault(field, []).append(f"exemptions.{connector}.fields")
    return carried


def _document(name: str, carrier: FieldMeaning | AgentMeaning) -> dict[str, object]:
    tag = carrier.tag if isinstance(carrier, FieldMeaning) else None
    return {"field": carrier.field, "tag": tag, "values": {**_called(name, tag), **carrier.values}}


def _called(name: str, tag: str | None) -> Mapping[str, str]:
    """Return what a tag is called in figures: itself, unless it only says yes."""
    return {tag: tag} if tag is not None and name not in _YES_OR_NO else {}
