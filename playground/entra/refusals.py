"""Refusals: Entra's way to say no, with its numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes."""

from __future__ import annotations

import uuid
from typing import Any

from playground.world import World


class RefusedByEntra(Exception):
    """`error` is OAuth's word, `number` the AADSTS code; `claims` is what an interactive sign-in must satisfy."""

    def __init__(
        self, error: str, number: int, text: str, *, status: int = 400, suberror: str = "", claims: str = ""
    ) -> None:
        super().__init__(f"AADSTS{number}: {text}")
        self.error = error
        self.number = number
        self.status = status
        self.extra = {"suberror": suberror} if suberror else {}
        self.extra |= {"claims": claims} if claims else {}

    def body(self, world: World) -> dict[str, Any]:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = world.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": self.error,
            "error_description": f"{self} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}",
            "error_codes": [self.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        } | self.extra


def missing(name: str) -> RefusedByEntra:
    return RefusedByEntra(
        "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
    )


def unknown_app(client: str) -> RefusedByEntra:
    text = f"Application with identifier '{client}' was not found in the directory 'Contoso'."
    return RefusedByEntra("unauthorized_client", 700016, text)


def disabled() -> RefusedByEntra:
    return RefusedByEntra("invalid_grant", 50057, "The user account is disabled.")
