"""Who never met the bot gets its app, where the tenant lets the desk do that; else the agent hears what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.answers import Answer, Said
from bot.core.callcards import CallerCard
from bot.core.callers import BY_AN_HOUR, Verification
from bot.core.calling import AskCaller, AskManager
from bot.core.directory import APP_BLOCKED, Manager
from bot.core.doubting import AskDoubt
from bot.core.doubts import DoubtStand
from bot.core.errors import NO_PERMISSION, DeskError, NotGranted, Rejected, Unavailable
from bot.core.model import Chat
from bot.core.reasons import Reason
from bot.desk import newcomers
from tests.fakes import FakeClock, Office, at_home, office, person, private
from tests.laws.seen import why
from tests.laws.test_mutual import came
from tests.laws.test_record import told
from tests.stores import patient

APP = "the-app"
ANN, BEN = "ann", "ben"


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """An office whose desk knows its app in the catalogue, and in which Ann and Ben never met the bot."""
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, app=APP)
        made.messenger.strangers |= {ANN, BEN}
        yield made


async def asks(desk: Office, form: str = "f1", by: str = "cleo", about: str = ANN) -> Answer:
    await desk.desk.installed(person(by), private(by))
    return await desk.desk.handle(at_home(by), AskCaller(form, about))


async def test_a_colleague_who_never_met_the_bot_is_asked_there_and_the_trail_has_it(desk: Office) -> None:
    assert isinstance(await asks(desk), Said)
    await desk.job("matter", Verification.named("f1"))
    assert desk.directory.installed == [(ANN, APP)]
    assert "Are you on the telephone" in desk.messenger.shown(private(ANN).id)
    assert [(e.subject, e.data) for e in await told(desk, "app_installed")] == [(ANN, {"by": "cleo"})]


async def test_who_has_it_gets_it_no_second_time(desk: Office) -> None:
    desk.messenger.strangers.clear()
    assert isinstance(await asks(desk), Said)
    assert desk.directory.installed == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Rejected("no", code=APP_BLOCKED), Reason.CALLER_APP_BLOCKED),
        (NotGranted("no", code=NO_PERMISSION), Reason.CALLER_APP_UNGRANTED),
        (Rejected("no such app", code="NotFound"), Reason.CALLER_NO_TEAMS),
        (Unavailable("away"), Reason.UNKNOWN),
    ],
)
async def test_the_agent_hears_what_is_in_the_way(desk: Office, error: Exception, reason: Reason) -> None:
    desk.directory.trouble["install_app"] = error
    assert why(await asks(desk)) == reason
    assert desk.messenger.bodies == []
    assert [e.data["reason"] for e in await told(desk, "app_installed")] == [reason]
    async with desk.store.unit() as unit:
        kept = await unit.matter(Verification, Verification.named("f1-unreached"))
    assert (kept is not None) is (reason != Reason.UNKNOWN)  # whom nobody can ask, their manager may be
    if kept is not None:
        desk.directory.add("max", "employees")
        desk.directory.managers[ANN] = Manager("max", "Max")
        await desk.desk.installed(person("max"), private("max"))
        assert isinstance(await desk.desk.handle(at_home("cleo"), AskManager("f1-unreached", 1)), CallerCard)


@pytest.mark.parametrize(
    ("error", "reason"), [(Unavailable("away"), Reason.UNKNOWN), (NotGranted("no"), Reason.NOT_PERMITTED)]
)
async def test_where_it_is_not_known_that_they_have_no_chat_nothing_is_installed(
    desk: Office, error: DeskError, reason: Reason
) -> None:
    desk.messenger.shut.append(error)
    assert why(await asks(desk)) == reason
    assert desk.directory.installed == []
    assert await told(desk, "app_installed") == []


@pytest.mark.parametrize("tries", [1, 2, 3])
async def test_teams_may_not_know_them_at_once_and_is_asked_a_few_times(
    desk: Office, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    monkeypatch.setattr(newcomers, "PAUSES", (0.0, 0.0))
    desk.directory.given = str
    opens, real = iter(range(9)), desk.messenger.open_private

    async def open_private(tenant: str, who: str) -> Chat:
        if next(opens) == tries:
            desk.messenger.strangers.discard(who)
        return await real(tenant, who)

    monkeypatch.setattr(desk.messenger, "open_private", open_private)
    assert why(await asks(desk)) == (Reason.CALLER_NO_TEAMS if tries > 2 else "Said")
    assert desk.directory.installed == [(ANN, APP)]


async def test_of_an_answer_that_got_lost_the_chat_says_what_it_was(desk: Office) -> None:
    desk.directory.lose_answers = True
    assert isinstance(await asks(desk), Said)


async def test_without_the_apps_id_nobodys_teams_is_touched(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock)
        desk.messenger.strangers.add(ANN)
        assert why(await asks(desk)) == Reason.CALLER_NO_TEAMS
        assert desk.directory.installed == []


async def test_an_agent_who_may_not_ask_just_now_has_nothing_installed(desk: Office) -> None:
    for n in range(BY_AN_HOUR):
        desk.directory.add(f"x{n}", "employees")
        assert isinstance(await asks(desk, f"f{n}", about=f"x{n}"), Said)
    assert why(await asks(desk, "more")) == Reason.AGENT_ASKS_OFTEN
    assert why(await asks(desk, "other", by="kim")) == Reason.NOT_AGENT
    assert desk.directory.installed == []


async def test_an_agent_who_never_met_the_bot_gets_their_code_too(desk: Office) -> None:
    await desk.desk.installed(person(ANN), private(ANN))
    desk.messenger.strangers.discard(ANN)
    assert isinstance(await desk.desk.handle(at_home(ANN), AskDoubt("kim")), Said)
    assert desk.directory.installed == []
    desk.clock.advance(hours=1)
    assert (await came(desk)).status is DoubtStand.MATCHING
    assert desk.directory.installed == [(BEN, APP)]


async def test_a_form_that_asked_one_person_asks_nobody_else_and_nothing_is_installed_by_it_uncounted(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "PAUSES", ())
    for n in range(4):
        desk.directory.add(f"a{n}", "employees")
        desk.messenger.strangers.add(f"a{n}")
    desk.directory.given = str  # nobody has a chat by it at once
    assert why(await asks(desk, about="a0")) == Reason.CALLER_NO_TEAMS
    for n in range(1, 4):
        assert why(await asks(desk, about=f"a{n}")) == Reason.CHANGED
    assert desk.directory.installed == [("a0", APP)]

    desk.messenger.strangers.clear()
    assert isinstance(await asks(desk, "f2", about=ANN), Said)
    assert isinstance(await asks(desk, "f2", about=ANN), Said)  # sent twice
    assert why(await asks(desk, "f2", about="a1")) == Reason.CHANGED
    assert why(await asks(desk, "f2", by=BEN, about=ANN)) == Reason.CHANGED
    desk.clock.advance(minutes=6)
    assert why(await asks(desk, "f2", about=ANN)) == Reason.CLOSED  # she is not being asked any more
    assert len(await told(desk, "caller_asked")) == 1


async def test_of_many_at_once_no_more_are_installed_than_may_be_asked(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcomers, "PAUSES", ())
    desk.directory.trouble["install_app"] = Unavailable("away")  # of which no question is left
    many = range(BY_AN_HOUR + 3)
    for n in many:
        desk.directory.add(f"a{n}", "employees")
        desk.messenger.strangers.add(f"a{n}")
    answers = await asyncio.gather(*(asks(desk, f"f{n}", about=f"a{n}") for n in many))
    assert [why(answer) for answer in answers].count(Reason.AGENT_ASKS_OFTEN) == 3
    assert len(await told(desk, "app_installed")) == BY_AN_HOUR
