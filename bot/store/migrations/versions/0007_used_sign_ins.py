"""Which request a sign-in has served: one serves one. Code that does not know the table works beside it as before."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

oldest = "0003"

USED = """
    CREATE TABLE used_sign_ins (
        tenant text NOT NULL,
        person text NOT NULL,
        at timestamptz NOT NULL,
        request text NOT NULL,
        PRIMARY KEY (tenant, person, at)
    );
    CREATE INDEX used_sign_ins_at ON used_sign_ins (at);
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(USED)
