"""What the helpdesk opens for a caller takes as strong and as new a proof as its policy says, at every step again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import cards
from bot.core.actions import ReturnCode
from bot.core.answers import Form, Said
from bot.core.callers import Verification
from bot.core.calling import OpenForm, ProveCall, SeeCaller
from bot.core.model import Status
from bot.core.options import ASSISTED, VERIFICATION, VERIFICATION_AGE
from bot.core.policy import Policy
from bot.core.proven import VALID, Proven
from bot.core.reasons import Reason
from bot.store.postgres import PostgresStore
from cards.view import View
from tests.fakes import EMPLOYEES, POLICY, FakeClock, Office, at_home, office, person, private
from tests.laws.faced import lasting, proofs
from tests.laws.seen import why
from tests.laws.test_behalf import agrees, opens, verified
from tests.laws.test_callers import ANN, asked, number, returned, signs_in, types, verification
from tests.laws.wallet import Wallet
from tests.stores import patient

STRICTER = [(Proven.FACE, VALID, Reason.NEEDS_FACE), (Proven.MANAGER, timedelta(minutes=1), Reason.CALL_LONG_AGO)]


def demanding(least: Proven = Proven.MANAGER, age: timedelta = VALID, **more: Any) -> Policy:
    return replace(POLICY, options={ASSISTED: True, VERIFICATION: least, VERIFICATION_AGE: age}, **more)


async def at(store: PostgresStore, clock: FakeClock, policy: Policy) -> Office:
    """An office by this policy, beside any other on the same database: a process that was started with it."""
    made = office(store, clock, policy)
    async with store.unit() as unit:
        for name in (ANN, "ben", "cleo"):
            await unit.remember(person(name), private(name))
    return made


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    async with patient(database_url, FakeClock()) as made:
        yield made


async def faces(desk: Office, form: str = "f1", late: timedelta = timedelta(0)) -> None:
    desk.clock.advance(seconds=1)
    assert await desk.desk.handle(at_home(ANN), ProveCall(form, 1)) == Said("proof.begun")
    (proof,) = await proofs(desk, Verification.named(form))
    await desk.job("act", proof.id)
    assert await Wallet(desk, len(desk.verifier.asked)).shows(verifiedCredentialsData=[lasting()])
    desk.clock.advance(minutes=late / timedelta(minutes=1))
    await desk.job("serve", proof.id)


async def card(desk: Office, name: str) -> str:
    """What stands on somebody's card of the call once its messages are brought."""
    await desk.job("matter", Verification.named("f1"))
    return desk.messenger.shown(private(name).id)


async def nothing_opened(desk: Office) -> bool:
    async with desk.store.unit() as unit:
        there = await unit.load("r1")
    return there is None and not (await verification(desk)).used_for


async def test_where_a_face_is_asked_for_a_sign_in_opens_nothing_and_the_face_on_top_of_it_does(
    store: PostgresStore,
) -> None:
    desk = await at(store, FakeClock(), demanding(Proven.FACE))
    await verified(desk)
    assert why(await desk.desk.handle(at_home("ben"), OpenForm("f1", 1, "tap"))) == Reason.NEEDS_FACE
    assert why(await opens(desk)) == Reason.NEEDS_FACE
    assert await nothing_opened(desk)
    assert "not enough yet for: " in await card(desk, "ben")
    assert "Open for Ann" not in await card(desk, "ben")
    hers: Any = await desk.desk.handle(at_home(ANN), SeeCaller("f1", 1))
    assert "Prove it with my face" in str(cards.show(hers, View("en", contact="", now=desk.clock.now(), looks=True)))
    await faces(desk)
    assert "not enough yet for: " not in await card(desk, "ben")
    assert isinstance(await opens(desk), Said)


async def test_a_sign_in_after_the_face_takes_nothing_from_it(store: PostgresStore) -> None:
    desk = await at(store, FakeClock(), demanding(Proven.FACE))
    await asked(desk)
    await faces(desk)
    proved = (await verification(desk)).proven_at
    desk.clock.advance(minutes=2)
    await signs_in(desk)
    one = await verification(desk)
    assert (one.proven, one.proven_at) == (Proven.FACE, proved)
    assert isinstance(await opens(desk), Said)


@pytest.mark.parametrize("seconds", [-1, 1])
async def test_a_proof_is_no_older_than_the_policy_says_when_it_opens_something(
    store: PostgresStore, seconds: int
) -> None:
    desk = await at(store, FakeClock(), demanding(age=timedelta(minutes=5)))
    await verified(desk)
    desk.clock.advance(minutes=5, seconds=seconds)
    answer = await opens(desk)
    if seconds < 0:
        assert isinstance(answer, Said)
        desk.clock.advance(minutes=14)  # their own word is asked for as long as anybody's sign-in would be
        await agrees(desk)
        assert (await desk.load("r1")).status is Status.STEP_UP
        return
    assert why(answer) == Reason.CALL_LONG_AGO
    assert await nothing_opened(desk)
    assert "too old by now" in await card(desk, "ben")


