"""Is it really the helpdesk that calls? Whomever somebody names, they read the same until the same moment."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

import cards
from bot.core.answers import Answer, Said
from bot.core.callcards import CallerDoor
from bot.core.calling import ShowCaller
from bot.core.directory import Account
from bot.core.doubtful import DoubtCard, DoubtForm
from bot.core.doubting import AskDoubt, SayDifferent, SayNotCalling, SaySame, SeeDoubt, ShowDoubt
from bot.core.doubts import (
    BY_AN_HOUR,
    HANG_UP,
    LASTS,
    LENGTH,
    LOOK,
    SIGNS,
    STALE,
    TO_AN_AGENT,
    WAIT,
    CallDoubt,
    DoubtStand,
)
from bot.core.errors import Unavailable
from bot.core.model import Actor
from bot.core.ports import Slot
from bot.core.reasons import Reason
from tests.entra import FakeDirectory
from tests.fakes import TENANT, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.seen import at_rest, why
from tests.laws.test_callers import asked as caller_asked
from tests.laws.test_record import SECURITY, told
from tests.stores import patient

ANN, BEN = "ann", "ben"
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
CODE = re.compile(rf'"text": "([{SIGNS}]{{{LENGTH}}})"')
# Whoever may be named, and what they are: an agent, a colleague, nobody the directory knows, the one who asks.
NAMED = (BEN, "kim", "nobody", ANN)


async def asks(desk: Office, named: str = BEN, by: str = ANN) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(at_home(by), AskDoubt(named))


async def newest(desk: Office, by: str = ANN) -> CallDoubt:
    async with desk.store.unit() as unit:
        return (await unit.begun_by(CallDoubt, TENANT, by, desk.clock.now() - timedelta(days=1)))[0]


async def looked(desk: Office, named: str = BEN, by: str = ANN) -> CallDoubt:
    """Have somebody ask, and the desk look who that is."""
    assert isinstance(await asks(desk, named, by), Said)
    one = await newest(desk, by)
    await desk.job("doubt", one.id)
    await desk.job("doubt_look", one.id)
    await desk.job("doubt", one.id)
    return await newest(desk, by)


async def came(desk: Office, named: str = BEN, by: str = ANN) -> CallDoubt:
    """The same, and what came of it."""
    one = await looked(desk, named, by)
    desk.clock.advance(seconds=LOOK.total_seconds())
    await desk.job("doubt", one.id)
    return await newest(desk, by)


def code(desk: Office, name: str) -> str:
    (found,) = set(CODE.findall(desk.messenger.shown(private(name).id)))
    return str(found)


async def says(desk: Office, what: type[SaySame | SayDifferent | SayNotCalling], who: str = ANN) -> Answer:
    one = await newest(desk)
    answer = await desk.desk.handle(at_home(who), what(one.key, one.version))
    await desk.job("doubt", one.id)
    await desk.job("doubt_alarm", one.id)
    return answer


# -- the way there ---------------------------------------------------------------------------------------------


async def test_words_show_the_form_and_ask_nobody(desk: Office) -> None:
    for name in (ANN, BEN):
        assert isinstance(await desk.desk.handle(at_home(name), ShowDoubt()), DoubtForm)
    assert isinstance(await desk.desk.handle(at_home(BEN), ShowCaller()), CallerDoor)
    assert isinstance(await desk.desk.handle(at_home(ANN), ShowCaller()), DoubtForm)
    assert desk.messenger.bodies == []


async def test_a_name_that_was_typed_lists_who_has_it_and_asks_nobody(desk: Office) -> None:
    desk.directory.accounts["ben2"] = replace(desk.directory.accounts[BEN], id="ben2")
    found = await desk.desk.handle(at_home(ANN), AskDoubt("", "Ben"))
    assert isinstance(found, DoubtForm)
    assert {one.id for one in found.found} == {BEN, "ben2"}
    for typed, fault in (("", "nobody"), ("zed", "no_match")):
        wrong = await desk.desk.handle(at_home(ANN), AskDoubt("", typed))
        assert isinstance(wrong, DoubtForm)
        assert wrong.fault == fault
    assert await told(desk, "doubt_asked") == []


async def test_guests_do_not_learn_who_is_an_agent_and_nobody_does_in_a_channel(desk: Office) -> None:
    assert why(await desk.desk.handle(in_channel(ANN), AskDoubt(BEN))) == Reason.NOT_PRIVATE
    desk.directory.accounts[ANN] = replace(desk.directory.accounts[ANN], guest=True)
    assert why(await asks(desk)) == Reason.GUEST
    desk.directory.trouble["account"] = Unavailable("away")
    assert why(await asks(desk)) == Reason.DOUBT_UNSURE
    assert await told(desk, "doubt_asked") == []


async def test_where_nobody_is_named_as_an_agent_it_says_so(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock)
        doubts = replace(desk.desk.others.doubts, agents=replace(desk.desk.others.doubts.agents, group=""))
        closed = replace(desk.desk, others=replace(desk.desk.others, doubts=doubts))
        for action in (ShowDoubt(), AskDoubt(BEN)):
            assert why(await closed.handle(at_home(ANN), action)) == Reason.DOUBT_UNSURE


# -- before it is told -----------------------------------------------------------------------------------------


async def test_whoever_is_named_it_looks_the_same_until_the_same_moment(desk: Office) -> None:
    seen = []
    for named in NAMED:
        before = len(desk.messenger.bodies)
        answer = await asks(desk, named)
        one = await looked(desk, named)
        shown = [body.replace(one.key, "key") for body in desk.messenger.bodies[before:]]
        fetched = await desk.desk.handle(at_home(ANN), SeeDoubt(one.key))
        assert isinstance(fetched, DoubtCard)
        view = await desk.delivery.views.answered(fetched, at_home(ANN))
        anew = str(cards.show(fetched, view)).replace(one.key, "key")
        assert desk.messenger.opened.count(named) == 0 or named == BEN
        until = one.due_at is not None and one.due_at - one.created_at
        seen.append((answer, shown, anew, until, await _told_after(desk, one)))
        desk.clock.advance(hours=1)
        await desk.job("doubt", one.id)
        desk.messenger.messages.clear()
    assert all(one == seen[0] for one in seen)
    assert len(seen[0][1]) == 1  # what was found out changes no message
    assert seen[0][-1] == [False, True]


async def _told_after(desk: Office, one: CallDoubt) -> list[bool]:
    """Say whether whoever asked reads something else a moment before its time, and at it."""
    told_ = []
    before = desk.messenger.shown(private(ANN).id)
    for long in (LOOK - timedelta(seconds=1), timedelta(seconds=1)):
        desk.clock.time += long
        await desk.job("doubt", one.id)
        await desk.job("doubt", one.id)
        told_.append(desk.messenger.shown(private(ANN).id) != before)
    return told_


async def test_nobody_is_told_before_its_time(desk: Office) -> None:
    one = await looked(desk)
    desk.clock.advance(seconds=LOOK.total_seconds() - 1)
    await desk.job("doubt", one.id)
    assert (await newest(desk)).status is DoubtStand.ASKED
    assert CODE.search(desk.messenger.shown(private(ANN).id)) is None
    assert desk.messenger.shown(private(BEN).id) == ""
    for what, who in ((SaySame, ANN), (SayNotCalling, BEN)):
        await says(desk, what, who)
        assert (await newest(desk)).status is DoubtStand.ASKED
    assert why(await desk.desk.handle(at_home(BEN), SeeDoubt(one.key))) == Reason.NOT_FOUND


@pytest.mark.parametrize("moment", ["before it is told", "past its time"])
async def test_no_press_has_who_was_named_looked_up_but_for_a_code(desk: Office, moment: str) -> None:
    """How long that takes would tell who is one of the helpdesk."""
    one = await (looked(desk) if moment == "before it is told" else came(desk))
    desk.clock.advance(seconds=WAIT.total_seconds() if one.code_at is not None else 0)
    asked: list[str] = []
    real = FakeDirectory.account

    async def account(self: FakeDirectory, who: str) -> Account:
        asked.append(who)
        return await real(self, who)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeDirectory, "account", account)
        await desk.desk.handle(at_home(ANN), SaySame(one.key, one.version))
    assert BEN not in asked


async def test_its_time_comes_by_itself(desk: Office) -> None:
    one = await looked(desk)
    desk.clock.advance(seconds=LOOK.total_seconds())
    async with desk.store.unit() as unit:
        assert list(await unit.matters_due(desk.clock.now(), 5)) == [one.id]
    await desk.job("doubt", one.id)
    assert code(desk, ANN)


# -- an agent --------------------------------------------------------------------------------------------------


async def test_both_read_one_code_and_it_being_the_same_says_who_it_is(desk: Office) -> None:
    one = await came(desk)
    assert one.status is DoubtStand.MATCHING
    assert code(desk, ANN) == code(desk, BEN) == one.code
    assert isinstance(await says(desk, SaySame), DoubtCard)
    assert (await newest(desk)).status is DoubtStand.SAME
    mine = desk.messenger.shown(private(ANN).id)
    assert "this is your helpdesk" in mine
    assert "never asks you for a pass, a password or a code from your authenticator" in mine
    assert desk.messenger.shown(SECURITY) == ""
    assert one.code not in mine + desk.messenger.shown(private(BEN).id)


@pytest.mark.parametrize(
    ("what", "who", "status"), [(SayDifferent, ANN, DoubtStand.DIFFERENT), (SayNotCalling, BEN, DoubtStand.DENIED)]
)
async def test_a_no_of_either_says_hang_up_and_security_hears(
    desk: Office, what: type[SayDifferent | SayNotCalling], who: str, status: DoubtStand
) -> None:
    await came(desk)
    await says(desk, what, who)
    assert (await newest(desk)).status is status
    assert "Hang up" in desk.messenger.shown(private(ANN).id)
    assert "Ann was called" in desk.messenger.shown(SECURITY)
    assert "Ben" in desk.messenger.shown(SECURITY)


async def test_its_time_running_out_says_hang_up_and_security_hears(desk: Office) -> None:
    one = await came(desk)
    desk.clock.advance(seconds=WAIT.total_seconds())
    late = await says(desk, SaySame)
    assert isinstance(late, DoubtCard)
    assert late.doubt.status is DoubtStand.UNANSWERED
    assert "Hang up" in desk.messenger.shown(private(ANN).id)
    assert desk.messenger.shown(SECURITY)
    assert [e.data["about"] for e in await told(desk, "doubt_unanswered")] == [one.about.id]


async def test_an_agent_may_say_so_also_after_the_code_was_the_same(desk: Office) -> None:
    await came(desk)
    await says(desk, SaySame)
    await says(desk, SayNotCalling, BEN)
    assert (await newest(desk)).status is DoubtStand.DENIED
    assert "Hang up" in desk.messenger.shown(private(ANN).id)


async def test_but_not_for_ever(desk: Office) -> None:
    await came(desk)
    await says(desk, SaySame)
    desk.clock.advance(seconds=LASTS.total_seconds())
    await says(desk, SayNotCalling, BEN)
    assert (await newest(desk)).status is DoubtStand.SAME


async def test_who_left_the_helpdesk_before_the_code_was_the_same_is_nobody(desk: Office) -> None:
    await came(desk)
    desk.directory.members["helpdesk"].discard(BEN)
    await says(desk, SaySame)
    assert (await newest(desk)).status is DoubtStand.NOBODY
    assert desk.messenger.shown(SECURITY)


@pytest.mark.parametrize("actor", [at_home("kim"), at_home("cleo"), at_home(BEN), in_channel(ANN)])
async def test_nobody_answers_for_whoever_asked(desk: Office, actor: Actor) -> None:
    one = await came(desk)
    for what in (SaySame, SayDifferent):
        assert why(await desk.desk.handle(actor, what(one.key, one.version))) in {Reason.NOT_FOUND, Reason.NOT_PRIVATE}
    assert (await newest(desk)).status is DoubtStand.MATCHING


@pytest.mark.parametrize("actor", [at_home("kim"), at_home("cleo"), at_home(ANN), in_channel(BEN)])
async def test_nor_for_the_agent(desk: Office, actor: Actor) -> None:
    one = await came(desk)
    denied = await desk.desk.handle(actor, SayNotCalling(one.key, one.version))
    assert why(denied) in {Reason.NOT_FOUND, Reason.NOT_PRIVATE}
    assert (await newest(desk)).status is DoubtStand.MATCHING


@pytest.mark.parametrize(("name", "slot"), [(ANN, Slot.ASKER), (BEN, Slot.AGENT)])
async def test_a_card_that_is_fetched_anew_is_the_card_that_stands(desk: Office, name: str, slot: Slot) -> None:
    await desk.desk.installed(person(BEN), private(BEN))
    one = await came(desk)
    for _ in range(2):
        seen = await desk.desk.handle(at_home(name), SeeDoubt(one.key))
        assert isinstance(seen, DoubtCard)
        assert seen.slot is slot
        fetched = cards.show(seen, await desk.delivery.views.answered(seen, at_home(name)))
        message = [message for (chat, _), message in desk.messenger.messages.items() if chat == private(name).id][-1]
        assert message["attachments"] == [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": fetched}
        ]
        await says(desk, SaySame)
    assert why(await desk.desk.handle(at_home("kim"), SeeDoubt(one.key))) == Reason.NOT_FOUND
    assert why(await desk.desk.handle(in_channel(name), SeeDoubt(one.key))) == Reason.NOT_PRIVATE


async def test_the_code_is_in_no_row_and_what_makes_it_goes_with_its_use(desk: Office, database_url: str) -> None:
    one = await came(desk)
    assert one.seed
    assert one.code not in await at_rest(database_url)
    await says(desk, SaySame)
    rest = await at_rest(database_url)
    assert one.seed not in rest
    assert one.code not in rest


# -- nobody from the helpdesk ----------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["kim", "nobody", ANN, "ANN", "emma"])
async def test_who_is_no_agent_is_called_that_and_security_hears_of_both(desk: Office, named: str) -> None:
    one = await came(desk, named)
    await desk.job("doubt_alarm", one.id)
    assert one.status is DoubtStand.NOBODY
    assert "is nobody from your helpdesk. Hang up" in desk.messenger.shown(private(ANN).id)
    shown = desk.messenger.shown(SECURITY)
    assert "Ann was called" in shown
    assert one.about.id in shown
    if named not in {ANN, "ANN"}:
        assert desk.messenger.shown(private(named).id) == ""


@pytest.mark.parametrize(("guest", "enabled"), [(True, True), (False, False)])
async def test_a_guest_in_the_agents_group_and_a_disabled_agent_are_nobody(
    desk: Office, *, guest: bool, enabled: bool
) -> None:
    desk.directory.accounts[BEN] = replace(desk.directory.accounts[BEN], guest=guest, enabled=enabled)
    assert (await came(desk)).status is DoubtStand.NOBODY
    assert desk.messenger.shown(private(BEN).id) == ""


async def test_another_account_of_whoever_asks_is_nobody(desk: Office) -> None:
    for name in (ANN, BEN):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert (await came(desk)).status is DoubtStand.NOBODY


async def test_for_an_agent_whose_account_is_flagged_nobody_vouches_and_security_hears(desk: Office) -> None:
    desk.directory.accounts[BEN] = replace(desk.directory.accounts[BEN], restricted=True)
    one = await came(desk)
    await desk.job("doubt_alarm", one.id)
    assert one.status is DoubtStand.UNSURE
    assert "could not make sure" in desk.messenger.shown(private(ANN).id)
    assert "vouched for nobody" in desk.messenger.shown(SECURITY)


# -- what cannot be found out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["account", "groups", "at_risk"])
async def test_what_cannot_be_found_out_is_said_and_nobody_is_vouched_for(desk: Office, call: str) -> None:
    assert isinstance(await asks(desk), Said)
    one = await newest(desk)
    desk.directory.trouble[call] = Unavailable("away")
    await desk.job("doubt_look", one.id)
    desk.clock.advance(seconds=LOOK.total_seconds())
    await desk.job("doubt", one.id)
    await desk.job("doubt_alarm", one.id)
    assert (await newest(desk)).status is DoubtStand.UNSURE
    assert "Hang up, and contact the helpdesk" in desk.messenger.shown(private(ANN).id)
    assert desk.messenger.shown(SECURITY) == ""


async def test_an_agent_who_cannot_be_reached_vouches_for_nobody(desk: Office) -> None:
    desk.messenger.strangers.add(BEN)
    assert (await came(desk)).status is DoubtStand.UNSURE


@pytest.mark.parametrize("late", [LOOK, LOOK + STALE])
async def test_a_desk_that_stood_still_says_that_it_does_not_know(desk: Office, late: timedelta) -> None:
    """Where nobody looked in time, and where what was found out then may no longer be so."""
    await (asks if late == LOOK else looked)(desk)
    one = await newest(desk)
    desk.clock.advance(seconds=late.total_seconds())
    await desk.job("matter" if late == LOOK else "doubt", one.id)
    await desk.desk.others.doubts.due(one.id)
    assert (await newest(desk)).status is DoubtStand.UNSURE
    await desk.job("doubt_look", one.id)
    assert (await newest(desk)).status is DoubtStand.UNSURE


# -- nobody is worn down ---------------------------------------------------------------------------------------


async def test_one_person_asks_so_often_and_hears_whom_to_call(desk: Office) -> None:
    for _ in range(BY_AN_HOUR):
        await came(desk, "kim")
    refused = await asks(desk)
    assert why(refused) == Reason.DOUBT_OFTEN
    assert len(await told(desk, "doubt_asked")) == BY_AN_HOUR
    desk.clock.advance(hours=1)
    assert isinstance(await asks(desk), Said)


async def test_one_agent_gets_so_many_codes_whoever_asks(desk: Office) -> None:
    for n in range(TO_AN_AGENT):
        desk.directory.add(f"x{n}", "employees")
        assert (await came(desk, BEN.upper() if n % 2 else BEN, by=f"x{n}")).status is DoubtStand.MATCHING
    assert (await came(desk)).status is DoubtStand.UNSURE
    assert (await came(desk, "cleo", by="kim")).status is DoubtStand.MATCHING
    desk.clock.advance(hours=1)
    assert (await came(desk)).status is DoubtStand.MATCHING


async def test_pressed_twice_it_is_asked_once_and_one_at_a_time(desk: Office) -> None:
    answers = await asyncio.gather(*(asks(desk) for _ in range(3)))
    assert any(isinstance(answer, Said) for answer in answers)
    assert isinstance(await asks(desk), Said)
    assert why(await asks(desk, "cleo")) == Reason.DOUBT_OPEN
    assert len(await told(desk, "doubt_asked")) == 1
    desk.clock.advance(seconds=(LOOK + STALE).total_seconds())  # nobody has looked at the first since
    assert isinstance(await asks(desk, "cleo"), Said)


async def test_the_card_of_a_call_has_the_question_too(desk: Office) -> None:
    await caller_asked(desk)
    card = desk.messenger.shown(private(ANN).id)
    assert f'"verb": "doubt", "picked": "{BEN}"' in card


async def test_the_trail_has_each_of_it_and_never_the_code(desk: Office) -> None:
    one = await came(desk)
    await says(desk, SaySame)
    await says(desk, SayNotCalling, BEN)
    for deed in ("doubt_asked", "doubt_code", "doubt_same", "doubt_denied"):
        (entry,) = await told(desk, deed)
        assert entry.data["by"] == ANN
        assert one.code not in str(entry.data)


def test_what_ends_badly_is_an_alarm_and_nothing_else_is() -> None:
    one = CallDoubt(id="doubt:x", by=person(ANN), about=person(BEN), created_at=FakeClock().now())
    assert {status for status in DoubtStand if replace(one, status=status).alarming} == HANG_UP
