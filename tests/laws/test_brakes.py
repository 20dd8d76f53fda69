"""Brakes: what happened about a person lately asks for more, of whoever it is, and is over by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.actions import Ref as Of
from bot.core.actions import Report, RevokeIt, Withdraw
from bot.core.answers import SecretShown
from bot.core.calling import DenyCall
from bot.core.decide import ApprovalFirst, Refuse, decide
from bot.core.facts import Facts, Moment
from bot.core.lately import Lately, Limits, twice
from bot.core.model import Request, Status
from bot.core.policy import COOL_DOWN, FACE, REPEAT, THREAT
from bot.desk.facts import Inquiry
from bot.kinds import KINDS
from tests.core.samples import GOOD, NOW, proved, step_up
from tests.core.samples import POLICY as SAMPLE
from tests.fakes import FakeClock, Office, at_home, office, private
from tests.laws.faced import shown
from tests.laws.test_callers import asked as call
from tests.laws.test_callers import types
from tests.laws.test_limit import withdraw
from tests.laws.wallet import asked as wallet_of
from tests.laws.wallet import credential
from tests.stores import patient

BRAKES = Limits()
GIVING = sorted(kind.name for kind in KINDS.values() if kind.gives_access)
SIGNED_IN = proved(step_up())


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        yield office(store, clock, limits=BRAKES)


async def asked(desk: Office, kind: str = "tap", request_id: str = "r2", name: str = "ann") -> tuple[str, ...]:
    """Ask once more, sign in, and say under which terms that stands."""
    desk.clock.advance(seconds=1)
    await desk.ask(name, request_id, kind=kind)
    if (await desk.load(request_id)).status is Status.STEP_UP:
        await desk.sign_in(name, request_id)
    return (await desk.load(request_id)).terms


async def twice_approved(desk: Office, request_id: str = "r2") -> Status:
    await desk.approve("ben", request_id)
    assert (await desk.load(request_id)).status is Status.APPROVAL
    await desk.approve("cleo", request_id)
    return (await desk.load(request_id)).status


async def face_and_two(desk: Office, request_id: str = "r2", name: str = "ann") -> None:
    """The higher path: their face, and two people."""
    await shown(desk, request_id, name)
    assert await twice_approved(desk, request_id) is Status.READY


async def unlike(desk: Office, request_id: str) -> None:
    """Somebody tries to prove that they are Ann, and their face is not like hers."""
    wallet = await wallet_of(desk, request_id=request_id)
    face = {"matchConfidenceScore": 31.0}
    assert await wallet.shows(verifiedCredentialsData=[credential(faceCheck=face)])


# -- what holds, by the core alone -----------------------------------------------------------------------------

LATER = NOW + timedelta(hours=1)
SECOND, DOUBTED = Lately(repeat_until=LATER), Lately(cool_until=LATER)
GIVES = replace(GOOD, gives_access=True)
TABLE = [
    ("the first", GIVES, ()),
    ("the second", replace(GIVES, lately=SECOND), (REPEAT, FACE)),
    ("the second, a while later", replace(GIVES, lately=Lately(repeat_until=NOW)), ()),
    ("what gives no access", replace(GOOD, lately=SECOND), ()),
    ("what only locks or proves", replace(GIVES, lately=Lately(LATER, LATER), harmless=True), ()),
    ("after a doubt", replace(GOOD, lately=DOUBTED), (COOL_DOWN, FACE)),
    ("a while after a doubt", replace(GOOD, lately=Lately(cool_until=NOW)), ()),
    ("where nobody can show a face", replace(GIVES, lately=SECOND, face_check=False), (REPEAT,)),
    ("both", replace(GIVES, lately=Lately(LATER, LATER)), (REPEAT, COOL_DOWN, FACE)),
]


@pytest.mark.parametrize(("facts", "terms"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_happened_lately_holds_for_a_while(facts: Facts, terms: tuple[str, ...]) -> None:
    assert decide(SAMPLE, facts, SIGNED_IN, Moment.WAY, NOW).terms == terms


def test_the_higher_path_is_one_yes_more_and_is_walked_once() -> None:
    for terms in ((REPEAT,), (COOL_DOWN,), (REPEAT, COOL_DOWN)):
        for own in (0, 1, 2):
            assert replace(SAMPLE, approvals=own).under((*terms, FACE)).approvals == own + 1
        assert SAMPLE.under((*terms, FACE)).evidence == "face_check"
    assert replace(SAMPLE, approvals=0).under((THREAT, REPEAT)).approvals == 2


def test_nobody_is_spared_it_by_a_group() -> None:
    spared = replace(SAMPLE, variants={"group:pilots": {"approvals": 0}})
    facts = replace(GIVES, lately=SECOND, face_check=False, groups=frozenset({"employees", "pilots"}))
    assert decide(spared, facts, SIGNED_IN, Moment.WAY, NOW) == ApprovalFirst(1, ("group:pilots", REPEAT))


def test_what_is_not_known_of_the_last_hours_is_a_no() -> None:
    decision = decide(SAMPLE, replace(GIVES, lately=None), SIGNED_IN, Moment.ACT, NOW)
    assert isinstance(decision, Refuse)
    assert decision.unsure


def test_a_second_thing_is_a_second_within_a_while_only() -> None:
    hours = [NOW - timedelta(hours=ago) for ago in (1, 6, 9)]
    assert twice(hours, timedelta(hours=4)) == hours[1]
    assert twice(hours, timedelta(hours=2)) is None
    assert twice(hours[:1], timedelta(hours=4)) is None


# -- the second within a day -----------------------------------------------------------------------------------


def test_what_gives_access_says_so_itself() -> None:
    assert set(GIVING) == {"tap", "password", "methods"}
    assert not any(kind.harmless for kind in KINDS.values() if kind.gives_access)


@pytest.mark.parametrize("kind", GIVING)
async def test_another_of_these_takes_a_face_and_one_yes_more(desk: Office, kind: str) -> None:
    await desk.bring("methods" if kind == "tap" else "tap")
    assert await asked(desk, kind) == (REPEAT, FACE)
    await shown(desk, "r2")
    await desk.job("cards", "r2")
    assert (await desk.load("r2")).status is Status.APPROVAL
    assert "something that gives access to your account" in desk.messenger.shown(private("ann").id)
    assert "Make sure that both are wanted" in desk.messenger.shown("19:helpdesk")


async def test_it_is_decided_by_two_people_and_then_goes_its_way(desk: Office) -> None:
    await desk.bring("password")
    assert await asked(desk) == (REPEAT, FACE)
    await face_and_two(desk)
    assert isinstance(await desk.show(request_id="r2"), SecretShown)


async def test_a_day_later_it_is_the_first_again(desk: Office) -> None:
    await desk.bring("password")
    desk.clock.advance(hours=24)
    assert await asked(desk) == ()


async def test_for_somebody_else_and_for_what_gives_no_access_it_is_the_first(desk: Office) -> None:
    await desk.bring("tap")
    assert await asked(desk, name="kim") == ()
    assert await asked(desk, "risk", "r3") == ()


async def test_what_came_to_nothing_does_not_count(desk: Office) -> None:
    await desk.ready()
    await desk.desk.handle(at_home("ann"), Withdraw(Of("r1", (await desk.load("r1")).version)))
    assert await asked(desk) == ()


async def test_what_was_given_and_taken_back_counts(desk: Office) -> None:
    await desk.bring("tap")
    await desk.desk.handle(at_home("ann"), RevokeIt(Of("r1", (await desk.load("r1")).version)))
    await desk.job("revoke")
    assert (await desk.load("r1")).status is Status.REVOKED
    assert await asked(desk) == (REPEAT, FACE)


async def test_what_was_approved_as_the_first_is_not_given_as_the_second(desk: Office) -> None:
    """Two are asked for and approved side by side; whichever is done first makes the other the second."""
    await desk.ready()
    await desk.ask(request_id="r2", kind="methods")
    desk.clock.advance(seconds=1)
    await desk.prove_all("r2")
    assert (await desk.load("r2")).status is Status.READY
    await desk.show()
    await desk.job("act", "r2")
    assert (await desk.load("r2")).status is Status.PROOF
    assert len(desk.directory.writes) == 1


async def test_of_two_that_are_given_at_once_one_is_the_first(desk: Office) -> None:
    """Neither is done when the other is decided: the transaction that claims the second sees the first."""
    await desk.ready()
    await desk.ask(request_id="r2", kind="methods")
    desk.clock.advance(seconds=1)
    await desk.prove_all("r2")
    both, real = asyncio.Barrier(2), type(desk.desk.acts.inquiry).about

    async def together(self: Inquiry, request: Request, moment: Moment) -> Facts:
        facts = await real(self, request, moment)
        if moment is Moment.ACT and request.id not in arrived:
            arrived.add(request.id)
            await both.wait()
        return facts

    arrived: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inquiry, "about", together)
        await asyncio.gather(desk.show(), desk.job("act", "r2"))
    assert len(desk.directory.writes) == 1
    ended = {(await desk.load(one)).status for one in ("r1", "r2")}
    assert Status.PROOF in ended
    assert len(ended) == 2


# -- after a doubt ---------------------------------------------------------------------------------------------


async def test_after_a_no_to_a_call_only_the_higher_path_is_there(desk: Office) -> None:
    await call(desk)
    await desk.desk.handle(at_home("ann"), DenyCall("f1", 1))
    assert await asked(desk, "risk") == (COOL_DOWN, FACE)
    await face_and_two(desk)
    await desk.job("cards", "r2")
    desk.clock.advance(hours=4)
    assert await asked(desk, request_id="r3") == ()


async def test_after_a_wrong_number_too(desk: Office) -> None:
    one = await call(desk)
    await types(desk, str(one.number % 90 + 10) if one.number is not None else "")
    assert await asked(desk) == (COOL_DOWN, FACE)
    await desk.job("cards", "r2")
    assert "somebody may have spoken for you" in desk.messenger.shown(private("ann").id)
    await shown(desk, "r2")
    await desk.job("cards", "r2")
    assert "Make sure that it is Ann who asks" in desk.messenger.shown("19:helpdesk")


async def test_a_question_that_nobody_answered_is_no_doubt(desk: Office) -> None:
    one = await call(desk)
    desk.clock.advance(minutes=6)
    await desk.job("matter", one.id)
    assert await asked(desk) == ()


async def test_one_face_may_be_bad_light_and_two_are_a_doubt(desk: Office) -> None:
    await unlike(desk, "v1")
    assert await asked(desk, request_id="r1") == ()
    await withdraw(desk, "r1")
    await unlike(desk, "v2")
    assert await asked(desk) == (COOL_DOWN, FACE)


async def test_who_gives_up_before_the_camera_casts_no_doubt(desk: Office) -> None:
    for number in ("v1", "v2"):
        await (await wallet_of(desk, request_id=number)).gives_up()
    assert await asked(desk) == ()


async def test_after_an_alarm_a_lift_opens_the_higher_path_only(desk: Office) -> None:
    await desk.bring("tap", "kim")
    await desk.desk.handle(at_home("kim"), Report(Of("r1", (await desk.load("r1")).version)))
    await desk.lift("r1")
    desk.clock.advance(seconds=1)
    assert await asked(desk, "risk", name="kim") == (COOL_DOWN, FACE)
    desk.clock.advance(hours=4)
    assert await asked(desk, "password", "r3", "kim") == (REPEAT, FACE)


async def test_what_waited_when_the_doubt_came_takes_the_higher_path_too(desk: Office) -> None:
    await desk.ready()
    await call(desk)
    await desk.desk.handle(at_home("ann"), DenyCall("f1", 1))
    await desk.show()
    assert (await desk.load("r1")).status is Status.PROOF
    assert desk.directory.writes == []
