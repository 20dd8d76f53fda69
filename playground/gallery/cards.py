"""Every card in every state and language, with made-up people: what tests hold to the schema, and eyes look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.core.answers import (
    Form,
    HomeCard,
    MissCard,
    Offer,
    OfferCard,
    ProofShown,
    Refused,
    RequestCard,
    Said,
    SecretShown,
)
from bot.core.listed import StatusCard
from bot.core.model import (
    AGAIN,
    Ending,
    Follow,
    Mode,
    Refusal,
    Secret,
    Status,
)
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.core.watch import Notice, Sort
from bot.kinds import KINDS
from cards import Showable, View, in_chat, show
from cards.messages import secret_message
from cards.texts import LANGUAGES, text
from playground.gallery.brakes import brakes
from playground.gallery.calls import calls
from playground.gallery.doubts import doubts
from playground.gallery.escalations import escalations
from playground.gallery.faces import faces
from playground.gallery.forms import forms
from playground.gallery.interventions import interventions
from playground.gallery.levels import levels
from playground.gallery.locks import ALARM, locks, stopped
from playground.gallery.lookups import lookups
from playground.gallery.means import means
from playground.gallery.people import ANN, BEN, NOBODY, who
from playground.gallery.queues import queues
from playground.gallery.requests import APPROVED, ASKED, ENDINGS, RECEIPT, SIGNED_IN, at, told
from playground.gallery.sheets import Found, sheet
from playground.gallery.stories import FILLED_IN, NOW, STORIES
from playground.gallery.threats import threats

TOMORROW: Final = (NOW + timedelta(hours=20)).isoformat()
PASS: Final = "Rk+7*_w#Vq2!"
CONTACT: Final = {"en": "the helpdesk (extension 4357)", "de": "den Helpdesk (Durchwahl 4357)"}
START: Final = "https://desk.contoso.example/step-up/start?t="


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each card under a name such as `en/requester/ready`."""
    for language in LANGUAGES:
        view = View(language, NOW, CONTACT[language], user="29:ann", person=ANN.id)
        for name, answer, seen in answers(view):
            yield f"{language}/{name}", show(answer, seen)
        yield f"{language}/form/in_chat", in_chat(Form("tap", "f1", sheet(KINDS["tap"], ANN, Found(), NOW)), view)
        yield f"{language}/refused/in_chat", in_chat(Refused(Refusal(Reason.NOT_ALLOWED, FILLED_IN)), view)
        message = secret_message(_secret(), view)
        yield f"{language}/secret/message", message["attachments"][0]["content"]


Shown = Iterator[tuple[str, Showable, View]]


def answers(view: View) -> Shown:
    """Yield all that is shown as a card, with the view of whoever reads it."""
    yield from _offers(view)
    yield from _answers(view)
    yield from _requester(view)
    yield from faces(view)
    yield from means(view)
    yield from locks(view, START)
    yield from _approvers(view)
    yield from queues(view)
    yield from _others(view)
    yield from calls(view)
    yield from escalations(view)
    yield from lookups(view)
    yield from doubts(view)
    yield from threats(view)
    yield from interventions(view)
    yield from brakes(view)
    yield from ((f"{kind}/{name}", answer, seen) for kind in STORIES for name, answer, seen in _of(kind, view))


def _offers(view: View) -> Shown:
    """What somebody may ask for: all of it, and the one they wrote about."""
    yield "home/offer", HomeCard(ANN, (Offer("tap", None),), ()), view
    yield "home/help", HomeCard(ANN, (Offer("tap", None),), (at(Status.APPROVAL),), "home.help"), view
    yield from (("miss/near", MissCard(("tap", "password")), view), ("miss/far", MissCard(()), view))
    alarm, no = replace(view, alarm=ALARM), Refusal(Reason.TOO_MANY, {"limit": "3", "again": TOMORROW})
    offers = tuple(Offer(kind.name, None, alarm=kind.alarm, icon=kind.icon) for kind in KINDS.values())
    yield "home/all", HomeCard(ANN, offers, tuple(told(kind, Status.READY) for kind in KINDS)), alarm
    shut = tuple(
        Offer(kind.name, None if kind.alarm else no, alarm=kind.alarm, icon=kind.icon) for kind in KINDS.values()
    )
    yield "home/shut", HomeCard(ANN, shut, ()), alarm
    yield "offer/one", OfferCard(ANN, Offer("tap", None, icon=KINDS["tap"].icon)), alarm
    yield "offer/alarm", OfferCard(ANN, Offer(ALARM, None, alarm=True)), alarm
    for lead in ("home.disowned", "home.disowned_before"):
        yield f"offer/{lead.partition('.')[2]}", OfferCard(ANN, Offer(ALARM, None, alarm=True), lead), alarm
        yield f"said/{lead.partition('.')[2]}", Said(lead), view
    yield "home/nothing", HomeCard(ANN, (), (), "home.welcome"), view


