"""Reports: what the tenant's own log says happened to an account; no call without a turn, for they are few."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, Final

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.audit_logs.directory_audits.directory_audits_request_builder import (
    DirectoryAuditsRequestBuilder,
)
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from bot.core.alterations import AccountChange, Alteration
from bot.core.budgets import Budget
from bot.core.errors import NotGranted, Rejected, Unavailable
from bot.core.ports import Clock
from bot.graph.cache import Cache
from bot.graph.calls import Calls
from bot.graph.readings import needed
from bot.graph.refusals import INCOMPLETE
from bot.graph.wording import moment, original, word

PAUSE: Final = 2.1  # seconds between two turns, and before the next try where nobody says when
FRESH: Final = timedelta(minutes=5)  # the log itself is minutes behind: asking again at once hears nothing newer
REFUSED: Final = timedelta(minutes=10)  # a no that only an administrator changes takes no turns meanwhile
TOP: Final = 200
PAGES: Final = 4  # whoever has more in a few days is not somebody to decide about by machine

_Query = DirectoryAuditsRequestBuilder.DirectoryAuditsRequestBuilderGetQueryParameters

# https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities has the activities, and
# https://learn.microsoft.com/entra/identity/monitoring-health/troubleshoot-audit-data-verified-domain how a name that
# changed reads. Which properties a manager or a phone number changes is documented nowhere: what looks like one counts.
_METHODS: Final = re.compile(
    r"(user|admin) (registered|updated|changed default) .*security info"
    r"|add (fido2|passkey|windows hello|passwordless|platform credential)"
    r"|add users strong authentication|enable strong authentication"
)
_NUMBERS: Final = frozenset({"strongauthenticationuserdetails", "strongauthenticationmethod"})
_CREATED: Final = "add user"
_NAME: Final = "userprincipalname"
_MANAGER: Final = "manager"
_UPDATED: Final = "included updated properties"  # their names, as its value
_NEXT: Final = "@odata.nextLink"
PROBED: Final = timedelta(hours=1)


class Patience(Enum):
    """Who goes first: whom somebody waits for waits for a turn, and what nobody waits for takes only one left over."""

    PERSON = 3.0  # seconds
    NOBODY = 0.0


class Reports:
    """Each call takes a turn from the budget all replicas share: five in ten seconds, for each app and tenant.

    https://learn.microsoft.com/graph/throttling-limits
    https://learn.microsoft.com/graph/api/directoryaudit-list
    """

    def __init__(
        self, graph: BaseGraphServiceClient, calls: Calls, budget: Budget, clock: Clock, app_id: str = ""
    ) -> None:
        self._audits = graph.audit_logs.directory_audits
        self._sender = graph.request_adapter
        self._calls = calls
        self._budget = budget
        self._clock = clock
        self._app_id = app_id.casefold()
        self._known: dict[tuple[str, timedelta], Cache[tuple[AccountChange, ...]]] = {}
        self._no: tuple[datetime, NotGranted] | None = None

    async def changes(self, person: str, within: timedelta, *, anew: bool = False) -> tuple[AccountChange, ...]:
        self._still_refused()
        for other in [key for key, known in self._known.items() if known.stale]:
            del self._known[other]
        key = (person, within)
        if key not in self._known:
            self._known[key] = Cache(partial(self._asked, person, within, Patience.PERSON), self._clock, FRESH)
        known = self._known[key]
        try:
            return await (known.anew() if anew else known.get())
        except NotGranted as error:
            self._no = (self._clock.now(), error)
            raise

    async def probe(self, person: str) -> None:
        """Ask about nobody whether there is an answer, with a turn that nobody else wants."""
        await self._asked(person, PROBED, Patience.NOBODY)
        self._no = None

    def _still_refused(self) -> None:
        if self._no is not None and timedelta() <= self._clock.now() - self._no[0] < REFUSED:
            raise NotGranted(str(self._no[1]), code=self._no[1].code)

    async def _asked(self, person: str, within: timedelta, patience: Patience) -> tuple[AccountChange, ...]:
        begin = (self._clock.now() - within).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = f"activityDateTime ge {begin} and targetResources/any(t:t/id eq '{person}')"
        query = _Query(filter=about, top=TOP)
        asked = self._audits.to_get_request_information(RequestConfiguration(query_parameters=query))
        found: list[AccountChange] = []
        for _ in range(PAGES):
            told, link = await self._page(asked, person, patience)
            found += told
            if not link:
                return tuple(sorted(found, key=lambda one: one.at, reverse=True))
            asked = self._audits.with_url(link).to_get_request_information()
        raise Rejected("changes: more than can be read", code=INCOMPLETE)

    async def _page(
        self, asked: RequestInformation, person: str, patience: Patience
    ) -> tuple[list[AccountChange], str]:
        async def read() -> tuple[list[AccountChange], str] | None:
            page = await original(self._sender, asked)
            if page is None:
                return None
            listed = page.get("value")
            entries = needed(listed if isinstance(listed, list) else None, "value")
            return [one for entry in entries for one in _told(entry, person, self._app_id)], word(page, _NEXT)

        return await self._calls.read("changes", read, turn=partial(self._turn, patience.value))

    async def _turn(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience + 1):
                await self._budget.turn(patience)
        except TimeoutError:
            raise Unavailable("no turn in time", retry_after=PAUSE) from None


def _told(entry: Any, person: str, ours: str) -> Iterator[AccountChange]:
    """Say what one entry tells of an account; what failed changed nothing, and what cannot be read is no answer."""
    if not isinstance(entry, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is the answer that is wrong
    if word(entry, "result").casefold() == "failure" or (ours and _initiator(entry) == ours):
        return
    at = needed(moment(entry, "activityDateTime"), "activityDateTime")
    name = needed(word(entry, "activityDisplayName") or None, "activityDisplayName").casefold()
    changed = _properties(entry, person)
    if name == _CREATED:
        yield AccountChange(Alteration.CREATED, at)
        return
    if _METHODS.match(name) or _NUMBERS & changed:
        yield AccountChange(Alteration.METHOD, at)
    if _NAME in changed:
        yield AccountChange(Alteration.RENAMED, at)
    if _MANAGER in name or any(_MANAGER in one for one in changed):
        yield AccountChange(Alteration.MANAGER, at)


def _initiator(entry: Mapping[str, Any]) -> str:
    app = (entry.get("initiatedBy") or {}).get("app") or {}
    return word(app, "appId").casefold()


def _properties(entry: Mapping[str, Any], person: str) -> frozenset[str]:
    """Return the names of what is another value now than before, of this account."""
    found = set[str]()
    for target in entry.get("targetResources") or ():
        if word(target, "id").casefold() != person:
            continue
        for one in target.get("modifiedProperties") or ():
            name = word(one, "displayName").casefold()
            if name == _UPDATED:
                found.update(re.findall(r"\w+", word(one, "newValue").casefold()))
            elif one.get("oldValue") != one.get("newValue"):
                found.add(name)
    return frozenset(found)
