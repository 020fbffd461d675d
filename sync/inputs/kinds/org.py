"""Who is in which team under whom, from when to when."""

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.misfits import out_of_order
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    agent_column,
    first_day_column,
    last_day_column,
    word_column,
)


class OrgRow(RowModel):
    """Where somebody stands from one day to another: team, lead, manager, country, tier."""

    agent_ref: Identity = agent_column()
    team: Identity = column("nhóm", "đội", example="tier-1")
    lead: Identity | None = word_column(
        "trưởng nhóm", example="lan@saomai.vn", about="The team's lead; default: the manager."
    )
    manager: Identity | None = word_column("quản lý", example="hoa@saomai.vn", about="The next level up.")
    country: Identity | None = word_column("quốc gia", "nước", example="VN", about="Where the person works.")
    tier: Identity | None = word_column("cấp", "bậc", example="1", about="The tier of support.")
    valid_from: Moment | None = first_day_column(
        example="2026-03-01", about="The first day; empty: from the beginning."
    )
    valid_to: Moment | None = last_day_column(
        example="2026-08-31", about="The last day, it included; empty: until further notice."
    )


def _misfit(values: Values) -> Message | None:
    return out_of_order(values, "valid_from", "valid_to")


KIND = Kind(
    name="org",
    title=message("the organization"),
    model=OrgRow,
    key=("agent_ref", "valid_from"),
    customer=None,
    ticket=None,
    misfit=_misfit,
    observed=False,
)
