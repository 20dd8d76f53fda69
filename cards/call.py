"""The cards of a call: whom an agent asks, what the colleague is asked, and what the agent may make of the answer.

Only the agent's card has the number, for them to read aloud; no card says how sure anybody is.
"""

from __future__ import annotations

from typing import Final

from bot.core.behalf import Offers
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.callers import HOUR, WAITING, Stand, Verification
from bot.core.calling import (
    NUMBER,
    AskCaller,
    AskManager,
    BeginCaller,
    DenyCall,
    DenyVouch,
    EndCall,
    FindCaller,
    MuteCalls,
    OpenForm,
    ProveCall,
    ResumeCalls,
    SeeCaller,
    TypeNumber,
)
from bot.core.doubting import AskDoubt
from bot.core.escalations import so_far
from bot.core.ports import Slot
from bot.core.proven import BY_THEMSELVES, Proven
from bot.core.reasons import Reason
from cards import elements as e
from cards.buttons import asks_anew, dialog, packed, press, sign_in
from cards.colleague import looked_for, row
from cards.escalation import ask_lead
from cards.lock import begin
from cards.parts import aloud, badge, card, facts, header, lines, warning
from cards.texts import NAME, plain
from cards.view import View
from cards.words import bare, called, came_to_nothing, say, when

TONES: Final = {
    Stand.ASKED: "Accent",
    Stand.UNREACHED: "Default",
    Stand.VOUCHING: "Accent",
    Stand.VERIFIED: "Good",
    Stand.REFUSED: "Attention",
    Stand.MISMATCHED: "Warning",
    Stand.UNANSWERED: "Default",
    Stand.CANCELLED: "Default",
}


def call_door(answer: CallerDoor, view: View) -> e.Card:
    begin = dialog(view, "call.button.begin", BeginCaller(answer.kind), style="positive")
    top = header(say(view, "app.name"), say(view, "call.title"))
    return card(view, [top, *lines(say(view, "call.door")), *_wanted(answer.kind, view)], [begin])


def _wanted(kind: str, view: View) -> list[e.Piece]:
    """Say what is to be opened once they are verified, where the agent has said so."""
    return lines(say(view, "call.wanted", kind=say(view, called(kind)))) if kind else []


def call_form(answer: CallerForm, view: View) -> e.Card:
    """Return the form: first whom, then, with all who may be meant in sight, the button that asks one of them."""
    body: list[e.Piece | None] = [
        warning(say(view, f"call.fault.{answer.fault}")) if answer.fault else None,
        *lines(say(view, "call.found" if answer.found else "call.form")),
        *_wanted(answer.kind, view),
        *(
            row(one, bare(view, "call.button.ask"), packed(view, AskCaller(answer.form, one.id, answer.kind)), view)
            for one in answer.found
        ),
    ]
    data = packed(view, FindCaller(answer.form, "", "", answer.kind))
    again = "call.button.find_again" if answer.found else "call.button.find"
    find = e.Submit(title=bare(view, again), data=data)
    return card(view, [*body, *looked_for(answer.text, view)], [find])


def call(answer: CallerCard, view: View) -> e.Card:
    one, slot = answer.verification, answer.slot
    match slot:
        case Slot.AGENT:
            return _agents(answer, view)
        case Slot.CALLER:
            return _callers(answer, view)
        case Slot.VOUCHER:
            return _vouchers(one, view)
        case _:
            return _securitys(one, view)


