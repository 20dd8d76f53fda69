"""The requester's card: how the request stands, what comes next, and what the person may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from bot.core.actions import Consent, Prove, RefuseConsent, Replace, Report, RevokeIt, Show, SignInAgain, Withdraw
from bot.core.behalf import VOUCHED, locked_by_other
from bot.core.evidence import given_already
from bot.core.face import serves
from bot.core.life.alarmed import stopped, stopped_for
from bot.core.life.ended import CAME, too_late
from bot.core.model import LIVE, PENDING, VERIFIED, EvidenceType, Follow, Mode, Request, Status, Way
from cards import elements as e
from cards.again import again
from cards.buttons import alarm, dialog, press, ref, refresh, sign_in
from cards.means import able, stuck
from cards.opener import opened
from cards.parts import card, facts, lines, quoted, standing, trial, warning
from cards.progress import progress
from cards.stricter import approved_before, stricter
from cards.texts import known, plain
from cards.view import View
from cards.words import (
    bare,
    came_to_nothing,
    details,
    own,
    particulars,
    refused,
    say,
    staged,
    typed,
    verdict,
    when,
    worded,
)


def requester(request: Request, view: View, above: e.Piece | None = None) -> e.Card:
    """Return the card; `above` goes on top of it, when something is to be said first; else what became of a sign-in."""
    large = say(view, _title(request, view), **particulars(request, view))
    hurdle, means, summary = stuck(request, view), able(request, view), _summary(request, view)
    body = [
        above or warning(came_to_nothing(view)),
        standing(request, large, view),
        *opened(request, view),
        hurdle,
        *summary,
        *stricter(request, view),
        *means,
        *(lines(say(view, "request.approval.place", at=when(view.now), place=view.place)) if view.place else ()),
        *(lines(say(view, "request.again")) if request.repeated and request.status in PENDING else ()),
        *_frozen(request, view),
        _picture(request, view),
        trial(request, view),
        *facts([*details(request, view), (say(view, "fact.asked"), when(request.created_at))]),
        *quoted(request.requester.name, typed(request, view), view, own=view.person == request.requester.id),
        progress(request, view),
        *_whom([*opened(request, view), hurdle, *summary, *means], view),
    ]
    return card(view, body, _buttons(request, view), refresh(request, view))


def _title(request: Request, view: View) -> str:
    if alarm := stopped_for(request):
        return f"request.{alarm}.title"
    if approved_before(request, view):
        return "request.approval.again"
    return f"request.{request.status}.checked" if _checking(request) else staged(request, "title")


def _summary(request: Request, view: View) -> list[e.Piece | None]:
    """Say how it stands and what to do next, in a sentence or two."""
    given, ending = particulars(request, view), request.ending
    state = f"request.{request.status}"
    match request.status:
        case Status.UNKNOWN:
            return [*lines(say(view, worded(request, f"{state}.{_found(request)}"), **given), _first(request, view))]
        case Status.REVOKING | Status.REVOKED | Status.WITHDRAWN:
            return [*lines(say(view, worded(request, f"{state}.{_taken_back(request)}"), **given))]
        case Status.REFUSED | Status.FAILED:
            refusal = ending.refusal if ending else None
            alarm = [say(view, "request.refused.alarm")] if request.reported else []
            return [*lines(say(view, "refusal.other") if refusal is None else refused(refusal, view), *alarm)]
        case Status.DENIED:
            said, after = _reason(request, view), _after_no(request)
            return [*said, *lines(say(view, after), subtle=after == f"{state}.next")]
        case Status.DONE | Status.ENDED:
            following = [say(view, key, **given) for key in _following(request)]
            return [*lines(say(view, staged(request, "text"), **given), *following)]
        case Status.CONSENT | Status.STEP_UP | Status.PROOF if _checking(request):
            return [*lines(say(view, f"{state}.checking", **given))]
        case Status.EXPIRED if ending is not None and ending.refusal is not None:
            return [*lines(refused(ending.refusal, view))]
        case Status.READY if request.way is Way.ENTER and not view.link:
            return [*lines(say(view, worded(request, "request.ready.closed"), **given))]
        case Status.STEP_UP if not view.link:
            return [*lines(say(view, f"{state}.closed", **given))]
        case Status.CONSENT if any(e.strength == VOUCHED for e in request.evidence_of(EvidenceType.VERIFICATION)):
            return [*lines(say(view, "request.consent.vouched", **given))]
        case _:
            return [*lines(say(view, worded(request, f"{state}.{approved_before(request, view) or 'text'}"), **given))]


def _whom(summary: Sequence[e.Piece | None], view: View) -> list[e.Piece]:
    """Say whom to call, at the end of every card whose own words do not."""
    said = any(plain(view.contact) in str(e.plain(piece)) for piece in summary if piece is not None)
    return [] if said else lines(say(view, "request.whom"), subtle=True)


def _first(request: Request, view: View) -> str:
    """Say that before the second try its person signs in once more; on the page they do so anyway."""
    asked = view.link and request.way is not Way.ENTER and _may_repeat(request)
    return say(view, "request.unknown.sign_in") if asked else ""


def _may_repeat(request: Request) -> bool:
    """Whether a lost answer was looked for, and nothing was made in its place yet."""
    return not request.replaced and request.expires_at is not None


def _frozen(request: Request, view: View) -> list[e.Piece]:
    """Say that nothing is given out because of this alarm, or that it is again."""
    if request.frozen_at is not None:
        return lines(say(view, "request.frozen"))
    return lines(say(view, "request.lifted")) if request.lifted_by else []


def _taken_back(request: Request) -> str:
    """Name why it is taken back: an alarm about the account or a call, its owner's word, or because they wished it."""
    if alarm := stopped_for(request):
        return alarm
    return "reported" if request.reported and request.status is not Status.WITHDRAWN else "text"


