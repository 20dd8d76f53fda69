"""Face: a proof of identity serves the one request that it was begun for, once, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.model import OPEN, VERIFIED, Evidence, EvidenceType, Mode, Request, Status

FOR: Final = "for"  # the detail of a proof that names the request it was begun for
NEEDED_BY: Final = "needed_by"  # and the one that names its kind, for people


def begun_for(request: Request) -> Mapping[str, str]:
    """Return the details of a proof of identity that is to serve `request`."""
    return MappingProxyType({FOR: request.id, NEEDED_BY: request.kind})


def serves(proof: Request) -> str:
    """Return the id of the request that a proof was begun for; "" for one that somebody asked for by itself."""
    return proof.details.get(FOR, "")


def under_way(proof: Request, now: datetime) -> bool:
    """Say whether something may still come of a proof."""
    shown = proof.status is Status.DONE and (proof.expires_at is None or now < proof.expires_at)
    return shown or proof.status in OPEN


def evidence(proof: Request, request: Request) -> Evidence | None:
    """Return what a proof is worth to a request, or None: it is nothing to any but the one it was begun for, and once.

    One of a trial, one that proved nothing, and one that its person has taken back prove nothing.
    """
    verified = proof.status is Status.ENDED and proof.stage == VERIFIED and proof.mode is Mode.ENFORCE
    if not verified or proof.reported or proof.receipt is None or serves(proof) != request.id:
        return None
    if (proof.tenant, proof.subject.id) != (request.tenant, request.requester.id):
        return None
    if any(e.source == proof.id for e in request.evidence):
        return None
    at = datetime.fromisoformat(proof.receipt.params["at"])
    person = proof.subject
    return Evidence(EvidenceType.FACE, person.id, person.name, at, "", request.id, source=proof.id)
