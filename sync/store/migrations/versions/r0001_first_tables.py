"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None

NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table of the first version."""
    _create_passes()
    _create_evidence()
    _create_readings()
    _create_outbox()
    _create_what_was_shown()


def _key(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, sa.Text(), primary_key=True) for name in names]


def _words(*names: str, nullable: bool = False) -> list[SchemaItem]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[SchemaItem]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _flags(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _pass_id(table: str) -> list[SchemaItem]:
    reference = sa.ForeignKeyConstraint(["pass_id"], ["pass.pass_id"], name=f"fk_{table}_pass_id")
    return [sa.Column("pass_id", NUMBERED), reference]


def _clustered(name: str, *columns: SchemaItem) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def _numbered(name: str, number: str, *columns: SchemaItem) -> None:
    first = sa.Column(number, NUMBERED, primary_key=True, autoincrement=True)
    op.create_table(name, first, *columns, sqlite_autoincrement=True)


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, columns)


def _partial_index(name: str, columns: list[str], where: sa.ColumnElement[bool], *, unique: bool = False) -> None:
    table = name.split("_")[1]
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _create_passes() -> None:
    op.create_table(
        "pass_lock",
        *_key("connector"),
        *_numbers("fence"),
        *_flags("held"),
        *_words("host"),
        *_numbers("pid", "started", "since", "heartbeat"),
    )
    _numbered(
        "pass",
        "pass_id",
        *_words("connector", "mode", "state"),
        *_numbers("as_of", nullable=True),
        *_words("counts"),
        *_numbers("began_at"),
        *_numbers("ended_at", nullable=True),
    )
    _index("ix_pass_connector_pass_id", "pass", "connector", "pass_id")
    op.create_table(
        "cursor",
        *_key("connector", "stream"),
        *_words("cursor", nullable=True),
        *_numbers("complete_through", nullable=True),
        *_numbers("saved_at"),
    )
    op.create_table("switch", *_key("connector", "key"), *_words("value"))


def _create_evidence() -> None:
    _clustered(
        "record", *_key("connector", "ticket_id", "kind", "key"), *_numbers("version"), *_words("digest", "body")
    )
    _clustered("stale", *_key("connector", "ticket_id"))
    op.create_table("account_record", *_key("connector", "stream", "key"), *_words("body"), *_flags("seen", "gone"))
    _numbered(
        "edition",
        "edition_id",
        *_words("connector", "kind", "key"),
        *_numbers("valid_from", nullable=True),
        *_words("digest", "body"),
    )
    _index("ix_edition_connector_kind_key_edition_id", "edition", "connector", "kind", "key", "edition_id")
    _numbered(
        "quarantine",
        "quarantine_id",
        *_words("connector", "stream", "digest", "body"),
        *_pass_id("quarantine"),
        *_numbers("first_seen_at", "last_seen_at"),
        sa.UniqueConstraint("connector", "stream", "digest", name="uq_quarantine_connector_stream_digest"),
    )


def _create_readings() -> None:
    op.create_table(
        "reading",
        *_key("connector", "ticket_id"),
        *_numbers("wake_at", "held_from", "held_to", nullable=True),
        *_flags("unplanned"),
        *_numbers("measured_at"),
        *_words("live", "body"),
    )
    _index("ix_reading_wake_at", "reading", "connector", "wake_at", "ticket_id")
    _index("ix_reading_held", "reading", "connector", "held_to", "held_from", "ticket_id")
    _partial_index("ix_reading_unplanned", ["connector", "ticket_id"], sa.column("unplanned").is_(True))
    day = sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False)
    _clustered("reading_day", *_key("connector"), day, *_key("ticket_id"))
    _index("ix_reading_day_connector_ticket_id", "reading_day", "connector", "ticket_id")


def _create_outbox() -> None:
    _numbered(
        "change",
        "change_id",
        *_words("connector", "key", "target", "target_id", "values", "previous", "why"),
        *_numbers("urgency"),
        *_words("state"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *_numbers("not_before", nullable=True),
        *_words("job", "reason", nullable=True),
        *_flags("closed"),
        *_words("remote_id", nullable=True),
        *_pass_id("change"),
        *_numbers("created_at", "changed_at"),
        *_words("summary", nullable=True),
    )
    _index("ix_change_state", "change", "connector", "state", "target", "urgency")
    _index("ix_change_object", "change", "connector", "target", "target_id", "state")
    _partial_index("uq_change_key", ["connector", "key"], sa.column("state", sa.Text()) != "superseded", unique=True)
    _clustered(
        "delivered_value",
        *_key("connector", "target", "target_id", "field"),
        *_words("value"),
        *_numbers("delivered_at"),
    )
    op.create_table(
        "remote_field",
        *_key("connector", "target", "key"),
        *_words("remote_id", "value_kind"),
        *_numbers("saved_at"),
    )


def _create_what_was_shown() -> None:
    op.create_table(
        "summary",
        *_key("external_id"),
        *_words("connector", "scope", "subject", "period"),
        *_numbers("period_start", "period_end"),
        *_words("remote_id", nullable=True),
        *_words("state"),
        *_numbers("created_at", nullable=True),
    )
    _index("ix_summary_connector_remote_id", "summary", "connector", "remote_id")
    cell = ("connector", "period", "indicator", "scope", "subject", "as_of", "editions")
    _numbered(
        "published_cell",
        "cell_id",
        *_words("connector", "indicator", "scope", "subject", "period"),
        sa.Column("value", sa.Double()),
        *_numbers("n"),
        sa.Column("low", sa.Double()),
        sa.Column("high", sa.Double()),
        *_numbers("as_of"),
        *_words("editions"),
        sa.UniqueConstraint(*cell, name="uq_published_cell"),
    )
    entry = ("connector", "ticket_id", "clock", "instance", "step", "kind", "at", "recorded_as_of", "edition")
    _numbered(
        "ledger_entry",
        "entry_id",
        *_words("connector", "ticket_id", "clock"),
        *_numbers("instance"),
        *_words("step"),
        sa.Column("level", sa.Integer(), nullable=False),
        *_words("kind"),
        *_numbers("at", "recorded_as_of"),
        *_words("agent", "team", nullable=True),
        *_words("edition"),
        sa.UniqueConstraint(*entry, name="uq_ledger_entry"),
    )
