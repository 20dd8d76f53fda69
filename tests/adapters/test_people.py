"""The store keeps addresses, messages and sign-ins for as long as somebody may ask for them, and no longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

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


@pytest.mark.parametrize("other", [{"personal": False}, {"tenant": "fabrikam"}, {"id": "19:meeting_x@thread.v2"}])
async def test_only_a_private_chat_is_remembered(store: PostgresStore, other: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        async with store.unit() as unit:
            await unit.remember(ANN, replace(HOME, **other))


async def test_what_waits_for_somebody_is_moved_and_nothing_else(store: PostgresStore) -> None:
    moved = replace(HOME, id="a:new")
    over = sign_in("over", expires_at=NOW)
    done, theirs = sign_in("done", stage=SignInStage.FINISHED), sign_in("ben", person=BEN)
    elsewhere = sign_in("elsewhere", person=replace(ANN, tenant="fabrikam"), chat=replace(HOME, tenant="fabrikam"))
    async with store.unit() as unit:
        stay = [await unit.keep_sign_in(one) for one in (over, done, theirs, elsewhere)]
        waits = await unit.keep_sign_in(sign_in("s1", request="r2"))
    async with store.unit() as unit:
        assert await unit.move_sign_ins(ANN, moved, NOW) == ("r2",)
        assert await unit.move_sign_ins(ANN, moved, NOW) == ()
        assert await unit.sign_in("s1") == replace(waits, chat=moved, version=2)
        assert [await unit.sign_in(one.id) for one in stay] == stay
    with pytest.raises(Conflict):
        async with store.unit() as unit:
            await unit.keep_sign_in(waits)


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


async def test_sign_ins_are_closed_by_person_request_and_purpose_and_nothing_goes_on_with_them(
    store: PostgresStore,
) -> None:
    async with store.unit() as unit:
        old = sign_in("old", purpose=Purpose.APPROVE, stage=SignInStage.RETURNED, flow={"state": "x"}, code="hash")
        for kept in (old, sign_in("no", purpose=Purpose.DENY), sign_in("but", purpose=Purpose.APPROVE)):
            await unit.keep_sign_in(kept)
        await unit.keep_sign_in(sign_in("bens", purpose=Purpose.APPROVE, person=BEN))
        await unit.keep_sign_in(sign_in("own"))
        await unit.keep_sign_in(sign_in("else", purpose=Purpose.APPROVE, request="r2"))
        await unit.close_sign_ins("r1", "ann", {Purpose.APPROVE, Purpose.DENY}, but="but")
    async with store.unit() as unit:
        found = [await unit.sign_in(name) for name in ("old", "no", "but", "bens", "own", "else")]
    closed = [one.id for one in found if one and one.stage is SignInStage.FINISHED]
    assert closed == ["old", "no"]
    assert found[0] is not None
    assert (found[0].flow, found[0].code, found[0].version) == (None, "", 2)
    with pytest.raises(Conflict):  # of whoever was going on with it
        async with store.unit() as unit:
            await unit.keep_sign_in(replace(old, version=1))


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