def _answers(view: View) -> Shown:
    yield "list/some", StatusCard(ANN, (at(Status.READY), at(Status.ENDED), at(Status.DENIED))), view
    yield "list/none", StatusCard(ANN, ()), view
    fields = sheet(KINDS["tap"], ANN, Found(), NOW)
    yield "form/empty", Form("tap", "f1", fields), view
    typed, wrong = {"reason": "other", "ticket": "see mail"}, {"text": "form.required", "ticket": "form.pattern"}
    yield "form/wrong", Form("tap", "f1", fields, typed, wrong), view
    yield "said/line", Said("said.begun"), view
    told = (*Reason, "tap.live_pass", "tap.lifetime", "anything.new", *(s.failed for s in STORIES.values()))
    for reason in dict.fromkeys(map(str, told)):
        yield f"refused/{reason}", Refused(Refusal(reason, FILLED_IN)), view
    yield "refused/with_request", Refused(Refusal(Reason.ALREADY_OPEN), at(Status.APPROVAL)), view
    yield "secret/dialog", _secret(), view


def _signing_in(view: View) -> Shown:
    """The button on the request's own card, after a sign-in that came to nothing too."""
    own = replace(view, link=f"{START}s1")
    lost = at(Status.UNKNOWN)
    for name, request in (("step_up", at(Status.STEP_UP)), ("unknown", lost)):
        yield f"requester/{name}_asked", RequestCard(request, Slot.REQUESTER), own
    again = replace(at(Status.APPROVAL), repeated=1)
    again = replace(again, details={**again.details, f"{AGAIN}text": "It was stolen, not lost"})
    yield "requester/asked_again", RequestCard(again, Slot.REQUESTER), view
    yield "approvers/asked_again", RequestCard(again, Slot.APPROVERS), replace(view, user="", person="")
    for line in ("request.moved", "request.over"):
        yield f"said/{line}", Said(line, {"kind": text("tap.title", view.language)}), view
    failed = replace(own, failed=Reason.SIGN_IN_CANCELLED)
    yield "requester/step_up_cancelled", RequestCard(at(Status.STEP_UP), Slot.REQUESTER), failed
    ben = replace(failed, user="29:ben", person=BEN.id, failed=Reason.WEAK_SIGN_IN, by=NOW)
    yield "confirm/failed", RequestCard(at(Status.APPROVAL), Slot.CONFIRM), ben


def _requester(view: View) -> Shown:
    yield from _signing_in(view)
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
        yield f"requester/{status}_reported", RequestCard(replace(at(status), reported=True), Slot.REQUESTER), view


def _approvers(view: View) -> Shown:
    channel = replace(view, user="", person="", approvals=2, facts=who(view.language))
    for status in Status:
        yield f"approvers/{status}", RequestCard(at(status), Slot.APPROVERS), channel
    second = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, APPROVED))
    yield "approvers/second", RequestCard(second, Slot.APPROVERS), channel
    again = replace(at(Status.APPROVAL), level="high", more=1, evidence=(SIGNED_IN, replace(APPROVED, level="medium")))
    lately = (replace(at(Status.WITHDRAWN), reported=True), at(Status.DENIED), *[at(Status.EXPIRED)] * 5)
    told = replace(channel, levels=("medium", "high"), past=lately)
    yield "approvers/again", RequestCard(again, Slot.APPROVERS), told
    yield "requester/again", RequestCard(again, Slot.REQUESTER), replace(view, levels=told.levels)
    yield "confirm/again", RequestCard(again, Slot.CONFIRM), replace(told, user="29:ben", person=BEN.id)
    yield "approvers/reported", RequestCard(replace(at(Status.REVOKED), reported=True), Slot.APPROVERS), channel
    yield "reminder/waiting", RequestCard(at(Status.APPROVAL), Slot.REMINDER), channel
    yield "reminder/over", RequestCard(at(Status.READY), Slot.REMINDER), channel
    yield "approvers/confirming", RequestCard(second, Slot.APPROVERS), replace(channel, confirming=((BEN.name, NOW),))
    ben = replace(channel, user="29:ben", person=BEN.id, link=f"{START}s1", by=NOW)
    yield "confirm/waiting", RequestCard(at(Status.APPROVAL), Slot.CONFIRM), ben
    yield "confirm/expired", RequestCard(at(Status.APPROVAL), Slot.CONFIRM), replace(ben, link="")
    yield "confirm/counted", RequestCard(second, Slot.CONFIRM), ben
    yield "confirm/over", RequestCard(replace(at(Status.WITHDRAWN), evidence=(SIGNED_IN,)), Slot.CONFIRM), ben


