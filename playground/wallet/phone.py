"""Wallet: the phone in somebody's hand; it opens a request, shows what would be shared, and waits for the person."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

from playground.verified.judgement import Fail
from playground.verified.state import GOOD, Presentation, Unusable
from playground.wallet import views
from playground.world import World

_ID: Final = re.compile(r"/verified-id/requests/([0-9a-f-]{36})$")
_BELOW: Final = 20.0  # points that a face which is not good enough stays under the threshold
_NO_LINK: Final = "That is no request this phone can open. It begins with openid-vc://."


class Wallet:
    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: web.Request) -> web.Response:
        """GET: the phone; with `request_uri` it opens that request first, as a scanned code does."""
        key = request.query.get("as", "")
        if key not in self._world.people:
            return views.people(self._world, link=request.query.get("request_uri", ""))
        if link := request.query.get("request_uri", ""):
            return await self._opened(key, link)
        if wanted := request.query.get("request", ""):
            return self._request(key, wanted)
        return views.home(self._world, key, problem="")

    async def open(self, request: web.Request) -> web.Response:
        """POST: what was pasted or scanned."""
        form = await request.post()
        key = str(form.get("as", ""))
        if key not in self._world.people:
            return views.people(self._world, link="")
        return await self._opened(key, str(form.get("link", "")))

    async def answer(self, request: web.Request) -> web.Response:
        """POST: share or decline."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        key, wanted = form.get("as", ""), form.get("request", "")
        found = self._world.verified.requests.get(wanted)
        if key not in self._world.people or found is None:
            return views.people(self._world, link="")
        if key not in found.scanned:
            return views.home(self._world, key, problem="Open the request on this phone first.")
        try:
            await self._answered(found, key, form)
        except Unusable as unusable:
            return views.home(self._world, key, problem=str(unusable))
        except ValueError:
            return views.request(self._world, key, found, problem="Give the score as a number from 0 to 100.")
        return _go(key, request=found.id)

    async def knobs(self, request: web.Request) -> web.Response:
        """POST: how the service behaves, for whoever plays."""
        form = await request.post()
        self._world.verified.billing = "billing" in form
        self._world.verified.honest = "honest" in form
        return _go(str(form.get("as", "")))

    async def revoke(self, request: web.Request) -> web.Response:
        """POST: what its issuer can do to a credential at any time; the phone need not be there for it."""
        form = await request.post()
        key = str(form.get("as", ""))
        if key not in self._world.people:
            return views.people(self._world, link="")
        try:
            self._world.verified.revoke(key, str(form.get("credential", "")))
        except Unusable as unusable:
            return views.home(self._world, key, problem=str(unusable))
        return _go(key)

    async def _opened(self, key: str, link: str) -> web.Response:
        found = _ID.search(_target(link))
        if found is None:
            return views.home(self._world, key, problem=_NO_LINK, link=link)
        try:
            opened = await self._world.verified.scan(found[1], key)
        except Unusable as unusable:
            return views.home(self._world, key, problem=str(unusable), link=link)
        return _go(key, request=opened.id)

    def _request(self, key: str, wanted: str) -> web.Response:
        found = self._world.verified.requests.get(wanted)
        if found is None or key not in found.scanned:
            return views.home(self._world, key, problem="There is no such request on this phone.")
        if found.begun:
            return views.result(self._world, key, found)
        try:
            self._world.verified.usable(wanted)
        except Unusable as unusable:
            return views.home(self._world, key, problem=str(unusable))
        return views.request(self._world, key, found, problem="")

    async def _answered(self, found: Presentation, key: str, form: dict[str, str]) -> None:
        fail: Fail = "declined" if form.get("action") == "decline" else "spoof" if form.get("face") == "spoof" else ""
        threshold = found.asked.wanted.face.threshold if found.asked.wanted.face else 0
        score = max(0.0, threshold - _BELOW) if form.get("face") == "low" else _score(form.get("score", ""))
        credential = form.get("credential", "")
        if not fail and not credential:
            raise Unusable("Choose a credential to share.")
        await self._world.verified.present(found.id, key, score=score, credential=credential, fail=fail)


def _score(text: str) -> float:
    score = float(text) if text else GOOD
    if not 0 <= score <= 100:  # noqa: PLR2004 - per cent
        raise ValueError(text)
    return score


def _target(link: str) -> str:
    """A code's content names the request in its query; the address itself is taken as well."""
    link = link.strip()
    try:
        return parse_qs(urlsplit(link).query).get("request_uri", [link])[0]
    except ValueError:
        return ""


def _go(key: str, **more: str) -> web.Response:
    """After a form, a page of its own: reloading it does nothing again."""
    return web.Response(status=303, headers={"Location": f"/wallet?{urlencode({'as': key, **more})}"})
