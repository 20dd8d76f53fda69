"""Opened for somebody else: nothing without a verification of that request, their own word, and distinct people."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core.actions import Approve, Consent, Deny, Ref, RefuseConsent, Report, Show, Withdraw
from bot.core.answers import Answer, Form, RequestCard, Said, SecretShown
from bot.core.callers import Stand, Verification
from bot.core.calling import DenyCall, OpenForm, OpenRequest
from bot.core.errors import Unavailable
from bot.core.model import EvidenceType, Request, Status
from bot.core.options import ASSISTED
from bot.core.ports import Slot
from bot.core.reasons import Reason
from cards import text
from tests.fakes import POLICY, FakeClock, Office, at_home, in_channel, office, person, private
from tests.laws.faced import queued
from tests.laws.raised import lock, under_way
from tests.laws.seen import why
from tests.laws.test_callers import ANN, CALL, asked, number, signs_in, types, verification
from tests.laws.test_record import SECURITY, told
from tests.laws.wallet import asked as wallet_of
from tests.laws.wallet import credential
from tests.stores import patient

FORM = {"reason": "new_phone", "minutes": "60"}
OPEN = replace(POLICY, options={ASSISTED: True})


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        made = office(store, clock, OPEN, own={"tap": {"assisted": True}})
        async with store.unit() as unit:
            for name in ("ann", "ben", "cleo", "kim"):
                await unit.remember(person(name), private(name))
        yield made


async def verified(desk: Office, name: str = ANN, by: str = "ben", form: str = "f1") -> Verification:
    await asked(desk, name, by, form)
    await signs_in(desk, name, form)
    return await verification(desk, form)


async def opens(desk: Office, by: str = "ben", form: str = "f1", request: str = "r1", kind: str = "tap") -> Answer:
    return await desk.desk.handle(at_home(by), OpenRequest(form, 1, kind, request, FORM))


async def agrees(desk: Office, name: str = ANN, request: str = "r1") -> Answer:
    return await desk.desk.handle(at_home(name), Consent(Ref(request, 1)))


async def opened(desk: Office) -> Request:
    await verified(desk)
    answer = await opens(desk)
    assert isinstance(answer, Said), answer
    return await desk.load("r1")


async def ready(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    await desk.approve("cleo")


async def shown(desk: Office) -> None:
    await ready(desk)
    assert isinstance(await desk.show(), SecretShown)


# -- the way it should go --------------------------------------------------------------------------------------


async def test_what_ben_opens_for_ann_is_hers_from_the_first_moment(desk: Office) -> None:
    request = await opened(desk)
    assert (request.status, request.requester.id, request.subject.id) == (Status.CONSENT, ANN, ANN)
    assert request.opened_by is not None
    assert request.opened_by.id == "ben"
    await desk.job("cards")
    assert "The helpdesk wants to open this for you" in desk.messenger.shown(private(ANN).id)
    assert "has to agree first" in desk.messenger.shown(private("ben").id)
    agreed = await agrees(desk)
    assert isinstance(agreed, RequestCard)
    assert agreed.request.status is Status.STEP_UP
    await desk.sign_in()
    await desk.approve("cleo")
    shown = await desk.show()
    assert isinstance(shown, SecretShown)
    secret = shown.secret.reveal()
    await desk.job("cards")
    assert "Only Ann has what came of it" in desk.messenger.shown(private("ben").id)
    assert not any(secret in body for body in desk.messenger.bodies)
    deeds = await desk.deeds()
    assert (
        deeds.index("consent_wanted") < deeds.index("consented") < deeds.index("stepped_up") < deeds.index("approved")
    )


async def test_the_approvers_card_says_who_opened_it_and_how_the_caller_was_verified(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    await desk.job("cards")
    card = desk.messenger.shown("19:helpdesk")
    for said in ("fact.opened_by", "fact.verified", "fact.agreed", "proof.none_lately"):
        assert text(said, "en") in card, said


@pytest.mark.parametrize(("score", "said"), [(92.0, "proof.lately"), (31.0, "proof.none_lately")])
async def test_the_approvers_card_says_whether_they_have_proved_who_they_are_and_never_how_well(
    desk: Office, score: float, said: str
) -> None:
    wallet = await wallet_of(desk, request_id="v1")
    assert await wallet.shows(verifiedCredentialsData=[credential(faceCheck={"matchConfidenceScore": score})])
    await desk.ask(ANN, "r1")
    await desk.sign_in(ANN)
    await desk.job("cards")
    card = desk.messenger.shown("19:helpdesk")
    assert text(said, "en") in card
    assert not re.search(r"92|31\.|score", card)


async def test_the_form_is_the_kinds_own_and_begins_nothing(desk: Office) -> None:
    await verified(desk)
    form = await desk.desk.handle(at_home("ben"), OpenForm("f1", 1, "tap"))
    assert isinstance(form, Form)
    assert form.call == ("f1", (await verification(desk)).version)
    wrong = await desk.desk.handle(at_home("ben"), OpenRequest("f1", 1, "tap", "r1", {}))
    assert isinstance(wrong, Form)
    assert wrong.errors
    async with desk.store.unit() as unit:
        assert await unit.load("r1") is None


# -- without a verification of this request --------------------------------------------------------------------


async def test_a_number_alone_opens_nothing(desk: Office) -> None:
    await asked(desk)
    await types(desk, number(desk))
    assert why(await desk.desk.handle(at_home("ben"), OpenForm("f1", 1, "tap"))) == Reason.UNVERIFIED
    assert why(await opens(desk)) == Reason.UNVERIFIED
    async with desk.store.unit() as unit:
        assert await unit.load("r1") is None


@pytest.mark.parametrize("by", ["cleo", "kim", ANN])
async def test_another_agents_verification_is_nobody_elses(desk: Office, by: str) -> None:
    await verified(desk)
    assert why(await opens(desk, by)) == Reason.NOT_FOUND


async def test_it_serves_one_request(desk: Office) -> None:
    await opened(desk)
    assert isinstance(await opens(desk), Said)  # the form was sent twice
    assert (await verification(desk)).used_for == "r1"
    desk.clock.advance(minutes=1)
    await desk.desk.handle(at_home(ANN), Withdraw(Ref("r1", 1)))
    assert why(await opens(desk)) == Reason.CLOSED  # nobody is being asked any more
    assert why(await opens(desk, request="r2")) == Reason.UNVERIFIED


async def test_too_old_refused_or_unanswered_it_is_worth_nothing(desk: Office) -> None:
    await verified(desk)
    desk.clock.advance(minutes=30)
    assert why(await opens(desk)) == Reason.UNVERIFIED
    await verified(desk, form="f2")
    await desk.desk.handle(at_home(ANN), DenyCall("f2", 2))
    assert why(await opens(desk, form="f2")) == Reason.UNVERIFIED
    async with desk.store.unit() as unit:
        assert await unit.load("r1") is None


async def test_a_kind_that_its_policy_does_not_let_be_opened_is_not(desk: Office) -> None:
    await verified(desk)
    for kind in ("password", "methods", "sessions", "nothing"):
        assert why(await opens(desk, kind=kind)) == Reason.NOT_ASSISTED


async def test_somebody_elses_request_is_not_taken_for_what_was_opened(desk: Office) -> None:
    await desk.ask("kim", "r7")
    await verified(desk)
    assert why(await opens(desk, request="r7")) == Reason.NOT_FOUND
    assert (await desk.load("r7")).opened_by is None


async def test_who_has_one_open_already_gets_no_second(desk: Office) -> None:
    await desk.ask(ANN, "r7")
    await verified(desk)
    assert why(await opens(desk)) == Reason.THEY_HAVE_ONE
    assert (await verification(desk)).used_for == ""


async def test_why_it_is_not_possible_for_them_is_for_them_to_read(desk: Office) -> None:
    await verified(desk)
    desk.directory.members["employees"].discard(ANN)
    assert why(await opens(desk)) == Reason.NOT_FOR_THEM
    await desk.job("cards")
    assert text("refusal.not_allowed", "en", contact="the helpdesk")[:30] in desk.messenger.shown(private(ANN).id)
    assert text("refusal.not_allowed", "en", contact="the helpdesk")[:30] not in desk.messenger.shown(private("ben").id)


async def test_that_was_not_me_stops_what_was_opened_with_it(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    assert (await desk.load("r1")).status is Status.WITHDRAWN
    assert (await verification(desk)).status is Stand.REFUSED


async def test_what_was_shown_by_then_is_taken_back_as_after_an_alarm(desk: Office) -> None:
    await shown(desk)
    assert ANN in desk.directory.live
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    assert (await desk.load("r1")).status is Status.REVOKING
    await desk.job("revoke")
    assert ANN not in desk.directory.live
    assert desk.directory.writes[-1] == f"revoke {ANN}"  # somebody may be in by the pass, and it is used up
    assert (await desk.load("r1")).status is Status.REVOKED
    await desk.job("cards")
    assert "signed out everywhere" in desk.messenger.shown(private(ANN).id)
    assert "Stopped: it was not you" in desk.messenger.shown(private(ANN).id)
    await desk.job("warn", CALL)
    assert "it is stopped" in desk.messenger.shown(SECURITY)


async def test_it_was_not_me_is_their_own_word_whoever_opened_it(desk: Office) -> None:
    await shown(desk)
    await desk.ask(ANN, "r2", kind="methods")
    await desk.desk.handle(at_home(ANN), Report(Ref("r1", (await desk.load("r1")).version)))
    await lock(desk, "r1")
    assert (await desk.load("r2")).status is Status.WITHDRAWN
    assert [entry.data["by"] for entry in await told(desk, "stopped")] == [ANN]


async def test_so_is_a_password_that_nothing_ends_by_itself(database_url: str) -> None:
    clock = FakeClock()
    async with patient(database_url, clock) as store:
        desk = office(store, clock, own={"password": {"assisted": True}})
        await verified(desk, by="cleo")
        form = OpenRequest("f1", 1, "password", "r1", {"reason": "forgotten"})
        assert isinstance(await desk.desk.handle(at_home("cleo"), form), Said)
        await agrees(desk)
        await desk.prove_all()
        assert (await desk.act()).status is Status.DONE
        await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
        await desk.job("revoke")
        assert (await desk.load("r1")).status is Status.REVOKED
        assert [w for w in desk.directory.writes if not w.startswith("proof")] == [
            "password ann False",
            "password ann True",
            "revoke ann",
        ]


async def test_one_that_is_on_the_wire_by_then_is_never_shown(desk: Office) -> None:
    await ready(desk)
    showing, go_on = await under_way(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    go_on.set()
    assert not isinstance(await showing, SecretShown)
    await desk.job("revoke")
    assert ANN not in desk.directory.live


async def test_stopping_it_once_more_writes_nothing_down(desk: Office) -> None:
    await opened(desk)
    await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    entries = await desk.deeds()
    for _ in range(3):
        await desk.job("warn", CALL)
    assert await desk.deeds() == entries


async def test_it_is_stopped_even_when_whoever_took_the_no_died_of_it(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(desk)

    async def dies(*_: object) -> None:
        raise Unavailable("killed")

    monkeypatch.setattr(type(desk.ledger), "change", dies)
    with pytest.raises(Unavailable):
        await desk.desk.handle(at_home(ANN), DenyCall("f1", 3))
    monkeypatch.undo()
    assert (await verification(desk)).status is Stand.REFUSED
    assert (await desk.load("r1")).status is Status.CONSENT
    await desk.job("warn", CALL)
    assert (await desk.load("r1")).status is Status.WITHDRAWN


async def test_the_trail_says_who_opened_it_and_with_what(desk: Office) -> None:
    await opened(desk)
    (entry,) = await told(desk, "asked")
    assert (entry.data["opened_by"], entry.data["verification"]) == ("ben", CALL)


async def test_evidence_copied_from_another_request_counts_nothing(desk: Office) -> None:
    request = await opened(desk)
    (proof,) = request.evidence_of(EvidenceType.VERIFICATION)
    copied = replace(request, id="r9", evidence=(proof,))
    assert copied.evidence_of(EvidenceType.VERIFICATION) == ()


# -- without their word ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ben", "cleo", "kim"])
async def test_nobody_agrees_for_them(desk: Office, name: str) -> None:
    await opened(desk)
    assert why(await agrees(desk, name)) == Reason.NOT_YOURS
    assert why(await desk.desk.handle(in_channel(ANN), Consent(Ref("r1", 1)))) == Reason.NOT_PRIVATE
    assert (await desk.load("r1")).status is Status.CONSENT


async def test_their_word_is_asked_for_once_and_in_time(desk: Office) -> None:
    await opened(desk)
    desk.clock.advance(seconds=14 * 60 + 59)
    assert isinstance(await agrees(desk), RequestCard)
    for again in (Consent(Ref("r1", 1)), RefuseConsent(Ref("r1", 1))):
        assert why(await desk.desk.handle(at_home(ANN), again)) == Reason.CLOSED
    request = await desk.load("r1")
    assert (request.status, len(request.evidence_of(EvidenceType.CONSENT))) == (Status.STEP_UP, 1)


async def test_their_word_comes_too_late_after_a_quarter_of_an_hour(desk: Office) -> None:
    await opened(desk)
    desk.clock.advance(minutes=15)
    assert why(await agrees(desk)) == Reason.CLOSED
    assert (await desk.load("r1")).status is Status.EXPIRED


async def test_a_no_ends_it_and_security_hears_whose_question_it_was(desk: Office) -> None:
    await opened(desk)
    await desk.desk.handle(at_home(ANN), RefuseConsent(Ref("r1", 1)))
    assert (await desk.load("r1")).status is Status.WITHDRAWN
    assert (await verification(desk)).status is Stand.REFUSED
    assert f"warn:{CALL}" in await queued(desk)
    await desk.job("warn", CALL)
    assert "Ben from the helpdesk" in desk.messenger.shown(SECURITY)
    assert why(await agrees(desk)) == Reason.CLOSED


# -- distinct people -------------------------------------------------------------------------------------------


async def test_who_opened_it_decides_nothing_about_it(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    request = await desk.load("r1")
    assert why(await desk.desk.handle(in_channel("ben"), Approve(Ref("r1", request.version)))) == Reason.OWN_REQUEST
    no = await desk.desk.handle(in_channel("ben"), Deny(Ref("r1", request.version), "I changed my mind"))
    assert why(no) == Reason.OWN_REQUEST


async def test_nor_does_another_account_of_theirs(desk: Office) -> None:
    for name in ("ben", "cleo"):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    request = await desk.load("r1")
    assert why(await desk.desk.handle(in_channel("cleo"), Approve(Ref("r1", request.version)))) == Reason.SAME_PERSON


async def test_nobody_opens_for_another_account_of_their_own(desk: Office) -> None:
    await verified(desk)
    for name in ("ben", ANN):
        desk.directory.accounts[name] = replace(desk.directory.accounts[name], human="1002")
    assert why(await opens(desk)) == Reason.NOT_FOR_THEM
    assert (await desk.load("r1")).status is Status.REFUSED


async def test_an_agent_who_is_none_any_more_opens_nothing_with_what_they_have(desk: Office) -> None:
    await verified(desk)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await desk.desk.handle(at_home("ben"), OpenForm("f1", 2, "tap"))) == Reason.NOT_AGENT
    assert why(await opens(desk)) == Reason.NOT_AGENT
    async with desk.store.unit() as unit:
        assert await unit.load("r1") is None


async def test_an_agent_who_is_none_any_more_stops_it_at_the_next_step(desk: Office) -> None:
    await opened(desk)
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await agrees(desk)) == Reason.OPENER_LEFT
    assert (await desk.load("r1")).status is Status.REFUSED


async def test_nor_does_the_act_happen_when_they_left_just_before_it(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    await desk.approve("cleo")
    desk.directory.members["helpdesk"].discard("ben")
    assert why(await desk.show()) == Reason.OPENER_LEFT
    assert desk.directory.writes == []


async def test_what_is_not_known_about_the_opener_is_a_no_for_now(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(desk)
    real = desk.directory.groups

    async def away(who: str, among: frozenset[str]) -> frozenset[str]:
        if who == "ben":
            raise Unavailable("away")
        return await real(who, among)

    monkeypatch.setattr(desk.directory, "groups", away)
    await agrees(desk)
    assert (await desk.load("r1")).status is Status.CONSENT
    monkeypatch.undo()
    desk.clock.advance(minutes=2)
    await desk.job("due")
    assert (await desk.load("r1")).status is Status.STEP_UP  # it goes on by itself: they have agreed
    assert desk.directory.writes == []


async def test_the_agent_sees_nothing_that_is_for_the_colleague(desk: Office) -> None:
    await opened(desk)
    await agrees(desk)
    await desk.sign_in()
    await desk.approve("cleo")
    for action in (Show(Ref("r1", 1)), Withdraw(Ref("r1", 1))):
        assert why(await desk.desk.handle(at_home("ben"), action)) == Reason.NOT_YOURS
    async with desk.store.unit() as unit:
        posted = await unit.posted("r1")
    assert {p.slot for p in posted if p.person == "ben"} <= {Slot.OPENER}
