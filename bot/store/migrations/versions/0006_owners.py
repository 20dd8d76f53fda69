"""An index that says whose message it is. It changes no table, so every version so far works with and without it."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

oldest = "0003"

# Made once the migration is committed, beside the traffic. Whoever would take a message away asks first whose it is.
beside = {"posted_activity": "CREATE INDEX CONCURRENTLY posted_activity ON posted (activity)"}


def upgrade() -> None:
    """Change nothing: see `beside`."""
