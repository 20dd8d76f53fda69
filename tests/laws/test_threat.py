"""How strict the desk is for everybody: one raises it, two lower it, it ends by itself; and what then goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import cards
from bot.core.actions import Home, Replace
from bot.core.actions import Ref as Of
from bot.core.answers import (
    Answer,
    Done,
    HomeCard,
    RequestCard,
    Said,
    SecretShown,
    ThreatCard,
    ThreatDoor,
    ThreatForm,
)
from bot.core.decide import Refuse, decide
from bot.core.errors import Conflict, Unavailable
from bot.core.facts import Moment
from bot.core.model import Actor, Mode, Status
from bot.core.ports import Purpose
from bot.core.raising import BeginThreat, LowerThreat, RaiseThreat, SeeThreat, ShowThreat
from bot.core.reasons import Reason
from bot.core.threat import WISH, Threat, ThreatLevel, ThreatStand
from cards.view import View
from tests.fakes import (
    POLICY,
    SECURITY,
    TENANT,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.faced import shown as face_shown
from tests.laws.raised import alarm
from tests.laws.seen import why
from tests.laws.signed import signed
from tests.laws.test_record import told
from tests.stores import patient

CHANNEL = "19:security@thread.tacv2"
RAISING = Threat.named("t1")
WHY = "Somebody calls helpdesks"


def in_security(name: str) -> Actor:
    return replace(in_channel(name), chat=replace(in_channel(name).chat, id=f"{CHANNEL};messageid=1"))


async def press(
    desk: Office, level: str = "lockdown", *, by: str = "sofia", hours: str = "4", form: str = "t1", why: str = WHY
) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(in_security(by), RaiseThreat(form, level, hours, why))


async def signs(desk: Office, form: str = "t1", by: str = "sofia") -> Answer:
    return await signed(desk, Threat.named(form), by, Purpose.THREAT)


async def rise(
    desk: Office, level: str = "lockdown", *, hours: str = "4", form: str = "t1", by: str = "sofia"
) -> Threat:
    assert isinstance(await press(desk, level, by=by, hours=hours, form=form), Said)
    assert isinstance(await signs(desk, form, by), Done)
    return await raising(desk, form)


async def lower(desk: Office, by: str, form: str = "t1") -> Answer:
    await desk.desk.installed(person(by), private(by))
    answer = await desk.desk.handle(in_security(by), LowerThreat(form, (await raising(desk, form)).version))
    return await signs(desk, form, by) if isinstance(answer, Said) else answer


async def raising(desk: Office, form: str = "t1") -> Threat:
    async with desk.store.unit() as unit:
        found = await unit.matter(Threat, Threat.named(form))
    assert found is not None
    return found


async def level(desk: Office) -> ThreatLevel:
    """How strict the desk is, as home says it."""
    answer = await desk.desk.handle(at_home("kim"), Home())
    assert isinstance(answer, HomeCard)
    return answer.threat


async def refused(desk: Office, request_id: str = "r1") -> list[str]:
    return [str(e.data["reason"]) for e in await told(desk, "refused") if e.request == request_id]


# -- who raises it, and how ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann", "ben", "kim", "emma"])
async def test_only_security_raises_it_and_is_looked_at_with_each_press(desk: Office, name: str) -> None:
    for action in (BeginThreat(), RaiseThreat("t1", "lockdown", "4", WHY)):
        assert why(await desk.desk.handle(at_home(name), action)) == Reason.NOT_SECURITY
    assert why(await desk.desk.handle(at_home(name), ShowThreat())) == Reason.NOT_SECURITY
    assert await level(desk) is ThreatLevel.NORMAL


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"guest": True}, Reason.NOT_SECURITY),
        ({"enabled": False}, Reason.NOT_SECURITY),
        ({"restricted": True}, Reason.APPROVER_IN_DOUBT),
    ],
)
async def test_security_is_walled_like_an_approver(desk: Office, what: dict[str, Any], reason: Reason) -> None:
    desk.directory.accounts["sofia"] = replace(desk.directory.accounts["sofia"], **what)
    assert why(await press(desk)) == reason


async def test_who_signs_in_by_what_nobody_guards_for_them_raises_nothing(desk: Office) -> None:
    desk.directory.guarded["sofia"] = frozenset()
    assert why(await press(desk)) == Reason.STEP_UP_UNGUARDED


async def test_what_cannot_be_found_out_about_security_is_a_no(desk: Office) -> None:
    desk.directory.trouble["groups"] = Unavailable("away")
    assert why(await press(desk)) == Reason.UNKNOWN


async def test_words_show_the_way_and_raise_nothing(desk: Office) -> None:
    assert isinstance(await desk.desk.handle(at_home("sofia"), ShowThreat()), ThreatDoor)
    assert isinstance(await desk.desk.handle(at_home("sofia"), BeginThreat()), ThreatForm)
    assert await level(desk) is ThreatLevel.NORMAL


async def test_it_is_raised_from_securitys_channel_or_in_private_and_nowhere_else(desk: Office) -> None:
    elsewhere = in_channel("sofia")
    assert why(await desk.desk.handle(elsewhere, RaiseThreat("t1", "lockdown", "4", WHY))) == Reason.THREAT_ELSEWHERE
    assert why(await desk.desk.handle(elsewhere, BeginThreat())) == Reason.THREAT_ELSEWHERE


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("normal", "4", WHY), "level"),
        (("", "4", WHY), "level"),
        (("lockdown", "25", WHY), "hours"),
        (("lockdown", "-1", WHY), "hours"),
        (("lockdown", "4", " "), "reason"),
        (("lockdown", "4", "x" * 501), "reason"),
    ],
)
async def test_what_is_filled_in_is_checked_whoever_sends_it(
    desk: Office, values: tuple[str, str, str], fault: str
) -> None:
    answer = await desk.desk.handle(at_home("sofia"), RaiseThreat("t1", *values))
    assert isinstance(answer, ThreatForm)
    assert answer.faults == (fault,)


async def test_it_counts_only_with_a_sign_in_that_then_serves_nothing_else(desk: Office) -> None:
    assert isinstance(await press(desk), Said)
    assert await level(desk) is ThreatLevel.NORMAL
    desk.entra.kept = desk.clock.now() + timedelta(seconds=1)
    await signs(desk)
    assert await level(desk) is ThreatLevel.LOCKDOWN
    async with desk.store.unit() as unit:
        assert await unit.used_for(TENANT, "sofia", desk.clock.now()) == RAISING
    assert [e.data["reason"] for e in await told(desk, "threat_raised")] == [WHY]


async def test_who_left_security_between_press_and_sign_in_raises_nothing(desk: Office) -> None:
    await press(desk)
    desk.directory.members[SECURITY].discard("sofia")
    assert why(await signs(desk)) == Reason.NOT_SECURITY
    assert await level(desk) is ThreatLevel.NORMAL


async def test_a_form_that_is_sent_twice_raises_once(desk: Office) -> None:
    await press(desk)
    assert isinstance(await press(desk), Said)
    await signs(desk)
    assert len(await told(desk, "threat_wanted")) == 1


async def test_what_nobody_signs_in_for_in_time_is_raised_by_nobody_later(desk: Office) -> None:
    await press(desk)
    desk.clock.advance(minutes=5)
    await desk.job("threat", RAISING)
    assert (await raising(desk)).status is ThreatStand.LAPSED
    assert "sign in" not in desk.messenger.shown(private("sofia").id).casefold().replace("signed in", "")


# -- until when, and who lowers it -----------------------------------------------------------------------------


async def test_past_its_time_is_over_whoever_looks_first(desk: Office) -> None:
    await rise(desk, hours="1")
    desk.clock.advance(minutes=59, seconds=58)
    assert await level(desk) is ThreatLevel.LOCKDOWN
    desk.clock.advance(seconds=1)
    assert await level(desk) is ThreatLevel.NORMAL
    assert why(await lower(desk, "theo")) == Reason.CLOSED
    assert (await raising(desk)).status is ThreatStand.OVER


async def test_lowering_by_one_person_is_nothing_and_the_same_person_twice_is_one(desk: Office) -> None:
    await rise(desk)
    assert isinstance(await lower(desk, "sofia"), Done)
    assert await level(desk) is ThreatLevel.LOCKDOWN
    assert why(await lower(desk, "sofia")) == Reason.THREAT_SECOND
    assert await level(desk) is ThreatLevel.LOCKDOWN
    assert isinstance(await lower(desk, "theo"), Done)
    assert await level(desk) is ThreatLevel.NORMAL
    assert [who.id for who in (await raising(desk)).lowered_by] == ["sofia", "theo"]


async def test_two_accounts_of_one_human_are_one_person(desk: Office) -> None:
    for name in ("sofia", "theo"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1001")
    await rise(desk)
    await lower(desk, "sofia")
    assert why(await lower(desk, "theo")) == Reason.THREAT_SECOND
    assert await level(desk) is ThreatLevel.LOCKDOWN


async def test_a_press_without_its_sign_in_lowers_nothing(desk: Office) -> None:
    await rise(desk)
    await lower(desk, "sofia")
    await desk.desk.installed(person("theo"), private("theo"))
    assert isinstance(await desk.desk.handle(at_home("theo"), LowerThreat("t1", 9)), Said)
    assert await level(desk) is ThreatLevel.LOCKDOWN


async def test_the_first_of_two_counts_no_more_after_a_while_or_when_they_left(desk: Office) -> None:
    await rise(desk)
    await lower(desk, "sofia")
    desk.clock.advance(seconds=WISH.total_seconds())
    await lower(desk, "theo")
    assert await level(desk) is ThreatLevel.LOCKDOWN
    desk.directory.members[SECURITY].discard("theo")
    await lower(desk, "sofia")
    assert await level(desk) is ThreatLevel.LOCKDOWN
    assert (await raising(desk)).lowering == person("sofia")


async def test_whether_the_first_of_two_still_counts_must_be_known(desk: Office) -> None:
    await rise(desk)
    await lower(desk, "sofia")
    del desk.directory.accounts["sofia"]  # the directory does not know them just now
    assert why(await lower(desk, "theo")) == Reason.UNKNOWN
    assert await level(desk) is ThreatLevel.LOCKDOWN


async def test_security_of_another_tenant_lowers_nothing(desk: Office) -> None:
    await rise(desk)
    stranger = replace(in_security("theo"), person=replace(person("theo"), tenant="another"))
    assert why(await desk.desk.handle(stranger, LowerThreat("t1", 2))) == Reason.NOT_FOUND


async def test_whoever_raises_takes_nothing_from_what_holds(desk: Office) -> None:
    """Neither for a shorter time, nor to a milder level."""
    await rise(desk, hours="4")
    assert why(await press(desk, hours="1", form="t2", by="theo")) == Reason.THREAT_HOLDS
    await rise(desk, "elevated", hours="1", form="t3", by="theo")
    assert await level(desk) is ThreatLevel.LOCKDOWN
    await rise(desk, hours="8", form="t4", by="theo")
    assert (await raising(desk)).status is ThreatStand.REPLACED
    desk.clock.advance(hours=7)
    assert await level(desk) is ThreatLevel.LOCKDOWN


async def test_when_a_lockdown_is_over_what_else_was_raised_holds_on(desk: Office) -> None:
    await rise(desk, "elevated", hours="8")
    await rise(desk, hours="1", form="t2", by="theo")
    desk.clock.advance(hours=1)
    assert await level(desk) is ThreatLevel.ELEVATED


async def test_of_two_who_raise_the_same_at_once_the_longer_one_holds(desk: Office) -> None:
    await press(desk, hours="1")
    await press(desk, hours="2", form="t2", by="theo")
    desk.clock.advance(seconds=1)
    await asyncio.gather(signs(desk), signs(desk, "t2", "theo"))
    async with desk.store.unit() as unit:
        assert [one.id for one in await unit.in_lanes(Threat, TENANT)] == [Threat.named("t2")]


# -- what a lockdown holds up ----------------------------------------------------------------------------------


async def test_nothing_new_that_gives_access_is_asked_for(desk: Office) -> None:
    await rise(desk)
    assert why(await desk.ask()) == Reason.LOCKDOWN
    home = await desk.desk.handle(at_home("kim"), Home())
    assert isinstance(home, HomeCard)
    shut = {offer.kind: offer.refusal is not None for offer in home.offers}
    assert shut == {
        **dict.fromkeys(("tap", "password", "risk", "methods"), True),
        **dict.fromkeys(shut.keys() & {"sessions", "compromised", "verify"}, False),
    }


async def test_what_locks_or_proves_goes_through(desk: Office) -> None:
    await rise(desk)
    request = await alarm(desk, "kim")
    await desk.job("act", request.id)
    assert (await desk.load(request.id)).status is Status.DONE
    assert (await desk.bring("sessions")).status is Status.DONE
    assert isinstance(await desk.ask(request_id="v1", kind="verify"), RequestCard)


async def test_a_pass_is_not_shown_and_goes_on_when_two_have_lowered_it(desk: Office) -> None:
    await desk.ready()
    await rise(desk)
    answer = await desk.show()
    assert why(answer) == Reason.LOCKDOWN
    assert (await desk.load("r1")).status is Status.READY
    assert desk.directory.writes == []
    await lower(desk, "sofia")
    assert why(await desk.show()) == Reason.LOCKDOWN
    await lower(desk, "theo")
    assert isinstance(await desk.show(), SecretShown)


async def test_a_sign_in_and_a_yes_of_then_count_when_it_is_over(desk: Office) -> None:
    await desk.ask()
    await rise(desk, hours="1")
    assert why(await desk.sign_in()) == Reason.LOCKDOWN
    desk.clock.advance(minutes=2)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.STEP_UP
    await lower(desk, "sofia")
    await lower(desk, "theo")
    desk.clock.advance(minutes=2)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.APPROVAL
    await rise(desk, hours="1", form="t2")
    assert why(await desk.approve()) == Reason.LOCKDOWN
    assert (await desk.load("r1")).status is Status.APPROVAL
    desk.clock.advance(hours=1)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.READY
    await desk.show()
    await desk.sign_in()  # the one before is too old for the act by now, as ever
    assert isinstance(await desk.show(), SecretShown)


async def test_what_is_held_runs_out_in_its_own_time(desk: Office) -> None:
    await desk.ready()
    await rise(desk, hours="2")
    desk.clock.advance(hours=2)
    await desk.show()
    assert (await desk.load("r1")).status is Status.EXPIRED


async def test_what_the_desk_looks_at_again_and_again_meanwhile_is_written_down_once(desk: Office) -> None:
    await desk.ask()
    await rise(desk)
    await desk.sign_in()
    for _ in range(5):
        desk.clock.advance(minutes=2)
        await desk.job("due")
    assert (await refused(desk)).count(Reason.LOCKDOWN) == 1


async def test_a_password_is_not_set_and_what_goes_by_itself_waits(desk: Office) -> None:
    await desk.ask(request_id="p1", kind="password")
    cookie = await desk.open_page(request_id="p1")
    await desk.ask("kim", "m1", kind="methods")
    await desk.prove_all("m1")
    await rise(desk)
    await desk.enter(cookie)
    await desk.job("act", "m1")
    assert {(await desk.load(one)).status for one in ("p1", "m1")} == {Status.READY}
    assert desk.directory.writes == []
    await lower(desk, "sofia")
    await lower(desk, "theo")
    await desk.enter(cookie)
    await desk.job("act", "m1")
    assert {(await desk.load(one)).status for one in ("p1", "m1")} == {Status.DONE}


async def test_a_lost_act_is_not_done_again(desk: Office) -> None:
    await desk.ready()
    desk.directory.lose_answers = True
    await desk.show()
    desk.directory.lose_answers = False
    await desk.job("look")
    await rise(desk)
    request = await desk.load("r1")
    assert why(await desk.desk.handle(at_home("ann"), Replace(Of("r1", request.version)))) == Reason.LOCKDOWN
    assert len(desk.directory.secrets) == 1


async def test_an_act_that_is_claimed_after_it_is_refused_however_it_was_decided(desk: Office) -> None:
    """The lockdown comes between the decision and the claim."""
    await desk.ready()
    await press(desk)
    seen: list[str] = []
    real = type(desk.desk.acts.inquiry).about

    async def slow(inquiry: object, request: object, moment: Moment) -> object:
        facts = await real(inquiry, request, moment)  # type: ignore[arg-type]  # as given
        if moment is Moment.ACT and not seen:
            seen.append("decided")
            await signs(desk)
        return facts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(desk.desk.acts.inquiry), "about", slow)
        assert why(await desk.show()) == Reason.LOCKDOWN
    assert seen == ["decided"]
    assert desk.directory.writes == []


async def test_no_act_is_claimed_while_a_lockdown_is_being_saved(desk: Office) -> None:
    await rise(desk, hours="1")
    async with desk.store.unit() as unit:
        await unit.admit(TENANT, desk.clock.now() + timedelta(hours=1))
    with pytest.raises(Conflict):
        async with desk.store.unit() as unit:
            await unit.admit(TENANT, desk.clock.now())


async def test_what_cannot_be_found_out_refuses(desk: Office) -> None:
    await desk.ready()
    request, inquiry = await desk.load("r1"), desk.desk.acts.inquiry
    known = await inquiry.about(request, Moment.ACT)
    policy, now = inquiry.policies["tap"], desk.clock.now()
    decision = decide(policy, replace(known, threat=None), request, Moment.ACT, now)
    assert isinstance(decision, Refuse)
    assert decision.refusal.reason == Reason.UNKNOWN
    assert not isinstance(decide(policy, known, request, Moment.ACT, now), Refuse)


@pytest.fixture
async def trial(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, mode=Mode.EVALUATE)


async def test_a_trial_goes_the_same_way(trial: Office) -> None:
    await trial.ready()
    await rise(trial)
    assert why(await trial.show()) == Reason.LOCKDOWN
    assert (await trial.load("r1")).status is Status.READY


# -- what an elevated level asks for ---------------------------------------------------------------------------


@pytest.fixture
async def lax(database_url: str) -> AsyncIterator[Office]:
    """An office where nobody else is asked for a pass."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, replace(POLICY, approvals=0))


