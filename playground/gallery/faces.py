"""The cards on the way to a proof of identity that a request waits for, and those of that proof itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.core.answers import RequestCard
from bot.core.callers import Verification
from bot.core.face import begun_for, begun_for_call
from bot.core.model import VERIFIED, Ending, Refusal, Status
from bot.core.ports import Slot
from bot.core.reasons import Reason
from cards import View
from playground.gallery.requests import ASKED, SHOWN, SIGNED_IN, at, told
from playground.gallery.stories import STORIES


def faces(view: View) -> Iterator[tuple[str, RequestCard, View]]:
    """What somebody sees on the way to a proof that their request waits for, and of that proof itself."""
    faced = replace(view, face=True, wallet="https://desk.contoso.example/verified-id/open?r=")
    waiting = at(Status.PROOF)
    yield "face/sign_in_first", RequestCard(at(Status.STEP_UP), Slot.REQUESTER), faced
    yield "face/wanted", RequestCard(waiting, Slot.REQUESTER), faced
    checking = replace(waiting, evidence=(SIGNED_IN, SHOWN))
    yield "face/checking", RequestCard(checking, Slot.REQUESTER), faced
    approval = replace(at(Status.APPROVAL), evidence=(SIGNED_IN, SHOWN))
    yield "face/shown", RequestCard(approval, Slot.REQUESTER), faced
    late = replace(at(Status.EXPIRED), evidence=(SIGNED_IN,), ending=Ending(refusal=Refusal(Reason.EVIDENCE_MISSING)))
    yield "face/too_late", RequestCard(late, Slot.REQUESTER), faced
    yield "face/alarm", RequestCard(replace(checking, status=Status.REVOKED, reported=True), Slot.SECURITY), faced
    for status, stage, params in ((Status.DONE, "", None), *STORIES["verify"].stages):
        proof = replace(told("verify", status, stage, params), details=begun_for(ASKED))
        name = "_".join(filter(None, (status, stage, (params or {}).get("why"))))
        yield f"face/proof_{name}", RequestCard(proof, Slot.REQUESTER), faced
        if stage != VERIFIED:
            called = replace(proof, details=begun_for_call(Verification.named("f1")))
            yield f"face/call_{name}", RequestCard(called, Slot.REQUESTER), faced
