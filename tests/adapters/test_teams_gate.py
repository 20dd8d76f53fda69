"""Who is let in: hostile deliveries with really signed tokens, and what may be repeated only once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bot.entra.keys import KeyRing, _address
from bot.teams.auth import Gate, NotAdmitted
from bot.teams.origins import trusted
from tests.adapters.edge import ANN, APP, ISSUER, SERVICE, TENANT, Edge, SetClock, activity, cloud_at, edge, press

Make = Callable[[Edge], str]
ROOT = "https://smba.example/teams/"


def unsigned(e: Edge) -> str:
    parts = [{"alg": "none", "kid": "one", "typ": "JWT"}, e.claims()]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def tampered(e: Edge) -> str:
    head, _, signature = e.token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(e.claims(aud=APP, extra=1)).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


def stranger(e: Edge) -> str:
    e.issuer.add("mallory", publish=False)
    return e.issuer.sign(e.claims(), kid="mallory", headers={"kid": "one"})


def symmetric(e: Edge) -> str:
    """The published key used as if it were a shared secret."""
    return e.issuer.sign(e.claims(), key="n" * 64, algorithm="HS256")


def deep(_: Edge) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 3000).decode().rstrip("=")
    return f"{head}.e30.AAAA"


NOT_A_TOKEN: dict[str, Make] = {
    "nothing": lambda _: "",
    "words": lambda _: "not a token",
    "dots": lambda _: "..",
    "letters": lambda _: "a.b.c",
    "not ascii": lambda _: "e.é.c".encode().decode("latin-1"),
    "deep": deep,
    "unsigned": unsigned,
    "tampered": tampered,
    "signed by a stranger": stranger,
    "a shared secret": symmetric,
    "another algorithm": lambda e: e.issuer.sign(e.claims(), algorithm="RS512"),
    "unknown key": lambda e: e.issuer.sign(e.claims(), headers={"kid": "two"}),
    "no key id": lambda e: e.issuer.sign(e.claims(), headers={}),
    "no issuer": lambda e: e.token(iss=None),
    "Entra as issuer": lambda e: e.token(iss=f"https://login.microsoftonline.com/{TENANT}/v2.0"),
    "the emulator's issuer": lambda e: e.token(
        iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", appid=APP, ver="1.0"
    ),
    "a skill": lambda e: e.token(iss="https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/", azp="other"),
    "an issuer with a slash": lambda e: e.token(iss=f"{ISSUER}/"),
    "no audience": lambda e: e.token(aud=None),
    "another bot's": lambda e: e.token(aud=APP.replace("a", "f")),
    "several audiences": lambda e: e.token(aud=[APP, "other"]),
    "expired": lambda e: e.token(exp=int(e.clock.now().timestamp()) - 301),
    "no expiry": lambda e: e.token(exp=None),
    "an expiry that is text": lambda e: e.token(exp="soon"),
    "an expiry that is true": lambda e: e.token(exp=True),
    "not valid yet": lambda e: e.token(nbf=int(e.clock.now().timestamp()) + 301),
    "no beginning": lambda e: e.token(nbf=None),
}


@pytest.mark.parametrize("make", NOT_A_TOKEN.values(), ids=NOT_A_TOKEN.keys())
async def test_what_is_not_teams_token_is_401(make: Make) -> None:
    async with edge() as e:
        status, _ = await e.deliver(activity(text="hi"), token=make(e))
        assert status == 401
        assert e.desk.asked == []


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Negotiate x"])
async def test_a_header_without_a_bearer_token_is_401(header: str) -> None:
    async with edge() as e:
        headers = {"Authorization": header} if header else {}
        async with e.client.post("/api/messages", json=activity(text="hi"), headers=headers) as response:
            assert response.status == 401


OTHER = TENANT.replace("b", "f")
WRONG: dict[str, Any] = {
    "no channel": activity(channelId=None),
    "the emulator": activity(channelId="emulator"),
    "web chat, which the key endorses": activity(channelId="webchat"),
    "no service URL": activity(serviceUrl=None),
    "an empty service URL": activity(serviceUrl=""),
    "another service URL than the token's": activity(serviceUrl="https://smba.example/amer/"),
    "a service URL that is a list": activity(serviceUrl=[SERVICE]),
    "another bot as recipient": activity(recipient={"id": "28:other"}),
    "no recipient": activity(recipient=None),
    "a recipient that is text": activity(recipient="28"),
    "another tenant": activity(channelData={"tenant": {"id": OTHER}}),
    "another tenant in one of two places": activity(
        conversation={"id": "a:ann", "conversationType": "personal", "tenantId": OTHER}
    ),
    "no tenant": activity(channelData={}, conversation={"id": "a:ann", "conversationType": "personal"}),
    "a tenant that is a list": activity(channelData={"tenant": {"id": [TENANT]}}),
    "a tenant that is text": activity(channelData={"tenant": TENANT}),
    "channel data that is text": activity(channelData="x"),
    "no conversation": activity(conversation=None),
    "nobody": activity(**{"from": None}),
    "a person without an object id": activity(**{"from": {"id": "29:ann"}}),
    "an object id that is none": activity(**{"from": {"id": "29:ann", "aadObjectId": "' or 1=1"}}),
    "an object id that is none, of whom only Teams speaks": activity(
        "conversationUpdate", **{"from": {"id": "29:ann", "aadObjectId": "' or 1=1"}}
    ),
    "an object id that is a number": activity(**{"from": {"id": "29:ann", "aadObjectId": 5}}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_the_right_token_with_the_wrong_activity_is_403(wrong: Any) -> None:
    async with edge() as e:
        status, _ = await e.deliver(wrong)
        assert status == 403
        assert (e.desk.asked, e.desk.homes) == ([], [])


async def test_a_key_that_does_not_endorse_teams_is_403() -> None:
    async with edge() as e:
        e.issuer.add("one", endorsements=["webchat"])
        assert (await e.deliver(activity(text="hi")))[0] == 403


async def test_a_key_without_endorsements_is_403() -> None:
    async with edge() as e:
        del e.issuer.published["one"]["endorsements"]
        assert (await e.deliver(activity(text="hi")))[0] == 403


@pytest.mark.parametrize("claim", [{"serviceurl": None}, {"serviceurl": 5}, {"serviceUrl": "https://evil.example/"}])
async def test_the_service_url_claim_is_there_once_and_text(claim: Any) -> None:
    async with edge() as e:
        assert (await e.deliver(activity(text="hi"), token=e.token(**claim)))[0] == 403


async def test_the_claim_may_be_spelled_as_the_documentation_does() -> None:
    async with edge() as e:
        token = e.token(serviceurl=None, serviceUrl=SERVICE)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 200


@pytest.mark.parametrize(
    ("keys", "metadata"),
    [
        ("http://login.botframework.com/keys", "https://login.botframework.com/openid"),
        ("ftp://login.botframework.com/keys", "https://login.botframework.com/openid"),
        ("//login.botframework.com/keys", "https://login.botframework.com/openid"),
        (None, "https://login.botframework.com/openid"),
    ],
)
def test_metadata_read_over_https_leads_to_no_keys_over_anything_else(keys: str | None, metadata: str) -> None:
    with pytest.raises(ValueError, match="jwks_uri"):
        _address({"jwks_uri": keys}, metadata)
    assert _address({"jwks_uri": metadata}, metadata) == metadata


@pytest.mark.parametrize("url", ["https://evil.example/", "https://smba.example.evil.example/", "http://smba.example/"])
async def test_a_service_url_outside_the_cloud_is_403_even_when_the_token_names_it(url: str) -> None:
    async with edge() as e:
        assert (await e.deliver(activity(text="hi", serviceUrl=url), token=e.token(serviceurl=url)))[0] == 403


async def test_teams_itself_gets_in_and_the_case_of_ids_does_not_matter() -> None:
    async with edge() as e:
        shouted = activity(
            text="hi",
            recipient={"id": f"28:{APP.upper()}"},
            channelData={"tenant": {"id": TENANT.upper()}},
            **{"from": {"id": "29:ann", "aadObjectId": ANN.upper(), "name": "Ann"}},
        )
        assert (await e.deliver(shouted))[0] == 200
        assert e.desk.asked[0][0].person.id == ANN
        assert e.desk.asked[0][0].person.tenant == TENANT
        of_nobody = activity("conversationUpdate", id="2", **{"from": {"id": "29:teams"}})
        assert (await e.deliver(of_nobody))[0] == 200  # only Teams speaks, and of no person
        assert (await e.deliver(activity(text="hi", id="3", channelData=None)))[0] == 200  # the tenant is there once


async def test_a_token_seen_before_is_still_checked_for_time_and_activity() -> None:
    async with edge() as e:
        token = e.token()
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 200
        assert (await e.deliver(activity(text="hi", channelId="webchat"), token=token))[0] == 403
        e.clock.advance(seconds=3600 + 299)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 200
        e.clock.advance(seconds=2)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 401


async def test_a_withdrawn_key_takes_its_remembered_tokens_with_it() -> None:
    async with edge() as e:
        token = e.token(exp=int(e.clock.now().timestamp()) + 10 * 86_400)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 200
        del e.issuer.published["one"]
        e.issuer.add("two")
        e.clock.advance(minutes=2)
        fresh = e.issuer.sign(e.claims(), kid="two")
        assert (await e.deliver(activity(text="hi"), token=fresh))[0] == 200
        e.clock.advance(minutes=2)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 401


@pytest.mark.parametrize("remember", [0, 2])
async def test_only_so_many_tokens_are_remembered(remember: int) -> None:
    async with edge() as e, aiohttp.ClientSession() as session:
        keys = KeyRing(session, e.cloud.bot_openid, e.clock)
        gate = Gate(cloud=e.cloud, app_id=APP, tenant=TENANT, keys=keys, clock=e.clock, remember=remember)
        for number in (0, 1, 2, 3, 3, 0):
            token = e.token(jti=str(number))
            assert (await gate.recognise(f"Bearer {token}")).service_url == SERVICE
            assert len(gate._verified) <= remember
            with pytest.raises(NotAdmitted, match="signature"):
                await gate.recognise(f"Bearer {forged(token)}")
        assert len(gate._verified) == remember


async def test_the_token_in_use_is_not_the_one_forgotten() -> None:
    async with edge() as e, aiohttp.ClientSession() as session:
        keys = KeyRing(session, e.cloud.bot_openid, e.clock)
        gate = Gate(cloud=e.cloud, app_id=APP, tenant=TENANT, keys=keys, clock=e.clock, remember=2)
        headers = [f"Bearer {e.token(jti=str(number))}" for number in range(3)]
        used = await gate.recognise(headers[0])
        for number in (1, 0, 2, 0):
            assert (await gate.recognise(headers[number]) is used) is (number == 0)
        assert await gate.recognise(headers[2]) is await gate.recognise(headers[2])


async def test_a_remembered_token_is_known_by_all_of_it_and_not_kept_itself() -> None:
    async with edge() as e, aiohttp.ClientSession() as session:
        keys = KeyRing(session, e.cloud.bot_openid, e.clock)
        gate, token = Gate(cloud=e.cloud, app_id=APP, tenant=TENANT, keys=keys, clock=e.clock), e.token()
        known = await gate.recognise(f"Bearer {token}")
        assert await gate.recognise(f"Bearer {token}") is known
        assert token not in repr(gate._verified)
        with pytest.raises(NotAdmitted, match="signature"):
            await gate.recognise(f"Bearer {forged(token)}")


def forged(token: str) -> str:
    """The same, but for one letter near the end of its signature."""
    return f"{token[:-2]}{'A' if token[-2] != 'A' else 'B'}{token[-1]}"


async def test_a_new_key_is_found_at_once_and_unknown_ones_ask_once_a_minute() -> None:
    async with edge() as e:
        assert (await e.deliver(activity(text="hi")))[0] == 200
        assert e.issuer.fetched == 1
        e.issuer.add("two")
        assert (await e.deliver(activity(text="hi"), token=e.issuer.sign(e.claims(), kid="two")))[0] == 200
        assert e.issuer.fetched == 2
        for _ in range(5):
            unknown = e.issuer.sign(e.claims(), headers={"kid": "three"})
            assert (await e.deliver(activity(text="hi"), token=unknown))[0] == 401
        assert e.issuer.fetched == 2
        e.clock.advance(minutes=1)
        assert (await e.deliver(activity(text="hi"), token=unknown))[0] == 401
        assert e.issuer.fetched == 3


async def test_many_at_once_fetch_the_keys_once() -> None:
    async with edge() as e:
        e.issuer.delay = 0.05
        token = e.token()
        statuses = await asyncio.gather(*(e.deliver(activity(text="hi"), token=token) for _ in range(20)))
        assert {status for status, _ in statuses} == {200}
        assert e.issuer.fetched == 1


async def test_without_keys_nobody_gets_in_and_teams_is_told_to_try_again() -> None:
    async with edge() as e:
        e.issuer.broken = True
        assert (await e.deliver(activity(text="hi")))[0] == 503
        e.issuer.broken = False
        e.clock.advance(seconds=6)
        assert (await e.deliver(activity(text="hi")))[0] == 200


async def test_old_keys_are_believed_for_five_days_and_no_longer() -> None:
    async with edge() as e:
        assert (await e.deliver(activity(text="hi")))[0] == 200
        e.issuer.broken = True
        e.clock.advance(days=4)
        assert (await e.deliver(activity(text="hi")))[0] == 200
        e.clock.advance(days=1, seconds=1)
        assert (await e.deliver(activity(text="hi")))[0] == 503


async def test_small_keys_are_not_believed() -> None:
    async with edge() as e:
        token = e.token()
        e.issuer.add("one", bits=1024)
        assert (await e.deliver(activity(text="hi"), token=token))[0] == 503


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://smba.example",
        "https://user@smba.example/teams/",
        "https://smba.example:8443/teams/",
        "https://smba.example/teams/../evil/",
        "https://smba.example/teams/%2e%2e/",
        "https://smba.example//teams/",
        "https://smba.example/teams//evil/",
        "https://evil.example/teams/",
        "http://smba.example:443/teams/",
        f"{ROOT}{'x' * (501 - len(ROOT))}",
        "https://smba.example/teamsevil/",
        "https://smba.example/teams/?x=1",
        "https://smba.example/teams/#x",
        "https://smba.example\\@evil.example/teams/",
        "https://smba.example:port/teams/",
        "https://[::1/teams/",
        "//smba.example/teams/",
        "ftp://smba.example/teams/",
        "https://smbа.example/teams/",  # noqa: RUF001 - a Cyrillic letter
        " https://smba.example/teams/",
        "https://smba.example/teams/\n",
    ],
)
def test_an_address_that_only_looks_like_the_connectors_is_not_trusted(url: str) -> None:
    assert not trusted(cloud_at("http://127.0.0.1", service=(ROOT,)), url)


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.example/teams",
        ROOT,
        "HTTPS://SMBA.example:443/teams/emea/x/",
        f"{ROOT}{'x' * (500 - len(ROOT))}",
    ],
)
def test_the_connectors_own_addresses_are_trusted(url: str) -> None:
    assert trusted(cloud_at("http://127.0.0.1", service=(ROOT,)), url)


@pytest.mark.parametrize(
    ("root", "trusts", "never"),
    [
        ("https://smba.example:8443/", "https://smba.example:8443/x/", "https://smba.example/x/"),
        ("http://127.0.0.1/", "http://127.0.0.1:80/x/", "http://127.0.0.1:443/x/"),
        ("ftp://smba.example:21/", "", "ftp://smba.example:21/x/"),
        ("https:///teams/", "", "https:///teams/x/"),
    ],
)
def test_a_connector_is_one_of_the_web_with_its_own_port(root: str, trusts: str, never: str) -> None:
    cloud = cloud_at("http://127.0.0.1", service=(root,))
    assert not trusts or trusted(cloud, trusts)
    assert not trusted(cloud, never)


@pytest.mark.parametrize("missing", [{"app_id": ""}, {"tenant": ""}])
def test_a_gate_without_an_app_id_or_a_tenant_is_not_built(missing: dict[str, str]) -> None:
    keys: Any = KeyRing.__new__(KeyRing)
    with pytest.raises(ValueError, match="anybody"):
        Gate(
            **{
                "cloud": cloud_at("http://x"),
                "app_id": APP,
                "tenant": TENANT,
                "keys": keys,
                "clock": SetClock(),
                **missing,
            }
        )


async def test_the_edges_of_what_a_token_may_be() -> None:
    async with edge() as e, aiohttp.ClientSession() as session:
        keys = KeyRing(session, e.cloud.bot_openid, e.clock)
        gate = Gate(cloud=e.cloud, app_id=APP, tenant=TENANT, keys=keys, clock=e.clock)
        assert (await gate.recognise(f"Bearer {e.token(pad='x' * 5000)}")).service_url == SERVICE
        with pytest.raises(NotAdmitted) as caught:
            await gate.recognise(f"Bearer {e.token(pad='x' * 6000)}")
        assert (caught.value.status, caught.value.reason) == (401, "no_token")
        at = int(e.clock.now().timestamp())
        for fits in (
            e.token(nbf=at + 300),
            e.token(nbf=0),
            e.token(iat=at + 300),
            e.issuer.sign(e.claims(), headers={"kid": "one", "typ": None}),
        ):
            assert (await gate.recognise(f"Bearer {fits}")).service_url == SERVICE


async def test_pressing_needs_the_same_token_as_writing() -> None:
    async with edge() as e:
        assert (await e.deliver(press({"verb": "home"}), token="nope"))[0] == 401
