"""Views: somebody's inbox; everything that goes into it is escaped, and no page runs a script."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from aiohttp import web

from playground.tenant.mails import Mail
from playground.world import World

PAGES: Final = Path(__file__).parent / "pages"
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def setup(app: web.Application, world: World) -> None:
    """Serve /inbox."""

    async def shown(request: web.Request) -> web.Response:
        key = request.query.get("as", "")
        return _inbox(world, key) if key in world.people else _people(world)

    app.router.add_get("/inbox", shown)
    app.router.add_get("/inbox/inbox.css", _stylesheet)


async def _stylesheet(_request: web.Request) -> web.Response:
    text = (PAGES / "inbox.css").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/css", headers={"Cache-Control": "no-cache"})


def _people(world: World) -> web.Response:
    rows = "".join(
        f'<li><a href="/inbox?as={escape(p.key)}" data-testid="inbox-{escape(p.key)}">'
        f"<span class=face aria-hidden=true>{escape(p.initials)}</span>{escape(p.name)}</a></li>"
        for p in world.people
    )
    return _page("Whose inbox is this?", "", f"<ul class=people>{rows}</ul>")


def _inbox(world: World, key: str) -> web.Response:
    person = world.people[key]
    mails = "".join(_mail(mail) for mail in world.graph.mails.of(person)) or "<p class=empty>No mail has come yet.</p>"
    chip = f'<a class=face href="/inbox" title="Another inbox">{escape(person.initials)}</a>'
    return _page("Inbox", f"<span>{escape(', '.join(person.mails))}</span>{chip}", mails)


def _mail(mail: Mail) -> str:
    return _fill(
        "mail",
        subject=escape(mail.subject),
        sender=escape(mail.sender),
        to=escape(", ".join(mail.to)),
        at=escape(f"{mail.at:%Y-%m-%d %H:%M} UTC"),
        text=_linked(mail.text),
    )


def _linked(text: str) -> str:
    """Text as a mail program shows it: an address in it can be pressed, and opens a page of its own."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        address = escape(found[0])
        parts += [escape(text[at : found.start()]), f'<a href="{address}" target="_blank" rel="noopener">{address}</a>']
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _fill(form: str, **parts: str) -> str:
    return Template((PAGES / f"{form}.html").read_text(encoding="utf-8")).substitute(parts)


def _page(title: str, who: str, body: str) -> web.Response:
    text = _fill("inbox", title=escape(title), who=who, body=body)
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)
