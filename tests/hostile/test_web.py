"""The pages in hostile hands: whatever is sent, no page breaks, nothing is done or let out, nobody is led astray."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

import cards
from bot.core.answers import EntryPage, PasswordCheck, SignInPage
from bot.core.model import Mode, Person, Refusal, Request, Status, Way
from bot.core.passwords import Rule
from bot.core.ports import Purpose
from bot.web import form
from bot.web.browser import CHECK, COOKIE
from bot.web.page import TOLD, Pages
from tests.conftest import migrated
from tests.entra import FakeClock, FakeSignIns
from tests.fakes import TYPED, office
from tests.hostile.site import (
    CLOUD,
    FORM,
    LOGIN,
    MARK,
    TEAMS,
    TOKEN,
    Answer,
    Served,
    Site,
    application,
    cookies,
    holds,
    packed,
    shape,
)
from tests.stores import patient

PROOF: Final = "cleos-proof"
AT: Final = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
PAGES: Final = (
    "/step-up/start",
    "/step-up/callback",
    "/step-up/enter",
    "/verified-id/open",
    "/desk/report",
    "/step-up/about",
    "/step-up/terms",
)
OTHERS: Final = (
    *("/step-up/enter/check", "/verified-id/callback", "/healthz", "/readyz", "/metrics", "/api/messages"),
    *("/step-up/static/step-up.js", "/step-up/static/..%2fpage.py", "/step-up/static/%2e%2e/page.py", "/step-up"),
    *("/", "//evil.example/step-up/start", "/step-up/start/", "/STEP-UP/start", "/step-up/%73tart", "/step-up/start;x"),
)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "G\u00cbT")
SITES: Final = ("cross-site", "same-site", "none", "", "same-origin, cross-site", "SAME-ORIGIN ")
# What has broken somebody's page before.
NASTY: Final = (
    *(b"", b"\0", b"%00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"%zz", b"%", b"%u0041", b"\r\nX-Injected: 1"),
    *(
        b"%0d%0aSet-Cookie:%20a=b",
        b"../../etc/passwd",
        b"' OR 1=1 --",
        b"${7*7}",
        b"{{7*7}}",
        b"$code",
        b"javascript:1",
    ),
    *(b"A" * 5000, "\u202e\u0000\u2028\U0001f511".encode(), b"__proto__", b"[object Object]", b"null", b"-1", b"1e400"),
    MARK.encode(),
    MARK.encode("utf-16"),
    b'"><script>alert(1)</script>',
)
NAMES: Final = (
    *(b"t", b"check", b"password", b"r", b"code", b"state", b"error", b"error_description", b"session_state"),
    *(b"next", b"return", b"returnUrl", b"redirect_uri", b"url", b"continue", b"goto", b"RelayState", b"id_token"),
)

texts = (
    st.sampled_from(NASTY) | st.binary(max_size=60) | st.text(max_size=40).map(lambda t: t.encode("utf-8", "replace"))
)
fields = st.lists(st.tuples(st.sampled_from(NAMES) | texts, texts), max_size=6)
languages = st.sampled_from(["", "de", "en-GB", "*", MARK, "x" * 300, "de;q=9,\u00e4", "\x01", "../../de"])
few = settings(
    deadline=None, max_examples=60, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@asynccontextmanager
async def served(url: str, **limits: int) -> AsyncIterator[Site]:
    """An office in the middle of its day: Ann is to sign in, Kim chooses a password, Cleo proves who she is."""
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(patient(url, clock))
        desk = office(store, clock)
        await desk.ask("ann", "r1")
        await desk.ask("kim", "r2", kind="password")
        page = await desk.open_page("kim", "r2")
        await desk.bring("verify", "cleo", PROOF)
        server = await stack.enter_async_context(Served(application(desk, **limits)))
        told = desk.verifier.asked[-1]
        tap = (await desk.waiting("ann", "r1")).id
        yield Site(desk, url, _never, server.port or 0, tap, page, told["key"], told["state"])


def _never(_: Any) -> Any:
    raise AssertionError("this site has no runner")


def standing(postgres: str, **limits: int) -> Iterator[Site]:
    """The site for tests that are no coroutines: they send, look, and send again."""
    with asyncio.Runner() as runner, contextmanager(migrated)(postgres) as url:
        stack = AsyncExitStack()
        site = runner.run(stack.enter_async_context(served(url, **limits)))
        yield replace(site, run=runner.run)
        runner.run(stack.aclose())


@pytest.fixture(scope="module")
def site(postgres: str) -> Iterator[Site]:
    yield from standing(postgres)


@pytest.fixture
def untouched(site: Site) -> Iterator[Site]:
    """The site, and the promise that a test has changed nothing at all."""
    before = site.state_of()
    with capture_logs() as logs:
        yield site
    assert site.state_of() == before
    assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []


@few
@given(st.sampled_from(PAGES + OTHERS), fields, languages, st.sampled_from(METHODS), st.booleans())
def test_whatever_is_asked_is_answered_and_nothing_is_done(
    site: Site, path: str, query: list[tuple[bytes, bytes]], language: str, method: str, known: bool
) -> None:
    """The id of a waiting sign-in is no secret to whoever looks over a shoulder: looking is all it is good for."""
    told = [(b"t", site.tap.encode()), (b"r", PROOF.encode())] if known else []
    before = len(site.office.directory.writes)
    answer = site.ask(method, f"{path}?".encode() + packed([*told, *query]), ("Accept-Language", language))
    holds(answer)
    assert answer.all("Location") == []
    assert len(site.office.directory.writes) == before


@few
@given(fields, st.sampled_from(NASTY), st.sampled_from(["check", "cookie", "site", "twice", "id"]))
def test_a_start_that_is_not_wholly_ours_begins_nothing(
    site: Site, more: list[tuple[bytes, bytes]], odd: bytes, wrong: str
) -> None:
    sent = {b"t": site.tap.encode(), b"check": TOKEN.encode()}
    headers: list[tuple[str, str | bytes]] = [cookies(), ("Sec-Fetch-Site", "same-origin")]
    match wrong:
        case "check":
            sent[b"check"] = odd
        case "cookie":
            headers[0] = ("Cookie", b"__Host-vouchsafe-start=" + odd.replace(b"\r", b"").replace(b"\n", b""))
        case "site":
            headers[1] = ("Sec-Fetch-Site", "cross-site")
        case "twice":
            headers[0] = ("Cookie", f"{CHECK}={TOKEN}; {CHECK}={TOKEN}")
        case _:
            sent[b"t"] = odd
    # A parser that takes the last of two fields must not be led around by an earlier one, nor the other way round.
    answer = holds(site.send("/step-up/start", [*more, *sent.items()][:8], *headers))
    assert answer.status in {400, 403, 404, 413}
    assert answer.all("Location") == []


@few
@given(fields, st.sampled_from(["", "other", "page"]))
def test_an_answer_that_is_not_entras_leads_nowhere(site: Site, query: list[tuple[bytes, bytes]], cookie: str) -> None:
    held = {"": "", "other": f"{site.tap}.another-browser", "page": site.page}[cookie]
    answer = holds(site.ask("GET", b"/step-up/callback?" + packed(query), cookies(held)))
    assert answer.status in {400, 403}
    assert b"data-code" not in answer.body


@few
@given(
    fields,
    texts,
    st.sampled_from(["", "check", "cookie", "site"]),
    st.sampled_from(["/step-up/enter", "/step-up/enter/check"]),
)
def test_a_password_is_not_taken_from_a_form_that_is_not_ours(
    site: Site, more: list[tuple[bytes, bytes]], typed: bytes, wrong: str, path: str
) -> None:
    sent = {b"check": b"wrong" if wrong == "check" else TOKEN.encode(), b"password": typed or TYPED.encode()}
    if not wrong:
        path = "/step-up/enter/check"  # where nothing is ever set
    held = f"{site.page}x" if wrong == "cookie" else site.page
    where = "cross-site" if wrong == "site" else "same-origin"
    answer = holds(site.send(path, [*more, *sent.items()][:8], cookies(held), ("Sec-Fetch-Site", where)))
    assert answer.status in ({200, 400, 413, 429} if not wrong else {400, 403, 413, 429})
    assert len(typed) < 12 or typed not in answer.body
    assert site.office.directory.passwords == {}


def test_all_of_that_has_changed_nothing(untouched: Site) -> None:
    """The promise of this module, checked over one of each at least, with everything that is at rest."""
    site = untouched
    for method in METHODS:
        for path in (*PAGES, *OTHERS):
            holds(site.ask(method, f"{path}?t={site.tap}&r=cleos-proof&state=x&code=y", cookies(site.page)))
    for odd in NASTY:
        for name in (b"t", b"check", b"password"):
            holds(site.send("/step-up/start", [(b"t", site.tap.encode()), (name, odd)], cookies()))
            holds(site.send("/step-up/enter", [(b"password", TYPED.encode()), (name, odd)], cookies(site.page)))
    for where in SITES:
        same = [(b"t", site.tap.encode()), (b"check", TOKEN.encode())]
        assert holds(site.send("/step-up/start", same, cookies(), ("Sec-Fetch-Site", where))).status == 403


@pytest.mark.parametrize(
    "head",
    [
        b"GET /step-up/start?t=\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /step-up/start?t=%zz&%=%&%00=%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /step-up/\xff\xfe/\xed\xa0\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://evil.example/step-up/start?t=12345678 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //evil.example/step-up/start HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /step-up/start HTTP/1.0\r\n\r\n",
        b"GET /step-up/start HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /step-up/start HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /step-up/start\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /step-up/start HTTP/1.1\r\nHost: a\r\nCookie: " + b"a=b; " * 4000 + b"\r\n\r\n",
        b"GET /step-up/start HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 2000 + b"\r\n",
        b"GET /step-up/start HTTP/1.1\r\nHost: a\r\nX-A: \xff\xfe\0\r\n\r\n",
        b"GET /step-up/start HTTP/1.1\r\nHost: a\r\n X-Folded: b\r\n\r\n",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nContent-Length: 9" + b"9" * 400 + b"\r\n\r\n",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nContent-Type: \xff;;charset=\r\nContent-Length: 3\r\n\r\nt=1",
        b"POST /step-up/start HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nt=1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_http_that_is_none_is_answered_or_cut_off(site: Site, head: bytes) -> None:
    with capture_logs() as logs:
        answer = holds(site.run(site.knock(_closing(head))))
    assert answer.status < 500
    assert answer.all("Location") == []
    assert [line for line in logs if line["log_level"] == "error"] == []


def _closing(head: bytes) -> bytes:
    first, _, rest = head.partition(b"\r\n")
    return first + b"\r\nConnection: close\r\n" + rest if rest else head


@pytest.mark.parametrize(
    "cookie",
    [
        b"__Host-vouchsafe-step-up=%b; __Host-vouchsafe-step-up=%b",
        b"__Host-vouchsafe-step-up=attacker; __Host-vouchsafe-step-up=%b",
        b"__Host-vouchsafe-step-up=%b; __Host-vouchsafe-step-up=",
        b"\xe2\x80\x80__Host-vouchsafe-step-up=%b",
        b"\xc2\xa0__Host-vouchsafe-step-up=%b",
        b"\x0b__Host-vouchsafe-step-up=%b",
        b"__host-vouchsafe-step-up=%b",
        b"__Host-vouchsafe-step-up =%b",
        b'__Host-vouchsafe-step-up="%b"',
        b"$Version=1; $__Host-vouchsafe-step-up=%b",
        b"$Version=1, __Host-vouchsafe-step-up=%b",
        b'a="; __Host-vouchsafe-step-up=%b"',
        b"vouchsafe-step-up=%b",
        b"__Secure-vouchsafe-step-up=%b",
        b"__Host-vouchsafe-step-up%%3d=%b",
        b"__Host-vouchsafe-step-up=%b" + b"A" * 5000,
    ],
)
def test_a_cookie_that_a_browser_did_not_guard_is_none(untouched: Site, cookie: bytes) -> None:
    """What another host of the same domain may plant, in the ways that some readers take for ours."""
    planted = cookie.replace(b"%b", untouched.page.encode())
    assert holds(untouched.ask("GET", "/step-up/enter", ("Cookie", planted))).status in {400, 403}


def test_the_same_cookie_sent_rightly_opens_the_page(untouched: Site) -> None:
    """So that the test above cannot pass by refusing everybody; a proxy may split the header."""
    for told in ([cookies(untouched.page)], [("Cookie", "a=b"), cookies(untouched.page)]):
        answer = holds(untouched.ask("GET", "/step-up/enter", *told))
        assert answer.status == 200
        assert 'name="password"' in answer.text


GAMES: Final = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    f"{LOGIN}@evil.example/",
)


async def test_nobody_is_sent_anywhere_but_to_the_sign_in(database_url: str) -> None:
    """Whatever else is asked for in the address, the form or the headers."""
    async with served(database_url) as site:
        for at, game in enumerate(GAMES):
            names = (b"next", b"return", b"returnUrl", b"redirect_uri", b"url")
            more = [(names[at], game.encode()), (b"auth_uri", game.encode())]
            body = packed([(b"t", site.tap.encode()), (b"check", TOKEN.encode()), *more])
            lines = [
                *("POST /step-up/start?" + packed(more).decode() + " HTTP/1.1", "Host: evil.example"),
                *(f"X-Forwarded-Host: {game}", "X-Original-URL: /x", f"Origin: {game}", f"Referer: {game}"),
                *(f"Cookie: {cookies(f'{site.tap}.same-browser')[1]}", "Sec-Fetch-Site: same-origin"),
                *(f"Content-Type: {FORM}", f"Content-Length: {len(body)}", "Connection: close", "", ""),
            ]
            answer = holds(await site.knock("\r\n".join(lines).encode(), body))
            assert (answer.status, answer.all("Location")) == (303, [f"{LOGIN}/authorize"])


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.example/authorize", "http://login.example/authorize", "https://login.example.evil.example/"),
        *(
            "https://login.example@evil.example/",
            "//evil.example",
            "javascript:alert(1)",
            "https://login.example:444/",
            "",
        ),
    ],
)
async def test_a_sign_in_that_would_be_elsewhere_is_none(database_url: str, address: str) -> None:
    """Even if Entra's own metadata, or a mistake of ours, named it."""

    class Led(FakeSignIns):
        async def begin(self, *, context: str, login_hint: str) -> Mapping[str, object]:
            return {**await super().begin(context=context, login_hint=login_hint), "auth_uri": address}

    async with served(database_url) as site:
        site.office.entra.__class__ = Led
        answer = holds(await _started(site))
        assert (answer.status, answer.all("Location")) == (503, [])


