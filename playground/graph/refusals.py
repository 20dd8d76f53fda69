"""Refusals: Graph's form of an error, https://learn.microsoft.com/graph/errors; each has a request id to ask about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class RefusedByGraph(Exception):
    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})

    def body(self, *, at: datetime, mark: str, client: str) -> dict[str, Any]:
        inner = {"date": at.strftime("%Y-%m-%dT%H:%M:%S"), "request-id": mark, "client-request-id": client}
        return {"error": {"code": self.code, "message": str(self), "innerError": inner}}


def bad(message: str, *, code: str = "Request_BadRequest") -> RefusedByGraph:
    return RefusedByGraph(400, code, message)


def missing(name: str) -> RefusedByGraph:
    text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return RefusedByGraph(404, "Request_ResourceNotFound", text)


def denied(message: str = "Insufficient privileges to complete the operation.") -> RefusedByGraph:
    return RefusedByGraph(403, "Authorization_RequestDenied", message)
