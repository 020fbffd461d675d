"""What settled periods were settled with, and how tickets concern one another."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0002"
down_revision = "0001"

NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add contacts, settled readings and corrections, and have every ticket measured again: readings changed shape."""
    _create_contacts()
    _create_settled_readings()
    _create_corrections()
    _measure_everything_again()


def _words(*names: str, nullable: bool = False) -> list[SchemaItem]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _moments(*names: str, nullable: bool = False) -> list[SchemaItem]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _number(name: str) -> SchemaItem:
    return sa.Column(name, NUMBERED, primary_key=True, autoincrement=True)


def _create_contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("ticket_id", sa.Text(), primary_key=True),
        *_words("requester_id", nullable=True),
        *_moments("created_at"),
        *_words("merged_into", nullable=True),
        *_moments("merged_at", nullable=True),
        *_words("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_requester", "contact", ["connector", "requester_id", "created_at", "ticket_id"])
    merged = sa.column("merged_into", sa.Text()).is_not(None)
    op.create_index(
        "ix_contact_merged", "contact", ["connector", "merged_into"], sqlite_where=merged, postgresql_where=merged
    )


def _create_settled_readings() -> None:
    op.create_table(
        "settled_reading",
        _number("kept_id"),
        *_words("connector", "ticket_id"),
        *_moments("through", "differs_from", "differs_to", "kept_at"),
        *_words("body"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_settled_reading_differs", "settled_reading", ["connector", "differs_to", "differs_from"])


def _create_corrections() -> None:
    op.create_table(
        "correction",
        _number("correction_id"),
        *_words("connector", "period"),
        *_moments("period_start", "period_end", "as_of", "last_kept", "last_edition", "made_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_connector_correction_id", "correction", ["connector", "correction_id"])


def _measure_everything_again() -> None:
    op.execute("DELETE FROM reading_day")
    op.execute("DELETE FROM reading")
    op.execute("DELETE FROM stale")
    op.execute(
        "INSERT INTO stale (connector, ticket_id) "
        "SELECT DISTINCT connector, ticket_id FROM record WHERE kind = 'snapshot'"
    )