def _reason(request: Request, view: View) -> list[e.Piece]:
    ending = request.ending
    return quoted(ending.name, [("", ending.reason)], view, first=True) if ending else []


def _after_no(request: Request) -> str:
    """Name what is said below a no: what the desk does for a verdict that came with it, or whom to ask."""
    told = f"{request.kind}.request.denied.{verdict(request)}"
    told = f"{told}_failed" if request.follow is Follow.FAILED and known(f"{told}_failed") else told
    return told if known(told) and request.mode is Mode.ENFORCE else "request.denied.next"


def _checking(request: Request) -> bool:
    """Their proof is there, but what must be known could not be found out: the desk looks again in time."""
    return given_already(request) and request.due_at is not None and request.due_at != request.expires_at


def _following(request: Request) -> list[str]:
    """Name what is said below: what the desk could not do after it, and what its person does next."""
    failed = own(request.kind, "follow.failed") if request.follow is Follow.FAILED else ""
    following = f"{request.kind}.next" if request.status is Status.DONE and not request.stage else ""
    ended = request.status is Status.ENDED and request.stage == VERIFIED
    proof = f"{request.kind}.{'served' if serves(request) else 'unserved'}" if ended else ""
    made = request.receipt.params.get(CAME, "") if request.receipt is not None else ""
    came = f"{request.kind}.came.{made}" if made else ""
    return [key for key in (failed, came, following, proof) if key and known(key)]


def _picture(request: Request, view: View) -> e.Image | None:
    """What another device scans, as long as it may."""
    qr = request.receipt.params.get("qr", "") if request.receipt else ""
    if not qr or request.status is not Status.DONE or request.stage:
        return None
    alt = bare(view, f"{request.kind}.picture")
    return e.Image(url=qr, alt=alt, width="220px", align="Center", background="#FFFFFF")


def _found(request: Request) -> str:
    """Name what looking for a lost answer has come to so far."""
    if request.replaced:
        return "helpdesk"
    if request.expires_at is None:
        return "looking"
    return "found" if request.receipt else "nothing"


def _buttons(request: Request, view: View) -> list[e.Action | None]:
    """One red button, and it is the last; where that says it was not them, the alarm is in the menu beside it."""
    report = None
    if request.status is Status.CONSENT:
        no = press(view, "button.no_consent", RefuseConsent(ref(request)), style="destructive")
        return [*_own(request, view), no, alarm(view, aside=True) if not request.reported else None]
    theirs = not request.reported and not locked_by_other(request)
    if request.status in LIVE and theirs and not too_late(request, view.now):
        report = press(
            view, "button.report", Report(ref(request)), style="destructive", tooltip=bare(view, "button.report_hint")
        )
    return [*_own(request, view), report, alarm(view, aside=report is not None) if not request.reported else None]


