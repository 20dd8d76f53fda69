"""Groups whose properties a list hides: each is asked about alone, and what stays hidden is kept for who runs the desk.

Graph lists what an app may not see with an id and nulls, and such a group could be one that roles may be given to.
https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.groups.item.group_item_request_builder import GroupItemRequestBuilder
from msgraph.generated.models.group import Group

from bot.core.errors import NO_PERMISSION, DeskError, Missing, NotGranted, Unavailable
from bot.graph.calls import Calls
from bot.graph.readings import needed

FIELDS: Final = ("id", "isAssignableToRole", "securityEnabled")
MOST: Final = 10  # of one person: where more are hidden, a permission is missing, and no group has to be asked about
KEPT: Final = 20  # of all people, those met last
# https://learn.microsoft.com/graph/permissions-reference
FIX: Final = (
    "grant the app Group.Read.All, or Member.Read.Hidden where it is their membership that is hidden, and consent as "
    "an administrator"
)

_Query = GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters

log = structlog.get_logger(__name__)


class HiddenGroups:
    def __init__(self, graph: BaseGraphServiceClient, calls: Calls) -> None:
        self._groups = graph.groups
        self._calls = calls
        self._kept: dict[str, None] = {}  # in the order they were met

    async def shown(self, listed: Iterable[Group]) -> list[Group]:
        """Return these groups as they are, each once; raise `NotGranted` if one of them hides that.

        `Unavailable` for one that is gone since: lists are behind what is.
        """
        seen = {needed(group.id, "id"): group for group in listed}
        hidden = [name for name, group in seen.items() if hides(group)]
        if len(hidden) > MOST:
            raise NotGranted(f"{len(hidden)} groups hide their properties", code=NO_PERMISSION)
        try:
            alone = dict(zip(hidden, await asyncio.gather(*map(self._alone, hidden)), strict=True))
        except Missing as error:
            raise Unavailable(str(error)) from None
        still = [name for name, group in alone.items() if group is None]
        if still:
            self._keep(still)
            raise NotGranted("a group hides its properties", code=NO_PERMISSION)
        return [alone.get(name) or group for name, group in seen.items()]

    async def still(self) -> tuple[str, ...]:
        """Ask again about those that were met hiding, and return the ids of those that do."""
        asked = tuple(self._kept)
        for name, hiding in zip(asked, await asyncio.gather(*map(self._hiding, asked)), strict=True):
            if not hiding:
                self._kept.pop(name, None)
        return tuple(self._kept)

    async def _alone(self, group: str) -> Group | None:
        """Ask about one group; None if it hides what it is."""
        item = self._groups.by_group_id(group)
        query = RequestConfiguration(query_parameters=_Query(select=list(FIELDS)))

        async def ask() -> Group | None:
            found = await item.get(query)
            if found is not None and hides(found):
                raise NotGranted("hidden_group: nothing but nulls", code=NO_PERMISSION)
            return found

        try:
            return await self._calls.read("hidden_group", ask)
        except NotGranted:
            return None

    async def _hiding(self, group: str) -> bool:
        try:
            return await self._alone(group) is None
        except Missing:
            return False
        except DeskError:
            return True  # nobody answers just now: what was known stands

    def _keep(self, names: list[str]) -> None:
        for name in names:
            self._kept.pop(name, None)
            self._kept[name] = None
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        log.warning("groups_hidden", groups=names, fix=FIX)


def hides(group: Group) -> bool:
    """Say whether Graph shows nothing of a group: `securityEnabled` is never null in one that may be seen."""
    return group.security_enabled is None


def assignable(groups: Sequence[Group]) -> list[str]:
    """Return the ids of those that roles may be given to; null is Graph's no, for it is set at creation or never."""
    return [needed(group.id, "id") for group in groups if group.is_assignable_to_role]
