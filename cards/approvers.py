"""The approvers' cards: who asks for what and why, yes or no, and what came of it. Never a result."""

from __future__ import annotations

from typing import Final

from bot.core.actions import Approve, Deny, NotNow, Retract, SeeProof
from bot.core.answers import ProofShown
from bot.core.approval import outgrown
from bot.core.forms import WHY
from bot.core.life.alarmed import stopped_for
from bot.core.model import UNDECIDED, Evidence, EvidenceType, Refusal, Request, Status
from bot.core.packing import VERDICT_NO, VERDICT_YES
from bot.core.proven import Proven
from bot.core.queue import looked_at
from bot.core.reasons import Reason
from cards import elements as e
from cards.buttons import attending, press, ref, refresh, retractable, sign_in, watched
from cards.lately import lately
from cards.parts import badge, card, facts, header, lines, quoted, standing, trial, warning
from cards.stricter import for_approvers
from cards.texts import NAME, Markup, clean, known, plain
from cards.view import View
from cards.words import (
    approvals,
    bare,
    came_to_nothing,
    details,
    names,
    own,
    particulars,
    say,
    stamp,
    typed,
    until,
    upheld,
    verdicts,
    when,
    worded,
)

LEADS: Final = {VERDICT_YES: "lead_yes", VERDICT_NO: "lead_no"}
LEVEL: Final = "level"  # the detail that says how grave the case is
GRAVER: Final = ("Accent", "Warning")  # colours of the mildest case and the next; all others are red


def approvers(request: Request, view: View, above: e.Piece | None = None) -> e.Card:
    """Return the card in the approvers' channel, for all of them alike."""
    deciding = request.status is Status.APPROVAL
    actions = [*(_decide(request, view) if deciding else ()), _retract(request, view, aside=deciding)]
    return card(view, _body(request, view, above), actions, watched(request))


def _body(request: Request, view: View, above: e.Piece | None = None) -> list[e.Piece | None]:
    """Before it is decided, all that helps to decide; afterwards what came of it, by whom and when."""
    large = say(view, own(request.kind, "approvers.title"), **particulars(request, view))
    state = stopped_for(request) or ("reported" if request.reported else str(request.status))
    state = "unclear" if request.ending and request.ending.refusal == Refusal(Reason.UNCLEAR) else state
    head = [above, standing(request, large, view)]
    told = lines(say(view, _told(request, state), **particulars(request, view)))
    if request.status not in UNDECIDED:
        return [*head, *told, trial(request, view), *_decided(request, view)]
    return [
        *head,
        _who(request, view),
        _grave(request, view),
        *told,
        *_warned(request, view),
        *_looked_at(request, view),
        *_pressed(view),
        trial(request, view),
        *facts(
            [
                *details(request, view, theirs=True),
                *_known(request, view),
                (say(view, "fact.verdict"), verdicts(request, view)),
            ]
        ),
        *quoted(request.requester.name, typed(request, view), view),
        *lately(request, view),
    ]


def _looked_at(request: Request, view: View) -> list[e.Piece]:
    """Say who is looking at it just now, so that nobody does the same work twice; it keeps nobody from deciding."""
    there = looked_at(request, view.now)
    if there is None:
        return []
    key = "attention.you" if there.by == view.person else "attention.by"
    return lines(say(view, key, name=plain(there.name, NAME), until=when(there.until)))


def _pressed(view: View) -> list[e.Piece]:
    """Say who is about to confirm what they pressed, and until when they may."""
    by = ((plain(name, NAME), until(end, view)) for name, end in view.confirming)
    return lines(*(say(view, "approvers.confirming", name=name, until=end) for name, end in by))


def _told(request: Request, state: str) -> str:
    """Return the key of what came of a request: of its stage where its kind has words for that."""
    stage = f"{request.kind}.approvers.{state}.{request.stage}"
    return stage if request.stage and known(stage) else worded(request, f"approvers.{state}")


def _decided(request: Request, view: View) -> list[e.Piece]:
    """Who said yes and when, what they added, and why somebody said no."""
    given, ending = upheld(request, view), request.ending
    by = Markup(f"{names(given)}, {when(max(one.at for one in given))}") if given else ""
    said = ending.reason if ending and request.status is Status.DENIED else ""
    rows = [(say(view, "fact.approvals"), by), (say(view, "fact.verdict"), verdicts(request, view))]
    return [*facts(rows), *quoted(ending.name if ending else "", [("", said)], view)]