def _own(request: Request, view: View) -> list[e.Action | None]:
    at = ref(request)
    withdraw = None if locked_by_other(request) else press(view, "button.withdraw", Withdraw(at))
    match request.status:
        case Status.CONSENT:
            return [None if _checking(request) else press(view, "button.consent", Consent(at), style="positive")]
        case Status.STEP_UP:
            return [*([] if _checking(request) else _signing_in(request, view)), withdraw]
        case Status.PROOF:
            prove = press(view, "button.prove", Prove(at), style="positive")
            return [None if _checking(request) else prove, withdraw]
        case Status.APPROVAL:
            return [withdraw]
        case Status.READY:
            return [*_going_on(request, view), withdraw]
        case Status.UNKNOWN:
            return [*_once_more(request, view), _revoke(request, view)]
        case Status.DONE:
            return [_open(request, view), _revoke(request, view)]
        case Status.ACTING | Status.REVOKING:
            return []
        case Status.DENIED | Status.EXPIRED | Status.WITHDRAWN | Status.FAILED | Status.ENDED | Status.REVOKED:
            return [] if request.reported or stopped(request) else again(request, view)
        case Status.REFUSED | Status.EVALUATED:
            return []
        case _:
            assert_never(request.status)


def _signing_in(request: Request, view: View) -> list[e.Action | None]:
    """The one thing to press; another link, where that one was begun in another browser, is in the menu beside it."""
    again = SignInAgain(ref(request))
    if not view.link:
        return [press(view, "button.sign_in_again", again, style="positive")]
    return [sign_in(view, "button.sign_in"), press(view, "button.sign_in_again", again, mode="secondary")]


def _going_on(request: Request, view: View) -> list[e.Action | None]:
    match request.way:
        case Way.SHOW:
            return [_revealing(view, own(request.kind, "button.show"), Show(ref(request)))]
        case Way.ENTER:
            return [_enter(request, view)]
        case Way.ALONE:
            return []
        case _:
            assert_never(request.way)


def _once_more(request: Request, view: View) -> list[e.Action | None]:
    """After an answer was lost and looked for: once."""
    if not _may_repeat(request):
        return []
    match request.way:
        case Way.SHOW | Way.ALONE if view.link:  # what was signed in for before is too old by now
            return _signing_in(request, view)
        case Way.SHOW:
            return [_revealing(view, own(request.kind, "button.replace"), Replace(ref(request)))]
        case Way.ENTER:
            return [_enter(request, view)]
        case Way.ALONE:
            return [press(view, own(request.kind, "button.try_again"), Replace(ref(request)), style="positive")]
        case _:
            assert_never(request.way)


def _enter(request: Request, view: View) -> e.Action:
    """Open the page; where its address has run out, have another made."""
    if view.link:
        return sign_in(view, own(request.kind, "button.enter"))
    return press(view, own(request.kind, "button.enter_again"), SignInAgain(ref(request)), style="positive")


def _open(request: Request, view: View) -> e.Action | None:
    """On a phone, what would be scanned is opened instead."""
    if not view.wallet or not request.receipt or not request.receipt.params.get("url") or request.stage:
        return None
    return e.OpenUrl(title=bare(view, f"{request.kind}.button.open"), url=f"{view.wallet}{request.id}")


def _revealing(view: View, key: str, action: Show | Replace) -> e.Action:
    """Show in a dialog, or, where the policy says so, in a message of its own."""
    if view.reveal == "message":
        return press(view, key, action, style="positive")
    return dialog(view, key, action, style="positive")


def _revoke(request: Request, view: View) -> e.Action | None:
    made = request.receipt
    if made is None or made.expires_at is None or made.params.get("spent"):
        return None
    return press(view, own(request.kind, "button.revoke"), RevokeIt(ref(request)))
