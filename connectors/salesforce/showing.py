"""What our fields show on cases and users now, in our own kinds."""

from collections.abc import Iterator, Sequence

from connectors.base import Target
from connectors.salesforce.org import Org
from connectors.salesforce.setup import OBJECTS
from connectors.salesforce.soql import Query, whole_id
from connectors.salesforce.values import moment
from connectors.values import kind, remote_value
from kpi_engine.records import FieldValue


def shown(org: Org, target: Target, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, FieldValue]]]:
    """Yield what our fields show on some objects; one that is gone is left out."""
    names = org.account.names(target)
    kinds = (lambda _: "number") if target is Target.AGENT else kind
    for row in org.rows_among(Query(OBJECTS[target], ("Id", *names.values())), "Id", ids):
        values = {key: remote_value(kinds(key), row.get(name), moment) for key, name in names.items()}
        yield whole_id(str(row["Id"])), values
