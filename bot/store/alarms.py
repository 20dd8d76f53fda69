"""What is asked of a person's account after an alarm: what freezes it, and what is on its way; as those of `sql`."""

# ruff: noqa: S608 - what is put together here are the columns of a request, never a value

from typing import Final

from bot.store.sql import REQUEST

# What an older version wrote has no `alarmed_at`.
LOCKS: Final = """
    SELECT id, doc ->> 'frozen_at' AS held, coalesce(doc ->> 'alarmed_at', doc ->> 'frozen_at') AS raised FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s
      AND ((doc ->> 'frozen_at') IS NOT NULL OR (doc ->> 'alarmed_at') IS NOT NULL)
"""

LOCKED: Final = f"""
    SELECT {REQUEST} FROM requests
    WHERE tenant = %(tenant)s AND (doc ->> 'frozen_at') IS NOT NULL
    ORDER BY doc ->> 'frozen_at', id
"""

ON_ITS_WAY: Final = f"""
    SELECT {REQUEST} FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s
      AND (status = ANY(%(open)s) OR (status = %(done)s AND expires_at IS NOT NULL))
    ORDER BY created_at, id
"""

RAISED: Final = """
    SELECT id, created_at FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND kind = %(kind)s AND created_at >= %(since)s
    ORDER BY created_at, id
"""
