"""Who may look at a colleague's history or proof, what they see, and that their colleague reads that they did."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

import cards
from bot.core.actions import Action, Deny, ForSome, OfferToken, Ref, ShowStatus
from bot.core.answers import Answer, Done, ProofShown, Said, SignInWanted
from bot.core.errors import Unavailable
from bot.core.listed import StatusCard
from bot.core.looking import BeginLooking, FindColleague, LookAt
from bot.core.lookups import BY_AN_HOUR, HOUR, MANY, WEEK, Lookup, Sight
from bot.core.ports import Purpose, SignIn
from bot.core.reasons import Reason
from bot.core.sights import HistoryCard, LookDoor, LookForm
from cards.view import View
from tests.fakes import (
    EMPLOYEES,
    LEADS,
    TENANT,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.laws.wallet import proved
from tests.stores import patient

LEA, ANN = "lea", "ann"


@pytest.fixture
def desk(desk: Office) -> Office:
    desk.directory.add(LEA, EMPLOYEES, LEADS)
    return desk


async def looks(desk: Office, by: str = LEA, at: str = ANN, sight: Sight = Sight.HISTORY) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(at_home(by), LookAt(sight, at))


async def mine(desk: Office, name: str = ANN) -> list[tuple[Sight, str]]:
    answer = await desk.desk.handle(at_home(name), ShowStatus())
    assert isinstance(answer, StatusCard)
    return [(one.sight, one.name) for one in answer.looks]


def text_of(answer: Answer, desk: Office) -> str:
    assert isinstance(answer, HistoryCard)
    return str(cards.show(answer, View("en", desk.clock.now(), "the helpdesk", person=LEA)))


# -- history -----------------------------------------------------------------------------------------------------


async def test_a_lead_reads_what_was_asked_what_came_of_it_and_who_decided(desk: Office) -> None:
    await desk.ask(reason="other", text="Left it on the train")
    await desk.sign_in()
    ref = Ref("r1", (await desk.load("r1")).version)
    await desk.desk.handle(in_channel("ben"), Deny(ref, "did not know her floor"))
    await desk.ask("kim", "r2")
    said = text_of(await looks(desk), desk)
    for told_ in ("Temporary Access Pass", "Declined", "Decided by Ben", "Left it on the train"):
        assert told_ in said
    assert "floor" not in said, "why somebody said no is theirs"
    assert "Kim" not in said


async def test_nothing_of_how_sure_a_proof_was_is_in_it(desk: Office) -> None:
    await proved(desk)
    answer = await looks(desk)
    assert isinstance(answer, HistoryCard)
    assert [one.request.kind for one in answer.episodes] == ["verify"]
    assert "86" not in repr(answer)


async def test_what_an_agent_filled_in_for_them_is_not_their_own_reason(desk: Office) -> None:
    await desk.ask(reason="other", text="The caller says so")
    async with desk.store.unit() as unit:
        request = await unit.load("r1")
        assert request is not None
        await unit.save(replace(request, opened_by=person("ben")))
    said = text_of(await looks(desk), desk)
    assert "The caller says so" not in said
    assert "Opened by Ben" in said


@pytest.mark.parametrize("name", ["kim", "ben", "sofia", "mo", "emma"])
@pytest.mark.parametrize(
    "action", [BeginLooking(Sight.HISTORY), LookAt(Sight.HISTORY, ANN), LookAt(Sight.HISTORY, "?")]
)
async def test_nobody_else_looks_and_learns_who_is_there(desk: Office, name: str, action: Action) -> None:
    assert why(await desk.desk.handle(at_home(name), action)) == Reason.NOT_ENTITLED
    assert await mine(desk) == []


async def test_words_show_the_way_to_who_may_look_alone(desk: Office) -> None:
    for name, shown in ((LEA, LookDoor), ("kim", StatusCard), ("ben", StatusCard)):
        answer = await desk.desk.handle(at_home(name), ForSome(Sight.HISTORY, ShowStatus()))
        assert isinstance(answer, shown)
    assert isinstance(await desk.desk.handle(in_channel(LEA), ForSome(Sight.HISTORY, ShowStatus())), Done)


async def test_nobody_looks_in_a_channel(desk: Office) -> None:
    assert why(await desk.desk.handle(in_channel(LEA), LookAt(Sight.HISTORY, ANN))) == Reason.NOT_PRIVATE


@pytest.mark.parametrize("what", ["guest", "disabled", "left", "away"])
async def test_a_lead_is_looked_at_with_each_press(desk: Office, what: str) -> None:
    assert isinstance(await desk.desk.handle(at_home(LEA), BeginLooking(Sight.HISTORY)), LookForm)
    lea = desk.directory.accounts[LEA]
    desk.directory.accounts[LEA] = replace(lea, guest=what == "guest", enabled=what != "disabled")
    if what == "left":
        desk.directory.members[LEADS].discard(LEA)
    if what == "away":
        desk.directory.trouble["groups"] = Unavailable("away")
    assert why(await looks(desk)) == (Reason.UNKNOWN if what == "away" else Reason.NOT_ENTITLED)


async def test_the_person_reads_for_a_week_who_looked(desk: Office) -> None:
    await looks(desk)
    assert await mine(desk) == [(Sight.HISTORY, "Lea")]
    assert await mine(desk, "kim") == []
    (entry,) = await told(desk, "history_seen")
    assert (entry.data["by"], entry.subject) == (LEA, ANN)
    desk.clock.time += WEEK
    assert await mine(desk) == []


async def test_it_is_on_record_before_anything_is_read(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever's process dies of the reading has looked."""

    async def dies(*_: object) -> None:
        raise Unavailable("killed")

    await desk.desk.installed(person(LEA), private(LEA))
    async with desk.store.unit() as unit:
        monkeypatch.setattr(type(unit), "latest", dies)
    with pytest.raises(Unavailable):
        await looks(desk)
    monkeypatch.undo()
    assert [(e.data["by"], e.subject) for e in await told(desk, "history_seen")] == [(LEA, ANN)]
    assert await mine(desk) == [(Sight.HISTORY, "Lea")]


