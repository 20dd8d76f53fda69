"""Every statement that makes the schema or asks what it is; `sql` has all others."""

from typing import Final

MIGRATING: Final = (
    "SET LOCAL lock_timeout = '60s'",
    "SELECT pg_advisory_xact_lock(hashtext('vouchsafe'), hashtext('migrate'))",
)

QUEUE_THERE: Final = "SELECT to_regclass('procrastinate_jobs')"

SCRIPTS: Final = "SELECT name FROM queue_scripts"

ADD_SCRIPT: Final = "INSERT INTO queue_scripts (name) VALUES (%(name)s)"

SERVED_THERE: Final = "SELECT to_regclass('served')"

SERVE: Final = """
    INSERT INTO served (oldest) VALUES (%(oldest)s) ON CONFLICT (single) DO UPDATE SET oldest = EXCLUDED.oldest
"""

APPLIED: Final = """
    SELECT version_num AS revision, ARRAY(SELECT name FROM queue_scripts) AS scripts, oldest
    FROM alembic_version, served
"""

BUILDING: Final = "SELECT pg_try_advisory_lock(hashtext('vouchsafe'), hashtext('build'))"

BUILT: Final = "SELECT pg_advisory_unlock(hashtext('vouchsafe'), hashtext('build'))"

INDEXES: Final = """
    SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace
"""
