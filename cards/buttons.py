"""Buttons: what one sends is what `pack` made of its action, and nothing a client could decide with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.actions import Begin, Choose, Disown, Matters, Press, Ref, Refresh, Shown, Submit
from bot.core.calling import OpenRequest
from bot.core.face import serves
from bot.core.looking import Looking
from bot.core.model import LIVE, PENDING, VERIFIED, EvidenceType, Request, Status
from bot.core.packing import LANGUAGE, pack
from bot.core.queue import Queued, looked_at
from bot.core.queueing import Attend, Attending, SeeQueue
from cards import elements as e
from cards.texts import tongue
from cards.view import View
from cards.words import bare, own

DIALOG: Final = {"type": "task/fetch"}


def packed(
    view: View, action: Press | Begin | Submit | Choose | Disown | SeeQueue | Shown | Matters | Looking
) -> dict[str, str | int]:
    """Return what a button sends; where its card keeps to the language somebody wrote in, that comes along."""
    return {**pack(action), LANGUAGE: tongue(view.language)} if view.spoken else pack(action)


def ref(request: Request) -> Ref:
    return Ref(request.id, request.version)


def press(
    view: View,
    key: str,
    action: Press | Begin | SeeQueue | Shown | Matters,
    *,
    style: str | None = None,
    tooltip: str | None = None,
    **more: Any,
) -> e.Execute:
    """A button that acts on the server; a client too old for it sends the same data as a message."""
    title, data = bare(view, key), packed(view, action)
    old = e.Submit(title=title, data=data, style=style, tooltip=tooltip, **more)
    return e.Execute(title=title, verb=str(data["verb"]), data=data, style=style, tooltip=tooltip, fallback=old, **more)


def attending(one: Request | Queued, view: View, page: SeeQueue | None = None) -> list[e.Execute]:
    """Let somebody who may decide say that they look at it, or no more. In a channel a card is the same for all."""
    there = looked_at(one, view.now)
    at, mine = Ref(one.id, one.version), there is not None and there.by == view.person
    begin = Attend(at, Attending.BEGIN if there is None else Attending.OVER, page)
    key = "button.attend" if there is None else "button.attend_over"
    ends = there is not None and (mine or not view.person)
    end = press(view, "button.attend_end", Attend(at, Attending.END, page), mode="secondary" if not mine else None)
    return [*([] if mine else [press(view, key, begin)]), *([end] if ends else [])]


def dialog(
    view: View,
    key: str,
    action: Press | Begin | Matters | Looking,
    *,
    style: str | None = None,
    enabled: bool = True,
    **params: object,
) -> e.Submit:
    """A button that opens a dialog with what the server answers."""
    data = {**packed(view, action), "msteams": DIALOG}
    return e.Submit(title=bare(view, key, **params), data=data, style=style, enabled=None if enabled else False)


def alarm(view: View, *, aside: bool = False) -> e.Execute | None:
    """The one press for somebody who finds an intruder in their account; on every card of theirs, `aside` in a menu."""
    if not view.alarm:
        return None
    hint = bare(view, f"{view.alarm}.summary")
    mode = "secondary" if aside else None
    return press(view, f"{view.alarm}.button.ask", Begin(view.alarm), style="destructive", tooltip=hint, mode=mode)


def begin(view: View, key: str, kind: str, *, style: str | None = None, enabled: bool = True) -> e.Submit:
    return dialog(view, own(kind, key), Begin(kind), style=style, enabled=enabled)


def submit(
    view: View,
    kind: str,
    request: str,
    chosen: Mapping[str, str] | None = None,
    *,
    removes: bool = False,
    call: tuple[str, int] | None = None,
) -> e.Submit:
    """Send the form; `chosen` is the line it is about, where that was chosen by a button, `call` as the form has it."""
    send = Submit(kind, request, chosen or {}) if call is None else OpenRequest(*call, kind, request, {})
    data = packed(view, send)
    return e.Submit(
        title=bare(view, own(kind, "button.send")), data=data, style="destructive" if removes else "positive"
    )


def choose(view: View, kind: str, request: str, chosen: Mapping[str, str], what: str) -> e.Submit:
    """The button beside a line of a form; whoever does not see the line hears which it is."""
    data, title = packed(view, Choose(kind, request, chosen)), bare(view, own(kind, "button.choose"))
    hint = bare(view, own(kind, "button.choose_hint"), what=what)
    return e.Submit(title=title, data=data, tooltip=hint, sends="none")


def back(view: View, kind: str, request: str) -> e.Submit:
    """From what is asked about one line back to all of them."""
    return e.Submit(title=bare(view, "button.back"), data=packed(view, Choose(kind, request, {})), sends="none")


def disown(view: View, kind: str, request: str, *, told: bool = False) -> e.Submit:
    """Say that something of it is not theirs; `told`: with what was chosen, where nothing else on the form is sent."""
    data, sends = packed(view, Disown(kind, request, {})), "auto" if told else "none"
    title, style = bare(view, own(kind, "button.tell" if told else "button.disown")), "destructive" if told else None
    hint = bare(view, own(kind, "button.disown_hint"))
    return e.Submit(title=title, data=data, style=style, tooltip=hint, sends=sends)


def sign_in(view: View, key: str, *, style: str | None = "positive") -> e.Submit:
    """A button that opens the start page of a pending sign-in in a popup of Teams."""
    data = {"msteams": {"type": "signin", "value": view.link}}
    return e.Submit(title=bare(view, key), data=data, style=style)


def refresh(request: Request, view: View) -> e.Refresh | None:
    """Let the one person the card is for fetch it anew when it comes into view, as long as it can change.

    So does an ended proof that another request waits for, which offers the next: of two copies, only one may stand.
    """
    offers = bool(serves(request)) and request.stage != VERIFIED
    return anew(request, [view.user], view) if view.user and (offers or request.status in LIVE) else None


def watched(request: Request) -> e.Refresh | None:
    """Let whoever sees what waits in a channel ask after it: their answer is nothing new, and a twin of it goes.

    Without names, Teams asks for everybody in a conversation of at most 60, and in a larger one for nobody:
    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views.
    """
    pressed = request.status is Status.APPROVAL or retractable(request)
    return anew(request) if pressed else None


def retractable(request: Request) -> bool:
    """Whether there is a yes that may be taken back, by whoever gave it."""
    return request.status in PENDING and bool(request.evidence_of(EvidenceType.APPROVAL))


def anew(request: Request, users: list[str] | None = None, view: View | None = None) -> e.Refresh:
    """Let whoever is named, or whoever sees it, ask for its present state; a twin of a card goes by that."""
    return asks_anew(pack(Refresh(ref(request))) if view is None else packed(view, Refresh(ref(request))), users)


def asks_anew(data: dict[str, str | int], users: list[str] | None) -> e.Refresh:
    """Have a client ask by itself, with this data, when the card comes into view: of `users`, or of all who see it."""
    return e.Refresh(action=e.Execute(verb=str(data["verb"]), data=data), users=users)
