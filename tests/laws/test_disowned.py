"""What somebody says is not theirs reaches security once an hour; nothing is removed, begun or locked by it."""

from __future__ import annotations

import pytest

from bot.core.actions import Begin, Disown
from bot.core.answers import Answer, Form, OfferCard, Said
from bot.core.methods import Method, MethodKind
from bot.core.model import Mode
from bot.core.reasons import Reason
from bot.core.watch import BUDGET
from bot.kinds import KINDS
from cards import text
from tests.fakes import TENANT, FakeClock, Office, at_home, in_channel, office
from tests.laws.seen import why
from tests.laws.test_record import SECURITY, findings, heard, told
from tests.stores import patient

KEY = {"not_known": "fido2:key-1"}
EVIL = Method(MethodKind.PASSKEY, "evil", "x](https://evil.example) **now**")


async def says(desk: Office, values: dict[str, str], name: str = "ann") -> Answer:
    return await desk.desk.handle(at_home(name), Disown("methods", "f1", values))


async def test_the_form_asks_which_and_any_may_be_named_but_the_password(desk: Office) -> None:
    desk.directory.registered["ann"].append(Method(MethodKind.PASSWORD, "pw", ""))
    desk.directory.registered["ann"].append(Method(MethodKind.OTHER, "new", "Ring"))
    form = await desk.desk.handle(at_home("ann"), Begin("methods"))
    assert isinstance(form, Form)
    assert form.sheet.disowns is not None
    asked = await says(desk, {})
    assert isinstance(asked, Form)
    assert asked.disowns
    assert asked.errors == {}
    (field,) = asked.sheet.fields
    named = [choice.value.partition(":")[0] for choice in field.choices]
    assert named == ["fido2", "windowsHelloForBusiness", "microsoftAuthenticator", "other", "several"]
    assert await findings(desk) == []


@pytest.mark.parametrize("values", [{"not_known": ""}, {"not_known": "fido2:nobodys"}, {"not_known": "password:pw"}])
async def test_what_is_not_there_is_asked_for_again_and_tells_nobody(desk: Office, values: dict[str, str]) -> None:
    asked = await says(desk, values)
    assert isinstance(asked, Form)
    assert asked.errors.keys() == {"not_known"}
    assert await findings(desk) == []


async def test_security_hears_what_it_is_and_nothing_else_happens(desk: Office) -> None:
    before = list(desk.directory.registered["ann"])
    answer = await says(desk, KEY)
    assert isinstance(answer, OfferCard)
    assert (answer.offer.alarm, answer.lead) == (True, "home.disowned")
    assert await heard(desk) == 1
    card = desk.messenger.shown(SECURITY)
    assert text("finding.disowned", "en", name="Ann") in card
    assert "Passkey: YubiKey 5C" in card
    assert desk.directory.registered["ann"] == before
    assert desk.directory.writes == []
    async with desk.store.unit() as unit:
        assert tuple(await unit.latest(TENANT, "ann", 5)) == ()
        assert (await unit.locks(TENANT, "ann")).held == {}
    assert [(e.deed, e.kind, e.subject) for e in await told(desk, "found", "disowned")] == [
        ("found", "", "ann"),
        ("disowned", "methods", "ann"),
    ]


async def test_security_hears_once_an_hour_of_a_person_and_they_are_told_which_it_is(desk: Office) -> None:
    await says(desk, KEY)
    again = await says(desk, {"not_known": "several"})
    assert isinstance(again, OfferCard)
    assert again.lead == "home.disowned_before"
    await says(desk, KEY, "kim")
    assert await heard(desk) == 2
    desk.clock.advance(hours=1)
    later = await says(desk, KEY)
    assert isinstance(later, OfferCard)
    assert later.lead == "home.disowned"
    assert await heard(desk) == 3


async def test_the_trail_has_a_place_for_so_many_of_it_and_no_more(desk: Office) -> None:
    for _ in range(BUDGET + 5):
        await says(desk, KEY)
    entries = await told(desk, "disowned")
    assert len(entries) == BUDGET
    assert entries[-1].data["further"] == "counted"


async def test_a_name_somebody_gave_it_is_no_word_of_ours_on_securitys_card(desk: Office) -> None:
    desk.directory.registered["ann"] = [EVIL]
    await says(desk, {"not_known": "fido2:evil"})
    assert await heard(desk) == 1
    card = desk.messenger.shown(SECURITY)
    assert "“Passkey: x](https://evil.example) **now**”" in card  # in a block where no client reads Markdown


async def test_it_is_said_in_private_and_only_where_the_kind_is_offered(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock)
        assert why(await desk.desk.handle(in_channel("ann"), Disown("methods", "f1", KEY))) == Reason.NOT_PRIVATE
        assert why(await desk.desk.handle(at_home("ann"), Disown("nothing", "f1", KEY))) == Reason.OFF
        for kind in set(KINDS) - {"methods"}:  # that have nothing of the sort on their form
            assert not isinstance(await desk.desk.handle(at_home("ann"), Disown(kind, "f1", KEY)), OfferCard)
        assert await findings(desk) == []


async def test_without_an_alarm_to_raise_it_is_a_line(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"compromised": {"mode": Mode.OFF}})
        assert await says(desk, KEY) == Said("home.disowned")
