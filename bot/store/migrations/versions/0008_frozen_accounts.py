"""Which accounts an alarm freezes is found without reading every request; older code works as before."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

oldest = "0003"

FROZEN = """
    CREATE INDEX requests_frozen ON requests (tenant, subject) WHERE (doc ->> 'frozen_at') IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(FROZEN)
