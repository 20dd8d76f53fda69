"""The locks of alarms on the command line: for the operator, when nobody can reach security's card."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from click.testing import CliRunner, Result

import app
from bot.core.actions import Begin
from bot.core.answers import RequestCard
from bot.core.audit import Deed
from bot.core.ports import Urgency
from bot.core.reasons import Reason
from cards import text
from tests.adapters.test_commands import WHOLE
from tests.entra import TENANT, FakeClock
from tests.fakes import Office, at_home, office, person, private
from tests.laws.seen import why
from tests.stores import patient

WHY = "Rang her back on the number that HR has"


@pytest.fixture
async def desk(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """An office, and the environment an operator has beside it."""
    here = {"VOUCHSAFE_TENANT_ID": TENANT, "VOUCHSAFE_PUBLIC_URL": "http://127.0.0.1:7300"}  # no example at home
    for name, value in {**WHOLE, **here, "VOUCHSAFE_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock)


async def alarm(desk: Office, name: str) -> str:
    await desk.desk.installed(person(name), private(name))
    answer = await desk.desk.handle(at_home(name), Begin("compromised"))
    assert isinstance(answer, RequestCard)
    await desk.job("act", answer.request.id)
    desk.clock.advance(seconds=1)
    return answer.request.id


async def locks(*arguments: str) -> Result:
    """What `vouchsafe locks` says; it runs a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app.cli, ["locks", *arguments], catch_exceptions=False)


async def lift(lock: str, by: str = "Olga Ops", reason: str = WHY) -> Result:
    return await locks("lift", lock, "--by", by, "--reason", reason)


async def test_the_locks_are_named_oldest_first(desk: Office) -> None:
    assert (await locks("list")).output == "No account is locked.\n"
    first, second = await alarm(desk, "kim"), await alarm(desk, "ann")
    done = await locks("list")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        f"{first}  2026-11-20 10:00 UTC  compromised  Kim (kim)",
        f"{second}  2026-11-20 10:00 UTC  compromised  Ann (ann)",
    ]


async def test_a_lock_is_lifted_on_record_and_everybody_is_told(desk: Office) -> None:
    lock = await alarm(desk, "ann")
    await desk.job("cards", lock)
    assert why(await desk.ask(request_id="before")) == Reason.FROZEN
    done = await lift(lock)
    assert done.exit_code == 0
    assert done.output.startswith("Lifted the lock of Ann (ann). ")
    [entry] = [e async for e in desk.store.audit_entries(TENANT) if e.deed == Deed.LIFTED]
    assert (entry.request, entry.subject, dict(entry.data)) == (
        lock,
        "ann",
        {"by": "operator", "name": "Olga Ops", "reason": WHY},
    )
    assert entry.key == "2026-11"
    assert f"audit_head: seq {entry.seq}, hash {entry.hash}" in done.output
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        rows = await connection.execute(
            "SELECT args ->> 'name' AS name, max(priority) AS urgency FROM procrastinate_jobs"
            " WHERE args ->> 'request' = %s GROUP BY 1",
            (lock,),
        )
        waiting = {row["name"]: row["urgency"] for row in await rows.fetchall()}
    assert waiting["alert"] == Urgency.ALARM
    assert "cards" in waiting
    await desk.job("cards", lock)
    assert text("alert.lifted", "en", by="Olga Ops") in desk.messenger.shown("19:security")
    assert text("request.lifted", "en") in desk.messenger.shown("a:ann")
    assert isinstance(await desk.ask(request_id="after"), RequestCard)
    assert (await locks("list")).output == "No account is locked.\n"


async def test_one_lock_is_lifted_and_what_still_locks_is_said(desk: Office) -> None:
    first, second, kims = await alarm(desk, "ann"), await alarm(desk, "ann"), await alarm(desk, "kim")
    done = await lift(first)
    assert f"The account stays locked by {second}, since 2026-11-20 10:00 UTC." in done.output
    assert kims not in done.output
    assert why(await desk.ask()) == Reason.FROZEN


@pytest.mark.parametrize(
    ("lock", "by", "reason", "says"),
    [
        ("nowhere", "Olga", WHY, "nowhere: there is no such lock, or it is lifted; `vouchsafe locks list` names them"),
        ("", "  ", WHY, "--by: it is kept on record"),
        ("", "Olga", "\t", "--reason: it is kept on record"),
        ("", "Olga", "x" * 501, "in 500 characters at most"),
    ],
)
async def test_what_cannot_be_lifted_is_said(desk: Office, lock: str, by: str, reason: str, says: str) -> None:
    there = await alarm(desk, "ann")
    done = await lift(lock or there, by, reason)
    assert (done.exit_code, says in done.output) == (2, True)
    assert "Traceback" not in done.output
    assert (await desk.load(there)).frozen_at is not None


async def test_a_lock_is_lifted_once_and_no_ordinary_request_is_one(desk: Office) -> None:
    lock = await alarm(desk, "ann")
    await lift(lock)
    await desk.ask("kim", "kims")
    for one in (lock, "kims"):
        assert (await lift(one)).exit_code == 2
    assert [deed for deed in await desk.deeds() if deed == Deed.LIFTED] == [Deed.LIFTED]


async def test_another_tenants_lock_is_not_there(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = await alarm(desk, "ann")
    monkeypatch.setenv("VOUCHSAFE_TENANT_ID", WHOLE["VOUCHSAFE_TENANT_ID"])
    assert (await locks("list")).output == "No account is locked.\n"
    assert (await lift(lock)).exit_code == 2
    assert (await desk.load(lock)).frozen_at is not None
