"""Teams' limits over all replicas, by a loop whose time passes at once: who may speak when, and who goes first."""

from __future__ import annotations

import asyncio

import pytest

from bench.crowd import Bucket, Heard, crowd, now, swiftly
from bot.teams.limits import AT_ONCE, CHANNEL, CREDIT, TENANT, WINDOWS, Limiter, Rank

A_SECOND = 50  # messages a tenant takes from one app


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_a_tenant_is_not_flooded_and_answers_go_first(replicas: int) -> None:
    heard, bucket = Heard(), Bucket(replicas)
    waits = swiftly(crowd(heard, bucket, 1000))
    assert len(heard.sent) == 1000 + 20 * replicas
    assert heard.most(1.0) <= A_SECOND
    assert heard.took <= 1.25 * len(heard.sent) * TENANT  # and what is allowed is used
    assert max(waits) < 1.0
    assert bucket.asked < len(heard.sent)


@pytest.mark.parametrize("replicas", [1, 2, 4, 7])
def test_a_conversation_is_not_flooded(replicas: int) -> None:
    heard, bucket = Heard(), Bucket(replicas)

    async def flood() -> None:
        limiters = [Limiter(tenant=bucket, now=now) for _ in range(replicas)]
        await asyncio.gather(*(limiter.turn(f"a:{n}") for n, limiter in enumerate(limiters)))  # hear of the others
        await asyncio.sleep(1)
        await asyncio.gather(*(heard.send(limiters[n % replicas], "a:ann", Rank.NEWS) for n in range(200)))

    swiftly(flood())
    assert len(heard.sent) == 200
    assert [heard.most(seconds, "a:ann") <= most for most, seconds in WINDOWS] == [True] * 4


def test_a_channel_is_not_flooded() -> None:
    heard, bucket, channel = Heard(), Bucket(4), Bucket(4, CHANNEL, AT_ONCE)

    async def flood() -> None:
        limiters = [Limiter(tenant=bucket, channel=lambda _: channel, now=now) for _ in range(4)]

        async def worker(limiter: Limiter) -> None:
            for _ in range(500):
                await heard.send(limiter, "19:helpdesk", Rank.REST, channel=True)

        await asyncio.gather(*(worker(limiter) for limiter in limiters))

    swiftly(flood())
    assert len(heard.sent) == 2000
    assert [heard.most(seconds) <= most for most, seconds in WINDOWS] == [True] * 4
    assert heard.most(1.0) >= AT_ONCE


def test_an_answer_does_not_wait_for_the_database() -> None:
    heard, bucket = Heard(), Bucket()

    async def answers() -> list[float]:
        limiter, waits = Limiter(tenant=bucket, now=now), []
        for n in range(9):
            waits += await asyncio.gather(*(heard.send(limiter, f"a:{n}:{m}", Rank.ANSWER) for m in range(CREDIT)))
            await asyncio.sleep(1)
        return waits

    assert swiftly(answers()) == [0.0] * 9 * CREDIT


def test_messages_that_follow_one_another_ask_once_for_several() -> None:
    heard, bucket = Heard(), Bucket()

    async def errand() -> None:
        limiter = Limiter(tenant=bucket, now=now)
        for n in range(20):
            await heard.send(limiter, f"a:{n}", Rank.NEWS)
            await asyncio.sleep(0.02)

    swiftly(errand())
    assert bucket.asked <= 20 // 2  # some of what was taken comes too late for anybody
    assert heard.took < 20 * (TENANT + 0.01)


def test_nobody_takes_more_than_they_need_while_others_wait() -> None:
    """Eight replicas that have a message now and then leave one another the turns they do not use."""
    heard, bucket = Heard(), Bucket(8)

    async def now_and_then(name: str) -> None:
        limiter = Limiter(tenant=bucket, now=now)
        for n in range(25):
            await heard.send(limiter, f"{name}:{n}", Rank.NEWS)
            await asyncio.sleep(0.2)

    async def all_of_them() -> None:
        await asyncio.gather(*(now_and_then(name) for name in "abcdefgh"))

    swiftly(all_of_them())
    assert heard.took <= 1.5 * 25 * 0.2


def test_without_the_database_people_are_told_still_and_slowly() -> None:
    heard, bucket = Heard(), Bucket(away=True)

    async def answers() -> None:
        limiter = Limiter(tenant=bucket, now=now)
        await asyncio.gather(*(heard.send(limiter, f"a:{n}", Rank.ANSWER) for n in range(200)))

    swiftly(answers())
    assert len(heard.sent) == 200
    assert heard.most(1.0) <= A_SECOND
    assert heard.took < 30
