"""Who was let in by what a stranger's call had opened is signed out, whatever they made of it until it came out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.core.actions import Ref, Report, RevokeIt
from bot.core.calling import DenyCall
from bot.core.methods import Method, MethodKind
from bot.core.model import Status
from tests.fakes import Office, at_home, private
from tests.laws.faced import queued, worked_off
from tests.laws.test_behalf import desk, shown
from tests.laws.test_callers import ANN

__all__ = ["desk"]


async def registers(desk: Office) -> None:
    """The pass is used, and a method is set up with it: so it is over."""
    desk.directory.live[ANN] = replace(desk.directory.live[ANN], usable=False, usability="OneTimeUsed")
    await desk.job("watch")
    key = Method(MethodKind.AUTHENTICATOR, "theirs", "A phone", created_at=desk.clock.now())
    desk.directory.registered[ANN] = [key]
    await desk.job("watch")
    assert (await desk.load("r1")).status is Status.ENDED


async def takes_back(desk: Office) -> None:
    """They are in, and need the pass no more."""
    await desk.desk.handle(at_home(ANN), RevokeIt(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED


async def is_taking_back(desk: Office) -> None:
    await desk.desk.handle(at_home(ANN), RevokeIt(Ref("r1", (await desk.load("r1")).version)))
    assert (await desk.load("r1")).status is Status.REVOKING


@pytest.mark.parametrize("meanwhile", [registers, takes_back, is_taking_back])
async def test_they_are_signed_out_also_when_what_let_them_in_is_over(
    desk: Office, meanwhile: Callable[[Office], Awaitable[None]]
) -> None:
    await shown(desk)
    await meanwhile(desk)
    assert f"revoke {ANN}" not in desk.directory.writes
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    await desk.job("revoke")
    assert desk.directory.writes[-1] == f"revoke {ANN}"
    assert (await desk.load("r1")).status is Status.REVOKED
    await desk.job("cards")
    assert "signed out everywhere" in desk.messenger.shown(private(ANN).id)

    writes, entries = list(desk.directory.writes), await desk.deeds()
    await desk.job("warn", "caller:f1")  # once is enough
    assert (desk.directory.writes, await desk.deeds()) == (writes, entries)
    assert (await desk.load("r1")).status is Status.REVOKED


@pytest.mark.parametrize("says", ["the call", "the request"])
async def test_it_is_not_lost_on_what_is_being_taken_back_at_that_moment(desk: Office, says: str) -> None:
    await shown(desk)
    await is_taking_back(desk)
    version = (await desk.load("r1")).version
    asked, go_on = asyncio.Event(), asyncio.Event()
    deletes = desk.directory.delete_pass

    async def slowly(person: str, pass_id: str) -> None:
        asked.set()
        await go_on.wait()
        await deletes(person, pass_id)

    desk.directory.delete_pass = slowly  # type: ignore[method-assign]
    taking = asyncio.create_task(desk.job("revoke"))
    await asked.wait()
    said = DenyCall("f1", 3) if says == "the call" else Report(Ref("r1", version))
    await desk.desk.handle(at_home(ANN), said)
    await worked_off(desk)
    go_on.set()
    await taking
    assert (await desk.load("r1")).status is Status.REVOKING  # nobody has been signed out yet
    assert "revoke:r1" in await queued(desk)
    await desk.job("revoke")
    assert desk.directory.writes[-1] == f"revoke {ANN}"
    assert (await desk.load("r1")).status is Status.REVOKED
