"""The requester's card: how the request stands, what comes next, and what the person may do about it."""

from __future__ import annotations

from typing import assert_never

from bot.core.actions import Replace, Report, RevokeIt, Show, SignInAgain, Withdraw
from bot.core.model import LIVE, Request, Status
from cards import elements as e
from cards.buttons import begin, dialog, press, ref, refresh
from cards.parts import card, facts, lines, quote, standing, trial
from cards.progress import progress
from cards.texts import known
from cards.view import View
from cards.words import bare, details, own, particulars, refused, say, when


def requester(request: Request, view: View, above: tuple[e.Piece, ...] = ()) -> e.Card:
    """Return the card; `above` goes on top of it, when something is to be said first."""
    large = say(view, own(request.kind, f"request.{request.status}.title"), **particulars(request, view))
    body = [
        *above,
        standing(request, large, view),
        *_told(request, view),
        trial(request, view),
        *facts([*details(request, view), (say(view, "fact.asked"), when(request.created_at))]),
        progress(request, view),
    ]
    return card(view, body, _buttons(request, view), refresh(request, view))


def _told(request: Request, view: View) -> list[e.Piece | None]:
    """Say how it stands and what to do next, in a sentence or two."""
    given, ending = particulars(request, view), request.ending
    state = f"request.{request.status}"
    match request.status:
        case Status.UNKNOWN:
            return [*lines(say(view, own(request.kind, f"{state}.{_found(request)}"), **given))]
        case Status.REVOKING | Status.REVOKED:
            key = f"{state}.reported" if request.reported else own(request.kind, f"{state}.text")
            return [*lines(say(view, key, **given))]
        case Status.REFUSED | Status.FAILED:
            refusal = ending.refusal if ending else None
            return [*lines(say(view, "refusal.other") if refusal is None else refused(refusal, view))]
        case Status.DENIED:
            said = quote(ending.reason if ending else "")
            return [*lines(say(view, f"{state}.text")), *said, *lines(say(view, f"{state}.next"), subtle=True)]
        case Status.DONE:
            following = f"{request.kind}.next"
            more = lines(say(view, following)) if known(following) else []
            return [*lines(say(view, own(request.kind, f"{state}.text"), **given)), *more]
        case _:
            return [*lines(say(view, own(request.kind, f"{state}.text"), **given))]


def _found(request: Request) -> str:
    """Name what looking for a lost answer has come to so far."""
    if request.replaced:
        return "helpdesk"
    if request.expires_at is None:
        return "looking"
    return "found" if request.receipt else "nothing"


def _buttons(request: Request, view: View) -> list[e.Action | None]:
    report = None
    if request.status in LIVE and not request.reported:
        report = press(view, "button.report", Report(ref(request)), tooltip=bare(view, "button.report_hint"))
    return [*_own(request, view), report]


def _own(request: Request, view: View) -> list[e.Action | None]:
    at = ref(request)
    withdraw = press(view, "button.withdraw", Withdraw(at))
    match request.status:
        case Status.STEP_UP:
            return [press(view, "button.sign_in_again", SignInAgain(at)), withdraw]
        case Status.APPROVAL:
            return [withdraw]
        case Status.READY:
            return [_show(request, view), withdraw]
        case Status.UNKNOWN:
            return [_replace(request, view), _revoke(request, view)]
        case Status.DONE:
            return [_revoke(request, view)]
        case Status.ACTING | Status.REVOKING:
            return []
        case Status.DENIED | Status.EXPIRED | Status.WITHDRAWN | Status.FAILED | Status.ENDED | Status.REVOKED:
            return [] if request.reported else [begin(view, "button.again", request.kind)]
        case Status.REFUSED | Status.EVALUATED:
            return []
        case _:
            assert_never(request.status)


def _show(request: Request, view: View) -> e.Action:
    return _revealing(view, own(request.kind, "button.show"), Show(ref(request)))


def _replace(request: Request, view: View) -> e.Action | None:
    if request.replaced or request.expires_at is None:
        return None
    return _revealing(view, own(request.kind, "button.replace"), Replace(ref(request)))


def _revealing(view: View, key: str, action: Show | Replace) -> e.Action:
    """Show in a dialog, or, where the policy says so, in a message of its own."""
    if view.reveal == "message":
        return press(view, key, action, style="positive")
    return dialog(view, key, action, style="positive")


def _revoke(request: Request, view: View) -> e.Action | None:
    if request.receipt is None:
        return None
    return press(view, own(request.kind, "button.revoke"), RevokeIt(ref(request)), style="destructive")
