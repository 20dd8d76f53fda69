"""Matters as rows: what is searched for has a column, and everything else stands in `doc`, each field by its name.

Pydantic reads and writes `doc` by the fields of the class: what an older version wrote has none of the newer ones, and
what a newer version has added stays there when this one saves the rest.
"""

# ruff: noqa: S608 - what is put together here is the column list of this very module, never a value

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from bot.core.matters import Matter, MatterUnit
from bot.store.pipeline import Pipeline
from bot.store.values import Row, utc

M = TypeVar("M", bound=Matter)

_COLUMNS: Final = "id, tenant, sort, by, about, lane, version, created_at, due_at, doc"
_ADAPTERS: dict[type[Matter], TypeAdapter[Any]] = {}  # each is made once
_APART: Final = ("id", "created_at", "due_at", "version")  # fields with a column of their own

ADD: Final = f"""
    INSERT INTO matters ({_COLUMNS})
    VALUES (%(id)s, %(tenant)s, %(sort)s, %(by)s, %(about)s, %(lane)s, %(version)s, %(created_at)s, %(due_at)s, %(doc)s)
    ON CONFLICT DO NOTHING
    RETURNING id
"""

LOAD: Final = f"SELECT {_COLUMNS} FROM matters WHERE id = %(id)s AND sort = %(sort)s"

SAVE: Final = """
    UPDATE matters
    SET about = %(about)s, lane = %(lane)s, version = version + 1, due_at = %(due_at)s, doc = doc || %(doc)s
    WHERE id = %(id)s AND version = %(version)s
    RETURNING version
"""

# One statement for each question: each has an index of its own.
_SINCE: Final = f"""
    SELECT {_COLUMNS} FROM matters
    WHERE tenant = %(tenant)s AND sort = %(sort)s AND created_at > %(since)s AND {{who}} = %(who)s
    ORDER BY created_at DESC, id
"""
ABOUT: Final = _SINCE.format(who="about")
BY: Final = _SINCE.format(who="by")

IN_LANE: Final = f"SELECT {_COLUMNS} FROM matters WHERE tenant = %(tenant)s AND sort = %(sort)s AND lane = %(lane)s"

IN_LANES: Final = f"""
    SELECT {_COLUMNS} FROM matters WHERE tenant = %(tenant)s AND sort = %(sort)s AND lane IS NOT NULL ORDER BY lane
"""

DUE: Final = "SELECT id FROM matters WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"


class MatterRows(MatterUnit):
    """See `core.matters.MatterUnit`."""

    def __init__(self, line: Pipeline) -> None:
        self._line = line

    async def begin(self, matter: Matter) -> bool:
        return bool(await self._line.rows(ADD, _row(matter), writes=True))

    async def matter(self, sort: type[M], matter_id: str) -> M | None:
        rows = await self._line.rows(LOAD, {"id": matter_id, "sort": sort.SORT})
        return _of(sort, rows[0]) if rows else None

    async def keep(self, matter: M) -> M:
        self._line.put(SAVE, _row(matter), conflict=f"{matter.SORT} {matter.id} is no longer at {matter.version}")
        return replace(matter, version=matter.version + 1)

    async def about(self, sort: type[M], tenant: str, person: str, since: datetime) -> Sequence[M]:
        return await self._since(ABOUT, sort, tenant, person, since)

    async def begun_by(self, sort: type[M], tenant: str, person: str, since: datetime) -> Sequence[M]:
        return await self._since(BY, sort, tenant, person, since)

    async def _since(self, asked: str, sort: type[M], tenant: str, person: str, since: datetime) -> Sequence[M]:
        values = {"tenant": tenant, "sort": sort.SORT, "since": since, "who": person}
        return tuple(_of(sort, row) for row in await self._line.rows(asked, values))

    async def in_lane(self, sort: type[M], tenant: str, lane: str) -> M | None:
        rows = await self._line.rows(IN_LANE, {"tenant": tenant, "sort": sort.SORT, "lane": lane})
        return _of(sort, rows[0]) if rows else None

    async def in_lanes(self, sort: type[M], tenant: str) -> Sequence[M]:
        return tuple(_of(sort, row) for row in await self._line.rows(IN_LANES, {"tenant": tenant, "sort": sort.SORT}))

    async def matters_due(self, now: datetime, limit: int) -> Sequence[str]:
        return tuple(row["id"] for row in await self._line.rows(DUE, {"now": now, "limit": limit}))


def _row(matter: Matter) -> dict[str, Any]:
    doc = _adapter(type(matter)).dump_python(matter, mode="json", exclude=set(_APART))
    return {
        "id": matter.id,
        "tenant": matter.tenant,
        "sort": matter.SORT,
        "by": matter.by.id,
        "about": matter.about.id,
        "lane": matter.lane or None,
        "version": matter.version,
        "created_at": matter.created_at,
        "due_at": matter.due_at,
        "doc": Jsonb(doc),
    }


def _of(sort: type[M], row: Row) -> M:
    apart = {"id": row["id"], "version": row["version"]}
    times = {"created_at": utc(row["created_at"]), "due_at": utc(row["due_at"])}
    found: M = _adapter(sort).validate_python({**row["doc"], **apart, **times})
    return found


def _adapter(sort: type[Matter]) -> TypeAdapter[Any]:
    if sort not in _ADAPTERS:
        _ADAPTERS[sort] = TypeAdapter(sort)
    return _ADAPTERS[sort]
