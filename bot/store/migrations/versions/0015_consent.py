"""One open request of a kind for a person, what waits for their own word included: a state older code does not know.

Code from before cannot read a request that waits so, and answers with an error; it reads all others. Where no policy
lets the helpdesk open anything, none waits so.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

oldest = "0003"

# Beside those of before, which know fewer states: older code may be at work.
ONE_OPEN = """
    CREATE UNIQUE INDEX requests_one_at_once ON requests (tenant, subject, kind)
        WHERE status IN ('acting', 'approval', 'consent', 'proof', 'ready', 'step_up', 'unknown');
"""


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(ONE_OPEN)
