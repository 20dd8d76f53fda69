"""A wallet: what a phone and the service behind it send back, well or badly, to an office that asked for a face."""

from __future__ import annotations

from typing import Any

from bot.core.model import VERIFIED, Request, Status
from tests.fakes import ISSUER, Office

SCORE = 86.314159
Json = dict[str, Any]


class Wallet:
    """A phone, and the service behind it: calls back for one request of the office's, well or badly."""

    def __init__(self, desk: Office, number: int = 1) -> None:
        self.desk = desk
        self.asked = desk.verifier.asked[number - 1]
        self.id = f"presentation-{number}"

    async def calls(self, status: str, *, key: str = "", **changes: Any) -> bool:
        body = {"requestId": self.id, "requestStatus": status, "state": self.asked["state"], **changes}
        return await self.desk.desk.proofs.called_back(key or self.asked["key"], body)

    async def scans(self, **changes: Any) -> bool:
        return await self.calls("request_retrieved", **changes)

    async def shows(self, **changes: Any) -> bool:
        return await self.calls("presentation_verified", **{"verifiedCredentialsData": [credential()], **changes})

    async def gives_up(self, message: str = "The user cancelled.") -> bool:
        return await self.calls("presentation_error", error={"code": "error", "message": message})


def credential(name: str = "ann", **changes: Any) -> Json:
    return {
        "issuer": ISSUER,
        "type": ["VerifiableCredential", "VerifiedEmployee"],
        "claims": {"revocationId": f"{name}@contoso.example", "displayName": "Ann Archer"},
        "credentialState": {"revocationStatus": "VALID"},
        "domainValidation": {"url": "https://contoso.example/"},
        "issuanceDate": "2026-05-04T09:00:00Z",
        "expirationDate": "2026-11-20T10:10:00Z",  # ten minutes after the clock of these tests begins
        "faceCheck": {"matchConfidenceScore": SCORE},
        **changes,
    }


async def asked(desk: Office, name: str = "ann", request_id: str = "v1") -> Wallet:
    """Somebody asks to prove who they are, and has the picture before them."""
    await desk.ask(name, request_id, kind="verify")
    await desk.job("act", request_id)
    assert (await desk.load(request_id)).status is Status.DONE
    return Wallet(desk, len(desk.verifier.asked))


async def proved(desk: Office, name: str = "ann", request_id: str = "v1") -> Request:
    wallet = await asked(desk, name, request_id)
    assert await wallet.shows(verifiedCredentialsData=[credential(name)])
    await desk.job("follow", request_id)
    request = await desk.load(request_id)
    assert request.stage == VERIFIED
    return request
