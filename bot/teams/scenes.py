"""Which messages a request has just now, and what each says: worked out from its state alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import cards
from bot.core.answers import RequestCard, Said
from bot.core.kind import Verdicts
from bot.core.model import Chat, EvidenceType, Person, Request, Status, Way
from bot.core.ports import PUT_OFF, Posted, Purpose, SignIn, SignInStage, Slot
from bot.core.reasons import Reason
from bot.desk.ledger import Home, asks
from cards.view import View

# A change to one of these is news: a new message, so that Teams tells the person.
NEWS: Final = frozenset(
    {
        Status.PROOF,
        Status.READY,
        Status.DENIED,
        Status.EXPIRED,
        Status.REFUSED,
        Status.UNKNOWN,
        Status.FAILED,
        Status.REVOKED,
    }
)

OPENED: Final = "opened"
Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message as it should be: in `chat`, or as a thread of `channel`.

    `mark` names what it is news about, in parts; a part it did not have makes a new message of it.
    """

    slot: Slot
    person: str
    message: Message
    chat: Chat | None = None
    channel: str = ""
    mark: str = ""

    @property
    def placed(self) -> bool:
        """Whether it is known where it goes."""
        return self.chat is not None or bool(self.channel)

    @property
    def fingerprint(self) -> str:
        """What identifies the message as shown: the mark of its news, and a hash of all it says."""
        return f"{self.mark} {digest(self.message)}"

    def anew(self, there: Posted) -> bool:
        """Say whether it is news, or goes to a private chat that is another one now: the old message stays behind."""
        known = there.shown.partition(" ")[0].split(".")
        elsewhere = self.chat is not None and there.chat is not None and self.chat.id != there.chat.id
        return elsewhere or (bool(self.mark) and not set(self.mark.split(".")) <= set(known))


