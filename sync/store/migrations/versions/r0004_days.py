"""What readings say about each day, told by a number."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the number, 0 until a ticket is measured again."""
    op.add_column("reading_day", sa.Column("digest", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
