"""Where everybody stood in the rewards of settled periods."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORDS = ("connector", "reward", "agent", "period", "kind", "standing")
_NUMBERS = ("period_start", "period_end", "place", "good", "ratings", "points", "recorded_as_of")
_UNIQUE = (
    *("connector", "reward", "agent", "period", "kind", "standing", "place", "good", "ratings", "points"),
    *("recorded_as_of", "correction"),
)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "award_entry",
        sa.Column("award_id", _NUMBERED, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _WORDS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
        sa.Column("team", sa.Text()),
        sa.Column("low", sa.Double()),
        *(sa.Column(name, sa.Text()) for name in ("money", "currency")),
        sa.Column("correction", _NUMBERED, nullable=False, server_default=sa.text("0")),
        sa.UniqueConstraint(*_UNIQUE, name="uq_award_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_award_entry_period", "award_entry", ["connector", "period"])
