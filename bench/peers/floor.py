"""The floors: an echo on bare aiohttp and PyJWT, `plain`, or `fast` with uvloop, orjson and remembered tokens."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, Final

import aiohttp
import jwt
from aiohttp import web

FAST: Final = sys.argv[1:] == ["fast"]
APP, SECRET, TENANT = (os.environ[name] for name in ("BENCH_APP", "BENCH_SECRET", "BENCH_TENANT"))
ISSUER: Final = "https://api.botframework.com"
OPENID: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ENTRA: Final = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"

if FAST:
    import orjson

    loads, dumps = orjson.loads, orjson.dumps
else:

    def loads(data: bytes) -> Any:
        return json.loads(data)

    def dumps(value: object) -> bytes:
        return json.dumps(value).encode()


class Echo:
    """Verifies the token, each time or once for each token, and posts the reply before it answers."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._keys: dict[str, jwt.PyJWK] = {}
        self._endorsed: dict[str, list[str]] = {}
        self._verified: dict[str, dict[str, Any]] = {}
        self._bearer, self._renew_at = "", 0.0

    async def answer(self, request: web.Request) -> web.Response:
        activity = loads(await request.read())
        try:
            claims = await self._admit(request.headers.get("Authorization", ""))
        except (jwt.PyJWTError, KeyError):
            return web.Response(status=401)
        if claims["serviceurl"] != activity["serviceUrl"]:
            return web.Response(status=401)
        await self._reply(activity)
        return web.Response()

    async def _admit(self, header: str) -> dict[str, Any]:
        token = header.removeprefix("Bearer ")
        known = self._verified.get(token) if FAST else None
        if known is not None and known["exp"] > time.time():
            return known
        kid = jwt.get_unverified_header(token)["kid"]
        if not self._keys:
            await self._fetch()
        key = self._keys[kid]
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=APP, issuer=ISSUER, leeway=300)
        if "msteams" not in self._endorsed[kid]:
            raise KeyError(kid)
        if FAST:
            self._verified[token] = claims
        return claims

    async def _fetch(self) -> None:
        async with self._session.get(OPENID) as found:
            address = (await found.json())["jwks_uri"]
        async with self._session.get(address) as found:
            for jwk in (await found.json())["keys"]:
                self._keys[jwk["kid"]], self._endorsed[jwk["kid"]] = jwt.PyJWK(jwk), jwk["endorsements"]

    async def _reply(self, activity: dict[str, Any]) -> None:
        if time.time() > self._renew_at:
            form = {"grant_type": "client_credentials", "client_id": APP, "client_secret": SECRET}
            async with self._session.post(ENTRA, data={**form, "scope": f"{ISSUER}/.default"}) as found:
                told = await found.json()
            self._bearer, self._renew_at = f"Bearer {told['access_token']}", time.time() + told["expires_in"] - 300
        chat, message = activity["conversation"], activity["id"]
        reply = {
            "type": "message",
            "text": f"Echo: {activity['text']}",
            "from": activity["recipient"],
            "recipient": activity["from"],
            "conversation": chat,
            "replyToId": message,
        }
        url = f"{activity['serviceUrl']}v3/conversations/{chat['id']}/activities/{message}"
        headers = {"Authorization": self._bearer, "Content-Type": "application/json"}
        async with self._session.post(url, data=dumps(reply), headers=headers) as posted:
            await posted.read()
            posted.raise_for_status()


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        app = web.Application()
        app.router.add_post("/api/messages", Echo(session).answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await asyncio.Event().wait()


if FAST:
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
