"""What one of the gallery's people asked for, as it stands in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.model import PENDING, Ending, Evidence, EvidenceType, Mode, Receipt, Refusal, Request, Status
from bot.core.reasons import Reason
from bot.kinds import KINDS
from playground.gallery.people import ANN, BEN
from playground.gallery.stories import NOW, STORIES, Params

ASKED: Final = Request(
    id="b7c1d2e3f4a5",
    kind="tap",
    requester=ANN,
    subject=ANN,
    details=STORIES["tap"].details,
    mode=Mode.ENFORCE,
    status=Status.STEP_UP,
    version=1,
    created_at=NOW - timedelta(minutes=12),
    expires_at=NOW + timedelta(minutes=15),
)
SIGNED_IN: Final = Evidence(EvidenceType.STEP_UP, ANN.id, ANN.name, NOW - timedelta(minutes=9), "c1", ASKED.id)
APPROVED: Final = Evidence(EvidenceType.APPROVAL, BEN.id, BEN.name, NOW - timedelta(minutes=4), "c1", ASKED.id)
SHOWN: Final = Evidence(EvidenceType.FACE, ANN.id, ANN.name, NOW - timedelta(minutes=6), "", ASKED.id, source="v1")
RECEIPT: Final = Receipt("e8f9", NOW + timedelta(minutes=60))
ENDINGS: Final = {
    Status.DENIED: Ending(BEN.id, BEN.name, "I could not reach you by phone. Please call us first."),
    Status.WITHDRAWN: Ending(ANN.id, ANN.name),
    Status.REFUSED: Ending(refusal=Refusal(Reason.PRIVILEGED)),
}


def at(status: Status) -> Request:
    """Return the request of the story as it stands in `status`."""
    return told("tap", status)


def told(kind: str, status: Status, stage: str = "", params: Params | None = None) -> Request:
    """Return a kind's request as it stands in `status`, and at a stage of what becomes of it."""
    story, says = STORIES[kind], KINDS[kind]
    left = RECEIPT if story.lives else replace(RECEIPT, expires_at=None)
    waits = status in PENDING | {Status.UNKNOWN, Status.DONE}
    first = (SIGNED_IN,) if says.policy.step_up else ()
    proofs = {
        Status.CONSENT: (),
        Status.STEP_UP: (),
        Status.REFUSED: (),
        **dict.fromkeys((Status.PROOF, Status.APPROVAL, Status.DENIED), first),
    }
    made = status in {Status.UNKNOWN, Status.DONE, Status.REVOKING, Status.REVOKED, Status.ENDED}
    ending = Ending(refusal=Refusal(story.failed)) if status is Status.FAILED else ENDINGS.get(status)
    return replace(
        ASKED,
        kind=kind,
        way=says.way(says.policy),
        details=story.details,
        status=status,
        stage=stage,
        version=list(Status).index(status) + 1,
        expires_at=NOW + timedelta(minutes=60) if waits else None,
        due_at=NOW + timedelta(minutes=2),
        reported=says.alarm,
        evidence=proofs.get(status, (*first, APPROVED)),
        receipt=replace(left, params=story.receipt if params is None else params) if made else None,
        ending=ending,
        opened_by=BEN if status is Status.CONSENT else None,
    )
