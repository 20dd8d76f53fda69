"""Wire: Verified ID's request and answers as values; what an answer does not promise is not believed.

https://learn.microsoft.com/entra/verified-id/presentation-request-api and
https://learn.microsoft.com/entra/verified-id/error-codes. A face check and a receipt exclude each other.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.core.errors import AnswerLost, DeskError, Rejected, Unavailable
from bot.core.model import Secret
from bot.core.presentations import PERSON
from bot.core.verifier import Presentation

PATH: Final = "/v1.0/verifiableCredentials/createPresentationRequest"
CLIENT: Final = "Vouchsafe"
SCHEME: Final = "openid-vc"
NO_BILLING, NOT_PERMITTED, ODD = "no_billing", "not_permitted", "odd_answer"
AGAIN: Final = 2.0  # seconds to wait when Verified ID does not say how long
LONGEST_WAIT: Final = 3600.0
LARGEST_QR: Final = 20 * 1024  # characters: a card must hold it
LONGEST_LIFE: Final = 86_400  # seconds
_PNG: Final = "data:image/png;base64,"
_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_LINK: Final = re.compile(r"[!-~]{1,2048}")
_BILLING: Final = "until billing is enabled"


@dataclass(frozen=True, slots=True)
class CredentialType:
    """The credential that proves somebody: by which issuer, of which type, with the photo in which claim."""

    authority: str
    type: str
    photo: str


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What came back, unread."""

    status: int
    retry_after: str
    raw: bytes


def request(
    wanted: CredentialType, *, upn: str, callback: str, state: Secret, key: Secret, threshold: int, purpose: str
) -> bytes:
    """Write the request for the credential of exactly this person. It holds both secrets: send it, keep it nowhere."""
    face = {"sourcePhotoClaimName": wanted.photo, "matchConfidenceThreshold": threshold}
    credential = {
        "type": wanted.type,
        "purpose": purpose,
        "acceptedIssuers": [wanted.authority],  # without one, anybody's credential of this type would do
        "constraints": [{"claimName": PERSON, "values": [upn]}],
        "configuration": {"validation": {"allowRevoked": False, "validateLinkedDomain": True, "faceCheck": face}},
    }
    body = {
        "authority": wanted.authority,
        "includeQRCode": True,
        "includeReceipt": False,
        "registration": {"clientName": CLIENT, "purpose": purpose},
        "callback": {"url": callback, "state": state.reveal(), "headers": {"api-key": key.reveal()}},
        "requestedCredentials": [credential],
    }
    return json.dumps(body).encode()


def presentation(answer: ServiceAnswer, now: datetime) -> Presentation:
    """Read an answer; raise what it means when it is no presentation."""
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise fault(answer)
    told = _object(answer.raw)
    if told is None:
        raise AnswerLost("Verified ID: an answer nobody can read")
    request_id, url, qr, expiry = (told.get(name) for name in ("requestId", "url", "qrCode", "expiry"))
    if not (isinstance(request_id, str) and _ID.fullmatch(request_id)):
        raise _odd("requestId")
    if not (isinstance(url, str) and _opens_a_wallet(url)):
        raise _odd("url")
    if not (isinstance(qr, str) and _picture(qr)):
        raise _odd("qrCode")
    at = int(now.timestamp())  # whole: a number too large for a float must be a no as well
    if not isinstance(expiry, int) or not at < expiry <= at + LONGEST_LIFE:
        raise _odd("expiry")
    return Presentation(request_id, url, qr, datetime.fromtimestamp(expiry, UTC))


def fault(answer: ServiceAnswer) -> DeskError:
    """Say what an answer other than a success means. Nothing of a message goes on, it may repeat what was sent."""
    status, told = answer.status, _object(answer.raw) or {}
    error = told.get("error")
    error = error if isinstance(error, dict) else {}
    inner = error.get("innererror")
    inner = inner if isinstance(inner, dict) else {}
    code = _word(inner.get("code")) or _word(error.get("code"))
    said = f"Verified ID: {status} {code}".rstrip()
    never = status in {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED}
    if (status >= HTTPStatus.INTERNAL_SERVER_ERROR and not never) or status == HTTPStatus.REQUEST_TIMEOUT:
        return AnswerLost(said)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code == "transientError":
        return Unavailable(said, retry_after=_wait(answer.retry_after))
    if status == HTTPStatus.UNAUTHORIZED:
        return Unavailable(said, retry_after=0)
    if any(_BILLING in str(part.get("message", "")).casefold() for part in (inner, error)):
        return Rejected(said, code=NO_BILLING)
    if status == HTTPStatus.FORBIDDEN:
        return Rejected(said, code=NOT_PERMITTED)
    return Rejected(said, code=code or str(status))


def _odd(what: str) -> Rejected:
    return Rejected(f"Verified ID: {what} is not as it should be", code=ODD)


def _opens_a_wallet(url: str) -> bool:
    """A wallet's scheme and nothing else: an address of the web would lead a person wherever it likes."""
    if not _LINK.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == SCHEME and bool(parse_qs(parts.query).get("request_uri"))


def _picture(uri: str) -> bool:
    if len(uri) > LARGEST_QR or not uri.startswith(_PNG):
        return False
    try:
        return base64.b64decode(uri.removeprefix(_PNG), validate=True).startswith(_MAGIC)
    except (binascii.Error, ValueError):
        return False


def _object(raw: bytes) -> Mapping[str, object] | None:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _word(code: object) -> str:
    return re.sub(r"[^\w.-]", "", code, flags=re.ASCII)[:80] if isinstance(code, str) else ""


def _wait(told: str) -> float:
    """Read Retry-After, in seconds; Verified ID writes no dates."""
    return min(float(told[:6]), LONGEST_WAIT) if told.isascii() and told.isdecimal() else AGAIN
