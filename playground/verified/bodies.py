"""Bodies: what the verifier is told, in Microsoft's words: https://learn.microsoft.com/entra/verified-id/presentation-request-api."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime
from typing import Any

import jwt

from playground.verified.asked import Asked
from playground.verified.credentials import Credential
from playground.verified.judgement import Objection

Json = dict[str, Any]


def retrieved(request_id: str, asked: Asked) -> Json:
    return {"requestId": request_id, "requestStatus": "request_retrieved", "state": asked.state}


def failed(request_id: str, asked: Asked, found: Objection) -> Json:
    return {
        "requestId": request_id,
        "requestStatus": "presentation_error",
        "state": asked.state,
        "error": {"code": found.code, "message": found.message},
    }


def verified(request_id: str, asked: Asked, *, holder: str, credential: Credential, score: float) -> Json:
    subject = f"did:ion:{base64.urlsafe_b64encode(hashlib.sha256(holder.encode()).digest()).decode().rstrip('=')}"
    body = {
        "requestId": request_id,
        "requestStatus": "presentation_verified",
        "state": asked.state,
        "subject": subject,
        "verifiedCredentialsData": [_data(asked, credential, score)],
    }
    return body | ({"receipt": _receipt(request_id, subject)} if asked.receipt else {})


def _data(asked: Asked, credential: Credential, score: float) -> Json:
    data: Json = {
        "issuer": credential.issuer,
        "type": ["VerifiableCredential", credential.type],
        "claims": dict(credential.claims),
        "credentialState": {"revocationStatus": "REVOKED" if credential.revoked else "VALID"},
    }
    if credential.domain:
        data["domainValidation"] = {"url": credential.domain}
    data |= {"issuanceDate": _stamp(credential.issued), "expirationDate": _stamp(credential.expires)}
    if asked.wanted.face is not None:
        data["faceCheck"] = {"matchConfidenceScore": float(score), "sourcePhotoQuality": "HIGH"}
    return data


def _receipt(request_id: str, subject: str) -> Json:
    """What the wallet sent; its form is its own, and a phone's key signs it."""
    claims = {"iss": "https://self-issued.me/v2", "sub": subject, "nonce": request_id}
    return {"id_token": jwt.encode(claims, secrets.token_bytes(32), algorithm="HS256")}


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
