"""Lately: what a transaction is asked about a person's last days, by the statements of `past`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from psycopg.types.json import Jsonb

from bot.core.limits import DAY, HOUR, Tally
from bot.core.model import EvidenceType, Request, Status
from bot.core.past import Happened, PastUnit, Since
from bot.core.ports import Slot
from bot.core.presentations import FAILED, UNLIKE
from bot.store import codec, past, sql
from bot.store.pipeline import Pipeline
from bot.store.values import utc

UNDER_WAY: Final = [Status.ACTING.value, Status.UNKNOWN.value]
# What of the requests counts against how often somebody may ask: see `recent`.
COUNTED: Final[Mapping[str, object]] = MappingProxyType(
    {
        "free": [Status.REFUSED.value, Status.WITHDRAWN.value, Status.EXPIRED.value],
        "failed": Status.FAILED.value,
        "day": DAY,
        "hour": HOUR,
        "waited": [Status.CONSENT.value, Status.STEP_UP.value, Status.PROOF.value],
        "slot": Slot.APPROVERS.value,
        "sign_in": Jsonb([{"proof": EvidenceType.STEP_UP.value}]),
        "opening": Jsonb([{"proof": EvidenceType.OPENING.value}]),
        "face": Jsonb([{"proof": EvidenceType.FACE.value}]),
    }
)


class PastRows(PastUnit):
    """See `core.past.PastUnit`."""

    _line: Pipeline

    async def recent(self, tenant: str, subject: str, now: datetime, *, but: str = "") -> Mapping[str, Tally]:
        values = {"tenant": tenant, "subject": subject, "now": now, "but": but, **COUNTED}
        rows = await self._line.rows(sql.RECENT, values)
        return {row["kind"]: Tally(tuple(row["counted"]), tuple(row["shown"])) for row in rows}

    async def history(self, tenant: str, subject: str, since: datetime, limit: int) -> Sequence[Request]:
        values = {"tenant": tenant, "subject": subject, "since": since, "limit": limit}
        return tuple(codec.request_of(row) for row in await self._line.rows(past.HISTORY, values))

    async def denied(self, tenant: str, subject: str, since: datetime) -> Mapping[str, Mapping[str, datetime]]:
        values = {"tenant": tenant, "subject": subject, "since": since, "denied": Status.DENIED.value}
        found: dict[str, dict[str, datetime]] = {}
        for row in await self._line.rows(past.DENIED, values):
            found.setdefault(row["kind"], {})[row["by"]] = row["at"]
        return found

    async def happened(self, request: Request, kinds: Collection[str], now: datetime, since: Since) -> Happened:
        given = {**_others(request, kinds), "now": now, "since": since.given}
        unlike = {"failed": FAILED, "unlike": sorted(UNLIKE), "tried": since.unlike}
        (row,) = await self._line.rows(past.HAPPENED, {**given, **unlike})
        return Happened(utc(row["given"]), tuple(row["unlike"]))

    async def only(self, request: Request, kinds: Collection[str], since: datetime) -> None:
        others = {**_others(request, kinds), "since": since}
        self._line.put(past.ONE_AT_A_TIME, others, again=True)
        self._line.put(past.ONLY, others, conflict="something else was given meanwhile")


def _others(request: Request, kinds: Collection[str]) -> dict[str, object]:
    person = {"tenant": request.tenant, "subject": request.subject.id, "but": request.id}
    return {**person, "kinds": list(kinds), "open": UNDER_WAY}
