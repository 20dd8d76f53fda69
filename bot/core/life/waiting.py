"""Before the act: asked, proved, approved, and either claimed or over; only a decision moves a request on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from bot.core.audit import Deed, Note
from bot.core.behalf import locked_by_other
from bot.core.decide import ApprovalFirst, ConsentFirst, Decision, Go, ProofFirst, Refuse, StepUpFirst
from bot.core.events import (
    ActWanted,
    AskedAgain,
    AskSignIn,
    CarryOut,
    Changed,
    ConsentRefused,
    Denied,
    FollowUp,
    Withdrew,
)
from bot.core.face import serves
from bot.core.life.acting import claim
from bot.core.life.step import (
    LOOK_AGAIN,
    LOOK_LATER,
    Step,
    decided,
    end,
    frozen,
    person,
    proof_told,
    refuse,
    refused,
    wait,
)
from bot.core.model import (
    AGAIN,
    OPEN,
    PENDING,
    UNDECIDED,
    Ending,
    EvidenceType,
    Follow,
    Mode,
    Refusal,
    Request,
    Status,
    Way,
)
from bot.core.policy import Policy
from bot.core.reasons import Reason


def asked(request: Request, decision: Decision, policy: Policy, now: datetime) -> Step:
    """A new request that is refused, for whatever reason, is over: asking again is as easy."""
    terms = {"terms": " ".join(decision.terms)} if decision.terms else {}
    served = {"for": serves(request)} if serves(request) else {}
    note = Note(Deed.ASKED, {**person(request.requester), **terms, **served, **_opened(request)})
    request = replace(decided(request, decision), mode=policy.under(decision.terms).mode)
    match decision:
        case Refuse(refusal):
            step = _turned_down(request, refusal, note)
        case _:
            step = settle(request, decision, policy, now, note)
    return frozen(step, now) if request.reported else step  # an alarm counts whatever becomes of the request itself


def _opened(request: Request) -> dict[str, str]:
    """Say who opened it for its subject, and by what."""
    if request.opened_by is None:
        return {}
    by = {EvidenceType.VERIFICATION: "verification", EvidenceType.OPENING: "intervention"}
    given = {name: e.source for sort, name in by.items() for e in request.evidence_of(sort)[:1]}
    return {"opened_by": request.opened_by.id, **given}


def asked_again(request: Request, event: AskedAgain) -> Step:
    """It is the same request: what it asks for never changes. As long as others may look, why is added to why."""
    if request.status not in OPEN:
        return refuse(request, Reason.CLOSED)
    heard = request.status in {Status.STEP_UP, Status.PROOF, Status.APPROVAL}
    new = {AGAIN + name: words for name, words in event.said.items() if words and request.details.get(name) != words}
    details = {**request.details, **new} if heard else request.details
    again = replace(request, details=details, repeated=request.repeated + 1)
    return Step(again, (Changed(),), (Note(Deed.ASKED_AGAIN, person(event.by)),))


def _turned_down(request: Request, refusal: Refusal, note: Note) -> Step:
    ended = end(request, Status.REFUSED, Ending(refusal=refusal))
    return Step(ended, (Changed(),), (note, refused(refusal)), refusal)


def settle(request: Request, decision: Decision, policy: Policy, now: datetime, note: Note) -> Step:
    """Move to the state the decision names: nothing but the decision chooses it."""
    before, request, policy = request, decided(request, decision), policy.under(decision.terms)
    match decision:
        case Refuse(refusal) if decision.unsure or decision.holds:  # under which terms is not known: those of before
            return _unsure(before, refusal, now, note)
        case Refuse(refusal):
            return _turned_down(request, refusal, note)
        case ConsentFirst():
            waiting = wait(request, Status.CONSENT, policy.step_up_wait, now)
            return Step(waiting, (Changed(),), (note, Note(Deed.CONSENT_WANTED)))
        case StepUpFirst(context):
            waiting = wait(request, Status.STEP_UP, policy.step_up_wait, now)
            return Step(waiting, (Changed(), AskSignIn(context)), (note,))
        case ProofFirst():
            return _awaitproof_told(request, policy, now, note)
        case ApprovalFirst():
            return await_approval(request, policy, now, note)
        case Go():
            return _ready(request, policy, now, note)
        case _:
            assert_never(decision)


def _ready(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    """Nothing is in its way: wait for its subject, or carry it out by itself."""
    waiting = wait(request, Status.READY, policy.show_wait, now)
    notes = (note, Note(Deed.READY))
    match request.way:
        case Way.SHOW:
            return Step(waiting, (Changed(),), notes)
        case Way.ENTER:
            return Step(waiting, (Changed(), AskSignIn(policy.step_up, enter=True)), notes)
        case Way.ALONE:
            return Step(replace(waiting, due_at=now + LOOK_AGAIN), (Changed(), CarryOut()), notes)
        case _:
            assert_never(request.way)


def _awaitproof_told(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    """Wait for the face as long as for a sign-in; its requester begins the proof by a press."""
    if request.status is Status.PROOF:
        return Step(request, (Changed(),), (note,))
    waiting = wait(request, Status.PROOF, policy.step_up_wait, now)
    return Step(waiting, (Changed(),), (note, Note(Deed.FACE_WANTED)))


def await_approval(request: Request, policy: Policy, now: datetime, note: Note) -> Step:
    if request.status is Status.APPROVAL:
        return Step(request, (Changed(),), (note,))
    waiting = wait(request, Status.APPROVAL, policy.approval_wait, now)
    waiting = replace(waiting, due_at=now + policy.approval_wait / 2, reminded=False)
    return Step(waiting, (Changed(),), (note, Note(Deed.APPROVAL_WANTED)))


def closed(request: Request, event: Denied | Withdrew | ConsentRefused, now: datetime) -> Step:
    """A no or a withdrawal; where a no came with a verdict, its kind has something to do about it."""
    match event:
        case ConsentRefused(by) if request.status is not Status.CONSENT:
            return refuse(request, Reason.CLOSED)
        case ConsentRefused(by):
            return _ended_by(request, Status.WITHDRAWN, Ending(by.id, by.name, at=now), Deed.CONSENT_REFUSED)
        case Withdrew() if locked_by_other(request):  # whoever sits at their Teams would undo it
            return refuse(request, Reason.OTHERS_LOCK)
        case Withdrew(by):
            return _ended_by(request, Status.WITHDRAWN, Ending(by.id, by.name, at=now), Deed.WITHDRAWN)
        case Denied(by, reason, choice, proof):
            ending = Ending(by.id, by.name, reason, choice=choice, at=now)
            step = _ended_by(request, Status.DENIED, ending, Deed.DENIED, proof_told(proof) if proof else {})
            if step.refusal is not None or not choice:
                return step
            due = replace(step, request=replace(step.request, follow=Follow.DUE), effects=(*step.effects, FollowUp()))
            return frozen(due, now) if event.alarm else due
        case _:
            assert_never(event)


def _ended_by(
    request: Request, status: Status, ending: Ending, deed: Deed, proof: Mapping[str, str] = MappingProxyType({})
) -> Step:
    fits = {Status.APPROVAL} if status is Status.DENIED else PENDING
    if request.status not in fits:
        return refuse(request, Reason.CLOSED)
    said = {**proof, "by": ending.by, "name": ending.name, "reason": ending.reason}
    note = Note(deed, said | ({"choice": ending.choice} if ending.choice else {}))
    return Step(end(request, status, ending), (Changed(),), (note,))


def wanted(request: Request, event: ActWanted, policy: Policy, now: datetime) -> Step:
    fits = Status.UNKNOWN if event.again else Status.READY
    if request.status is not fits:
        return refuse(request, Reason.CLOSED)
    if event.again and request.replaced:
        return refuse(request, Reason.REPLACED_ALREADY)
    if event.again and request.expires_at is None:  # what became of the lost one is still being looked for
        return refuse(request, Reason.CHANGED)
    trial = Mode.EVALUATE in {request.mode, policy.under(event.decision.terms).mode}
    match event.decision:
        case Go() if trial:
            ended = end(replace(request, mode=Mode.EVALUATE), Status.EVALUATED, Ending())
            return Step(ended, (Changed(),), (Note(Deed.EVALUATED),))
        case Go():
            return claim(replace(request, terms=event.decision.terms), again=event.again, now=now)
        case decision if event.again:
            return _not_again(request, decision)
        case decision:
            return settle(request, decision, policy, now, Note(Deed.SHOW_PRESSED))


def _not_again(request: Request, decision: Refuse | ConsentFirst | StepUpFirst | ProofFirst | ApprovalFirst) -> Step:
    """What a lost act made may be live: the request stays where it is until it may be replaced, or runs out."""
    match decision:
        case Refuse(refusal):
            return Step(request, (), (refused(refusal),), refusal)
        case StepUpFirst(context):
            return Step(request, (AskSignIn(context),), (Note(Deed.SHOW_PRESSED),), Refusal(Reason.OLD_SIGN_IN))
        case ProofFirst():
            return refuse(request, Reason.OLD_PROOF)
        case ApprovalFirst() | ConsentFirst():
            return refuse(request, Reason.CHANGED)
        case _:
            assert_never(decision)


def time_passed(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    """Its turn has come, half the time is over, or what could not be found out is asked again."""
    if request.status is Status.READY and request.way is Way.ALONE:
        return Step(replace(request, due_at=_soon(request, now)), (CarryOut(),))
    return _waited(request, decision, policy, now)


def _waited(request: Request, decision: Decision | None, policy: Policy, now: datetime) -> Step:
    """Half the time is over, or facts could not be had: decide again, and remind of what still waits."""
    reminds = request.status is Status.APPROVAL and not request.reminded
    request = replace(request, due_at=request.expires_at)
    if decision is None:
        step = Step(request, (Changed(),) if reminds or request.way is Way.ENTER else ())
    else:
        step = settle(request, decision, policy, now, Note(Deed.DECIDED_AGAIN))
    if not reminds or step.request.status is not Status.APPROVAL:
        return step
    return replace(step, request=replace(step.request, reminded=True), notes=(*step.notes, Note(Deed.REMINDED)))


def _unsure(request: Request, refusal: Refusal, now: datetime, note: Note) -> Step:
    """Facts could not be had. What goes on by itself is looked at again, and its card says so; else it is a no.

    Nothing that was proved or approved is lost by it: a no that should last may still be one in passing. What holds
    everybody up is told whoever pressed; what the desk looks at by itself, again and again, is not written down.
    """
    alone = request.status is Status.READY and request.way is Way.ALONE
    if request.status not in UNDECIDED and not alone:
        return Step(request, (), (note, refused(refusal)), refusal)
    pause = LOOK_AGAIN if refusal.reason == Reason.UNKNOWN else LOOK_LATER
    later = replace(request, due_at=_soon(request, now, pause))
    held = refusal.reason == Reason.LOCKDOWN
    if held and note.deed is Deed.DECIDED_AGAIN:
        return Step(later)
    return Step(later, (Changed(),), (note, refused(refusal)), refusal if held else None)


def _soon(request: Request, now: datetime, pause: timedelta = LOOK_AGAIN) -> datetime:
    return min(now + pause, request.expires_at) if request.expires_at else now + pause
