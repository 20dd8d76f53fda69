"""Wallet: where the Verified ID service calls back, and the page that leads a phone into its wallet.

https://learn.microsoft.com/entra/verified-id/presentation-request-api#callback-events: the service sends the
`api-key` header it was given, and asks again when it gets no good answer.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from math import ceil
from typing import Final, Protocol

import structlog
from aiohttp import web

from bot.core.errors import DeskError, Rejected
from bot.web.body import parsed, taken
from bot.web.browser import ID
from bot.web.headers import NO_SCRIPT, Reach
from bot.web.limit import Limit, address_of
from bot.web.middleware import OPEN, language_of
from bot.web.page import Pages, fill

MOST: Final = 4 * 1024 * 1024  # bytes: the claims of a credential may hold a photo
DEADLINE: Final = 8.0  # seconds for all of a callback
AT_ONCE: Final = 16  # callbacks that are judged at a time
KEY: Final = re.compile(r"[A-Za-z0-9_.-]{16,128}")
LINK: Final = re.compile(r"openid-vc://[!#-&(-;=?-~]{1,4096}")  # of what an address is made of: no quote, no bracket

log = structlog.get_logger(__name__)


class ProofDesk(Protocol):
    """The desk's side of a proof of identity."""

    async def expects(self, key: str) -> bool:
        """Say whether a request was made with this key, before anything that came with it is read."""

    async def called_back(self, key: str, body: object) -> bool:
        """Take what the service says; False when it does not know the secrets of a request."""

    async def link(self, request_id: str) -> str:
        """Return the address that opens the wallet, or "" when there is nothing to prove (any more)."""


def setup(app: web.Application, *, desk: ProofDesk, pages: Pages, limit: Limit | None = None) -> None:
    """Add the routes under `/verified-id`."""
    routes = WalletPages(desk, pages, limit or Limit(burst=120, rate=10), asyncio.Semaphore(AT_ONCE))
    app.router.add_post("/verified-id/callback", routes.called_back)
    app.router.add_get(OPEN, routes.opened, allow_head=False)


@dataclass(frozen=True, slots=True)
class WalletPages:
    desk: ProofDesk
    pages: Pages
    limit: Limit
    turns: asyncio.Semaphore

    async def called_back(self, request: web.Request) -> web.Response:
        """Answer 200 for what was taken, 401 for a stranger, 503 when the same should be sent again."""
        if wait := self.limit.wait(address_of(request)):
            return _answer(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(ceil(wait))})
        key = request.headers.get("api-key", "")
        try:
            async with asyncio.timeout(DEADLINE):
                known = await self._taken(request, key if KEY.fullmatch(key) else "")
        except Rejected:  # it names what cannot even be looked for
            known = False
        except (DeskError, TimeoutError) as error:
            log.warning("callback_postponed", error=type(error).__name__)
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})
        return _answer(HTTPStatus.OK if known else HTTPStatus.UNAUTHORIZED)

    async def _taken(self, request: web.Request, key: str) -> bool:
        """Whose key it is comes before anything is read, and all is read before a place is taken."""
        if not await self.desk.expects(key):
            return False
        body = parsed(await taken(request, MOST))
        async with self.turns:
            return await self.desk.called_back(key, body)

    async def opened(self, request: web.Request) -> web.Response:
        """Show the button that opens the wallet; whoever looks first uses nothing up."""
        language, wanted = language_of(request), request.query.get("r", "")
        link = await self.desk.link(wanted) if ID.fullmatch(wanted) else ""
        if not LINK.fullmatch(link):
            return self.pages.refused("proof_over", language, status=HTTPStatus.GONE)
        say = self.pages.sayer(language)
        words = {key: say(f"web.wallet.{key}") for key in ("lead", "button", "elsewhere", "warning")}
        body = fill("wallet.html", {**words, "link": escape(link)})
        return self.pages.render(language, "web.wallet.title", body, look="wallet", reach=Reach.SELF)


def _answer(status: HTTPStatus, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, headers={**NO_SCRIPT, **(headers or {})})
