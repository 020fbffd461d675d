"""What settled periods were settled with, and who else a requester's tickets concern."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables of settled readings and of requesters."""
