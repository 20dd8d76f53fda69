"""The page where a new password is entered, attacked from every side: that browser, that person, in time, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import OfferToken, Ref, Replace, Report, ReturnCode, Show, SignInAgain, Withdraw
from bot.core.answers import (
    Done,
    Entered,
    EntryPage,
    EntryWanted,
    PasswordCheck,
    RequestCard,
    SignInRefused,
    SignInWanted,
)
from bot.core.directory import Standing
from bot.core.errors import AnswerLost, Rejected, Unavailable
from bot.core.model import EvidenceType, Mode, Status
from bot.core.ports import Purpose, SignIn
from bot.core.reasons import Reason
from bot.desk.stepup import digest
from tests.entra import TENANT, FakeClock
from tests.fakes import TYPED, Office, at_home, office, person
from tests.laws.seen import at_rest, touched, why
from tests.stores import patient

OTHER = "Anchor-9-Meadow-Violin"


@pytest.fixture
async def page(desk: Office) -> str:
    """Ann's browser's cookie, once she has signed in on the page."""
    await desk.ask(kind="password")
    return await desk.open_page()


async def waiting(desk: Office, name: str = "ann", request_id: str = "r1") -> SignIn | None:
    async with desk.store.unit() as unit:
        return await unit.sign_in_for(request_id, name, Purpose.ENTER)


async def all_refused(desk: Office, cookie: str, reason: Reason) -> None:
    """None of the page's doors opens, and nothing is done."""
    for answer in (await desk.entry.page(cookie), await desk.entry.checked(cookie, TYPED), await desk.enter(cookie)):
        assert isinstance(answer, SignInRefused)
        assert answer.reason == reason
    assert touched(desk) == []


async def test_the_page_opens_for_the_browser_that_signed_in(desk: Office, page: str) -> None:
    opened = await desk.entry.page(page)
    assert isinstance(opened, EntryPage)
    assert (opened.person.id, opened.request.id) == ("ann", "r1")
    assert opened.expires_at == desk.clock.now() + timedelta(minutes=10)
    entered = await desk.enter(page)
    assert isinstance(entered, Entered)
    assert (entered.refusal, entered.request.status) == (None, Status.DONE)
    assert desk.directory.passwords["ann"] == TYPED
    assert desk.directory.writes == ["password ann False"]


async def test_another_browser_finds_nothing(desk: Office, page: str) -> None:
    started = page.partition(".")[0]
    for cookie in (f"{started}.another", started, f"{started}.", "", ".", "nothing.at-all", f"{page}x"):
        await all_refused(desk, cookie, Reason.SIGN_IN_FAILED)


async def test_anothers_cookie_opens_their_own_page_only(desk: Office, page: str) -> None:
    await desk.ask("kim", "r2", kind="password")
    kims = await desk.open_page("kim", "r2")
    opened = await desk.entry.page(kims)
    assert isinstance(opened, EntryPage)
    assert (opened.person.id, opened.request.id) == ("kim", "r2")
    await all_refused(desk, f"{page.partition('.')[0]}.{kims.partition('.')[2]}x", Reason.SIGN_IN_FAILED)
    await desk.enter(kims)
    assert set(desk.directory.passwords) == {"kim"}


async def test_before_the_sign_in_there_is_no_page(desk: Office) -> None:
    await desk.ask(kind="password")
    begun = await waiting(desk)
    assert begun is not None
    await all_refused(desk, f"{begun.id}.browser", Reason.SIGN_IN_FAILED)
    await desk.step_up.start(begun.id, f"{begun.id}.browser")
    await all_refused(desk, f"{begun.id}.browser", Reason.SIGN_IN_EXPIRED)


async def test_the_sign_in_of_another_request_opens_no_page(desk: Office) -> None:
    """A step-up that was good for a pass is not good for a page."""
    await desk.ask()
    begun = await desk.waiting("ann", "r1")
    cookie = f"{begun.id}.browser"
    await desk.step_up.start(begun.id, cookie)
    assert isinstance(await desk.step_up.returned(cookie, {"code": "x"}), str)
    await all_refused(desk, cookie, Reason.SIGN_IN_EXPIRED)


