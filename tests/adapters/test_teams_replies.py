"""Answers in the forms Teams wants, and the one way a secret goes out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import cards
from bot.core import actions as do
from bot.core.actions import Ref
from bot.core.answers import (
    Answer,
    Done,
    Form,
    Offer,
    OfferCard,
    Refused,
    RequestCard,
    Said,
    SecretShown,
    SignInWanted,
    ThreatCard,
)
from bot.core.callcards import CallerCard
from bot.core.callers import Verification
from bot.core.forms import Choice, Field, Sheet
from bot.core.listed import StatusCard
from bot.core.model import Actor, Refusal, Secret, Status
from bot.core.ports import Slot
from bot.core.threat import Threat, ThreatLevel
from bot.teams.inbound import Command, Via
from bot.teams.replies import malformed, reply, said
from bot.teams.results import NotPrivate, carry, reveal
from cards.view import View
from tests.adapters.edge import BEN, NOW, TENANT, home, person, private, request

VIEW = View("en", NOW, "extension 4357", person=person().id)
SECRET = "Xy7+*_#q"
REASON = Field("reason", required=True, choices=(Choice("other", "tap.reason.other"),))
FORM = Form("tap", "r1", Sheet((REASON,)))
SHOWN = SecretShown(request(), Secret(SECRET), NOW + timedelta(hours=1))
CALL = Verification(id="caller:f1", by=person(BEN), about=person(), created_at=NOW)
RAISED = Threat(
    id="threat:f1",
    by=person(BEN),
    about=person(BEN),
    created_at=NOW,
    level=ThreatLevel.LOCKDOWN,
    until=NOW + timedelta(hours=1),
    reason="",
)
OTHER = TENANT.replace("b", "f")


def come(via: Via, action: Any = None, **where: Any) -> Command:
    return Command(Actor(person(), private(**where)), action or do.Show(Ref("r1", 1)), via, connection="vouchsafe")


def wire(answer: Answer, via: Via, action: Any = None) -> Any:
    body = reply(answer, come(via, action), VIEW).body
    return json.loads(json.dumps(body))


def test_a_card_answers_an_action() -> None:
    body = wire(RequestCard(request(), Slot.REQUESTER), Via.CARD)
    assert (body["statusCode"], body["type"]) == (200, "application/vnd.microsoft.card.adaptive")
    assert body["value"]["type"] == "AdaptiveCard"


def test_a_line_answers_an_action() -> None:
    body = wire(Said("said.begun"), Via.CARD)
    assert body["type"] == "application/vnd.microsoft.activity.message"
    assert isinstance(body["value"], str)
    assert isinstance(wire(Done(), Via.CARD)["value"], str)


def test_a_refusal_leaves_the_card_everybody_sees() -> None:
    body = wire(Refused(Refusal("own_request"), request()), Via.CARD, do.Approve(Ref("r1", 1)))
    assert body["type"] == "application/vnd.microsoft.activity.message"
    assert body["value"]
    refreshed = wire(Refused(Refusal("not_found")), Via.CARD, do.Refresh(Ref("r1", 1)))
    assert (refreshed["statusCode"], refreshed["type"]) == (400, "application/vnd.microsoft.error")
    assert set(refreshed["value"]) == {"code", "message"}


def test_a_form_opens_in_a_dialog_and_comes_back_with_what_is_wrong() -> None:
    for via in (Via.FETCH, Via.SUBMIT):
        task = wire(FORM, via)["task"]
        assert task["type"] == "continue"
        assert set(task["value"]) == {"title", "height", "width", "card"}
        assert task["value"]["card"]["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert task["value"]["card"]["content"]["type"] == "AdaptiveCard"


def test_what_is_shown_in_a_dialog_has_no_buttons_that_would_do_nothing() -> None:
    answers: list[Answer] = [home(), StatusCard(person(), (request(),)), RequestCard(request(), Slot.REQUESTER)]
    for answer in [*answers, Refused(Refusal("closed"), request()), Said("said.begun")]:
        task = wire(answer, Via.FETCH)["task"]
        assert task["type"] == "continue"
        assert "Action." not in json.dumps(task)


def test_a_no_in_a_dialog_says_what_it_is_once() -> None:
    """The dialog has the title; in the chat, where nothing else has it, the card does."""
    no = Refused(Refusal("too_many"))
    for via in (Via.FETCH, Via.SUBMIT):
        shown = wire(no, via)["task"]["value"]
        assert shown["title"] == cards.text("refusal.title", "en")
        assert shown["title"] not in json.dumps(shown["card"])
    (message,) = reply(no, come(Via.MESSAGE), VIEW).messages
    assert cards.text("refusal.title", "en") in json.dumps(message["attachments"])


def test_a_form_that_went_through_closes_the_dialog() -> None:
    assert reply(RequestCard(request(), Slot.REQUESTER), come(Via.SUBMIT), VIEW).body is None
    assert reply(Done(), come(Via.SUBMIT), VIEW).body is None
    assert wire(Refused(Refusal("too_many")), Via.SUBMIT)["task"]["type"] == "continue"


def test_what_is_not_theirs_is_answered_in_a_line_and_the_alarm_comes_into_the_chat() -> None:
    """A dialog's buttons do nothing but send forms."""
    answer = OfferCard(person(), Offer("compromised", None, alarm=True), "home.disowned")
    came = reply(answer, come(Via.SUBMIT, do.Disown("methods", "f1", {})), VIEW)
    assert came.body == {"task": {"type": "message", "value": cards.text("home.disowned", "en", contact=VIEW.contact)}}
    assert "compromised" in json.dumps(came.messages[0]["attachments"][0]["content"]["body"])


