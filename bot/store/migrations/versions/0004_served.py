"""The oldest code the schema still serves, so that two versions may run side by side while one replaces the other."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

oldest = "0003"  # code of that revision, and of any since, works on what this migration leaves behind

SERVED = """
    CREATE TABLE served (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        oldest text NOT NULL
    );
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(SERVED)
