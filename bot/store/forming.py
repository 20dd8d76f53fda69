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

TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"

SCHEMA: Final = "SELECT current_schema()"

# Whether the trail is there, and is this session's; who grants what is another's is only warned.
OWNED: Final = """
    SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('audit')
"""

# Whether a role could do anything with the trail, whatever is granted to it.
STRONG: Final = """
    SELECT role.rolsuper OR pg_has_role(role.oid, audit.relowner, 'MEMBER')
    FROM pg_roles AS role, pg_class AS audit
    WHERE role.rolname = %(role)s AND audit.oid = 'audit'::regclass
"""

# Who was granted the trail before: what is new since is granted to them as well.
GRANTED: Final = """
    SELECT role.rolname FROM pg_class AS audit, aclexplode(audit.relacl) AS given
    JOIN pg_roles AS role ON role.oid = given.grantee
    WHERE audit.oid = 'audit'::regclass AND given.privilege_type = 'INSERT' AND given.grantee <> audit.relowner
"""