async def _started(site: Site, *headers: str) -> Answer:
    body = packed([(b"t", site.tap.encode()), (b"check", TOKEN.encode())])
    lines = [
        *("POST /step-up/start HTTP/1.1", "Host: desk.example", f"Cookie: {cookies(f'{site.tap}.same-browser')[1]}"),
        *("Sec-Fetch-Site: same-origin", f"Content-Type: {FORM}", f"Content-Length: {len(body)}", *headers),
        *("Connection: close", "", ""),
    ]
    return await site.knock("\r\n".join(lines).encode(), body)


async def test_one_person_is_held_back_from_however_many_addresses(database_url: str) -> None:
    async with served(database_url, person=5) as site:

        async def knock(at: int, transaction: str) -> Answer:
            line = f"GET /step-up/start?t={transaction} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.{at}\r\n"
            return holds(await site.knock(f"{line}Connection: close\r\n\r\n".encode()))

        assert [(await knock(at, site.tap)).status for at in range(7)] == [200] * 5 + [429] * 2
        assert int((await knock(8, site.tap)).one("Retry-After")) >= 1
        assert (await _started(site, "X-Forwarded-For: 203.0.113.77")).status == 429
        another = site.page.partition(".")[0]  # Ben's, whose sign-in is over: that is said, and nothing of a wait
        assert (await knock(1, another)).status != 429


