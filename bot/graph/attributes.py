"""Proofs of identity as custom security attributes: the desk writes its own, and reads only as the person who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.custom_security_attribute_value import CustomSecurityAttributeValue
from msgraph.generated.models.user import User
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

from bot.config.cloud import Cloud
from bot.core.model import Secret
from bot.graph.calls import Calls
from bot.graph.client import sender
from bot.graph.wording import original

# https://learn.microsoft.com/graph/custom-security-attributes-examples
_VALUES: Final = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"
_NUMBER: Final = "#Int32"
_FIELD: Final = "customSecurityAttributes"

_UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters


class Given:
    """The token of one person, for one call; another is not to be had."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def get(self, scope: str) -> str:  # noqa: ARG002 - it is good for one scope and comes with it
        return self._token.reveal()

    async def forget(self, scope: str) -> None:
        """Whoever gave it keeps it no longer than this call."""


class IdentityProofs:
    """`attribute_set` is the set whose attributes are the desk's; no other is touched or looked at.

    `names` are what the tenant calls the desk's own words.
    """

    def __init__(
        self,
        graph: BaseGraphServiceClient,
        calls: Calls,
        *,
        cloud: Cloud,
        session: aiohttp.ClientSession,
        attribute_set: str,
        names: Mapping[str, str],
    ) -> None:
        self._users = graph.users
        self._calls = calls
        self._cloud = cloud
        self._session = session
        self._set = attribute_set
        self._names = names

    async def keep(self, person: str, proof: Mapping[str, str | int]) -> None:
        user = self._users.by_user_id(person)
        ours = CustomSecurityAttributeValue(
            odata_type=_VALUES, additional_data=_typed({self._names.get(k, k): v for k, v in proof.items()})
        )
        sets = CustomSecurityAttributeValue(additional_data={self._set: ours})

        async def act() -> bool:
            await user.patch(User(custom_security_attributes=sets))
            return True

        await self._calls.write("keep_proof", act)

    async def of(self, person: str, token: Secret) -> Mapping[str, str | int]:
        tokens = Given(token)
        sending = sender(self._cloud, tokens, self._session)
        query = RequestConfiguration(query_parameters=_UserQuery(select=[_FIELD]))
        asked = self._users.by_user_id(person).to_get_request_information(query)
        found = await self._calls.by(tokens).read("proof_of", lambda: original(sending, asked))
        words = {name: word for word, name in self._names.items()}
        return {words.get(name, name): value for name, value in _ours(found.get(_FIELD), self._set).items()}


def _typed(proof: Mapping[str, str | int]) -> dict[str, Any]:
    """A number says what it is, just before it; a text need not."""
    typed: dict[str, Any] = {}
    for name, value in proof.items():
        if isinstance(value, int):
            typed[f"{name}@odata.type"] = _NUMBER
        typed[name] = value
    return typed


def _ours(sets: object, name: str) -> Mapping[str, str | int]:
    ours = sets.get(name) if isinstance(sets, dict) else None
    values = ours if isinstance(ours, dict) else {}
    return {
        key: value
        for key, value in values.items()
        if "@" not in key and isinstance(value, str | int) and not isinstance(value, bool)
    }
