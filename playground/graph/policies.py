"""Policies: what the tenant's administrators decided, as Graph tells it: pass policy, contexts, Conditional Access."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from playground.graph import odata
from playground.graph.refusals import RefusedByGraph
from playground.tenant.access import Policy, Strength
from playground.world import World

Json = dict[str, Any]
_OPTIONS: Final = ("$select", "$top", "$count", "$skiptoken")
# Built-in strength: https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths
_PHISHING_RESISTANT: Final = "00000000-0000-0000-0000-000000000004"


class Policies:
    def __init__(self, world: World) -> None:
        self._world = world

    async def method(self, request: web.Request) -> web.Response:
        """One authentication method's policy; Contoso has set up that of the Temporary Access Pass."""
        odata.known(request)
        if request.match_info["method"].lower() != "temporaryaccesspass":
            raise RefusedByGraph(404, "resourceNotFound", "The authentication method configuration could not be found.")
        policy = self._world.graph.policy
        whole = {
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration",
            "id": "TemporaryAccessPass",
            "state": "enabled" if policy.enabled else "disabled",
            "defaultLength": policy.length,
            "defaultLifetimeInMinutes": policy.default,
            "minimumLifetimeInMinutes": policy.minimum,
            "maximumLifetimeInMinutes": policy.maximum,
            "isUsableOnce": policy.one_time,
            "includeTargets": [_target(group) | {"isRegistrationRequired": False} for group in policy.included],
            "excludeTargets": [_target(group) for group in policy.excluded],
        }
        return odata.single(self._world, "authenticationMethodConfigurations", whole)

    async def contexts(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        items: list[Json] = [
            {
                "id": context.id,
                "displayName": context.name,
                "description": context.description,
                "isAvailable": context.available,
            }
            for context in self._world.entra.contexts.values()
        ]
        return self._listed(request, "authenticationContextClassReference", "authenticationContexts", items)

    async def access(self, request: web.Request) -> web.Response:
        odata.known(request, *_OPTIONS)
        items = [self._policy(policy) for policy in self._world.entra.policies]
        return self._listed(request, "conditionalAccessPolicy", "policies", items)

    def _listed(self, request: web.Request, kind: str, context: str, items: list[Json]) -> web.Response:
        shown = [odata.select(request, kind, item, item) for item in items]
        return odata.listed(self._world, request, f"identity/conditionalAccess/{context}", shown)

    def _policy(self, policy: Policy) -> Json:
        return {
            "id": policy.id,
            "templateId": None,
            "displayName": policy.name,
            "createdDateTime": "2026-01-05T08:00:00Z",
            "modifiedDateTime": None,
            "state": policy.state,
            "conditions": {
                "clientAppTypes": ["all"],
                "signInRiskLevels": [],
                "userRiskLevels": [],
                "applications": {
                    "includeApplications": [],
                    "excludeApplications": [],
                    "includeUserActions": [],
                    "includeAuthenticationContextClassReferences": sorted(policy.contexts),
                },
                "users": self._users(policy),
                "platforms": None,
                "locations": None,
                "devices": None,
            },
            "grantControls": _grant(policy.strength),
            "sessionControls": {"signInFrequency": _EVERY_TIME} if policy.every_time else None,
        }

    def _users(self, policy: Policy) -> Json:
        everybody = not policy.included and not policy.included_groups
        return {
            "includeUsers": ["All"] if everybody else self._ids(policy.included),
            "excludeUsers": self._ids(policy.excluded),
            "includeGroups": sorted(policy.included_groups),
            "excludeGroups": sorted(policy.excluded_groups),
            "includeRoles": [],
            "excludeRoles": sorted(policy.excluded_roles),
        }

    def _ids(self, keys: frozenset[str]) -> list[str]:
        return sorted(self._world.people[key].id for key in keys)


_EVERY_TIME: Final[Json] = {
    "value": None,
    "type": None,
    "authenticationType": "primaryAndSecondaryAuthentication",
    "frequencyInterval": "everyTime",
    "isEnabled": True,
}


def _grant(strength: Strength) -> Json | None:
    none: Json = {"operator": "OR", "builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": []}
    match strength:
        case "none":
            return None
        case "mfa":
            return none | {"builtInControls": ["mfa"], "authenticationStrength": None}
        case "phishing_resistant":
            named = {"id": _PHISHING_RESISTANT, "displayName": "Phishing-resistant MFA", "policyType": "builtIn"}
            return none | {"authenticationStrength": named | {"requirementsSatisfied": "mfa"}}


def _target(group: str) -> Json:
    return {"id": group, "targetType": "group"}
