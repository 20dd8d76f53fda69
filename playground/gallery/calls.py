"""What a call looks like to the agent and the colleague: every state, and what security reads of a no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.answers import Form, RequestCard
from bot.core.behalf import NOTHING, VOUCHED, Offers
from bot.core.callcards import CallerCard, CallerDoor, CallerForm
from bot.core.callers import Stand, Verification
from bot.core.colleague import Colleague
from bot.core.listed import StatusCard
from bot.core.model import Evidence, EvidenceType, Status
from bot.core.ports import Slot
from bot.core.proven import Proven
from bot.core.reasons import Reason
from bot.kinds import KINDS
from cards import Showable, View
from playground.gallery.people import ANN, BEN, MAX
from playground.gallery.requests import ASKED as ASKED_FOR
from playground.gallery.requests import at
from playground.gallery.sheets import sheet
from playground.gallery.stories import NOW, STORIES

ASKED: Final = Verification(
    id=Verification.named("c" * 32),
    by=BEN,
    about=ANN,
    created_at=NOW - timedelta(minutes=1),
    seed="00" * 16,
    due_at=NOW,
)
WANTED: Final = replace(
    ASKED, status=Stand.VERIFIED, seed="", proven=Proven.FACE, proven_at=NOW - timedelta(minutes=2), wanted="password"
)
FOUND: Final = (
    Colleague(ANN.id, "Ann Archer", "ann.archer@contoso.example", "Buyer, Purchasing", "Max Meyer"),
    Colleague("ann2", "Ann Archer", "ann.archer2@contoso.example", "Fitter, Plant 2"),
)
OFFERED: Final = {
    "verified_presence": Offers((), (("tap", Reason.UNVERIFIED), ("password", Reason.NEEDS_FACE))),
    "verified_manager": Offers(("tap",), (("password", Reason.NEEDS_SIGN_IN),)),
    "verified_step_up": Offers(("tap",), (("password", Reason.NEEDS_FACE),)),
    "verified_face": Offers(("password",), (("tap", Reason.CALL_LONG_AGO),)),
}


def calls(view: View) -> Iterator[tuple[str, Showable, View]]:
    agent = replace(view, user="29:ben", person=BEN.id)
    yield "call/door", CallerDoor(), agent
    yield "call/form", CallerForm("f1"), agent
    for fault in ("nobody", "no_match"):
        yield f"call/form/{fault}", CallerForm("f1", "Zed" if fault == "no_match" else "", fault), agent
    yield "call/found", CallerForm("f1", "Ann Archer", found=FOUND), agent
    yield from _about(agent)
    for name, one in _stands():
        offers = OFFERED.get(name, NOTHING)
        linked = replace(view, link="https://desk.contoso.example/x")
        yield f"call/agent/{name}", CallerCard(one, Slot.AGENT, offers), agent
        yield f"call/caller/{name}", CallerCard(one, Slot.CALLER, offers), linked
        if one.voucher is not None:
            yield f"call/voucher/{name}", CallerCard(one, Slot.VOUCHER), linked
    for stand in (Stand.ASKED, Stand.UNANSWERED):
        peace = replace(ASKED, status=stand, quiet_until=NOW + timedelta(hours=23))
        yield f"call/caller/quiet_{stand}", CallerCard(peace, Slot.CALLER), view
    yield "list/quiet", StatusCard(ANN, (at(Status.ENDED),), quiet=peace), view
    for status in Status:
        theirs = replace(at(status), opened_by=BEN)
        yield f"opener/{status}", RequestCard(theirs, Slot.OPENER), agent
    yield from _opened(view)
    yield "call/security", CallerCard(replace(ASKED, status=Stand.REFUSED, seed=""), Slot.SECURITY), agent
    used = replace(ASKED, status=Stand.REFUSED, seed="", used_for=ASKED_FOR.id)
    yield "call/security/opened", CallerCard(used, Slot.SECURITY), agent
    denied = replace(ASKED, status=Stand.REFUSED, seed="", voucher=MAX, vouched=False)
    yield "call/security/manager", CallerCard(denied, Slot.SECURITY), agent


def _about(agent: View) -> Iterator[tuple[str, Showable, View]]:
    """What words about a colleague lead an agent to."""
    yield "call/found/about", CallerForm("f1", "Ann Archer", found=FOUND, kind="tap"), agent
    yield "call/door/about", CallerDoor("tap"), agent
    (opened, *_) = STORIES["tap"].scenes.values()
    form = sheet(KINDS["tap"], ANN, opened, NOW)
    yield "call/opens/form", Form("tap", "f1", form, call=(ASKED.key, 2), about=ANN.name), agent
    yield "call/opens", CallerCard(WANTED, Slot.AGENT, Offers(("tap", "password"))), agent


def _opened(view: View) -> Iterator[tuple[str, Showable, View]]:
    """What was opened for a caller, as they and approvers read it."""
    vouched = Evidence(EvidenceType.VERIFICATION, BEN.id, BEN.name, NOW, "step_up", ASKED_FOR.id, source=ASKED.id)
    for status in (Status.APPROVAL, Status.REFUSED):
        asks = replace(at(status), opened_by=BEN, evidence=(vouched,))
        yield f"opener/lead/{status}", RequestCard(asks, Slot.OPENER), replace(view, user="29:ben", person=BEN.id)
    waits = at(Status.APPROVAL)
    agreed = Evidence(EvidenceType.CONSENT, ASKED.about.id, ASKED.about.name, NOW, "", ASKED_FOR.id)
    opened = replace(waits, opened_by=BEN, evidence=(*waits.evidence, vouched, agreed))
    yield "approvers/opened", RequestCard(opened, Slot.APPROVERS), replace(view, user="", person="")
    word = Evidence(EvidenceType.VERIFICATION, MAX.id, MAX.name, NOW, VOUCHED, ASKED_FOR.id, source=ASKED.id)
    by_manager = replace(opened, evidence=(*waits.evidence, replace(vouched, strength="manager"), word))
    asks = replace(at(Status.CONSENT), opened_by=BEN, evidence=(replace(vouched, strength="manager"), word))
    yield "call/consent_vouched", RequestCard(asks, Slot.REQUESTER), view
    yield "approvers/vouched", RequestCard(by_manager, Slot.APPROVERS), replace(view, user="", person="")


def _stands() -> Iterator[tuple[str, Verification]]:
    yield "asked", ASKED
    yield "no_number", replace(ASKED, seed="", by_number=False)
    yield "late", replace(ASKED, created_at=NOW - timedelta(hours=1))
    for proven in Proven:
        verified = replace(ASKED, status=Stand.VERIFIED, seed="", proven=proven, proven_at=NOW - timedelta(minutes=2))
        by_manager = replace(verified, voucher=MAX, vouched=True, vouching_at=NOW - timedelta(minutes=4))
        yield f"verified_{proven}", by_manager if proven is Proven.MANAGER else verified
    yield "past", replace(verified, proven_at=NOW - timedelta(hours=1))
    for status in (Stand.REFUSED, Stand.MISMATCHED, Stand.UNANSWERED, Stand.CANCELLED):
        yield status.value, replace(ASKED, status=status, seed="", due_at=None)
    yield "unreached", replace(ASKED, status=Stand.UNREACHED, seed="", reached=False)
    vouching = replace(ASKED, status=Stand.VOUCHING, seed="", voucher=MAX, vouching_at=NOW - timedelta(minutes=1))
    yield "vouching", vouching
    yield "vouching_late", replace(vouching, vouching_at=NOW - timedelta(hours=1))
    for ended in (Stand.REFUSED, Stand.UNANSWERED, Stand.CANCELLED):
        yield f"vouching_{ended}", replace(vouching, status=ended)
    yield "refused_manager", replace(vouching, status=Stand.REFUSED, vouched=False)
    yield "vouched_past", replace(by_manager, proven=Proven.MANAGER, proven_at=NOW - timedelta(hours=1))
    yield "answered", replace(vouching, status=Stand.VERIFIED, proven=Proven.STEP_UP, proven_at=NOW)
