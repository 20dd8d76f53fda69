"""Indexes for tables that have grown. They change no table, so every version so far works with and without them."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

oldest = "0003"

# Made once the migration is committed, beside the traffic: an index that locks writers out would stop the desk.
beside = {
    # The report reads the trail from a time on.
    "audit_time": "CREATE INDEX CONCURRENTLY audit_time ON audit (tenant, at, seq)",
    # Whoever fetches a job asks who is before it in its line; without this, by looking at every job that waits.
    "queue_locks": (
        "CREATE INDEX CONCURRENTLY queue_locks ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing')"
    ),
}


def upgrade() -> None:
    """Change nothing: see `beside`."""
