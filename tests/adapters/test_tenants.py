"""What the store knows of a person it knows of them in their tenant: the same id in another tenant is somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import Conflict
from bot.store.postgres import PostgresStore
from tests.adapters.rows import ANN, BEN, HOME, NOW, ask

ELSEWHERE = "fabrikam"


async def test_what_was_asked_elsewhere_is_not_theirs(store: PostgresStore) -> None:
    stranger = replace(ANN, tenant=ELSEWHERE)
    async with store.unit() as unit:
        await unit.add(ask("r1", subject=stranger))
        await unit.remember(stranger, replace(HOME, tenant=ELSEWHERE))
    async with store.unit() as unit:
        assert await unit.recent(ANN.tenant, ANN.id, NOW) == {}
        assert await unit.latest(ANN.tenant, ANN.id, 5) == ()
        assert await unit.private_chat(ANN.tenant, ANN.id) is None
        assert await unit.add(ask("r2")) is None, "theirs is not in the way of hers"


async def test_a_sign_in_is_used_up_in_its_tenant_for_its_person_at_its_moment(store: PostgresStore) -> None:
    async with store.unit() as unit:
        await unit.use_sign_in(ANN.tenant, ANN.id, NOW, "r1")
    others = ((ELSEWHERE, ANN.id, NOW), (ANN.tenant, BEN.id, NOW), (ANN.tenant, ANN.id, NOW + timedelta(seconds=1)))
    for tenant, person, at in others:
        async with store.unit() as unit:
            assert await unit.used_for(tenant, person, at) == ""
            await unit.use_sign_in(tenant, person, at, "r2")
    with pytest.raises(Conflict):
        async with store.unit() as unit:
            await unit.use_sign_in(ANN.tenant, ANN.id, NOW, "r2")
    async with store.unit() as unit:
        await unit.use_sign_in(ANN.tenant, ANN.id, NOW, "r1")
        assert await unit.used_for(ANN.tenant, ANN.id, NOW) == "r1"


async def test_what_a_sign_in_served_is_forgotten_when_it_could_serve_nothing_more(store: PostgresStore) -> None:
    async with store.unit() as unit:
        await unit.use_sign_in(ANN.tenant, ANN.id, NOW, "r1")
    await store.prune(NOW + timedelta(hours=23))
    async with store.unit() as unit:
        assert await unit.used_for(ANN.tenant, ANN.id, NOW) == "r1"
    await store.prune(NOW + timedelta(hours=25))
    async with store.unit() as unit:
        assert await unit.used_for(ANN.tenant, ANN.id, NOW) == ""
