"""An agent whose call came to nothing asks a lead: once, and nobody overrides anything by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

import cards
from bot.core.actions import Approve, Consent, Ref, Refresh
from bot.core.answers import Answer, Refused, RequestCard, Said
from bot.core.callcards import CallerCard, CallerForm
from bot.core.callers import Stand, Verification
from bot.core.calling import AskCaller, DenyCall, OpenForm, SeeCaller
from bot.core.errors import Unavailable
from bot.core.escalating import AskLead, EscalationCard, SayNo, SeeEscalation, TakeOver
from bot.core.escalations import Escalation, Heeded
from bot.core.options import ASSISTED
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.risk import Risk
from cards.view import View
from tests.fakes import (
    EMPLOYEES,
    HELPDESK,
    LEADS,
    POLICY,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.seen import why
from tests.laws.test_behalf import agrees, opens, verified
from tests.laws.test_callers import ANN, asked, number, signs_in, types, verification
from tests.laws.test_record import SECURITY, told
from tests.stores import patient

KEY = Escalation.named("f1")


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """Ben is an agent; Cleo and Dora lead the helpdesk and answer the telephone too; Sam leads it, and does not."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, replace(POLICY, options={ASSISTED: True}))
        for name in ("cleo", "dora"):
            made.directory.add(name, EMPLOYEES, HELPDESK, LEADS)
        made.directory.add("sam", EMPLOYEES, LEADS)
        async with store.unit() as unit:
            for name in (ANN, "ben", "cleo", "dora", "sam", "kim"):
                await unit.remember(person(name), private(name))
        yield made


async def nothing(desk: Office, how: str = "unanswered") -> None:
    """A call that came to nothing."""
    await asked(desk)
    match how:
        case "refused":
            await desk.desk.handle(at_home(ANN), DenyCall("f1", 1))
        case "mismatched":
            await types(desk, "1" if number(desk) != "1" else "2")
        case _:
            desk.clock.advance(minutes=6)


async def asks(desk: Office, by: str = "ben") -> Answer:
    return await desk.desk.handle(at_home(by), AskLead("f1"))


async def escalation(desk: Office) -> Escalation:
    async with desk.store.unit() as unit:
        found = await unit.matter(Escalation, KEY)
    assert found is not None
    return found


async def takes(desk: Office, by: str = "cleo") -> Answer:
    return await desk.desk.handle(at_home(by), TakeOver("f1", 1))


async def shown(desk: Office, name: str) -> str:
    await desk.job("matter", KEY)
    return desk.messenger.shown(private(name).id)


# -- asking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("unanswered", "nobody answered"),
        ("refused", "said that it is not them"),
        ("mismatched", "another number"),
    ],
)
async def test_leads_read_who_asks_about_whom_and_what_came_of_it(desk: Office, how: str, said: str) -> None:
    await nothing(desk, how)
    assert isinstance(await asks(desk), Said)
    for lead in ("cleo", "dora", "sam"):
        card = await shown(desk, lead)
        assert said in card
        assert "Ben" in card
        assert "Ann" in card
    assert "Whoever leads the helpdesk is asked" in await shown(desk, "ben")
    assert SECURITY not in {place for place, _ in desk.messenger.messages} or how == "refused"
    assert [e.data["so_far"] for e in await told(desk, "escalated")] == [how]


async def test_it_is_once_for_each_call_however_often_it_is_pressed(desk: Office) -> None:
    await nothing(desk)
    answers = [*await asyncio.gather(asks(desk), asks(desk)), await asks(desk)]
    assert all(isinstance(answer, Said) for answer in answers)
    assert len(await told(desk, "escalated")) == 1
    await desk.desk.handle(at_home("cleo"), SayNo("f1", 1))
    await asks(desk)
    assert (await escalation(desk)).status is Heeded.DECLINED


async def test_only_the_agent_whose_call_it_is_asks_while_they_are_one(desk: Office) -> None:
    await nothing(desk)
    for by in ("cleo", "kim", ANN):
        assert why(await asks(desk, by)) == Reason.NOT_FOUND
    desk.directory.members[HELPDESK].discard("ben")
    assert why(await asks(desk)) == Reason.NOT_AGENT
    async with desk.store.unit() as unit:
        assert await unit.matter(Escalation, KEY) is None


@pytest.mark.parametrize("case", ["under way", "verified", "long over"])
async def test_there_is_nothing_to_ask_about_what_goes_its_way_or_is_long_over(desk: Office, case: str) -> None:
    if case == "long over":
        await nothing(desk)
        desk.clock.advance(minutes=55)
    elif case == "verified":
        await verified(desk)
    else:
        await asked(desk)
    assert why(await asks(desk)) == Reason.CLOSED


async def test_what_was_opened_and_waits_or_was_refused_is_asked_about_too(desk: Office) -> None:
    await verified(desk)
    await opens(desk)
    await desk.job("cards")
    assert "Ask a lead" in desk.messenger.shown(private("ben").id)
    await asks(desk)
    assert (await escalation(desk)).so_far == "errand_waits"
    assert (await escalation(desk)).wanted == "tap"


