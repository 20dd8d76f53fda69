"""What was tried and failed is counted, and security is told of what is out of the ordinary once."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

oldest = "0003"

TRIES = """
    CREATE TABLE tries (
        tenant text NOT NULL,
        person text NOT NULL,
        sort text NOT NULL,
        at timestamptz NOT NULL,
        count integer NOT NULL,
        PRIMARY KEY (tenant, person, sort, at)
    );
    CREATE INDEX tries_at ON tries (at);
    CREATE TABLE findings (
        id text PRIMARY KEY,
        tenant text NOT NULL,
        person text NOT NULL,
        sort text NOT NULL,
        hour timestamptz NOT NULL,
        at timestamptz NOT NULL,
        doc jsonb NOT NULL,
        UNIQUE (tenant, person, sort, hour)
    );
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(TRIES)
