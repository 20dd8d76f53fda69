"""The cards of the threat level: the way to raise it, what both channels read of it, and what whoever signs in does."""

from __future__ import annotations

from typing import Final

from bot.core.answers import ThreatCard, ThreatDoor, ThreatForm
from bot.core.forms import WHY as REASON
from bot.core.ports import Slot
from bot.core.raising import HOURS, LEVEL, OFFERED, WHY, BeginThreat, LowerThreat, RaiseThreat, SeeThreat
from bot.core.threat import RAISED, Threat, ThreatLevel, ThreatStand
from cards import elements as e
from cards.buttons import asks_anew, dialog, packed, press, sign_in
from cards.parts import badge, card, facts, header, lines, quoted, warning
from cards.texts import NAME, plain
from cards.view import View
from cards.words import bare, came_to_nothing, say, when

TONES: Final = {
    ThreatStand.WANTED: "Accent",
    ThreatStand.HELD: "Warning",
    ThreatStand.REPLACED: "Default",
    ThreatStand.LOWERED: "Good",
    ThreatStand.OVER: "Good",
    ThreatStand.LAPSED: "Default",
}


def threat_door(_: ThreatDoor, view: View) -> e.Card:
    return card(view, [_title(view, "app.name"), *lines(say(view, "threat.door"))], [_begin(view)])


def threat_form(answer: ThreatForm, view: View) -> e.Card:
    """Return the form: to what level, for how long, and why; what is missing is said first."""
    missing = [say(view, f"threat.fault.{fault}") for fault in answer.faults]
    levels = [e.Option(title=bare(view, f"threat.choice.{level}"), value=level.value) for level in RAISED]
    hours = [e.Option(title=bare(view, f"threat.hours.{n}"), value=str(n)) for n in OFFERED]
    body: list[e.Piece | None] = [
        warning(*missing),
        *lines(say(view, "threat.form")),
        e.InputChoiceSet(
            id=LEVEL,
            label=bare(view, "threat.level"),
            choices=levels,
            value=answer.level or None,
            style="expanded",
            wrap=True,
        ),
        e.InputChoiceSet(
            id=HOURS,
            label=bare(view, "threat.how_long"),
            choices=hours,
            value=answer.hours or None,
            placeholder=bare(view, "form.choose"),
            style="compact",
        ),
        e.InputText(
            id=WHY, label=bare(view, "threat.why"), value=answer.reason or None, multiline=True, longest=REASON.longest
        ),
    ]
    data = packed(view, RaiseThreat(answer.form, "", "", ""))
    send = e.Submit(title=bare(view, "threat.button.raise"), data=data, style="destructive")
    return card(view, body, [send])


def threat(answer: ThreatCard, view: View) -> e.Card:
    """Return a raising as one place shows it: what it does, until when, who and why; and what its readers may do."""
    one, slot = answer.threat, answer.slot
    stands = one.status if one.status is not ThreatStand.HELD or one.holds(view.now) else ThreatStand.OVER
    asks = bool(view.link) and slot is Slot.THREAT
    body: list[e.Piece | None] = [
        warning(came_to_nothing(view)) if asks else None,
        header(
            say(view, "threat.title"),
            say(view, f"threat.name.{one.level}"),
            status=badge(view, f"threat.status.{stands}", TONES[stands]),
        ),
        *lines(_said(one, stands, slot, view, asks=asks), _waits(one, stands, view)),
        *facts([(say(view, "threat.until"), when(one.until)), (say(view, "threat.by"), plain(one.by.name, NAME))]),
        *quoted(one.by.name, [("", one.reason)], view, own=view.person == one.by.id),
    ]
    return card(view, body, _buttons(one, stands, slot, view, asks=asks), _refresh(one, stands, slot, view))


def _said(one: Threat, stands: ThreatStand, slot: Slot, view: View, *, asks: bool) -> str:
    """Say what signing in would do, or what holds for whoever reads it, or how it came to an end."""
    if asks:
        return say(view, "threat.confirm.lower" if stands is ThreatStand.HELD else f"threat.confirm.{one.level}")
    if stands is ThreatStand.WANTED:
        return say(view, "threat.ended.lapsed")
    if stands is ThreatStand.HELD:
        reader = "helpdesk" if slot is Slot.APPROVERS else "security"
        return say(view, f"threat.held.{reader}.{one.level}")
    return say(view, f"threat.ended.{stands}", names=" / ".join(plain(who.name, NAME) for who in one.lowered_by))


def _waits(one: Threat, stands: ThreatStand, view: View) -> str:
    """Say that one of two wants it to end early."""
    first = one.first(view.now) if stands is ThreatStand.HELD else None
    return say(view, "threat.lowering", name=plain(first.name, NAME)) if first is not None else ""


def _buttons(one: Threat, stands: ThreatStand, slot: Slot, view: View, *, asks: bool) -> list[e.Action | None]:
    if asks:
        lowers = stands is ThreatStand.HELD
        style = "positive" if lowers else "destructive"
        return [sign_in(view, "threat.button.sign_in_lower" if lowers else "threat.button.sign_in", style=style)]
    if stands is not ThreatStand.HELD or slot is Slot.APPROVERS:
        return []
    lower = press(view, "threat.button.lower", LowerThreat(one.key, one.version))
    stricter = one.level is not ThreatLevel.LOCKDOWN and slot is Slot.SECURITY
    return [lower, _begin(view) if stricter else None]


def _title(view: View, small: str) -> e.Container:
    return header(say(view, small), say(view, "threat.title"))


def _begin(view: View) -> e.Submit:
    return dialog(view, "threat.button.begin", BeginThreat())


def _refresh(one: Threat, stands: ThreatStand, slot: Slot, view: View) -> e.Refresh | None:
    """Let whoever has it in private fetch it anew when it comes into view, as long as it can change."""
    if stands not in {ThreatStand.WANTED, ThreatStand.HELD} or slot is Slot.APPROVERS:
        return None
    return asks_anew(packed(view, SeeThreat(one.key, one.version)), [view.user] if view.user else None)