@pytest.mark.parametrize("ending", ["withdrawn", "reported", "expired"])
async def test_after_the_request_is_closed_nothing_is_taken(desk: Office, page: str, ending: str) -> None:
    ref = Ref("r1", (await desk.load("r1")).version)
    match ending:
        case "withdrawn":
            await desk.desk.handle(at_home("ann"), Withdraw(ref))
        case "reported":
            await desk.desk.handle(at_home("ann"), Report(ref))
        case _:
            desk.clock.advance(minutes=61)
            await desk.job("due")
            desk.clock.advance(minutes=-61)
    await all_refused(desk, page, Reason.CLOSED)


async def test_after_ten_minutes_nothing_is_taken(desk: Office, page: str) -> None:
    desk.clock.advance(minutes=10)
    await all_refused(desk, page, Reason.SIGN_IN_EXPIRED)


async def test_the_page_is_used_once(desk: Office, page: str) -> None:
    await desk.enter(page)
    for text in (OTHER, TYPED):
        assert why(await desk.enter(page, text)) == Reason.SIGN_IN_EXPIRED
    assert desk.directory.passwords["ann"] == TYPED
    assert len(desk.directory.writes) == 1


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
async def test_a_weak_or_foreign_sign_in_opens_nothing(desk: Office, how: dict[str, object], reason: Reason) -> None:
    await desk.ask(kind="password")
    begun = await waiting(desk)
    assert begun is not None
    cookie = f"{begun.id}.browser"
    await desk.step_up.start(begun.id, cookie)
    for name, value in how.items():
        setattr(desk.entra, name, value)
    assert why(await desk.step_up.returned(cookie, {"code": "x"})) == reason
    await all_refused(desk, cookie, Reason.SIGN_IN_EXPIRED)
    assert (await desk.load("r1")).evidence_of(EvidenceType.STEP_UP) == ()
    again = await desk.desk.handle(at_home("ann"), SignInAgain(Ref("r1", 1)))
    assert isinstance(again, RequestCard)
    other = await waiting(desk)
    assert other is not None
    assert other.id != begun.id


async def test_entras_answer_opens_the_page_once(desk: Office, page: str) -> None:
    assert why(await desk.step_up.returned(page, {"code": "x"})) == Reason.SIGN_IN_FAILED
    assert len((await desk.load("r1")).evidence_of(EvidenceType.STEP_UP)) == 1
    assert isinstance(await desk.entry.page(page), EntryPage)


async def test_a_token_of_teams_opens_no_page(desk: Office) -> None:
    """A silent exchange is no sign-in on the page: it happens in Teams, not in that browser."""
    await desk.ask(kind="password")
    begun = await waiting(desk)
    assert begun is not None
    desk.entra.silent = True
    assert isinstance(await desk.desk.handle(at_home("ann"), OfferToken(begun.id, "token")), SignInWanted)
    assert (await desk.load("r1")).evidence == ()
    await all_refused(desk, f"{begun.id}.browser", Reason.SIGN_IN_FAILED)


async def test_the_code_of_a_page_proves_nothing_in_teams(desk: Office, page: str) -> None:
    begun = page.partition(".")[0]
    for code in (page, f"{begun}.guess"):
        assert why(await desk.desk.handle(at_home("ann"), ReturnCode(code))) == Reason.SIGN_IN_EXPIRED
    entered = await desk.enter(page)
    assert isinstance(entered, Entered)
    assert isinstance(await desk.desk.handle(at_home("ann"), ReturnCode(entered.code)), Done)
    assert why(await desk.desk.handle(at_home("mo"), ReturnCode(entered.code))) == Reason.SIGN_IN_FAILED


async def test_nothing_is_entered_by_a_button(desk: Office, page: str) -> None:
    ref = Ref("r1", (await desk.load("r1")).version)
    for press in (Show(ref), Replace(ref)):
        assert why(await desk.desk.handle(at_home("ann"), press)) == Reason.CLOSED
    await desk.job("act")
    assert touched(desk) == []
    assert isinstance(await desk.entry.page(page), EntryPage)


