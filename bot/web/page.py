"""Pages of the step-up as people see them; whatever comes from outside is escaped, no script is inline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from bot.cloud import Cloud
from bot.core.answers import SignInPage
from bot.core.ports import Purpose

_FOLDER: Final = Path(__file__).parent / "pages"
_TYPES: Final = MappingProxyType({"step-up.css": "text/css", "step-up.js": "text/javascript"})
_HELD: Final = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        # The popup must keep its opener: Teams' own script hands the outcome over through it.
        "Cross-Origin-Opener-Policy": "unsafe-none",
    }
)
_NO_SCRIPT: Final = MappingProxyType({**_HELD, "Content-Security-Policy": "default-src 'none'"})


class Text(Protocol):
    """The catalogue: a key and a language, and what the text needs."""

    def __call__(self, key: str, language: str, **params: str) -> str: ...


class Say(Protocol):
    """The same in one language, escaped for a page."""

    def __call__(self, key: str, /, **params: str) -> str: ...


def asset(name: str) -> web.Response | None:
    """Return one of our two static files, or None when there is none of that name."""
    kind = _TYPES.get(name)
    if kind is None:
        return None
    body = (_FOLDER / name).read_bytes()
    headers = {**_NO_SCRIPT, "Cache-Control": "public, max-age=300"}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders each page in the person's language with the headers that keep it to itself."""

    cloud: Cloud
    text: Text
    contact: str

    def start(self, page: SignInPage, *, sign_in: str, check: str) -> web.Response:
        """What is being allowed, and one button. Looking at it starts nothing."""
        language, request = page.person.language, page.request
        verb = "approve" if page.purpose is Purpose.APPROVE else "prove"
        say = self._sayer(language)
        body = _fill(
            "start.html",
            {
                **{f"{row}_label": say(f"web.start.{row}") for row in ("what", "whom", "asked", "until")},
                "lead": say(f"web.start.lead_{verb}"),
                "what": say(f"{request.kind}.title"),
                "whom": escape(request.subject.name),
                "asked": _time(request.created_at),
                "until": _time(page.expires_at),
                "sign_in": escape(sign_in),
                "check": escape(check),
                "button": say("web.start.button"),
                "warning": say("web.start.warning"),
            },
        )
        return self._page(language, f"web.start.title_{verb}", body, look="start", teams=False)

    def done(self, code: str, language: str) -> web.Response:
        """Hand the one-time code to Teams' script: never displayed, never in an address."""
        say = self._sayer(language)
        body = _fill("done.html", {"waiting": say("web.done.waiting"), "elsewhere": say("web.done.elsewhere")})
        return self._page(language, "web.done.title", body, look="done", data={"code": code})

    def refused(self, reason: str, language: str, *, status: int, reference: str = "") -> web.Response:
        """Say what went wrong and what to do; Teams hears the reason when the person closes the page."""
        say = self._sayer(language)
        body = _fill(
            "refused.html",
            {
                "what": say(f"web.refused.{reason}", contact=self.contact, reference=reference),
                "instead": say("web.refused.instead", contact=self.contact),
                "button": say("web.refused.button"),
            },
        )
        data = {"failure": reason}
        return self._page(language, "web.refused.title", body, look="refused", data=data, status=status)

    def about(self, language: str) -> web.Response:
        """Say what the desk does and what it keeps: the page the app package points to."""
        say = self._sayer(language)
        points = "".join(f"<li>{say(f'web.about.{point}', contact=self.contact)}</li>" for point in _ABOUT)
        body = _fill("about.html", {"lead": say("web.about.lead"), "points": points})
        return self._page(language, "web.about.title", body, look="about", teams=False)

    def _sayer(self, language: str) -> Say:
        def say(key: str, /, **params: str) -> str:
            return escape(self.text(key, language, **params))

        return say

    def _page(
        self,
        language: str,
        title: str,
        body: str,
        *,
        look: str,
        teams: bool = True,
        data: Mapping[str, str] = MappingProxyType({}),
        status: int = 200,
    ) -> web.Response:
        page = _fill(
            "page.html",
            {
                "lang": escape(self.text("web.language", language)),
                "title": escape(self.text(title, language)),
                "look": look,
                "data": " ".join(f'data-{key}="{escape(value)}"' for key, value in data.items()),
                "scripts": (self._teams_js() if teams else "") + _OWN_JS,
                "body": body,
            },
        )
        headers = {**_HELD, "Content-Security-Policy": policy(self.cloud, teams=teams)}
        return web.Response(text=page, content_type="text/html", status=status, headers=headers)

    def _teams_js(self) -> str:
        integrity = self.cloud.teams_js_integrity
        checked = f' integrity="{escape(integrity)}" crossorigin="anonymous"' if integrity else ""
        return f'<script defer src="{escape(self.cloud.teams_js)}"{checked}></script>\n'


_ABOUT: Final = ("reads", "keeps", "never", "who", "help")
_OWN_JS: Final = '<script defer src="/step-up/static/step-up.js"></script>\n'


def policy(cloud: Cloud, *, teams: bool) -> str:
    """Return the Content-Security-Policy of a page; `teams`: whether it talks to Teams by Teams' script."""
    scripts = _origin(cloud.teams_js)
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {scripts}" if teams else "'self'",
        "connect-src": scripts if teams else "'none'",  # the script looks up which origins are Teams'
        "style-src": "'self'",
        # Browsers hold the redirects that follow a form to this as well, and a federated tenant's go on from
        # Entra to an address of its own.
        "form-action": f"'self' {_origin(cloud.login)} https:",
        "frame-ancestors": " ".join(cloud.frame_origins) or "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _time(at: datetime) -> str:
    """A time the page's script turns into the reader's own; without it, UTC."""
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _fill(name: str, values: Mapping[str, str]) -> str:
    return Template((_FOLDER / name).read_text(encoding="utf-8")).substitute(values)