async def test_what_offers_it_asks_after_itself_and_offers_it_no_longer_once_nobody_can_be_asked(desk: Office) -> None:
    await nothing(desk, "refused")
    view = View("en", desk.clock.now(), "the helpdesk", person="ben", user="29:ben")
    before = await desk.desk.handle(at_home("ben"), SeeCaller("f1", 1))
    assert isinstance(before, CallerCard)
    drawn = cards.show(before, view)
    assert "Ask a lead" in str(drawn)
    assert "refresh" in str(drawn)
    desk.clock.advance(hours=1)
    seen = await desk.desk.handle(at_home("ben"), SeeCaller("f1", 1))
    assert isinstance(seen, CallerCard)
    assert "Ask a lead" not in str(cards.show(seen, replace(view, now=desk.clock.now())))


async def test_its_opener_sees_anew_what_they_opened_and_nobody_elses_card(desk: Office) -> None:
    await verified(desk)
    await opens(desk)
    seen = await desk.desk.handle(at_home("ben"), Refresh(Ref("r1", 1)))
    assert isinstance(seen, RequestCard)
    assert seen.slot is Slot.OPENER
    assert not isinstance(await desk.desk.handle(at_home("cleo"), Refresh(Ref("r1", 1))), RequestCard)


async def test_without_anybody_who_leads_security_reads_of_it(desk: Office) -> None:
    desk.directory.members[LEADS].clear()
    await nothing(desk)
    await asks(desk)
    await desk.job("matter", KEY)
    assert "Nobody who leads the helpdesk can be asked" in desk.messenger.shown(SECURITY)


async def test_who_leads_cannot_be_found_out_and_nothing_is_begun(desk: Office) -> None:
    await nothing(desk)
    desk.directory.trouble["approvers_group"] = Unavailable("away")
    assert why(await asks(desk)) == Reason.UNKNOWN
    async with desk.store.unit() as unit:
        assert await unit.matter(Escalation, KEY) is None


# -- answering -------------------------------------------------------------------------------------------------


async def test_a_lead_who_takes_it_over_is_led_to_the_colleague_and_has_asked_nobody_yet(desk: Office) -> None:
    await nothing(desk)
    await asks(desk)
    before = len(desk.messenger.bodies)
    form = await takes(desk)
    assert isinstance(form, CallerForm)
    assert [one.id for one in form.found] == [ANN]
    assert len(desk.messenger.bodies) == before
    assert "takes it over" in await shown(desk, "ben")
    assert why(await takes(desk, "dora")) == Reason.CLOSED
    assert isinstance(await takes(desk), CallerForm)  # they look again


@pytest.mark.parametrize(
    ("by", "reason"),
    [("kim", Reason.NOT_LEAD), ("ben", Reason.NOT_LEAD), (ANN, Reason.NOT_LEAD), ("sam", Reason.NOT_AGENT)],
)
async def test_nobody_else_takes_it_over(desk: Office, by: str, reason: Reason) -> None:
    await nothing(desk)
    await asks(desk)
    assert why(await takes(desk, by)) == reason
    assert (await escalation(desk)).status is Heeded.ASKED


@pytest.mark.parametrize("name", ["ben", ANN])
@pytest.mark.parametrize("account", ["the same", "another of theirs"])
async def test_a_lead_whom_it_is_about_or_who_asked_does_not_answer(desk: Office, name: str, account: str) -> None:
    await nothing(desk)
    await asks(desk)
    desk.directory.add(name, EMPLOYEES, HELPDESK, LEADS, human="1002")
    desk.directory.risks.pop(name, None)
    if account != "the same":
        desk.directory.add("cleo", EMPLOYEES, HELPDESK, LEADS, human="1002")
    who = name if account == "the same" else "cleo"
    for action in (TakeOver("f1", 1), SayNo("f1", 1)):
        assert why(await desk.desk.handle(at_home(who), action)) == Reason.LEAD_OWN
    assert (await escalation(desk)).status is Heeded.ASKED


@pytest.mark.parametrize("what", ["left", "guest", "disabled", "flagged", "unknown"])
async def test_a_lead_is_looked_at_with_the_press(desk: Office, what: str) -> None:
    await nothing(desk)
    await asks(desk)
    cleo = desk.directory.accounts["cleo"]
    match what:
        case "left":
            desk.directory.members[LEADS].discard("cleo")
        case "guest":
            desk.directory.accounts["cleo"] = replace(cleo, guest=True)
        case "disabled":
            desk.directory.accounts["cleo"] = replace(cleo, enabled=False)
        case "flagged":
            desk.directory.risks["cleo"] = Risk("atRisk", "high", "none", None)
        case _:
            desk.directory.trouble["groups"] = Unavailable("away")
    for action in (TakeOver("f1", 1), SayNo("f1", 1)):
        assert isinstance(await desk.desk.handle(at_home("cleo"), action), Refused)
    assert (await escalation(desk)).status is Heeded.ASKED


