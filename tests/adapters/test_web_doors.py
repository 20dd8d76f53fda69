"""The doors of the pages one by one: whose word about an address counts, who holds a place, what a browser is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

import cards
from bot.config.cloud import PUBLIC
from bot.web.headers import Reach, policy
from bot.web.limit import PROXIES, address_of
from bot.web.page import TOLD, Pages
from bot.web.places import Places

TEAMS = "https://res.cdn.office.net"
LOGIN = "https://login.microsoftonline.com"
FRAMES = " ".join(PUBLIC.frame_origins)


def asked(forwarded: str, *, proxies: str = "") -> web.Request:
    """A request that came over a proxy of ours."""
    app = web.Application()
    if proxies:
        app[PROXIES] = (ip_network(proxies),)
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded}, app=app)
    return request.clone(remote="10.1.0.9")


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.1.0.4", "203.0.113.7"),
        ("203.0.113.7, nobody's name, 10.1.0.4", "unknown"),
        ("nobody's name", "unknown"),
    ],
)
def test_proxies_are_believed_back_to_the_first_that_is_none(told: str, who: str) -> None:
    """What is no address is nobody's: it neither breaks the page nor is it looked behind."""
    assert address_of(asked(told, proxies="10.1.0.0/24")) == who


def test_a_place_that_is_given_back_is_one_place() -> None:
    """Of two bodies on their way one is through: the other still counts."""
    places, request = Places(each=2), asked("203.0.113.7")
    first, second = places.taken(request), places.taken(request)
    first.__enter__()
    with second:
        first.__exit__(None, None, None)
        with places.taken(request), pytest.raises(web.HTTPTooManyRequests), places.taken(request):
            pass
    with places.taken(request), places.taken(request):
        pass


@pytest.mark.parametrize(
    ("reach", "scripts", "connects", "leads", "framed"),
    [
        (Reach.TEAMS, f"'self' {TEAMS}", TEAMS, f"'self' {LOGIN} https:", FRAMES),
        (Reach.ENTRA, "'self'", "'none'", f"'self' {LOGIN} https:", FRAMES),
        (Reach.SELF, "'self'", "'self'", "'self'", "'none'"),
    ],
)
def test_each_page_reaches_what_it_needs_and_no_further(
    reach: Reach, scripts: str, connects: str, leads: str, framed: str
) -> None:
    assert dict(rule.split(" ", 1) for rule in policy(PUBLIC, reach).split("; ")) == {
        "default-src": "'none'",
        "script-src": scripts,
        "connect-src": connects,
        "style-src": "'self'",
        "form-action": leads,
        "frame-ancestors": framed,
        "base-uri": "'none'",
    }


def test_where_no_frame_is_known_none_holds_a_page() -> None:
    nowhere = replace(PUBLIC, frame_origins=())
    assert "frame-ancestors 'none'" in policy(nowhere, Reach.TEAMS)


@pytest.mark.parametrize("page", TOLD)
def test_what_the_app_points_to_leads_to_the_others_and_not_to_itself(page: str) -> None:
    text = Pages(PUBLIC, cards.text, "the helpdesk").told(page, "en").text or ""
    assert {other for other in TOLD if f'href="/step-up/{other}"' in text} == set(TOLD) - {page}


@pytest.mark.parametrize("integrity", ["sha384-abc", ""])
def test_teams_script_is_held_to_its_hash_where_one_is_known(integrity: str) -> None:
    pages = Pages(replace(PUBLIC, teams_js_integrity=integrity), cards.text, "the helpdesk")
    text = pages.refused("closed", "en", status=403).text or ""
    assert ('integrity="sha384-abc" crossorigin="anonymous"' in text) is bool(integrity)
    assert ("integrity" in text) is bool(integrity)


@pytest.mark.parametrize("over", [True, False])
def test_nobody_is_told_that_nothing_was_done_where_something_may_have_been(*, over: bool) -> None:
    text = Pages(PUBLIC, cards.text, "the helpdesk").refused("closed", "en", status=403, over=over).text or ""
    assert (cards.text("web.refused.over", "en", contact="the helpdesk") in text) is over
