"""Step-up, attacked from every side: only a fresh sign-in of that person, for that request, in that chat counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Approve, OfferToken, ReturnCode, SignInAgain
from bot.core.actions import Ref as At
from bot.core.answers import Answer, Done, RequestCard, SignInPage, SignInWanted
from bot.core.model import Chat, EvidenceType, Status
from bot.core.ports import Purpose, SignIn
from bot.core.reasons import Reason
from tests.entra import TENANT
from tests.fakes import Office, at_home, in_channel, private
from tests.laws.seen import why

COOKIE = "browser"


async def prompt(desk: Office, name: str = "ann") -> SignIn:
    async with desk.store.unit() as unit:
        found = [await unit.sign_in_for("r1", name, purpose) for purpose in (Purpose.STEP_UP, Purpose.APPROVE)]
    return next(waiting for waiting in found if waiting is not None)


async def begun(desk: Office) -> tuple[SignIn, str]:
    """Ann asked, and her browser went to Entra; her cookie."""
    await desk.ask()
    waiting = await prompt(desk)
    cookie = f"{waiting.id}.{COOKIE}"
    assert isinstance(await desk.step_up.start(waiting.id, cookie), str)
    return waiting, cookie


async def evidence_of(desk: Office) -> int:
    return len((await desk.load("r1")).evidence_of(EvidenceType.STEP_UP))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"who": "mo"}, Reason.WRONG_PERSON),
        ({"contexts": frozenset({"c2"})}, Reason.WEAK_SIGN_IN),
        ({"contexts": frozenset()}, Reason.WEAK_SIGN_IN),
        ({"age": timedelta(minutes=6)}, Reason.OLD_SIGN_IN),
        ({"age": timedelta(minutes=-6)}, Reason.OLD_SIGN_IN),
    ],
)
async def test_what_entra_says_must_fit(desk: Office, how: dict[str, object], reason: Reason) -> None:
    _, cookie = await begun(desk)
    for name, value in how.items():
        setattr(desk.entra, name, value)
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == reason
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.SIGN_IN_EXPIRED  # it is over for good
    assert "step_up_failed" in await desk.deeds()
    assert await evidence_of(desk) == 0


async def test_the_browser_that_began_is_the_one_that_ends(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    other = f"{waiting.id}.another"
    assert why(await desk.step_up.returned(other, {"code": "x"})) == Reason.SIGN_IN_FAILED
    assert why(await desk.step_up.start(waiting.id, other)) == Reason.SIGN_IN_FAILED
    assert isinstance(await desk.step_up.returned(cookie, {"code": "x"}), str)


async def test_entras_answer_is_taken_once(desk: Office) -> None:
    _, cookie = await begun(desk)
    assert isinstance(await desk.step_up.returned(cookie, {"code": "x"}), str)
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.SIGN_IN_FAILED


async def test_the_code_comes_back_from_the_same_person_in_the_same_chat(desk: Office) -> None:
    _, cookie = await begun(desk)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    elsewhere = Chat(TENANT, "a:ann-elsewhere", "https://connector.example/", personal=True)
    for actor in (
        at_home("mo"),
        in_channel("ann"),
        replace(at_home("ann"), chat=elsewhere),
        replace(at_home("ann"), chat=replace(private("ann"), personal=False)),
        replace(at_home("mo"), chat=private("ann")),
        replace(at_home("ann"), person=replace(at_home("ann").person, tenant="another")),
    ):
        assert why(await desk.desk.handle(actor, ReturnCode(code))) == Reason.SIGN_IN_FAILED
    assert await evidence_of(desk) == 0
    assert isinstance(await desk.desk.handle(at_home("ann"), ReturnCode(code)), RequestCard)
    assert await evidence_of(desk) == 1


async def test_a_code_counts_once_and_a_copy_of_it_does_no_harm(desk: Office) -> None:
    _, cookie = await begun(desk)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    await desk.desk.handle(at_home("ann"), ReturnCode(code))
    assert isinstance(await desk.desk.handle(at_home("ann"), ReturnCode(code)), Done)
    assert await evidence_of(desk) == 1


async def test_guessing_the_code_ends_after_three(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(code, str)
    for number in range(3):
        guess = ReturnCode(f"{waiting.id}.guess-{number}")
        assert why(await desk.desk.handle(at_home("ann"), guess)) == Reason.SIGN_IN_FAILED
    assert why(await desk.desk.handle(at_home("ann"), ReturnCode(code))) != "RequestCard"
    assert await evidence_of(desk) == 0


async def test_a_code_before_entra_answered_is_nothing(desk: Office) -> None:
    waiting, _ = await begun(desk)
    assert why(await desk.desk.handle(at_home("ann"), ReturnCode(f"{waiting.id}."))) == Reason.SIGN_IN_EXPIRED
    assert await evidence_of(desk) == 0


async def test_a_sign_in_runs_out_with_what_waits_for_it(desk: Office) -> None:
    """Its button is on the request's card, and works as long as the card says."""
    waiting, cookie = await begun(desk)
    assert waiting.expires_at == (await desk.load("r1")).expires_at
    desk.clock.advance(minutes=16)
    assert why(await desk.step_up.page(waiting.id)) == Reason.SIGN_IN_EXPIRED
    assert why(await desk.step_up.start(waiting.id, cookie)) == Reason.SIGN_IN_EXPIRED
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.SIGN_IN_EXPIRED


