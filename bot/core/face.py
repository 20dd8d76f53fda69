"""Face: a proof of identity serves the one request, or the one call, that it was begun for, once, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.model import OPEN, VERIFIED, Evidence, EvidenceType, Mode, Request, Status

FOR: Final = "for"  # the detail of a proof that names what it was begun for
NEEDED_BY: Final = "needed_by"  # and the one that names its kind, for people
CALL: Final = "call"  # that kind, where somebody on the telephone is to prove who they are


def begun_for(request: Request) -> Mapping[str, str]:
    """Return the details of a proof of identity that is to serve `request`."""
    return MappingProxyType({FOR: request.id, NEEDED_BY: request.kind})


def begun_for_call(call: str) -> Mapping[str, str]:
    """Return the details of a proof of identity that is to serve a call."""
    return MappingProxyType({FOR: call, NEEDED_BY: CALL})


def serves(proof: Request) -> str:
    """Return the id of what a proof was begun for; "" for one that somebody asked for by itself."""
    return proof.details.get(FOR, "")


def call_key(proof: Request) -> str:
    """Return the key of the call that a proof was begun for; "" where it serves none."""
    return serves(proof).partition(":")[2] if proof.details.get(NEEDED_BY) == CALL else ""


def under_way(proof: Request, now: datetime) -> bool:
    """Say whether something may still come of a proof."""
    shown = proof.status is Status.DONE and (proof.expires_at is None or now < proof.expires_at)
    return shown or proof.status in OPEN


def shown_at(proof: Request, tenant: str, person: str, what: str) -> datetime | None:
    """Return when a proof showed this person's face for `what`; None where it did not, or was begun for something else.

    One of a trial, one that proved nothing, and one that its person has taken back prove nothing.
    """
    verified = proof.status is Status.ENDED and proof.stage == VERIFIED and proof.mode is Mode.ENFORCE
    if not verified or proof.reported or proof.receipt is None or serves(proof) != what:
        return None
    if (proof.tenant, proof.subject.id) != (tenant, person):
        return None
    return datetime.fromisoformat(proof.receipt.params["at"])


def evidence(proof: Request, request: Request) -> Evidence | None:
    """Return what a proof is worth to the request it was begun for, once; None when it is nothing."""
    at = shown_at(proof, request.tenant, request.requester.id, request.id)
    if at is None or any(e.source == proof.id for e in request.evidence):
        return None
    person = proof.subject
    return Evidence(EvidenceType.FACE, person.id, person.name, at, "", request.id, source=proof.id)