async def test_it_is_answered_in_private_once_and_in_time(desk: Office) -> None:
    await nothing(desk)
    await asks(desk)
    assert why(await desk.desk.handle(in_channel("cleo"), SayNo("f1", 1))) == Reason.NOT_PRIVATE
    desk.clock.advance(minutes=30)
    for action in (TakeOver("f1", 1), SayNo("f1", 1)):
        assert why(await desk.desk.handle(at_home("cleo"), action)) == Reason.CLOSED
    assert "Nobody answered in time" in await shown(desk, "ben")
    assert (await escalation(desk)).status is Heeded.UNHEEDED


async def test_of_two_leads_at_once_one_answers(desk: Office) -> None:
    await nothing(desk)
    await asks(desk)
    answers = await asyncio.gather(takes(desk, "cleo"), takes(desk, "dora"))
    assert sorted(type(answer).__name__ for answer in answers) == ["CallerForm", "Refused"]
    assert len(await told(desk, "escalation_taken")) == 1


async def test_only_those_it_is_between_see_it(desk: Office) -> None:
    await nothing(desk)
    await asks(desk)
    for name in ("ben", "cleo", "sam"):
        assert isinstance(await desk.desk.handle(at_home(name), SeeEscalation("f1", 1)), EscalationCard)
    for name in (ANN, "kim"):
        assert why(await desk.desk.handle(at_home(name), SeeEscalation("f1", 1))) == Reason.NOT_FOUND


# -- and nobody overrides anything -------------------------------------------------------------------------------------


async def test_after_a_no_a_lead_asks_once_more_and_nobody_else(desk: Office) -> None:
    await nothing(desk, "refused")
    assert why(await desk.desk.handle(at_home("ben"), AskCaller("f2", ANN))) == Reason.CALLER_SAID_NO
    desk.directory.members[LEADS].discard("dora")
    assert why(await desk.desk.handle(at_home("dora"), AskCaller("f2", ANN))) == Reason.CALLER_SAID_NO
    assert isinstance(await desk.desk.handle(at_home("cleo"), AskCaller("f2", ANN)), Said)
    await desk.desk.handle(at_home(ANN), DenyCall("f2", 1))
    desk.directory.members[LEADS].add("dora")
    for name in ("cleo", "dora"):  # a second no is the last word for the day
        assert why(await desk.desk.handle(at_home(name), AskCaller("f3", ANN))) == Reason.CALLER_SAID_NO


@pytest.mark.parametrize("account", ["cleo", "twin"])
async def test_a_no_to_a_leads_own_question_stands_for_them_too(desk: Office, account: str) -> None:
    for name in ("cleo", "twin"):
        desk.directory.add(name, EMPLOYEES, HELPDESK, LEADS, human="1003")
    async with desk.store.unit() as unit:
        await unit.remember(person("twin"), private("twin"))
    await asked(desk, by="cleo")
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 1))
    assert why(await desk.desk.handle(at_home(account), AskCaller("f2", ANN))) == Reason.CALLER_SAID_NO


async def test_a_lead_has_the_same_laws(desk: Office) -> None:
    """Taking it over opens nothing, and what their own question opens they do not approve."""
    await nothing(desk, "refused")
    await asks(desk)
    await takes(desk)
    assert why(await desk.desk.handle(at_home("cleo"), OpenForm("f1", 1, "tap"))) == Reason.NOT_FOUND
    await desk.desk.handle(at_home("cleo"), AskCaller("f2", ANN))
    assert why(await desk.desk.handle(at_home("cleo"), OpenForm("f2", 1, "tap"))) == Reason.UNVERIFIED
    await desk.job("matter", Verification.named("f2"))
    await signs_in(desk, form="f2")
    assert isinstance(await opens(desk, by="cleo", form="f2"), Said)
    assert isinstance(await agrees(desk), object)
    await desk.sign_in()
    request = await desk.load("r1")
    assert why(await desk.desk.handle(in_channel("cleo"), Approve(Ref("r1", request.version)))) == Reason.OWN_REQUEST


async def test_saying_no_changes_nothing_of_the_call(desk: Office) -> None:
    await nothing(desk)
    await asks(desk)
    assert isinstance(await desk.desk.handle(at_home("sam"), SayNo("f1", 1)), EscalationCard)
    assert "says no" in await shown(desk, "ben")
    seen = await desk.desk.handle(at_home("ben"), SeeCaller("f1", 1))
    assert getattr(seen, "verification", None) is not None
    assert (await verification(desk)).status is Stand.UNANSWERED


async def test_their_own_word_is_asked_for_whoever_took_over(desk: Office) -> None:
    await verified(desk)
    await opens(desk)
    await asks(desk)
    await takes(desk)
    assert why(await desk.desk.handle(at_home("cleo"), Consent(Ref("r1", 1)))) == Reason.NOT_YOURS
