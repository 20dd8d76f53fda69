"""How often somebody may ask: nobody uses that up for them who has their Teams and not their second factor."""

from __future__ import annotations

from bot.core.actions import Deny, Ref, Withdraw
from bot.core.model import Status
from bot.core.reasons import Reason
from bot.kinds import KINDS
from tests.fakes import POLICY, Office, at_home, in_channel
from tests.laws.seen import why

LIMIT = POLICY.per_day


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
    assert why(await desk.ask(request_id="again")) == Reason.TOO_MANY
    desk.clock.advance(hours=24 - LIMIT, minutes=1)
    assert why(await desk.ask(request_id="tomorrow")) == "RequestCard"


async def test_what_needs_no_sign_in_is_limited_and_shuts_out_for_an_hour_only(desk: Office) -> None:
    """Each asks Verified ID for something, so there is an end to it; and who has only the chat proves nothing."""
    for number in range(KINDS["verify"].policy.per_day):
        await desk.ask(request_id=f"v{number}", kind="verify")
        await desk.job("act", f"v{number}")
    assert why(await desk.ask(request_id="more", kind="verify")) == Reason.TOO_MANY
    desk.clock.advance(minutes=61)
    assert why(await desk.ask(request_id="mine", kind="verify")) == "RequestCard"
