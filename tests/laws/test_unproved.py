"""A sign-in that proves nothing: what its person hears, what is over by it, and whether it is held against anybody."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.actions import OfferToken, Ref, ReturnCode, Withdraw
from bot.core.answers import Answer, Done, RequestCard, SignInRefused, SignInWanted
from bot.core.errors import DeskError, Forged, Rejected, Unavailable
from bot.core.model import EvidenceType, Status
from bot.core.ports import Purpose, SignIn
from bot.core.reasons import Reason
from bot.core.watch import Sort
from tests.fakes import Office, at_home, person
from tests.laws.faced import queued
from tests.laws.seen import why
from tests.laws.test_record import told

BUSY, REFUSED = Unavailable("busy"), Rejected("no", code="invalid_grant")


async def begun(desk: Office) -> tuple[SignIn, str]:
    """Ann asked, and her browser went to Entra; her cookie."""
    await desk.ask()
    waiting = await desk.waiting("ann", "r1")
    cookie = f"{waiting.id}.browser"
    assert isinstance(await desk.step_up.start(waiting.id, cookie), str)
    return waiting, cookie


async def nothing_waits(desk: Office) -> None:
    """The worker has done all there was."""
    async with desk.store.unit() as unit:
        await unit._line.rows("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id", {}, writes=True)


async def held_against(desk: Office, name: str = "ann") -> int:
    """How many proofs of this person have failed within the hour, as they are counted."""
    async with desk.store.unit() as unit:
        return (await unit.tried(person(name), Sort.BY, desk.clock.now())).hour - 1


async def offer(desk: Office, waiting: SignIn, name: str = "ann") -> Answer:
    return await desk.desk.handle(at_home(name), OfferToken(waiting.id, "token"))


# In the window.


@pytest.mark.parametrize(
    ("said", "reason", "counted"),
    [
        (Rejected("no", code="cancelled"), Reason.SIGN_IN_CANCELLED, 0),
        (BUSY, Reason.UNKNOWN, 0),
        (REFUSED, Reason.SIGN_IN_FAILED, 1),
        (Forged("not of Entra", code="bad_signature"), Reason.SIGN_IN_FAILED, 1),
    ],
)
async def test_whoever_turns_back_has_offered_nothing_that_did_not_hold(
    desk: Office, said: DeskError, reason: Reason, counted: int
) -> None:
    _, cookie = await begun(desk)
    await nothing_waits(desk)
    desk.entra.trouble["finish"] = said
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == reason
    desk.entra.trouble.clear()
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.SIGN_IN_EXPIRED  # over for good
    (entry,) = await told(desk)
    assert (entry.deed, entry.request, entry.data["by"], entry.data["reason"]) == (
        "step_up_failed",
        "r1",
        "ann",
        reason,
    )
    assert await held_against(desk) == counted
    assert "cards:r1" in await queued(desk)
    assert (await desk.load("r1")).evidence_of(EvidenceType.STEP_UP) == ()


@pytest.mark.parametrize("said", [BUSY, REFUSED])
async def test_an_entra_that_does_not_begin_is_asked_again(desk: Office, said: DeskError) -> None:
    await desk.ask()
    waiting = await desk.waiting("ann", "r1")
    desk.entra.trouble["begin"] = said
    assert why(await desk.step_up.start(waiting.id, f"{waiting.id}.browser")) == Reason.UNKNOWN
    desk.entra.trouble.clear()
    assert isinstance(await desk.sign_in(), RequestCard)
    assert await told(desk) == []


async def test_of_two_browsers_at_once_one_begins(desk: Office) -> None:
    await desk.ask()
    waiting = await desk.waiting("ann", "r1")
    cookies = [f"{waiting.id}.{name}" for name in ("first", "second", "third")]
    went = await asyncio.gather(*(desk.step_up.start(waiting.id, cookie) for cookie in cookies))
    (mine,) = [cookie for cookie, answer in zip(cookies, went, strict=True) if isinstance(answer, str)]
    assert {why(answer) for answer in went if not isinstance(answer, str)} == {Reason.SIGN_IN_FAILED}
    back = await asyncio.gather(*(desk.step_up.returned(cookie, {"code": "x"}) for cookie in cookies))
    assert [cookie for cookie, answer in zip(cookies, back, strict=True) if isinstance(answer, str)] == [mine]


async def test_of_one_answer_that_comes_twice_at_once_one_counts(desk: Office) -> None:
    _, cookie = await begun(desk)
    back = await asyncio.gather(*(desk.step_up.returned(cookie, {"code": "x"}) for _ in range(3)))
    assert len([answer for answer in back if isinstance(answer, str)]) == 1
    assert {type(answer) for answer in back if not isinstance(answer, str)} == {SignInRefused}


async def test_a_failure_that_comes_twice_at_once_is_one(desk: Office) -> None:
    _, cookie = await begun(desk)
    desk.entra.trouble["finish"] = REFUSED
    back = await asyncio.gather(*(desk.step_up.returned(cookie, {"code": "x"}) for _ in range(3)))
    assert {type(answer) for answer in back} == {SignInRefused}
    assert (len(await told(desk)), await held_against(desk)) == (1, 1)


async def test_the_browser_that_began_may_begin_again(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    assert isinstance(await desk.step_up.start(waiting.id, cookie), str)
    assert isinstance(await desk.step_up.returned(cookie, {"code": "x"}), str)


async def test_of_what_is_not_there_nothing_begins(desk: Office) -> None:
    assert why(await desk.step_up.start("nothing", "nothing.browser")) == Reason.NOT_FOUND


async def test_a_page_that_was_signed_in_for_too_late_does_not_open(desk: Office) -> None:
    await desk.ask(kind="password")
    async with desk.store.unit() as unit:
        waiting = await unit.sign_in_for("r1", "ann", Purpose.ENTER)
    assert waiting is not None
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", (await desk.load("r1")).version)))
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.CLOSED
    assert isinstance(await desk.entry.page(cookie), SignInRefused)


# With the code that comes back through Teams.


async def test_a_code_that_comes_too_late_is_nothing(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    desk.clock.time = waiting.expires_at
    assert why(await desk.desk.handle(at_home("ann"), ReturnCode(code))) == Reason.SIGN_IN_EXPIRED
    assert (await desk.load("r1")).status is Status.STEP_UP


async def test_after_the_right_code_no_other_is_taken_for_it(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    assert isinstance(await desk.desk.handle(at_home("ann"), ReturnCode(code)), RequestCard)
    assert why(await desk.desk.handle(at_home("ann"), ReturnCode(f"{waiting.id}.x"))) == Reason.SIGN_IN_EXPIRED


# By the token that Teams offers.


@pytest.mark.parametrize("said", [BUSY, REFUSED])
async def test_without_an_answer_the_window_is_asked_for_and_nothing_is_held_against_anybody(
    desk: Office, said: DeskError
) -> None:
    await desk.ask()
    desk.entra.trouble["silently"] = said
    answer = await offer(desk, await desk.waiting("ann", "r1"))
    assert isinstance(answer, SignInWanted)
    assert answer.detail == Reason.WEAK_SIGN_IN
    assert (await told(desk), await held_against(desk)) == ([], 0)


@pytest.mark.parametrize(("how", "counted"), [({"who": "mo"}, 1), ({"contexts": frozenset()}, 0)])
async def test_a_token_of_somebody_else_is_on_record_and_a_weak_one_of_ones_own_is_not(
    desk: Office, how: dict[str, object], counted: int
) -> None:
    await desk.ask()
    for name, value in {"silent": True, **how}.items():
        setattr(desk.entra, name, value)
    assert isinstance(await offer(desk, await desk.waiting("ann", "r1")), SignInWanted)
    found = [(e.data["by"], e.data["about"], e.data["reason"], e.data["door"]) for e in await told(desk)]
    assert found == [("ann", "ann", Reason.WRONG_PERSON, "token")] * counted
    assert await held_against(desk) == counted


async def test_at_the_end_of_its_time_a_prompt_takes_no_token(desk: Office) -> None:
    await desk.ask()
    desk.entra.silent = True
    waiting = await desk.waiting("ann", "r1")
    desk.clock.time = waiting.expires_at
    answer = await offer(desk, waiting)
    assert isinstance(answer, SignInWanted)
    assert answer.detail == Reason.SIGN_IN_EXPIRED
    assert why(await desk.step_up.page(waiting.id)) == Reason.SIGN_IN_EXPIRED
    assert (await desk.load("r1")).status is Status.STEP_UP


async def test_the_token_of_a_second_client_is_too_late_and_does_no_harm(desk: Office) -> None:
    await desk.ask()
    desk.entra.silent = True
    waiting = await desk.waiting("ann", "r1")
    assert isinstance(await offer(desk, waiting), RequestCard)
    before = await desk.load("r1")
    assert isinstance(await offer(desk, waiting), Done)
    assert await desk.load("r1") == before
