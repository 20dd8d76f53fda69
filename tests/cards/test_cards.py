"""What each reader sees and may do, by the state of the request."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from string import ascii_lowercase, digits
from typing import Any

import pytest

import cards
from bot.core import actions as do
from bot.core.answers import (
    Form,
    HomeCard,
    Offer,
    OfferCard,
    Refused,
    RequestCard,
    Said,
    SecretShown,
    ThreatDoor,
    ThreatForm,
)
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.callers import Stand, Verification
from bot.core.colleague import Colleague
from bot.core.doubtful import DoubtForm
from bot.core.forms import Field, Sheet
from bot.core.kind import Kind
from bot.core.lockcards import LockDoor, LockForm
from bot.core.lookups import Sight
from bot.core.model import Chat, Ending, Refusal, Secret, Status, Way
from bot.core.packing import unpack
from bot.core.ports import Purpose, SignIn, SignInStage, Slot
from bot.core.proven import Proven
from bot.core.reasons import Reason
from bot.core.sights import LookDoor, LookForm
from bot.kinds import KINDS
from cards import Showable, View
from cards.texts import LANGUAGES
from playground.gallery.people import ANN, BEN
from playground.gallery.requests import APPROVED, RECEIPT, SIGNED_IN, at, told
from playground.gallery.stories import NOW
from tests.cards.walk import NO_REQUESTS, actions, buttons, pieces, texts

VIEW = View("en", NOW, "the helpdesk", user="29:ann", person=ANN.id)
HOSTILE = "[click](https://evil.example) **now** <at>Ben</at> {{DATE(2026-01-01T00:00:00Z)}}"


def own(status: Status, **changes: Any) -> dict[str, Any]:
    return cards.show(RequestCard(replace(at(status), **changes), Slot.REQUESTER), VIEW)


def verbs(card: dict[str, Any]) -> list[str]:
    return [action["data"]["verb"] for action in card.get("actions", ()) if "data" in action]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (Status.STEP_UP, ["sign-in", "withdraw", "report"]),
        (Status.PROOF, ["prove", "withdraw", "report"]),
        (Status.APPROVAL, ["withdraw", "report"]),
        (Status.READY, ["show", "withdraw", "report"]),
        (Status.ACTING, ["report"]),
        (Status.UNKNOWN, ["replace", "revoke", "report"]),
        (Status.DONE, ["revoke", "report"]),
        (Status.REVOKING, ["report"]),
        (Status.REFUSED, []),
        (Status.DENIED, ["begin"]),
        (Status.WITHDRAWN, ["begin"]),
        (Status.EXPIRED, ["begin"]),
        (Status.EVALUATED, []),
        (Status.FAILED, ["begin"]),
        (Status.REVOKED, ["begin"]),
        (Status.ENDED, ["begin"]),
    ],
)
def test_a_requester_can_do_what_the_state_allows(status: Status, wanted: list[str]) -> None:
    assert verbs(own(status)) == wanted


def test_a_lost_answer_can_be_replaced_once_and_only_after_looking() -> None:
    assert "replace" not in verbs(own(Status.UNKNOWN, expires_at=None, receipt=None))
    assert "replace" in verbs(own(Status.UNKNOWN, receipt=None))
    assert "replace" not in verbs(own(Status.UNKNOWN, replaced=True))


def test_what_was_reported_cannot_be_reported_again() -> None:
    assert verbs(own(Status.REVOKING, reported=True)) == []


def test_the_pass_is_shown_in_a_dialog_or_by_message_as_the_policy_says() -> None:
    [show] = [a for a in own(Status.READY)["actions"] if a["data"]["verb"] == "show"]
    assert (show["type"], show["data"]["msteams"]) == ("Action.Submit", {"type": "task/fetch"})
    by_message = cards.show(RequestCard(at(Status.READY), Slot.REQUESTER), replace(VIEW, reveal="message"))
    assert by_message["actions"][0]["type"] == "Action.Execute"


def test_a_card_refreshes_for_its_one_reader_while_it_can_change() -> None:
    assert own(Status.APPROVAL)["refresh"]["userIds"] == ["29:ann"]
    assert own(Status.APPROVAL)["refresh"]["action"]["verb"] == "refresh"
    assert "refresh" not in own(Status.ENDED)
    assert "refresh" not in cards.show(RequestCard(at(Status.APPROVAL), Slot.REQUESTER), replace(VIEW, user=""))


def test_what_waits_in_the_channel_is_asked_after_by_whoever_sees_it() -> None:
    """By nobody in particular: Teams would ask for the named ones only."""
    view = replace(VIEW, user="", person="", approvals=1)
    card = cards.show(RequestCard(at(Status.APPROVAL), Slot.APPROVERS), view)
    assert "userIds" not in card["refresh"]
    assert card["refresh"]["action"]["verb"] == "refresh"
    assert "refresh" not in cards.show(RequestCard(at(Status.DONE), Slot.APPROVERS), view)


def test_approvers_see_who_what_why_and_decide() -> None:
    view = replace(VIEW, user="", person="", facts={"account": "enabled, member"}, approvals=2)
    request = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, APPROVED))
    card = cards.show(RequestCard(request, Slot.APPROVERS), view)
    said = texts(card)
    for part in ("Ann Archer", "Phone is lost or broken", "INC0012345", "60 minutes", "enabled, member"):
        assert part in said
    assert "1 of 2: Ben Bishop" in said
    assert buttons(card) == ["Approve", "Decline", "I'm looking at it", "Take my yes back"]
    inner = card["actions"][1]["card"]
    assert inner["body"][0]["id"] == "reason"
    assert inner["body"][0]["isRequired"] is True
    data = {**inner["actions"][0]["data"], "reason": "no"}
    assert unpack(data) == do.Deny(do.Ref(request.id, request.version), "no")


def test_one_person_who_approved_twice_counts_once() -> None:
    request = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, APPROVED, APPROVED))
    card = cards.show(RequestCard(request, Slot.APPROVERS), replace(VIEW, approvals=2))
    assert "1 of 2: Ben Bishop" in texts(card)


@pytest.mark.parametrize("status", [status for status in Status if status not in {Status.APPROVAL, Status.READY}])
def test_approvers_have_no_buttons_when_it_is_not_theirs_to_decide(status: Status) -> None:
    assert actions(cards.show(RequestCard(at(status), Slot.APPROVERS), replace(VIEW, user=""))) == []


def test_an_approver_confirms_by_signing_in_and_is_told_what_came_of_it() -> None:
    ben = replace(VIEW, user="29:ben", person=BEN.id, link="https://desk.example/step-up/start?t=s1")
    waiting = cards.show(RequestCard(at(Status.APPROVAL), Slot.CONFIRM), ben)
    assert waiting["actions"][0]["data"] == {"msteams": {"type": "signin", "value": ben.link}}
    request = replace(at(Status.READY), evidence=(SIGNED_IN, APPROVED))
    assert "Your approval counts" in texts(cards.show(RequestCard(request, Slot.CONFIRM), ben))
    denied = cards.show(RequestCard(at(Status.DENIED), Slot.CONFIRM), ben)
    assert "not needed any more" in texts(denied)
    expired = cards.show(RequestCard(at(Status.APPROVAL), Slot.CONFIRM), replace(ben, link=""))
    assert "run out" in texts(expired)
    assert [action["title"] for action in expired["actions"]] == ["Approve", "Decline", "I'm looking at it"]


def test_a_secret_is_shown_exactly_as_it_is_and_not_as_markdown() -> None:
    secret = "*a*_b_[c](d)<e>`f`#{{DATE(2026-01-01T00:00:00Z)}}+"
    card = cards.show(SecretShown(at(Status.DONE), Secret(secret), RECEIPT.expires_at), VIEW)
    [run] = [p for p in pieces(card) if p.get("fontType") == "Monospace"]
    assert (run["type"], run["text"]) == ("TextRun", secret)
    assert "actions" not in card


def test_a_secret_in_a_message_can_be_hidden_and_its_notification_says_nothing() -> None:
    secret = "Xy7+abcd"
    message = cards.secret_message(SecretShown(at(Status.DONE), Secret(secret), RECEIPT.expires_at), VIEW)
    assert verbs(message["attachments"][0]["content"]) == ["hide", "revoke", "report"]
    assert secret not in message["summary"]
    assert secret in json.dumps(message["attachments"])


@pytest.mark.parametrize("slot", sorted({*Slot} - NO_REQUESTS))
def test_what_people_typed_is_never_live(slot: Slot) -> None:
    hostile = replace(ANN, name=HOSTILE)
    request = replace(
        at(Status.DENIED),
        subject=hostile,
        requester=hostile,
        details={"reason": "other", "text": HOSTILE, "ticket": HOSTILE, "minutes": HOSTILE, "unheard": HOSTILE},
        ending=Ending(BEN.id, HOSTILE, HOSTILE),
        evidence=(SIGNED_IN, replace(APPROVED, name=HOSTILE)),
        reported=slot is Slot.SECURITY,
    )
    _dead(cards.show(RequestCard(request, slot), replace(VIEW, facts={"account": HOSTILE})))


NEVER = {(Slot.VOUCHER, status) for status in (Stand.ASKED, Stand.UNREACHED, Stand.MISMATCHED)}  # no manager was asked
CALLS = {(slot, status) for slot in (Slot.AGENT, Slot.CALLER, Slot.VOUCHER, Slot.SECURITY) for status in Stand} - NEVER


@pytest.mark.parametrize(("slot", "status"), sorted(CALLS))
def test_nor_is_a_name_on_the_cards_of_a_call(slot: Slot, status: Stand) -> None:
    hostile = replace(ANN, name=HOSTILE)
    one = Verification(id="c1", by=hostile, about=hostile, created_at=NOW, seed="00", status=status, voucher=hostile)
    _dead(cards.show(CallerCard(replace(one, proven=Proven.PRESENCE, proven_at=NOW), slot), VIEW))
    found = Colleague("x", HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    _dead(cards.show(CallerForm("f1", HOSTILE[:90], found=(found,)), VIEW), but="value")


def _dead(card: Mapping[str, Any], but: str = "") -> None:
    for piece in pieces(card):
        if piece.get("type") == "TextRun":
            continue  # no client reads these as anything but text
        for key in {"text", "value"} - {but}:  # what somebody typed stands in its own field as it is
            words = piece.get(key, "")
            assert "](" not in words
            assert "**now**" not in words
            assert "<at>" not in words.replace("\\<at", "")
            assert "{{DATE(2026-01-01" not in words
    assert "msteams" not in card


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong_beside_it() -> None:
    ticket = Field("ticket", pattern="[A-Z]+", example="ABC", longest=40)
    fields = (ticket, Field("text", required=True, multiline=True))
    wrong = {"ticket": "form.pattern", "text": "form.required"}
    card = cards.show(Form("tap", "f1", Sheet(fields), {"ticket": "x*1"}, wrong), VIEW)
    inputs = {p["id"]: p for p in pieces(card) if str(p.get("type", "")).startswith("Input.")}
    assert inputs["ticket"]["value"] == "x*1"
    assert inputs["ticket"]["placeholder"] == "For example: ABC"
    body = card["body"]
    said = body[body.index(inputs["ticket"]) + 1]["text"]
    assert "ticket number" in said
    assert said.endswith("For example: ABC")
    assert body[body.index(inputs["text"]) + 1]["text"] == cards.text("tap.error.text.required", "en")
    # A client that checks by itself says what it can check and sends nothing: the rest would be told the next time.
    assert not [(i, k) for i in inputs.values() for k in ("isRequired", "regex", "errorMessage") if k in i]
    assert unpack({**card["actions"][0]["data"], "ticket": "A"}) == do.Submit("tap", "f1", {"ticket": "A"})


def test_a_kind_that_is_not_open_to_someone_is_greyed_with_the_reason() -> None:
    refusal = Refusal(Reason.TOO_MANY, {"limit": "3"})
    card = cards.show(HomeCard(ANN, (Offer("tap", refusal),), ()), VIEW)
    [button] = actions(card)
    assert button["isEnabled"] is False
    assert "3 times within a day" in texts(card)


@pytest.mark.parametrize(
    ("after", "on_card", "in_a_line"),
    [
        (
            timedelta(seconds=20),
            "in less than a minute, at {{TIME(2026-03-12T09:30:20Z)}}",
            "in less than a minute, at 09:30 UTC",
        ),
        (
            timedelta(minutes=12),
            "in 12 minutes, at {{TIME(2026-03-12T09:42:00Z)}}",
            "in 12 minutes, at 09:42 UTC",
        ),
        (
            timedelta(hours=20),
            "in about 20 hours, at {{TIME(2026-03-13T05:30:00Z)}}",
            "in about 20 hours, at 05:30 UTC",
        ),
    ],
)
def test_who_has_to_wait_reads_how_long_and_until_when(after: timedelta, on_card: str, in_a_line: str) -> None:
    refusal = Refused(Refusal(Reason.TOO_MANY, {"limit": "3", "again": (NOW + after).isoformat()}))
    fresh, at = replace(VIEW, fresh=True), NOW + after
    assert f"You can ask again {on_card}." in texts(cards.show(refusal, fresh))
    assert f"You can ask again {in_a_line}." in cards.sentence(refusal, fresh)
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    stays = f"You can ask again from {{{{DATE({stamp},SHORT)}}}} {{{{TIME({stamp})}}}} on."
    assert stays in texts(cards.show(refusal, VIEW))
    assert f"You can ask again from {at:%Y-%m-%d %H:%M} UTC on." in cards.sentence(refusal, VIEW)


def test_a_refusal_with_a_request_shows_the_card_that_is_for_the_reader() -> None:
    refused = Refused(Refusal(Reason.CLOSED), at(Status.APPROVAL))
    assert "It waits for somebody's approval" in texts(cards.show(refused, VIEW))
    assert "Ann Archer asks" in texts(cards.show(refused, replace(VIEW, person=BEN.id)))
    assert actions(cards.show(refused, replace(VIEW, person=""))) == []


def test_an_address_of_ours_in_a_refusal_can_be_pressed_and_no_other() -> None:
    synced = Refused(Refusal("password.synced"))
    view = replace(VIEW, contact="https://evil.example")
    said = texts(cards.show(synced, view))
    assert "[passwordreset.microsoftonline.com](https://passwordreset.microsoftonline.com)" in said
    assert "](https://evil" not in said
    assert "https://passwordreset.microsoftonline.com " in cards.sentence(synced, VIEW)


def test_a_refusal_without_words_or_params_of_its_own_still_says_what_to_do() -> None:
    assert "contact the helpdesk" in cards.sentence(Refused(Refusal("graph.something_new")), VIEW)
    assert "…" in cards.sentence(Refused(Refusal(Reason.TOO_MANY)), VIEW)


def test_a_line_says_times_in_words_and_a_card_lets_the_client_say_them() -> None:
    refused = Refused(Refusal("tap.live_pass", {"until": NOW.isoformat()}))
    assert "2026-03-12 09:30 UTC" in cards.sentence(refused, VIEW)
    assert "{{TIME(2026-03-12T09:30:00Z)}}" in texts(cards.show(refused, VIEW))


def test_the_sign_in_prompt_is_one_teams_knows() -> None:
    chat = Chat(ANN.tenant, "a:1", "https://smba.example/", personal=True, user="29:ann")
    sign_in = SignIn("s1", Purpose.LOOK, ANN, chat, "r1", 1, "", SignInStage.BEGUN, created_at=NOW, expires_at=NOW)
    view = replace(VIEW, link="https://desk.example/step-up/start?t=s1")
    message = cards.prompt(sign_in, view, resource="api://desk.example/botid-1")
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.oauth"
    assert attachment["content"]["tokenExchangeResource"] == {"id": "s1", "uri": "api://desk.example/botid-1"}
    assert attachment["content"]["buttons"] == [{"type": "signin", "title": "Sign in", "value": view.link}]


def test_dialogs_have_a_title() -> None:
    assert cards.title(Form("tap", "f1", Sheet()), VIEW) == "Temporary Access Pass"
    assert cards.title(Refused(Refusal(Reason.OFF)), VIEW) == "That is not possible"
    assert cards.title(Said("said.begun"), VIEW) == "Vouchsafe"


def test_a_line_is_sent_as_plain_text() -> None:
    assert cards.line("*hi*") == {"type": "message", "textFormat": "plain", "text": "*hi*"}


def test_who_signed_in_is_not_asked_to_while_the_desk_looks_again() -> None:
    end = at(Status.STEP_UP).expires_at
    soon = own(Status.STEP_UP, evidence=(SIGNED_IN,), due_at=NOW + timedelta(seconds=30))
    assert verbs(soon) == ["withdraw", "report"]
    assert cards.text("request.step_up.checked", "en") in texts(soon)
    assert "sign-in" in verbs(own(Status.STEP_UP, evidence=(SIGNED_IN,), due_at=end))  # too old: once more


def test_what_keeps_somebody_from_everything_is_told_once() -> None:
    guest = Refusal(Reason.GUEST_OF, {"home": "fabrikam.example"})
    card = cards.show(HomeCard(ANN, (Offer("tap", guest), Offer("password", guest)), ()), VIEW)
    assert json.dumps(card).count("fabrikam") == 1
    assert "Ask for a pass" not in texts(card)
    some = cards.show(HomeCard(ANN, (Offer("tap", guest), Offer("password", None)), ()), VIEW)
    assert {"Ask for a pass", "Get a new password"} <= set(texts(some).splitlines())


def test_who_waits_for_their_turn_reads_when_it_comes() -> None:
    waiting = replace(at(Status.READY), kind="risk", way=Way.ALONE, details={}, due_at=NOW + timedelta(seconds=40))
    card = cards.show(RequestCard(waiting, Slot.REQUESTER), VIEW)
    assert "{{TIME(2026-03-12T09:30:40Z)}}" in texts(card)


def test_offers_that_somebody_may_have_come_before_those_they_may_not() -> None:
    no = Refusal(Reason.GUEST)
    offers = [
        Offer("tap", no),
        Offer("password", None),
        Offer("risk", no),
        Offer("methods", None),
        Offer("verify", None),
    ]
    card = cards.show(HomeCard(ANN, tuple(offers), ()), VIEW)
    kinds = [a["data"]["kind"] for a in actions(card["body"]) if a.get("data", {}).get("verb") == "begin"]
    assert kinds == ["password", "methods", "verify", "tap", "risk"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_is_told_by_an_icon(kind: Kind) -> None:
    offer = OfferCard(ANN, Offer(kind.name, None, alarm=kind.alarm, icon=kind.icon))
    (icon,) = [piece for piece in pieces(cards.show(offer, VIEW)) if piece.get("type") == "Icon"]
    assert icon["name"]


@pytest.mark.parametrize(
    ("language", "spelled"),
    [
        ("en", "K KILO · k kilo · 7 seven · + · X X-RAY · ß"),
        ("de", "K KÖLN · k köln · 7 sieben · + · X XANTEN · ß"),
    ],
)
def test_a_secret_is_spelled_and_capitals_are_words_in_capitals(language: str, spelled: str) -> None:
    shown = SecretShown(told("tap", Status.DONE), Secret("Kk7+Xß"), NOW)
    assert spelled in texts(cards.show(shown, replace(VIEW, language=language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_spelled_by_a_word_that_begins_with_it(language: str) -> None:
    assert [c for c in ascii_lowercase if not cards.text(f"spell.{c}", language).startswith(c)] == []
    assert len({cards.text(f"spell.{c}", language) for c in ascii_lowercase + digits}) == 36


@pytest.mark.parametrize(
    ("level", "style"),
    [
        ("low", "Accent"),
        ("medium", "Warning"),
        ("high", "Attention"),
        ("unknown", "Attention"),
        ("compromised", "Attention"),
    ],
)
def test_how_grave_it_is_shows_in_the_colour_of_its_badge(level: str, style: str) -> None:
    request = told("risk", Status.APPROVAL)
    request = replace(request, details={**request.details, "level": level})
    view = replace(VIEW, user="", person="", levels=KINDS["risk"].levels)
    badges = [p for p in pieces(cards.show(RequestCard(request, Slot.APPROVERS), view)) if p.get("type") == "Badge"]
    assert [(p["text"], p["style"]) for p in badges[1:]] == [(cards.text(f"risk.badge.{level}", "en"), style)]


@pytest.mark.parametrize(
    "answer",
    [
        CallerDoor(),
        CallerForm("f1", "Ann", found=(Colleague("a", "Ann", "ann@contoso.example", "Buyer"),)),
        ThreatDoor(),
        ThreatForm("t1"),
        LockDoor(),
        LockForm("l1", "Ann", found=(Colleague("a", "Ann", "ann@contoso.example", "Buyer"),)),
        LookDoor(Sight.HISTORY),
        LookForm(Sight.PROOF, "Ann", found=(Colleague("a", "Ann", "ann@contoso.example", "Buyer"),)),
        DoubtForm("Ann", found=(Colleague("a", "Ann", "ann@contoso.example", "Buyer"),)),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_follows_from_a_card_keeps_to_the_language_somebody_wrote_in(answer: Showable) -> None:
    sent = [action["data"] for action in actions(cards.show(answer, replace(VIEW, spoken=True))) if "data" in action]
    assert sent
    assert [data for data in sent if "verb" in data and data.get("lang") != "en"] == []
