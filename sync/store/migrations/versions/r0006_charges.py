"""What settled periods came to under penalties, and the ledger in order of time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORDS = ("connector", "penalty", "scope", "subject", "period")
_NUMBERS = ("points", "late", "goal", "volume", "allowed", "counted")
_UNIQUE = (
    *("connector", "penalty", "scope", "subject", "period", "ticket_id", "clock", "at", "kind", "points"),
    *("finding", "recorded_as_of", "correction"),
)


def upgrade() -> None:
    """Add the table and the index."""
    op.create_table(
        "charge_entry",
        sa.Column("charge_id", _NUMBERED, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _WORDS),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "ticket_id", "clock")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("policy", "edition", "shares")),
        sa.Column("recorded_as_of", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("money", "currency")),
        sa.Column("correction", _NUMBERED, nullable=False, server_default=sa.text("0")),
        sa.UniqueConstraint(*_UNIQUE, name="uq_charge_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_charge_entry_period", "charge_entry", ["connector", "period"])
    op.create_index("ix_ledger_entry_at", "ledger_entry", ["connector", "at"])
