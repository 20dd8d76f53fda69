"""Is it really that colleague who rings? Only they answer, in their own chat; a number opens nothing by itself."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

import cards
from bot.core.actions import ReturnCode
from bot.core.answers import Answer, Said
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.callers import ABOUT_AN_HOUR, BY_AN_HOUR, Stand, Verification
from bot.core.calling import AskCaller, BeginCaller, DenyCall, EndCall, FindCaller, SeeCaller, ShowCaller, TypeNumber
from bot.core.directory import Standing
from bot.core.doubtful import DoubtForm
from bot.core.errors import Unavailable
from bot.core.model import Actor
from bot.core.ports import Purpose, Slot
from bot.core.proven import Proven
from bot.core.reasons import Reason
from tests.cards.walk import texts
from tests.fakes import TENANT, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.faced import queued
from tests.laws.seen import why
from tests.laws.test_record import SECURITY, told
from tests.stores import patient

ANN = "ann"
CALL = Verification.named("f1")
TIMES = re.compile(r"\{\{[^}]*\}\}")  # which a client writes out


async def asks(desk: Office, name: str = ANN, by: str = "ben", form: str = "f1") -> Answer:
    async with desk.store.unit() as unit:
        for who in (name, by):
            await unit.remember(person(who), private(who))
    return await desk.desk.handle(at_home(by), AskCaller(form, name))


async def asked(desk: Office, name: str = ANN, by: str = "ben", form: str = "f1") -> Verification:
    answer = await asks(desk, name, by, form)
    assert isinstance(answer, Said), answer
    await desk.job("matter", Verification.named(form))
    return await verification(desk, form)


async def verification(desk: Office, form: str = "f1") -> Verification:
    async with desk.store.unit() as unit:
        found = await unit.matter(Verification, Verification.named(form))
    assert found is not None
    return found


def number(desk: Office, name: str = "ben") -> str:
    """Read the number on the agent's own card, as they would read it aloud."""
    (found,) = set(re.findall(r'"text": "(\d\d)"', desk.messenger.shown(private(name).id)))
    return str(found)


async def types(desk: Office, text: str, actor: Actor | None = None, form: str = "f1") -> Answer:
    return await desk.desk.handle(actor or at_home(ANN), TypeNumber(form, 1, text))


async def returned(desk: Office, name: str = ANN, form: str = "f1") -> str:
    """They have signed in, and the client has the code that says so."""
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Verification.named(form), name, Purpose.CALL)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "from-entra", "state": "s"})
    assert isinstance(code, str), code
    return code


async def signs_in(desk: Office, name: str = ANN, form: str = "f1") -> Answer:
    return await desk.desk.handle(at_home(name), ReturnCode(await returned(desk, name, form)))


# -- who may ask, and whom -------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [BeginCaller(), FindCaller("f1", "", "ann"), AskCaller("f1", "ann")])
@pytest.mark.parametrize("name", ["kim", "mo", "emma"])
async def test_only_an_agent_asks_and_is_looked_at_with_each_press(desk: Office, name: str, action: object) -> None:
    answer = await desk.desk.handle(at_home(name), action)  # type: ignore[arg-type]
    assert why(answer) == Reason.NOT_AGENT
    assert desk.messenger.bodies == []


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("guest", Reason.NOT_AGENT),
        ("disabled", Reason.NOT_AGENT),
        ("restricted", Reason.APPROVER_IN_DOUBT),
    ],
)
async def test_an_agent_is_walled_like_an_approver(desk: Office, what: str, reason: Reason) -> None:
    ben, wrong = desk.directory.accounts["ben"], {what}
    desk.directory.accounts["ben"] = replace(
        ben, guest="guest" in wrong, enabled="disabled" not in wrong, restricted="restricted" in wrong
    )
    assert why(await asks(desk)) == reason


async def test_who_left_the_helpdesk_between_two_presses_asks_nobody(desk: Office) -> None:
    assert isinstance(await desk.desk.handle(at_home("ben"), BeginCaller()), CallerForm)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await asks(desk)) == Reason.NOT_AGENT


async def test_what_cannot_be_found_out_about_an_agent_is_a_no(desk: Office) -> None:
    desk.directory.trouble["groups"] = Unavailable("away")
    assert why(await asks(desk)) == Reason.UNKNOWN


