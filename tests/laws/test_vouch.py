"""A manager vouches for a colleague nobody can ask: one who has been that for a fortnight, apart from all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import ReturnCode
from bot.core.alterations import AccountChange, Alteration
from bot.core.answers import Answer, Said
from bot.core.callcards import CallerCard, CallerForm
from bot.core.callers import VOUCHING, Stand, Verification
from bot.core.calling import AboutOthers, AskCaller, AskManager, DenyCall, DenyVouch, EndCall, OpenForm, SeeCaller
from bot.core.directory import Manager
from bot.core.errors import NO_PERMISSION, NotGranted, Unavailable
from bot.core.model import Actor, Status
from bot.core.ports import Purpose, Slot
from bot.core.proven import VALID, Proven
from bot.core.reasons import Reason
from bot.core.risk import Risk
from tests.fakes import TENANT, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.faced import queued
from tests.laws.seen import why
from tests.laws.test_behalf import OPEN, agrees, opens
from tests.laws.test_callers import ANN, asked, number, signs_in, types, verification
from tests.laws.test_record import SECURITY, told
from tests.stores import patient

MAX = "max"
FORM = "f1-unreached"  # the key of what is kept of somebody who could not be asked
CALL = Verification.named(FORM)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, OPEN, own={"tap": {"assisted": True}})
        made.directory.add(MAX, "employees")
        made.directory.managers[ANN] = Manager(MAX, "Max")
        made.messenger.strangers.add(ANN)
        async with store.unit() as unit:
            for name in ("ben", "cleo", "kim", MAX):
                await unit.remember(person(name), private(name))
        yield made


async def unreached(desk: Office, by: str = "ben", form: str = "f1") -> None:
    answer = await desk.desk.handle(at_home(by), AskCaller(form, ANN))
    assert why(answer) == Reason.CALLER_NO_TEAMS


async def asks_manager(desk: Office, actor: Actor | None = None, form: str = FORM) -> Answer:
    return await desk.desk.handle(actor or at_home("ben"), AskManager(form, 1))


async def waiting(desk: Office) -> Verification:
    """Ann cannot be reached, and Max is asked."""
    await unreached(desk)
    assert isinstance(await asks_manager(desk), CallerCard)
    await desk.job("matter", CALL)
    return await verification(desk, FORM)


async def says_yes(desk: Office, name: str = MAX, late: int = 0) -> Answer:
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(CALL, name, Purpose.VOUCH)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "from-entra", "state": "s"})
    assert isinstance(code, str), code
    desk.clock.advance(minutes=late)
    return await desk.desk.handle(at_home(name), ReturnCode(code))


async def says_no(desk: Office, actor: Actor | None = None) -> Answer:
    return await desk.desk.handle(actor or at_home(MAX), DenyVouch(FORM, 2))


async def vouched(desk: Office) -> Verification:
    await waiting(desk)
    assert isinstance(await says_yes(desk), CallerCard)
    return await verification(desk, FORM)


# -- the way it should go --------------------------------------------------------------------------------------


async def test_whom_nobody_can_ask_their_manager_vouches_for_and_signs_in_to_say_so(desk: Office) -> None:
    await unreached(desk)
    await desk.job("matter", CALL)
    assert "ask their manager" in desk.messenger.shown(private("ben").id)
    assert isinstance(await asks_manager(desk), CallerCard)
    await desk.job("matter", CALL)
    assert "Have you just heard or seen Ann yourself?" in desk.messenger.shown(private(MAX).id)
    assert desk.messenger.shown(private(ANN).id) == ""
    assert isinstance(await says_yes(desk), CallerCard)
    one = await verification(desk, FORM)
    assert (one.status, one.proven, one.vouched) == (Stand.VERIFIED, Proven.MANAGER, True)
    await desk.job("matter", CALL)
    assert "has just heard or seen Ann" in desk.messenger.shown(private("ben").id)
    deeds = await desk.deeds()
    assert deeds.index("caller_unreached") < deeds.index("caller_vouching") < deeds.index("caller_verified")
    (entry,) = await told(desk, "caller_verified")
    assert (entry.data["proven"], entry.data["voucher"]) == ("manager", MAX)


async def test_it_is_as_old_as_their_sign_in_whenever_their_client_says_so(desk: Office) -> None:
    await waiting(desk)
    signed = desk.clock.now()
    assert isinstance(await says_yes(desk, late=10), CallerCard)
    assert (await verification(desk, FORM)).ends_at <= signed + timedelta(minutes=30)


async def test_it_holds_for_half_an_hour(desk: Office) -> None:
    one = await vouched(desk)
    assert VALID - timedelta(seconds=1) < one.ends_at - desk.clock.now() <= VALID
    desk.clock.advance(minutes=30)
    assert (await verification(desk, FORM)).over(desk.clock.now())


async def test_also_where_nobody_answered(desk: Office) -> None:
    desk.messenger.strangers.clear()
    await asked(desk)
    assert why(await asks_manager(desk, form="f1")) == Reason.CLOSED  # they may still answer
    desk.clock.advance(minutes=5)
    assert isinstance(await asks_manager(desk, form="f1"), CallerCard)
    assert (await verification(desk)).status is Stand.VOUCHING


async def test_who_has_the_app_by_now_is_asked_themselves(desk: Office) -> None:
    await unreached(desk)
    desk.messenger.strangers.clear()
    assert why(await asks_manager(desk)) == Reason.CALLER_HAS_TEAMS
    assert isinstance(await desk.desk.handle(at_home("ben"), AskCaller("f1", ANN)), Said)


# -- whose word counts -----------------------------------------------------------------------------------------


def none(desk: Office) -> None:
    desk.directory.managers.clear()


def gone(desk: Office) -> None:
    del desk.directory.accounts[MAX]


def disabled(desk: Office) -> None:
    desk.directory.accounts[MAX] = replace(desk.directory.accounts[MAX], enabled=False)


def guest(desk: Office) -> None:
    desk.directory.accounts[MAX] = replace(desk.directory.accounts[MAX], guest=True)


def flagged(desk: Office) -> None:
    desk.directory.risks[MAX] = Risk("atRisk", "high", "none", None)


def the_agent(desk: Office) -> None:
    desk.directory.managers[ANN] = Manager("ben", "Ben")


def the_agents_other_account(desk: Office) -> None:
    for name in (MAX, "ben"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")


def themselves(desk: Office) -> None:
    desk.directory.managers[ANN] = Manager(ANN, "Ann")


def their_other_account(desk: Office) -> None:
    for name in (MAX, ANN):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1001")


def lately(desk: Office) -> None:
    yesterday = desk.clock.now() - timedelta(days=1)
    desk.directory.changed[ANN] = (AccountChange(Alteration.MANAGER, yesterday),)


def joined(desk: Office) -> None:
    desk.directory.changed[ANN] = (AccountChange(Alteration.CREATED, desk.clock.now() - timedelta(days=13)),)


def made(desk: Office) -> None:
    new = desk.clock.now() - timedelta(days=13)
    desk.directory.accounts[ANN] = replace(desk.directory.accounts[ANN], created_at=new)


def unreadable(desk: Office) -> None:
    desk.directory.trouble["changes"] = NotGranted("changes", code=NO_PERMISSION)


def away(desk: Office) -> None:
    desk.directory.trouble["changes"] = Unavailable("away")


def unguarded(desk: Office) -> None:
    desk.directory.guarded[MAX] = frozenset()


FAULTS = [
    (none, Reason.NO_MANAGER),
    (gone, Reason.NO_MANAGER),
    (disabled, Reason.NO_MANAGER),
    (guest, Reason.NO_MANAGER),
    (flagged, Reason.NO_MANAGER),
    (the_agent, Reason.NO_MANAGER),
    (the_agents_other_account, Reason.NO_MANAGER),
    (themselves, Reason.NO_MANAGER),
    (their_other_account, Reason.NO_MANAGER),
    (lately, Reason.NEW_MANAGER),
    (joined, Reason.NEW_MANAGER),
    (made, Reason.NEW_MANAGER),
    (unreadable, Reason.MANAGER_UNSURE),
    (away, Reason.UNKNOWN),
    (unguarded, Reason.STEP_UP_UNGUARDED),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
async def test_who_is_no_manager_apart_and_of_long_standing_is_not_asked(
    desk: Office, fault: object, reason: Reason
) -> None:
    await unreached(desk)
    fault(desk)  # type: ignore[operator]
    assert why(await asks_manager(desk)) == reason
    assert (await verification(desk, FORM)).status is Stand.UNREACHED
    assert desk.messenger.shown(private(MAX).id) == ""


STILL = [(fault, reason) for fault, reason in FAULTS if fault is not gone]  # nobody signs in to an account that is gone


@pytest.mark.parametrize(("fault", "reason"), STILL, ids=[fault.__name__ for fault, _ in STILL])
async def test_and_is_looked_at_once_more_when_they_have_signed_in(desk: Office, fault: object, reason: Reason) -> None:
    await waiting(desk)
    fault(desk)  # type: ignore[operator]
    assert why(await says_yes(desk)) == reason
    assert (await verification(desk, FORM)).status is Stand.VOUCHING


async def test_what_the_log_was_heard_to_say_before_is_not_gone_by_then(desk: Office) -> None:
    desk.directory.heard = {}
    await waiting(desk)
    lately(desk)
    assert why(await says_yes(desk)) == Reason.NEW_MANAGER


async def test_a_manager_of_longer_standing_is_heard(desk: Office) -> None:
    old = desk.clock.now() - timedelta(days=15)
    desk.directory.changed[ANN] = (AccountChange(Alteration.MANAGER, old),)
    desk.directory.accounts[ANN] = replace(desk.directory.accounts[ANN], created_at=old)
    assert (await vouched(desk)).proven is Proven.MANAGER


async def test_another_manager_than_the_one_who_was_asked_does_not_count(desk: Office) -> None:
    await waiting(desk)
    desk.directory.managers[ANN] = Manager("kim", "Kim")
    assert why(await says_yes(desk)) == Reason.NO_MANAGER


async def test_a_manager_without_the_app_is_not_asked_either(desk: Office) -> None:
    await unreached(desk)
    desk.messenger.gone.add(private(MAX).place)
    desk.messenger.strangers.add(MAX)
    assert why(await asks_manager(desk)) == Reason.MANAGER_NO_TEAMS


# -- who asks, and who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["cleo", "kim", ANN, MAX])
async def test_only_the_agent_who_was_called_has_them_asked(desk: Office, by: str) -> None:
    await unreached(desk)
    assert why(await asks_manager(desk, at_home(by))) == Reason.NOT_FOUND


async def test_who_is_no_agent_any_more_has_nobody_asked(desk: Office) -> None:
    await unreached(desk)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await asks_manager(desk)) == Reason.NOT_AGENT


async def test_a_manager_is_asked_once_and_not_long_after_the_call(desk: Office) -> None:
    await waiting(desk)
    assert why(await asks_manager(desk)) == Reason.CLOSED
    desk.clock.advance(minutes=16)
    assert why(await asks_manager(desk)) == Reason.CLOSED
    await unreached(desk, form="f2")
    desk.clock.advance(hours=1)
    assert why(await asks_manager(desk, form="f2-unreached")) == Reason.CLOSED


async def test_two_agents_do_not_have_one_manager_asked_about_one_person_at_once(desk: Office) -> None:
    await waiting(desk)
    await unreached(desk, by="cleo", form="f2")
    again = await asks_manager(desk, at_home("cleo"), form="f2-unreached")
    assert why(again) == Reason.CALLER_ASKED_ALREADY
    desk.clock.advance(minutes=15)
    assert isinstance(await asks_manager(desk, at_home("cleo"), form="f2-unreached"), CallerCard)
    assert (await verification(desk, FORM)).status is Stand.UNANSWERED


@pytest.mark.parametrize("actor", [at_home("kim"), at_home("ben"), at_home(ANN), in_channel(MAX)])
async def test_nobody_else_says_no_for_the_manager_and_not_elsewhere(desk: Office, actor: Actor) -> None:
    await waiting(desk)
    assert why(await says_no(desk, actor)) in {Reason.NOT_FOUND, Reason.NOT_PRIVATE}
    assert (await verification(desk, FORM)).status is Stand.VOUCHING


async def test_somebody_elses_sign_in_is_not_their_yes(desk: Office) -> None:
    await waiting(desk)
    desk.entra.who = "kim"
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(CALL, MAX, Purpose.VOUCH)
    assert sign_in is not None
    await desk.step_up.start(sign_in.id, f"{sign_in.id}.browser")
    refused = await desk.step_up.returned(f"{sign_in.id}.browser", {"code": "from-entra", "state": "s"})
    assert getattr(refused, "reason", "") == Reason.WRONG_PERSON
    desk.entra.who = ""
    assert isinstance(await says_yes(desk), CallerCard)  # the button stays, for another transaction


async def test_their_sign_in_serves_one_call_and_nothing_else(desk: Office) -> None:
    desk.entra.kept = desk.clock.now()
    await vouched(desk)
    async with desk.store.unit() as unit:
        assert await unit.used_for(TENANT, MAX, desk.clock.now()) == CALL
    await unreached(desk, form="f2")
    await asks_manager(desk, form="f2-unreached")
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Verification.named("f2-unreached"), MAX, Purpose.VOUCH)
    assert sign_in is not None
    await desk.step_up.start(sign_in.id, f"{sign_in.id}.browser")
    assert why(await desk.step_up.returned(f"{sign_in.id}.browser", {"code": "x"})) == Reason.USED_SIGN_IN
    assert (await verification(desk, "f2-unreached")).status is Stand.VOUCHING


async def test_it_is_seen_by_those_it_is_between(desk: Office) -> None:
    await waiting(desk)
    seen = await desk.desk.handle(at_home(MAX), SeeCaller(FORM, 2))
    assert isinstance(seen, CallerCard)
    assert seen.slot is Slot.VOUCHER
    assert why(await desk.desk.handle(in_channel(MAX), SeeCaller(FORM, 2))) == Reason.NOT_PRIVATE
    assert why(await desk.desk.handle(at_home("kim"), SeeCaller(FORM, 2))) == Reason.NOT_FOUND


# -- a no, and no answer ---------------------------------------------------------------------------------------


async def test_no_manager_is_asked_about_whom_somebody_said_no_within_the_day(desk: Office) -> None:
    await unreached(desk, form="f2")
    await waiting(desk)
    await says_no(desk)
    assert why(await asks_manager(desk, form="f2-unreached")) == Reason.CALLER_SAID_NO
    assert (await verification(desk, "f2-unreached")).status is Stand.UNREACHED


async def test_nor_does_the_yes_of_one_count_who_was_asked_before_that_no(desk: Office) -> None:
    desk.messenger.strangers.clear()
    await asked(desk, form="f2")
    await signs_in(desk, form="f2")
    desk.messenger.strangers.add(ANN)
    desk.messenger.gone.add(private(ANN).place)
    await waiting(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f2", 2))
    assert why(await says_yes(desk)) == Reason.CALLER_SAID_NO
    assert (await verification(desk, FORM)).status is Stand.VOUCHING


async def test_a_no_ends_it_alarms_and_counts_like_one_of_the_colleague(desk: Office) -> None:
    await waiting(desk)
    assert isinstance(await says_no(desk), CallerCard)
    assert (await verification(desk, FORM)).status is Stand.REFUSED
    assert f"warn:{CALL}" in await queued(desk)
    await desk.job("warn", CALL)
    assert "Nobody vouches for Ann on the telephone" in desk.messenger.shown(SECURITY)
    await desk.job("matter", CALL)
    assert "does not vouch for the caller" in desk.messenger.shown(private("ben").id)
    desk.messenger.strangers.clear()
    answer = await desk.desk.handle(at_home("cleo"), AskCaller("f3", ANN))
    assert why(answer) == Reason.CALLER_SAID_NO


async def test_their_word_may_be_taken_back_and_what_was_opened_with_it_stops(desk: Office) -> None:
    await vouched(desk)
    await _has_a_chat(desk)
    assert isinstance(await opens(desk, form=FORM), Said)
    assert isinstance(await says_no(desk), CallerCard)
    assert (await desk.load("r1")).status is Status.WITHDRAWN
    assert (await verification(desk, FORM)).status is Stand.REFUSED
    assert f"warn:{CALL}" in await queued(desk)


async def test_past_its_time_nothing_counts_whoever_looks_first(desk: Office) -> None:
    await waiting(desk)
    desk.clock.advance(seconds=VOUCHING.total_seconds())
    assert why(await says_no(desk)) == Reason.CLOSED
    assert (await verification(desk, FORM)).status is Stand.UNANSWERED


async def test_the_agent_takes_it_back(desk: Office) -> None:
    await waiting(desk)
    assert isinstance(await desk.desk.handle(at_home("ben"), EndCall(FORM, 2)), CallerCard)
    assert (await verification(desk, FORM)).status is Stand.CANCELLED


async def test_the_colleague_may_still_answer_for_themselves(desk: Office) -> None:
    desk.messenger.strangers.clear()
    await asked(desk)
    heard = number(desk)
    desk.clock.advance(minutes=5)
    await asks_manager(desk, form="f1")
    assert why(await types(desk, heard)) == Reason.CLOSED
    assert isinstance(await signs_in(desk), CallerCard)
    assert (await verification(desk)).proven is Proven.STEP_UP
    assert why(await desk.desk.handle(at_home(MAX), DenyVouch("f1", 3))) == Reason.CLOSED
    assert isinstance(await desk.desk.handle(at_home(ANN), DenyCall("f1", 3)), CallerCard)


# -- what it is worth ------------------------------------------------------------------------------------------


async def _has_a_chat(desk: Office) -> None:
    desk.messenger.strangers.clear()
    async with desk.store.unit() as unit:
        await unit.remember(person(ANN), private(ANN))


async def test_who_has_no_chat_with_us_gets_nothing_and_the_agent_hears_that(desk: Office) -> None:
    await vouched(desk)
    assert why(await desk.desk.handle(at_home("ben"), OpenForm(FORM, 3, "tap"))) == Reason.NO_CHAT_NO_WORD
    assert why(await opens(desk, form=FORM)) == Reason.NO_CHAT_NO_WORD
    async with desk.store.unit() as unit:
        assert await unit.load("r1") is None


async def test_words_about_whom_a_manager_vouched_for_open_and_note_nothing(desk: Office) -> None:
    await vouched(desk)
    before = await desk.deeds()
    assert isinstance(await desk.desk.handle(at_home("ben"), AboutOthers(kind="tap", name="ann")), CallerForm)
    assert await desk.deeds() == before


async def test_a_manager_found_to_be_new_on_the_way_ends_what_was_opened_with_their_word(desk: Office) -> None:
    await vouched(desk)
    await _has_a_chat(desk)
    assert isinstance(await opens(desk, form=FORM), Said)
    lately(desk)
    assert why(await agrees(desk)) == Reason.VOUCHER_NEW
    assert (await desk.load("r1")).status is Status.REFUSED


@pytest.mark.parametrize(
    ("fault", "reason"), [(lately, Reason.VOUCHER_NEW), (unreadable, Reason.VOUCHER_NEW), (away, Reason.UNKNOWN)]
)
async def test_nor_is_it_carried_out_whatever_was_heard_before(desk: Office, fault: object, reason: Reason) -> None:
    desk.directory.heard = {}
    await vouched(desk)
    await _has_a_chat(desk)
    await opens(desk, form=FORM)
    await agrees(desk)
    await desk.sign_in()
    await desk.approve("cleo")
    fault(desk)  # type: ignore[operator]
    assert why(await desk.show()) == reason
    assert desk.directory.writes == []


async def test_what_is_opened_with_it_needs_their_own_word_and_the_manager_decides_nothing_about_it(
    desk: Office,
) -> None:
    desk.directory.members["helpdesk"].add(MAX)
    await vouched(desk)
    await _has_a_chat(desk)
    assert isinstance(await opens(desk, form=FORM), Said)
    assert (await desk.load("r1")).status is Status.CONSENT
    await agrees(desk)
    await desk.sign_in()
    assert (await desk.load("r1")).status is Status.APPROVAL
    await desk.job("cards")
    assert "their manager Max" in desk.messenger.shown("19:helpdesk")
    for who in (MAX, "ben"):
        assert why(await desk.approve(who)) == Reason.OWN_REQUEST
    await desk.approve("cleo")
    assert (await desk.load("r1")).status is Status.READY


async def test_nor_by_another_account_of_theirs(desk: Office) -> None:
    desk.directory.accounts[MAX] = replace(desk.directory.accounts[MAX], human="77")
    desk.directory.accounts["cleo"] = replace(desk.directory.accounts["cleo"], human="77")
    await vouched(desk)
    await _has_a_chat(desk)
    await opens(desk, form=FORM)
    await agrees(desk)
    await desk.sign_in()
    assert why(await desk.approve("cleo")) == Reason.SAME_PERSON