def _who(request: Request, view: View) -> e.Persona | None:
    """Show the account it is about with its picture, where Entra has just said which account that is."""
    subject, upn = request.subject, view.facts.get("upn", "")
    return e.Persona(subject.id, clean(subject.name, NAME), clean(upn)) if upn else None


def _grave(request: Request, view: View) -> e.Badge | None:
    """How grave the case is, in its colour: the mildest there is, the next, or worse."""
    level, key = request.details.get(LEVEL, ""), f"{request.kind}.badge."
    if not level or not known(f"{key}{level}"):
        return None
    milder = dict(zip(view.levels, GRAVER, strict=False))
    return badge(view, f"{key}{level}", milder.get(level, "Attention"), align="Left")


def _warned(request: Request, view: View) -> list[e.Piece]:
    """Say why what was approved does not count any more, and why one person more is asked for."""
    if request.status is not Status.APPROVAL:
        return []
    gone = outgrown(request, view.levels)
    told = [say(view, "approvers.worse", names=names(gone))] if gone else []
    told += [say(view, "approvers.after_no")] if request.more else []
    back = names(request.retracted)
    told += [say(view, "approvers.retracted", names=back)] if back else []
    told += for_approvers(request, view)
    return lines(*told)


def reminder(request: Request, view: View) -> e.Card:
    """Return the nudge in the channel when half the time is over; once decided it only says so."""
    if request.status is not Status.APPROVAL:
        return card(view, lines(say(view, "reminder.over"), subtle=True))
    text = say(view, "reminder.text", **particulars(request, view))
    return card(view, [standing(request, say(view, "reminder.title"), view), *lines(text)])


def confirm(request: Request, view: View) -> e.Card:
    """Return an approver's private card: what their yes or no is for, and the sign-in that makes it count.

    One that they opened from the line is the channel's card until they have pressed something on it.
    """
    if view.opened and request.status is Status.APPROVAL and not _counted(request, view):
        return card(view, _body(request, view), _decide(request, view), refresh(request, view))
    counted, no = _counted(request, view), "_no" if view.denies else ""
    waiting = request.status is Status.APPROVAL and not counted
    back = any(one.by == view.person for one in request.retracted)
    left = "retracted" if back else "expired" if waiting else "over"
    key = "counted" if counted else "text" if waiting and view.link else left
    large = say(view, own(request.kind, "approvers.title"), **particulars(request, view))
    body = [
        warning(came_to_nothing(view)) if waiting else None,
        standing(request, large, view),
        _who(request, view) if waiting else None,
        _grave(request, view) if waiting else None,
        *lines(say(view, f"confirm.{key}{no}", **particulars(request, view), before=until(view.by, view))),
        *(_looked_at(request, view) if waiting else ()),
        *(_warned(request, view) if waiting else ()),
        *(facts([*details(request, view, theirs=True), *_known(request, view)]) if waiting else ()),
        *(quoted(request.requester.name, typed(request, view), view) if waiting else ()),
        *(lately(request, view) if waiting else ()),
    ]
    mine = _retract(request, view) if counted and not view.denies else None
    return card(view, body, _confirming(request, view) if waiting else [mine], refresh(request, view))


def _confirming(request: Request, view: View) -> list[e.Action]:
    """The one thing to press, and the other verdict beside it: there may be no card of the request in the channel."""
    if not view.link:
        return _decide(request, view)
    later = press(view, "button.not_now", NotNow(ref(request)))
    if view.denies:
        return [sign_in(view, "button.sign_in_and_deny"), _approve(request, view, style=None), later]
    return [sign_in(view, "button.sign_in_and_approve"), _deny(request, view), later]


def _retract(request: Request, view: View, *, aside: bool = False) -> e.Action | None:
    """The way back for whoever said yes, until it is acted on; everybody sees it in the thread, for their own."""
    if not retractable(request):
        return None
    hint = bare(view, "button.retract_hint")
    return press(view, "button.retract", Retract(ref(request)), tooltip=hint, mode="secondary" if aside else None)