async def test_a_look_that_could_not_begin_is_none(desk: Office) -> None:
    desk.directory.trouble["account"] = Unavailable("away")
    await looks(desk)
    desk.directory.trouble.clear()
    assert await told(desk, "history_seen") == []
    assert await mine(desk) == []


async def test_an_emergency_account_and_nobody_read_the_same_and_security_hears(desk: Office) -> None:
    nobody, emma = await looks(desk, at="nobody"), await looks(desk, at="EMMA")
    assert nobody == emma
    assert why(emma) == Reason.NOT_TO_BE_SEEN
    assert [e.data["reason"] for e in await told(desk, "refused")] == [Reason.NOT_FOUND, Reason.DENY_LIST]
    (found,) = await told(desk, "found")
    assert (found.data["sort"], found.data["person"]) == ("named_look", LEA)


async def test_nobody_looks_at_more_than_so_many_within_an_hour_not_even_at_once(desk: Office) -> None:
    for _ in range(BY_AN_HOUR - 1):
        assert isinstance(await looks(desk), HistoryCard)
    several = await asyncio.gather(*(looks(desk, at=name) for name in ("kim", "mo", "ben")))
    assert sorted(why(one) for one in several) in (
        ["HistoryCard", Reason.CHANGED, Reason.CHANGED],
        ["HistoryCard", Reason.CHANGED, Reason.LOOKED_OFTEN],
        ["HistoryCard", Reason.LOOKED_OFTEN, Reason.LOOKED_OFTEN],
    )
    assert why(await looks(desk)) == Reason.LOOKED_OFTEN
    desk.clock.time += HOUR
    assert isinstance(await looks(desk), HistoryCard)


async def test_a_long_history_is_a_card_that_teams_takes(desk: Office) -> None:
    one = await desk.bring("sessions", reason="other", text="ü" * 500)
    async with desk.store.unit() as unit:
        for number in range(MANY):
            await unit.add(replace(one, id=f"s{number}", version=1))
    assert len(text_of(await looks(desk), desk).encode()) < 25_000


