"""A no that locks somebody out is confirmed as a yes is: by its approver's fresh sign-in; a plain no is a press."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from bot.core.actions import Approve, Deny, OfferToken, Ref, ReturnCode
from bot.core.answers import Answer, Refused, SignInRefused, SignInWanted
from bot.core.model import EvidenceType, Follow, Status
from bot.core.ports import Purpose, SignIn, SignInStage
from bot.core.reasons import Reason
from cards import text
from cards.words import when
from tests.fakes import POLICY, TENANT, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.seen import touched, why
from tests.laws.test_approvers import becomes
from tests.stores import patient

INTRUDER = "That is not Ann"


async def flagged(desk: Office) -> Ref:
    """Somebody's flag waits for approvers, whom the desk can write to."""
    await desk.ask(kind="risk")
    await desk.sign_in()
    for name in ("ben", "cleo", "mo"):
        await desk.desk.installed(person(name), private(name))
    return Ref("r1", (await desk.load("r1")).version)


async def accuse(desk: Office, ref: Ref, name: str = "ben") -> Answer:
    return await desk.desk.handle(in_channel(name), Deny(ref, INTRUDER, "compromised"))


async def test_a_press_alone_locks_nobody_out(desk: Office) -> None:
    answer = await accuse(desk, await flagged(desk))
    assert "continue_in_private" in str(answer)
    await desk.job("follow")
    await desk.job("cards")
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert touched(desk) == []
    assert desk.messenger.shown("19:security") == ""


async def test_their_sign_in_makes_it_count_and_the_trail_says_so(desk: Office) -> None:
    await accuse(desk, await flagged(desk))
    await desk.sign_in("ben")
    denied = await desk.load("r1")
    assert denied.status is Status.DENIED
    assert denied.ending is not None
    assert (denied.ending.by, denied.ending.reason, denied.ending.choice) == ("ben", INTRUDER, "compromised")
    await desk.job("follow")
    assert sorted(desk.directory.writes) == ["confirm_compromised ann", "revoke ann"]
    told = [e async for e in desk.store.audit_entries(TENANT)]
    said = [(e.deed, e.data.get("by"), e.data.get("strength")) for e in told if e.deed.startswith("den")]
    assert said == [("denial_intended", "ben", None), ("denied", "ben", "c1")]


async def test_the_private_card_says_what_is_confirmed_and_no_approval(desk: Office) -> None:
    await accuse(desk, await flagged(desk))
    await desk.job("cards")
    card = desk.messenger.shown("a:ben")
    before = when((await desk.waiting("ben", "r1")).expires_at)
    assert text("confirm.text_no", "en", name="Ann", before=before) in card
    assert text("risk.verdict.compromised", "en") in card
    assert text("button.sign_in_and_deny", "en") in card
    assert text("button.sign_in_and_approve", "en") not in card
    await desk.sign_in("ben")
    await desk.job("cards")
    assert text("confirm.counted_no", "en", name="Ann") in desk.messenger.shown("a:ben")


@pytest.mark.parametrize("last", ["yes", "no"])
async def test_what_was_pressed_last_is_what_is_confirmed(desk: Office, last: str) -> None:
    ref = await flagged(desk)
    presses: list[Approve | Deny] = [Deny(ref, INTRUDER, "compromised"), Approve(ref, "dismissed")]
    for press in presses if last == "yes" else reversed(presses):
        await desk.desk.handle(in_channel("ben"), press)
        desk.clock.advance(seconds=1)
    await desk.job("cards")
    card = desk.messenger.shown("a:ben")
    assert (text("button.sign_in_and_deny", "en") in card) is (last == "no")
    assert (text("button.sign_in_and_approve", "en") in card) is (last == "yes")


@pytest.mark.parametrize(
    ("said", "kept"), [("safe", "safe"), ("dismissed", "dismissed"), ("compromised", ""), ("none", ""), ("made-up", "")]
)
async def test_a_yes_comes_with_a_verdict_of_a_yes_or_none(desk: Office, said: str, kept: str) -> None:
    await desk.desk.handle(in_channel("ben"), Approve(await flagged(desk), said))
    assert (await desk.waiting("ben", "r1")).choice == kept
    await desk.sign_in("ben")
    (yes,) = (await desk.load("r1")).evidence_of(EvidenceType.APPROVAL)
    assert yes.choice == kept


