"""What is asked of what waits for an approver, and of the line of those without a thread; as those of `sql`."""

# ruff: noqa: S608 - what is put together here are columns and conditions of the store's own, never a value

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.core.model import Request
from bot.core.queue import STOOD, Place, QueueUnit, Waiting, WaitingLine, Wanted, queued
from bot.store import codec
from bot.store.pipeline import Pipeline
from bot.store.sql import REQUEST
from bot.store.values import utc

# Written out, the status lets the planner see that the partial index answers.
_WAITS: Final = "requests.tenant = %(tenant)s AND requests.status = 'approval'"

# A thread stands in the channel, or is being begun there: its row has an id, or says what was sent.
_IN_LINE: Final = f"""
    {_WAITS}
    AND NOT EXISTS (SELECT FROM posted WHERE posted.request = requests.id AND posted.slot = 'approvers'
                    AND posted.person = '' AND NOT posted.deleted AND (posted.activity <> '' OR posted.shown <> ''))
"""

# The channel has refused its thread: it is not tried again before something about the request changes.
_REFUSED: Final = """
    EXISTS (SELECT FROM posted WHERE posted.request = requests.id AND posted.slot = 'approvers'
            AND posted.person = '' AND posted.deleted)
"""

COUNT: Final = f"SELECT count(*) AS count FROM requests WHERE {_IN_LINE}"

_TAKERS: Final = """
    ARRAY(
        SELECT private_chats.name FROM posted JOIN private_chats
            ON private_chats.tenant = requests.tenant AND private_chats.person = posted.person
        WHERE posted.request = requests.id AND posted.slot = 'confirm' AND NOT posted.deleted
        ORDER BY private_chats.name
    ) AS takers
"""

LINE: Final = f"""
    SELECT {REQUEST}, {_TAKERS} FROM requests WHERE {_IN_LINE} ORDER BY created_at, id LIMIT %(limit)s
"""

BY_KIND: Final = f"""
    SELECT kind, count(*) AS count, min(created_at) AS oldest
    FROM requests WHERE {_WAITS} AND kind = ANY(%(kinds)s)
    GROUP BY kind ORDER BY min(created_at)
"""

WANTED: Final = f"""
    SELECT {REQUEST}, {_TAKERS}
    FROM requests
    WHERE {_WAITS} AND kind = ANY(%(kinds)s)
      AND (%(only)s = '' OR kind = %(only)s)
      AND (%(by)s = '' OR (doc -> 'attention' ->> 'by' = %(by)s
                           AND (doc -> 'attention' ->> 'until')::timestamptz > %(now)s))
      AND (NOT %(late)s OR (doc -> 'reminded')::boolean)
      AND (%(after)s = '' OR (created_at, id) > (SELECT last.created_at, last.id FROM requests AS last
                                                 WHERE last.id = %(after)s))
    ORDER BY created_at, id
    LIMIT %(limit)s
"""

PLACE: Final = f"""
    SELECT count(*) AS before, count(*) FILTER (WHERE NOT {_REFUSED}) AS ahead
    FROM requests
    WHERE {_IN_LINE} AND (created_at, id) < (%(at)s, %(id)s)
"""

# Of those at the front only whom the line has kept from beginning a thread: all others are at it by themselves.
FRONT: Final = f"""
    SELECT id FROM (
        SELECT id FROM requests WHERE {_IN_LINE} AND NOT {_REFUSED} ORDER BY created_at, id LIMIT %(limit)s
    ) AS front
    WHERE EXISTS (SELECT FROM posted WHERE posted.request = front.id AND posted.slot = 'approvers'
                  AND posted.person = %(stood)s)
"""


class QueueRows(QueueUnit):
    """See `core.queue.QueueUnit`."""

    _line: Pipeline

    async def waiting(self, tenant: str, wanted: Wanted) -> WaitingLine:
        which = {"tenant": tenant, "kinds": list(wanted.kinds)}
        page = {
            "only": wanted.only,
            "by": wanted.by,
            "late": wanted.late,
            "after": wanted.after,
            "limit": wanted.limit,
            "now": wanted.now,
        }
        rows, counted = await asyncio.gather(
            self._line.rows(WANTED, {**which, **page}), self._line.rows(BY_KIND, which)
        )
        kinds = tuple(Waiting(row["kind"], row["count"], utc(row["oldest"])) for row in counted)
        some = tuple(queued(codec.request_of(row), tuple(row["takers"])) for row in rows)
        return WaitingLine(sum(one.count for one in kinds), some, kinds)

    async def line(self, tenant: str, limit: int) -> WaitingLine:
        rows, (all_,) = await asyncio.gather(
            self._line.rows(LINE, {"tenant": tenant, "limit": limit}), self._line.rows(COUNT, {"tenant": tenant})
        )
        return WaitingLine(all_["count"], tuple(queued(codec.request_of(row), tuple(row["takers"])) for row in rows))

    async def place(self, request: Request) -> Place:
        values = {"tenant": request.tenant, "at": request.created_at, "id": request.id}
        (row,) = await self._line.rows(PLACE, values)
        return Place(row["before"], row["ahead"])

    async def front(self, tenant: str, limit: int) -> Sequence[str]:
        rows = await self._line.rows(FRONT, {"tenant": tenant, "limit": limit, "stood": STOOD})
        return tuple(row["id"] for row in rows)
