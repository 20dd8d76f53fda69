"""Turns that all replicas share."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BUDGETS = """
    CREATE TABLE budgets (
        name text PRIMARY KEY,
        next_at timestamptz NOT NULL
    );
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(BUDGETS)