def _agents(answer: CallerCard, view: View) -> e.Card:
    """The number to read aloud while it may be typed, and what the answer proves: never more than that."""
    one = answer.verification
    over = one.over(view.now)
    asks, waits = one.status is Stand.ASKED and not over, one.status in WAITING and not over
    key, leaves = _proven(one, over), one.leaves(view.now)
    by_sign_in = asks and not one.by_number
    body = [
        _head(one, say(view, "call.agent.title", **_given(one)), view),
        *_number(one, view),
        *lines(say(view, f"call.agent.{'no_number' if by_sign_in else key}", **_given(one))),
        *(lines(say(view, "call.agent.leaves", **_given(one))) if leaves else ()),
        *facts([(say(view, "call.asked_at"), when(one.created_at)), (say(view, "call.proved_at"), _at(one))]),
    ]
    opens = (
        [_opens(one, kind, view) for kind in sorted(answer.offers.opens, key=lambda kind: kind != one.wanted)]
        if one.status is Stand.VERIFIED and not over
        else []
    )
    back = press(view, "call.button.end", EndCall(one.key, one.version)) if waits else None
    escalates = ask_lead(one.key, view) if so_far(one, None, view.now) else None
    leads = press(view, "call.button.manager", AskManager(one.key, one.version)) if leaves else None
    body += _lacks(answer.offers, one, view)
    if opens:
        body += lines(say(view, "call.agent.opens", **_given(one)))
    return card(view, body, [*opens, leads, escalates, back], _refresh(one, view, still=escalates is not None))


def _opens(one: Verification, kind: str, view: View) -> e.Submit:
    """The button that opens a kind's form; what the agent has said they want to open stands out."""
    style = "positive" if kind == one.wanted else None
    return dialog(view, f"{kind}.title", OpenForm(one.key, one.version, kind), style=style)


def _lacks(offers: Offers, one: Verification, view: View) -> list[e.Piece]:
    """What the other kinds take, each sort of it once; that a number opens nothing is said above."""
    said = (reason for _, reason in offers.lacks if reason is not Reason.UNVERIFIED)
    named = {why: [bare(view, called(kind)) for kind, reason in offers.lacks if reason is why] for why in said}
    told = (say(view, f"call.agent.{why}", kinds=", ".join(kinds), **_given(one)) for why, kinds in named.items())
    return [line for text in told for line in lines(text)]


def _number(one: Verification, view: View) -> list[e.Piece]:
    return [] if one.number is None or one.over(view.now) else [aloud(str(one.number))]


def _callers(answer: CallerCard, view: View) -> e.Card:
    """What the colleague is asked; the no stands beside whatever was answered, as long as somebody relies on it."""
    one = answer.verification
    over = one.over(view.now)
    asks, key = one.status is Stand.ASKED and not over, _proven(one, over)
    body: list[e.Piece | None] = [
        warning(came_to_nothing(view)) if not over else None,
        _head(one, say(view, "call.caller.title"), view),
        *lines(say(view, f"call.caller.{'no_number' if asks and not one.by_number else key}", **_given(one))),
        *(lines(say(view, "call.caller.never"), subtle=True) if asks else ()),
        *lines(quiet(one, view)),
    ]
    if asks and one.by_number:
        body.append(e.InputText(id=NUMBER, label=bare(view, "call.number"), longest=2))
    actions, peace = _answers(answer, view, asks=asks, over=over), _quiet(one, view, aside=asks)
    return card(view, body, [*actions[:-1], peace, *actions[-1:]], _refresh(one, view, still=peace is not None))


def quiet(one: Verification, view: View) -> str:
    """Say until when nobody of the helpdesk can ask them, where they have said so."""
    holds = one.quiet_until is not None and view.now < one.quiet_until
    return say(view, "call.quiet", until=when(one.quiet_until)) if holds else ""


def resumes(view: View) -> e.Execute:
    return press(view, "call.button.resume", ResumeCalls())


def _quiet(one: Verification, view: View, *, aside: bool) -> e.Execute | None:
    """Whoever was asked may have peace for a day; after a no, nobody asks them anyhow."""
    if quiet(one, view):
        return resumes(view)
    if one.status is Stand.REFUSED or view.now >= one.created_at + HOUR:
        return None
    return press(view, "call.button.mute", MuteCalls(one.key, one.version), mode="secondary" if aside else None)


