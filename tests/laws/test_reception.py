"""What the desk offers and how a request begins: what is not for somebody opens no form, and begins nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.actions import Begin, Home, NotUnderstood, OfferKind, Ref, Refresh, Submit, Withdraw, WithdrawListed
from bot.core.answers import Form, HomeCard, MissCard, OfferCard, RequestCard
from bot.core.errors import Unavailable
from bot.core.forms import Fault
from bot.core.model import Mode, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.kinds import KINDS
from tests.fakes import FakeClock, Office, at_home, in_channel, office, person
from tests.laws.seen import why
from tests.laws.test_record import told
from tests.stores import patient

SENT = {"reason": "other"}


@pytest.fixture
async def pilots(database_url: str) -> AsyncIterator[Office]:
    """An office where one group alone may end its sessions, and where nobody clears a flag."""
    clock = FakeClock()
    own = {
        "sessions": {"mode": Mode.OFF, "variants": {"group:pilots": {"mode": Mode.ENFORCE}}},
        "risk": {"mode": Mode.OFF, "variants": {}},
    }
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own=own)
        desk.directory.members["pilots"] = {"kim"}
        yield desk


async def home(desk: Office, name: str) -> HomeCard:
    answer = await desk.desk.handle(at_home(name), Home())
    assert isinstance(answer, HomeCard)
    return answer


async def test_home_shows_somebody_what_waits_of_theirs(desk: Office) -> None:
    await desk.ask()
    await desk.ask(request_id="r2", kind="sessions")
    await desk.desk.handle(at_home("ann"), Withdraw(Ref("r1", (await desk.load("r1")).version)))
    assert [request.id for request in (await home(desk, "ann")).open] == ["r2"]
    assert (await home(desk, "kim")).open == ()


async def test_what_is_off_for_somebody_is_not_spoken_of_and_begins_nothing(pilots: Office) -> None:
    for name, offered in (("ann", set(KINDS) - {"risk", "sessions"}), ("kim", set(KINDS) - {"risk"})):
        assert {offer.kind for offer in (await home(pilots, name)).offers} == offered
    for action in (Begin("sessions"), OfferKind("sessions", ""), Submit("sessions", "r1", SENT)):
        assert why(await pilots.desk.handle(at_home("ann"), action)) == Reason.OFF
    for action in (Begin("risk"), OfferKind("risk", ""), Submit("risk", "r2", {})):
        assert why(await pilots.desk.handle(at_home("kim"), action)) == Reason.OFF
    assert isinstance(await pilots.desk.handle(at_home("kim"), Begin("sessions")), Form)
    missed = NotUnderstood(("risk", "tap"))
    assert await pilots.desk.handle(at_home("kim"), missed) == MissCard(("tap",))
    assert await pilots.ledger.load("r2") is None


async def test_what_the_tenant_lacks_is_offered_nowhere_and_begins_nothing(desk: Office) -> None:
    missed = NotUnderstood(("verify", "compromised", "tap", "risk", "sessions"))
    assert await desk.desk.handle(at_home("ann"), missed) == MissCard(("verify", "tap"))
    desk.verifier.missing = "no_verified_id"
    assert "verify" not in {offer.kind for offer in (await home(desk, "ann")).offers}
    assert await desk.desk.handle(at_home("ann"), missed) == MissCard(("tap", "risk"))
    for action in (Begin("verify"), OfferKind("verify", ""), Submit("verify", "r1", {})):
        assert why(await desk.desk.handle(at_home("ann"), action)) == Reason.UNAVAILABLE
    assert await desk.ledger.load("r1") is None


async def test_all_that_is_wrong_is_told_at_once_and_what_was_typed_stays(desk: Office) -> None:
    typed = {"reason": "other", "text": " ", "ticket": "see mail", "minutes": "7"}
    answer = await desk.desk.handle(at_home("ann"), Submit("tap", "f1", typed))
    assert isinstance(answer, Form)
    assert answer.errors == {"text": Fault.REQUIRED, "ticket": Fault.PATTERN, "minutes": Fault.CHOICE}
    assert answer.values == {**typed, "text": ""}
    assert await desk.ledger.load("f1") is None


async def test_a_ticket_number_is_taken_however_it_was_typed(desk: Office) -> None:
    assert why(await desk.ask(ticket=" inc 0012345 ")) == "RequestCard"
    assert (await desk.load("r1")).details["ticket"] == "INC0012345"


async def test_who_may_not_is_told_before_a_form_and_it_is_on_record_once_they_pressed(desk: Office) -> None:
    for said in ("", "I have a new phone"):
        assert why(await desk.desk.handle(at_home("mo"), OfferKind("tap", said))) == Reason.NOT_ALLOWED
    assert await told(desk) == []
    assert why(await desk.desk.handle(at_home("mo"), Begin("tap"))) == Reason.NOT_ALLOWED
    (entry,) = await told(desk)
    assert (entry.deed, entry.subject, entry.data["reason"]) == ("refused", "mo", Reason.NOT_ALLOWED)
    assert isinstance(await desk.desk.handle(at_home("ann"), OfferKind("tap", "")), OfferCard)
    assert isinstance(await desk.desk.handle(at_home("ann"), Begin("tap")), Form)


async def test_words_of_alarm_offer_its_button_and_raise_nothing(desk: Office) -> None:
    answer = await desk.desk.handle(at_home("ann"), OfferKind("compromised", "somebody is in my account"))
    assert isinstance(answer, OfferCard)
    assert answer.offer.alarm
    assert (await home(desk, "ann")).open == ()


async def test_a_form_that_is_wrong_or_has_nothing_to_ask_for_begins_nothing(desk: Office) -> None:
    sent = await desk.desk.handle(at_home("ann"), Submit("tap", "r1", {"reason": "new_phone", "minutes": "99999"}))
    assert isinstance(sent, Form)
    assert list(sent.errors) == ["minutes"]
    desk.directory.registered["ann"] = []
    sent = await desk.desk.handle(at_home("ann"), Submit("methods", "r1", {"method": "fido2:key-1", "why": "lost"}))
    assert isinstance(sent, Form)
    assert (sent.sheet.closed, sent.errors) == (True, {})
    assert await desk.ledger.load("r1") is None


@pytest.mark.parametrize(
    ("trouble", "reason"), [(Unavailable("throttled", retry_after=7), Reason.BUSY), (TimeoutError(), Reason.UNKNOWN)]
)
async def test_a_form_that_cannot_be_checked_just_now_begins_nothing(
    desk: Office, trouble: Exception, reason: Reason
) -> None:
    desk.directory.trouble["methods"] = trouble
    for action in (Begin("methods"), Submit("methods", "r1", {"method": "fido2:key-1", "why": "lost"})):
        assert why(await desk.desk.handle(at_home("ann"), action)) == reason
    assert await desk.ledger.load("r1") is None


async def test_a_form_that_was_sent_twice_shows_its_request_and_to_another_tenant_nothing(desk: Office) -> None:
    await desk.ask()
    before = await desk.load("r1")
    assert await desk.ask() == RequestCard(before, Slot.REQUESTER)
    namesake = replace(at_home("ann"), person=replace(person("ann"), tenant="another"))
    assert why(await desk.desk.handle(namesake, Submit("tap", "r1", {"reason": "other"}))) == Reason.NOT_FOUND
    assert await desk.load("r1") == before


async def test_a_card_is_drawn_again_for_whom_it_is_about_alone(desk: Office) -> None:
    await desk.ask()
    ref = Ref("r1", (await desk.load("r1")).version)
    assert isinstance(await desk.desk.handle(at_home("ann"), Refresh(ref)), RequestCard)
    for name in ("mo", "ben"):
        assert why(await desk.desk.handle(at_home(name), Refresh(ref))) == Reason.NOT_FOUND


async def test_a_press_on_ones_own_card_in_a_channel_is_no_proof_that_failed(desk: Office) -> None:
    await desk.ask()
    ref = Ref("r1", (await desk.load("r1")).version)
    assert why(await desk.desk.handle(in_channel("ann"), Withdraw(ref))) == Reason.NOT_PRIVATE
    assert [(entry.deed, entry.data["by"]) for entry in await told(desk)] == [("refused", "ann")]
    async with desk.store.unit() as unit:
        assert (await unit.tried(person("ann"), Sort.BY, desk.clock.now())).hour == 0 + 1  # and this one


async def test_what_cannot_be_withdrawn_any_more_is_said_so_on_the_list_too(desk: Office) -> None:
    await desk.bring("sessions")
    ref = Ref("r1", (await desk.load("r1")).version)
    for verb in (Withdraw, WithdrawListed):
        assert why(await desk.desk.handle(at_home("ann"), verb(ref))) == Reason.CLOSED
    assert (await desk.load("r1")).status is Status.DONE
