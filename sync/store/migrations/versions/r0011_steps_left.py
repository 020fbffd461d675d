"""Which steps of escalations did nothing on their tickets, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "step_left",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("step_key", sa.Text(), primary_key=True),
        sa.Column("ticket_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_as_of", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_step_left_at", "step_left", ["connector", "at"])
