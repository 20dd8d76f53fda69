"""The ingress: hands the bot's own pages through to its replicas in turn, changing nothing but the hop headers."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

PREFIXES = ("/step-up/", "/desk/")
_TIMEOUT = aiohttp.ClientTimeout(total=30)
# https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"})


class Proxy:
    """Passes requests on; a replica that refuses connections is passed over."""

    def __init__(self, *, session: aiohttp.ClientSession, replicas: Callable[[], Sequence[str]]) -> None:
        self._session = session
        self._replicas = replicas
        self._turn = count()

    def setup(self, app: web.Application) -> None:
        for prefix in PREFIXES:
            app.router.add_route("*", prefix + "{path:.*}", self.forward)

    async def forward(self, request: web.Request) -> web.Response:
        body = await request.read()
        targets = list(self._replicas())
        start = next(self._turn)
        for step in range(len(targets)):
            try:
                return await self._ask(targets[(start + step) % len(targets)], request, body)
            except aiohttp.ClientConnectorError:
                continue
            except TimeoutError:
                return web.Response(status=504, text="The app took too long to answer.")
            except aiohttp.ClientError:
                break
        return web.Response(status=502, text="The app is not reachable right now.")

    async def _ask(self, target: str, request: web.Request, body: bytes) -> web.Response:
        headers = _kept(request.headers)
        headers["X-Forwarded-For"] = request.remote or ""
        headers["X-Forwarded-Proto"] = request.scheme
        async with self._session.request(
            request.method,
            URL(target + request.rel_url.raw_path_qs, encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
            timeout=_TIMEOUT,
            auto_decompress=False,
        ) as answer:
            return web.Response(status=answer.status, headers=_kept(answer.headers), body=await answer.read())


def _kept(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP)
