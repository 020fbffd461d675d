"""Observations, what brought them, and what had been brought in when periods were settled."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and to corrections the last intake they let in."""
    _create_intakes()
    _create_observations()
    op.create_table(
        "settled_intake",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("intake", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("correction", sa.Column("last_intake", sa.BigInteger(), nullable=False, server_default=sa.text("0")))


def _create_intakes() -> None:
    op.create_table(
        "intake",
        sa.Column("intake_id", _NUMBERED, primary_key=True, autoincrement=True),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("counts", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )


def _create_observations() -> None:
    op.create_table(
        "observation",
        sa.Column("number", _NUMBERED, primary_key=True, autoincrement=True),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("account", sa.Text()),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_observation_at", "observation", ["connector", "kind", "at"])
    standing = sa.text("until IS NULL")
    op.create_index(
        "uq_observation_key",
        "observation",
        ["connector", "kind", "key"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