async def test_words_show_the_way_and_ask_nobody(desk: Office) -> None:
    assert isinstance(await desk.desk.handle(at_home("ben"), ShowCaller()), CallerDoor)
    assert isinstance(await desk.desk.handle(at_home(ANN), ShowCaller()), DoubtForm)  # she is the one who is called
    assert desk.messenger.bodies == []


async def test_agents_do_not_verify_themselves(desk: Office) -> None:
    assert why(await asks(desk, "ben")) == Reason.OWN_CALL


async def test_nor_another_account_of_theirs(desk: Office) -> None:
    for name in ("ben", ANN):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert why(await asks(desk)) == Reason.OWN_CALL
    assert desk.messenger.bodies == []


@pytest.mark.parametrize(("name", "reason"), [("BEN", Reason.OWN_CALL), ("EMMA", Reason.CALLER_WALLED)])
async def test_however_a_client_writes_an_id_it_is_that_account(desk: Office, name: str, reason: Reason) -> None:
    assert why(await desk.desk.handle(at_home("ben"), AskCaller("f1", name))) == reason
    assert desk.messenger.bodies == []


async def test_an_account_that_is_walled_off_is_not_asked_and_why_is_for_the_trail_alone(desk: Office) -> None:
    desk.directory.privileged[ANN] = Standing(("admin",), ())
    assert why(await asks(desk)) == Reason.CALLER_WALLED
    assert [e.data["reason"] for e in await told(desk, "refused")] == [Reason.PRIVILEGED]
    desk.directory.privileged.clear()
    desk.directory.accounts[ANN] = replace(desk.directory.accounts[ANN], enabled=False)
    assert why(await asks(desk)) == Reason.CALLER_WALLED
    assert desk.messenger.bodies == []


async def test_security_hears_that_an_agent_named_an_emergency_account(desk: Office) -> None:
    assert why(await asks(desk, "emma")) == Reason.CALLER_WALLED
    (found,) = await told(desk, "found")
    assert found.data["sort"] == "named"
    assert found.data["person"] == "ben"


async def test_two_of_one_name_are_both_listed_and_the_picked_one_first(desk: Office) -> None:
    desk.directory.accounts["ann2"] = replace(desk.directory.accounts[ANN], id="ann2")
    shown = await desk.desk.handle(at_home("ben"), FindCaller("f1", "ann2", ""))
    assert isinstance(shown, CallerForm)
    assert [one.id for one in shown.found] == ["ann2", "ann"]


async def test_nobody_is_found_by_no_name_and_that_is_said(desk: Office) -> None:
    for typed, fault in (("", "nobody"), ("zed", "no_match")):
        shown = await desk.desk.handle(at_home("ben"), FindCaller("f1", "", typed))
        assert isinstance(shown, CallerForm)
        assert shown.fault == fault


async def test_who_never_met_the_bot_is_reached_or_the_agent_hears_that_they_are_not(desk: Office) -> None:
    desk.messenger.strangers.add(ANN)
    assert why(await desk.desk.handle(at_home("ben"), AskCaller("f1", ANN))) == Reason.CALLER_NO_TEAMS
    desk.messenger.strangers.clear()
    assert isinstance(await desk.desk.handle(at_home("ben"), AskCaller("f1", ANN)), Said)
    await desk.job("matter", CALL)
    assert "Are you on the telephone" in desk.messenger.shown(private(ANN).id)


# -- the answer ------------------------------------------------------------------------------------------------


async def test_the_number_is_on_the_agents_card_alone(desk: Office) -> None:
    one = await asked(desk)
    heard = number(desk)
    assert heard == str(one.number)
    posted = desk.messenger.messages.items()
    others = [texts(message) for (chat, _), message in posted if chat != private("ben").id]
    seen = await desk.desk.handle(at_home(ANN), SeeCaller("f1", 1))
    assert isinstance(seen, CallerCard)
    others.append(texts(cards.show(seen, await desk.delivery.views.answered(seen, at_home(ANN)))))
    assert len(others) == 2
    assert not re.findall(r"\b\d\d\b", TIMES.sub("", "\n".join(others)))
    assert not re.findall(r"\b\d\d\b", str([e.data async for e in desk.store.audit_entries(TENANT)]))
    await types(desk, heard)
    await desk.job("matter", CALL)
    assert f'"{heard}"' not in desk.messenger.shown(private("ben").id)  # it has served


