"""How Alembic reaches the store: on the connection, and inside the transaction, that sync.store.schema gives it."""

from alembic import context
from sqlalchemy import MetaData

from sync.store.tables import NAMING

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=MetaData(naming_convention=NAMING),
    transactional_ddl=True,
)
context.run_migrations()
