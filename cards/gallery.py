"""Every card in every state and language, with made-up people: what tests hold to the schema, and eyes look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.core.answers import Form, HomeCard, Offer, Refused, RequestCard, Said, SecretShown, StatusCard
from bot.core.model import (
    Choice,
    Ending,
    Evidence,
    Field,
    Mode,
    Person,
    Proof,
    Receipt,
    Refusal,
    Request,
    Secret,
    Status,
)
from bot.core.policy import Reason
from bot.core.ports import Slot
from cards import Showable, View, show
from cards.messages import secret_message
from cards.texts import LANGUAGES, text

NOW: Final = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
TENANT: Final = "6f1d5f0a-0000-4000-8000-00000000c0de"
ANN: Final = Person(TENANT, "6f1d5f0a-0000-4000-8000-0000000000a1", "Ann Archer")
BEN: Final = Person(TENANT, "6f1d5f0a-0000-4000-8000-0000000000b2", "Ben Bishop")
PASS: Final = "Rk+7*_w#Vq2!"  # noqa: S105 - made up, with all that Markdown would swallow
CONTACT: Final = {"en": "the helpdesk (extension 4357)", "de": "den Helpdesk (Durchwahl 4357)"}
DETAILS: Final = {
    "reason": "lost_phone",
    "text": "It fell into the harbour this morning.",
    "ticket": "INC0012345",
    "minutes": "60",
}

ASKED: Final = Request(
    id="b7c1d2e3f4a5",
    kind="tap",
    requester=ANN,
    subject=ANN,
    details=DETAILS,
    mode=Mode.ENFORCE,
    status=Status.STEP_UP,
    version=1,
    created_at=NOW - timedelta(minutes=12),
    expires_at=NOW + timedelta(minutes=15),
)
SIGNED_IN: Final = Evidence(Proof.STEP_UP, ANN.id, ANN.name, NOW - timedelta(minutes=9), "c1", ASKED.id)
APPROVED: Final = Evidence(Proof.APPROVAL, BEN.id, BEN.name, NOW - timedelta(minutes=4), "c1", ASKED.id)
RECEIPT: Final = Receipt("e8f9", NOW + timedelta(minutes=60))
ENDINGS: Final = {
    Status.DENIED: Ending(BEN.id, BEN.name, "I could not reach you by phone. Please call us first."),
    Status.WITHDRAWN: Ending(ANN.id, ANN.name),
    Status.REFUSED: Ending(refusal=Refusal(Reason.PRIVILEGED)),
    Status.FAILED: Ending(refusal=Refusal("tap.unusable")),
}
FIELDS: Final = (
    Field("reason", required=True, choices=tuple(Choice(c, f"tap.reason.{c}") for c in ("lost_phone", "other"))),
    Field("text", required_if=("reason", "other"), longest=300, multiline=True),
    Field("ticket", pattern=r"[A-Z]{2,8}-?\d{1,10}", longest=40),
    Field("minutes", required=True, choices=(Choice("30", "30 min"), Choice("60", "1 h")), default="60"),
)


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each card under a name such as `en/requester/ready`."""
    for language in LANGUAGES:
        view = View(language, NOW, CONTACT[language], user="29:ann", person=ANN.id)
        for name, answer, seen in [*_answers(view), *_requester(view), *_approvers(view), *_others(view)]:
            yield f"{language}/{name}", show(answer, seen)
        message = secret_message(_secret(), view)
        yield f"{language}/secret/message", message["attachments"][0]["content"]


Shown = Iterator[tuple[str, Showable, View]]


def _answers(view: View) -> Shown:
    no = Refusal(Reason.TOO_MANY, {"limit": "3"})
    yield "home/offer", HomeCard(ANN, (Offer("tap", None),), ()), view
    yield "home/help", HomeCard(ANN, (Offer("tap", None),), (at(Status.APPROVAL),), "home.help"), view
    yield "home/not_understood", HomeCard(ANN, (Offer("tap", no),), (), "home.not_understood"), view
    yield "home/nothing", HomeCard(ANN, (), (), "home.welcome"), view
    yield "list/some", StatusCard(ANN, (at(Status.READY), at(Status.ENDED), at(Status.DENIED))), view
    yield "list/none", StatusCard(ANN, ()), view
    yield "form/empty", Form("tap", "f1", FIELDS), view
    typed, wrong = {"reason": "other", "ticket": "see mail"}, {"text": "form.required", "ticket": "form.pattern"}
    yield "form/wrong", Form("tap", "f1", FIELDS, typed, wrong), view
    yield "said/line", Said("cancel.done"), view
    for reason in (*Reason, "tap.live_pass", "tap.lifetime", "anything.new"):
        params = {"limit": "3", "context": "c1", "until": NOW.isoformat(), "minimum": "10", "maximum": "480"}
        yield f"refused/{reason}", Refused(Refusal(str(reason), params)), view
    yield "refused/with_request", Refused(Refusal(Reason.ALREADY_OPEN), at(Status.APPROVAL)), view
    yield "secret/dialog", _secret(), view


