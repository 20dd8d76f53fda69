"""What is asked of a person's last days: who said no, and everything there was; statements like those of `sql`."""

# ruff: noqa: S608 - what is put together here are columns and an expression of the store's own, never a value

from typing import Final

from bot.store.sql import REQUEST

# When a request last said something: it may be as old as a policy lets it live, its no is of when it was said. A no
# of an older version has no time of its own: then it counts from when the request was made.
_LAST: Final = """
    greatest(created_at, (doc ->> 'acted_at')::timestamptz, (doc -> 'ending' ->> 'at')::timestamptz)
"""

DENIED: Final = f"""
    SELECT kind, doc -> 'ending' ->> 'by' AS by, max({_LAST}) AS at
    FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND {_LAST} >= %(since)s AND status = %(denied)s
    GROUP BY kind, doc -> 'ending' ->> 'by'
"""

HISTORY: Final = f"""
    SELECT {REQUEST} FROM requests
    WHERE tenant = %(tenant)s AND subject = %(subject)s AND {_LAST} >= %(since)s
    ORDER BY {_LAST} DESC, id
    LIMIT %(limit)s
"""

# What is under way, or whose answer was lost, may be done by now.
_GIVEN: Final = """
    kind = ANY(%(kinds)s) AND id <> %(but)s
    AND (status = ANY(%(open)s) OR (doc ->> 'acted_at')::timestamptz > %(since)s)
"""
_UNLIKE: Final = """
    doc ->> 'stage' = %(failed)s AND doc -> 'receipt' -> 'params' ->> 'why' = ANY(%(unlike)s) AND acted > %(tried)s
"""

HAPPENED: Final = f"""
    SELECT max(CASE WHEN status = ANY(%(open)s) THEN %(now)s ELSE acted END) FILTER (WHERE {_GIVEN}) AS given,
           coalesce(array_agg(acted ORDER BY acted DESC) FILTER (WHERE {_UNLIKE}), '{{}}') AS unlike
    FROM requests, LATERAL (SELECT coalesce((doc ->> 'acted_at')::timestamptz, created_at) AS acted) AS moment
    WHERE tenant = %(tenant)s AND subject = %(subject)s
"""

# Whoever gives the same person something at the same time waits here, and sees then what was given.
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext(%(tenant)s), hashtext(%(subject)s))"
ONLY: Final = f"""
    SELECT 1 WHERE NOT EXISTS (SELECT FROM requests WHERE tenant = %(tenant)s AND subject = %(subject)s AND {_GIVEN})
"""