async def test_two_of_one_name_are_both_listed(desk: Office) -> None:
    desk.directory.accounts["ann2"] = replace(desk.directory.accounts[ANN], id="ann2")
    shown = await desk.desk.handle(at_home(LEA), FindColleague(Sight.HISTORY, "ann2", ""))
    assert isinstance(shown, LookForm)
    assert [one.id for one in shown.found] == ["ann2", ANN]


async def test_approvers_read_it_only_where_that_is_set_and_of_what_they_decide(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, approvers=True, own={"risk": {"approvers_group": "security"}})
        await desk.ask()
        await desk.ask(request_id="r2", kind="risk")
        answer = await looks(desk, "ben")
        assert isinstance(answer, HistoryCard)
        assert [one.request.kind for one in answer.episodes] == ["tap"]
        assert why(await looks(desk, "kim")) == Reason.NOT_ENTITLED


# -- proof -------------------------------------------------------------------------------------------------------


async def prompt(desk: Office, by: str = "ben", at: str = ANN) -> SignIn:
    """Ben asks for somebody's proof, and his own chat gets a prompt."""
    assert isinstance(await looks(desk, by, at, Sight.PROOF), Said)
    async with desk.store.unit() as unit:
        begun = await unit.begun_by(Lookup, TENANT, by, desk.clock.now() - HOUR)
        asked = [await unit.sign_in_for(one.id, by, Purpose.LOOK) for one in begun if not one.over]
    return next(one for one in asked if one is not None and one.expires_at > desk.clock.now())


async def test_who_may_read_it_sees_when_and_never_how_well_and_its_person_that_they_did(desk: Office) -> None:
    await proved(desk)
    await desk.job("follow", "v1")
    desk.directory.readers = frozenset({"ben"})
    sign_in = await prompt(desk)
    await desk.job("matter", sign_in.request)
    assert sign_in.id in desk.messenger.shown(private("ben").id)
    assert await mine(desk) == []
    answer = await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben"))
    assert isinstance(answer, ProofShown)
    assert answer.proof == {"at": desk.directory.kept[ANN]["at"]}
    assert await mine(desk) == [(Sight.PROOF, "Ben")]
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "ben")), Done)
    assert [(e.data["by"], e.data["shown"], e.subject) for e in await told(desk, "proof_seen")] == [("ben", "yes", ANN)]
    await desk.job("matter", sign_in.request)
    assert "This look is over" in desk.messenger.shown(private("ben").id)


async def test_entra_decides_and_who_may_not_see_it_is_on_record_alone(desk: Office) -> None:
    await proved(desk)
    sign_in = await prompt(desk, "sofia")
    assert why(await desk.desk.handle(at_home("sofia"), OfferToken(sign_in.id, "sofia"))) == Reason.MAY_NOT_LOOK
    assert [e.data["shown"] for e in await told(desk, "proof_seen")] == ["no"]
    assert await mine(desk) == []


@pytest.mark.parametrize("name", ["kim", LEA, "mo"])
async def test_nobody_but_the_helpdesk_and_security_asks_for_one(desk: Office, name: str) -> None:
    desk.directory.readers = frozenset({name})
    assert why(await looks(desk, name, sight=Sight.PROOF)) == Reason.NOT_ENTITLED


async def test_anothers_prompt_an_old_one_and_one_of_who_left_show_nothing(desk: Office) -> None:
    await proved(desk)
    desk.directory.readers = frozenset({"ben", "cleo"})
    sign_in = await prompt(desk)
    assert isinstance(await desk.desk.handle(at_home("cleo"), OfferToken(sign_in.id, "cleo")), SignInWanted)
    assert isinstance(await desk.desk.handle(in_channel("ben"), OfferToken(sign_in.id, "ben")), SignInWanted)
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(sign_in.id, "cleo"))) == Reason.MAY_NOT_LOOK
    old = await prompt(desk)
    desk.clock.time += timedelta(minutes=6)
    assert isinstance(await desk.desk.handle(at_home("ben"), OfferToken(old.id, "ben")), SignInWanted)
    left = await prompt(desk)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await desk.desk.handle(at_home("ben"), OfferToken(left.id, "ben"))) == Reason.NOT_ENTITLED
    assert await mine(desk) == []