@pytest.mark.parametrize("said", ["dismissed", "safe", "made-up"])
async def test_a_no_comes_with_no_verdict_that_is_none_of_a_no(desk: Office, said: str) -> None:
    await desk.desk.handle(in_channel("ben"), Deny(await flagged(desk), INTRUDER, said))
    denied = await desk.load("r1")
    assert denied.status is Status.DENIED
    assert denied.ending is not None
    assert (denied.ending.choice, denied.follow) == ("", Follow.NOTHING)


@pytest.mark.parametrize("verdict", ["none", "compromised"])
async def test_a_no_without_a_reason_is_none(desk: Office, verdict: str) -> None:
    answer = await desk.desk.handle(in_channel("ben"), Deny(await flagged(desk), "  ", verdict))
    assert why(answer) == Reason.REASON_REQUIRED
    assert (await desk.load("r1")).status is Status.APPROVAL
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for("r1", "ben", Purpose.DENY) is None


async def test_the_page_names_what_is_confirmed(desk: Office) -> None:
    await accuse(desk, await flagged(desk))
    page = await desk.step_up.page((await desk.waiting("ben", "r1")).id)
    assert getattr(page, "purpose", None) is Purpose.DENY


async def test_what_was_pressed_before_cannot_be_confirmed_any_more(desk: Office) -> None:
    ref = await flagged(desk)
    await desk.desk.handle(in_channel("ben"), Approve(ref, "dismissed"))
    before = await desk.waiting("ben", "r1")
    await accuse(desk, ref)
    assert why(await desk.step_up.start(before.id, f"{before.id}.browser")) == Reason.SIGN_IN_EXPIRED


async def begun(desk: Office, stage: SignInStage) -> SignIn:
    """What Ben is asked to confirm, as far as somebody at his Teams has gone on with it."""
    waiting = await desk.waiting("ben", "r1")
    if stage is not SignInStage.BEGUN:
        await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    return waiting


YES, SAFE, NO = (Approve, "dismissed"), (Approve, "safe"), (Deny, "compromised")


@pytest.mark.parametrize("stage", [SignInStage.BEGUN, SignInStage.STARTED, SignInStage.RETURNED])
@pytest.mark.parametrize(
    "presses", [(SAFE, NO), (SAFE, SAFE, NO), (SAFE, YES, NO), (SAFE, YES), (NO, YES), (NO, NO, SAFE)]
)
async def test_no_sign_in_but_that_of_the_last_press_makes_anything_count(
    desk: Office, presses: Sequence[tuple[type[Approve | Deny], str]], stage: SignInStage
) -> None:
    """Whoever is at an approver's Teams presses and leaves Entra's window open; then the approver presses."""
    ref = await flagged(desk)
    before: list[tuple[SignIn, str]] = []
    for number, (pressed, choice) in enumerate(presses):
        press = Approve(ref, choice) if pressed is Approve else Deny(ref, INTRUDER, choice)
        await desk.desk.handle(in_channel("ben"), press)
        desk.clock.advance(seconds=1)
        if number < len(presses) - 1:
            waiting, code = await begun(desk, stage), ""
            if stage is SignInStage.RETURNED:
                code = str(await desk.step_up.returned(f"{waiting.id}.browser", {"code": "x"}))
            before.append((waiting, code))
    for old, code in before:
        if not code:
            await desk.step_up.start(old.id, f"{old.id}.browser")
            back = await desk.step_up.returned(f"{old.id}.browser", {"code": "x"})
            assert isinstance(back, SignInRefused), back
        assert not code or why(await desk.desk.handle(at_home("ben"), ReturnCode(code))) == Reason.SIGN_IN_EXPIRED
    still = await desk.load("r1")
    assert (still.status, [e for e in still.evidence if e.by == "ben"]) == (Status.APPROVAL, [])
    await desk.sign_in("ben")
    last = await desk.load("r1")
    said = last.ending.choice if last.ending else [e.choice for e in last.evidence if e.by == "ben"][-1]
    assert said == presses[-1][1]


async def test_of_two_presses_at_the_same_moment_one_holds(desk: Office) -> None:
    ref = await flagged(desk)
    for _ in range(5):
        presses = Approve(ref, "safe"), Deny(ref, INTRUDER, "compromised")
        await asyncio.gather(*(desk.desk.handle(in_channel("ben"), press) for press in presses))
        async with desk.store.unit() as unit:
            found = [await unit.sign_in_for("r1", "ben", purpose) for purpose in (Purpose.APPROVE, Purpose.DENY)]
        assert len([one for one in found if one is not None]) == 1


