"""The alarm in the security channel: somebody else is in an account, or asked for something on an emergency one."""

from __future__ import annotations

from bot.core.actions import Lift
from bot.core.behalf import locked_by_other
from bot.core.forms import WHY
from bot.core.life.ended import CAME
from bot.core.model import EvidenceType, Follow, Mode, Request, Status
from cards import elements as e
from cards.buttons import anew, press, ref, sign_in
from cards.opener import why
from cards.parts import card, facts, lines, quoted, standing, warning
from cards.texts import NAME, known, plain
from cards.view import View
from cards.words import bare, came_to_nothing, counted, details, names, own, particulars, say, typed, verdict, when


def alert(request: Request, view: View) -> e.Card:
    """Return what security needs to begin: who, what, when, who approved, and what the desk has done by itself."""
    ending = request.ending
    given, approved = particulars(request, view), request.evidence_of(EvidenceType.APPROVAL)
    rows: list[tuple[str, str]] = [
        *details(request, view, theirs=True),
        (say(view, "fact.asked"), when(request.created_at)),
        *((say(view, "fact.signed_in"), when(e.at)) for e in request.evidence_of(EvidenceType.STEP_UP)[-1:]),
        *((say(view, "fact.proved"), when(e.at)) for e in request.evidence_of(EvidenceType.FACE)[-1:]),
        (say(view, "alert.approved_by"), names(approved)),
        (say(view, "alert.person"), request.subject.id),
        (say(view, "alert.request"), request.id),
    ]
    body = [
        standing(request, say(view, own(request.kind, _title(request)), **given), view),
        *lines(*(say(view, key, **given) for key in _texts(request))),
        *lines(counted(view.alarms, view)),
        *lines(_lock(request, view)),
        *facts(rows),
        *quoted(request.requester.name, typed(request, view), view),
        *why(request, view),
        *(quoted(ending.name, [(say(view, "fact.said"), ending.reason)], view) if ending else ()),
    ]
    return card(view, body, [_lift(request, view)] if request.frozen_at is not None else [], anew(request))


def lift(request: Request, view: View) -> e.Card:
    """Return an approver's private card: whose lock they lift, and the sign-in that makes it count."""
    key = "counted" if request.frozen_at is None else "text" if view.link else "expired"
    given = particulars(request, view)
    said = [standing(request, say(view, "lift.title", **given), view), *lines(say(view, f"lift.{key}", **given))]
    body = [warning(came_to_nothing(view)) if key == "text" else None, *said]
    return card(view, body, [sign_in(view, "button.sign_in_and_lift")] if key == "text" else [])


def _lift(request: Request, view: View) -> e.ShowCard:
    """Who lifts a lock says how they made sure; the server asks for it all the same."""
    reason = e.InputText(
        id=WHY.name,
        label=bare(view, "lift.reason", **particulars(request, view)),
        multiline=True,
        required=True,
        longest=WHY.longest,
        error=bare(view, "lift.reason_missing"),
    )
    send = press(view, "button.lift_send", Lift(ref(request), ""), style="destructive")
    return e.ShowCard(title=bare(view, "button.lift"), card=e.Card(body=[reason], actions=[send]))


def _lock(request: Request, view: View) -> str:
    """Say whether the desk still gives nothing out for this account because of this alarm."""
    if request.frozen_at is not None:
        return say(view, "alert.frozen", name=plain(request.subject.name, NAME))
    if request.lifted_by:
        return say(view, "alert.lifted", by=plain(request.lifted_by, NAME))
    return ""


def _title(request: Request) -> str:
    if locked_by_other(request):
        return "alert.opened"
    return "alert.title" if request.reported else "alert.verdict" if verdict(request) else "alert.emergency"


def _found(request: Request) -> str:
    """Name the text for what becomes of an account an approver found somebody else in."""
    state = "trial" if request.mode is Mode.EVALUATE else request.follow
    return f"{request.kind}.alert.{verdict(request)}.{state}"


def _failed(request: Request) -> tuple[str, ...]:
    """What should have followed and was refused for good is somebody else's to do now."""
    key = f"{request.kind}.alert.follow_failed"
    return (key,) if request.follow is Follow.FAILED and known(key) else ()


def _came(request: Request) -> tuple[str, ...]:
    """What came of what followed, where its kind has words for that."""
    key = f"{request.kind}.alert.came_{request.receipt.params.get(CAME, '')}" if request.receipt is not None else ""
    return (key,) if known(key) else ()


def _texts(request: Request) -> tuple[str, ...]:
    """Name the texts: somebody's alarm, an approver's, or a request for an account that is kept for emergencies."""
    if not request.reported:
        return (_found(request), "alert.next") if verdict(request) else ("alert.emergency_text",)
    state = f"{request.kind}.alert.{request.status}"
    if known(state):
        return (state, *_failed(request), *_came(request), "alert.next")
    return ("alert.revoking" if request.status is Status.REVOKING else "alert.revoked", "alert.next")