def _answers(answer: CallerCard, view: View, *, asks: bool, over: bool) -> list[e.Action | None]:
    one = answer.verification
    if over:
        return []
    confirms = asks and one.by_number
    confirm = TypeNumber(one.key, one.version, "")
    more = one.proven not in BY_THEMSELVES
    face = one.proven is not Proven.FACE and Reason.NEEDS_FACE in dict(answer.offers.lacks).values()
    proves, shows = more and bool(view.link), (more or face) and view.looks
    no = "call.button.no" if asks else "call.button.not_me"
    doubts = press(view, "doubt.button.really", AskDoubt(one.by.id)) if asks else None  # of whom they hear that name
    return [
        press(view, "call.button.confirm", confirm, style="positive") if confirms else None,
        sign_in(view, "call.button.prove", style=None if confirms else "positive") if proves else None,
        press(view, "call.button.prove_face", ProveCall(one.key, one.version)) if shows else None,
        doubts,
        press(view, no, DenyCall(one.key, one.version), style="destructive"),
    ]


def _vouchers(one: Verification, view: View) -> e.Card:
    """What the manager is asked: the sign-in is their yes, and the no stands beside it for as long as it counts."""
    over = one.over(view.now)
    asks = one.status is Stand.VOUCHING and not over
    mine = asks or (one.vouched is True and not over)
    key = _proven(one, over)
    if one.status is Stand.VERIFIED and not one.vouched:
        key = "answered"
    body: list[e.Piece | None] = [
        warning(came_to_nothing(view)) if mine else None,
        _head(one, say(view, "call.voucher.title", **_given(one)), view),
        *lines(say(view, f"call.voucher.{key}", **_given(one))),
        *(lines(say(view, "call.voucher.never"), subtle=True) if asks else ()),
    ]
    no = "call.button.not_vouched" if asks else "call.button.not_me"
    actions: list[e.Action | None] = [
        sign_in(view, "call.button.vouch", style="positive") if asks and view.link else None,
        press(view, no, DenyVouch(one.key, one.version), style="destructive") if mine else None,
    ]
    return card(view, body, actions, _refresh(one, view))


def _securitys(one: Verification, view: View) -> e.Card:
    rows = [(say(view, "call.asked_at"), when(one.created_at)), (say(view, "alert.person"), one.about.id)]
    by = "_manager" if one.vouched is False else ""
    opened = "_opened" if one.used_for else ""
    title = say(view, f"call.security.title{by}", **_given(one))
    keys = (f"call.security.text{by}", f"call.security.next{opened}")
    said = lines(*(say(view, key, **_given(one)) for key in keys))
    return card(view, [_head(one, title, view), *said, *facts(rows)], [begin(view, one.about)])


def _proven(one: Verification, over: bool) -> str:
    if one.status in WAITING and over:
        return Stand.UNANSWERED.value
    if one.status is Stand.REFUSED and one.vouched is False:
        return "refused_manager"
    if one.status is not Stand.VERIFIED:
        return one.status.value
    return "past" if over else f"verified_{one.proven}"


def _head(one: Verification, large: str, view: View) -> e.Container:
    return header(say(view, "call.title"), large, status=_stand(one, view))


def _stand(one: Verification, view: View) -> e.Badge:
    """How it stands, in one coloured word: a number is not called a proof, and what is over does not go on."""
    over = one.over(view.now)
    if one.status is Stand.VERIFIED and over:
        return badge(view, "call.status.past", "Default")
    if one.proven is Proven.PRESENCE and one.status is Stand.VERIFIED:
        return badge(view, "call.status.presence", "Accent")
    stand = Stand.UNANSWERED if one.status in WAITING and over else one.status
    return badge(view, f"call.status.{stand}", TONES[stand])


def _given(one: Verification) -> dict[str, object]:
    manager = plain(one.voucher.name, NAME) if one.voucher is not None else ""
    given = {"name": plain(one.about.name, NAME), "by": plain(one.by.name, NAME), "until": when(one.ends_at)}
    return {**given, "manager": manager}


def _at(one: Verification) -> str:
    return when(one.proven_at) if one.proven_at is not None else ""


def _refresh(one: Verification, view: View, *, still: bool = False) -> e.Refresh | None:
    """Let the one it is for fetch it anew when it comes into view, as long as it can change or `still` has a button."""
    if not view.user or (one.over(view.now) and not one.leaves(view.now) and not still):
        return None
    return asks_anew(packed(view, SeeCaller(one.key, one.version)), [view.user])
