"""What is asked of a person's last days: who said no, and everything there was; statements like those of `sql`."""

from typing import Final

# A no of an older version has no time of its own: then it counts from when the request was made.
DENIED: Final = """
    SELECT kind, doc -> 'ending' ->> 'by' AS by,
           max(coalesce((doc -> 'ending' ->> 'at')::timestamptz, created_at)) AS at
    FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND created_at >= %(since)s AND status = %(denied)s
    GROUP BY kind, doc -> 'ending' ->> 'by'
"""

HISTORY: Final = """
    SELECT id, tenant, kind, requester, subject, status, mode, version, created_at, expires_at, due_at, doc
    FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND created_at >= %(since)s
    ORDER BY created_at DESC, id
    LIMIT %(limit)s
"""
