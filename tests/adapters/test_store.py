"""The store against a real PostgreSQL: what commits together, who wins a race, what can never be changed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bot.core.audit import Deed, Note, verify
from bot.core.errors import Conflict, Rejected
from bot.core.limits import Tally
from bot.core.model import OPEN, Ending, Evidence, EvidenceType, Receipt, Refusal, Status
from bot.core.ports import Job
from bot.store.postgres import PostgresStore
from tests.adapters.rows import BEN, NOW, added, ask
from tests.adapters.trail import as_owner


async def test_everything_about_a_request_comes_back(store: PostgresStore) -> None:
    full = replace(
        ask("r1"),
        evidence=(Evidence(EvidenceType.STEP_UP, "ann", "Ann", NOW, "c1", "r1"),),
        receipt=Receipt("pass-1", NOW + timedelta(hours=1), {"a": "b"}),
        ending=Ending("ben", "Ben", "not \u00e4 \u2603 phone", Refusal("closed", {"x": "y"})),
        expires_at=NOW,
        due_at=NOW,
        hidden=True,
    )
    await added(store, full)
    async with store.unit() as unit:
        assert await unit.load("r1") == full
        assert await unit.load("r2") is None


async def test_of_two_saves_one_wins(store: PostgresStore) -> None:
    await added(store, ask("r1"))
    async with store.unit() as unit:
        saved = await unit.save(replace(ask("r1"), status=Status.READY))
    assert saved.version == 2
    with pytest.raises(Conflict):
        async with store.unit() as unit:
            await unit.save(replace(ask("r1"), status=Status.WITHDRAWN))
    async with store.unit() as unit:
        assert await unit.load("r1") == saved


async def test_of_many_saves_at_once_one_wins(store: PostgresStore) -> None:
    await added(store, ask("r1"))

    async def press(n: int) -> None:
        async with store.unit() as unit:
            await unit.save(replace(ask("r1"), attempts=n))

    ends = await asyncio.gather(*(press(n) for n in range(8)), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Conflict"] * 7 + ["NoneType"]


async def test_one_open_request_of_a_kind_and_person(store: PostgresStore) -> None:
    await added(store, ask("r1"), ask("r2", kind="verify"), ask("r3", subject=BEN))
    async with store.unit() as unit:
        there = await unit.add(ask("r4"))
        assert there is not None
        assert there.id == "r1"
    async with store.unit() as unit:
        await unit.save(replace(ask("r1"), status=Status.DONE))
    await added(store, ask("r4"))
    async with store.unit() as unit:
        again = await unit.add(ask("r1", subject=BEN, kind="other"))
        assert again is not None
        assert (again.id, again.status) == ("r1", Status.DONE)


async def test_asked_twice_at_once_there_is_one(store: PostgresStore) -> None:
    async def press(n: int) -> str:
        async with store.unit() as unit:
            there = await unit.add(ask(f"r{n}"))
            return there.id if there else f"r{n}"

    assert len(set(await asyncio.gather(*(press(n) for n in range(8))))) == 1


async def test_reopening_beside_a_newer_open_one_is_a_conflict(store: PostgresStore) -> None:
    await added(store, ask("r1", status=Status.DONE), ask("r2"))
    with pytest.raises(Conflict):
        async with store.unit() as unit:
            await unit.save(replace(ask("r1"), status=Status.UNKNOWN))


async def test_the_index_means_what_the_core_calls_open(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'requests_one_at_once'").fetchone()
    assert row is not None
    assert set(re.findall(r"'(\w+)'", row[0].partition("WHERE")[2])) == {status.value for status in OPEN}


async def test_nothing_of_a_failed_transaction_stays(store: PostgresStore) -> None:
    async def fail() -> None:
        async with store.unit() as unit:
            await unit.add(ask("r1"))
            await unit.note(ask("r1"), Note(Deed.ASKED))
            await unit.defer(Job("cards", "r1"))
            await unit.first_time("contoso", "activity-1", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.unit() as unit:
        assert await unit.load("r1") is None
        assert await unit.first_time("contoso", "activity-1", NOW)
    assert await store.tenants() == ()


async def test_a_chain_under_many_writers_is_whole(store: PostgresStore) -> None:
    async def write(n: int) -> None:
        for m in range(5):
            async with store.unit() as unit:
                await unit.note(ask(f"r{n}"), Note(Deed.ASKED, {"by": "ann"}), Note(Deed.READY, {"n": str(m)}))

    await asyncio.gather(*(write(n) for n in range(20)))
    head = await store.head("contoso")
    entries = [entry async for entry in store.audit_entries("contoso")]
    assert verify(entries, head) is None
    assert head is not None
    assert head[0] == len(entries) == 200
    assert await store.tenants() == ("contoso",)
    assert len([entry async for entry in store.audit_entries("contoso", upto=3)]) == 3
    assert await store.head("fabrikam") is None


async def test_postgresql_hashes_what_the_core_hashes(store: PostgresStore) -> None:
    """Of one transaction and of several; whatever a person may have written."""
    odd = {"b": 'quote " back\\slash \n\t\x01 \u2028 \u00e4\U0001f511', "a": "", "c": "</script> %s %(x)s {} \x7f"}
    async with store.unit() as unit:
        await unit.note(ask("r1", kind='k\u00e4"nd'), Note(Deed.ASKED, odd), Note(Deed.READY), Note(Deed.DENIED, odd))
    async with store.unit() as unit:
        await unit.note(ask("r\u00fc2"), Note(Deed.ASKED, odd))
    entries = [entry async for entry in store.audit_entries("contoso")]
    assert [entry.data for entry in entries] == [odd, {}, odd, odd]
    assert verify(entries, await store.head("contoso")) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET deed = 'denied'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "TRUNCATE audit CASCADE",
        "DELETE FROM chains",
        "TRUNCATE chains",
        "UPDATE chains SET seq = 0",
        "UPDATE chains SET hash = ''",
    ],
)
async def test_what_was_written_down_stays(store: PostgresStore, database_url: str, change: str) -> None:
    async with store.unit() as unit:
        await unit.note(ask("r1"), Note(Deed.ASKED))
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(change)


async def test_recent_counts_what_was_signed_in_for_and_lately_what_got_on_without(store: PostgresStore) -> None:
    signed_in = (Evidence(EvidenceType.STEP_UP, "ann", "Ann", NOW, "c1", "r1"),)
    approved = (Evidence(EvidenceType.APPROVAL, "ben", "Ben", NOW, "c1", "r1"),)
    faced = (Evidence(EvidenceType.FACE, "ann", "Ann", NOW, "", "r15", source="r9"),)
    morning, before = NOW - timedelta(hours=5), NOW - timedelta(days=2)
    proved = replace(ask("r1", status=Status.ENDED), evidence=signed_in)
    await added(
        store,
        replace(proved, created_at=morning),
        replace(proved, id="r2", status=Status.EXPIRED),
        replace(proved, id="r3", created_at=before),
        replace(proved, id="r4", status=Status.WITHDRAWN),
        replace(proved, id="r5", status=Status.REFUSED),
        ask("r6", status=Status.EXPIRED),
        replace(proved, id="r16", status=Status.FAILED),
        replace(proved, id="r17", status=Status.FAILED, created_at=morning),
        ask("r7", subject=BEN, status=Status.ENDED),
        replace(proved, id="r8", kind="risk", status=Status.DENIED),
        ask("r9", kind="verify", status=Status.ENDED),
        replace(ask("r10", kind="verify", status=Status.ENDED), created_at=morning),
        replace(ask("r11", kind="verify", status=Status.ENDED), created_at=morning, evidence=approved),
        replace(ask("r12", status=Status.READY), evidence=signed_in),
        ask("r13", kind="risk", status=Status.STEP_UP),
        ask("r14", kind="password", status=Status.PROOF),
        replace(ask("r15", kind="methods", status=Status.DENIED), created_at=morning, evidence=faced),
    )
    day, hour = timedelta(days=1), timedelta(hours=1)
    async with store.unit() as unit:
        others = await unit.recent("contoso", "ann", NOW, but="r12")
        assert others == {
            "tap": Tally((NOW + hour, morning + day)),
            "risk": Tally((NOW + day,)),
            "verify": Tally((NOW + hour,)),
            "methods": Tally((morning + day,)),
            "password": Tally(),
        }
        assert (await unit.recent("contoso", "ann", NOW))["tap"] == Tally((NOW + hour, morning + day, NOW + day))
        over = await unit.recent("contoso", "ann", morning + day, but="r12")  # to the moment, it counts no more
        assert (over["tap"], "methods" in over) == (Tally(), False)


async def test_latest_begins_with_what_is_open(store: PostgresStore) -> None:
    by_ben = replace(ask("r3", kind="verify"), requester=BEN, created_at=NOW - timedelta(days=3))
    await added(
        store,
        replace(ask("r1", status=Status.ENDED), created_at=NOW),
        replace(ask("r2"), created_at=NOW - timedelta(days=1)),
        by_ben,
        ask("r4", subject=BEN),
    )
    async with store.unit() as unit:
        assert [request.id for request in await unit.latest("contoso", "ann", 9)] == ["r2", "r3", "r1"]
        assert [request.id for request in await unit.latest("contoso", "ben", 9)] == ["r4", "r3"]
        assert [request.id for request in await unit.latest("contoso", "ann", 1)] == ["r2"]
        assert await unit.latest("fabrikam", "ann", 9) == ()


async def test_due_in_order_of_time(store: PostgresStore) -> None:
    for name, minutes in (("r1", 0), ("r2", -5), ("r3", 5)):
        await added(store, replace(ask(name, kind=name), due_at=NOW + timedelta(minutes=minutes)))
    await added(store, ask("r4"))
    async with store.unit() as unit:
        assert await unit.due(NOW, 9) == ("r2", "r1")
        assert await unit.due(NOW, 1) == ("r2",)


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
async def test_a_text_that_cannot_be_kept_is_rejected(store: PostgresStore, text: str) -> None:
    with pytest.raises(Rejected):
        async with store.unit() as unit:
            await unit.add(replace(ask("r1"), details={"reason": text}))
    with pytest.raises(Rejected):
        async with store.unit() as unit:
            await unit.note(ask("r1"), Note(Deed.DENIED, {"reason": text}))


async def test_a_chain_is_begun_once_and_again_where_it_is_gone(store: PostgresStore, database_url: str) -> None:
    """Before the first entry a process writes of a tenant, and where somebody emptied the database under it."""

    async def noted() -> int:
        async with store.unit() as unit:
            await unit.note(ask("r1"), Note(Deed.ASKED))
        return (await store.head("contoso") or (0, ""))[0]

    assert [await noted(), await noted()] == [1, 2]
    as_owner(database_url, "TRUNCATE audit, chains")
    assert [await noted(), await noted()] == [1, 2]
