"""Grants: the token endpoint; each grant checks everything that it is documented to check. No refresh tokens here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from aiohttp import web

from playground.entra.demand import demand
from playground.entra.metadata import known
from playground.entra.refusals import RefusedByEntra, disabled, missing, unknown_app
from playground.entra.tokens import LIFE, app_token, id_token, user_token
from playground.people import Person
from playground.tenant.access import CODE_LIFE, Code, Policy
from playground.world import BOT_FRAMEWORK, GRAPH, VERIFIED_ID, World

# What everybody may be asked for without an administrator.
_USUAL: Final = frozenset({"openid", "profile", "email", "offline_access", "User.Read", ".default"})
ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Form = Mapping[str, str]
Answer = dict[str, Any]


class Grants:
    def __init__(self, world: World) -> None:
        self._world = world

    async def token(self, request: web.Request) -> web.Response:
        known(self._world, request)
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        self._client(form, request.headers.get("Authorization", ""))
        match form.get("grant_type", ""):
            case "client_credentials":
                answer = self._credentials(form)
            case "authorization_code":
                answer = self._code(form)
            case grant if grant == ON_BEHALF_OF:
                answer = self._on_behalf_of(form)
            case "":
                raise missing("grant_type")
            case grant:
                raise RefusedByEntra(
                    "unsupported_grant_type", 70003, f"The app used the unsupported grant type '{grant}'."
                )
        return web.json_response(answer, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})

    def _client(self, form: Form, header: str) -> None:
        client, secret = _basic(header) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not client:
            raise missing("client_id")
        if client != self._world.bot_id:
            raise unknown_app(client)
        if not secret:
            text = "The request body must contain 'client_assertion' or 'client_secret'."
            raise RefusedByEntra("invalid_client", 7000218, text, status=401)
        if not secrets.compare_digest(secret.encode(), self._world.bot_secret.encode()):
            raise RefusedByEntra("invalid_client", 7000215, "Invalid client secret provided.", status=401)

    def _credentials(self, form: Form) -> Answer:
        resource, default, rest = form.get("scope", "").rpartition("/.default")
        if not default or rest:
            text = "Client credential flows must have a scope value with /.default suffixed to the resource."
            raise RefusedByEntra("invalid_scope", 1002012, text)
        audiences = {GRAPH: GRAPH, f"{self._world.origin}/graph": GRAPH, BOT_FRAMEWORK: BOT_FRAMEWORK}
        audiences[VERIFIED_ID] = VERIFIED_ID
        if resource not in audiences:
            text = f"The resource principal named {resource} was not found in the tenant named Contoso."
            raise RefusedByEntra("invalid_resource", 500011, text)
        return _bearer(app_token(self._world, audiences[resource]))

    def _code(self, form: Form) -> Answer:
        code = self._redeem(form)
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not verifier or not secrets.compare_digest(challenge, code.challenge):
            text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
            raise RefusedByEntra("invalid_grant", 501481, text)
        person = self._enabled(self._world.people[code.person])
        identity = id_token(self._world, person, session=code.session, contexts=code.contexts, nonce=code.nonce)
        return self._answer(person, code.scope, identity, form)

    def _redeem(self, form: Form) -> Code:
        value = form.get("code") or ""
        if not value:
            raise missing("code")
        entra = self._world.entra
        if value in entra.redeemed:
            raise RefusedByEntra("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
        code = entra.codes.get(value)
        if code is None:
            raise RefusedByEntra("invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.")
        if form.get("redirect_uri") != code.redirect:
            text = "The reply address does not match the one provided when requesting the authorization code."
            raise RefusedByEntra("invalid_client", 500112, text)
        del entra.codes[value]
        entra.redeemed.add(value)  # whatever comes of it: a code is good for one try
        if self._world.clock.now() >= code.at + CODE_LIFE:
            raise RefusedByEntra("invalid_grant", 70008, "The authorization code has expired.")
        return code

    def _on_behalf_of(self, form: Form) -> Answer:
        if form.get("requested_token_use") != "on_behalf_of":
            raise missing("requested_token_use")
        person = self._asserted(form.get("assertion") or "")
        asked, scope = demand(form.get("claims", "")), form.get("scope", "")
        if self._gone(person):
            raise _revoked()
        if not self._world.entra.consented and not _permissions(scope) <= _USUAL:
            raise _unconsented(self._world.bot_id)
        session = self._world.entra.session(person.key)
        unmet = self._world.entra.unmet(asked.contexts, person.key, session)
        if unmet is not None and asked.essential:
            raise _interaction(unmet)
        contexts = asked.contexts if unmet is None else ()
        identity = id_token(self._world, person, session=session, contexts=contexts)
        return self._answer(person, scope, identity, form)

    def _gone(self, person: Person) -> bool:
        """Say whether this person's Teams session was ended and nothing was signed in to since."""
        entra = self._world.entra
        return not entra.silent.get(person.key) and entra.last(person.key) < self._world.graph.sessions_from(person.key)

    def _asserted(self, assertion: str) -> Person:
        if not assertion:
            raise missing("assertion")
        world = self._world
        claims = world.keys.read(assertion, "entra")
        if claims is None or claims.get("iss") != world.issuer:
            raise RefusedByEntra("invalid_grant", 50013, "Assertion failed signature validation.")
        if claims.get("aud") != world.bot_id or "access_as_user" not in claims.get("scp", "").split():
            raise RefusedByEntra("invalid_grant", 500131, "Assertion audience does not match the Client app.")
        if not claims["nbf"] <= world.clock.now().timestamp() < claims["exp"]:
            raise RefusedByEntra("invalid_grant", 500133, "Assertion is not within its valid time range.")
        person = world.people.find(claims["oid"])
        if person is None:
            raise RefusedByEntra("invalid_grant", 50034, "The user account does not exist in the directory.")
        return self._enabled(person)

    def _enabled(self, person: Person) -> Person:
        if not person.enabled:
            raise disabled()
        return person

    def _answer(self, person: Person, scope: str, identity: str, form: Form) -> Answer:
        granted = " ".join(word for word in scope.split() if word != "offline_access")
        permissions = " ".join(word.removeprefix(f"{GRAPH}/") for word in granted.split())
        answer = _bearer(user_token(self._world, person, permissions)) | {"scope": granted}
        if "openid" in granted.split():
            answer["id_token"] = identity
        if form.get("client_info") == "1":
            info = json.dumps({"uid": person.id, "utid": self._world.tenant}).encode()
            answer["client_info"] = base64.urlsafe_b64encode(info).decode().rstrip("=")
        return answer


def _permissions(scope: str) -> frozenset[str]:
    return frozenset(word.removeprefix(f"{GRAPH}/") for word in scope.split())


def _bearer(token: str) -> Answer:
    return {"token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE, "access_token": token}


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise RefusedByEntra("invalid_client", 7000218, "The Authorization header is malformed.", status=401) from None
    return unquote_plus(client), unquote_plus(secret)


def _revoked() -> RefusedByEntra:
    text = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
    return RefusedByEntra("interaction_required", 50173, text, suberror="bad_token")


def _unconsented(app: str) -> RefusedByEntra:
    text = (
        f"The user or administrator has not consented to use the application with ID '{app}' named 'Vouchsafe'. "
        "Send an interactive authorization request for this user and resource."
    )
    return RefusedByEntra("invalid_grant", 65001, text, suberror="consent_required")


def _interaction(policy: Policy) -> RefusedByEntra:
    claims = {"access_token": {"capolids": {"essential": True, "values": [policy.id]}}}
    text = "Due to a configuration change made by your administrator, you must use multi-factor authentication."
    return RefusedByEntra("interaction_required", 50076, text, suberror="basic_action", claims=json.dumps(claims))