def _of(kind: str, view: View) -> Shown:
    """Every place of a kind's requests in every state, and at each stage of what becomes of them."""
    own = replace(view, link=f"{START}s1", wallet="https://desk.contoso.example/verified-id/open?r=", alarm=ALARM)
    channel = replace(view, user="", person="", verdicts=KINDS[kind].verdicts, levels=KINDS[kind].levels)
    for status in Status:
        request = told(kind, status)
        yield f"requester/{status}", RequestCard(request, Slot.REQUESTER), own
        yield f"approvers/{status}", RequestCard(request, Slot.APPROVERS), channel
        yield f"security/{status}", RequestCard(replace(request, reported=True), Slot.SECURITY), channel
    for status, stage, params in STORIES[kind].stages:
        request = told(kind, status, stage, params)
        name = "_".join(filter(None, (status, stage, params.get("why"))))
        yield f"requester/{name}", RequestCard(request, Slot.REQUESTER), own
        yield f"approvers/{name}", RequestCard(request, Slot.APPROVERS), channel
    yield from ((name, form, own) for name, form in forms(kind))
    yield from _turns(kind, own, channel)
    yield from levels(kind, channel)


def _turns(kind: str, own: View, channel: View) -> Shown:
    """What a state alone does not say: a lost answer's turns, what could not follow, a link that has run out."""
    lost, done = told(kind, Status.UNKNOWN), told(kind, Status.DONE)
    yield "requester/unknown_looking", RequestCard(replace(lost, receipt=None, expires_at=None), Slot.REQUESTER), own
    yield "requester/unknown_nothing", RequestCard(replace(lost, receipt=None), Slot.REQUESTER), own
    yield "requester/unknown_replaced", RequestCard(replace(lost, replaced=True), Slot.REQUESTER), own
    yield "requester/done_not_followed", RequestCard(replace(done, follow=Follow.FAILED), Slot.REQUESTER), own
    for status in (Status.STEP_UP, Status.APPROVAL):
        soon = replace(told(kind, status), expires_at=NOW + timedelta(minutes=12))
        yield f"requester/{status}_fresh", RequestCard(soon, Slot.REQUESTER), replace(own, fresh=True)
    ready = replace(told(kind, Status.READY), mode=Mode.EVALUATE)
    yield "requester/ready_trial", RequestCard(ready, Slot.REQUESTER), own
    yield "requester/ready_closed", RequestCard(told(kind, Status.READY), Slot.REQUESTER), replace(own, link="")
    for status in (Status.REVOKING, Status.REVOKED):
        reported = replace(told(kind, status), reported=True)
        yield f"requester/{status}_reported", RequestCard(reported, Slot.REQUESTER), own
        yield f"approvers/{status}_reported", RequestCard(reported, Slot.APPROVERS), channel
    yield from _found(kind, own, channel)
    yield from stopped(kind, own, channel)
    waiting = told(kind, Status.APPROVAL)
    ben = replace(channel, user="29:ben", person=BEN.id, link=f"{START}s2", by=NOW)
    for verdict in channel.verdicts.yes:
        chosen = {"choice": text(f"{kind}.verdict.{verdict}", own.language)}
        yield f"confirm/{verdict}", RequestCard(waiting, Slot.CONFIRM), replace(ben, facts=chosen)
    yield "confirm/waiting", RequestCard(waiting, Slot.CONFIRM), ben
    for proof in ("there", "missing"):
        facts = {**who(own.language), "proof": text(f"proof.{proof}", own.language)}
        yield (
            f"approvers/proof_{proof}",
            RequestCard(waiting, Slot.APPROVERS),
            replace(channel, facts=facts, looks=True),
        )


