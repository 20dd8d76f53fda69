"""Refusals: the Request Service's way to say no: https://learn.microsoft.com/entra/verified-id/error-codes."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import datetime
from typing import Any, Final

_WORDS: Final = {
    400: ("badRequest", "The request is invalid."),
    401: ("unauthorized", "The requested resource requires authentication"),
    403: ("forbidden", "Missing permissions to fulfill this request."),
    404: ("notFound", "The requested resource doesn't exist."),
    405: ("methodNotAllowed", "The requested method isn't allowed on the requested resource."),
    413: ("payloadTooLarge", "The payload is too large."),
    415: ("unsupportedMediaType", "The specified media type is unsupported."),
}


class RefusedByVerifier(Exception):
    """`code` and the text are the inner error's, `target` the field that is to blame."""

    def __init__(self, status: int, code: str, text: str, *, target: str = "") -> None:
        super().__init__(text)
        self.status = status if status in _WORDS else 400
        self.code = code
        self.target = target

    def body(self, at: datetime) -> dict[str, Any]:
        code, message = _WORDS[self.status]
        inner = {"code": self.code, "message": str(self)} | ({"target": self.target} if self.target else {})
        return {
            "requestId": str(uuid.uuid4()),
            "date": at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "mscv": f"{base64.b64encode(secrets.token_bytes(12)).decode()}.1",
            "error": {"code": code, "message": message, "innererror": inner},
        }


def bad(text: str, target: str) -> RefusedByVerifier:
    return RefusedByVerifier(400, "badOrMissingField", text, target=target)
