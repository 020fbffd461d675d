"""Each state of a rating is kept: what a customer said before he changed his mind is an answer too."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Tell the states that are here apart as those to come are: by the rating's id and their version."""
    op.execute("UPDATE record SET key = key || ':' || version WHERE kind = 'rating'")