async def test_one_address_is_held_back_whatever_it_asks_for_and_claims(database_url: str) -> None:
    """A peer that may speak for others appends the address it was asked from; what stands before it was claimed."""
    async with served(database_url, burst=5) as site:
        answers = []
        for at in range(7):
            told = f"X-Forwarded-For: 198.51.100.{at}, 203.0.113.7"
            line = f"GET /step-up/start?t={at:032x} HTTP/1.1\r\nHost: a\r\n{told}\r\nConnection: close\r\n\r\n"
            answers.append((await site.knock(line.encode())).status)
        assert answers == [404] * 5 + [429] * 2


@pytest.mark.parametrize(
    ("path", "framed", "talks"),
    [
        ("/step-up/start?t={tap}", TEAMS, "'none'"),
        ("/step-up/start?t=nothing-of-the-kind", TEAMS, "https://res.cdn.office.net"),
        ("/step-up/callback", TEAMS, "https://res.cdn.office.net"),
        ("/step-up/enter", "'none'", "'self'"),
        ("/verified-id/open?r=cleos-proof", "'none'", "'self'"),
        ("/verified-id/open?r=anothers-proof", TEAMS, "https://res.cdn.office.net"),
        ("/desk/report?t=r1.nothing", "'none'", "'self'"),
        ("/step-up/about", "'none'", "'self'"),
        ("/step-up/privacy", "'none'", "'self'"),
        ("/step-up/terms", "'none'", "'self'"),
        ("/step-up/static/enter.js", "'none'", ""),
        ("/healthz", "'none'", ""),
        ("/readyz", "'none'", ""),
        ("/metrics", "'none'", ""),
        ("/nowhere", "'none'", ""),
    ],
)
def test_only_teams_may_frame_a_page_and_only_where_it_must(
    untouched: Site, path: str, framed: str, talks: str
) -> None:
    answer = holds(untouched.ask("GET", path.replace("{tap}", untouched.tap), cookies(untouched.page)))
    rules = dict(rule.split(" ", 1) for rule in answer.one("Content-Security-Policy").split("; "))
    assert rules["frame-ancestors"] == framed
    assert rules.get("connect-src", "") == talks