async def test_somebody_says_yes_and_a_face_is_shown_where_it_can_be(lax: Office) -> None:
    await rise(lax, "elevated")
    await lax.ask()
    await lax.sign_in()
    assert (await lax.load("r1")).status is Status.PROOF
    await face_shown(lax)
    assert (await lax.load("r1")).status is Status.APPROVAL
    await lax.approve()
    assert isinstance(await lax.show(), SecretShown)
    assert (await lax.load("r1")).terms == ("threat", "face")


async def test_where_nobody_can_show_a_face_a_yes_is_asked_for(lax: Office) -> None:
    lax.verifier.missing = "not set up"
    await rise(lax, "elevated")
    await lax.ask()
    await lax.sign_in()
    assert (await lax.load("r1")).status is Status.APPROVAL
    await lax.job("cards")
    assert "0 of 1" in lax.messenger.shown("19:helpdesk")


async def test_what_was_ready_before_is_asked_for_more_and_goes_on_when_it_is_over(lax: Office) -> None:
    await lax.ask()
    await lax.sign_in()
    assert (await lax.load("r1")).status is Status.READY
    await rise(lax, "elevated", hours="1")
    assert not isinstance(await lax.show(), SecretShown)
    assert (await lax.load("r1")).status is Status.PROOF
    assert lax.directory.writes == []


