"""The store keeps addresses, messages and sign-ins for as long as somebody may ask for them, and no longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import Conflict, Rejected
from bot.core.model import Chat
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot
from bot.store.postgres import PostgresStore
from tests.adapters.rows import ANN, BEN, HOME, NOW


async def test_private_chats(store: PostgresStore) -> None:
    async with store.unit() as unit:
        assert await unit.private_chat("contoso", "ann") is None
        await unit.remember(replace(ANN, name="Ann"), replace(HOME, id="a:old"))
        await unit.remember(ANN, HOME)
        assert await unit.private_chat("contoso", "ann") == (ANN, HOME)
        assert await unit.private_chat("fabrikam", "ann") is None
        await unit.forget("contoso", "ann")
        assert await unit.private_chat("contoso", "ann") is None


@pytest.mark.parametrize("chat", [replace(HOME, personal=False), replace(HOME, tenant="fabrikam")])
async def test_only_a_private_chat_is_remembered(store: PostgresStore, chat: Chat) -> None:
    with pytest.raises(Rejected):
        async with store.unit() as unit:
            await unit.remember(ANN, chat)


async def test_posted(store: PostgresStore) -> None:
    channel = Chat("contoso", "19:x", "https://smba.example/", personal=False)
    card = Posted("r1", Slot.APPROVERS, "", channel, "1", "aaa")
    mine = Posted("r1", Slot.CONFIRM, "ben", None, "", "", deleted=True)
    async with store.unit() as unit:
        await unit.keep_posted(replace(card, shown="old"))
        await unit.keep_posted(card)
        await unit.keep_posted(mine)
        assert await unit.posted("r1") == (card, mine)
        assert await unit.posted("r2") == ()


def sign_in(name: str, **changes: object) -> SignIn:
    begun = SignIn(
        id=name,
        purpose=Purpose.STEP_UP,
        person=ANN,
        chat=HOME,
        request="r1",
        request_version=1,
        context="c1",
        stage=SignInStage.BEGUN,
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )
    return replace(begun, **changes)  # type: ignore[arg-type]  # whatever a test wants changed


async def test_a_sign_in_goes_on_once(store: PostgresStore) -> None:
    async with store.unit() as unit:
        first = await unit.keep_sign_in(sign_in("s1"))
    assert first.version == 1
    async with store.unit() as unit:
        second = await unit.keep_sign_in(replace(first, stage=SignInStage.STARTED, flow={"state": "x"}))
        assert await unit.sign_in("s1") == second
        assert await unit.sign_in("s2") is None
    for stale in (first, sign_in("s1")):
        with pytest.raises(Conflict):
            async with store.unit() as unit:
                await unit.keep_sign_in(stale)


async def test_the_newest_sign_in_of_a_person(store: PostgresStore) -> None:
    async with store.unit() as unit:
        await unit.keep_sign_in(sign_in("s1"))
        newest = await unit.keep_sign_in(sign_in("s2", created_at=NOW + timedelta(seconds=1)))
        done = await unit.keep_sign_in(sign_in("s3", person=BEN, stage=SignInStage.FINISHED))
        page = await unit.keep_sign_in(sign_in("s4", purpose=Purpose.ENTER, created_at=NOW + timedelta(seconds=2)))
        assert await unit.sign_in_for("r1", "ann", Purpose.STEP_UP) == newest
        assert await unit.sign_in_for("r1", "ann", Purpose.ENTER) == page
        assert await unit.sign_in_for("r1", "ann", Purpose.APPROVE) is None
        assert await unit.sign_in_for("r1", "ben", Purpose.STEP_UP) is None
        assert set(await unit.sign_ins("r1")) == {newest, page, done}


async def test_first_time(store: PostgresStore) -> None:
    async def deliver() -> bool:
        async with store.unit() as unit:
            return await unit.first_time("contoso", "activity-1", NOW)

    assert sorted(await asyncio.gather(*(deliver() for _ in range(6)))) == [False] * 5 + [True]
    async with store.unit() as unit:
        assert await unit.first_time("fabrikam", "activity-1", NOW)


async def test_pruning(store: PostgresStore) -> None:
    async with store.unit() as unit:
        await unit.first_time("contoso", "old", NOW - timedelta(days=3))
        await unit.first_time("contoso", "new", NOW)
        await unit.keep_sign_in(sign_in("old", expires_at=NOW - timedelta(days=2)))
        await unit.keep_sign_in(sign_in("new"))
    await store.prune(NOW)
    async with store.unit() as unit:
        assert await unit.first_time("contoso", "old", NOW)
        assert not await unit.first_time("contoso", "new", NOW)
        assert await unit.sign_in("old") is None
        assert await unit.sign_in("new") is not None