def _counted(request: Request, view: View) -> bool:
    """Whether what the person this card is for was asked to confirm counts by now."""
    if view.denies:
        ending = request.ending
        return request.status is Status.DENIED and ending is not None and ending.by == view.person
    return any(e.by == view.person for e in upheld(request, view) if view.person)


def proof(answer: ProofShown, view: View) -> e.Card:
    """Return what is kept of a proof of identity, for the approver who may read it; it is not the desk's to judge."""
    title = header(say(view, "app.name"), say(view, "proof.title", name=plain(answer.subject.name, NAME)))
    if not answer.proof:
        return card(view, [title, *lines(say(view, "proof.nothing", name=plain(answer.subject.name, NAME)))])
    rows = [
        (say(view, f"proof.{name}"), _kept(value)) for name, value in answer.proof.items() if known(f"proof.{name}")
    ]
    return card(view, [title, *facts(rows), *lines(say(view, "proof.note"), subtle=True)])


def _kept(value: str | int) -> str:
    moment = stamp(value) if isinstance(value, str) else None
    return when(moment) if moment else plain(str(value))


def _known(request: Request, view: View) -> list[tuple[str, str]]:
    """What is known of the request besides its details: the account, the proofs, the times."""
    rows: list[tuple[str, str]] = [(say(view, f"fact.{key}"), value) for key, value in view.facts.items()]
    rows += [(say(view, "fact.signed_in"), when(e.at)) for e in request.evidence_of(EvidenceType.STEP_UP)[-1:]]
    if request.opened_by is not None:
        rows.append((say(view, "fact.opened_by"), plain(request.opened_by.name, NAME)))
        given = [e for e in request.evidence_of(EvidenceType.VERIFICATION) if e.strength != Proven.MANAGER]
        rows += [(say(view, "fact.verified"), _verified(e, view)) for e in given]  # a manager's own says theirs
        rows += [(say(view, "fact.agreed"), when(e.at)) for e in request.evidence_of(EvidenceType.CONSENT)[-1:]]
    rows.append((say(view, "fact.asked"), when(request.created_at)))
    return [*rows, (say(view, "fact.approvals"), approvals(request, view))]


def _verified(given: Evidence, view: View) -> str:
    return say(view, f"fact.verified_{given.strength}", when=when(given.at), name=plain(given.name, NAME))


def _decide(request: Request, view: View) -> list[e.Action]:
    look = press(view, "button.see_proof", SeeProof(ref(request))) if view.looks else None
    return [_approve(request, view), _deny(request, view), *([look] if look else []), *attending(request, view)]


def _approve(request: Request, view: View, *, style: str | None = "positive") -> e.Action:
    """A yes; where it can mean several things, the first of them unless another is chosen."""
    action = Approve(ref(request))
    if len(view.verdicts.yes) < 2:  # noqa: PLR2004 - with one there is nothing to choose
        return press(view, "button.approve", action, style=style)
    chosen = _verdicts(VERDICT_YES, request.kind, view.verdicts.yes, view)
    inner = e.Card(body=[chosen], actions=[press(view, "button.approve_send", action, style="positive")])
    return e.ShowCard(title=bare(view, "button.approve"), card=inner, style=style)


def _verdicts(name: str, kind: str, verdicts: tuple[str, ...], view: View) -> e.InputChoiceSet:
    return e.InputChoiceSet(
        id=name,
        label=bare(view, f"{kind}.verdict.{LEADS[name]}"),
        choices=[e.Option(title=bare(view, f"{kind}.verdict.{v}"), value=v) for v in verdicts],
        value=verdicts[0],
        style="expanded",
        wrap=True,
    )


def _deny(request: Request, view: View) -> e.ShowCard:
    """A no needs its reason before it can be sent; the server asks for it all the same."""
    given = particulars(request, view)
    reason = e.InputText(
        id=WHY.name,
        label=bare(view, "approvers.reason", **given),
        multiline=True,
        required=True,
        longest=WHY.longest,
        error=bare(view, "approvers.reason_missing", **given),
    )
    send = press(view, "button.deny_send", Deny(ref(request), ""), style="destructive")
    more = [_verdicts(VERDICT_NO, request.kind, view.verdicts.no, view)] if view.verdicts.no else []
    inner = e.Card(body=[reason, *more], actions=[send])
    return e.ShowCard(title=bare(view, "button.deny"), card=inner)
