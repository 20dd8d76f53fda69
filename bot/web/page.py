"""Pages as people see them; whatever comes from outside is escaped, no script is inline."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from math import ceil
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Final, Protocol

from aiohttp import web

from bot.config.cloud import Cloud
from bot.core.answers import SignInPage
from bot.core.model import Refusal
from bot.core.ports import Purpose
from bot.web.headers import HELD, NO_SCRIPT, Reach, policy

_FOLDER: Final = Path(__file__).parent / "pages"
_TYPES: Final = MappingProxyType(
    {"step-up.css": "text/css", "step-up.js": "text/javascript", "enter.js": "text/javascript"}
)
TOO_OFTEN: Final = "too_often"
# What the pages that the app package points to say, line by line.
TOLD: Final = MappingProxyType(
    {
        "about": ("asks", "private", "locks", "help"),
        "privacy": ("reads", "keeps", "never", "who", "help"),
        "terms": ("yours", "true", "recorded", "limits", "help"),
    }
)
_VERBS: Final = MappingProxyType(
    {
        Purpose.APPROVE: "approve",
        Purpose.DENY: "deny",
        Purpose.LIFT: "lift",
        Purpose.ENTER: "enter",
        Purpose.CALL: "call",
        Purpose.VOUCH: "vouch",
        Purpose.THREAT: "threat",
        Purpose.LOCK: "lock",
    }
)


class Text(Protocol):
    """The catalogue: a key and a language, and what the text needs."""

    def __call__(self, key: str, language: str, /, **params: str) -> str: ...


class Say(Protocol):
    """The same in one language, escaped for a page."""

    def __call__(self, key: str, /, **params: str) -> str: ...


def asset(name: str) -> web.Response | None:
    """Return one of our few static files, or None when there is none of that name."""
    kind = _TYPES.get(name)
    if kind is None:
        return None
    body = (_FOLDER / name).read_bytes()
    headers = {**NO_SCRIPT, "Cache-Control": "public, max-age=300"}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders each page in the person's language with the headers that keep it to itself."""

    cloud: Cloud
    text: Text
    contact: str

    def start(self, page: SignInPage, *, sign_in: str, check: str) -> web.Response:
        """What is being allowed, and one button. Looking at it starts nothing."""
        language = page.person.language
        verb = _VERBS.get(page.purpose, "prove")
        say = self.sayer(language)
        body = fill(
            "start.html",
            {
                **{f"{row}_label": say(f"web.start.{row}") for row in ("what", "whom", "asked", "until")},
                "lead": say(f"web.start.lead_{verb}"),
                "what": say(page.what),
                "whom": escape(page.whom),
                "asked": timed(page.asked_at),
                "until": timed(page.expires_at),
                "sign_in": escape(sign_in),
                "check": escape(check),
                "button": say("web.start.button"),
                "warning": say("web.start.warning"),
            },
        )
        return self.render(language, f"web.start.title_{verb}", body, look="start", reach=Reach.ENTRA)

    def done(self, code: str, language: str) -> web.Response:
        """Hand the one-time code to Teams' script: never displayed, never in an address."""
        say = self.sayer(language)
        body = fill("done.html", {"waiting": say("web.done.waiting"), "elsewhere": say("web.done.elsewhere")})
        return self.render(language, "web.done.title", body, look="done", data={"code": code})

    def refused(
        self, reason: str, language: str, *, status: int, reference: str = "", over: bool = False
    ) -> web.Response:
        """Say what went wrong and what to do; Teams hears the reason when the person closes the page.

        `over`: something may have been done here before, so that nobody is told that nothing was.
        """
        say = self.sayer(language)
        body = fill(
            "refused.html",
            {
                "what": escape(self.sentence(reason, language, reference)),
                "instead": say("web.refused.over" if over else "web.refused.instead", contact=self.contact),
                "button": say("web.refused.button"),
            },
        )
        data = {"failure": reason}
        return self.render(language, "web.refused.title", body, look="refused", data=data, status=status)

    def too_often(self, language: str, wait: float, *, over: bool = False) -> web.Response:
        """Ask an address or a person to wait, so many seconds."""
        response = self.refused(TOO_OFTEN, language, status=HTTPStatus.TOO_MANY_REQUESTS, over=over)
        response.headers["Retry-After"] = str(ceil(wait))
        return response

    def sentence(self, reason: str, language: str, reference: str = "") -> str:
        """Say why it goes no further here; not escaped."""
        with suppress(KeyError):  # most reasons of the desk's have their sentence elsewhere
            return self.text(f"web.refused.{reason}", language, contact=self.contact, reference=reference)
        return self.objection(Refusal(reason), language)

    def objection(self, refusal: Refusal, language: str) -> str:
        """Say a no of the desk's; where its sentence lacks something, that it did not work. Not escaped."""
        params = {name: _spoken(value) for name, value in refusal.params.items()}
        with suppress(KeyError):
            return self.text(f"refusal.{refusal.reason}", language, **{"contact": self.contact, **params})
        return self.text("refusal.other", language, contact=self.contact)

    def told(self, page: str, language: str) -> web.Response:
        """Say one of what the app package points to: what the desk is, what it keeps, by what terms it is used."""
        say = self.sayer(language)
        points = "".join(f"<li>{say(f'web.{page}.{point}', contact=self.contact)}</li>" for point in TOLD[page])
        others = (f'<a href="/step-up/{other}">{say(f"web.{other}.title")}</a>' for other in TOLD if other != page)
        body = fill("told.html", {"lead": say(f"web.{page}.lead"), "points": points, "others": " · ".join(others)})
        return self.render(language, f"web.{page}.title", body, look="about", reach=Reach.SELF)

    def sayer(self, language: str) -> Say:
        def say(key: str, /, **params: str) -> str:
            return escape(self.text(key, language, **params))

        return say

    def render(
        self,
        language: str,
        title: str,
        body: str,
        *,
        look: str,
        reach: Reach = Reach.TEAMS,
        data: Mapping[str, str] = MappingProxyType({}),
        scripts: tuple[str, ...] = ("step-up.js",),
        status: int = 200,
    ) -> web.Response:
        """Return a whole page; `data` is for its scripts."""
        page = fill(
            "page.html",
            {
                "lang": escape(self.text("web.language", language)),
                "title": escape(self.text(title, language)),
                "look": look,
                "data": " ".join(f'data-{key}="{escape(value)}"' for key, value in data.items()),
                "scripts": (self._teams_js() if reach is Reach.TEAMS else "") + "".join(map(_script, scripts)),
                "body": body,
            },
        )
        headers = {**HELD, "Content-Security-Policy": policy(self.cloud, reach)}
        return web.Response(text=page, content_type="text/html", status=status, headers=headers)

    def _teams_js(self) -> str:
        integrity = self.cloud.teams_js_integrity
        checked = f' integrity="{escape(integrity)}" crossorigin="anonymous"' if integrity else ""
        return f'<script defer src="{escape(self.cloud.teams_js)}"{checked}></script>\n'


def timed(at: datetime) -> str:
    """Return a time the page's script turns into the reader's own; without it, UTC."""
    return f'<time datetime="{at.isoformat()}">{_utc(at)}</time>'


def fill(name: str, values: Mapping[str, str]) -> str:
    """Return a piece of a page; what goes into it is escaped already."""
    return Template((_FOLDER / name).read_text(encoding="utf-8")).substitute(values)


def _script(name: str) -> str:
    return f'<script defer src="/step-up/static/{name}"></script>\n'


def _spoken(value: str) -> str:
    """Say a time as the core writes it into params in words; anything else as it is."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return _utc(at) if at.tzinfo else value


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