@pytest.mark.parametrize(
    ("via", "action"),
    [
        *((Via.FETCH, do.Begin("tap")), (Via.SUBMIT, do.Submit("tap", "r1", {})), (Via.CARD, do.Refresh(Ref("r1", 1)))),
        *((Via.CARD, do.Withdraw(Ref("r1", 1))), (Via.MESSAGE, do.ShowStatus()), (Via.PRESS, do.ShowStatus())),
    ],
)
def test_how_long_something_waits_is_said_only_to_whoever_presses_or_looks(via: Via, action: Any) -> None:
    """What stays in a chat says when: a card that is not drawn anew would say "in 12 minutes" for hours."""
    soon = (NOW + timedelta(minutes=12)).isoformat()
    waits, view = (
        replace(request(Status.APPROVAL), expires_at=NOW + timedelta(minutes=12)),
        replace(VIEW, user="29:ann"),
    )
    stays = via in {Via.MESSAGE, Via.PRESS}
    for answer in (Refused(Refusal("too_many", {"limit": "3", "again": soon})), RequestCard(waits, Slot.REQUESTER)):
        came = reply(answer, come(via, action), view)
        said = json.dumps([came.body, came.messages])
        if stays or came.body is None:
            assert "in 12 minutes" not in said
        elif not (isinstance(answer, Refused) and isinstance(action, do.Refresh)):  # which nobody reads
            assert "in 12 minutes" in said
    ended = RequestCard(replace(waits, status=Status.EXPIRED), Slot.REQUESTER)
    stays_there: list[Answer] = [home(), RequestCard(waits, Slot.APPROVERS), ended]
    for one in stays_there:
        assert "in 12 minutes" not in json.dumps(reply(one, come(Via.CARD, action), view).body)


def pressed(answer: Answer, action: Any = None, **where: Any) -> Any:
    """What comes of a form's button that was pressed in the chat, in message 17."""
    command = Command(Actor(person(), private(**where)), action or do.Submit("tap", "r1", {}), Via.PRESS, card="17")
    return reply(answer, command, replace(VIEW, user="29:ann", alarm="compromised"))


def test_what_comes_of_a_form_in_the_chat_takes_its_place_and_cannot_be_sent_again() -> None:
    """Nor is a second card of the request left there, which would ask after itself and go as a stray."""
    there = request(Status.STEP_UP)
    closed: list[Answer] = [RequestCard(there, Slot.REQUESTER), Refused(Refusal("already_open"), there)]
    for answer in closed:
        came = pressed(answer)
        assert (came.place, len(came.messages)) == ("17", 1)
        assert "Action." not in json.dumps(came.messages)
        assert "refresh" not in came.messages[0]["attachments"][0]["content"]
    open_: list[tuple[Answer, str]] = [(FORM, "submit"), (Refused(Refusal("too_many")), "compromised")]
    for answer, still in open_:
        came = pressed(answer)
        assert (came.place, len(came.messages)) == ("17", 1)
        assert still in json.dumps(came.messages), "a form can be sent once more, and the alarm stays at hand"


def test_nothing_takes_a_place_but_what_comes_of_a_form_in_a_private_chat() -> None:
    """What is answered in private to a press in a channel has no place there: the message pressed is the channel's."""
    assert pressed(RequestCard(request(), Slot.REQUESTER), personal=False).place == ""
    for action in (do.Begin("tap"), do.Withdraw(Ref("r1", 1)), do.Home()):
        assert pressed(FORM, action).place == ""


def test_messages() -> None:
    assert reply(home(), come(Via.MESSAGE), VIEW).messages[0]["attachments"]
    assert reply(Said("said.begun"), come(Via.MESSAGE), VIEW).messages[0]["text"]
    assert reply(RequestCard(request(), Slot.REQUESTER), come(Via.MESSAGE), VIEW).messages == ()


