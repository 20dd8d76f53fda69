"""Judgement: whether a credential fits what is asked, as the wallet and the service find; the first is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from playground.verified.asked import Wanted
from playground.verified.credentials import Credential

Fail = Literal["", "declined", "spoof"]


@dataclass(frozen=True, slots=True)
class Objection:
    """What a presentation_error says."""

    code: str
    message: str


_CLAIMS: Final = "claimValidationError"
# This one is documented: https://learn.microsoft.com/entra/verified-id/using-facecheck; of the others only the code is.
LOW: Final = Objection(_CLAIMS, "Match confidence score failing to meet the threshold.")
SPOOF: Final = Objection(_CLAIMS, "Liveness check failed: a spoof was detected.")
DECLINED: Final = Objection("access_denied", "The user declined the request.")
REVOKED: Final = Objection(_CLAIMS, "The credential has been revoked.")
EXPIRED: Final = Objection(_CLAIMS, "The credential has expired.")
UNLINKED: Final = Objection(_CLAIMS, "The issuer's linked domain is not verified.")


def unsuitable(wanted: Wanted, credential: Credential) -> str:
    """Say why a wallet does not offer this credential; empty when it does."""
    if credential.type != wanted.type:
        return f"Not a {wanted.type}"
    if wanted.issuers and credential.issuer not in wanted.issuers:
        return "Its issuer is not accepted"
    for constraint in wanted.constraints:
        if not constraint.met(credential.claims):
            return f"Its {constraint.claim} is not the one asked for"
    if wanted.face is not None and wanted.face.photo not in credential.claims:
        return "It has no photo to compare with"
    return ""


def objection(wanted: Wanted, credential: Credential, *, score: float, at: datetime) -> Objection | None:
    """Say what the service finds wrong with a presentation, the wallet's choice included."""
    if reason := unsuitable(wanted, credential):
        return Objection(_CLAIMS, f"The credential does not satisfy the request: {reason}.")
    if credential.revoked and not wanted.allow_revoked:
        return REVOKED
    if at >= credential.expires:
        return EXPIRED
    if wanted.linked and not credential.domain:
        return UNLINKED
    if wanted.face is not None and score < wanted.face.threshold:
        return LOW
    return None