async def test_what_keeps_no_rule_is_told_and_claims_nothing(desk: Office, page: str) -> None:
    before = await desk.load("r1")
    for text in (
        "",
        "short",
        "password",
        "Kettle-Contoso-7",
        "Contoso2026!",
        "x" * 300,
        f"{TYPED}\n",
        "Käse-Brot-2026-Tisch",
    ):
        answer = await desk.enter(page, text)
        assert isinstance(answer, PasswordCheck)
        assert answer.faults
        assert await desk.entry.checked(page, text) == answer
        assert len(text) < 2 or text not in repr(answer)
    assert await desk.load("r1") == before
    assert touched(desk) == []
    assert isinstance(await desk.enter(page), Entered)


async def test_what_entra_does_not_take_may_be_chosen_anew(desk: Office, page: str) -> None:
    desk.directory.banned = frozenset({TYPED})
    first = await desk.enter(page)
    assert isinstance(first, Entered)
    assert first.again
    assert first.refusal is not None
    assert first.refusal.reason == "password.rule"
    assert (first.request.status, desk.directory.writes) == (Status.READY, [])
    second = await desk.enter(page, OTHER)
    assert isinstance(second, Entered)
    assert (second.again, second.refusal, second.request.status) == (False, None, Status.DONE)
    assert TYPED not in repr(first)
    assert OTHER not in repr(second)


async def test_a_no_of_entras_is_told_on_the_page_and_ends_it(desk: Office, page: str) -> None:
    desk.directory.trouble["set_password"] = Rejected("no", code="Authorization_RequestDenied")
    told = await desk.enter(page)
    assert isinstance(told, Entered)
    assert told.refusal is not None
    assert (told.again, told.refusal.reason, told.request.status) == (False, Reason.ENTRA_REFUSED, Status.FAILED)
    assert why(await desk.entry.page(page)) == Reason.SIGN_IN_EXPIRED


async def test_what_could_not_be_begun_may_be_sent_again(desk: Office, page: str) -> None:
    desk.directory.trouble["set_password"] = Unavailable("busy", retry_after=12)
    first = await desk.enter(page)
    assert isinstance(first, Entered)
    assert first.refusal is not None
    assert (first.again, first.refusal.reason, first.refusal.params) == (True, Reason.BUSY, {"seconds": "12"})
    desk.directory.trouble.clear()
    assert (await desk.load("r1")).status is Status.READY
    assert isinstance(await desk.enter(page), Entered)
    assert desk.directory.passwords["ann"] == TYPED


@pytest.mark.parametrize("change", ["privileged", "disabled", "unknown", "synced"])
async def test_what_changed_since_the_page_was_opened_counts(desk: Office, page: str, change: str) -> None:
    match change:
        case "privileged":
            desk.directory.privileged["ann"] = Standing(("global-administrator",), ())
        case "disabled":
            desk.directory.add("ann", enabled=False)
        case "synced":
            desk.directory.add("ann", synced=True)
        case _:
            desk.directory.trouble["standing"] = Unavailable("throttled")
    answer = await desk.enter(page)
    assert isinstance(answer, Entered)
    assert answer.refusal is not None
    assert answer.again == (change == "unknown")
    assert touched(desk) == []


async def test_a_sign_in_that_grew_too_old_on_the_page_is_asked_for_again(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"password": {"step_up_age": timedelta(minutes=5)}})
        await desk.ask(kind="password")
        page = await desk.open_page()
        clock.advance(minutes=6)
        await desk.enter(page)
        assert (await desk.load("r1")).status is Status.STEP_UP
        assert touched(desk) == []
        await desk.sign_in()
        await desk.enter(await desk.open_page())
        assert (await desk.load("r1")).status is Status.DONE


async def test_a_lost_answer_is_found_and_the_page_stays_shut(desk: Office, page: str) -> None:
    desk.directory.lose_answers = True
    lost = await desk.enter(page)
    assert isinstance(lost, Entered)
    assert (lost.request.status, lost.again) == (Status.UNKNOWN, False)
    await desk.job("look")
    assert (await desk.load("r1")).status is Status.DONE
    assert why(await desk.enter(page, OTHER)) == Reason.SIGN_IN_EXPIRED
    assert desk.directory.passwords["ann"] == TYPED
    assert await waiting(desk) is None


