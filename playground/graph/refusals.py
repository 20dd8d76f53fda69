"""Refusals: Graph's form of an error, https://learn.microsoft.com/graph/errors; each has a request id to ask about."""

from __future__ import annotations

import json
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


_MISSING_SCOPE = "Authorization failed due to missing permission scope"
_SCOPES = "You cannot perform the requested operation, required scopes are missing in the token."
_METHODS = ("/users/{user}/authentication/", "/policies/authenticationMethodsPolicy/")
_MANAGED = "/roleManagement/directory/roleEligibilityScheduleInstances"
_MAIL = "/sendMail"
_INSTALLED = "/installedApps"
_PROTECTED = "/identityProtection/"
_ACCESS = "/identity/conditionalAccess/"
_LOG = "/auditLogs/"
LICENSED = {_MANAGED: "P2", _PROTECTED: "P2", _ACCESS: "P1", _LOG: "P1"}


def ungranted(path: str, permissions: frozenset[str]) -> RefusedByGraph:
    """Refuse a token without the permission, as the service behind this address does it: each has its own way.

    https://learn.microsoft.com/graph/resolve-auth-errors, and for Privileged Identity Management as it is reported:
    its own error is a text within the words of another.
    """
    if path.startswith(_MANAGED):
        wanted = ",".join(sorted(permissions))
        own = {"errorCode": "PermissionScopeNotGranted", "message": f"{_MISSING_SCOPE} {wanted}."}
        return RefusedByGraph(403, "UnknownError", json.dumps({**own, "instanceAnnotations": []}))
    if path.startswith(_PROTECTED):
        return RefusedByGraph(403, "Forbidden", _SCOPES)
    if path.endswith(_MAIL):
        return RefusedByGraph(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    if path.endswith(_INSTALLED):
        wanted = ", ".join(sorted(permissions))
        text = f"Missing role permissions on the request. API requires one of '{wanted}'. Roles on the request ''."
        return RefusedByGraph(403, "Forbidden", text)
    if path.startswith(_ACCESS):
        return RefusedByGraph(403, "AccessDenied", _SCOPES)
    if path.startswith(_METHODS):
        return RefusedByGraph(403, "accessDenied", "Request Authorization failed")
    return denied()


def unlicensed(path: str) -> RefusedByGraph:
    """Refuse a tenant that has not bought what is behind this address."""
    if path.startswith(_MANAGED):
        text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        return RefusedByGraph(400, "AadPremiumLicenseRequired", text)
    if path.startswith(_PROTECTED):
        return RefusedByGraph(403, "Forbidden", "Your tenant is not licensed for this feature.")
    text = "Neither tenant is B2C or tenant doesn't have premium license"
    return RefusedByGraph(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)
