"""A proof belongs to what it was given for: newer than its request, and one sign-in serves one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from bot.core.actions import Approve, OfferToken, Ref, ReturnCode, SignInAgain
from bot.core.answers import Answer, EntryWanted, Refused, RequestCard, SignInRefused, SignInWanted
from bot.core.model import Status
from bot.core.ports import Purpose, SignIn
from bot.core.reasons import Reason
from tests.fakes import EMPLOYEES, HELPDESK, Office, at_home, in_channel, person, private


def why(answer: Answer | EntryWanted | SignInRefused | str) -> str:
    match answer:
        case Refused(refusal):
            return refusal.reason
        case SignInRefused(reason) | SignInWanted(_, reason):
            return reason
        case _:
            return type(answer).__name__


@pytest.fixture(autouse=True)
def _another(desk: Office) -> None:
    """Somebody besides Ann who may ask."""
    desk.directory.members[EMPLOYEES].add("mo")


async def offer(desk: Office, name: str = "ann", request: str = "r1") -> Answer:
    """Teams exchanges a token for the prompt that waits."""
    return await desk.desk.handle(at_home(name), OfferToken((await desk.waiting(name, request)).id, "token"))


async def window(desk: Office, name: str = "ann", request: str = "r1") -> str:
    """What the pop-up says at its end, or the code for Teams."""
    waiting = await desk.waiting(name, request)
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    back = await desk.step_up.returned(cookie, {"code": "x"})
    return back if isinstance(back, str) else why(back)


async def proofs(desk: Office, request: str) -> int:
    return len((await desk.load(request)).evidence)


# Newer than the request.


@pytest.mark.parametrize(("before", "counts"), [(timedelta(minutes=4), True), (timedelta(minutes=14), False)])
async def test_a_silent_sign_in_of_before_anything_was_asked_is_no_answer(
    desk: Office, before: timedelta, counts: bool
) -> None:
    """A stolen session with a fresh second factor is exactly this; the window, which really asks, is the way out."""
    desk.entra.silent, desk.entra.kept = True, desk.clock.now() - before
    await desk.ask()
    assert why(await offer(desk)) == ("RequestCard" if counts else Reason.OLD_SIGN_IN)
    assert await proofs(desk, "r1") == int(counts)
    if not counts:
        desk.entra.kept = None
        assert isinstance(await desk.sign_in(), RequestCard)
        assert (await desk.load("r1")).status is Status.APPROVAL


async def test_both_ways_hold_a_sign_in_against_the_same_moment(desk: Office) -> None:
    desk.entra.silent = True
    await desk.ask()
    for age, said in ((timedelta(minutes=6), Reason.OLD_SIGN_IN), (timedelta(minutes=-6), Reason.OLD_SIGN_IN)):
        desk.entra.age = age
        assert why(await offer(desk)) == said
        assert await window(desk) == said
        await desk.desk.handle(at_home("ann"), SignInAgain(Ref("r1", 1)))
    assert await proofs(desk, "r1") == 0


async def test_a_prompt_asked_for_again_wants_a_sign_in_made_since(desk: Office) -> None:
    """What went on meanwhile in a session somebody else holds is no answer to the second prompt."""
    await desk.ask()
    desk.entra.silent, desk.entra.kept = True, desk.clock.now()
    desk.clock.advance(minutes=8)
    await desk.desk.handle(at_home("ann"), SignInAgain(Ref("r1", 1)))
    assert why(await offer(desk)) == Reason.OLD_SIGN_IN


# One sign-in, one request.


async def test_one_silent_sign_in_serves_one_request(desk: Office) -> None:
    desk.entra.silent, desk.entra.kept = True, desk.clock.now()
    await desk.ask()
    assert isinstance(await offer(desk), RequestCard)
    for kind, request in (("methods", "r2"), ("risk", "r3"), ("password", "r4")):
        await desk.ask(request_id=request, kind=kind)
        if (await desk.load(request)).status is Status.STEP_UP:
            assert why(await offer(desk, request=request)) == Reason.USED_SIGN_IN
        assert await proofs(desk, request) == 0
    desk.entra.kept = None  # the window asks anew: that is the way out
    assert isinstance(await desk.sign_in(request_id="r2"), RequestCard)
    assert await proofs(desk, "r2") == 1


async def test_one_sign_in_by_the_window_serves_one_request(desk: Office) -> None:
    desk.entra.kept = desk.clock.now()
    await desk.ask()
    await desk.sign_in()
    await desk.ask(request_id="r2", kind="methods")
    assert await window(desk, request="r2") == Reason.USED_SIGN_IN
    assert await proofs(desk, "r2") == 0
    desk.entra.kept = None
    await desk.desk.handle(at_home("ann"), SignInAgain(Ref("r2", 1)))
    assert isinstance(await desk.sign_in(request_id="r2"), RequestCard)


async def test_the_page_for_a_password_wants_a_sign_in_of_its_own(desk: Office) -> None:
    desk.entra.kept = desk.clock.now()
    await desk.ask()
    await desk.sign_in()
    await desk.ask(request_id="r2", kind="password")
    async with desk.store.unit() as unit:
        waiting = await unit.sign_in_for("r2", "ann", Purpose.ENTER)
    assert waiting is not None
    cookie = f"{waiting.id}.browser"
    await desk.step_up.start(waiting.id, cookie)
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.USED_SIGN_IN
    assert isinstance(await desk.entry.page(cookie), SignInRefused)


async def test_the_same_request_may_have_the_same_sign_in_twice(desk: Office) -> None:
    """Teams sends a token from each of a person's clients, and a prompt can be asked for twice."""
    desk.entra.silent, desk.entra.kept = True, desk.clock.now()
    await desk.ready()
    desk.clock.advance(minutes=4)
    assert (await desk.show()).__class__.__name__ == "SecretShown"
    async with desk.store.unit() as unit:
        assert await unit.used_for("11111111-1111-1111-1111-111111111111", "ann", desk.entra.kept) == "r1"


