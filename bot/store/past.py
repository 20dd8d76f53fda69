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