@pytest.mark.parametrize("via", [Via.VERIFY, Via.PRESS])
@pytest.mark.parametrize("answer", [CallerCard(CALL, Slot.CALLER), ThreatCard(RAISED, Slot.SECURITY)])
def test_what_has_a_message_of_its_own_is_not_posted_once_more(answer: Answer, via: Via) -> None:
    """A copy would be one that the desk does not know: nothing would follow it, and its buttons would stay."""
    assert reply(answer, come(via), VIEW).messages == ()


def test_a_silent_sign_in_that_is_not_enough_keeps_the_button() -> None:
    answered = reply(SignInWanted("s1", "weak_sign_in"), come(Via.EXCHANGE, do.OfferToken("s1", "t")), VIEW)
    assert answered.status == 412
    assert answered.body == {"id": "s1", "connectionName": "vouchsafe", "failureDetail": "weak_sign_in"}


def test_sign_ins_that_worked_and_that_did_not() -> None:
    worked = RequestCard(request(Status.APPROVAL), Slot.REQUESTER)
    assert reply(worked, come(Via.EXCHANGE, do.OfferToken("s1", "t")), VIEW).status == 200
    assert reply(worked, come(Via.VERIFY, do.ReturnCode("x")), VIEW).status == 200
    refused = reply(Refused(Refusal("wrong_person")), come(Via.VERIFY, do.ReturnCode("x")), VIEW)
    assert refused.status == 412
    assert len(refused.messages) == 1


@pytest.mark.parametrize("via", list(Via))
@pytest.mark.parametrize("failed", [True, False])
def test_every_way_of_arriving_has_a_way_to_fail(via: Via, failed: bool) -> None:
    answered = said(via, "words", failed=failed)
    assert answered.body is not None or answered.messages or answered.status == 200
    assert malformed(via, "words").body is not None


# -- the one way out for a secret -------------------------------------------------------------------------------------


def test_its_subject_sees_the_secret_in_the_private_chat() -> None:
    assert SECRET in json.dumps(reveal(SHOWN, private(), person(), VIEW))
    for via in (Via.FETCH, Via.CARD):
        assert SECRET in json.dumps(reply(SHOWN, come(via), VIEW).body)


@pytest.mark.parametrize("chat", [{"personal": False}, {"tenant": OTHER}, {"tenant": ""}])
def test_a_secret_does_not_go_to_another_sort_of_chat(chat: dict[str, Any]) -> None:
    with pytest.raises(NotPrivate):
        reveal(SHOWN, private(**chat), person(), VIEW)
    for via in Via:
        with pytest.raises(NotPrivate):
            assert not reply(SHOWN, come(via, **chat), VIEW).messages


@pytest.mark.parametrize("who", [person(BEN), person(""), person(tenant=OTHER)])
def test_a_secret_does_not_go_to_another_person(who: Any) -> None:
    with pytest.raises(NotPrivate):
        reveal(SHOWN, private(), who, VIEW)
    with pytest.raises(NotPrivate):
        carry(request(), Secret(SECRET), who, private(), VIEW)


@pytest.mark.parametrize("nobody", [person(""), person(tenant="")])
def test_a_secret_that_is_nobodys_goes_to_nobody(nobody: Any) -> None:
    """Who has no id, or no tenant, is not the same as somebody else without one."""
    lost = SecretShown(request(subject=nobody), Secret(SECRET), None)
    with pytest.raises(NotPrivate):
        reveal(lost, private(tenant=nobody.tenant), nobody, VIEW)


@pytest.mark.parametrize("via", [Via.MESSAGE, Via.PRESS, Via.EXCHANGE, Via.VERIFY])
def test_a_secret_is_never_a_message_by_the_way(via: Via) -> None:
    with pytest.raises(NotPrivate):
        reply(SHOWN, come(via), VIEW)


def test_a_message_for_a_secret_is_empty_until_it_holds_one() -> None:
    empty = carry(request(Status.READY), None, replace(person(), language="de-DE"), private(), VIEW)
    assert empty["attachments"][0]["content"]["lang"] == "de"  # the channel's view is not theirs
    assert empty["attachments"][0]["content"]["body"][0]["text"] == cards.text("tap.secret.coming", "de")
    assert empty["summary"] == cards.text("tap.title", "de")
    full = carry(request(), Secret(SECRET), person(), private(), VIEW)
    assert SECRET not in json.dumps(empty)
    assert SECRET in json.dumps(full)
    assert SECRET not in full["summary"]
    assert "2026-11-20T11:00:00Z" in json.dumps(full)  # until when it works
    assert "11:00:00Z" not in json.dumps(carry(request(receipt=None), Secret(SECRET), person(), private(), VIEW))
    with pytest.raises(NotPrivate):
        carry(request(), Secret(SECRET), person(), private(personal=False), VIEW)


def test_what_refuses_names_no_secret() -> None:
    with pytest.raises(NotPrivate) as caught:
        reveal(SHOWN, private(personal=False), person(), VIEW)
    assert SECRET not in repr(caught.value)