async def approving(desk: Office, request: str) -> SignIn:
    await desk.desk.installed(person("ben"), private("ben"))
    version = (await desk.load(request)).version
    await desk.desk.handle(in_channel("ben"), Approve(Ref(request, version)))
    return await desk.waiting("ben", request)


async def test_one_sign_in_of_an_approver_is_one_yes(desk: Office) -> None:
    for name, request in (("ann", "r1"), ("mo", "r2")):
        await desk.ask(name, request)
        await desk.sign_in(name, request)
    desk.entra.kept = desk.clock.now()
    await approving(desk, "r1")
    await desk.desk.handle(at_home("ben"), ReturnCode(await window(desk, "ben", "r1")))
    assert (await desk.load("r1")).status is Status.READY
    await approving(desk, "r2")
    assert await window(desk, "ben", "r2") == Reason.USED_SIGN_IN
    assert (await desk.load("r2")).status is Status.APPROVAL
    desk.entra.kept = None
    assert isinstance(await desk.approve("ben", "r2"), RequestCard)
    assert (await desk.load("r2")).status is Status.READY


async def test_a_yes_is_no_step_up_of_ones_own(desk: Office) -> None:
    await desk.ask()
    await desk.sign_in()
    desk.entra.silent, desk.entra.kept = True, desk.clock.now()
    await approving(desk, "r1")
    await desk.desk.handle(at_home("ben"), ReturnCode(await window(desk, "ben", "r1")))
    desk.directory.members[HELPDESK].remove("ben")  # approvers ask for nothing themselves
    await desk.ask("ben", "r2")
    assert why(await offer(desk, "ben", "r2")) == Reason.USED_SIGN_IN


async def test_of_two_requests_that_take_one_sign_in_at_once_one_has_it(desk: Office) -> None:
    """Both looked before either had written: the second commit finds it taken, decides again and refuses."""
    await desk.ask()
    await desk.ask(request_id="r2", kind="methods")
    desk.entra.kept = desk.clock.now()
    codes = [await window(desk, request=request) for request in ("r1", "r2")]
    pressed: list[Awaitable[Answer]] = [desk.desk.handle(at_home("ann"), ReturnCode(code)) for code in codes]
    said = sorted([why(answer) for answer in await asyncio.gather(*pressed)])
    assert said == sorted(["RequestCard", Reason.USED_SIGN_IN])
    assert await proofs(desk, "r1") + await proofs(desk, "r2") == 1


async def test_one_persons_sign_in_uses_up_nobody_elses(desk: Office) -> None:
    desk.entra.silent, desk.entra.kept = True, desk.clock.now()
    for name, request in (("ann", "r1"), ("mo", "r2")):
        await desk.ask(name, request)
        assert isinstance(await offer(desk, name, request), RequestCard)


# Whose it is.


@pytest.mark.parametrize("whose", [{"who": "mo"}, {"tenant": "22222222-2222-2222-2222-222222222222"}])
async def test_a_sign_in_is_compared_with_the_person_and_the_tenant_it_was_asked_of(
    desk: Office, whose: dict[str, str]
) -> None:
    """What Entra says of whose sign-in it was is compared by the desk, not written over by an edge."""
    await desk.ask()
    desk.entra.silent = True
    for name, value in whose.items():
        setattr(desk.entra, name, value)
    assert why(await offer(desk)) == Reason.WRONG_PERSON
    assert await window(desk) == Reason.WRONG_PERSON
    assert await proofs(desk, "r1") == 0


# Where it counts.


async def test_a_context_that_is_guarded_for_others_counts_for_nobody_else(desk: Office) -> None:
    """Entra grants it to whom no policy covers: from them it proves nothing."""
    desk.directory.guarded["ann"] = frozenset({"c2"})
    assert why(await desk.ask()) == Reason.STEP_UP_UNGUARDED
    assert isinstance(await desk.ask("mo", "r2"), RequestCard)


async def test_who_is_taken_out_of_the_policy_before_the_act_gets_nothing(desk: Office) -> None:
    await desk.ready()
    desk.directory.guarded["ann"] = frozenset()
    assert why(await desk.show()) == Reason.STEP_UP_UNGUARDED
    assert desk.directory.secrets == []


async def test_at_the_act_the_age_of_the_policy_counts_too(desk: Office) -> None:
    await desk.ready()
    desk.clock.advance(minutes=16)
    assert why(await desk.show()) != "SecretShown"
    assert desk.directory.secrets == []
    await desk.sign_in()
    assert why(await desk.show()) == "SecretShown"
