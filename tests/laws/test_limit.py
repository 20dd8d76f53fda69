"""How often somebody may ask: nobody uses that up for them who has their Teams and not their second factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Deny, Ref, Withdraw
from bot.core.answers import Answer, Refused
from bot.core.errors import Rejected
from bot.core.limits import SHOWN
from bot.core.model import Status
from bot.core.reasons import Reason
from bot.kinds import KINDS
from tests.entra import FakeClock
from tests.fakes import POLICY, Office, at_home, in_channel, office
from tests.laws.seen import why
from tests.stores import patient

LIMIT = POLICY.per_day


def told(answer: Answer) -> Mapping[str, str]:
    """What the sentence of a no is filled in with."""
    assert isinstance(answer, Refused)
    return answer.refusal.params


async def withdraw(desk: Office, request_id: str) -> None:
    """What anybody may press who sits at this person's Teams."""
    version = (await desk.load(request_id)).version
    await desk.desk.handle(at_home("ann"), Withdraw(Ref(request_id, version)))
    assert (await desk.load(request_id)).status is Status.WITHDRAWN


async def test_asking_and_withdrawing_shuts_nobody_out(desk: Office) -> None:
    for number in range(LIMIT + 1):
        await desk.ask(request_id=f"r{number}")
        await withdraw(desk, f"r{number}")
    assert why(await desk.ask(request_id="mine")) == "RequestCard"


async def test_asking_and_never_signing_in_shuts_nobody_out(desk: Office) -> None:
    for number in range(LIMIT + 1):
        await desk.ask(request_id=f"r{number}")
        desk.clock.advance(minutes=16)
        await desk.job("due", f"r{number}")
        assert (await desk.load(f"r{number}")).status is Status.EXPIRED
    assert why(await desk.ask(request_id="mine")) == "RequestCard"


async def test_withdrawing_what_its_owner_signed_in_for_shuts_nobody_out(desk: Office) -> None:
    for number in range(LIMIT + 1):
        await desk.ask(request_id=f"r{number}")
        await desk.sign_in(request_id=f"r{number}")
        await withdraw(desk, f"r{number}")
        desk.clock.advance(minutes=1)
    assert why(await desk.ask(request_id="mine")) == "RequestCard"


async def test_what_they_signed_in_for_counts_for_a_day(desk: Office) -> None:
    for number in range(LIMIT):
        await desk.ask(request_id=f"r{number}")
        await desk.sign_in(request_id=f"r{number}")
        ref = Ref(f"r{number}", (await desk.load(f"r{number}")).version)
        await desk.desk.handle(in_channel("ben"), Deny(ref, "call me first"))
        desk.clock.advance(hours=1)
    answer = await desk.ask(request_id="again")
    assert why(answer) == Reason.TOO_MANY
    first = (await desk.load("r0")).created_at
    assert told(answer) == {"limit": str(LIMIT), "again": (first + timedelta(hours=24)).isoformat()}
    desk.clock.advance(hours=24 - LIMIT)
    assert why(await desk.ask(request_id="tomorrow")) == "RequestCard"


async def test_what_needs_no_sign_in_is_limited_and_shuts_out_for_an_hour_only(desk: Office) -> None:
    """Each asks Verified ID for something, so there is an end to it; and who has only the chat proves nothing."""
    for number in range(KINDS["verify"].policy.per_day):
        await desk.ask(request_id=f"v{number}", kind="verify")
        await desk.job("act", f"v{number}")
    assert why(await desk.ask(request_id="more", kind="verify")) == Reason.TOO_MANY
    desk.clock.advance(minutes=61)
    assert why(await desk.ask(request_id="mine", kind="verify")) == "RequestCard"


async def turned_down(desk: Office, name: str, request_id: str) -> None:
    """Asked and signed in for, and an approver says no."""
    await desk.ask(name, request_id)
    await desk.sign_in(name, request_id)
    ref = Ref(request_id, (await desk.load(request_id)).version)
    await desk.desk.handle(in_channel("ben"), Deny(ref, "call me first"))
    assert (await desk.load(request_id)).status is Status.DENIED


async def test_so_often_and_not_once_more(desk: Office) -> None:
    for number in range(LIMIT):
        await turned_down(desk, "ann", f"r{number}")
    assert why(await desk.ask(request_id="more")) == Reason.TOO_MANY


async def test_what_was_carried_out_counts_whatever_became_of_it(desk: Office) -> None:
    for number in range(LIMIT):
        done = await desk.bring("password", request_id=f"p{number}")
        assert done.status is Status.DONE
        desk.clock.advance(hours=1)
    assert why(await desk.ask(request_id="more", kind="password")) == Reason.TOO_MANY


async def test_what_entra_did_not_carry_out_counts_for_an_hour_only(desk: Office) -> None:
    """Nothing has happened; and yet nobody has Entra asked without an end."""
    for number in range(LIMIT):
        desk.directory.trouble["remove_method"] = Rejected("no", code="forbidden")
        failed = await desk.bring("methods", request_id=f"m{number}")
        assert failed.status is Status.FAILED
    assert why(await desk.ask(request_id="more", kind="methods")) == Reason.TOO_MANY
    desk.clock.advance(hours=1)
    assert why(await desk.ask(request_id="more", kind="methods")) == "RequestCard"


async def test_what_ran_out_before_it_was_carried_out_does_not_count(desk: Office) -> None:
    """Nobody decided in time: that is not theirs to answer for."""
    for number in range(LIMIT + 1):
        await desk.ask(request_id=f"r{number}")
        await desk.sign_in(request_id=f"r{number}")
        await desk.job("cards", f"r{number}")
        desk.clock.advance(hours=4)
        await desk.job("due", f"r{number}")
        assert (await desk.load(f"r{number}")).status is Status.EXPIRED
    assert why(await desk.ask(request_id="again")) == "RequestCard"


async def test_one_persons_day_is_nobody_elses_and_one_kind_is_no_other(desk: Office) -> None:
    for number in range(LIMIT):
        await turned_down(desk, "ann", f"r{number}")
    assert why(await desk.ask("kim", "kims")) == "RequestCard"
    assert why(await desk.ask("ann", "other", kind="password")) == "RequestCard"


async def spammed(desk: Office, times: int) -> None:
    """Asked, before the approvers' eyes, and withdrawn; again and again."""
    for number in range(times):
        await desk.ask(request_id=f"s{number}")
        if (await desk.load(f"s{number}")).status is Status.STEP_UP:
            await desk.sign_in(request_id=f"s{number}")
        assert (await desk.load(f"s{number}")).status is Status.APPROVAL
        await desk.job("cards", f"s{number}")
        await withdraw(desk, f"s{number}")
        desk.clock.advance(minutes=1)


@pytest.mark.parametrize("step_up", ["c1", ""])
async def test_approvers_are_not_worn_out_by_asking_and_withdrawing(database_url: str, step_up: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, replace(POLICY, step_up=step_up))
        await spammed(desk, SHOWN * LIMIT)
        assert why(await desk.ask(request_id="more")) == Reason.TOO_MANY_SHOWN
        assert why(await desk.ask("kim", "kims")) == "RequestCard"
        clock.advance(hours=1)
        assert why(await desk.ask(request_id="mine")) == "RequestCard"


async def test_once_less_is_still_served(desk: Office) -> None:
    await spammed(desk, SHOWN * LIMIT - 1)
    assert why(await desk.ask(request_id="mine")) == "RequestCard"
