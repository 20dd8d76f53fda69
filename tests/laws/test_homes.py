"""Homes: everybody is reached in their one private chat; what waits for them follows, and nobody waits for nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.core.actions import Approve, Deny, Home, Lift, Ref, Refresh, ReturnCode, SeeProof, Withdraw
from bot.core.answers import Answer, HomeCard, Refused, RequestCard, Said
from bot.core.errors import Missing, NotGranted, Unavailable
from bot.core.model import Actor, Chat, Person, Status
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from tests.fakes import TENANT, Office, at_home, in_channel, person, private
from tests.laws.faced import queued
from tests.laws.locked import sends
from tests.laws.test_callers import asks
from tests.laws.test_threat import press as raises

SIGN_IN = "https://desk.example/step-up/start"


def pressing(name: str) -> Actor:
    """Somebody in the helpdesk's channel, as Teams says who they are."""
    there = in_channel(name)
    return replace(there, chat=replace(there.chat, user=f"29:{name}"))


async def home(desk: Office, name: str) -> Chat | None:
    async with desk.store.unit() as unit:
        known = await unit.private_chat(TENANT, name)
    return known[1] if known else None


async def waiting(desk: Office) -> Ref:
    await desk.ask()
    await desk.sign_in()
    await desk.job("cards")
    return Ref("r1", (await desk.load("r1")).version)


async def alarmed(desk: Office) -> Ref:
    await desk.ask(kind="compromised")
    return Ref("r1", (await desk.load("r1")).version)


async def press(desk: Office, how: str, who: str = "ben") -> Answer:
    """Press what is answered in private, from the channel."""
    if how == "lift":
        return await desk.desk.handle(pressing(who), Lift(await alarmed(desk), "she rang back"))
    if how == "lock":
        await desk.ask(kind="risk")
        await desk.sign_in()
        await desk.job("cards")
        ref = Ref("r1", (await desk.load("r1")).version)
        return await desk.desk.handle(pressing(who), Deny(ref, "not her", "compromised"))
    ref = await waiting(desk)
    return await desk.desk.handle(pressing(who), Approve(ref) if how == "approve" else SeeProof(ref))


PRESSES = ("approve", "lock", "lift", "look")
SAID = {"look": "proof.continue_in_private"}


@pytest.mark.parametrize("how", PRESSES)
async def test_an_approver_nobody_has_written_to_yet_is_reached_at_the_first_press(desk: Office, how: str) -> None:
    answer = await press(desk, how)
    assert answer == Said(SAID.get(how, "approve.continue_in_private"))
    await desk.job("cards")
    assert desk.messenger.shown("a:ben")
    assert await home(desk, "ben") == private("ben")  # with Teams' own id of theirs, which their card refreshes by


@pytest.mark.parametrize("how", PRESSES)
async def test_who_does_not_have_the_app_is_told_so(desk: Office, how: str) -> None:
    desk.messenger.strangers = {"ben"}
    answer = await press(desk, how)
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.NO_PRIVATE_CHAT
    await desk.job("cards")
    assert not desk.messenger.shown("a:ben")


@pytest.mark.parametrize("how", PRESSES)
async def test_who_presses_is_told_when_nothing_reaches_them(desk: Office, how: str) -> None:
    """The chat we know of takes nothing, and Teams knows no other: nothing may be said to wait there."""
    await desk.desk.installed(person("ben"), private("ben"))
    desk.messenger.gone = {"a:ben"}
    answer = await press(desk, how)
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.NO_PRIVATE_CHAT


@pytest.mark.parametrize("how", PRESSES)
async def test_a_chat_that_is_dead_is_opened_anew_at_the_press(desk: Office, how: str) -> None:
    await desk.desk.installed(person("ben"), private("ben"))
    desk.messenger.gone, desk.messenger.moved = {"a:ben"}, {"ben": "a:ben-2"}
    answer = await press(desk, how)
    assert answer == Said(SAID.get(how, "approve.continue_in_private"))
    await desk.job("cards")
    assert SIGN_IN in desk.messenger.shown("a:ben-2") or how == "look"
    assert desk.messenger.shown("a:ben-2")


async def test_what_cannot_be_found_out_just_now_is_no_dead_chat(desk: Office) -> None:
    """Teams is away for a moment: the card is brought when it is back."""
    await desk.desk.installed(person("ben"), private("ben"))
    ref = await waiting(desk)
    desk.messenger.trouble.append(Unavailable("away"))
    assert await desk.desk.handle(pressing("ben"), Approve(ref)) == Said("approve.continue_in_private")