async def test_when_nothing_is_found_the_page_opens_once_more_and_no_more(desk: Office, page: str) -> None:
    desk.directory.trouble["set_password"] = AnswerLost("cut before it arrived")
    await desk.enter(page)
    await desk.job("look")
    assert (await desk.load("r1")).status is Status.UNKNOWN
    again = await desk.open_page()
    assert again != page
    await desk.enter(again, OTHER)
    assert (await desk.load("r1")).status is Status.UNKNOWN
    await desk.job("look")
    assert await waiting(desk) is None
    desk.directory.trouble.clear()
    assert why(await desk.enter(again)) == Reason.SIGN_IN_EXPIRED
    assert touched(desk) == []


async def test_the_second_page_sets_what_the_first_did_not(desk: Office, page: str) -> None:
    desk.directory.trouble["set_password"] = AnswerLost("cut before it arrived")
    await desk.enter(page)
    await desk.job("look")
    desk.directory.trouble.clear()
    desk.directory.banned = frozenset({TYPED})
    again = await desk.open_page()
    refused = await desk.enter(again)
    assert isinstance(refused, Entered)
    assert refused.again
    done = await desk.enter(again, OTHER)
    assert isinstance(done, Entered)
    assert (done.refusal, done.request.status) == (None, Status.DONE)
    assert desk.directory.passwords == {"ann": OTHER}


async def test_what_was_typed_never_comes_back_and_is_kept_nowhere(desk: Office, page: str, database_url: str) -> None:
    answers = [await desk.entry.checked(page, TYPED), await desk.enter(page), await desk.entry.page(page)]
    await desk.job("cards")
    await desk.job("follow")
    assert not [a for a in answers if TYPED in repr(a)]
    assert TYPED not in await at_rest(database_url)
    assert TYPED not in "".join(desk.messenger.bodies)


async def test_a_new_password_that_was_not_theirs_is_made_useless(desk: Office, page: str) -> None:
    await desk.enter(page)
    await desk.desk.handle(at_home("ann"), Report(Ref("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    assert desk.directory.passwords["ann"] != TYPED
    assert desk.directory.writes == ["password ann False", "password ann True", "revoke ann"]
    assert (await desk.load("r1")).status is Status.REVOKED


async def test_where_somebody_decides_the_page_waits_for_them(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"password": {"approvals": 1}})
        await desk.ask(kind="password")
        assert (await desk.load("r1")).status is Status.STEP_UP  # nobody is asked in a stranger's name
        assert await waiting(desk) is None
        await desk.sign_in()
        assert (await desk.load("r1")).status is Status.APPROVAL
        assert await waiting(desk) is None
        await desk.approve()
        clock.advance(minutes=30)
        assert isinstance(await desk.enter(await desk.open_page()), Entered)
        assert (await desk.load("r1")).status is Status.DONE


async def test_a_trial_opens_the_page_and_sets_nothing(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, mode=Mode.EVALUATE)
        await desk.ask(kind="password")
        entered = await desk.enter(await desk.open_page())
        assert isinstance(entered, Entered)
        assert entered.request.status is Status.EVALUATED
        assert touched(desk) == []


async def test_the_link_waits_as_long_as_its_request(desk: Office) -> None:
    await desk.ask(kind="password")
    begun, request = await waiting(desk), await desk.load("r1")
    assert begun is not None
    assert begun.expires_at == request.expires_at
    desk.clock.advance(minutes=55)
    assert isinstance(await desk.entry.page(await desk.open_page()), EntryPage)


def test_the_answer_to_a_good_sign_in_holds_nothing() -> None:
    assert repr(EntryWanted()) == "EntryWanted()"


@pytest.mark.parametrize(("name", "tenant"), [("mo", TENANT), ("ann", "22222222-2222-2222-2222-222222222222")])
async def test_the_page_is_for_its_subject_whoever_signed_in(desk: Office, page: str, name: str, tenant: str) -> None:
    """A sign-in that is through, for Ann's request, and not Ann's: however it came about, it opens nothing."""
    mine = await waiting(desk)
    assert mine is not None
    stranger = replace(person(name), tenant=tenant)
    theirs = replace(mine, id="theirs", person=stranger, cookie=digest("theirs.browser"), version=0)
    async with desk.store.unit() as unit:
        await unit.keep_sign_in(theirs)
    await all_refused(desk, "theirs.browser", Reason.NOT_FOUND)
    assert isinstance(await desk.enter(page), Entered)
