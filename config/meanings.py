"""Which of a platform's fields or tags carries a meaning that figures need, by connector."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pydantic import Field, model_validator

from connectors.settings import Identifier, Line, Section, UnfitError
from kpi_engine.message import message

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
    """What a helpdesk's fields or tags mean, each by connector name."""

    complaint: MeaningByConnector = Field({}, description="Says that the ticket is a complaint.")
    complaint_cause: MeaningByConnector = Field({}, description="What the customer complains about.")
    responsible_agent: dict[str, AgentMeaning] = Field({}, description="Whom a complaint is about.")
    topic: MeaningByConnector = Field({}, description="What the ticket is about: tells a repeat from a new matter.")
    severity: MeaningByConnector = Field({}, description="How grave it is.")
    segment: MeaningByConnector = Field({}, description="What kind of customer asks.")
    warranty: MeaningByConnector = Field({}, description="Says that it is a warranty case.")
    language: MeaningByConnector = Field({}, description="In which language the customer writes.")
    root_cause: MeaningByConnector = Field({}, description="What an investigation found.")


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
