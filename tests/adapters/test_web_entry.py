"""The page where a new password is entered, asked by HTTP: what is typed goes to the desk and never comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape, unescape
from http.cookies import SimpleCookie
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

import cards
from bot.config.cloud import PUBLIC
from bot.core.answers import Entered, EntryPage, PasswordCheck, SignInRefused
from bot.core.model import Ending, Mode, Person, Refusal, Request, Status, Way
from bot.core.passwords import Rule
from bot.core.reasons import Reason
from bot.process import metrics
from bot.web import entry, stepup
from bot.web.browser import CHECK, COOKIE
from bot.web.limit import Limit
from bot.web.middleware import surfacing
from bot.web.page import Pages
from tests.adapters.test_web import Desk as StepUpDesk

ID = "0123456789abcdef0123456789abcdef"
TIED = f"{ID}.the-browser-that-signed-in"
TOKEN = "a-check-of-this-browser"
AT = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann <b>Archer</b>", "en-GB")
GRETA = Person("tenant", "greta", "Greta Groß", "de-DE")
READY = Request("r1", "password", ANN, ANN, {}, Mode.ENFORCE, Status.READY, 4, AT, way=Way.ENTER)
DONE = replace(READY, status=Status.DONE, attempts=1)
CODE = f"{ID}.one-time-code-that-nobody-may-see"
TYPED = "Kanarie <vogel> & 'Tinte' $field 42"
FORM = "application/x-www-form-urlencoded"
ALL_WELL = PasswordCheck((), tuple(Rule), 4, "password")

Browser = TestClient[web.Request, web.Application]
Start = Callable[[web.Application], Awaitable[Browser]]


@dataclass(slots=True)
class Desk:
    """A desk with one password to be set; it notes what the pages told it."""

    shown: EntryPage | SignInRefused = field(default_factory=lambda: EntryPage(ANN, READY, AT))
    found: PasswordCheck | SignInRefused = ALL_WELL
    came: Entered | PasswordCheck | SignInRefused = field(
        default_factory=lambda: Entered(DONE, None, again=False, code=CODE)
    )
    breaks: bool = False
    heard: list[tuple[str, str, str]] = field(default_factory=list)

    async def page(self, cookie: str) -> EntryPage | SignInRefused:
        self.heard.append(("page", cookie, ""))
        return self.shown

    async def checked(self, cookie: str, text: str) -> PasswordCheck | SignInRefused:
        self.heard.append(("checked", cookie, text))
        return self.found

    async def entered(self, cookie: str, text: str) -> Entered | PasswordCheck | SignInRefused:
        self.heard.append(("entered", cookie, text))
        if self.breaks:
            raise RuntimeError("the wheel came off")
        return self.came

    def told(self, what: str) -> list[str]:
        return [text for name, cookie, text in self.heard if name == what and cookie == TIED]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def browser(desk: Desk, aiohttp_client: Start) -> Browser:
    return await aiohttp_client(_app(desk))


def _app(desk: Desk) -> web.Application:
    pages = Pages(PUBLIC, cards.text, "the helpdesk")
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, Limit(burst=1000, rate=1))])
    stepup.setup(app, desk=StepUpDesk(), pages=pages)
    entry.setup(app, desk=desk, pages=pages)
    return app


def _headers(cookie: str = TIED, check: str = TOKEN, site: str = "same-origin") -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={cookie}; {CHECK}={check}", "Sec-Fetch-Site": site}


async def _sent(browser: Browser, text: str = TYPED, *, check: str = TOKEN, **headers: str) -> ClientResponse:
    return await browser.post(
        "/step-up/enter", data={"password": text, "check": check}, headers=_headers(**headers), allow_redirects=False
    )


async def _asked(browser: Browser, text: str = TYPED, *, check: str = TOKEN, **headers: str) -> ClientResponse:
    body = {"password": text, "check": check}
    return await browser.post("/step-up/enter/check", json=body, headers=_headers(**headers))


def _nowhere(response: ClientResponse, page: str) -> None:
    """Nothing of what was typed is in what came back, however it is written."""
    assert "Kanarie" not in unescape(page) + str(response.headers)
    field_of = re.findall(r'<input[^>]*name="password"[^>]*>', page)
    assert all("value" not in tag for tag in field_of)


async def test_the_page_asks_for_one_password_and_says_every_rule(desk: Desk, browser: Browser) -> None:
    response = await browser.get("/step-up/enter", headers=_headers())
    page = await response.text()
    assert response.status == 200
    (tag,) = re.findall(r"<input[^>]*type=\"password\"[^>]*>", page)
    for held in ('autocomplete="new-password"', 'maxlength="256"', 'aria-describedby="rules strength"', "required"):
        assert held in tag
    assert "aria-invalid" not in tag
    for rule in Rule:
        assert f'data-rule="{rule}" class=""' in page
        assert escape(cards.text(f"password.rule.{rule}", "en")) in page
    assert 'aria-live="polite"' in page
    assert "Ann &lt;b&gt;Archer&lt;/b&gt;" in page
    assert AT.isoformat() in page
    assert f'name="check" value="{TOKEN}"' in page
    assert desk.heard == [("page", TIED, "")]


async def test_the_page_keeps_to_itself(browser: Browser) -> None:
    response = await browser.get("/step-up/enter", headers=_headers())
    rules = dict(rule.split(" ", 1) for rule in response.headers["Content-Security-Policy"].split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    page = await response.text()
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", page)
    for script in re.findall(r'src="([^"]+)"', page):
        assert (await browser.get(script)).status == 200


async def test_a_browser_without_a_check_gets_one_of_its_own(browser: Browser) -> None:
    response = await browser.get("/step-up/enter", headers={"Cookie": f"{COOKIE}={TIED}"})
    found: SimpleCookie = SimpleCookie(response.headers["Set-Cookie"])
    assert len(found[CHECK].value) > 40
    assert f'name="check" value="{found[CHECK].value}"' in await response.text()


async def test_the_page_speaks_the_persons_language(desk: Desk, browser: Browser) -> None:
    desk.shown = EntryPage(GRETA, replace(READY, requester=GRETA, subject=GRETA), AT)
    page = await (await browser.get("/step-up/enter", headers=_headers())).text()
    assert '<html lang="de">' in page
    assert "Neues Passwort" in page


@pytest.mark.parametrize("cookie", ["", "short", ID, f"{ID}.a!b", f"{ID}.{'x' * 65}", "\udcff" * 12 + ".x"])
async def test_a_browser_that_did_not_sign_in_sees_nothing(desk: Desk, browser: Browser, cookie: str) -> None:
    for response in (
        await browser.get("/step-up/enter", headers=_headers(cookie)),
        await _sent(browser, cookie=cookie),
        await _asked(browser, cookie=cookie),
    ):
        assert response.status == 403
        assert 'type="password"' not in await response.text()
    assert desk.heard == []


@pytest.mark.parametrize(
    ("reason", "status"), [(Reason.SIGN_IN_FAILED, 403), (Reason.SIGN_IN_EXPIRED, 410), (Reason.CLOSED, 410)]
)
async def test_a_page_that_is_over_says_so_and_not_that_nothing_was_done(
    desk: Desk, browser: Browser, reason: Reason, status: int
) -> None:
    desk.shown = desk.found = SignInRefused(reason, "en")
    words = cards.text(f"web.refused.{reason}", "en")
    for response in (await browser.get("/step-up/enter", headers=_headers()), await _sent(browser)):
        page = await response.text()
        assert response.status == status
        assert escape(words) in page
        assert "Nothing more was done here" in page
        assert "Nothing was done." not in page
    asked = await _asked(browser)
    assert (asked.status, await asked.json()) == (status, {"error": reason, "text": words})
    assert desk.told("entered") == []


async def test_what_was_typed_reaches_the_desk_to_the_letter(desk: Desk, browser: Browser) -> None:
    hard = "  Ä€😀 +%2B&check=x\t$a "
    await _sent(browser, hard)
    await _asked(browser, hard)
    form = f"check={TOKEN}&password=a+b%2Bc"
    await browser.post("/step-up/enter/check", data=form, headers=_headers() | {"Content-Type": FORM})
    assert desk.told("entered") == [hard]
    assert desk.told("checked") == [hard, "a b+c"]


async def test_all_that_is_wrong_is_said_at_once_with_the_field_empty(desk: Desk, browser: Browser) -> None:
    desk.came = PasswordCheck((Rule.LENGTH, Rule.CLASSES, Rule.GUESSABLE), (Rule.CHARACTERS, Rule.NAME), 0, "password")
    response = await _sent(browser)
    page = await response.text()
    assert response.status == 200
    (told,) = re.findall(r'<div class="fault" id="told" role="alert">.*?</div>', page)
    for rule in Rule:
        kept = rule in desk.came.met
        assert (escape(cards.text(f"password.rule.{rule}", "en")) in told) is not kept
        assert f'data-rule="{rule}" class="{"met" if kept else "unmet"}"><span class="word">{_word(kept)}<' in page
    assert 'aria-invalid="true"' in page
    assert CODE not in page
    _nowhere(response, page)


def _word(kept: bool) -> str:
    return cards.text("web.enter.met" if kept else "web.enter.unmet", "en")


async def test_what_entra_does_not_take_can_be_chosen_again(desk: Desk, browser: Browser) -> None:
    desk.came = Entered(READY, Refusal("password.rule"), again=True, code=CODE)
    response = await _sent(browser)
    page = await response.text()
    assert 'type="password"' in page
    assert escape(cards.text("refusal.password.rule", "en", contact="the helpdesk")) in page
    assert CODE not in page
    assert COOKIE not in str(response.headers.getall("Set-Cookie", []))
    _nowhere(response, page)


async def test_a_refusal_is_said_with_what_it_needs(desk: Desk, browser: Browser) -> None:
    desk.came = Entered(READY, Refusal(Reason.BUSY, {"seconds": "<i>7"}), again=True, code=CODE)
    page = await (await _sent(browser)).text()
    assert "&lt;i&gt;7" in page
    desk.came = Entered(READY, Refusal(Reason.BUSY), again=True, code=CODE)  # nobody said how long
    assert escape(cards.text("refusal.other", "en", contact="the helpdesk")) in await (await _sent(browser)).text()


async def test_when_it_is_set_teams_hears_and_the_page_names_nothing(desk: Desk, browser: Browser) -> None:
    response = await _sent(browser)
    page = await response.text()
    assert (response.status, desk.told("entered")) == (200, [TYPED])
    assert page.count(CODE) == 1
    assert f'data-code="{CODE}"' in page
    assert PUBLIC.teams_js in page
    assert 'id="close"' not in page  # the script tells Teams at once
    assert escape(cards.text("password.page.done_title", "en")) in page
    assert CODE not in str(response.headers)
    _nowhere(response, page)


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (Status.EVALUATED, "password.page.trial"),
        (Status.UNKNOWN, "web.entered.lost"),
        (Status.ACTING, "web.entered.lost"),
        (Status.STEP_UP, "web.entered.more"),
        (Status.APPROVAL, "web.entered.more"),
    ],
)
async def test_what_is_not_set_is_read_before_the_window_closes(
    desk: Desk, browser: Browser, status: Status, key: str
) -> None:
    desk.came = Entered(replace(READY, status=status), None, again=False, code=CODE)
    response = await _sent(browser)
    page = await response.text()
    assert response.status == 200
    assert escape(cards.text(key, "en")) in page
    assert f'data-code="{CODE}"' in page
    assert 'id="close"' in page
    assert escape(cards.text("password.page.done_title", "en")) not in page
    _nowhere(response, page)


@pytest.mark.parametrize(
    ("status", "attempts", "certain"),
    [(Status.FAILED, 1, True), (Status.REFUSED, 0, True), (Status.FAILED, 2, False), (Status.REFUSED, 1, False)],
)
async def test_a_final_no_says_why_and_that_the_old_one_holds_only_where_that_is_certain(
    desk: Desk, browser: Browser, status: Status, attempts: int, *, certain: bool
) -> None:
    request = replace(READY, status=status, attempts=attempts, ending=Ending(refusal=Refusal(Reason.PRIVILEGED)))
    desk.came = Entered(request, Refusal(Reason.PRIVILEGED), again=False, code=CODE)
    response = await _sent(browser)
    page = await response.text()
    assert response.status == 403
    assert escape(cards.text("refusal.privileged", "en", contact="the helpdesk")) in page
    assert (escape(cards.text("password.page.failed", "en")) in page) is certain
    assert f'data-code="{CODE}"' in page
    _nowhere(response, page)


@pytest.mark.parametrize("status", [s for s in Status if s not in {Status.DONE, Status.ENDED}])
@pytest.mark.parametrize("refusal", [None, Refusal(Reason.CLOSED), Refusal("no.such_reason")])
async def test_nothing_but_done_is_called_done(
    desk: Desk, browser: Browser, status: Status, refusal: Refusal | None
) -> None:
    desk.came = Entered(replace(READY, status=status), refusal, again=False, code=CODE)
    page = await (await _sent(browser)).text()
    assert cards.text("password.page.done_title", "en") not in page
    assert 'class="done"' not in page


SETTLED = (Status.REFUSED, Status.DENIED, Status.WITHDRAWN, Status.EXPIRED, Status.FAILED, Status.REVOKING)


@pytest.mark.parametrize("status", SETTLED)
async def test_an_end_nobody_gives_a_reason_for_is_a_closed_page(desk: Desk, browser: Browser, status: Status) -> None:
    desk.came = Entered(replace(READY, status=status), None, again=False, code=CODE)
    response = await _sent(browser)
    assert response.status == 403
    assert escape(cards.text("web.refused.closed", "en")) in await response.text()


async def test_done_by_somebody_faster_is_not_called_done_either(desk: Desk, browser: Browser) -> None:
    desk.came = Entered(DONE, Refusal(Reason.CLOSED), again=False, code=CODE)
    page = await (await _sent(browser)).text()
    assert escape(cards.text("web.refused.closed", "en")) in page
    assert 'class="done"' not in page


STRANGE: list[dict[str, str]] = [
    {"check": ""},
    {"check": "\u2028ümlaut"},
    {"check": "somebody-elses-form"},
    {"site": "cross-site"},
    {"site": "same-site"},
    {"site": "none"},
]


@pytest.mark.parametrize("changes", STRANGE)
async def test_a_form_that_is_not_ours_sets_and_checks_nothing(
    desk: Desk, browser: Browser, changes: dict[str, str]
) -> None:
    site = changes.get("site", "same-origin")
    check = changes.get("check", TOKEN)
    for send, path in ((FORM, "/step-up/enter"), ("application/json", "/step-up/enter/check")):
        fields = {"password": TYPED, "check": check}
        data: dict[str, Any] = {"json": fields} if send == "application/json" else {"data": fields}
        response = await browser.post(path, headers=_headers(site=site), **data)
        assert response.status == 403
    held = {"Cookie": f"{COOKIE}={TIED}", "Sec-Fetch-Site": "same-origin"}  # no cookie of the page at all
    assert (await browser.post("/step-up/enter", data={"password": TYPED, "check": ""}, headers=held)).status == 403
    assert desk.heard == []


async def test_the_script_hears_what_is_wrong_in_words(desk: Desk, browser: Browser) -> None:
    desk.found = PasswordCheck((Rule.NAME, Rule.GUESSABLE), (Rule.LENGTH,), 1, "password")
    response = await browser.post(
        "/step-up/enter/check",
        json={"password": TYPED, "check": TOKEN},
        headers=_headers() | {"Accept-Language": "de"},
    )
    assert await response.json() == {
        "faults": [{"key": key, "text": cards.text(f"password.rule.{key}", "de")} for key in ("name", "guessable")],
        "met": ["length"],
        "strength": 1,
        "word": cards.text("password.page.strength_1", "de"),
    }
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"].startswith("application/json")
    assert "Kanarie" not in await response.text()


@pytest.mark.parametrize("strength", range(5))
async def test_every_strength_has_a_word(desk: Desk, browser: Browser, strength: int) -> None:
    desk.found = PasswordCheck((), (), strength, "password")
    assert (await (await _asked(browser)).json())["word"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[" * 8000, 400),
        ("application/json", b'{"password": 1, "check": "x"}', 400),
        ("application/json", b'["password"]', 400),
        ("application/json", b'{"password": NaN}', 400),
        ("application/json", b'{"password": "\\ud800"}', 400),
        ("application/json", b"\xff\xfe{}", 400),
        ("application/json", json.dumps({"password": "Kanarie" * 2000}).encode(), 413),
        (FORM, b"password=" + b"x" * 9000, 413),
        (FORM, b"&".join(b"a=b" for _ in range(50)), 400),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"password=Kanarie", 415),
    ],
)
async def test_what_cannot_be_read_is_an_answer_and_no_accident(
    desk: Desk,
    browser: Browser,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    body: bytes,
    status: int,
) -> None:
    for path in ("/step-up/enter", "/step-up/enter/check"):
        response = await browser.post(path, data=body, headers=_headers() | {"Content-Type": kind})
        text = await response.text()
        assert response.status == status
        assert "Kanarie" not in text
        if path.endswith("check"):
            assert set(json.loads(text)) == {"error"}
        else:
            assert escape(cards.text("web.refused.unreadable", "en")) in text
    assert desk.heard == []
    assert "Kanarie" not in capsys.readouterr().out + caplog.text


async def test_a_packed_body_is_not_unpacked(desk: Desk, browser: Browser) -> None:
    response = await browser.post(
        "/step-up/enter",
        data=b"password=x",
        headers=_headers() | {"Content-Type": FORM, "Content-Encoding": "deflate"},
    )
    assert response.status in {400, 415}
    assert desk.heard == []


async def test_a_body_that_comes_in_pieces_without_its_length_has_an_end_too(desk: Desk, browser: Browser) -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 1000

    response = await browser.post("/step-up/enter", data=pieces(), headers=_headers() | {"Content-Type": FORM})
    assert response.status == 413
    assert desk.heard == []


async def test_nothing_typed_is_in_the_log_when_the_desk_breaks(
    desk: Desk, browser: Browser, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.breaks = True
    response = await _sent(browser)
    page = await response.text()
    assert response.status == 500
    _nowhere(response, page)
    told = capsys.readouterr()
    assert "wheel" in told.out + caplog.text  # there was something to look through
    assert "Kanarie" not in told.out + told.err + caplog.text
    assert not any("Kanarie" in repr(record.__dict__) for record in caplog.records)


async def test_a_person_who_tries_too_many_waits_whatever_the_browser(desk: Desk, browser: Browser) -> None:
    desk.came = PasswordCheck((Rule.LENGTH,), (), 0, "password")
    answers = [await _sent(browser) for _ in range(9)]
    assert [answer.status for answer in answers] == [200] * 8 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "Nothing was done." not in await answers[-1].text()  # the eight before may have done something
    assert len(desk.told("entered")) == 8
    assert (await _sent(browser, cookie=f"{ID}.another-browser")).status == 429
    desk.shown = EntryPage(GRETA, READY, AT)
    assert (await _sent(browser)).status == 200


async def test_checking_has_an_end_for_a_browser_and_for_an_address(browser: Browser) -> None:
    mine = [await _asked(browser) for _ in range(45)]
    assert {answer.status for answer in mine[:40]} == {200}
    assert mine[-1].status == 429
    assert set(await mine[-1].json()) == {"error", "text"}
    assert int(mine[-1].headers["Retry-After"]) >= 1
    others = [await _asked(browser, cookie=f"{ID}.browser-{n}") for n in range(110)]
    assert others[0].status == 200
    assert others[-1].status == 429
    assert (await _sent(browser)).status == 200  # sending is not held back by it


async def test_a_check_costs_nobody_else_behind_the_same_address_their_pages(desk: Desk, aiohttp_client: Start) -> None:
    pages = Pages(PUBLIC, cards.text, "the helpdesk")
    app = web.Application(middlewares=[surfacing(pages, metrics.failed, Limit(burst=2, rate=0.01))])
    entry.setup(app, desk=desk, pages=pages)
    browser = await aiohttp_client(app)
    assert [(await _asked(browser)).status for _ in range(5)] == [200] * 5
    assert [(await browser.get("/step-up/enter", headers=_headers())).status for _ in range(3)] == [200, 200, 429]


async def test_looking_changes_nothing_and_other_methods_are_told(desk: Desk, browser: Browser) -> None:
    assert (await browser.head("/step-up/enter", headers=_headers())).status == 405
    assert (await browser.get("/step-up/enter/check", headers=_headers())).status == 405
    assert desk.heard == []