async def test_whether_a_face_can_be_shown_must_be_known(lax: Office) -> None:
    await rise(lax, "elevated")
    await lax.ask()
    request, inquiry = await lax.load("r1"), lax.desk.acts.inquiry
    facts = await inquiry.about(request, Moment.ACT)
    policy, now = inquiry.policies["tap"], lax.clock.now()
    unknown = decide(policy, replace(facts, face_check=None), request, Moment.ACT, now)
    assert isinstance(unknown, Refuse)
    assert unknown.refusal.reason == Reason.UNKNOWN


async def test_what_locks_or_proves_is_asked_for_no_more_than_ever(desk: Office) -> None:
    await rise(desk, "elevated")
    assert (await desk.bring("sessions")).status is Status.DONE


# -- who hears of it -------------------------------------------------------------------------------------------


async def test_both_channels_read_it_on_a_message_that_changes(desk: Office) -> None:
    await press(desk)
    await desk.job("threat", RAISING)
    assert desk.messenger.shown(CHANNEL) == desk.messenger.shown("19:helpdesk") == ""
    await signs(desk)
    await desk.job("threat", RAISING)
    for channel in (CHANNEL, "19:helpdesk"):
        assert WHY in desk.messenger.shown(channel)
        assert "lockdown" in desk.messenger.shown(channel)
    await lower(desk, "sofia")
    await desk.job("threat", RAISING)
    assert "wants to end it" in desk.messenger.shown(CHANNEL)
    await lower(desk, "theo")
    await desk.job("threat", RAISING)
    for channel in (CHANNEL, "19:helpdesk"):
        assert "ended it before its time" in desk.messenger.shown(channel)
    assert len([chat for chat, _ in desk.messenger.messages if not chat.startswith("a:")]) == 2


