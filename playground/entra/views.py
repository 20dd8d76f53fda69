"""Views: the pages a browser sees of Entra; everything that goes into one is escaped, and no page runs a script."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from playground.entra.refusals import RefusedByEntra
from playground.people import Person
from playground.world import World

PAGES: Final = Path(__file__).parent / "pages"
_METHODS: Final = (
    ("passkey", "Passkey", "Face, fingerprint or PIN. Cannot be phished."),
    ("authenticator", "Authenticator app", "Password, then approve on the phone."),
    ("password", "Password only", "Nothing more than a password."),
)


def page(world: World, name: str, *, status: int = 200, **parts: str) -> web.Response:
    """Fill a page's places; `parts` are HTML already."""
    text = Template((PAGES / f"{name}.html").read_text(encoding="utf-8")).substitute(parts)
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {world.public_url}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def fragment(name: str) -> str:
    """Return a piece of a page that has no places to fill."""
    return (PAGES / f"{name}.html").read_text(encoding="utf-8")


def beside(world: World, name: str, upn: str) -> str:
    """Return the address of another page of this tenant, with the account that was typed."""
    return f"/entra/{world.tenant}/{name}" + (f"?{urlencode({'upn': upn})}" if upn else "")


def sign_in(
    world: World, *, action: str, contexts: tuple[str, ...], chosen: Person | None, problem: str
) -> web.Response:
    people = sorted(world.people, key=lambda person: chosen is None or person.key != chosen.key)
    return page(
        world,
        "authorize",
        action=escape(action),
        asked="".join(f"<p class=asked>{escape(_about(world, context))}</p>" for context in contexts),
        problem=alert(problem),
        people="".join(_person(person, checked=person == chosen) for person in people),
        methods="".join(_method(*method) for method in _METHODS),
    )


def failure(world: World, refused: RefusedByEntra) -> web.Response:
    return page(world, "failure", status=refused.status, text=escape(str(refused)))


def alert(text: str) -> str:
    return f'<p class=problem role=alert data-testid="problem">{escape(text)}</p>' if text else ""


async def stylesheet(_request: web.Request) -> web.Response:
    text = (PAGES / "entra.css").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/css", headers={"Cache-Control": "no-cache"})


def _about(world: World, context: str) -> str:
    found = world.entra.contexts.get(context)
    return f"{found.description} ({found.id})" if found else f"An authentication context nobody set up ({context})"


def _person(person: Person, *, checked: bool) -> str:
    key = escape(person.key)
    note = "" if person.enabled else " <em>disabled</em>"
    return (
        f'<label class=choice data-testid="person-{key}">'
        f'<input type=radio name=person value="{key}" required{" checked autofocus" if checked else ""}>'
        f"<span class=face aria-hidden=true>{escape(person.initials)}</span>"
        f"<span class=words><b>{escape(person.name)}{note}</b><small>{escape(person.upn)}</small></span></label>"
    )


def _method(value: str, title: str, words: str) -> str:
    checked = " checked" if value == "passkey" else ""
    return (
        f'<label class=choice data-testid="method-{value}">'
        f'<input type=radio name=method value="{value}"{checked}>'
        f"<span class=words><b>{title}</b><small>{words}</small></span></label>"
    )
