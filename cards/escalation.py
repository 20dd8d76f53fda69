"""The cards of an escalation: what a lead is asked, and what came of it for the agent; never a score."""

from __future__ import annotations

from typing import Final

from bot.core.escalating import AskLead, EscalationCard, SayNo, SeeEscalation, TakeOver
from bot.core.escalations import Escalation, Heeded
from bot.core.ports import Slot
from cards import elements as e
from cards.buttons import asks_anew, dialog, packed, press
from cards.parts import badge, card, facts, header, lines
from cards.texts import NAME, plain
from cards.view import View
from cards.words import called, say, when

TONES: Final = {
    Heeded.ASKED: "Accent",
    Heeded.TAKEN: "Good",
    Heeded.DECLINED: "Warning",
    Heeded.UNHEEDED: "Default",
}


def ask_lead(verification: str, view: View) -> e.Execute:
    """The button by which an agent asks who leads the helpdesk about a call."""
    return press(view, "escalation.button.ask", AskLead(verification))


def escalation(answer: EscalationCard, view: View) -> e.Card:
    one, over = answer.escalation, answer.escalation.over(view.now)
    status = Heeded.UNHEEDED if over and one.status is Heeded.ASKED else one.status
    given = _given(one)
    tag = badge(view, f"escalation.status.{status}", TONES[status])
    body: list[e.Piece | None] = [
        header(say(view, "escalation.title"), say(view, "escalation.about", **given), status=tag),
        *lines(say(view, f"escalation.so_far.{one.so_far}", **given)),
        *lines(say(view, _key(answer.slot, status, view, one), **given)),
        *facts(_rows(one, view)),
    ]
    asks = answer.slot is Slot.LEAD and not over
    mine = answer.slot is Slot.LEAD and status is Heeded.TAKEN and one.lead is not None and one.lead.id == view.person
    if not asks and not mine:
        return card(view, body)
    take = dialog(view, "escalation.button.take", TakeOver(one.key, one.version), style="positive")
    no = press(view, "escalation.button.no", SayNo(one.key, one.version)) if asks else None
    see = packed(view, SeeEscalation(one.key, one.version))
    return card(view, body, [take, no], asks_anew(see, [view.user]) if view.user else None)


def _key(slot: Slot, status: Heeded, view: View, one: Escalation) -> str:
    """Return the key of what is said to whoever reads it."""
    if slot is Slot.LEAD and status is Heeded.TAKEN and one.lead is not None and one.lead.id == view.person:
        return "escalation.lead.mine"
    reader = {Slot.AGENT: "agent", Slot.LEAD: "lead"}.get(slot, "security")
    return f"escalation.{reader}.{status}"


def _rows(one: Escalation, view: View) -> list[tuple[str, str]]:
    about = [(say(view, "escalation.wanted"), say(view, called(one.wanted)))] if one.wanted else []
    by, at = (say(view, "escalation.by"), plain(one.by.name, NAME)), (say(view, "call.asked_at"), when(one.created_at))
    return [by, at, *about]


def _given(one: Escalation) -> dict[str, object]:
    lead = plain(one.lead.name, NAME) if one.lead is not None else ""
    given = {"name": plain(one.about.name, NAME), "by": plain(one.by.name, NAME), "until": when(one.ends_at)}
    return {**given, "lead": lead}
