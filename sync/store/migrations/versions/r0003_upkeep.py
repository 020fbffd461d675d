"""The lives of summary tickets, findings about our fields, and what can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and tables of summaries' states and of findings."""
    _add_to_summaries()
    _create_duplicates()
    _create_served_periods()
    _create_findings()
    _create_installed()


def _add_to_summaries() -> None:
    for column in (
        sa.Column("correction", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("shown", sa.Text()),
        sa.Column("unwritable", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("look_again_at", sa.BigInteger()),
    ):
        op.add_column("summary", column)


def _create_duplicates() -> None:
    op.create_table(
        "summary_duplicate",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("remote_id", sa.Text(), primary_key=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
    )


def _create_served_periods() -> None:
    op.create_table(
        "served_period",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("period", sa.Text(), primary_key=True),
        sa.Column("stamp", sa.Text(), nullable=False),
    )


def _create_findings() -> None:
    op.create_table(
        "finding",
        *(
            sa.Column(name, sa.Text(), primary_key=True)
            for name in ("connector", "what", "target", "target_id", "field")
        ),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("told", sa.Text()),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("over_at", sa.BigInteger()),
        sqlite_with_rowid=False,
    )


def _create_installed() -> None:
    op.create_table(
        "installed",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
