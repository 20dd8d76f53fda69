"""The desk's custom security attributes, defined in a tenant: what is there already must be what we would have made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.attribute_set import AttributeSet
from msgraph.generated.models.custom_security_attribute_definition import CustomSecurityAttributeDefinition

from bot.config.cloud import Cloud
from bot.core.errors import Missing, Rejected
from bot.core.tokens import Tokens
from bot.graph.calls import Calls, Observe
from bot.graph.client import connect

T = TypeVar("T")

DEFINED_OTHERWISE: Final = "defined_otherwise"
_TYPES: Final[Mapping[type[str | int], str]] = {str: "String", int: "Integer"}
_DESCRIPTION: Final = "When and how well Vouchsafe last verified who somebody is."


async def define(
    *,
    cloud: Cloud,
    tokens: Tokens,
    attribute_set: str,
    names: Mapping[str, type[str | int]],
    observe: Observe | None = None,
) -> tuple[str, ...]:
    """Make the set and its attributes where they are missing; return what was made, as `Set` and `Set_Name`.

    May be repeated. Raises `Rejected` with the code `defined_otherwise` when one is there that is not like ours.
    https://learn.microsoft.com/graph/api/directory-post-customsecurityattributedefinitions
    """
    graph, session = connect(cloud, tokens)
    try:
        definitions = Definitions(graph, Calls(tokens, cloud.graph_scope, observe))
        made = [attribute_set] if await definitions.set(attribute_set) else []
        made += [f"{attribute_set}_{n}" for n, sort in names.items() if await definitions.name(attribute_set, n, sort)]
        return tuple(made)
    finally:
        await session.close()


class Definitions:
    def __init__(self, graph: BaseGraphServiceClient, calls: Calls) -> None:
        self._directory = graph.directory
        self._calls = calls

    async def set(self, name: str) -> bool:
        """Make the set; say whether it was not there."""
        sets = self._directory.attribute_sets
        wanted = AttributeSet(id=name, description=_DESCRIPTION)
        look = sets.by_attribute_set_id(name).get
        return await self._made(look, lambda: sets.post(wanted)) is None

    async def name(self, attribute_set: str, name: str, sort: type[str | int]) -> bool:
        """Make one attribute of the set; say whether it was not there."""
        definitions = self._directory.custom_security_attribute_definitions
        wanted = CustomSecurityAttributeDefinition(
            attribute_set=attribute_set,
            name=name,
            description=_DESCRIPTION,
            type=_TYPES[sort],
            status="Available",
            is_collection=False,
            is_searchable=True,
            use_pre_defined_values_only=False,
        )
        look = definitions.by_custom_security_attribute_definition_id(f"{attribute_set}_{name}").get
        found = await self._made(look, lambda: definitions.post(wanted))
        if found is not None and _shape(found) != _shape(wanted):
            raise Rejected(f"{attribute_set}_{name} is there, and is not like ours", code=DEFINED_OTHERWISE)
        return found is None

    async def _made(self, look: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what is there already, or None when it was made now."""
        try:
            return await self._calls.read("definition", look)
        except Missing:
            pass
        try:
            await self._calls.write("define", make)
        except Rejected as refused:
            return await self._rival(look, refused)
        return None

    async def _rival(self, look: Callable[[], Awaitable[T | None]], refused: Rejected) -> T:
        """Somebody may have made it meanwhile; then that is what counts, not that we could not."""
        try:
            return await self._calls.read("definition", look)
        except Missing:
            raise refused from None


def _shape(definition: CustomSecurityAttributeDefinition) -> tuple[str | None, str | None, bool, bool]:
    return (
        definition.type,
        definition.status,
        bool(definition.is_collection),
        bool(definition.use_pre_defined_values_only),
    )