def _found(kind: str, own: View, channel: View) -> Shown:
    """A no with which an approver raises the alarm, and what has become of it."""
    denied = told(kind, Status.DENIED)
    for verdict in channel.verdicts.alarms:
        chosen = {"choice": text(f"{kind}.verdict.{verdict}", own.language)}
        ben = replace(channel, user="29:ben", person=BEN.id, link=f"{START}s2", by=NOW, facts=chosen, denies=True)
        yield f"confirm/{verdict}", RequestCard(told(kind, Status.APPROVAL), Slot.CONFIRM), ben
        expired = replace(ben, link="")
        yield f"confirm/{verdict}_expired", RequestCard(told(kind, Status.APPROVAL), Slot.CONFIRM), expired
        yield f"confirm/{verdict}_over", RequestCard(told(kind, Status.EXPIRED), Slot.CONFIRM), ben
        said = replace(denied, ending=replace(ENDINGS[Status.DENIED], choice=verdict))
        trial = replace(said, mode=Mode.EVALUATE, follow=Follow.DONE)
        followed = {str(state): replace(said, follow=state) for state in Follow if state is not Follow.NOTHING}
        for state, request in (followed | {"trial": trial}).items():
            yield f"requester/denied_{verdict}_{state}", RequestCard(request, Slot.REQUESTER), own
            yield f"approvers/denied_{verdict}_{state}", RequestCard(request, Slot.APPROVERS), channel
            yield f"security/denied_{verdict}_{state}", RequestCard(request, Slot.SECURITY), channel
        yield f"confirm/{verdict}_counted", RequestCard(said, Slot.CONFIRM), ben


def _findings(view: View) -> Shown:
    for sort in (Sort.BY, Sort.ABOUT, Sort.REFUSED, Sort.DISOWNED):
        what = "Passkey: Blue key" if sort is Sort.DISOWNED else ""
        yield f"finding/{sort}", Notice("f1", BEN, sort, "hour", 5, NOW, "" if what else ASKED.id, what), view
    yield "finding/stranger", Notice("f1", NOBODY, Sort.STRANGER, "hour", 20, NOW, ""), view
    for window in ("minute", "hour", "day"):
        yield f"finding/yes_{window}", Notice("f1", BEN, Sort.YES, window, 15, NOW, ASKED.id), view


def _unusual(view: View) -> Shown:
    for sort, of in ((Sort.ASKS_MANY, 4), (Sort.ASKS_MANY, 0), (Sort.OPENS_MANY, 3), (Sort.OPENS_MANY, 0)):
        yield f"finding/{sort}_{of}", Notice("f1", BEN, sort, "day", 24, NOW, "", of=of), view
    for sort in (Sort.QUIET, Sort.DENIED, Sort.LATE, Sort.CROWD, Sort.REFUSED_SHARE):
        yield f"finding/{sort}", Notice("f1", BEN, sort, "day", 4, NOW, "", of=11), view


def _others(view: View) -> Shown:
    channel = replace(view, user="", person="")
    yield from _findings(channel)
    yield from _unusual(channel)
    for status in (Status.REVOKING, Status.REVOKED):
        yield f"security/{status}", RequestCard(replace(at(status), reported=True), Slot.SECURITY), channel
    refused = replace(at(Status.REFUSED), ending=Ending(refusal=Refusal(Reason.DENY_LIST)), evidence=())
    yield "security/emergency", RequestCard(refused, Slot.SECURITY), channel
    yield "secret/coming", RequestCard(at(Status.READY), Slot.SECRET), view
    yield "secret/hidden", RequestCard(at(Status.DONE), Slot.SECRET), view
    yield "prompt/over", RequestCard(at(Status.APPROVAL), Slot.PROMPT), view
    kept: dict[str, str | int] = {"at": NOW.isoformat(), "score": 86, "request": ASKED.id}
    yield "proof/kept", ProofShown(ANN, kept), replace(view, person=BEN.id, user="29:ben")
    yield "proof/nothing", ProofShown(ANN, {}), replace(view, person=BEN.id, user="29:ben")


def _secret() -> SecretShown:
    return SecretShown(at(Status.DONE), Secret(PASS), RECEIPT.expires_at)