async def test_telling_both_channels_is_never_given_up(desk: Office) -> None:
    await rise(desk)
    desk.messenger.gone.add(CHANNEL)
    with pytest.raises(Unavailable):
        await desk.job("threat", RAISING)
    assert WHY in desk.messenger.shown("19:helpdesk")
    desk.messenger.gone.clear()
    await desk.job("threat", RAISING)
    assert WHY in desk.messenger.shown(CHANNEL)


async def test_home_says_so_in_our_words_and_not_in_theirs(desk: Office) -> None:
    await rise(desk)
    home = await desk.desk.handle(at_home("kim"), Home())
    assert isinstance(home, HomeCard)
    shown = str(cards.show(home, View("en", desk.clock.now(), "the helpdesk")))
    assert "Stricter today" in shown
    assert WHY not in shown


async def test_a_card_of_it_is_shown_to_whom_it_is_for_and_in_private(desk: Office) -> None:
    await press(desk)
    await desk.job("threat", RAISING)
    assert isinstance(await desk.desk.handle(at_home("sofia"), SeeThreat("t1", 1)), ThreatCard)
    assert why(await desk.desk.handle(in_security("sofia"), SeeThreat("t1", 1))) == Reason.NOT_PRIVATE
    assert why(await desk.desk.handle(at_home("theo"), SeeThreat("t1", 1))) == Reason.NOT_FOUND
