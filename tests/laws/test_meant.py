"""Words about somebody else: an agent is led to that colleague, and by words alone nothing is done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.answers import Form, Said
from bot.core.callcards import CallerDoor, CallerForm
from bot.core.calling import AboutOthers, AskCaller, BeginCaller, FindCaller
from bot.core.errors import Unavailable
from bot.core.options import ASSISTED
from bot.core.reasons import Reason
from tests.fakes import POLICY, FakeClock, Office, at_home, office, person, private
from tests.laws.seen import why
from tests.laws.test_behalf import opens, verified
from tests.laws.test_callers import ANN, asked, number, types, verification
from tests.stores import patient

SAID = AboutOthers(kind="tap", name="ann")


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, replace(POLICY, options={ASSISTED: True}))
        async with store.unit() as unit:
            for name in (ANN, "ben", "cleo"):
                await unit.remember(person(name), private(name))
        yield made


async def told(desk: Office, said: AboutOthers = SAID, by: str = "ben") -> CallerForm:
    answer = await desk.desk.handle(at_home(by), said)
    assert isinstance(answer, CallerForm), answer
    return answer


async def test_who_is_no_agent_hears_what_everybody_hears_of_others_and_nobody_is_looked_up(desk: Office) -> None:
    desk.directory.trouble["people"] = Unavailable("nobody asks")
    for name in ("kim", "emma", ANN):
        assert await desk.desk.handle(at_home(name), SAID) == Said("said.for_others")


async def test_an_agent_has_the_colleague_before_them_and_what_it_is_about_is_remembered(desk: Office) -> None:
    form = await told(desk)
    assert ([one.id for one in form.found], form.kind) == ([ANN], "tap")
    assert desk.messenger.bodies == []  # words ask nobody
    await desk.desk.handle(at_home("ben"), AskCaller(form.form, ANN, form.kind))
    assert (await verification(desk, form.form)).wanted == "tap"


async def test_it_is_remembered_from_the_first_button_on(desk: Office) -> None:
    assert await desk.desk.handle(at_home("ben"), replace(SAID, name="")) == CallerDoor("tap")
    begun = await desk.desk.handle(at_home("ben"), BeginCaller("tap"))
    found = await desk.desk.handle(at_home("ben"), FindCaller("f1", "", "ann", "tap"))
    assert [one.kind for one in (begun, found) if isinstance(one, CallerForm)] == ["tap", "tap"]


@pytest.mark.parametrize("kind", ["methods", "password", "nothing", "<at>"])
async def test_what_the_helpdesk_may_not_open_is_not_promised(desk: Office, kind: str) -> None:
    form = await told(desk, replace(SAID, kind=kind))
    assert form.kind == ""
    await desk.desk.handle(at_home("ben"), AskCaller("f1", ANN, kind))
    assert (await verification(desk)).wanted == ""


async def test_whom_they_have_just_verified_they_have_the_form_of(desk: Office) -> None:
    one = await verified(desk)
    form = await desk.desk.handle(at_home("ben"), SAID)
    assert isinstance(form, Form)
    assert (form.kind, form.call, form.about) == ("tap", (one.key, one.version), "Ann")
    async with desk.store.unit() as unit:
        assert await unit.load(form.request) is None
    assert not (await verification(desk)).used_for


@pytest.mark.parametrize("case", ["used", "another agent's", "a number", "old", "two of one name"])
async def test_nobody_skips_the_question_with_a_verification_that_opens_nothing(desk: Office, case: str) -> None:
    if case == "a number":
        await asked(desk)
        await types(desk, number(desk))
    else:
        await verified(desk, by="cleo" if case == "another agent's" else "ben")
    if case == "used":
        await opens(desk)
    if case == "old":
        desk.clock.advance(minutes=31)
    if case == "two of one name":
        desk.directory.accounts["ann2"] = replace(desk.directory.accounts[ANN], id="ann2")
    assert (await told(desk)).kind == "tap"


async def test_whom_a_client_names_is_looked_up_and_who_is_nobody_is_looked_for_by_name(desk: Office) -> None:
    form = await told(desk, replace(SAID, person="00000000-0000-0000-0000-00000000dead"))
    assert [one.id for one in form.found] == [ANN]
    nobody = await told(desk, replace(SAID, name="a tag of Teams'"))
    assert (nobody.fault, nobody.found) == ("no_match", ())


async def test_an_agent_who_is_none_any_more_hears_what_everybody_hears(desk: Office) -> None:
    await verified(desk)
    desk.directory.members["helpdesk"].discard("ben")
    assert await desk.desk.handle(at_home("ben"), SAID) == Said("said.for_others")


async def test_where_the_directory_does_not_answer_nothing_is_shown(desk: Office) -> None:
    desk.directory.trouble["people"] = Unavailable("away")
    assert why(await desk.desk.handle(at_home("ben"), SAID)) == Reason.UNKNOWN
