"""Whose team's ticket a charge was about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("charge_entry", sa.Column("team", sa.Text()))