async def test_the_right_number_proves_that_they_hear_the_agent_and_no_more(desk: Office) -> None:
    await asked(desk)
    answer = await types(desk, f" {number(desk)} ")
    assert isinstance(answer, CallerCard)
    one = await verification(desk)
    assert (one.status, one.proven) == (Stand.VERIFIED, Proven.PRESENCE)
    await desk.job("matter", CALL)
    assert "not enough for anything that lets somebody in" in desk.messenger.shown(private("ben").id)


async def test_there_is_one_try_and_after_a_wrong_number_only_a_sign_in_counts_for_a_while(desk: Office) -> None:
    await asked(desk)
    right = number(desk)
    wrong = "10" if right != "10" else "11"
    await types(desk, wrong)
    assert (await verification(desk)).status is Stand.MISMATCHED
    assert why(await types(desk, right)) == Reason.CLOSED
    assert why(await desk.desk.handle(at_home("ben"), EndCall("f1", 2))) == Reason.CLOSED
    assert (await verification(desk)).status is Stand.MISMATCHED  # no agent makes it one that was taken back
    again = await asked(desk, form="f2")
    assert (again.number, again.by_number) == (None, False)
    assert why(await types(desk, right, form="f2")) == Reason.CLOSED
    assert isinstance(await signs_in(desk, form="f2"), CallerCard)
    assert (await verification(desk, "f2")).proven is Proven.STEP_UP


async def test_a_sign_in_proves_more_also_after_the_number(desk: Office) -> None:
    await asked(desk)
    await types(desk, number(desk))
    assert isinstance(await signs_in(desk), CallerCard)
    one = await verification(desk)
    assert (one.status, one.proven) == (Stand.VERIFIED, Proven.STEP_UP)


@pytest.mark.parametrize("unsure", [False, True])
async def test_a_sign_in_that_no_policy_made_one_proves_nothing(desk: Office, unsure: bool) -> None:
    await asked(desk)
    if unsure:
        desk.directory.trouble["guarded_contexts"] = Unavailable("away")
    desk.directory.guarded[ANN] = frozenset({"c9"})
    assert why(await signs_in(desk)) == (Reason.UNKNOWN if unsure else Reason.STEP_UP_UNGUARDED)
    assert (await verification(desk)).status is Stand.ASKED


async def test_a_sign_in_serves_one_call_and_nothing_else(desk: Office) -> None:
    await asked(desk)
    desk.entra.kept = desk.clock.now()
    await signs_in(desk)
    async with desk.store.unit() as unit:
        used = await unit.used_for(TENANT, ANN, desk.clock.now())
    assert used == CALL
    await asked(desk, form="f2")
    assert await _comes_back(desk, "f2") == Reason.USED_SIGN_IN
    assert (await verification(desk, "f2")).status is Stand.ASKED


async def _comes_back(desk: Office, form: str) -> str:
    """Sign in for a call, and return the code, or why there is none."""
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(Verification.named(form), ANN, Purpose.CALL)
    assert sign_in is not None
    await desk.step_up.start(sign_in.id, f"{sign_in.id}.browser")
    code = await desk.step_up.returned(f"{sign_in.id}.browser", {"code": "from-entra", "state": "s"})
    return code if isinstance(code, str) else why(code)


async def test_a_sign_in_that_comes_back_once_the_call_is_over_proves_nothing(desk: Office) -> None:
    for form, stands in (("f1", Stand.MISMATCHED), ("f2", Stand.CANCELLED)):
        await asked(desk, form=form)
        code = await _comes_back(desk, form)
        await (types(desk, "1") if form == "f1" else desk.desk.handle(at_home("ben"), EndCall(form, 1)))
        assert why(await desk.desk.handle(at_home(ANN), ReturnCode(code))) == Reason.CLOSED
        assert (await verification(desk, form)).status is stands


@pytest.mark.parametrize("actor", [at_home("kim"), at_home("ben"), in_channel("ann")])
async def test_nobody_answers_for_them_and_not_elsewhere(desk: Office, actor: Actor) -> None:
    await asked(desk)
    heard = number(desk)
    assert why(await types(desk, heard, actor)) in {Reason.NOT_YOURS, Reason.NOT_PRIVATE}
    assert why(await desk.desk.handle(actor, DenyCall("f1", 1))) in {Reason.NOT_YOURS, Reason.NOT_PRIVATE}
    assert (await verification(desk)).status is Stand.ASKED


