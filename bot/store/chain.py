"""Every statement about the audit trail: entries are added and read, and none is ever changed."""

# ruff: noqa: S608 - what is put together here are column lists of this very module, never a value

from typing import Final

# The audit trail. `seq` has no gaps: the head of a tenant's chain is locked from when it is read to the commit. The
# hashes are made in between, by the process: the database never holds the key.
BEGIN_CHAIN: Final = """
    INSERT INTO chains (tenant, seq, hash) VALUES (%(tenant)s, 0, %(hash)s) ON CONFLICT DO NOTHING
"""

# Everybody of this tenant waits meanwhile: a process that hangs just then is not waited for long.
LOCK_HEAD: Final = """
    SELECT seq, hash, set_config('idle_in_transaction_session_timeout', '3s', true) FROM chains
    WHERE tenant = %(tenant)s FOR UPDATE
"""

_ENTRY: Final = "tenant, seq, at, request, kind, subject, mode, deed, data, previous, hash, key"

APPEND: Final = f"""
    WITH put AS (
        INSERT INTO audit ({_ENTRY})
        SELECT %(tenant)s, seq, %(at)s, request, kind, subject, mode, deed, data, previous, hash, %(key)s
        FROM unnest(%(seqs)s::bigint[], %(requests)s::text[], %(kinds)s::text[], %(subjects)s::text[],
                    %(modes)s::text[], %(deeds)s::text[], %(data)s::jsonb[], %(previous)s::text[], %(hashes)s::text[])
             AS each (seq, request, kind, subject, mode, deed, data, previous, hash)
    )
    UPDATE chains SET seq = %(seq)s, hash = %(hash)s WHERE tenant = %(tenant)s
"""

ENTRIES: Final = f"""
    SELECT {_ENTRY} FROM audit
    WHERE tenant = %(tenant)s AND (%(upto)s::bigint IS NULL OR seq <= %(upto)s::bigint)
    ORDER BY seq
"""

# The times of a chain are those of several machines, so that a later entry may carry an earlier one: hence both
# conditions. The first seq is looked for by its time: `+ 0` keeps PostgreSQL from walking there from the beginning.
ENTRIES_SINCE: Final = f"""
    SELECT {_ENTRY} FROM audit
    WHERE tenant = %(tenant)s AND (%(upto)s::bigint IS NULL OR seq <= %(upto)s::bigint)
      AND at >= %(since)s
      AND seq >= (SELECT min(seq + 0) FROM audit WHERE tenant = %(tenant)s AND at >= %(since)s)
    ORDER BY seq
"""

# Whoever reads the trail may be a person with a pager.
NO_HURRY: Final = "SET LOCAL idle_in_transaction_session_timeout = '30min'"

# Every tenant of whom there is anything: an end, or an entry that has none. PostgreSQL would read all of the trail to
# find the latter by itself; this goes from each to the next.
TENANTS: Final = """
    WITH RECURSIVE entered AS (
        SELECT min(tenant) AS tenant FROM audit
        UNION ALL
        SELECT (SELECT min(tenant) FROM audit WHERE tenant > entered.tenant) FROM entered WHERE tenant IS NOT NULL
    )
    SELECT tenant FROM chains UNION SELECT tenant FROM entered WHERE tenant IS NOT NULL ORDER BY tenant
"""

HEAD: Final = "SELECT seq, hash FROM chains WHERE tenant = %(tenant)s"

# Both are looked at in one moment: what is added with its end is not beyond it.
BEYOND: Final = """
    SELECT min(audit.seq) AS seq FROM chains JOIN audit USING (tenant)
    WHERE chains.tenant = %(tenant)s AND audit.seq > chains.seq
"""

HASH_AT: Final = "SELECT hash FROM audit WHERE tenant = %(tenant)s AND seq = %(seq)s"

# Chains that end with an entry from before there was a key.
PLAIN_ENDS: Final = """
    SELECT chains.tenant FROM chains JOIN audit USING (tenant, seq) WHERE audit.key = '' ORDER BY chains.tenant
"""

# What keeps the trail, as the migrations made it.
GUARDS: Final = (
    "audit_follows",
    "audit_stays",
    "audit_stays_whole",
    "chains_end",
    "chains_grow",
    "chains_stay",
    "chains_stay_whole",
)

# What this session may do beyond adding to the end of the trail: own it, make or change tables, or add where it likes.
TOO_MUCH: Final = """
    SELECT rolsuper OR pg_has_role(relowner, 'MEMBER') AS owns,
           has_table_privilege('audit', 'DELETE, TRUNCATE') OR has_any_column_privilege('audit', 'UPDATE') AS changes,
           has_schema_privilege(current_schema(), 'CREATE') AS makes,
           (SELECT count(*) FROM pg_trigger WHERE tgname = ANY(%(guards)s::text[]) AND tgenabled IN ('O', 'A')
            AND tgrelid IN ('audit'::regclass, 'chains'::regclass)) < cardinality(%(guards)s::text[]) AS unguarded
    FROM pg_roles, pg_class WHERE rolname = current_user AND pg_class.oid = 'audit'::regclass
"""
