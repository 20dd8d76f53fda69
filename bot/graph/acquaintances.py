"""Acquaintances: an account as Graph has it, and whom it names as that person's manager, in one question or in two."""

from __future__ import annotations

from typing import Final

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from bot.core.directory import Account, Manager
from bot.core.errors import Missing, NotGranted, Rejected, Unavailable
from bot.graph import readings
from bot.graph.calls import Calls
from bot.graph.readings import ACCOUNT_FIELDS, needed, of_human

_QUOTE: Final = "'"
_SEARCH_SIGNS: Final = '"\\'  # what would end or escape the words that are searched for
_UsersQuery = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
_UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters

# Without $levels, which would make it an advanced query, answered from an index that lags behind:
# https://learn.microsoft.com/graph/api/user-list-manager
_WITH_MANAGER: Final = ["manager($select=id,displayName)"]


class Acquaintances:
    """Asks about people by their object ids; `human` is the attribute that tells which accounts are one human's."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, human: str) -> None:
        self._graph = graph
        self._calls = calls
        self._human = human
        self._apart = False

    async def account(self, person: str) -> Account:
        return readings.account(await self._user(person), self._human)

    async def manager(self, person: str) -> Manager | None:
        manager = self._graph.users.by_user_id(person).manager
        try:
            return readings.manager(await self._calls.read("manager", manager.get))
        except Missing as error:
            if error.code:  # a 404 without Graph's own word is somebody else's
                return None
            fault = Unavailable(str(error))
        raise fault

    async def acquainted(self, person: str) -> tuple[Account, Manager | None]:
        """Ask for both at once, until a Graph has said no to that: what decides must not hang on what does not."""
        if self._apart:
            raise Rejected("account and manager are asked apart", code="apart")
        try:
            user = await self._user(person, _WITH_MANAGER)
        except (Missing, NotGranted):
            raise
        except Rejected:
            self._apart = True
            raise
        found = readings.manager(user.manager) if user.manager is not None else None
        return readings.account(user, self._human), found

    async def named(self, text: str, limit: int) -> tuple[Account, ...]:
        """Return the accounts with this sign-in name, or with these words in their name.

        Words are searched in an index that lags a little behind; that decides nothing.
        https://learn.microsoft.com/graph/search-query-parameter
        """
        select, headers = [*ACCOUNT_FIELDS, *of_human(self._human)], HeadersCollection()
        if "@" in text:
            query = _UsersQuery(filter=f"userPrincipalName eq '{text.replace(_QUOTE, 2 * _QUOTE)}'", select=select)
        else:
            said = "".join(c for c in text if c not in _SEARCH_SIGNS)
            query = _UsersQuery(search=f'"displayName:{said}"', select=select, top=limit, count=True)
            headers.add("ConsistencyLevel", "eventual")
        asked = RequestConfiguration(query_parameters=query, headers=headers)
        page = await self._calls.read("people", lambda: self._graph.users.get(asked))
        return tuple(readings.account(user, self._human) for user in needed(page.value, "value")[:limit])

    async def _user(self, person: str, expand: list[str] | None = None) -> User:
        user = self._graph.users.by_user_id(person)
        query = _UserQuery(select=[*ACCOUNT_FIELDS, *of_human(self._human)], expand=expand)
        return await self._calls.read("account", lambda: user.get(RequestConfiguration(query_parameters=query)))
