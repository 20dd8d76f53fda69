"""The line: who waits for an approver without a thread of their own, in which order, and whose turn it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.model import Chat, Mode, Person, Request, Status
from bot.core.ports import Posted, Slot, Unit
from bot.core.queue import FEW, STOOD, Place, Queued, WaitingLine, Wanted
from bot.store.postgres import PostgresStore
from tests.adapters.rows import ANN, BEN, HOME, NOW, added, ask

CHANNEL = Chat("contoso", "19:helpdesk@thread.tacv2;messageid=1", "https://smba.example/emea/", personal=False)
THREAD = Posted("", Slot.APPROVERS, "", CHANNEL, "1", "shown")


def waits(number: int, **more: object) -> Request:
    """Somebody of their own, who asked so many minutes after the first."""
    somebody = Person("contoso", f"p{number}", f"Person {number}")
    asked = ask(f"r{number}", subject=somebody, status=Status.APPROVAL)
    return replace(asked, created_at=NOW + timedelta(minutes=number), **more)  # type: ignore[arg-type]  # fields of a request


async def kept(store: PostgresStore, *posted: Posted) -> None:
    async with store.unit() as unit:
        for one in posted:
            await unit.keep_posted(one)


async def line(store: PostgresStore, limit: int = 20) -> WaitingLine:
    async with store.unit() as unit:
        return await unit.line("contoso", limit)


async def ids(store: PostgresStore) -> list[str]:
    return [one.id for one in (await line(store)).some]


async def page(store: PostgresStore, limit: int = 20, after: str = "") -> list[str]:
    async with store.unit() as unit:
        return [one.id for one in (await unit.waiting("contoso", Wanted(("tap",), NOW, limit, after))).some]


async def place(store: PostgresStore, number: int) -> Place:
    async with store.unit() as unit:
        return await unit.place(waits(number))


async def test_the_line_is_in_the_order_in_which_they_asked_and_says_how_many(store: PostgresStore) -> None:
    await added(store, *(waits(n) for n in (3, 1, 2)))
    assert await ids(store) == ["r1", "r2", "r3"]
    found = await line(store, 2)
    assert (found.count, len(found.some)) == (3, 2)
    assert await page(store, after="r1") == ["r2", "r3"]
    assert await page(store, after="r3") == []


async def test_who_asked_in_the_same_moment_is_passed_over_by_no_page(store: PostgresStore) -> None:
    await added(store, *(replace(waits(n), created_at=NOW) for n in (1, 2, 3)))
    first = await page(store, 1)
    assert [*first, *await page(store, after=first[0])] == ["r1", "r2", "r3"]


async def test_a_page_goes_on_behind_one_that_has_left_the_line(store: PostgresStore) -> None:
    await added(store, *(waits(n) for n in (1, 2, 3)))
    async with store.unit() as unit:
        await unit.save(replace(waits(2), status=Status.DENIED))
    assert await page(store, after="r2") == ["r3"]
    assert await page(store, after="nobody's") == []


async def test_it_says_who_asks_for_what_and_nothing_they_wrote(store: PostgresStore) -> None:
    await added(store, waits(1, level="high", mode=Mode.EVALUATE))
    (one,) = (await line(store)).some
    assert one == Queued("r1", 1, "tap", "Person 1", NOW + timedelta(minutes=1), "high", trial=True)


async def test_only_who_waits_for_an_approver_stands_in_it(store: PostgresStore) -> None:
    await added(store, *(waits(n, status=status) for n, status in enumerate(Status) if status is not Status.APPROVAL))
    elsewhere = Person("fabrikam", "x", "X")
    await added(store, replace(waits(99), requester=elsewhere, subject=elsewhere))
    assert await line(store) == WaitingLine(0, ())


async def test_who_has_a_thread_has_left_the_line_and_one_that_is_on_its_way_is_none(store: PostgresStore) -> None:
    await added(store, *(waits(n) for n in range(1, 6)))
    await kept(
        store,
        replace(THREAD, request="r1"),
        replace(THREAD, request="r2", activity=""),  # taken without an id: it stands there
        replace(THREAD, request="r3", activity="", shown=""),  # on its way
        replace(THREAD, request="r4", activity="", shown="", deleted=True),  # refused
    )
    assert await ids(store) == ["r3", "r4", "r5"]


async def test_it_names_who_has_opened_a_request(store: PostgresStore) -> None:
    await added(store, waits(1))
    async with store.unit() as unit:
        await unit.remember(ANN, HOME)
        await unit.remember(BEN, replace(HOME, id="a:ben"))
    for who, over in ((BEN, False), (ANN, True)):
        await kept(store, Posted("r1", Slot.CONFIRM, who.id, HOME, "1", "x", deleted=over))
    (one,) = (await line(store)).some
    assert one.takers == ("Ben Bishop",)


async def test_a_place_is_how_many_asked_before_and_wait_too(store: PostgresStore) -> None:
    await added(store, *(waits(n) for n in range(1, FEW + 3)))
    assert [(await place(store, n)).number for n in (1, 2, FEW + 2)] == [1, 2, FEW + 2]
    assert not (await place(store, FEW)).queued
    assert (await place(store, FEW + 1)).queued
    await kept(store, replace(THREAD, request="r1"))
    assert (await place(store, FEW + 1)).number == FEW
    assert not (await place(store, FEW + 1)).queued


async def test_whom_the_channel_refused_stands_in_the_line_and_in_nobodys_way(store: PostgresStore) -> None:
    await added(store, *(waits(n) for n in range(1, FEW + 2)))
    await kept(store, replace(THREAD, request="r1", activity="", shown="", deleted=True))
    last = await place(store, FEW + 1)
    assert (last.number, last.queued) == (FEW + 1, False)


async def test_whose_turn_it_is_are_those_at_the_front_whom_the_line_has_kept_waiting(store: PostgresStore) -> None:
    async def front(unit: Unit) -> list[str]:
        return list(await unit.front("contoso", 3))

    await added(store, *(waits(n) for n in range(1, 7)))
    stood = Posted("", Slot.APPROVERS, STOOD, None, "", "", deleted=True)
    await kept(store, *(replace(stood, request=f"r{n}") for n in (2, 3, 4, 5)))
    async with store.unit() as unit:
        assert await front(unit) == ["r2", "r3"]
    await kept(store, replace(THREAD, request="r1"), replace(THREAD, request="r2", activity="", deleted=True))
    async with store.unit() as unit:
        assert await front(unit) == ["r3", "r4", "r5"]
