"""The job queue: procrastinate's schema as installed, with one rule of ours.

A job that was fetched stands for itself only: it gives up its `queueing_lock`, so that it can be put back into the
queue although a newer wake-up like it waits there already.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RULE = """
    CREATE FUNCTION vouchsafe_fetched() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.queueing_lock := NULL;
        RETURN NEW;
    END;
    $$;
    CREATE TRIGGER vouchsafe_fetched BEFORE UPDATE OF status ON procrastinate_jobs
        FOR EACH ROW WHEN (OLD.status = 'todo' AND NEW.status = 'doing')
        EXECUTE FUNCTION vouchsafe_fetched();
    CREATE TABLE queue_scripts (name text PRIMARY KEY);
"""


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    cursor.execute(RULE)