async def test_somebody_elses_sign_in_proves_nothing(desk: Office) -> None:
    await asked(desk)
    desk.entra.who = "kim"
    async with desk.store.unit() as unit:
        sign_in = await unit.sign_in_for(CALL, ANN, Purpose.CALL)
    assert sign_in is not None
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    refused = await desk.step_up.returned(cookie, {"code": "from-entra", "state": "s"})
    assert getattr(refused, "reason", "") == Reason.WRONG_PERSON
    assert (await verification(desk)).status is Stand.ASKED
    desk.entra.who = ""
    assert isinstance(await signs_in(desk), CallerCard)  # the button stays, for another transaction


async def test_a_no_ends_it_and_security_hears_who_asked(desk: Office) -> None:
    await asked(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 1))
    assert why(await desk.desk.handle(at_home("ben"), EndCall("f1", 2))) == Reason.CLOSED
    assert (await verification(desk)).status is Stand.REFUSED
    assert f"warn:{CALL}" in await queued(desk)
    await desk.job("warn", CALL)
    await desk.job("warn", CALL)
    card = desk.messenger.shown(SECURITY)
    assert card.count("that is not me on the telephone") >= 1
    assert "Ben from the helpdesk" in card
    await desk.job("matter", CALL)
    assert "End the call" in desk.messenger.shown(private("ben").id)


async def test_what_somebody_else_at_their_teams_answered_may_be_taken_back(desk: Office) -> None:
    await asked(desk)
    await types(desk, number(desk))
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 2))
    assert (await verification(desk)).status is Stand.REFUSED


async def test_past_its_time_nothing_counts_whoever_looks_first(desk: Office) -> None:
    await asked(desk)
    heard = number(desk)
    desk.clock.advance(minutes=5)
    assert why(await types(desk, heard)) == Reason.CLOSED
    assert (await verification(desk)).status is Stand.UNANSWERED


async def test_what_was_proved_holds_for_half_an_hour(desk: Office) -> None:
    await asked(desk)
    await types(desk, number(desk))
    desk.clock.advance(minutes=30)
    seen = await desk.desk.handle(at_home("ben"), SeeCaller("f1", 2))
    assert isinstance(seen, CallerCard)
    assert seen.verification.over(desk.clock.now())
    assert why(await desk.desk.handle(at_home(ANN), DenyCall("f1", 2))) == Reason.CLOSED


async def test_its_time_comes_by_itself(desk: Office) -> None:
    await asked(desk)
    desk.clock.advance(minutes=5)
    async with desk.store.unit() as unit:
        assert list(await unit.matters_due(desk.clock.now(), 5)) == [CALL]
    await desk.job("matter", CALL)
    assert (await verification(desk)).status is Stand.UNANSWERED
    assert "Nobody answered" in desk.messenger.shown(private("ben").id)
    async with desk.store.unit() as unit:
        assert list(await unit.matters_due(desk.clock.now(), 5)) == []


async def test_the_agent_takes_it_back_and_nobody_else_does(desk: Office) -> None:
    await asked(desk)
    for name in ("cleo", ANN, "kim"):
        assert why(await desk.desk.handle(at_home(name), EndCall("f1", 1))) == Reason.NOT_FOUND
    ended = await desk.desk.handle(at_home("ben"), EndCall("f1", 1))
    assert isinstance(ended, CallerCard)
    assert ended.verification.status is Stand.CANCELLED


@pytest.mark.parametrize(("name", "slot"), [("ben", Slot.AGENT), (ANN, Slot.CALLER)])
async def test_it_is_seen_by_the_two_it_is_between(desk: Office, name: str, slot: Slot) -> None:
    await asked(desk)
    seen = await desk.desk.handle(at_home(name), SeeCaller("f1", 1))
    assert isinstance(seen, CallerCard)
    assert seen.slot is slot
    for other in ("cleo", "kim"):
        assert why(await desk.desk.handle(at_home(other), SeeCaller("f1", 1))) == Reason.NOT_FOUND
    assert why(await desk.desk.handle(in_channel(name), SeeCaller("f1", 1))) == Reason.NOT_PRIVATE


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("name", ["ben", ANN])
async def test_a_card_that_is_fetched_anew_is_the_card_that_stands(desk: Office, name: str, *, typed: bool) -> None:
    await asked(desk)
    if typed:
        await types(desk, number(desk))
        await desk.job("matter", CALL)
    seen = await desk.desk.handle(at_home(name), SeeCaller("f1", 1))
    assert isinstance(seen, CallerCard)
    fetched = cards.show(seen, await desk.delivery.views.answered(seen, at_home(name)))
    newest = [message for (chat, _), message in desk.messenger.messages.items() if chat == private(name).id][-1]
    assert newest["attachments"] == [{"contentType": "application/vnd.microsoft.card.adaptive", "content": fetched}]


