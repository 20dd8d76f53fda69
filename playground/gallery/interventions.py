"""What it looks like when a colleague's account is locked for them: to whoever does it, to them, and to security."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.answers import RequestCard
from bot.core.behalf import WHY_OPENED
from bot.core.interventions import Intervention, LockStand
from bot.core.lockcards import LockCard, LockDoor, LockForm
from bot.core.model import Evidence, EvidenceType, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from bot.kinds import KINDS
from cards import Showable, View
from playground.gallery.calls import FOUND
from playground.gallery.people import ANN, BEN, CLEO
from playground.gallery.requests import told
from playground.gallery.stories import NOW

WHY: Final = "She gets prompts on her phone that she did not start, and pressed yes to one."
LOCKING: Final = tuple(kind.name for kind in KINDS.values() if kind.locks)
WANTED: Final = Intervention(
    id=Intervention.named("i" * 32),
    by=BEN,
    about=ANN,
    created_at=NOW - timedelta(minutes=1),
    kind=LOCKING[0],
    reason=WHY,
    due_at=NOW,
)
STANDS: Final = (Status.READY, Status.ACTING, Status.UNKNOWN, Status.DONE, Status.FAILED, Status.EXPIRED)


def interventions(view: View) -> Iterator[tuple[str, Showable, View]]:
    agent, channel = replace(view, user="29:ben", person=BEN.id), replace(view, user="", person="")
    asked = replace(agent, link="https://desk.contoso.example/step-up/start?t=s1", by=NOW + timedelta(minutes=4))
    yield "lock/door", LockDoor(), agent
    yield "lock/form", LockForm("f1"), agent
    for fault in ("nobody", "no_match"):
        yield f"lock/form/{fault}", LockForm("f1", "Zed" if fault == "no_match" else "", (fault,)), agent
    yield "lock/found", LockForm("f1", "Ann Archer", found=FOUND), agent
    yield "lock/chosen", LockForm("f1", chosen=FOUND[0], kinds=LOCKING), agent
    wrong = LockForm("f1", faults=("what", "reason"), chosen=FOUND[0], kinds=LOCKING)
    yield "lock/chosen/wrong", wrong, agent
    yield "lock/wanted/failed", LockCard(WANTED, Slot.AGENT), replace(asked, failed=Reason.SIGN_IN_CANCELLED)
    for kind in LOCKING:
        one = replace(WANTED, kind=kind)
        yield f"lock/wanted/{kind}", LockCard(one, Slot.AGENT), asked
        done = replace(one, status=LockStand.OPENED, due_at=None)
        for name, grave in (("usual", False), ("grave", True)):
            yield f"lock/security/{kind}/{name}", LockCard(replace(done, grave=grave), Slot.SECURITY), channel
        yield from _of(kind, view, agent, channel)
    tried = replace(WANTED, status=LockStand.OPENED, trial=True)
    yield "lock/wanted/trial", LockCard(replace(WANTED, trial=True), Slot.AGENT), asked
    yield "lock/opened/trial", LockCard(tried, Slot.AGENT), agent
    yield from _lines(tried, channel)
    yield "lock/manager", LockCard(replace(WANTED, status=LockStand.OPENED), Slot.MANAGER), view
    yield "lock/opened", LockCard(replace(WANTED, status=LockStand.OPENED), Slot.AGENT), agent
    yield "lock/opened/unreached", LockCard(replace(WANTED, status=LockStand.OPENED), Slot.AGENT, reached=False), agent
    for reason in (Reason.LOCK_UNDER_WAY, Reason.LOCK_WAITS):
        no = replace(WANTED, status=LockStand.DECLINED, why=reason)
        yield f"lock/declined/{reason}", LockCard(no, Slot.AGENT), agent
    for status in (LockStand.REPLACED, LockStand.LAPSED):
        yield f"lock/{status}", LockCard(replace(WANTED, status=status), Slot.AGENT), agent


def _lines(tried: Intervention, channel: View) -> Iterator[tuple[str, Showable, View]]:
    """What security reads of a trial, and of one account that is locked again and again: all of that on one card."""
    yield "lock/security/trial", LockCard(replace(tried, grave=True), Slot.SECURITY), channel
    one = replace(tried, trial=False)
    others = (replace(one, grave=True), replace(one, kind=LOCKING[0], by=CLEO))
    yield "lock/security/again", LockCard(one, Slot.SECURITY, others=others), channel
    yield "lock/security/many", LockCard(one, Slot.SECURITY, others=others * 6), channel


def _of(kind: str, view: View, agent: View, channel: View) -> Iterator[tuple[str, Showable, View]]:
    """What became of it, as the three of them read it."""
    for status in STANDS:
        request = told(kind, status)
        signed = Evidence(EvidenceType.OPENING, BEN.id, BEN.name, NOW, "c1", request.id, source=WANTED.id)
        theirs = replace(request, opened_by=BEN, evidence=(signed,), details={WHY_OPENED: WHY})
        yield f"locked/{kind}/{status}", RequestCard(theirs, Slot.REQUESTER), view
        yield f"locked/{kind}/opener/{status}", RequestCard(theirs, Slot.OPENER), agent
        if KINDS[kind].alarm:
            reported = replace(theirs, reported=True, frozen_at=NOW)
            yield f"locked/{kind}/security/{status}", RequestCard(reported, Slot.SECURITY), channel
