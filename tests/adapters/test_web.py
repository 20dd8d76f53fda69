"""The step-up pages, the probes and the outermost place of the web, asked by HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from http.cookies import Morsel, SimpleCookie
from ipaddress import ip_network

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from multidict import CIMultiDict

import cards
from bot.config.cloud import PUBLIC
from bot.core.answers import EntryWanted, SignInPage, SignInRefused
from bot.core.errors import Rejected, Unavailable
from bot.core.model import Mode, Person, Request, Status
from bot.core.ports import Purpose
from bot.core.reasons import Reason
from bot.process import metrics
from bot.web import health, stepup
from bot.web.browser import CHECK, COOKIE
from bot.web.limit import PROXIES, Limit, address_of
from bot.web.middleware import surfacing
from bot.web.page import Pages
from manifest.package import FOLDER

ID = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann <b>Archer</b>", "en-GB")
GRETA = Person("tenant", "greta", "Greta Groß", "de-DE")
PASS_REQUEST = Request("r1", "tap", ANN, ANN, {}, Mode.ENFORCE, Status.STEP_UP, 1, AT)
ASKED = ("tap.title", ANN.name, AT)
CODE = f"{ID}.one-time-code-that-nobody-may-see"
ENTRA = "https://login.microsoftonline.com/t/oauth2/v2.0/authorize?state=s"

Browser = TestClient[web.Request, web.Application]
Start = Callable[[web.Application], Awaitable[Browser]]


@dataclass(slots=True)
class Desk:
    """A desk with one transaction; it notes what the pages told it."""

    shown: SignInPage | SignInRefused = field(default_factory=lambda: SignInPage(ANN, Purpose.STEP_UP, *ASKED, AT))
    address: str | SignInRefused = ENTRA
    code: str | EntryWanted | SignInRefused = CODE
    breaks: bool = False
    heard: list[tuple[str, ...]] = field(default_factory=list)
    answer: Mapping[str, str] = field(default_factory=dict)

    async def page(self, sign_in_id: str) -> SignInPage | SignInRefused:
        self.heard.append(("page", sign_in_id))
        if self.breaks:
            raise RuntimeError("the wheel came off: code=hunter2")
        return self.shown

    async def start(self, sign_in_id: str, cookie: str) -> str | SignInRefused:
        self.heard.append(("start", sign_in_id, cookie))
        return self.address

    async def returned(self, cookie: str, answer: Mapping[str, str]) -> str | EntryWanted | SignInRefused:
        self.heard.append(("returned", cookie))
        self.answer = answer
        return self.code


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def browser(desk: Desk, aiohttp_client: Start) -> Browser:
    return await aiohttp_client(_app(desk))


def _app(desk: Desk, *, burst: int = 1000, person: Limit | None = None) -> web.Application:
    pages = Pages(PUBLIC, cards.text, "the helpdesk")
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, Limit(burst=burst, rate=0.5))])
    stepup.setup(app, desk=desk, pages=pages, limit=person)
    return app


def _cookie(response: ClientResponse, name: str) -> Morsel[str]:
    found: SimpleCookie = SimpleCookie()
    for line in response.headers.getall("Set-Cookie", []):
        found.load(line)
    return found[name]


async def _started(browser: Browser, **changes: str) -> ClientResponse:
    """Look at the start page and press its button, as a browser does."""
    response = await browser.get(f"/step-up/start?t={ID}")
    check = _cookie(response, CHECK).value
    assert f'name="check" value="{check}"' in await response.text()
    held = f"{CHECK}={changes.pop('held', check)}" + changes.pop("also", "")
    headers = {"Cookie": held, "Sec-Fetch-Site": changes.pop("site", "same-origin")}
    return await browser.post(
        "/step-up/start", data={"t": ID, "check": check, **changes}, headers=headers, allow_redirects=False
    )


async def test_start_page_says_what_is_allowed_and_starts_nothing(desk: Desk, browser: Browser) -> None:
    response = await browser.get(f"/step-up/start?t={ID}")
    page = await response.text()
    assert response.status == 200
    assert "Temporary Access Pass" in page
    assert "Ann &lt;b&gt;Archer&lt;/b&gt;" in page
    assert "<b>" not in page
    assert AT.isoformat() in page
    assert desk.heard == [("page", ID)]
    assert COOKIE not in str(response.headers)


async def test_an_approver_reads_that_it_is_an_approval_in_their_language(desk: Desk, browser: Browser) -> None:
    desk.shown = SignInPage(GRETA, Purpose.APPROVE, *ASKED, AT)
    page = await (await browser.get(f"/step-up/start?t={ID}")).text()
    assert '<html lang="de">' in page
    assert "Bestätigen Sie Ihre Freigabe" in page
    assert "Befristeter Zugriffspass" in page


async def test_pages_keep_to_themselves(browser: Browser) -> None:
    headers = (await browser.get(f"/step-up/start?t={ID}")).headers
    rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "https://login.microsoftonline.com" in rules["form-action"]
    assert rules["frame-ancestors"] == " ".join(PUBLIC.frame_origins)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


async def test_no_page_has_a_script_or_style_of_its_own(desk: Desk, browser: Browser) -> None:
    start = await (await browser.get(f"/step-up/start?t={ID}")).text()
    done = await (await _came_back(browser)).text()
    desk.shown = SignInRefused(Reason.SIGN_IN_EXPIRED, "en")
    refused = await (await browser.get(f"/step-up/start?t={ID}")).text()
    for page in (start, done, refused):
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
        assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", page)


async def test_continue_ties_the_browser_and_goes_to_entra(desk: Desk, browser: Browser) -> None:
    response = await _started(browser)
    assert response.status == 303
    assert response.headers["Location"] == ENTRA
    cookie = _cookie(response, COOKIE)
    assert cookie.value.startswith(f"{ID}.")
    assert len(cookie.value) > len(ID) + 40
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert not cookie["domain"]
    assert desk.heard[-1] == ("start", ID, cookie.value)


async def test_second_try_in_the_same_browser_keeps_its_cookie(desk: Desk, browser: Browser) -> None:
    first = _cookie(await _started(browser), COOKIE).value
    again = _cookie(await _started(browser, also=f"; {COOKIE}={first}"), COOKIE).value
    assert again == first
    other = _cookie(await _started(browser, also=f"; {COOKIE}=another-sign-in.x"), COOKIE).value
    assert other != "another-sign-in.x"
    assert desk.heard[-1] == ("start", ID, other)


@pytest.mark.parametrize(
    "changes",
    [
        {"check": ""},
        {"check": "somebody-elses-form-value"},
        {"held": ""},
        {"held": "another-cookie-than-the-form"},
        {"site": "cross-site"},
        {"site": "same-site"},
        {"check": "\u2028ümlaut"},
    ],
)
async def test_a_form_that_is_not_ours_starts_nothing(desk: Desk, browser: Browser, changes: dict[str, str]) -> None:
    response = await _started(browser, **changes)
    assert response.status == 403
    assert not [h for h in desk.heard if h[0] == "start"]
    assert COOKIE not in str(response.headers)


async def test_a_start_that_is_ours_but_leads_nowhere_starts_nothing(desk: Desk, browser: Browser) -> None:
    assert (await _started(browser, t="../../etc/passwd")).status == 404
    assert desk.heard == [("page", ID)]  # which was the page with the form
    desk.address = "https://evil.example/t/oauth2/v2.0/authorize"
    answer = await _started(browser)
    assert (answer.status, "Location" in answer.headers) == (503, False)
    desk.shown = SignInRefused(Reason.SIGN_IN_EXPIRED, "en")
    held, desk.heard = {"Cookie": f"{CHECK}=a-check-of-this-browser"}, []
    gone = await browser.post("/step-up/start", data={"t": ID, "check": "a-check-of-this-browser"}, headers=held)
    assert (gone.status, desk.heard) == (410, [("page", ID)])


async def test_one_person_is_held_back_at_the_page_and_at_its_button(desk: Desk, aiohttp_client: Start) -> None:
    browser = await aiohttp_client(_app(desk, person=Limit(burst=2, rate=0.01)))
    assert (await _started(browser)).status == 303
    assert (await browser.get(f"/step-up/start?t={ID}")).status == 429
    held, desk.heard = {"Cookie": f"{CHECK}=a-check-of-this-browser"}, []
    again = await browser.post("/step-up/start", data={"t": ID, "check": "a-check-of-this-browser"}, headers=held)
    assert (again.status, desk.heard) == (429, [("page", ID)])


async def test_looking_by_head_or_with_a_strange_id_asks_nobody(desk: Desk, browser: Browser) -> None:
    for path in (f"/step-up/start?t={ID}", "/step-up/callback?code=c&state=s"):
        assert (await browser.head(path, headers={"Cookie": f"{COOKIE}={ID}.random"})).status == 405
    for strange in ("", "../../etc/passwd", "x" * 65, "%00", "a b c d e f g h"):
        response = await browser.get("/step-up/start", params={"t": strange})
        assert response.status == 404
    assert desk.heard == []


async def _came_back(
    browser: Browser, query: str = "code=entra-code&state=s", cookie: str = f"{COOKIE}={ID}.random"
) -> ClientResponse:
    return await browser.get(f"/step-up/callback?{query}", headers={"Cookie": cookie})


async def test_code_is_handed_to_teams_script_and_shown_nowhere(desk: Desk, browser: Browser) -> None:
    response = await _came_back(browser, "code=entra-code&state=s&session_state=x&evil=1")
    page = await response.text()
    assert page.count(CODE) == 1
    assert f'data-code="{CODE}"' in page
    assert "entra-code" not in page
    assert PUBLIC.teams_js in page
    assert CODE not in str(response.headers)
    assert desk.answer == {"code": "entra-code", "state": "s", "session_state": "x"}
    gone = _cookie(response, COOKIE)
    assert (gone.value, gone["max-age"]) == ("", "0")
    assert "https://res.cdn.office.net" in response.headers["Content-Security-Policy"]


async def test_done_page_speaks_the_persons_language(desk: Desk, browser: Browser) -> None:
    desk.shown = SignInPage(GRETA, Purpose.STEP_UP, *ASKED, AT)
    assert "Sie sind angemeldet" in await (await _came_back(browser)).text()
    assert desk.heard == [("page", ID), ("returned", f"{ID}.random")]
    desk.shown = SignInRefused(Reason.CLOSED, "de")  # it may be over by then, and its language is known still
    assert "Sie sind angemeldet" in await (await _came_back(browser)).text()


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ("code=c&state=s", ""),
        ("code=c&state=s", f"{COOKIE}=short"),
        ("code=c", f"{COOKIE}={ID}.random"),
        ("code=c&code=d&state=s", f"{COOKIE}={ID}.random"),
        (f"code={'c' * 9000}&state=s", f"{COOKIE}={ID}.random"),
    ],
)
async def test_an_answer_that_is_not_whole_reaches_nobody(
    desk: Desk, browser: Browser, query: str, cookie: str
) -> None:
    response = await _came_back(browser, query, cookie)
    assert response.status == 403 if len(query) < 9000 else response.status in {400, 403}
    assert not [h for h in desk.heard if h[0] == "returned"]


@pytest.mark.parametrize("reason", [*Reason, "password.synced"])
async def test_each_refusal_is_readable_and_told_to_teams(desk: Desk, browser: Browser, reason: str) -> None:
    for language in ("en", "de"):
        desk.code = SignInRefused(reason, language)
        response = await _came_back(browser)
        page = await response.text()
        assert 400 <= response.status < 600
        assert f'data-failure="{reason}"' in page
        assert f'<html lang="{language}">' in page
        assert "the helpdesk" in page
        assert "{" not in re.sub(r"<svg.*?</svg>", "", page)


async def test_what_the_policy_refuses_after_the_sign_in_is_said_in_its_own_words(desk: Desk, browser: Browser) -> None:
    desk.code = SignInRefused(Reason.PRIVILEGED, "en")
    assert "administrator rights" in await (await _came_back(browser)).text()
    desk.code = SignInRefused(Reason.TOO_MANY, "en")  # nobody says how many
    assert escape(cards.text("refusal.other", "en", contact="the helpdesk")) in await (await _came_back(browser)).text()
    desk.code = SignInRefused(Reason.CLOSED, "en")
    closed = await _came_back(browser)
    assert (closed.status, "button does nothing" in await closed.text()) == (410, False)


async def test_where_something_is_entered_the_browser_goes_on_with_its_cookie(desk: Desk, browser: Browser) -> None:
    desk.code = EntryWanted()
    url, cookie = "/step-up/callback?code=entra-code&state=s", f"{COOKIE}={ID}.random"
    response = await browser.get(url, headers={"Cookie": cookie}, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/step-up/enter")
    kept = _cookie(response, COOKIE)
    assert (kept.value, kept["httponly"], kept["secure"]) == (f"{ID}.random", True, True)
    assert int(kept["max-age"]) >= 600
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_person_who_will_enter_something_reads_so_before_the_sign_in(desk: Desk, browser: Browser) -> None:
    desk.shown = SignInPage(ANN, Purpose.ENTER, *ASKED, AT)
    assert "Then you choose your new password" in await (await browser.get(f"/step-up/start?t={ID}")).text()


async def test_a_cookie_that_is_not_ours_is_none(desk: Desk, browser: Browser) -> None:
    for odd in (f"{ID}.\udcff", f"{ID}", f"{ID}.a.b", f"{ID}.{'x' * 100}", "short.random"):
        response = await _came_back(browser, cookie=f"{COOKIE}={odd}")
        assert response.status == 403
        assert not [h for h in desk.heard if h[0] == "returned"]


async def test_whoever_helps_is_named_as_text(desk: Desk, aiohttp_client: Start) -> None:
    pages = Pages(PUBLIC, cards.text, "<b>Help</b> & co")
    desk.code = SignInRefused(Reason.PRIVILEGED, "en")
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, Limit(burst=100, rate=1))])
    stepup.setup(app, desk=desk, pages=pages)
    page = await (await _came_back(await aiohttp_client(app))).text()
    assert page.count("&lt;b&gt;Help&lt;/b&gt; &amp; co") == 2
    assert "<b>" not in page


async def test_a_reason_the_pages_do_not_know_is_a_failed_sign_in(desk: Desk, browser: Browser) -> None:
    desk.code = SignInRefused('"><script>', "en")
    assert 'data-failure="sign_in_failed"' in await (await _came_back(browser)).text()


async def test_refused_start_sends_nobody_to_entra(desk: Desk, browser: Browser) -> None:
    desk.address = SignInRefused(Reason.SIGN_IN_EXPIRED, "en")
    response = await _started(browser)
    assert response.status == 410
    assert "Location" not in response.headers


async def test_static_files_have_types_and_nothing_else_is_served(browser: Browser) -> None:
    for name, kind in (("step-up.js", "text/javascript"), ("enter.js", "text/javascript"), ("step-up.css", "text/css")):
        response = await browser.get(f"/step-up/static/{name}")
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("page.html", "..%2fpage.py", "nothing"):
        assert (await browser.get(f"/step-up/static/{name}")).status == 404


async def test_what_nobody_expected_is_a_page_with_a_number_that_is_in_the_log(
    desk: Desk, browser: Browser, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.breaks = True
    response = await browser.get(f"/step-up/start?t={ID}", headers={"Accept-Language": "de-AT,de;q=0.9"})
    page = await response.text()
    found = re.search(r"Nummer: ([0-9a-f]{8})", page)
    assert response.status == 500
    assert found is not None
    assert "wheel" not in page
    told = capsys.readouterr().out + caplog.text
    assert told.count(found[1]) == 1


async def test_what_nobody_expected_elsewhere_is_json(aiohttp_client: Start) -> None:
    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("inside")

    app = _app(Desk())
    app.router.add_get("/broken", broken)
    browser = await aiohttp_client(app)
    response = await browser.get("/broken")
    assert response.status == 500
    assert set(await response.json()) == {"error", "reference"}
    missing = await browser.get("/nowhere")
    assert (missing.status, await missing.json()) == (404, {"error": "Not Found"})
    wrong = await browser.post("/broken")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")


async def test_an_address_that_knocks_too_often_waits(aiohttp_client: Start) -> None:
    browser = await aiohttp_client(_app(Desk(), burst=3))

    async def knock(address: str) -> ClientResponse:
        return await browser.get(f"/step-up/start?t={ID}", headers={"X-Forwarded-For": f"1.1.1.1, {address}"})

    assert [(await knock("203.0.113.7")).status for _ in range(4)] == [200, 200, 200, 429]
    refused = await knock("203.0.113.7")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await knock("203.0.113.8")).status == 200


async def test_what_teams_delivers_is_held_back_by_no_address_and_costs_the_pages_nothing(
    aiohttp_client: Start,
) -> None:
    """All of it comes from a few addresses of Microsoft's; who may speak there, a token says."""
    app = _app(Desk(), burst=3)

    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_post("/api/messages", answer)
    browser, teams = await aiohttp_client(app), {"X-Forwarded-For": "203.0.113.7"}
    assert {(await browser.post("/api/messages", headers=teams)).status for _ in range(20)} == {200}
    assert (await browser.get(f"/step-up/start?t={ID}", headers=teams)).status == 200


