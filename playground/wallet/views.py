"""Views: the phone's pages; everything that goes into one is escaped, and no page runs a script."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from playground.verified.callbacks import taken
from playground.verified.credentials import AUTHORITY, Credential
from playground.verified.judgement import unsuitable
from playground.verified.state import GOOD, Presentation, Shown
from playground.world import World

PAGES: Final = Path(__file__).parent / "pages"
_ISSUERS: Final = {AUTHORITY: "Contoso"}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "frame-ancestors 'self'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # without any, a form's Origin would be null, and nobody's
    "X-Content-Type-Options": "nosniff",
}
_NOT_TAKEN: Final = "The verifier did not take the news ({status}). It may not know what happened here."


async def stylesheet(_request: web.Request) -> web.Response:
    text = (PAGES / "wallet.css").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/css", headers={"Cache-Control": "no-cache"})


def people(world: World, *, link: str) -> web.Response:
    """Whose phone is it?"""
    more = f'<input type=hidden name=request_uri value="{escape(link)}">' if link else ""
    rows = "".join(
        f'<button class=row name=as value="{escape(p.key)}" data-testid="phone-{escape(p.key)}">'
        f"<span class=face aria-hidden=true>{escape(p.initials)}</span>{escape(p.name)}</button>"
        for p in world.people
    )
    body = f'<h1>Whose phone is this?</h1><form action="/wallet" method=get class=rows>{more}{rows}</form>'
    return _page(world, title="Choose a phone", who="", body=body)


def home(world: World, key: str, *, problem: str, link: str = "") -> web.Response:
    """What is on the phone, and the ways to open a request."""
    newest = world.verified.newest(key)
    body = _fill(
        "home",
        key=escape(key),
        problem=_problem(problem),
        newest=_shortcut(key, newest) if newest else "",
        link=escape(link),
        revoke=_revoke(world, key),
        cards="".join(_card(one) for one in world.verified.phones.get(key, [])) or _fill("empty"),
        billing=" checked" if world.verified.billing else "",
        honest=" checked" if world.verified.honest else "",
    )
    return _page(world, title="Verified IDs", who=key, body=body)


def request(world: World, key: str, found: Presentation, *, problem: str) -> web.Response:
    """Who asks for what, and what may be shared."""
    wanted = found.asked.wanted
    phone = world.verified.phones.get(key, [])
    free = not world.verified.honest  # then the phone lets everything through
    offered = [(one, "" if free else unsuitable(wanted, one)) for one in phone]
    first = next((one for one, reason in offered if not reason), None)
    body = _fill(
        "request",
        key=escape(key),
        request=escape(found.id),
        problem=_problem(problem),
        client=escape(found.asked.client),
        purpose=escape(found.asked.purpose or wanted.purpose),
        type=escape(wanted.type),
        choices="".join(_choice(one, reason, checked=one is first) for one, reason in offered) or _fill("none"),
        face=_fill("face", threshold=str(wanted.face.threshold), score=str(GOOD)) if wanted.face else "",
        disabled="" if first else " disabled",
    )
    return _page(world, title="A request", who=key, body=body)


def result(world: World, key: str, found: Presentation) -> web.Response:
    """What came of it, as the phone knows it."""
    match found.answer:
        case None:
            good, title, text = True, "Being sent", "The verifier has not answered yet."
        case Shown(status="presentation_verified", heard=heard):
            good, title, text = True, "Shared", f"{found.asked.client} has received your Verified ID." + _heard(heard)
        case Shown(text=words, heard=heard):
            good, title, text = False, "Not shared", words + _heard(heard)
    body = _fill(
        "result",
        key=escape(key),
        sort="good" if good else "bad",
        sign="M5 12.5 10 17.5 19 7" if good else "M6 6 18 18M18 6 6 18",
        title=title,
        text=escape(text),
    )
    return _page(world, title=title, who=key, body=body)


def _heard(status: int | None) -> str:
    if status is None or taken(status):
        return ""
    return " " + _NOT_TAKEN.format(status=status or "no answer")


def _shortcut(key: str, newest: Presentation) -> str:
    link = f"openid-vc://?request_uri=/verified-id/requests/{newest.id}"
    return _fill("shortcut", key=escape(key), link=escape(link), client=escape(newest.asked.client))


def _revoke(world: World, key: str) -> str:
    """The issuers' side: what can still be taken back of this phone."""
    valid = [one for one in world.verified.phones.get(key, []) if not one.revoked]
    buttons = "".join(
        f'<button name=credential value="{escape(one.id)}" data-testid="revoke-{escape(one.id)}">'
        f"Revoke {escape(one.name)}, {escape(_issuer(one))}</button>"
        for one in valid
    )
    return _fill("revoke", key=escape(key), buttons=buttons) if valid else ""


def _card(one: Credential) -> str:
    return _fill(
        "card",
        id=escape(one.id),
        sort="ours" if one.issuer == AUTHORITY else "other",
        photo=unquote(one.claims["photo"]),
        name=escape(one.name),
        title=escape(one.claims.get("jobTitle", "")),
        issuer=escape(_issuer(one)),
        did=escape(one.issuer),
        person=escape(one.claims.get("revocationId", "")),
        state='<span class=revoked data-testid="revoked">Revoked</span>' if one.revoked else "",
    )


def _choice(one: Credential, reason: str, *, checked: bool) -> str:
    state = " disabled" if reason else " checked" if checked else ""
    note = reason or ("Revoked" if one.revoked else one.claims.get("revocationId", ""))
    return (
        f'<label class=choice data-testid="choose-{escape(one.id)}">'
        f'<input type=radio name=credential value="{escape(one.id)}"{state} required>'
        f'<img alt="" src="data:image/jpeg;base64,{unquote(one.claims["photo"])}">'
        f"<span><b>{escape(one.name)}</b><small>{escape(_issuer(one))} · {escape(note)}</small></span></label>"
    )


def _issuer(one: Credential) -> str:
    return _ISSUERS.get(one.issuer, one.issuer.removeprefix("did:web:"))


def _problem(text: str) -> str:
    return f'<p class=problem role=alert data-testid="problem">{escape(text)}</p>' if text else ""


def _fill(form: str, **parts: str) -> str:
    return Template((PAGES / f"{form}.html").read_text(encoding="utf-8")).substitute(parts)


def _page(world: World, *, title: str, who: str, body: str) -> web.Response:
    person = world.people[who] if who else None
    chip = f'<a class=face href="/wallet" title="Another phone">{escape(person.initials)}</a>' if person else ""
    text = _fill(
        "phone",
        title=escape(title),
        owner=escape(f"{person.name}'s phone" if person else "A phone"),
        time=world.clock.now().strftime("%H:%M"),
        chip=chip,
        body=body,
    )
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)
