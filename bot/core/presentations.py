"""Presentations: what Verified ID calls back with, read and judged; a proof is the one right credential, whole.

https://learn.microsoft.com/entra/verified-id/presentation-request-api#callback-events and, for the face,
https://learn.microsoft.com/entra/verified-id/using-facecheck.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.model import Secret
from bot.core.skew import CLOCK_SKEW

PERSON: Final = "revocationId"  # the claim that holds the user principal name
VALID: Final = "VALID"
FAILED: Final = "failed"  # the stage of a proof that proved nothing
LONGEST: Final = 512  # characters of anything kept: a photo among the claims stays outside


class Doubt(StrEnum):
    """Why a presentation proves nothing."""

    NONE = "none"
    MANY = "many"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_TYPE = "wrong_type"
    WRONG_PERSON = "wrong_person"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNLINKED = "unlinked"
    NO_FACE = "no_face"
    LOW_SCORE = "low_score"
    SPOOF = "spoof"
    DECLINED = "declined"
    NO_CREDENTIAL = "no_credential"
    OTHER = "other"


# What is shown by somebody else than the person, or by nobody who is there.
UNLIKE: Final = frozenset({Doubt.LOW_SCORE, Doubt.SPOOF, Doubt.NO_FACE, Doubt.WRONG_PERSON})

# Only the low score is documented, as a message; the rest is told by the words such a message is made of.
_TOLD: Final = (
    (Doubt.SPOOF, ("spoof", "liveness")),
    (Doubt.LOW_SCORE, ("matchconfidence", "confidencescore")),
    (Doubt.REVOKED, ("revoked",)),
    (Doubt.EXPIRED, ("credentialhasexpired", "credentialisexpired", "expiredcredential")),
    (Doubt.DECLINED, ("declin", "cancel", "accessdenied")),
    (Doubt.NO_CREDENTIAL, ("nocredential", "missingcredential", "credentialnotfound", "nomatching")),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential that was shown; what was not told of it is empty.

    `issued` and `expires` are aware; `score` is the face match, in per cent.
    """

    issuer: str
    types: tuple[str, ...]
    claims: Mapping[str, str] = field(repr=False)
    revocation: str
    domain: str
    issued: datetime | None
    expires: datetime | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The wallet has the request."""

    request_id: str
    state: Secret


@dataclass(frozen=True, slots=True)
class Presented:
    """Verified ID found what was shown to be in order; `judge` says whether it is what we asked for."""

    request_id: str
    state: Secret
    credentials: tuple[Credential, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was proved. `code` is Verified ID's word, `message_kind` ours (a `Doubt`)."""

    request_id: str
    state: Secret
    code: str
    message_kind: str


Callback = Retrieved | Presented | Failed


def read(body: object) -> Callback | None:
    """Return what a callback says; None when it is none of the three. Its key and state are for others to check."""
    told = _object(body)
    request_id, state = _text(told.get("requestId")), Secret(_text(told.get("state")))
    if not request_id or not state.reveal():
        return None
    match told.get("requestStatus"):
        case "request_retrieved":
            return Retrieved(request_id, state)
        case "presentation_verified" if told.get("error") is None:
            return Presented(request_id, state, _credentials(told.get("verifiedCredentialsData")))
        case "presentation_error" | "presentation_verified":
            error = _object(told.get("error"))
            code = _text(error.get("code"))
            return Failed(request_id, state, _word(code), why(code, _text(error.get("message"))))
        case _:
            return None


def judge(
    presented: Presented,
    *,
    issuer: str,
    type: str,  # noqa: A002 - Verified ID's word
    upn: str,
    threshold: int,
    at: datetime,
    since: datetime | None,
) -> str:
    """Return "" when this proves that the person of this name was there `at` that time, else the `Doubt`.

    `since` is when the account was made, where that is known: what is older was issued to who had the name before.
    """
    if len(presented.credentials) != 1:
        return Doubt.MANY if presented.credentials else Doubt.NONE
    shown = presented.credentials[0]
    if not issuer or shown.issuer != issuer:
        return Doubt.WRONG_ISSUER
    if type not in shown.types:
        return Doubt.WRONG_TYPE
    doubt = _stale(shown, upn, at, since)
    if doubt:
        return doubt
    if not shown.domain:
        return Doubt.UNLINKED
    if shown.score is None:
        return Doubt.NO_FACE
    return "" if shown.score >= threshold else Doubt.LOW_SCORE


def _stale(shown: Credential, upn: str, at: datetime, since: datetime | None) -> str:
    """Say why a credential of the right sort is not this person's now; what is not told of its time is a no."""
    if not _same(shown.claims.get(PERSON, ""), upn):
        return Doubt.WRONG_PERSON
    if shown.revocation != VALID:
        return Doubt.REVOKED
    if shown.issued is None or shown.expires is None or not shown.issued - CLOCK_SKEW <= at < shown.expires:
        return Doubt.EXPIRED
    return Doubt.WRONG_PERSON if since is not None and shown.issued < since else ""


def why(code: str, message: str) -> str:
    """Return the `Doubt` that an error of Verified ID's comes down to."""
    said = re.sub(r"[^a-z]", "", f"{code} {message}".casefold())
    return next((doubt for doubt, pieces in _TOLD if any(piece in said for piece in pieces)), Doubt.OTHER)


def _credentials(told: object) -> tuple[Credential, ...]:
    """Read each; one that makes no sense stays, empty, so that it can neither pass nor go uncounted."""
    return tuple(_credential(_object(one)) for one in told) if isinstance(told, list) else ()


def _credential(told: Mapping[str, object]) -> Credential:
    types = told.get("type")
    claims = {name: text for name, value in _object(told.get("claims")).items() if (text := _text(value))}
    domain = _text(_object(told.get("domainValidation")).get("url"))
    return Credential(
        issuer=_text(told.get("issuer")),
        types=tuple(filter(None, map(_text, types))) if isinstance(types, list) else (),
        claims=claims,
        revocation=_text(_object(told.get("credentialState")).get("revocationStatus")),
        domain=domain if domain.startswith("https://") else "",
        issued=_moment(told.get("issuanceDate")),
        expires=_moment(told.get("expirationDate")),
        score=_score(_object(told.get("faceCheck")).get("matchConfidenceScore")),
    )


def _score(value: object) -> float | None:
    """Return a percentage; what is no number between 0 and 100 is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:  # noqa: PLR2004 - per cent
        return None
    return float(value)


def _moment(value: object) -> datetime | None:
    """Return a time that says where on Earth it is meant; what is none is none."""
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _same(claimed: str, upn: str) -> bool:
    """Compare names without case, as Entra does; to the letter where folding could make two names one."""
    if claimed.isascii() and upn.isascii():
        return bool(upn) and claimed.lower() == upn.lower()
    return claimed == upn


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST else ""


def _word(code: str) -> str:
    """Keep of a word what may go into a log."""
    return re.sub(r"[^\w.-]", "", code, flags=re.ASCII)[:80]