async def test_a_chat_that_cannot_be_opened_just_now_is_told_as_passing(desk: Office) -> None:
    ref = await waiting(desk)
    desk.messenger.trouble.append(Unavailable("away"))
    answer = await desk.desk.handle(pressing("ben"), Approve(ref))
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.UNKNOWN


async def test_who_cannot_be_reached_for_want_of_our_own_token_is_not_told_to_add_the_app(desk: Office) -> None:
    ref = await waiting(desk)
    desk.messenger.shut.append(NotGranted("Entra refused the bot a token", code="AADSTS7000222"))
    answer = await desk.desk.handle(pressing("ben"), Approve(ref))
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.NOT_PERMITTED


async def test_a_card_whose_chat_has_died_goes_to_the_new_one_and_so_does_the_sign_in(desk: Office) -> None:
    await desk.ask()
    desk.messenger.gone, desk.messenger.moved = {"a:ann"}, {"ann": "a:ann-2"}
    await desk.job("cards")
    assert SIGN_IN in desk.messenger.shown("a:ann-2")
    moved = replace(at_home("ann"), chat=replace(private("ann"), id="a:ann-2"))
    assert await home(desk, "ann") == moved.chat
    sign_in = await desk.waiting("ann", "r1")
    assert sign_in.chat == moved.chat
    cookie = f"{sign_in.id}.browser"
    await desk.step_up.start(sign_in.id, cookie)
    code = await desk.step_up.returned(cookie, {"code": "x"})
    assert isinstance(await desk.desk.handle(moved, ReturnCode(str(code))), RequestCard)
    assert (await desk.load("r1")).status is Status.APPROVAL


async def test_an_approvers_card_follows_them_when_its_chat_dies_on_the_way(desk: Office) -> None:
    ref = await waiting(desk)
    await desk.desk.handle(pressing("ben"), Approve(ref))
    desk.messenger.gone, desk.messenger.moved = {"a:ben"}, {"ben": "a:ben-2"}
    await desk.job("cards")
    assert SIGN_IN in desk.messenger.shown("a:ben-2")
    assert (await desk.waiting("ben", "r1")).chat.id == "a:ben-2"


async def test_one_dead_chat_is_not_opened_again_and_again(desk: Office) -> None:
    """Teams names the same one: nobody is told, all others are, and the job ends."""
    await desk.ask()
    await desk.sign_in()
    desk.messenger.gone = {"a:ann"}
    await desk.job("cards")
    assert desk.messenger.opened == ["ann"]
    assert desk.messenger.shown("19:helpdesk")


async def test_what_waits_follows_a_person_who_writes_from_another_chat(desk: Office) -> None:
    """They took the app away and added it again: Teams may give them another chat, and the old one is closed."""
    await desk.ask()
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.job("cards")
    moved = replace(private("ann"), id="a:ann-2")
    await desk.desk.removed(person("ann"))
    await desk.desk.installed(person("ann"), moved)
    assert (await desk.waiting("ann", "r1")).chat == moved
    await desk.job("cards")
    assert SIGN_IN in desk.messenger.shown("a:ann-2")
    old = [json.dumps(m) for (chat, _), m in desk.messenger.messages.items() if chat == "a:ann"]
    assert not any('"actions"' in message for message in old)  # there is nothing to press any more
    assert isinstance(await desk.desk.handle(Actor(person("ann"), moved), Refresh(ref)), RequestCard)


async def brought(desk: Office, who: Person, chat: Chat) -> list[str]:
    """Tell the desk of somebody's chat, and return what it sets going."""
    async with desk.store.connections("look", 1) as pool, pool.connection() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")
    await desk.desk.installed(who, chat)
    return await queued(desk)


async def test_what_waits_and_nothing_else_is_brought_to_the_new_chat(desk: Office) -> None:
    ref = await waiting(desk)
    await desk.ask("ann", "r2", kind="sessions")
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r2", (await desk.load("r2")).version)))
    await desk.ask("kim", "r3")
    assert await brought(desk, person("ann"), replace(private("ann"), id="a:ann-2")) == ["cards:r1"]
    await desk.desk.installed(person("ben"), private("ben"))
    await desk.desk.handle(pressing("ben"), Approve(ref))
    assert await brought(desk, person("ben"), replace(private("ben"), id="a:ben-2")) == ["cards:r1"]


async def test_what_somebody_signs_in_for_follows_them_with_its_card(desk: Office) -> None:
    """Also where it is no request's: how strict the desk is, a call, and an account that is locked for somebody."""
    await raises(desk)
    await asks(desk, "ann")
    await sends(desk, "kim", form="l1")
    for name, job in (
        ("sofia", "threat:threat:t1"),
        ("ann", "matter:caller:f1"),
        ("ben", "intervention:intervention:l1"),
    ):
        assert await brought(desk, person(name), replace(private(name), id=f"a:{name}-2")) == [job]