def test_limit_forgets_the_longest_silent_and_fills_up_again() -> None:
    now = 0.0
    limit = Limit(burst=2, rate=1, most=2, monotonic=lambda: now)
    assert [limit.wait("a") > 0 for _ in range(3)] == [False, False, True]
    now = 1.0
    assert limit.wait("a") == 0
    limit.wait("b")
    limit.wait("c")  # there is room for two: a is forgotten
    assert limit.wait("a") == 0


def test_a_long_silence_earns_no_more_than_the_burst() -> None:
    now = 0.0
    limit = Limit(burst=2, rate=1, monotonic=lambda: now)
    assert [limit.wait("a") > 0 for _ in range(3)] == [False, False, True]
    now = 1_000_000.0
    assert [limit.wait("a") > 0 for _ in range(3)] == [False, False, True]


@dataclass
class Asked:
    remote: str
    headers: CIMultiDict[str]
    app: Mapping[object, object] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.5", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("8.8.4.4", "6.6.6.6", "8.8.4.4"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("127.0.0.1", "<script>", "unknown"),
        ("10.0.0.5", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("10.0.0.5", "203.0.113.7:50123", "203.0.113.7"),
        ("10.0.0.5", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("10.0.0.5", "::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:8.8.4.4", "6.6.6.6", "8.8.4.4"),
        ("fe80::1%eth0", "203.0.113.7", "203.0.113.7"),
        ("::1", "", "::/64"),
        ("", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.5", " , ", "10.0.0.5"),
    ],
)
def test_only_a_peer_inside_speaks_for_another_address(peer: str, forwarded: str, address: str) -> None:
    headers = CIMultiDict({"X-Forwarded-For": forwarded} if forwarded else {})
    assert address_of(Asked(peer, headers)) == address  # type: ignore[arg-type]  # these are all it looks at


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.5", ("6.6.6.6, 203.0.113.7",), "203.0.113.7"),
        ("10.0.0.5", ("6.6.6.6, 203.0.113.7, 10.0.0.9",), "203.0.113.7"),  # one proxy behind another
        ("10.0.0.5", ("6.6.6.6", "203.0.113.7", "10.0.0.9:80"), "203.0.113.7"),
        ("10.0.0.5", ("10.0.0.7, 10.0.0.9",), "10.0.0.7"),  # nobody but our own
        ("192.168.7.7", ("203.0.113.7",), "192.168.7.7"),  # inside, and no proxy of ours
        ("8.8.4.4", ("203.0.113.7",), "8.8.4.4"),
        ("10.0.0.5", ("203.0.113.7, unknown",), "unknown"),
        ("", ("203.0.113.7",), "203.0.113.7"),  # by a Unix socket
        ("10.0.0.5", (), "10.0.0.5"),
    ],
)
def test_where_the_proxies_are_named_nobody_else_is_believed(
    peer: str, forwarded: tuple[str, ...], address: str
) -> None:
    headers = CIMultiDict(("X-Forwarded-For", line) for line in forwarded)
    asked = Asked(peer, headers, {PROXIES: (ip_network("10.0.0.0/24"), ip_network("2001:db8:f::/48"))})
    assert address_of(asked) == address  # type: ignore[arg-type]  # these are all it looks at


