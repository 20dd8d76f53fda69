"""Middleware: the outermost place of the web; what nobody expected is logged once and answered with a reference."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.web.headers import NO_SCRIPT
from bot.web.limit import Limit, address_of
from bot.web.page import Pages

PREFIX: Final = "/step-up"
OPEN: Final = "/verified-id/open"
REPORT: Final = "/desk/report"
CHECK: Final = "/step-up/enter/check"  # asked by a page's script, while somebody types: it counts for itself

log = structlog.get_logger(__name__)


def surfacing(pages: Pages, failed: Callable[[str], None], limit: Limit) -> Middleware:
    """Answer what nobody expected: a page where people look, JSON elsewhere. `failed` counts it.

    An address that knocks at the pages too often is held back. It is one layer with the other: what Teams delivers goes
    through it too, and is held back nowhere by where it comes from, because all of it comes from few addresses.
    """

    @web.middleware
    async def surface(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if _for_people(request) and (wait := limit.wait(address_of(request))):
                return pages.too_often(language_of(request), wait)
            return await handler(request)
        except web.HTTPException as answer:
            return _plain(answer) if not _for_people(request) else _refused(pages, request, answer)
        except Exception as error:
            reference = secrets.token_hex(4)
            failed("web")
            log.exception("web_failed", reference=reference, path=request.path, error=type(error).__name__)
            return _broken(pages, request, reference)

    return surface


def language_of(request: web.Request) -> str:
    """Return what the browser prefers, for pages shown before we know the person."""
    first = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
    return first[:16] if first.replace("-", "").isalnum() and first.isascii() else "en"


def _for_people(request: web.Request) -> bool:
    path = request.path
    return path in {PREFIX, OPEN, REPORT} or (path.startswith(PREFIX + "/") and path != CHECK)


def _refused(pages: Pages, request: web.Request, answer: web.HTTPException) -> web.StreamResponse:
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _plain(answer)
    reason = "not_found" if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} else "unreadable"
    page = pages.refused(reason, language_of(request), status=answer.status)
    if "Allow" in answer.headers:
        page.headers["Allow"] = answer.headers["Allow"]
    return page


def _plain(answer: web.HTTPException) -> web.StreamResponse:
    """The same answer as a value: aiohttp logs and counts a raised one differently."""
    headers = {name: answer.headers[name] for name in ("Allow", "Location", "Retry-After") if name in answer.headers}
    return web.json_response({"error": answer.reason}, status=answer.status, headers={**NO_SCRIPT, **headers})


def _broken(pages: Pages, request: web.Request, reference: str) -> web.StreamResponse:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if _for_people(request):
        return pages.refused("broken", language_of(request), status=status, reference=reference)
    return web.json_response({"error": "internal error", "reference": reference}, status=status, headers=NO_SCRIPT)
