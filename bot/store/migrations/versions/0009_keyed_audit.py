"""Which key an entry of the audit trail was made with. Code that does not know it goes on writing plain entries."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

oldest = "0003"

# What is there already is plain, and a default that never changes is written into no row.
KEYED = "ALTER TABLE audit ADD COLUMN key text NOT NULL DEFAULT ''"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(KEYED)
