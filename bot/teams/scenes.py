"""Which messages a request has just now, and what each says: worked out from its state alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cards
from bot.core.answers import RequestCard
from bot.core.facts import Facts
from bot.core.kind import Verdicts
from bot.core.model import Chat, EvidenceType, Person, Request, Status, Way
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot
from bot.core.reasons import Reason
from cards.view import View

# A change to one of these is news: a new message, so that Teams tells the person.
NEWS: Final = frozenset(
    {Status.READY, Status.DENIED, Status.EXPIRED, Status.REFUSED, Status.UNKNOWN, Status.FAILED, Status.REVOKED}
)
PROMPTED: Final = frozenset({Status.STEP_UP, Status.UNKNOWN})

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message as it should be: in `chat`, or as a thread of `channel`.

    `mark` names what it is news about; a change of it makes a new message instead of changing the old one.
    """

    slot: Slot
    person: str
    message: Message
    chat: Chat | None = None
    channel: str = ""
    mark: str = ""

    @property
    def fingerprint(self) -> str:
        """What identifies the message as shown: the mark of its news, and a hash of all it says."""
        said = json.dumps(self.message, sort_keys=True, default=_unknown)
        return f"{self.mark} {hashlib.sha256(said.encode()).hexdigest()[:32]}"

    def anew(self, there: Posted) -> bool:
        """Say whether it is news, or goes to a private chat that is another one now: the old message stays behind."""
        known = there.shown.partition(" ")[0]
        elsewhere = self.chat is not None and there.chat is not None and self.chat.id != there.chat.id
        return elsewhere or (bool(self.mark) and known != self.mark)


def _unknown(value: Any) -> str:
    raise TypeError(f"a message holds only JSON, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that decides what is said about a request, and where. `view` is that of a channel."""

    request: Request
    home: tuple[Person, Chat] | None
    sign_ins: Sequence[SignIn]
    posted: Sequence[Posted]
    view: View
    helpdesk: str
    security: str
    resource: str
    start: str  # address of the start page; the transaction's id goes behind it

    def link(self, sign_in: SignIn) -> str:
        """Return where this sign-in begins, or nothing when it is over."""
        over = sign_in.stage is SignInStage.FINISHED or sign_in.expires_at <= self.view.now
        return "" if over else f"{self.start}{sign_in.id}"


def wanted(scene: Scene) -> Iterator[PlannedMessage]:
    """Say which messages there should be; one that is posted and not among them goes."""
    yield from _requesters(scene)
    yield from _approvers(scene)
    yield from _security(scene)


def _requesters(scene: Scene) -> Iterator[PlannedMessage]:
    if scene.home is None:
        return
    person, chat = scene.home
    request = scene.request
    mine = {s.purpose: s for s in scene.sign_ins if s.person.id == request.requester.id}
    page = mine.get(Purpose.ENTER)
    view = _personal(scene.view, person, chat, scene.link(page) if page is not None else "")
    at_once = request.status is Status.REFUSED and not request.reported  # refused at once is told at once
    if not at_once or _there(scene, Slot.REQUESTER):
        yield PlannedMessage(Slot.REQUESTER, "", _card(request, Slot.REQUESTER, view), chat=chat, mark=_news(request))
    prove = mine.get(Purpose.STEP_UP)
    if prove is not None and scene.link(prove) and request.status in PROMPTED:
        prompt = cards.prompt(prove, request, replace(view, link=scene.link(prove)), resource=scene.resource)
        yield PlannedMessage(Slot.PROMPT, "", prompt, chat=chat, mark=prove.id)


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
        case status:
            return status.value if status in NEWS else ""


def _approvers(scene: Scene) -> Iterator[PlannedMessage]:
    request = scene.request
    if request.status is Status.APPROVAL or _there(scene, Slot.APPROVERS):
        yield PlannedMessage(Slot.APPROVERS, "", _card(request, Slot.APPROVERS, scene.view), channel=scene.helpdesk)
    if request.status is Status.APPROVAL and request.reminded:
        yield PlannedMessage(Slot.REMINDER, "", _card(request, Slot.REMINDER, scene.view), chat=_thread(scene))
    for sign_in in confirming(scene.sign_ins).values():
        view = _personal(scene.view, sign_in.person, sign_in.chat, scene.link(sign_in))
        card = _card(request, Slot.CONFIRM, chosen(view, request, sign_in))
        yield PlannedMessage(Slot.CONFIRM, sign_in.person.id, card, chat=sign_in.chat)
    for sign_in in scene.sign_ins:
        view = _personal(scene.view, sign_in.person, sign_in.chat, scene.link(sign_in))
        if sign_in.purpose is Purpose.LOOK and scene.link(sign_in):
            prompt = cards.prompt(sign_in, request, view, resource=scene.resource)
            yield PlannedMessage(Slot.PROMPT, sign_in.person.id, prompt, chat=sign_in.chat, mark=sign_in.id)


def confirming(sign_ins: Sequence[SignIn]) -> Mapping[str, SignIn]:
    """Say by person what each approver was last asked to confirm: their yes, or a no that locks."""
    asked = [s for s in sign_ins if s.purpose in {Purpose.APPROVE, Purpose.DENY}]
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
            view = _personal(scene.view, sign_in.person, sign_in.chat, scene.link(sign_in))
            card = _card(scene.request, Slot.LIFT, view)
            yield PlannedMessage(Slot.LIFT, sign_in.person.id, card, chat=sign_in.chat)


def _personal(view: View, person: Person, chat: Chat, link: str) -> View:
    return replace(view, language=person.language, user=chat.user, person=person.id, link=link)


def _card(request: Request, slot: Slot, view: View) -> Message:
    return cards.message(cards.show(RequestCard(request, slot), view), cards.summary(request, slot, view))


def _there(scene: Scene, slot: Slot) -> bool:
    return any(p.slot is slot for p in scene.posted)


def _thread(scene: Scene) -> Chat | None:
    return next((p.chat for p in scene.posted if p.slot is Slot.APPROVERS), None)


def account(facts: Facts, language: str) -> str:
    """Say in words what Entra says about an account; what could not be found out is said too."""
    if facts.enabled is None or facts.guest is None or facts.roles is None or facts.guarded_groups is None:
        return cards.text("account.unknown", language)
    standing = "privileged" if facts.roles else "guarded" if facts.guarded_groups else "ordinary"
    said = ("enabled" if facts.enabled else "disabled", "guest" if facts.guest else "member", standing)
    return ", ".join(cards.text(f"account.{word}", language) for word in said)
