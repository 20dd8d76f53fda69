"""Stories in which the bot dies, at any moment and without a word: nothing is lost, doubled or leaked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from bot.config.trail import keys_of
from bot.core.audit import verify
from bot.process.clock import SystemClock
from playground.faults import Fault
from playground.server import Play
from tests.stores import patient
from tests.stories.hand import Hand
from tests.stories.seat import words

pytestmark = pytest.mark.slow

Doing = Callable[[Hand, Hand], Awaitable[object]]


async def _ask(ann: Hand, _: Hand) -> None:
    await ann.ask()


async def _sign_in(ann: Hand, _: Hand) -> None:
    await ann.sign_in()


async def _approve(ann: Hand, ben: Hand) -> None:
    await ben.approve(ann.name)


async def _show(ann: Hand, _: Hand) -> None:
    await ann.show()


STEPS: list[tuple[str, Doing]] = [("step_up", _ask), ("approval", _sign_in), ("ready", _approve), ("acting", _show)]


@asynccontextmanager
async def held(play: Play, status: str) -> AsyncIterator[None]:
    """Hold every transaction that brings a request to `status` open for a while, before it can commit."""
    async with await psycopg.AsyncConnection.connect(play.database_url, autocommit=True) as connection:
        await connection.execute(
            f"""
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.status = '{status}' THEN PERFORM pg_sleep(4); END IF; RETURN NEW; END $$;
            CREATE TRIGGER hold AFTER INSERT OR UPDATE ON requests FOR EACH ROW EXECUTE FUNCTION hold()
            """
        )
        try:
            yield
        finally:
            await connection.execute("DROP TRIGGER hold ON requests; DROP FUNCTION hold()")


async def status(play: Play) -> str:
    async with await psycopg.AsyncConnection.connect(play.database_url) as connection:
        row = await (await connection.execute("SELECT status FROM requests ORDER BY created_at DESC")).fetchone()
        return str(row[0]) if row else ""


async def until(play: Play, wanted: str) -> None:
    async with asyncio.timeout(40):
        while await status(play) != wanted:
            await asyncio.sleep(0.05)


async def sleeping(play: Play, *, there: bool) -> None:
    """Wait until a held transaction is there, or is not any more."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    async with asyncio.timeout(40), await psycopg.AsyncConnection.connect(play.database_url, autocommit=True) as c:
        while bool(await (await c.execute(asked)).fetchone()) is not there:
            await asyncio.sleep(0.05)


async def whole(play: Play, *, plain_until: int | None = None) -> None:
    """The audit chain is unbroken, and nobody was shown a pass twice."""
    async with patient(play.database_url, SystemClock(), size=2) as store:
        for tenant in await store.tenants():
            head = await store.head(tenant)  # first: the desk may be at work still
            assert head is not None
            entries = [entry async for entry in store.audit_entries(tenant, upto=head[0])]
            assert verify(entries, head, keys_of(play.world.audit_key), plain_until=plain_until) is None
            shown = [entry.request for entry in entries if entry.deed == "shown"]
            assert len(shown) == len(set(shown))


def hands(play: Play) -> tuple[Hand, Hand]:
    play.teams.delivery.patience = 3.0  # what is re-sent to a dead bot is re-sent soon
    return Hand(play, "ann"), Hand(play, "ben")


async def _reach(ann: Hand, ben: Hand, number: int) -> None:
    """Walk to just before step `number`."""
    for _, doing in STEPS[:number]:
        await doing(ann, ben)


async def _finish(ann: Hand, ben: Hand, number: int) -> str:
    """Do from step `number` on what people would do, and return what Ann reads in the end."""
    for _, doing in STEPS[number:-1]:
        await doing(ann, ben)
    return await ann.show()


@pytest.mark.parametrize("number", range(len(STEPS)))
async def test_killed_before_the_commit_nothing_happened(play: Play, number: int) -> None:
    ann, ben = hands(play)
    await _reach(ann, ben, number)
    wanted, doing = STEPS[number]
    before = await status(play)
    async with held(play, wanted):
        pressed = asyncio.create_task(_trying(doing, ann, ben))
        await sleeping(play, there=True)
        await play.replicas.kill(0)
        await pressed
        await sleeping(play, there=False)
    assert await status(play) == before
    await play.replicas.start(0)
    said = await _finish(ann, ben, number)
    assert play.world.graph.issued[-1].value in said
    assert len(play.world.graph.issued) == 1
    await whole(play)


@pytest.mark.parametrize("number", range(len(STEPS) - 1))
async def test_killed_after_the_commit_nothing_is_lost(play: Play, number: int) -> None:
    ann, ben = hands(play)
    await _reach(ann, ben, number)
    wanted, doing = STEPS[number]
    play.world.faults.add(Fault(where="connector", kind="slow", seconds=3))  # nothing is told before it dies
    pressed = asyncio.create_task(_trying(doing, ann, ben))
    await until(play, wanted)
    await play.replicas.kill(0)
    await pressed
    play.world.faults.clear()
    await play.replicas.start(0)
    said = await _finish(ann, ben, number + 1)
    assert play.world.graph.issued[-1].value in said
    await whole(play)


async def test_killed_between_approval_and_show(play: Play) -> None:
    ann, ben = hands(play)
    await ann.to_ready(ben)
    await play.replicas.kill(0)
    await play.replicas.start(0)
    assert play.world.graph.issued == []
    said = await ann.show()
    assert play.world.graph.issued[0].value in said


async def test_killed_in_the_act_the_pass_is_found_and_replaced_once(play: Play) -> None:
    """The pass is made, the process dies before it hears of it: Ann is told, and may replace it."""
    ann, ben = hands(play)
    await ann.to_ready(ben)
    play.world.faults.add(Fault(where="graph", match="POST .*temporaryAccessPassMethods", kind="lost", times=1))
    pressed = asyncio.create_task(_trying(_show, ann, ben))
    async with asyncio.timeout(40):
        while not play.world.graph.issued:
            await asyncio.sleep(0.01)
    await play.replicas.kill(0)
    await pressed
    play.world.faults.clear()
    await play.replicas.start(0)
    lost = await ann.sees(words("tap.request.unknown.title"), seconds=60)
    found = await play.teams.wait("ann", test=lambda seen: "nobody has seen it" in seen.words, seconds=30)
    assert found.id >= lost.id
    assert len(play.world.graph.issued) == 1
    outcome = await play.teams.press("ann", found, words("tap.button.replace"))
    assert play.world.graph.issued[1].value in str(outcome.dialog)
    await whole(play)


async def _trying(doing: Doing, ann: Hand, ben: Hand) -> None:
    """Do it as somebody does who is cut off in the middle of it."""
    with suppress(Exception):
        await doing(ann, ben)


class TestTwo:
    """Two replicas on one database, behind a balancer that knows nothing."""

    @pytest.fixture
    def setting(self) -> Mapping[str, object]:
        return {"replicas": 2}

    async def test_one_dies_and_the_other_goes_on(self, play: Play) -> None:
        ann, ben = hands(play)
        await ann.ask()
        await play.replicas.kill(0)
        await ann.sign_in()
        await ben.approve(ann.name)
        said = await ann.show()
        assert play.world.graph.issued[0].value in said

    async def test_two_presses_at_once_make_one_pass(self, play: Play) -> None:
        ann, ben = hands(play)
        await ann.to_ready(ben)
        said = await asyncio.gather(*(ann.show() for _ in range(4)))
        assert len(play.world.graph.issued) == 1
        assert [play.world.graph.issued[0].value in text for text in said].count(True) == 1
        await whole(play)
