"""Verify: somebody proves who they are with a Verified ID and their face; a request is for exactly one person, once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.errors import Rejected
from bot.core.forms import Line, Sheet
from bot.core.kind import Kind, Need, Tools
from bot.core.model import VERIFIED, Finding, Outcome, Person, Receipt, Request, Secret, Status, Way
from bot.core.options import Option, number
from bot.core.policy import Policy

# Least score of a face match, in per cent; Verified ID takes none under 50 and says 70 where nobody does.
THRESHOLD: Final = Option("threshold", usual=70, parse=number(50, 100), stricter=max)
PROVE: Final = 'nobody is offered proof of identity until then; or write [verify] mode = "off"'
# What an administrator has to do about each reason for which nobody is verified.
LACKS: Final = MappingProxyType(
    {
        "not_set_up": "Verified ID is not set up: set it up and name its DID in VOUCHSAFE_VERIFIED_ID_AUTHORITY",
        "no_billing": "Face Check is not paid for: link a subscription to it (https://aka.ms/fcbilling)",
        "not_permitted": "Verified ID does not let the desk ask: grant VerifiableCredential.Create.PresentRequest",
    }
)
STATE, KEY = 24, 32  # bytes of chance in each of the two secrets


class VerifyReason(StrEnum):
    """Why nobody's identity can be proved now."""

    NOT_SET_UP = "verify.not_set_up"
    NOT_TAKEN = "verify.not_taken"


async def sheet(_asker: Person, _tools: Tools) -> Sheet:
    return Sheet(lines=(Line("verify.sheet.what"), Line("verify.sheet.needs"), Line("verify.sheet.kept")))


async def missing(tools: Tools) -> str:
    return await tools.verifier.unavailable()


async def probe(tools: Tools) -> str:
    return await tools.verifier.probe()


async def examine(_request: Request, _tools: Tools) -> Finding:
    """Nothing is objected to: a proof gives nothing away."""
    return Finding()


async def carry_out(request: Request, tools: Tools) -> Outcome:
    """Ask for this person's credential, once. Of the two secrets that come back only the hashes are kept."""
    threshold = tools.policy.option(THRESHOLD)
    account = await tools.directory.account(request.subject.id)
    state = Secret(f"{request.id}.{secrets.token_urlsafe(STATE)}")
    key = Secret(f"{request.id}.{secrets.token_urlsafe(KEY)}")  # whose it is must show before anything else is read
    try:
        begun = await tools.verifier.begin(
            upn=account.upn, state=state, key=key, threshold=threshold, language=request.subject.language
        )
    except Rejected as error:
        reason = VerifyReason.NOT_SET_UP if error.code in LACKS else VerifyReason.NOT_TAKEN
        raise Rejected(str(error), code=reason) from error
    params = {
        "url": begun.url,
        "qr": begun.qr,
        "state": _digest(state),
        "key": _digest(key),
        "upn": account.upn,
        "threshold": str(threshold),
        "since": account.created_at.isoformat() if account.created_at is not None else "",
    }
    return Outcome(Receipt(begun.id, begun.expires_at, MappingProxyType(params)))


async def look(_request: Request, _tools: Tools) -> Receipt | None:
    """Nobody can be asked for a request whose answer was lost; without its key nothing that comes of it counts."""
    return None


async def follow(request: Request, tools: Tools) -> None:
    """Write down on the person when and how well they proved who they are; a proof taken back meanwhile is none."""
    proof = request.receipt
    if proof is None or request.status is not Status.ENDED or request.stage != VERIFIED or request.reported:
        return
    at = datetime.fromisoformat(proof.params["at"]).isoformat(timespec="seconds")
    kept: Mapping[str, str | int] = {"at": at, "score": int(proof.params["score"]), "request": request.id}
    await tools.directory.keep_proof(request.subject.id, kept)


def _digest(secret: Secret) -> str:
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


KIND: Final = Kind(
    name="verify",
    icon="ContactCard",
    permissions=("CustomSecAttributeAssignment.ReadWrite.All",),
    policy=Policy(step_up="", approvals=0, per_day=5, options={THRESHOLD: 70}),
    way=lambda _: Way.ALONE,
    sheet=sheet,
    examine=examine,
    carry_out=carry_out,
    look=look,
    follow=follow,
    missing=missing,
    need=Need("verified_id", probe, PROVE, LACKS),
    harmless=True,
    proves=True,
)