# -- nobody is worn down ---------------------------------------------------------------------------------------


async def test_two_agents_do_not_ask_one_person_at_once(desk: Office) -> None:
    await asked(desk)
    assert why(await asks(desk, by="cleo", form="f2")) == Reason.CALLER_ASKED_ALREADY
    desk.clock.advance(minutes=5)  # nobody has looked at the first since
    assert isinstance(await asks(desk, by="cleo", form="f2"), Said)
    assert (await verification(desk)).status is Stand.UNANSWERED


async def test_not_even_when_both_press_at_the_same_moment(desk: Office) -> None:
    async with desk.store.unit() as unit:
        for who in (ANN, "ben", "cleo"):
            await unit.remember(person(who), private(who))
    both = (desk.desk.handle(at_home(by), AskCaller(form, ANN)) for by, form in (("ben", "f1"), ("cleo", "f2")))
    answers = await asyncio.gather(*both)
    assert sorted(why(answer) for answer in answers if not isinstance(answer, Said)) == [Reason.CALLER_ASKED_ALREADY]


async def test_a_form_sent_twice_asks_once(desk: Office) -> None:
    await asked(desk)
    assert isinstance(await asks(desk), Said)
    await types(desk, number(desk))
    assert isinstance(await asks(desk), Said)
    assert len(await told(desk, "caller_asked")) == 1
    assert (await verification(desk)).status is Stand.VERIFIED


async def test_one_person_is_asked_so_often_whoever_asks(desk: Office) -> None:
    for n in range(ABOUT_AN_HOUR):
        await asked(desk, by=("ben", "cleo")[n % 2], form=f"f{n}")
        desk.clock.advance(minutes=6)
    assert why(await asks(desk, form="more")) == Reason.CALLER_ASKED_OFTEN
    desk.clock.advance(hours=1)
    assert isinstance(await asks(desk, form="later"), Said)


async def test_after_a_no_nobody_asks_them_for_a_day(desk: Office) -> None:
    await asked(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 1))
    desk.clock.advance(hours=23)
    assert why(await asks(desk, by="cleo", form="f2")) == Reason.CALLER_SAID_NO
    desk.clock.advance(hours=2)
    assert isinstance(await asks(desk, by="cleo", form="f3"), Said)


async def test_one_agent_asks_so_many(desk: Office) -> None:
    for n in range(BY_AN_HOUR):
        desk.directory.add(f"x{n}", "employees")
        assert isinstance(await asks(desk, f"x{n}", form=f"f{n}"), Said)
    assert why(await asks(desk, form="more")) == Reason.AGENT_ASKS_OFTEN


async def test_of_two_at_the_same_moment_the_last_one_passes_and_no_more(desk: Office) -> None:
    everybody = [f"x{n}" for n in range(BY_AN_HOUR + 3)]
    for name in everybody:
        desk.directory.add(name, "employees")
    for n, name in enumerate(everybody[:-4]):
        await asks(desk, name, form=f"f{n}")
    async with desk.store.unit() as unit:
        for name in everybody[-4:]:
            await unit.remember(person(name), private(name))
    at_once = (desk.desk.handle(at_home("ben"), AskCaller(name, name)) for name in everybody[-4:])
    answers = await asyncio.gather(*at_once)
    assert sorted(why(one) for one in answers if not isinstance(one, Said)) == [Reason.AGENT_ASKS_OFTEN] * 3


async def test_without_a_group_of_agents_nobody_asks(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock)
        callers = replace(desk.desk.others.callers, agents=replace(desk.desk.others.callers.agents, group=""))
        closed = replace(desk.desk, others=replace(desk.desk.others, callers=callers))
        assert why(await closed.handle(at_home("ben"), BeginCaller())) == Reason.NOT_AGENT


async def test_a_dead_chat_is_opened_anew_and_stops_no_other(desk: Office) -> None:
    await asks(desk)
    desk.messenger.gone.add(private(ANN).place)
    desk.messenger.moved[ANN] = "a:ann-2"
    with pytest.raises(Unavailable):  # there is another chat, and what it is for comes there
        await desk.job("matter", CALL)
    assert number(desk)
    await desk.job("matter", CALL)
    assert "Are you on the telephone" in desk.messenger.shown("a:ann-2")
