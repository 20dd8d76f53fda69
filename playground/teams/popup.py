"""The sign-in popup without a browser: follows the real pages and fills their real forms, nothing else."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

RESULT = "data-code"  # where the bot's last page has what its script hands to Teams
_STEPS = 12


@dataclass(slots=True)
class Form:
    """A form as it stands in the page: where it goes, what it sends, which buttons it has."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, set[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """One page of the popup."""

    url: str
    status: int
    text: str
    forms: list[Form]
    result: str | None


class Dead(RuntimeError):
    """The popup ended without a result; the text of its last page says why."""

    def __init__(self, page: Page) -> None:
        super().__init__(f"The popup stopped at {page.url} ({page.status}): {page.text[:400]}")
        self.page = page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.result: str | None = None
        self._open: Form | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if RESULT in got:
            self.result = got[RESULT]
        if tag in {"script", "style"}:
            self._hidden += 1
        elif tag == "form":
            self._open = Form(got.get("action", ""), got.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and tag in {"input", "button"}:
            self._field(self._open, tag, got)

    def _field(self, form: Form, tag: str, got: dict[str, str]) -> None:
        name, value, kind = got.get("name", ""), got.get("value", ""), got.get("type", "")
        if tag == "button" or kind == "submit":
            form.buttons[got.get("id") or value or name] = (name, value)
        elif kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, set()).add(value or "on")
            if "checked" in got:
                form.values[name] = value or "on"
        elif name:
            form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._hidden -= 1
        elif tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data.strip())


class Popup:
    """One browser window: its own cookies, one page after the other; `address` is the loopback address it asks from."""

    def __init__(self, origin: str, *, timeout: float = 30.0, address: str = "") -> None:
        # Browsers take loopback for secure, numbers instead of names included; so does this one.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(local_addr=(address, 0)) if address else None,
            cookie_jar=jar,
            timeout=aiohttp.ClientTimeout(total=timeout),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def open(self, url: str) -> Page:
        async with self._session.get(url) as response:
            return await _page(response)

    async def submit(self, page: Page, values: dict[str, str], *, button: str = "") -> Page:
        """Send the page's form with these values over its own; only fields the form has are sent."""
        form = next((f for f in page.forms if button in f.buttons), page.forms[0])
        known = form.values.keys() | form.choices.keys()
        data = form.values | {name: value for name, value in values.items() if name in known}
        name, value = form.buttons.get(button, ("", ""))
        if name:
            data[name] = value
        sent: dict[str, Any] = {"params": data} if form.method == "get" else {"data": data}
        headers = {"Origin": "/".join(page.url.split("/")[:3]), "Referer": page.url}
        target = urljoin(page.url, form.action or page.url)
        async with self._session.request(form.method, target, headers=headers, **sent) as response:
            return await _page(response)

    async def walk(self, url: str, values: dict[str, str], *, button: str = "continue") -> str:
        """Go through the pages until one hands a result to Teams; that result is returned."""
        page = await self.open(url)
        for _ in range(_STEPS):
            if page.result is not None:
                return page.result
            if page.status >= HTTPStatus.BAD_REQUEST or not page.forms:
                raise Dead(page)
            before = page.text
            page = await self.submit(page, values, button=button if _has(page, button) else "")
            if page.text == before:
                raise Dead(page)
        raise Dead(page)


def _has(page: Page, button: str) -> bool:
    return any(button in form.buttons for form in page.forms)


async def _page(response: aiohttp.ClientResponse) -> Page:
    html = await response.text()
    reader = _Reader()
    reader.feed(html)
    return Page(str(response.url), response.status, " ".join(reader.words), reader.forms, reader.result)
