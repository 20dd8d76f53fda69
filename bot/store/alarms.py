"""What is asked of a person's account after an alarm: what freezes it, and what is on its way; as those of `sql`."""

from typing import Final

FROZEN: Final = """
    SELECT id, doc ->> 'frozen_at' AS at FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND (doc ->> 'frozen_at') IS NOT NULL
"""

ON_ITS_WAY: Final = """
    SELECT id, tenant, kind, requester, subject, status, mode, version, created_at, expires_at, due_at, doc
    FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s
      AND (status = ANY(%(open)s) OR (status = %(done)s AND expires_at IS NOT NULL))
    ORDER BY created_at, id
"""

RAISED: Final = """
    SELECT id, created_at FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND kind = %(kind)s AND created_at >= %(since)s
    ORDER BY created_at, id
"""
