"""The line of requests that wait for an approver has an index: who looks at it reads those that wait and no others."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

oldest = "0003"

# Made beside the traffic: every version so far works with and without it.
beside = {
    "requests_in_line": (
        "CREATE INDEX CONCURRENTLY requests_in_line ON requests (tenant, created_at, id) WHERE status = 'approval'"
    ),
}


def upgrade() -> None:
    """Change nothing: see `beside`."""