async def test_a_chat_that_is_known_brings_nothing(desk: Office) -> None:
    await waiting(desk)
    assert await brought(desk, person("ann"), private("ann")) == []
    assert await brought(desk, replace(person("ann"), name="Ann of another name"), private("ann")) == []
    async with desk.store.unit() as unit:
        known = await unit.private_chat(TENANT, "ann")
    assert known == (replace(person("ann"), name="Ann of another name"), private("ann"))


async def test_a_chat_that_is_opened_anew_and_dead_too_is_none(desk: Office) -> None:
    await desk.desk.installed(person("ben"), private("ben"))
    desk.messenger.gone, desk.messenger.moved = {"a:ben", "a:ben-2"}, {"ben": "a:ben-2"}
    answer = await press(desk, "approve")
    assert isinstance(answer, Refused)
    assert answer.refusal.reason == Reason.NO_PRIVATE_CHAT


async def test_a_chat_that_is_not_there_is_dead(desk: Office) -> None:
    await desk.desk.installed(person("ben"), private("ben"))
    ref = await waiting(desk)
    desk.messenger.trouble, desk.messenger.moved = [Missing("no such chat")], {"ben": "a:ben-2"}
    await desk.desk.handle(pressing("ben"), Approve(ref))
    await desk.job("cards")
    assert SIGN_IN in desk.messenger.shown("a:ben-2")


async def test_a_dead_chat_that_is_no_longer_theirs_opens_nothing(desk: Office) -> None:
    """Another message found it dead first, or they took the app away meanwhile."""
    dead = replace(private("ann"), id="a:ann-0")
    await desk.desk.installed(person("ann"), private("ann"))
    assert await desk.desk.homes.anew(TENANT, "ann", dead)
    await desk.desk.removed(person("ann"))
    assert not await desk.desk.homes.anew(TENANT, "ann", dead)
    assert desk.messenger.opened == []


async def test_without_our_own_token_no_chat_is_taken_for_lost(desk: Office) -> None:
    await desk.desk.installed(person("ann"), private("ann"))
    desk.messenger.shut.append(NotGranted("Entra refused the bot a token", code="AADSTS7000222"))
    with pytest.raises(NotGranted):
        await desk.desk.homes.anew(TENANT, "ann", private("ann"))


async def test_a_sign_in_that_is_over_stays_where_it_was(desk: Office) -> None:
    await waiting(desk)
    await desk.desk.installed(person("ann"), replace(private("ann"), id="a:ann-2"))
    async with desk.store.unit() as unit:
        (done,) = [s for s in await unit.sign_ins("r1") if s.purpose is Purpose.STEP_UP]
    assert done.chat == private("ann")


async def test_somebody_elses_sign_in_does_not_follow(desk: Office) -> None:
    await desk.ask()
    await desk.ask("kim", "r2")
    await desk.desk.installed(person("ann"), replace(private("ann"), id="a:ann-2"))
    assert (await desk.waiting("kim", "r2")).chat == private("kim")


async def test_two_at_once_lose_no_sign_in(desk: Office) -> None:
    """It goes on in a browser while its person's chat becomes another one: one of both looks again."""
    await desk.ask()
    sign_in = await desk.waiting("ann", "r1")
    cookie = f"{sign_in.id}.browser"
    await asyncio.gather(
        desk.step_up.start(sign_in.id, cookie),
        desk.desk.installed(person("ann"), replace(private("ann"), id="a:ann-2")),
    )
    assert (await desk.waiting("ann", "r1")).chat.id == "a:ann-2"


async def test_an_event_without_a_name_is_answered_by_name(desk: Office) -> None:
    """Events of Teams do not always say what somebody is called; the directory does."""
    nameless = replace(at_home("ann"), person=replace(person("ann"), name=""))
    await desk.desk.installed(nameless.person, nameless.chat)
    async with desk.store.unit() as unit:
        known = await unit.private_chat(TENANT, "ann")
    assert known is not None
    assert known[0].name == "Ann"
    answer = await desk.desk.handle(nameless, Home())
    assert isinstance(answer, HomeCard)
    assert answer.person.name == "Ann"


async def test_a_name_that_cannot_be_looked_up_takes_no_known_one_away(desk: Office) -> None:
    nameless = replace(at_home("ann"), person=replace(person("ann"), name=""))
    await desk.desk.installed(person("ann"), private("ann"))
    desk.directory.trouble["account"] = Unavailable("away")
    await desk.desk.installed(nameless.person, nameless.chat)
    async with desk.store.unit() as unit:
        known = await unit.private_chat(TENANT, "ann")
    assert known is not None
    assert known[0].name == "Ann"
