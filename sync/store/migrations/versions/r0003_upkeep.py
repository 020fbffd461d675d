"""The lives of summary tickets, findings about our fields, and what can be taken back."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and tables of summaries' states and of findings."""
