"""The store's tables; the migrations create them, and a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=NAMING)

# Instants are seconds since 1970 UTC, beyond 32 bits after 2038. SQLite numbers rows only for a plain INTEGER.
MOMENT = BigInteger
NUMBERED = BigInteger().with_variant(Integer(), "sqlite")


def _number(name: str) -> Column[int]:
    return Column(name, NUMBERED, primary_key=True, autoincrement=True)


def _part_of_key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _moment(name: str) -> Column[int]:
    return Column(name, MOMENT, nullable=False)


PASS_LOCK = Table(
    "pass_lock",
    METADATA,
    _part_of_key("connector"),
    _moment("fence"),
    Column("held", Boolean, nullable=False),
    _words("host"),
    _moment("pid"),
    _moment("started"),
    _moment("since"),
    _moment("heartbeat"),
)

PASS = Table(
    "pass",
    METADATA,
    _number("pass_id"),
    _words("connector"),
    _words("mode"),
    _words("state"),
    Column("as_of", MOMENT),
    _words("counts"),
    _moment("began_at"),
    Column("ended_at", MOMENT),
    Index(None, "connector", "pass_id"),
    sqlite_autoincrement=True,
)

CURSOR = Table(
    "cursor",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("stream"),
    Column("cursor", Text),
    Column("complete_through", MOMENT),
    _moment("saved_at"),
)

# Clustered by ticket: a history is read in one stretch.
RECORD = Table(
    "record",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("ticket_id"),
    _part_of_key("kind"),
    _part_of_key("key"),
    _moment("version"),
    _words("digest"),
    _words("body"),
    sqlite_with_rowid=False,
)

STALE = Table("stale", METADATA, _part_of_key("connector"), _part_of_key("ticket_id"), sqlite_with_rowid=False)

ACCOUNT_RECORD = Table(
    "account_record",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("stream"),
    _part_of_key("key"),
    _words("body"),
    Column("seen", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False),
)

EDITION = Table(
    "edition",
    METADATA,
    _number("edition_id"),
    _words("connector"),
    _words("kind"),
    _words("key"),
    Column("valid_from", MOMENT),
    _words("digest"),
    _words("body"),
    Index(None, "connector", "kind", "key", "edition_id"),
    sqlite_autoincrement=True,
)

READING = Table(
    "reading",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("ticket_id"),
    Column("wake_at", MOMENT),
    Column("held_from", MOMENT),
    Column("held_to", MOMENT),
    Column("unplanned", Boolean, nullable=False),
    _moment("measured_at"),
    _words("live"),
    _words("body"),
    Index("ix_reading_wake_at", "connector", "wake_at", "ticket_id"),
    Index("ix_reading_held", "connector", "held_to", "held_from", "ticket_id"),
)
# Few rows of many: such an index holds only those.
_UNPLANNED = READING.c.unplanned.is_(True)
Index(
    "ix_reading_unplanned",
    READING.c.connector,
    READING.c.ticket_id,
    sqlite_where=_UNPLANNED,
    postgresql_where=_UNPLANNED,
)

READING_DAY = Table(
    "reading_day",
    METADATA,
    _part_of_key("connector"),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _part_of_key("ticket_id"),
    Column("digest", BigInteger, nullable=False, server_default=text("0")),
    Index(None, "connector", "ticket_id"),
    sqlite_with_rowid=False,
)

# How tickets concern one another: who asked, when, and what a ticket was merged into.
CONTACT = Table(
    "contact",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("ticket_id"),
    Column("requester_id", Text),
    _moment("created_at"),
    Column("merged_into", Text),
    Column("merged_at", MOMENT),
    _words("digest"),
    Index("ix_contact_requester", "connector", "requester_id", "created_at", "ticket_id"),
    sqlite_with_rowid=False,
)
_MERGED = CONTACT.c.merged_into.is_not(None)
Index(
    "ix_contact_merged",
    CONTACT.c.connector,
    CONTACT.c.merged_into,
    sqlite_where=_MERGED,
    postgresql_where=_MERGED,
)

# What a reading was before a late change: figures of settled periods are still made of it.
SETTLED_READING = Table(
    "settled_reading",
    METADATA,
    _number("kept_id"),
    _words("connector"),
    _words("ticket_id"),
    _moment("through"),
    _moment("differs_from"),
    _moment("differs_to"),
    _moment("kept_at"),
    _words("body"),
    Index("ix_settled_reading_differs", "connector", "differs_to", "differs_from"),
    sqlite_autoincrement=True,
)

CORRECTION = Table(
    "correction",
    METADATA,
    _number("correction_id"),
    _words("connector"),
    _words("period"),
    _moment("period_start"),
    _moment("period_end"),
    _moment("as_of"),
    _moment("last_kept"),
    _moment("last_edition"),
    _moment("made_at"),
    Column("last_intake", MOMENT, nullable=False, server_default=text("0")),
    Index(None, "connector", "correction_id"),
    sqlite_autoincrement=True,
)

CHANGE = Table(
    "change",
    METADATA,
    _number("change_id"),
    _words("connector"),
    _words("key"),
    _words("target"),
    _words("target_id"),
    _words("values"),
    _words("previous"),
    _words("why"),
    Column("urgency", BigInteger, nullable=False),
    _words("state"),
    Column("attempts", Integer, nullable=False),
    Column("not_before", MOMENT),
    Column("job", Text),
    Column("reason", Text),
    Column("closed", Boolean, nullable=False),
    Column("remote_id", Text),
    Column("pass_id", NUMBERED, ForeignKey(PASS.c.pass_id)),
    _moment("created_at"),
    _moment("changed_at"),
    Column("summary", Text),
    Index("ix_change_state", "connector", "state", "target", "urgency"),
    Index("ix_change_object", "connector", "target", "target_id", "state"),
    sqlite_autoincrement=True,
)
# What was superseded may be wanted again.
_WANTED = CHANGE.c.state != "superseded"
Index(
    "uq_change_key",
    CHANGE.c.connector,
    CHANGE.c.key,
    unique=True,
    sqlite_where=_WANTED,
    postgresql_where=_WANTED,
)

DELIVERED_VALUE = Table(
    "delivered_value",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("target"),
    _part_of_key("target_id"),
    _part_of_key("field"),
    _words("value"),
    _moment("delivered_at"),
    sqlite_with_rowid=False,
)

REMOTE_FIELD = Table(
    "remote_field",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("target"),
    _part_of_key("key"),
    _words("remote_id"),
    _words("value_kind"),
    _moment("saved_at"),
)

SUMMARY = Table(
    "summary",
    METADATA,
    _part_of_key("external_id"),
    _words("connector"),
    _words("scope"),
    _words("subject"),
    _words("period"),
    _moment("period_start"),
    _moment("period_end"),
    Column("remote_id", Text),
    _words("state"),
    Column("created_at", MOMENT),
    Column("correction", Integer, nullable=False, server_default=text("0")),
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("shown", Text),
    Column("unwritable", Boolean, nullable=False, server_default=false()),
    Column("look_again_at", MOMENT),
    Index(None, "connector", "remote_id"),
)

# Tickets that a creation made twice: ours too, and to be closed.
DUPLICATE = Table(
    "summary_duplicate",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("remote_id"),
    _words("external_id"),
    _moment("found_at"),
)

SERVED_PERIOD = Table(
    "served_period",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("scope"),
    _part_of_key("period"),
    _words("stamp"),
)

PUBLISHED_CELL = Table(
    "published_cell",
    METADATA,
    _number("cell_id"),
    _words("connector"),
    _words("indicator"),
    _words("scope"),
    _words("subject"),
    _words("period"),
    Column("value", Double),
    Column("n", BigInteger, nullable=False),
    Column("low", Double),
    Column("high", Double),
    _moment("as_of"),
    _words("editions"),
    UniqueConstraint(
        "connector", "period", "indicator", "scope", "subject", "as_of", "editions", name="uq_published_cell"
    ),
    sqlite_autoincrement=True,
)

LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    _number("entry_id"),
    _words("connector"),
    _words("ticket_id"),
    _words("clock"),
    Column("instance", BigInteger, nullable=False),
    _words("step"),
    Column("level", Integer, nullable=False),
    _words("kind"),
    _moment("at"),
    _moment("recorded_as_of"),
    Column("agent", Text),
    Column("team", Text),
    _words("edition"),
    UniqueConstraint(
        "connector",
        "ticket_id",
        "clock",
        "instance",
        "step",
        "kind",
        "at",
        "recorded_as_of",
        "edition",
        name="uq_ledger_entry",
    ),
    Index("ix_ledger_entry_at", "connector", "at"),
    sqlite_autoincrement=True,
)

# Rules told to an agent by a ticket of ours, and whether he said that he has read them.
ANNOUNCEMENT = Table(
    "announcement",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("external_id"),
    _words("edition"),
    _words("subject"),
    _words("effective_on"),
    _words("penalties"),
    _moment("announced_at"),
    Column("acknowledged_at", MOMENT),
    Column("how", Text),
)

# What settled periods came to: appended to, by settling and by corrections.
CHARGE_ENTRY = Table(
    "charge_entry",
    METADATA,
    _number("charge_id"),
    _words("connector"),
    _words("penalty"),
    _words("scope"),
    _words("subject"),
    _words("period"),
    _moment("period_start"),
    _moment("period_end"),
    _words("kind"),
    _words("ticket_id"),
    _words("clock"),
    _moment("at"),
    Column("points", BigInteger, nullable=False),
    _words("finding"),
    Column("late", BigInteger, nullable=False),
    Column("goal", BigInteger, nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("allowed", BigInteger, nullable=False),
    Column("counted", BigInteger, nullable=False),
    _words("policy"),
    _words("edition"),
    _moment("recorded_as_of"),
    Column("money", Text),
    Column("currency", Text),
    _words("shares"),
    Column("correction", NUMBERED, nullable=False, server_default=text("0")),
    Column("team", Text),
    UniqueConstraint(
        "connector",
        "penalty",
        "scope",
        "subject",
        "period",
        "ticket_id",
        "clock",
        "at",
        "kind",
        "points",
        "finding",
        "recorded_as_of",
        "correction",
        name="uq_charge_entry",
    ),
    Index("ix_charge_entry_period", "connector", "period"),
    sqlite_autoincrement=True,
)

STEP_LEFT = Table(
    "step_left",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("step_key"),
    _words("ticket_id"),
    _moment("at"),
    _words("reason"),
    _moment("decided_as_of"),
    Index("ix_step_left_at", "connector", "at"),
)

AWARD_ENTRY = Table(
    "award_entry",
    METADATA,
    _number("award_id"),
    _words("connector"),
    _words("reward"),
    _words("agent"),
    _words("period"),
    _words("kind"),
    _words("standing"),
    _moment("period_start"),
    _moment("period_end"),
    Column("place", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("ratings", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    _moment("recorded_as_of"),
    Column("team", Text),
    Column("low", Double),
    Column("money", Text),
    Column("currency", Text),
    Column("correction", NUMBERED, nullable=False, server_default=text("0")),
    UniqueConstraint(
        "connector",
        "reward",
        "agent",
        "period",
        "kind",
        "standing",
        "place",
        "good",
        "ratings",
        "points",
        "recorded_as_of",
        "correction",
        name="uq_award_entry",
    ),
    Index("ix_award_entry_period", "connector", "period"),
    sqlite_autoincrement=True,
)

QUARANTINE = Table(
    "quarantine",
    METADATA,
    _number("quarantine_id"),
    _words("connector"),
    _words("stream"),
    _words("digest"),
    _words("body"),
    Column("pass_id", NUMBERED, ForeignKey(PASS.c.pass_id)),
    _moment("first_seen_at"),
    _moment("last_seen_at"),
    UniqueConstraint("connector", "stream", "digest"),
    sqlite_autoincrement=True,
)

# What people or the helpdesk did to our fields: seen, and since when no more.
FINDING = Table(
    "finding",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("what"),
    _part_of_key("target"),
    _part_of_key("target_id"),
    _part_of_key("field"),
    _words("expected"),
    _words("found"),
    Column("told", Text),
    _moment("first_seen_at"),
    _moment("last_seen_at"),
    Column("over_at", MOMENT),
    sqlite_with_rowid=False,
)

# What the set-up made on a helpdesk, to be undone by it.
INSTALLED = Table(
    "installed",
    METADATA,
    _part_of_key("connector"),
    _part_of_key("key"),
    _words("handle"),
    _moment("made_at"),
    sqlite_with_rowid=False,
)

# What brought observations: a file that was imported, or a pass that pulled.
INTAKE = Table(
    "intake",
    METADATA,
    _number("intake_id"),
    _words("connector"),
    _words("kind"),
    _words("source"),
    _moment("began_at"),
    Column("ended_at", MOMENT),
    _words("counts"),
    sqlite_autoincrement=True,
)

# Each state of an observation: the intake that brought it, the one that ended it, the one that saw it last.
OBSERVATION = Table(
    "observation",
    METADATA,
    _number("number"),
    _words("connector"),
    _words("kind"),
    _words("key"),
    _moment("since"),
    Column("until", MOMENT),
    _moment("seen"),
    _moment("at"),
    Column("agent", Text),
    Column("account", Text),
    _words("file"),
    Column("line", Integer),
    _words("digest"),
    _words("body"),
    Index("ix_observation_at", "connector", "kind", "at"),
    sqlite_autoincrement=True,
)
_STANDING = OBSERVATION.c.until.is_(None)
Index(
    "uq_observation_key",
    OBSERVATION.c.connector,
    OBSERVATION.c.kind,
    OBSERVATION.c.key,
    unique=True,
    sqlite_where=_STANDING,
    postgresql_where=_STANDING,
)

# What had been brought in when the time before an instant was settled.
SETTLED_INTAKE = Table(
    "settled_intake",
    METADATA,
    _part_of_key("connector"),
    Column("intake", MOMENT, primary_key=True, autoincrement=False),
    _moment("through"),
    sqlite_with_rowid=False,
)

SWITCH = Table("switch", METADATA, _part_of_key("connector"), _part_of_key("key"), _words("value"))
