"""Progress: asked, signed in, approved, shown, as far as a request needs them; read aloud it is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.core.model import PENDING, EvidenceType, Request, Status
from cards import elements as e
from cards.parts import TONES
from cards.view import View
from cards.words import bare, own, say, stands, upheld

ON_ITS_WAY: Final = PENDING | {Status.ACTING}
SHOWN: Final = frozenset({Status.DONE, Status.REVOKING, Status.REVOKED, Status.ENDED})


def progress(request: Request, view: View) -> e.Container:
    done, ahead = list(_done(request, view)), list(_ahead(request, view))
    runs = [e.TextRun(text=f"✓ {bare(view, own(request.kind, f'step.{name}.done'))}", color="Good") for name in done]
    if request.status in ON_ITS_WAY:
        runs += [
            _next(bare(view, own(request.kind, f"step.{name}.next")), now=not number)
            for number, name in enumerate(ahead)
        ]
    elif request.status is not Status.DONE:
        word = bare(view, stands(request))
        runs.append(e.TextRun(text=word, weight="Bolder", color=TONES[request.status]))
    items: list[e.Piece] = [e.RichTextBlock(inlines=_apart(runs), spacing="Small")]
    if request.status in ON_ITS_WAY:
        where = say(view, "step.where", step=len(done) + 1, steps=len(done) + len(ahead))
        items.insert(0, e.TextBlock(text=where, size="Small", is_subtle=True))
    return e.Container(items=items, separator=True, spacing="Medium")


def _done(request: Request, view: View) -> Iterator[str]:
    yield "asked"
    if request.evidence_of(EvidenceType.CONSENT):
        yield "consent"
    if request.evidence_of(EvidenceType.STEP_UP) and request.status is not Status.STEP_UP:
        yield "sign_in"
    if request.evidence_of(EvidenceType.FACE) and request.status not in {Status.STEP_UP, Status.PROOF}:
        yield "proof"
    approvers = {e.by for e in upheld(request, view)}
    if approvers and len(approvers) >= view.approvals and request.status is not Status.APPROVAL:
        yield "approval"
    if request.status in SHOWN and request.receipt is not None:
        yield request.way.value


def _ahead(request: Request, view: View) -> Iterator[str]:
    """What is still to come; the first is where it stands now."""
    if request.status is Status.CONSENT:
        yield "consent"
    if request.status in {Status.CONSENT, Status.STEP_UP}:
        yield "sign_in"
    if request.status is Status.PROOF or (request.status in {Status.CONSENT, Status.STEP_UP} and view.face):
        yield "proof"
    early = {Status.CONSENT, Status.STEP_UP, Status.PROOF}
    if request.status is Status.APPROVAL or (request.status in early and view.approvals):
        yield "approval"
    yield request.way.value


def _next(word: str, *, now: bool) -> e.TextRun:
    return e.TextRun(text=word, weight="Bolder", color="Accent") if now else e.TextRun(text=word, is_subtle=True)


def _apart(runs: list[e.TextRun]) -> list[e.TextRun]:
    spaced = [piece for run in runs for piece in (e.TextRun(text="  →  ", is_subtle=True), run)]
    return spaced[1:]