async def _ready(aiohttp_client: Start, checks: Mapping[str, health.Check]) -> tuple[int, dict[str, dict[str, str]]]:
    app = web.Application()
    health.setup(app, health.Health(checks), metrics.exposition)
    response = await (await aiohttp_client(app)).get("/readyz")
    return response.status, await response.json()


async def test_ready_tells_what_failed_and_the_fix(aiohttp_client: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)

    async def well() -> str:
        return ""

    async def away() -> str:
        raise Unavailable("the database does not answer")

    async def hangs() -> str:
        await asyncio.sleep(5)
        return ""

    async def odd() -> str:
        raise Rejected("Entra refused")

    checks = {
        "well": health.Check(well, "nothing"),
        "database": health.Check(away, "start it"),
        "keys": health.Check(hangs, "let it out"),
        "step_up": health.Check(odd, "publish it", warning=True),
    }
    status, told = await _ready(aiohttp_client, checks)
    assert status == 503
    assert told["failed"] == {
        "database": "the database does not answer: start it",
        "keys": "no answer within 0 s: let it out",
    }
    assert told["warnings"] == {"step_up": "Entra refused: publish it"}


async def test_a_warning_does_not_keep_it_from_work(aiohttp_client: Start) -> None:
    async def unguarded() -> str:
        return "c1 is unguarded"

    status, told = await _ready(aiohttp_client, {"step_up": health.Check(unguarded, "guard it", warning=True)})
    assert (status, told["warnings"]) == (200, {"step_up": "c1 is unguarded: guard it"})