hostile = st.text(max_size=80) | st.sampled_from(
    [MARK, '"><script src=//evil>', "' onload='x", "</title>", "$what", "&lt;"]
)


@settings(deadline=None, max_examples=80, derandomize=True, database=None)
@given(hostile, hostile, st.sampled_from(["en", "de"]))
def test_what_people_and_the_tenant_say_is_text_on_every_page(name: str, other: str, language: str) -> None:
    """A page is made of the same tags and attributes whatever anybody is called."""

    def made(name: str, other: str) -> list[Any]:
        pages = Pages(CLOUD, cards.text, other)
        ann = Person("tenant", "ann", name, language)
        asked = Request("r2", "password", ann, ann, {}, Mode.ENFORCE, Status.READY, 4, AT, way=Way.ENTER)
        checked = PasswordCheck((Rule.LENGTH,), (), 0, "password")
        refusal = Refusal("too_many", {"limit": other})
        return [
            pages.start(
                SignInPage(ann, Purpose.STEP_UP, "tap.title", ann.name, AT, AT),
                sign_in=other,
                check=name,
            ),
            pages.refused("broken", language, status=500, reference=other),
            pages.done(other, language),
            form.enter(pages, EntryPage(ann, asked, AT), check=other, checked=checked, refusal=refusal),
            *(pages.told(page, language) for page in TOLD),
        ]

    for page, plain in zip(made(name, other), made("Ann", "x"), strict=True):
        assert shape(page.text) == shape(plain.text)


def test_an_office_of_its_own_sees_its_pages_still(site: Site) -> None:
    """After all that, the right browser with the right form is let through: nothing was closed by noise."""
    answer = holds(
        site.send(
            "/step-up/start",
            [(b"t", site.tap.encode()), (b"check", TOKEN.encode())],
            cookies(),
            ("Sec-Fetch-Site", "same-origin"),
        )
    )
    assert (answer.status, answer.all("Location")) == (303, [f"{LOGIN}/authorize"])
    assert f"{COOKIE}={site.tap}." in str(answer.all("Set-Cookie"))
    assert site.office.directory.writes == []