async def test_another_link_ends_the_one_before(desk: Office) -> None:
    waiting, cookie = await begun(desk)
    assert isinstance(await desk.desk.handle(at_home("ann"), SignInAgain(At("r1", 1))), RequestCard)
    assert (await prompt(desk)).id != waiting.id
    assert why(await desk.step_up.page(waiting.id)) == Reason.SIGN_IN_EXPIRED
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == Reason.SIGN_IN_EXPIRED


async def test_the_start_page_names_what_is_allowed(desk: Office) -> None:
    await desk.ask()
    page = await desk.step_up.page((await prompt(desk)).id)
    assert isinstance(page, SignInPage)
    assert (page.person.id, page.what, page.whom) == ("ann", "tap.title", "Ann")
    assert why(await desk.step_up.page("no-such-transaction")) == Reason.NOT_FOUND


# Silently, with the token Teams exchanges.


async def offer(desk: Office, name: str = "ann") -> Answer:
    return await desk.desk.handle(at_home(name), OfferToken((await prompt(desk)).id, "token"))


async def test_a_silent_sign_in_counts_when_entra_vouches_for_it(desk: Office) -> None:
    await desk.ask()
    desk.entra.silent = True
    assert isinstance(await offer(desk), RequestCard)
    assert (await desk.load("r1")).status is Status.APPROVAL


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"silent": False}, Reason.WEAK_SIGN_IN),
        ({"silent": True, "who": "mo"}, Reason.WRONG_PERSON),
        ({"silent": True, "contexts": frozenset()}, Reason.WEAK_SIGN_IN),
        ({"silent": True, "age": timedelta(minutes=16)}, Reason.OLD_SIGN_IN),
    ],
)
async def test_otherwise_the_popup_is_asked_for(desk: Office, how: dict[str, object], reason: Reason) -> None:
    await desk.ask()
    for name, value in how.items():
        setattr(desk.entra, name, value)
    answer = await offer(desk)
    assert isinstance(answer, SignInWanted)
    assert answer.detail == reason
    assert await evidence_of(desk) == 0


async def test_anothers_token_for_anns_prompt_is_nothing(desk: Office) -> None:
    await desk.ask()
    desk.entra.silent = True
    assert isinstance(await offer(desk, "mo"), SignInWanted)
    assert await evidence_of(desk) == 0


async def test_an_approver_is_never_stepped_up_silently(desk: Office) -> None:
    """A click in the channel is only intent: what makes it count is something the approver did in private."""
    await desk.ask()
    await desk.sign_in()
    before = await desk.load("r1")
    async with desk.store.unit() as unit:
        assert await unit.sign_in_for("r1", "ben", Purpose.APPROVE) is None
    desk.entra.silent = True
    await desk.desk.installed(at_home("ben").person, private("ben"))
    await desk.desk.handle(in_channel("ben"), Approve(At("r1", before.version)))
    waiting = await prompt(desk, "ben")
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(waiting.id, "token")), SignInWanted)
    assert (await desk.load("r1")).status is Status.APPROVAL
