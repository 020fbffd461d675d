"""What was announced to whom, and who acknowledged it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "announcement",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("external_id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("edition", "subject", "effective_on", "penalties")),
        sa.Column("announced_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("how", sa.Text()),
    )
