"""What holds acts and lockdowns apart: statements like those of `sql`.

An act is claimed under a lock that many may have at once; a level is raised under the same lock, alone. So whoever
comes second sees what the first has committed.
"""

from typing import Final

from bot.core.threat import Threat, ThreatLevel

_KEY: Final = "hashtext('vouchsafe threat'), hashtext(%(tenant)s)"

ALONE: Final = f"SELECT pg_advisory_xact_lock({_KEY})"
BESIDE: Final = f"SELECT pg_advisory_xact_lock_shared({_KEY})"

# It says nothing of what it finds: no row is a lockdown.
ADMITTED: Final = """
    SELECT 1 WHERE NOT EXISTS (
        SELECT FROM matters
        WHERE tenant = %(tenant)s AND sort = %(sort)s AND lane = %(lane)s AND (doc ->> 'until')::timestamptz > %(now)s
    )
"""

LOCKDOWN: Final = {"sort": Threat.SORT, "lane": ThreatLevel.LOCKDOWN.value}