def digest(message: Message) -> str:
    """Return a hash of all that a message says."""
    said = json.dumps(message, sort_keys=True, default=_unknown)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _unknown(value: Any) -> str:
    raise TypeError(f"a message holds only JSON, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that decides what is said about a request, and where. `view` is that of a channel.

    `homes` are the private chats of those whom it may have a message for, by person.
    """

    request: Request
    homes: Mapping[str, Home]
    sign_ins: Sequence[SignIn]
    posted: Sequence[Posted]
    view: View
    helpdesk: str
    security: str
    resource: str
    start: str  # address of the start page; the transaction's id goes behind it

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def tenant(self) -> str:
        return self.request.tenant

    @property
    def home(self) -> Home | None:
        return self.homes.get(self.request.requester.id)

    @property
    def opener(self) -> Home | None:
        """Where the agent reads of it who opened it."""
        return self.homes.get(self.request.opened_by.id) if self.request.opened_by is not None else None

    @property
    def takers(self) -> Sequence[Home]:
        """Approvers who opened it from the line and have pressed nothing yet."""
        return [self.homes[who] for who in taken(self.posted, self.sign_ins) if who in self.homes]

    def left(self, slot: Slot, person: str, *, moved: bool) -> Message:
        """Return what stays where a message stood that goes on in a newer one, or is over: one line."""
        known = {sign_in.person.id: sign_in.person.language for sign_in in self.sign_ins}
        known |= {taker.id: taker.language for taker, _ in self.takers}
        own = self.request.requester.language if slot is Slot.REQUESTER else ""
        view = replace(self.view, language=own or known.get(person, self.view.language))
        what = {"kind": cards.text(f"{self.request.kind}.title", view.language)}
        return line("request.moved" if moved else "request.over", view, **what)


def wanted(scene: Scene) -> Iterator[PlannedMessage]:
    """Say which messages there should be; one that is posted and not among them goes."""
    yield from _requesters(scene)
    yield from _openers(scene)
    yield from _approvers(scene)
    yield from _security(scene)


def _requesters(scene: Scene) -> Iterator[PlannedMessage]:
    if scene.home is None:
        return
    person, chat = scene.home
    request = scene.request
    mine = {s.purpose: s for s in scene.sign_ins if s.person.id == request.requester.id}
    purpose = asks(request)
    spoken = cards.tongue(request.requester.language) != cards.tongue(person.language)  # it was asked in other words
    asked = replace(person, language=request.requester.language)
    view = _personal(scene, asked, chat, mine.get(purpose) if purpose is not None else None)
    view = replace(view, spoken=spoken)
    # What is refused at once is told at once, to whom asked; whom an agent asked for reads it here.
    at_once = request.status is Status.REFUSED and not request.reported and request.opened_by is None
    if not at_once or _there(scene, Slot.REQUESTER):
        yield PlannedMessage(Slot.REQUESTER, "", _card(request, Slot.REQUESTER, view), chat=chat, mark=_mark(request))


def _openers(scene: Scene) -> Iterator[PlannedMessage]:
    """How far it is, for the agent who opened it: what comes of it is never theirs to see."""
    if scene.opener is not None:
        person, chat = scene.opener
        view = _personal(scene, person, chat, None)
        yield PlannedMessage(Slot.OPENER, person.id, _card(scene.request, Slot.OPENER, view), chat=chat)


def _mark(request: Request) -> str:
    """Name what makes the requester's card a new message: news, or that they asked for the same once more."""
    return ".".join(filter(None, (_news(request), f"again{request.repeated}" if request.repeated else "")))


def _news(request: Request) -> str:
    """Name what a request's message is news about; what its person has just done themselves is none."""
    if request.lifted_by:
        return f"{request.status}.lifted"
    by_itself, waited = request.way is Way.ALONE, bool(request.evidence_of(EvidenceType.APPROVAL))
    match request.status:
        case Status.DONE if request.stage:  # found out by looking; who is told by the outside is at it themselves
            return f"{request.status}.{request.stage}" if request.receipt and request.receipt.watch else ""
        case Status.ENDED if request.stage:
            return f"{request.status}.{request.stage}"
        case Status.DONE:
            return request.status.value if by_itself and waited else ""
        case Status.READY if by_itself:
            return ""
        case Status.APPROVAL if request.retracted:
            return f"{request.status}.retracted{len(request.retracted)}"
        case status:
            return status.value if status in NEWS else ""


def _approvers(scene: Scene) -> Iterator[PlannedMessage]:
    request = scene.request
    if request.status is Status.APPROVAL or _there(scene, Slot.APPROVERS):
        view = replace(scene.view, confirming=_at_it(scene))
        yield PlannedMessage(Slot.APPROVERS, "", _card(request, Slot.APPROVERS, view), channel=scene.helpdesk)
    if request.status is Status.APPROVAL and request.reminded:
        yield PlannedMessage(Slot.REMINDER, "", _card(request, Slot.REMINDER, scene.view), chat=_thread(scene))
    for sign_in in confirming(scene.sign_ins).values():
        view = _personal(scene, sign_in.person, sign_in.chat, sign_in)
        card = _card(request, Slot.CONFIRM, chosen(view, request, sign_in))
        mark = _opened(scene, sign_in.person)
        yield PlannedMessage(Slot.CONFIRM, sign_in.person.id, card, chat=sign_in.chat, mark=mark)
    for person, chat in scene.takers:
        view = replace(_personal(scene, person, chat, None), opened=True)
        card = _card(request, Slot.CONFIRM, view)
        yield PlannedMessage(Slot.CONFIRM, person.id, card, chat=chat, mark=_opened(scene, person))
    for sign_in in scene.sign_ins:
        view = _personal(scene, sign_in.person, sign_in.chat, sign_in)
        if sign_in.purpose is Purpose.LOOK and view.link:
            prompt = cards.prompt(sign_in, view, resource=scene.resource)
            yield PlannedMessage(Slot.PROMPT, sign_in.person.id, prompt, chat=sign_in.chat, mark=sign_in.id)


def _at_it(scene: Scene) -> tuple[tuple[str, datetime], ...]:
    """Say who is about to confirm what they pressed, and until when they may."""
    asked = confirming(scene.sign_ins).values()
    open_yet = [s for s in asked if s.stage is not SignInStage.FINISHED and s.expires_at > scene.view.now]
    return tuple((s.person.name, s.expires_at) for s in open_yet)


def _opened(scene: Scene, person: Person) -> str:
    """Mark the card of an approver who opened the request: whoever opens it once more has it as a new message."""
    there = next((p for p in scene.posted if p.slot is Slot.CONFIRM and p.person == person.id), None)
    return OPENED if there is not None and (not there.shown or there.shown.startswith(OPENED)) else ""


def taken(posted: Sequence[Posted], sign_ins: Sequence[SignIn]) -> list[str]:
    """Say who has opened a request and pressed nothing on its card yet; a chat that took none may be another now."""
    asked, mine = confirming(sign_ins), [p for p in posted if p.slot is Slot.CONFIRM]
    return [p.person for p in mine if p.person not in asked and not (p.deleted and p.activity)]


def started(posted: Sequence[Posted]) -> bool:
    """Say whether a request has a thread in the approvers' channel."""
    return any(p.slot is Slot.APPROVERS and not p.person and not p.going and not p.deleted for p in posted)


def confirming(sign_ins: Sequence[SignIn]) -> Mapping[str, SignIn]:
    """Say by person what each approver was last asked to confirm and has not put off: their yes, or a no that locks."""
    asked = [s for s in sign_ins if s.purpose in {Purpose.APPROVE, Purpose.DENY} and s.failed != PUT_OFF]
    asked.sort(key=lambda s: (s.created_at, s.stage is not SignInStage.FINISHED))
    return {s.person.id: s for s in asked}


def chosen(view: View, request: Request, sign_in: SignIn) -> View:
    """Show an approver what they are about to say, where a yes or a no can mean several things."""
    view = replace(view, denies=sign_in.purpose is Purpose.DENY)
    if not sign_in.choice:
        return view
    said = cards.text(f"{request.kind}.verdict.{sign_in.choice}", view.language)
    return replace(view, facts={**view.facts, "choice": said})


def alarming(request: Request, verdicts: Verdicts) -> bool:
    """Say whether security must hear of a request: somebody's alarm, an approver's, or an emergency account."""
    ending = request.ending
    emergency = ending is not None and ending.refusal is not None and ending.refusal.reason == Reason.DENY_LIST
    intruder = ending is not None and ending.choice in verdicts.alarms
    return request.reported or emergency or intruder


def _security(scene: Scene) -> Iterator[PlannedMessage]:
    if alarming(scene.request, scene.view.verdicts):
        yield PlannedMessage(Slot.SECURITY, "", _card(scene.request, Slot.SECURITY, scene.view), channel=scene.security)
    for sign_in in scene.sign_ins:
        if sign_in.purpose is Purpose.LIFT:
            view = _personal(scene, sign_in.person, sign_in.chat, sign_in)
            card = _card(scene.request, Slot.LIFT, view)
            yield PlannedMessage(Slot.LIFT, sign_in.person.id, card, chat=sign_in.chat)


def _personal(scene: Scene, person: Person, chat: Chat, asked: SignIn | None) -> View:
    """Return the view of whom a private card is for, with the sign-in that they are asked for."""
    view = scene.view.to(person, chat)
    return view if asked is None else linked(view, asked, scene.start)


def linked(view: View, sign_in: SignIn, start: str) -> View:
    """Add where a sign-in begins, and what became of the one before it; neither, once it is over."""
    over = sign_in.stage is SignInStage.FINISHED or sign_in.expires_at <= view.now
    return view if over else replace(view, link=f"{start}{sign_in.id}", failed=sign_in.failed, by=sign_in.expires_at)


def line(key: str, view: View, **what: str) -> Message:
    """Return a message of one line, such as what stays where another stood."""
    return cards.message(cards.show(Said(key, what), view), cards.text(key, view.language, **what))


def _card(request: Request, slot: Slot, view: View) -> Message:
    return cards.message(cards.show(RequestCard(request, slot), view), cards.summary(request, slot, view))


def _there(scene: Scene, slot: Slot) -> bool:
    return any(p.slot is slot and not p.person for p in scene.posted)


def _thread(scene: Scene) -> Chat | None:
    return next((p.chat for p in scene.posted if p.slot is Slot.APPROVERS and not p.person), None)
