"""What the desk keeps that is no request has a table of its own: an older version knows nothing of it."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

oldest = "0003"

MATTERS = """
    CREATE TABLE matters (
        id text PRIMARY KEY,
        tenant text NOT NULL,
        sort text NOT NULL,
        by text NOT NULL,
        about text NOT NULL,
        lane text,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        due_at timestamptz,
        doc jsonb NOT NULL
    );
    CREATE UNIQUE INDEX matters_one_in_a_lane ON matters (tenant, sort, lane);
    CREATE INDEX matters_due ON matters (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX matters_about ON matters (tenant, sort, about, created_at);
    CREATE INDEX matters_by ON matters (tenant, sort, by, created_at);
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(MATTERS)
