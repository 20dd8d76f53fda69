"""One open request of a kind for a person, what waits for a face included: that is a state older code does not know.

Code from before cannot read a request that waits so, and answers with an error; it reads all others. Where no policy
demands a face, none waits so.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

oldest = "0003"

# Beside the one of before, which knows one state fewer: older code may be at work.
ONE_WAITING = """
    CREATE UNIQUE INDEX requests_one_waiting ON requests (tenant, subject, kind)
        WHERE status IN ('acting', 'approval', 'proof', 'ready', 'step_up', 'unknown');
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(ONE_WAITING)