async def test_many_probes_cost_one_round_of_checks_and_a_stopping_process_is_not_ready() -> None:
    asked = 0

    async def count() -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return ""

    probes = health.Health({"one": health.Check(count, "")})
    reports = await asyncio.gather(*(probes.report() for _ in range(20)))
    assert asked == 1
    assert not any(report.failed for report in reports)
    probes.stop()
    assert (await probes.report()).failed


async def test_metrics_name_no_person(aiohttp_client: Start) -> None:
    class Directory:
        async def account(self, person: str) -> str:
            if person == "nobody":
                raise Rejected("no")
            return person

    directory = metrics.counted(Directory(), "test")
    assert await directory.account("ann-archer") == "ann-archer"
    with pytest.raises(Rejected):
        await directory.account("nobody")
    metrics.moved("tap", "done")
    metrics.worked("cards", "done")
    app = web.Application()
    health.setup(app, health.Health({}), metrics.exposition)
    browser = await aiohttp_client(app)
    text = await (await browser.get("/metrics")).text()
    assert 'vouchsafe_calls_total{operation="account",outcome="ok",service="test"} 1.0' in text
    assert 'vouchsafe_calls_total{operation="account",outcome="rejected",service="test"} 1.0' in text
    assert "ann-archer" not in text
    assert all(line.startswith(("#", "vouchsafe_")) for line in text.splitlines())
    assert (await browser.get("/healthz")).status == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", {"websiteUrl": "About this desk", "privacyUrl": "never keeps", "termsOfUseUrl": "without warranty"}),
        (
            "de-DE,de;q=0.9",
            {"websiteUrl": "Über diesen Schalter", "privacyUrl": "bewahrt er nie auf", "termsOfUseUrl": "ohne Gewähr"},
        ),
    ],
)
async def test_the_app_package_points_to_pages_that_are_there_and_differ(
    browser: Browser, language: str, words: dict[str, str]
) -> None:
    developer = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["developer"]
    links = {key: link for key, link in developer.items() if key.endswith("Url")}
    assert len(set(links.values())) == len(links) == 3
    for key, link in links.items():
        page = await browser.get(link.removeprefix("$public_url"), headers={"Accept-Language": language})
        assert page.status == 200
        text = await page.text()
        assert [name for name, said in words.items() if said in text.split('class="note"')[0]] == [key]
        assert "the helpdesk" in text