async def test_a_token_that_teams_offers_by_itself_confirms_nothing(desk: Office) -> None:
    await accuse(desk, await flagged(desk))
    desk.entra.silent = True
    waiting = await desk.waiting("ben", "r1")
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(waiting.id, "token")), SignInWanted)
    assert (await desk.load("r1")).status is Status.APPROVAL


@pytest.mark.parametrize("who", ["ann", "cleo"])
async def test_somebody_elses_sign_in_confirms_nothing(desk: Office, who: str) -> None:
    await accuse(desk, await flagged(desk))
    desk.entra.who = who
    waiting = await desk.waiting("ben", "r1")
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    back = await desk.step_up.returned(f"{waiting.id}.browser", {"code": "x"})
    assert getattr(back, "reason", "") == Reason.WRONG_PERSON
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert touched(desk) == []


async def test_one_sign_in_locks_one_person(desk: Office) -> None:
    ref = await flagged(desk)
    await desk.ask("kim", "r2", kind="risk")
    await desk.sign_in("kim", "r2")
    await accuse(desk, ref)
    desk.entra.kept = desk.clock.now()  # the very same sign-in answers to both
    await desk.sign_in("ben")
    await accuse(desk, Ref("r2", (await desk.load("r2")).version))
    waiting = await desk.waiting("ben", "r2")
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    back = await desk.step_up.returned(f"{waiting.id}.browser", {"code": "x"})
    assert getattr(back, "reason", "") == Reason.USED_SIGN_IN
    assert (await desk.load("r2")).status is Status.APPROVAL


@pytest.mark.parametrize("change", ["guest", "restricted", "enabled", "atRisk", "left", "unguarded", "account"])
@pytest.mark.parametrize("moment", ["press", "sign-in"])
async def test_it_locks_nobody_on_the_word_of_whom_no_wall_would_let_pass(
    desk: Office, change: str, moment: str
) -> None:
    ref = await flagged(desk)
    if moment == "press":
        becomes(desk, change)
        assert isinstance(await accuse(desk, ref), Refused)
    else:
        await accuse(desk, ref)
        becomes(desk, change)
        desk.entra.who = "ben"
        assert isinstance(await desk.sign_in("ben"), Refused)
    await desk.job("follow")
    assert (await desk.load("r1")).status is Status.APPROVAL
    assert touched(desk) == []


@pytest.mark.parametrize("verdict", ["none", "compromised"])
async def test_an_approver_who_said_yes_may_find_out_better(database_url: str, verdict: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"risk": {"approvals": 2}})
        ref = await flagged(desk)
        await desk.approve("ben")
        ref = replace(ref, version=(await desk.load("r1")).version)
        await desk.desk.handle(in_channel("ben"), Deny(ref, INTRUDER, verdict))
        if verdict == "compromised":
            desk.clock.advance(minutes=1)
            await desk.sign_in("ben")
        assert (await desk.load("r1")).status is Status.DENIED


async def test_a_plain_no_is_a_press(desk: Office) -> None:
    await desk.desk.handle(in_channel("ben"), Deny(await flagged(desk), "call me first", "none"))
    assert (await desk.load("r1")).status is Status.DENIED


async def test_the_code_of_a_no_gives_no_yes(desk: Office) -> None:
    await accuse(desk, await flagged(desk))
    waiting = await desk.waiting("ben", "r1")
    await desk.step_up.start(waiting.id, f"{waiting.id}.browser")
    code = await desk.step_up.returned(f"{waiting.id}.browser", {"code": "x"})
    await desk.desk.handle(at_home("ben"), ReturnCode(str(code)))
    request = await desk.load("r1")
    assert request.status is Status.DENIED
    assert [e for e in request.evidence if e.by == "ben"] == []


@pytest.fixture
async def trusting(database_url: str) -> AsyncIterator[Office]:
    """A desk whose approvers need no sign-in, which its policy says and readiness warns of."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, POLICY, own={"risk": {"approver_step_up": ""}})


async def test_where_a_yes_needs_no_sign_in_a_no_needs_none(trusting: Office) -> None:
    await accuse(trusting, await flagged(trusting))
    assert (await trusting.load("r1")).status is Status.DENIED
