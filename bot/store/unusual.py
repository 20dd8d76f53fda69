"""Unusual: what is asked of agents' days and of who asks about one person, by indexes; and what was found, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core.callers import Stand, Verification
from bot.core.unusual import BACK, AgentDay, UnusualUnit
from bot.core.watch import Sort
from bot.store.pipeline import Pipeline

AGENT_DAYS: Final = """
    SELECT greatest(0, floor(extract(epoch FROM %(now)s - created_at) / 86400))::int AS day, count(*) AS asked,
           count(*) FILTER (WHERE doc ->> 'used_for' <> '') AS opened,
           count(*) FILTER (WHERE doc ->> 'status' = ANY(%(denied)s)) AS denied
    FROM matters
    WHERE tenant = %(tenant)s AND sort = %(sort)s AND by = %(agent)s AND created_at > %(since)s
    GROUP BY day
"""

AGENTS_ABOUT: Final = """
    SELECT count(DISTINCT by) AS agents FROM matters
    WHERE tenant = %(tenant)s AND sort = %(sort)s AND about = %(person)s AND created_at > %(since)s
"""

TALLY: Final = """
    SELECT coalesce(sum(count), 0)::int AS many FROM tries
    WHERE tenant = %(tenant)s AND person = %(person)s AND sort = %(sort)s AND at > %(since)s
"""

ADD_FINDING: Final = """
    INSERT INTO findings (id, tenant, person, sort, hour, at, doc)
    SELECT %(id)s, %(tenant)s, %(person)s, %(sort)s, %(hour)s, %(at)s, %(doc)s
    WHERE NOT EXISTS (SELECT FROM findings WHERE tenant = %(tenant)s AND person = %(person)s AND sort = %(sort)s
                      AND hour >= %(since)s)
    ON CONFLICT DO NOTHING
    RETURNING id
"""

LOAD_FINDING: Final = "SELECT id, tenant, person, sort, at, doc FROM findings WHERE id = %(id)s"

NOES: Final = [Stand.REFUSED.value, Stand.MISMATCHED.value]


class UnusualRows(UnusualUnit):
    """See `core.unusual.UnusualUnit`."""

    _line: Pipeline

    async def agent_days(self, tenant: str, agent: str, now: datetime) -> Mapping[int, AgentDay]:
        who = {"tenant": tenant, "sort": Verification.SORT, "agent": agent}
        rows = await self._line.rows(AGENT_DAYS, {**who, "now": now, "since": now - BACK, "denied": NOES})
        return {row["day"]: AgentDay(row["asked"], row["opened"], row["denied"]) for row in rows}

    async def agents_about(self, tenant: str, person: str, since: datetime) -> int:
        who = {"tenant": tenant, "sort": Verification.SORT, "person": person}
        (row,) = await self._line.rows(AGENTS_ABOUT, {**who, "since": since})
        return int(row["agents"])

    async def tally(self, tenant: str, person: str, sort: Sort, since: datetime) -> int:
        values = {"tenant": tenant, "person": person, "sort": sort.value, "since": since}
        (row,) = await self._line.rows(TALLY, values)
        return int(row["many"])
