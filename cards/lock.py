"""The cards by which a colleague's account is locked: whose, what and why; the sign-in for it; and security's line."""

from __future__ import annotations

from typing import Final

from bot.core.forms import WHY as REASON
from bot.core.interventions import Intervention, LockStand
from bot.core.lockcards import LockCard, LockDoor, LockForm
from bot.core.locking import WHAT, WHY, BeginLock, ChooseLock, FindLock, SendLock
from bot.core.model import Person, Refusal
from bot.core.ports import Slot
from cards import elements as e
from cards.buttons import dialog, packed, sign_in
from cards.colleague import looked_for, row, who
from cards.parts import badge, card, header, lines, quoted, warning
from cards.texts import NAME, clean, plain
from cards.view import View
from cards.words import bare, came_to_nothing, refused, say

MOST: Final = 8  # of one account, with the words of each
TONES: Final = {
    LockStand.WANTED: "Accent",
    LockStand.OPENED: "Good",
    LockStand.DECLINED: "Attention",
    LockStand.REPLACED: "Default",
    LockStand.LAPSED: "Default",
}


def lock_door(_: LockDoor, view: View) -> e.Card:
    title = header(say(view, "app.name"), say(view, "lock.title"))
    return card(view, [title, *lines(say(view, "lock.door"))], [begin(view)])


def begin(view: View, about: Person | None = None) -> e.Submit:
    """The button that opens the form; for whom a card is `about`, so that nobody picks another of their name."""
    if about is None:
        return dialog(view, "lock.button.begin", BeginLock())
    return dialog(view, "lock.button.begin_for", BeginLock(about.id), name=clean(about.name, NAME))


def lock_form(answer: LockForm, view: View) -> e.Card:
    """Return the form: first whom, then, for whoever was chosen, what is to be done, and why."""
    missing = warning(*(say(view, f"lock.fault.{fault}") for fault in answer.faults))
    return _whom(answer, missing, view) if answer.chosen is None else _what(answer, missing, view)


def _whom(answer: LockForm, missing: e.Piece | None, view: View) -> e.Card:
    title = bare(view, "lock.button.choose")
    rows = [row(one, title, packed(view, ChooseLock(answer.form, one.id)), view) for one in answer.found]
    said = lines(say(view, "lock.found" if answer.found else "lock.form"))
    again = "call.button.find_again" if answer.found else "call.button.find"
    find = e.Submit(title=bare(view, again), data=packed(view, FindLock(answer.form, "", "")))
    return card(view, [missing, *said, *rows, *looked_for(answer.text, view)], [find])


def _what(answer: LockForm, missing: e.Piece | None, view: View) -> e.Card:
    one = answer.chosen
    person = one.id if one is not None else ""
    options = [e.Option(title=bare(view, f"{kind}.lock.choice"), value=kind) for kind in answer.kinds]
    what = e.InputChoiceSet(
        id=WHAT,
        label=bare(view, "lock.what"),
        choices=options,
        value=answer.kind or None,
        style="expanded",
        wrap=True,
    )
    why = e.InputText(
        id=WHY, label=bare(view, "lock.why"), value=answer.reason or None, multiline=True, longest=REASON.longest
    )
    data = packed(view, SendLock(answer.form, person, "", ""))
    send = e.Submit(title=bare(view, "lock.button.send"), data=data, style="destructive")
    shown = e.Container(items=who(one, view), spacing="Medium") if one is not None else None
    return card(view, [missing, *lines(say(view, "lock.chosen")), shown, what, why], [send])


def lock(answer: LockCard, view: View) -> e.Card:
    one = answer.intervention
    match answer.slot:
        case Slot.SECURITY:
            return _securitys(answer, view)
        case Slot.MANAGER:
            given = {"name": plain(one.about.name, NAME), "by": plain(one.by.name, NAME)}
            return card(view, lines(say(view, f"{one.kind}.lock.line", **given), say(view, "lock.manager", **given)))
        case _:
            return _lockers(answer, view)


def _lockers(answer: LockCard, view: View) -> e.Card:
    """What whoever pressed signs in for, or how it came to an end: what came of it is on another card."""
    one = answer.intervention
    asks = one.status is LockStand.WANTED and bool(view.link)
    stands = one.status if asks or one.status is not LockStand.WANTED else LockStand.LAPSED
    body = [
        warning(came_to_nothing(view)) if asks else None,
        header(
            say(view, "lock.title"),
            say(view, "lock.large", name=plain(one.about.name, NAME)),
            status=badge(view, f"lock.status.{stands}", TONES[stands]),
        ),
        *lines(*_said(one, stands, view)),
        *lines("" if answer.reached else say(view, "lock.unreached", name=plain(one.about.name, NAME))),
        *quoted(one.by.name, [("", one.reason)], view, own=True),
    ]
    return card(view, body, [sign_in(view, "lock.button.sign_in", style="destructive")] if asks else [])


def _said(one: Intervention, stands: LockStand, view: View) -> tuple[str, ...]:
    name = plain(one.about.name, NAME)
    match stands:
        case LockStand.WANTED:
            tries = (say(view, "fact.trial"),) if one.trial else ()
            return say(view, f"{one.kind}.lock.confirm", name=name), *tries, say(view, "lock.told", name=name)
        case LockStand.OPENED if one.trial:
            return (say(view, "lock.ended.trial", name=name),)
        case LockStand.DECLINED:
            return (refused(Refusal(one.why, {"name": one.about.name}), view),)
        case _:
            return (say(view, f"lock.ended.{stands}", name=name),)


def _securitys(answer: LockCard, view: View) -> e.Card:
    """A line of who did what to whose account, and why, for each of them; louder where it is an account of weight.

    Of very many the first stands there and the last: a card that Teams does not take would hide them all.
    """
    every = (answer.intervention, *answer.others)
    left = max(0, len(every) - MOST)
    loud = warning(say(view, "lock.grave")) if any(one.grave for one in every) else None
    return card(
        view,
        [
            loud,
            *lines(say(view, "lock.count", count=len(every)) if len(every) > 1 else ""),
            *_line(answer.intervention, view),
            *lines(say(view, "lock.left", count=left) if left else ""),
            *(piece for one in answer.others[left:] for piece in _line(one, view)),
        ],
    )


def _line(one: Intervention, view: View) -> list[e.Piece]:
    given = {"name": plain(one.about.name, NAME), "by": plain(one.by.name, NAME)}
    said = say(view, "lock.trial" if one.trial else f"{one.kind}.lock.line", **given)
    return [*lines(said), *quoted(one.by.name, [("", one.reason)], view)]
