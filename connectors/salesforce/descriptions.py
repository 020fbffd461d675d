"""What Salesforce tells about its objects, its deletions and our writes, beside the rows of queries."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from connectors.salesforce.payloads import Id, OptionalId
from connectors.scalars import Instant, OptionalText, Text


class Meta(BaseModel):
    """What Salesforce tells about its objects and our writes."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class Choice(Meta):
    """A value of a picklist."""

    value: Text
    active: bool = True


class FieldDescription(Meta):
    """A field as `describe` tells it, as far as we may see it."""

    name: Text
    label: Text = ""
    type: Text = ""
    length: int = 0
    scale: int = 0
    updateable: bool = False
    external_id: bool = False
    unique: bool = False
    inline_help_text: OptionalText = None
    picklist_values: list[Choice] = []

    @property
    def choices(self) -> list[str]:
        """The values that may be chosen, by API name."""
        return [each.value for each in self.picklist_values if each.active]


class RecordTypeInfo(Meta):
    """A record type as `describe` tells it."""

    record_type_id: OptionalId = None
    name: Text = ""
    active: bool = True
    master: bool = False


class Description(Meta):
    """An object as `describe` tells it."""

    name: Text
    key_prefix: OptionalText = None
    fields: list[FieldDescription] = []
    record_type_infos: list[RecordTypeInfo] = []


class Deleted(Meta):
    """A record that was deleted, whether or not it is in the bin still."""

    id: Id
    deleted_date: Instant


class Saved(Meta):
    """What became of one record that was written."""

    id: OptionalId = None
    success: bool = False
    errors: list[object] = []
