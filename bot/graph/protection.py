"""Entra ID Protection: how people are flagged and what the desk says about it; no call without a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.identity_protection.risk_detections.risk_detections_request_builder import (
    RiskDetectionsRequestBuilder,
)
from msgraph.generated.identity_protection.risky_users.confirm_compromised import (
    confirm_compromised_post_request_body as compromised,
)
from msgraph.generated.identity_protection.risky_users.confirm_safe.confirm_safe_post_request_body import (
    ConfirmSafePostRequestBody,
)
from msgraph.generated.identity_protection.risky_users.dismiss.dismiss_post_request_body import DismissPostRequestBody

from bot.core.budgets import Budget
from bot.core.errors import NO_PREMIUM, Missing, Rejected, Throttled, Unavailable
from bot.core.ports import Clock
from bot.core.risk import Detection, Risk
from bot.graph.batch import Batch, Take
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.readings import needed
from bot.graph.wording import moment, original, word

T = TypeVar("T")

READING: Final = 3.0  # seconds somebody waits for a turn
WRITING: Final = 2.5
PAUSE: Final = 3.0  # its 429 does not say when to come back: https://learn.microsoft.com/graph/throttling-limits
FRESH: Final = timedelta(seconds=15)  # approvers are looked at again and again, and a turn is a second of the tenant's
MOST: Final = 100  # detections at once

_Query = RiskDetectionsRequestBuilder.RiskDetectionsRequestBuilderGetQueryParameters


class Protection:
    """Each call takes a turn from the budget all replicas share, for the service lets in one a second.

    https://learn.microsoft.com/graph/api/resources/riskyuser
    """

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, budget: Budget, clock: Clock) -> None:
        self._sender = graph.request_adapter
        self._users = graph.identity_protection.risky_users
        self._detections = graph.identity_protection.risk_detections
        self._calls = calls
        self._budget = budget
        self._clock = clock
        self._flags: dict[str, Cache[bool]] = {}
        self.dismissals = self._batch("dismiss_risk", self._dismiss)
        self.safe = self._batch("confirm_safe", self._safe)
        self.compromised = self._batch("confirm_compromised", self._compromised)

    async def _dismiss(self, people: list[str]) -> None:
        await self._users.dismiss.post(DismissPostRequestBody(user_ids=people))

    async def _safe(self, people: list[str]) -> None:
        await self._users.confirm_safe.post(ConfirmSafePostRequestBody(user_ids=people))

    async def _compromised(self, people: list[str]) -> None:
        body = compromised.ConfirmCompromisedPostRequestBody(user_ids=people)
        await self._users.confirm_compromised.post(body)

    async def risk(self, person: str) -> Risk | None:
        asked = self._users.by_risky_user_id(person).to_get_request_information()
        try:
            return await self._read("risk", lambda: self._one(asked, _risk))
        except Missing as error:
            if error.code:  # a 404 without Graph's own word is somebody else's
                return None
            fault = Unavailable(str(error))
        raise fault

    async def at_risk(self, person: str) -> bool:
        for other in [known for known, flag in self._flags.items() if flag.stale]:
            del self._flags[other]
        if person not in self._flags:
            self._flags[person] = Cache(partial(self._flagged, person), self._clock, FRESH)
        return await self._flags[person].get()

    async def _flagged(self, person: str) -> bool:
        try:
            found = await self.risk(person)
        except Rejected as error:
            if error.code != NO_PREMIUM:
                raise
            return False  # a tenant without ID Protection flags nobody
        return found is not None and found.flagged

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        top = min(max(limit, 1), MOST)
        query = _Query(filter=f"userId eq '{person}'", orderby=["detectedDateTime desc"], top=top)
        asked = self._detections.to_get_request_information(RequestConfiguration(query_parameters=query))
        return (await self._read("detections", lambda: self._one(asked, _detections)))[:top]

    async def _one(self, asked: RequestInformation, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        found = await original(self._sender, asked)
        return read(found) if found is not None else None

    def _batch(self, call: str, post: Callable[[list[str]], Awaitable[None]]) -> Batch:
        async def send(take: Take) -> None:
            async def act() -> bool:
                await post(take())
                return True

            await _paused(self._calls.write(call, act, turn=partial(self._turn, WRITING)))

        return Batch(send)

    async def _read(self, call: str, ask: Callable[[], Awaitable[T | None]]) -> T:
        return await _paused(self._calls.read(call, ask, turn=partial(self._turn, READING)))

    async def _turn(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience + 1):
                await self._budget.turn(patience)
        except TimeoutError:
            fault = Unavailable("no turn in time", retry_after=PAUSE)
        else:
            return
        raise fault


async def _paused(call: Awaitable[T]) -> T:
    try:
        return await call
    except Throttled as error:
        fault = Unavailable(str(error), retry_after=PAUSE if error.retry_after is None else error.retry_after)
    raise fault


def _risk(found: Mapping[str, Any]) -> Risk:
    return Risk(
        state=needed(word(found, "riskState") or None, "riskState"),
        level=needed(word(found, "riskLevel") or None, "riskLevel"),
        detail=word(found, "riskDetail"),
        at=moment(found, "riskLastUpdatedDateTime"),
        processing=found.get("isProcessing") is True,
    )


def _detections(found: Mapping[str, Any]) -> tuple[Detection, ...]:
    """Put the newest first: Graph was asked to, and does not promise it."""
    listed = found.get("value")
    seen = [_detection(one) for one in needed(listed if isinstance(listed, list) else None, "value")]
    return tuple(sorted(seen, key=lambda one: one.at.timestamp() if one.at else 0.0, reverse=True))


def _detection(found: Mapping[str, Any]) -> Detection:
    where = found.get("location") or {}
    return Detection(
        kind=word(found, "riskEventType"),
        level=word(found, "riskLevel"),
        at=moment(found, "detectedDateTime"),
        place=", ".join(part for part in (word(where, "city"), word(where, "countryOrRegion")) if part),
    )