async def test_its_age_is_that_of_the_sign_in_not_of_when_the_client_said_so(store: PostgresStore) -> None:
    desk = await at(store, FakeClock(), demanding(age=timedelta(minutes=5)))
    await asked(desk)
    await types(desk, number(desk))  # so that the question does not end meanwhile
    code = await returned(desk)
    signed = desk.clock.now()
    desk.clock.advance(minutes=20)
    await desk.desk.handle(at_home(ANN), ReturnCode(code))
    one = await verification(desk)
    assert one.proven is Proven.STEP_UP
    assert one.ends_at <= signed + VALID
    assert why(await opens(desk)) == Reason.CALL_LONG_AGO
    assert await nothing_opened(desk)


async def test_nor_is_a_face_any_newer_for_being_counted_late(store: PostgresStore) -> None:
    desk = await at(store, FakeClock(), demanding(Proven.FACE, timedelta(minutes=5)))
    await verified(desk)
    await faces(desk, late=timedelta(minutes=10))
    assert (await verification(desk)).proven is Proven.FACE
    assert why(await opens(desk)) == Reason.CALL_LONG_AGO


async def test_a_sign_in_that_is_half_an_hour_old_by_then_proves_nothing(store: PostgresStore) -> None:
    desk = await at(store, FakeClock(), demanding())
    await asked(desk)
    code = await returned(desk)
    desk.clock.advance(minutes=4)
    await types(desk, number(desk))
    desk.clock.advance(minutes=27)
    assert why(await desk.desk.handle(at_home(ANN), ReturnCode(code))) == Reason.CLOSED
    assert (await verification(desk)).proven is Proven.PRESENCE


async def test_no_policy_makes_a_proof_good_for_longer_than_half_an_hour(store: PostgresStore) -> None:
    desk = await at(store, FakeClock(), demanding(age=timedelta(hours=2)))
    await verified(desk)
    desk.clock.advance(minutes=31)
    assert why(await opens(desk)) == Reason.UNVERIFIED


async def test_a_number_is_no_proof_whatever_a_policy_says(store: PostgresStore) -> None:
    """A policy the start would not have taken: no decision takes it either."""
    desk = await at(store, FakeClock(), demanding(Proven.PRESENCE))
    await asked(desk)
    await types(desk, number(desk))
    assert why(await opens(desk)) == Reason.UNVERIFIED
    assert await nothing_opened(desk)
    assert why(await desk.ask(ANN, "r2")) == Reason.NO_PROOF


@pytest.mark.parametrize(("least", "age", "reason"), STRICTER)
@pytest.mark.parametrize("when", ["opening", "consent", "act"])
async def test_what_became_stricter_meanwhile_holds_from_the_next_step_on(
    store: PostgresStore, least: Proven, age: timedelta, reason: Reason, when: str
) -> None:
    desk = await at(store, FakeClock(), demanding())
    await verified(desk)
    desk.clock.advance(minutes=2)
    stricter = await at(store, desk.clock, demanding(least, age))
    if when == "opening":
        assert why(await opens(stricter)) == reason
        assert await nothing_opened(stricter)
        return
    await opens(desk)
    if when == "act":
        await agrees(desk)
        await desk.sign_in()
        await desk.approve("cleo")
        answer = await stricter.show()
    else:
        answer = await agrees(stricter)
    assert why(answer) == reason
    assert (await desk.load("r1")).status is Status.REFUSED
    assert stricter.directory.writes == desk.directory.writes == []


async def test_a_group_that_demands_more_is_told_to_the_agent_and_uses_nothing_up(store: PostgresStore) -> None:
    strict = demanding(variants={"group:board": {VERIFICATION.name: Proven.FACE}})
    desk = await at(store, FakeClock(), strict)
    desk.directory.add(ANN, EMPLOYEES, "board")
    await verified(desk)
    assert isinstance(await desk.desk.handle(at_home("ben"), OpenForm("f1", 1, "tap")), Form)
    assert why(await opens(desk)) == Reason.NEEDS_FACE
    assert await nothing_opened(desk)
    await faces(desk)
    assert isinstance(await opens(desk), Said)


async def test_the_card_offers_what_the_proof_does_for_and_says_what_the_rest_takes(store: PostgresStore) -> None:
    own = {"password": {ASSISTED.name: True, VERIFICATION.name: Proven.FACE}}
    desk = office(store, FakeClock(), demanding(Proven.STEP_UP), own=own)
    await verified(desk)
    shown = await card(desk, "ben")
    assert "Open for Ann" in shown
    assert '"kind": "tap"' in shown
    assert '"kind": "password"' not in shown
    assert "not enough yet for: New password" in shown
    seen: Any = await desk.desk.handle(at_home("ben"), SeeCaller("f1", 1))
    assert seen.offers.opens == ("tap",)