def _requester(view: View) -> Shown:
    for status in Status:
        yield f"requester/{status}", RequestCard(at(status), Slot.REQUESTER), view
    lost = at(Status.UNKNOWN)
    by_message = replace(view, reveal="message")
    yield "requester/ready_by_message", RequestCard(at(Status.READY), Slot.REQUESTER), by_message
    yield "requester/ready_trial", RequestCard(replace(at(Status.READY), mode=Mode.EVALUATE), Slot.REQUESTER), view
    yield "requester/unknown_looking", RequestCard(replace(lost, receipt=None, expires_at=None), Slot.REQUESTER), view
    yield "requester/unknown_nothing", RequestCard(replace(lost, receipt=None), Slot.REQUESTER), view
    yield "requester/unknown_replaced", RequestCard(replace(lost, replaced=True), Slot.REQUESTER), view
    for status in (Status.REVOKING, Status.REVOKED):
        reported = replace(at(status), reported=True)
        yield f"requester/{status}_reported", RequestCard(reported, Slot.REQUESTER), view


def _approvers(view: View) -> Shown:
    channel = replace(view, user="", person="", approvals=2, facts={"account": _account(view.language)})
    for status in Status:
        yield f"approvers/{status}", RequestCard(at(status), Slot.APPROVERS), channel
    second = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, APPROVED))
    yield "approvers/second", RequestCard(second, Slot.APPROVERS), channel
    yield "approvers/reported", RequestCard(replace(at(Status.REVOKED), reported=True), Slot.APPROVERS), channel
    yield "reminder/waiting", RequestCard(at(Status.APPROVAL), Slot.REMINDER), channel
    yield "reminder/over", RequestCard(at(Status.READY), Slot.REMINDER), channel
    ben = replace(channel, user="29:ben", person=BEN.id, link="https://desk.contoso.example/step-up/start?t=s1")
    yield "confirm/waiting", RequestCard(at(Status.APPROVAL), Slot.CONFIRM), ben
    yield "confirm/expired", RequestCard(at(Status.APPROVAL), Slot.CONFIRM), replace(ben, link="")
    yield "confirm/counted", RequestCard(second, Slot.CONFIRM), ben
    yield "confirm/over", RequestCard(replace(at(Status.WITHDRAWN), evidence=(SIGNED_IN,)), Slot.CONFIRM), ben


def _others(view: View) -> Shown:
    channel = replace(view, user="", person="")
    for status in (Status.REVOKING, Status.REVOKED):
        yield f"security/{status}", RequestCard(replace(at(status), reported=True), Slot.SECURITY), channel
    refused = replace(at(Status.REFUSED), ending=Ending(refusal=Refusal(Reason.DENY_LIST)), evidence=())
    yield "security/emergency", RequestCard(refused, Slot.SECURITY), channel
    yield "secret/coming", RequestCard(at(Status.READY), Slot.SECRET), view
    yield "secret/hidden", RequestCard(at(Status.DONE), Slot.SECRET), view
    yield "prompt/over", RequestCard(at(Status.APPROVAL), Slot.PROMPT), view


def at(status: Status) -> Request:
    """Return the request of the story as it stands in `status`."""
    waits = status in {Status.STEP_UP, Status.APPROVAL, Status.READY, Status.UNKNOWN, Status.DONE}
    proofs = {Status.STEP_UP: (), Status.REFUSED: (), Status.APPROVAL: (SIGNED_IN,), Status.DENIED: (SIGNED_IN,)}
    made = status in {Status.UNKNOWN, Status.DONE, Status.REVOKING, Status.REVOKED, Status.ENDED}
    return replace(
        ASKED,
        status=status,
        version=list(Status).index(status) + 1,
        expires_at=NOW + timedelta(minutes=60) if waits else None,
        evidence=proofs.get(status, (SIGNED_IN, APPROVED)),
        receipt=RECEIPT if made else None,
        ending=ENDINGS.get(status),
    )


def _secret() -> SecretShown:
    return SecretShown(at(Status.DONE), Secret(PASS), RECEIPT.expires_at)


def _account(language: str) -> str:
    return ", ".join(text(f"account.{word}", language) for word in ("enabled", "member", "ordinary"))
