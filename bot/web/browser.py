"""Browser: ties one browser to its transaction by cookies, and tells a form of ours from anybody else's."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Final

from aiohttp import web

COOKIE: Final = "__Host-vouchsafe-step-up"
CHECK: Final = "__Host-vouchsafe-start"
ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_HELD: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\.[A-Za-z0-9_-]{1,64}")
_LIFE: Final = 900  # seconds; the transaction itself ends sooner


def held(request: web.Request) -> str:
    """Return the cookie that ties this browser to a transaction; "" when there is none that could be ours."""
    cookie = _sent(request, COOKIE)
    return cookie if _HELD.fullmatch(cookie) else ""


def check_for(request: web.Request) -> str:
    """Return what a form of ours shall send along: what this browser holds already, or something new."""
    check = _sent(request, CHECK)
    return check if ID.fullmatch(check) else secrets.token_urlsafe(32)


def ours(request: web.Request, check: str) -> bool:
    """The form came from the page we showed this browser: what it holds as a cookie it also sent as a field."""
    kept = _sent(request, CHECK)
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    same = ID.fullmatch(kept) is not None and hmac.compare_digest(kept.encode(), check.encode(errors="replace"))
    return same and site == "same-origin"


def keep(response: web.Response, name: str, value: str) -> None:
    """Set a cookie only this host can read, or take it back; `__Host-` makes the browser insist on all of it.

    Lax and not Strict: Teams leads here, and Entra back, and a Strict cookie would come along with neither.
    """
    life = _LIFE if value else 0
    response.set_cookie(name, value, max_age=life, path="/", secure=True, httponly=True, samesite="Lax")


def _sent(request: web.Request, name: str) -> str:
    """Return a cookie by its exact name; "" where there are several: one of them is somebody else's.

    Read to the letter, as browsers write it: a reader that unquotes or trims takes for a `__Host-` cookie what a
    browser did not guard as one.
    """
    pairs = (pair.partition("=") for line in request.headers.getall("Cookie", []) for pair in line.split(";"))
    found = [value for key, _, value in pairs if key.removeprefix(" ") == name]
    return found[0] if len(found) == 1 else ""
