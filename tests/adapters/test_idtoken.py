"""Tokens of people, really signed: one is believed, and every way to make it wrong is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.config.cloud import PUBLIC
from bot.core.errors import Rejected, Unavailable
from bot.entra.idtoken import LONGEST, TokenFlaw, TokenReader, openid_url
from bot.entra.keys import IssuerKey

TENANT = "11111111-2222-4333-8444-555555555555"
APP = "aaaaaaaa-2222-4333-8444-555555555555"
ANN = "bbbbbbbb-2222-4333-8444-555555555555"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
OURS = rsa.generate_private_key(65537, 2048)
THEIRS = rsa.generate_private_key(65537, 2048)
CLAIMS: dict[str, Any] = {
    "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "aud": APP,
    "tid": TENANT,
    "oid": ANN,
    "sub": "pairwise",
    "nonce": "n",
    "iat": AT,
    "nbf": AT,
    "exp": AT + 3600,
    "auth_time": AT - 10,
    "acrs": ["c1", "c7"],
    "ver": "2.0",
}


class Nine:
    def now(self) -> datetime:
        return NOW


class Ring:
    """The tenant's keys; `lost` when they cannot be had."""

    def __init__(self, *, lost: bool = False) -> None:
        self._lost = lost

    async def find(self, kid: str) -> IssuerKey | None:
        if self._lost:
            raise Unavailable("no keys")
        key = IssuerKey(kid="k1", public=OURS.public_key(), endorsements=frozenset(), published="")
        return key if kid == "k1" else None


READER = TokenReader(cloud=PUBLIC, app_id=APP, tenant=TENANT, keys=Ring(), clock=Nine())


def signed(claims: Mapping[str, Any], *, key: Any = OURS, algorithm: str = "RS256", kid: Any = "k1") -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": kid} if kid is not None else {})


def but(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in (CLAIMS | claims).items() if value is not None}


async def test_a_token_of_the_tenant_for_this_app_is_believed() -> None:
    found = await READER.read(signed(CLAIMS), nonce="n")
    assert (found.tenant, found.person, found.scopes) == (TENANT, ANN, frozenset())
    assert found.contexts == frozenset({"c1", "c7"})
    assert found.signed_in_at == NOW - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("claims", "flaw"),
    [
        ({"iss": None}, TokenFlaw.WRONG_ISSUER),
        ({"iss": f"https://login.microsoftonline.com/{APP}/v2.0"}, TokenFlaw.WRONG_ISSUER),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, TokenFlaw.WRONG_ISSUER),
        ({"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0/"}, TokenFlaw.WRONG_ISSUER),
        ({"iss": f"https://login.microsoftonline.us/{TENANT}/v2.0"}, TokenFlaw.WRONG_ISSUER),
        ({"aud": None}, TokenFlaw.WRONG_AUDIENCE),
        ({"aud": "https://graph.microsoft.com"}, TokenFlaw.WRONG_AUDIENCE),
        ({"aud": f"api://{APP}"}, TokenFlaw.WRONG_AUDIENCE),
        ({"aud": f"api://desk.contoso.com/botid-{APP}"}, TokenFlaw.WRONG_AUDIENCE),
        ({"aud": [APP, ANN]}, TokenFlaw.WRONG_AUDIENCE),
        ({"aud": [APP]}, TokenFlaw.WRONG_AUDIENCE),
        ({"tid": None}, TokenFlaw.WRONG_TENANT),
        ({"tid": APP}, TokenFlaw.WRONG_TENANT),
        ({"oid": None}, TokenFlaw.WRONG_PERSON),
        ({"oid": ""}, TokenFlaw.WRONG_PERSON),
        ({"oid": [ANN]}, TokenFlaw.WRONG_PERSON),
        ({"nonce": None}, TokenFlaw.WRONG_NONCE),
        ({"nonce": "other"}, TokenFlaw.WRONG_NONCE),
        ({"nonce": ["n"]}, TokenFlaw.WRONG_NONCE),
        ({"exp": None}, TokenFlaw.NO_TIMES),
        ({"nbf": None}, TokenFlaw.NO_TIMES),
        ({"iat": None}, TokenFlaw.NO_TIMES),
        ({"exp": str(AT + 60)}, TokenFlaw.NO_TIMES),
        ({"exp": True}, TokenFlaw.NO_TIMES),
        ({"exp": 10**18}, TokenFlaw.NO_TIMES),
        ({"exp": float("inf")}, TokenFlaw.NO_TIMES),
        ({"exp": float("nan")}, TokenFlaw.NO_TIMES),
        ({"exp": -1}, TokenFlaw.NO_TIMES),
        ({"exp": AT - 300}, TokenFlaw.EXPIRED),
        ({"nbf": AT + 301}, TokenFlaw.NOT_YET),
        ({"iat": AT + 301}, TokenFlaw.NOT_YET),
    ],
)
async def test_a_wrong_claim_is_told_by_its_flaw(claims: dict[str, Any], flaw: TokenFlaw) -> None:
    with pytest.raises(Rejected) as caught:
        await READER.read(signed(but(**claims)), nonce="n")
    assert caught.value.code == flaw


@pytest.mark.parametrize("claims", [{"exp": AT - 299}, {"nbf": AT + 299}, {"iat": AT + 299}, {"aud": APP.upper()}])
async def test_five_minutes_of_skew_and_the_case_of_ids_are_forgiven(claims: dict[str, Any]) -> None:
    assert (await READER.read(signed(but(**claims)))).person == ANN


@pytest.mark.parametrize(
    ("claims", "contexts"),
    [
        ({"acrs": None}, set()),
        ({"acrs": "c1"}, set()),
        ({"acrs": ["c1", 2, None]}, {"c1"}),
        ({"acrs": {"c1": 1}}, set()),
    ],
)
async def test_contexts_are_a_list_of_words_or_none(claims: dict[str, Any], contexts: set[str]) -> None:
    assert (await READER.read(signed(but(**claims)))).contexts == frozenset(contexts)


@pytest.mark.parametrize("odd", [None, "yesterday", True, 0, 10**18])
async def test_a_sign_in_without_a_time_has_none(odd: object) -> None:
    assert (await READER.read(signed(but(auth_time=odd)))).signed_in_at is None


def unsigned() -> str:
    return jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "k1"})


def confused() -> str:
    """Signed with HMAC by the public key, as if that were a shared secret."""
    return jwt.encode(CLAIMS, OURS.public_key().public_numbers().n.to_bytes(256, "big"), "HS256", {"kid": "k1"})


def tampered() -> str:
    head, _, signature = signed(CLAIMS).split(".")
    return ".".join((head, signed(but(oid=APP)).split(".")[1], signature))


@pytest.mark.parametrize(
    ("token", "flaw"),
    [
        ("", TokenFlaw.MALFORMED),
        ("a.b", TokenFlaw.MALFORMED),
        ("a.b.c", TokenFlaw.MALFORMED),
        ("ä.ö.ü", TokenFlaw.MALFORMED),
        ("x" * 20_000, TokenFlaw.MALFORMED),
        (unsigned(), TokenFlaw.ALGORITHM),
        (confused(), TokenFlaw.ALGORITHM),
        (signed(CLAIMS, algorithm="RS512"), TokenFlaw.ALGORITHM),
        (signed(CLAIMS, algorithm="PS256"), TokenFlaw.ALGORITHM),
        (signed(CLAIMS, kid=None), TokenFlaw.ALGORITHM),
        (signed(CLAIMS, kid="k2"), TokenFlaw.UNKNOWN_KEY),
        (signed(CLAIMS, key=THEIRS), TokenFlaw.SIGNATURE),
        (tampered(), TokenFlaw.SIGNATURE),
    ],
)
async def test_what_the_tenant_did_not_sign_is_not_believed(token: str, flaw: TokenFlaw) -> None:
    with pytest.raises(Rejected) as caught:
        await READER.read(token)
    assert caught.value.code == flaw
    assert token[:20] not in str(caught.value) or not token


async def test_without_keys_nothing_is_believed() -> None:
    reader = TokenReader(cloud=PUBLIC, app_id=APP, tenant=TENANT, keys=Ring(lost=True), clock=Nine())
    with pytest.raises(Unavailable):
        await reader.read(signed(CLAIMS))


def test_the_metadata_is_the_tenants_own() -> None:
    url = openid_url(PUBLIC, TENANT)
    assert url == f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"


async def test_what_it_is_good_for_and_who_got_it_is_read_as_it_stands() -> None:
    found = await READER.read(signed(but(azp=APP.upper(), scp="access_as_user other")))
    assert (found.client, set(found.scopes)) == (APP, {"access_as_user", "other"})
    odd = await READER.read(signed(but(azp=[APP], scp=["access_as_user"])))
    assert (odd.client, odd.scopes) == ("", frozenset())


@pytest.mark.parametrize("claims", [{"nbf": AT + 300}, {"iat": AT + 300}, {"nbf": 1, "iat": 1}])
async def test_to_the_second_it_is_time(claims: dict[str, Any]) -> None:
    assert (await READER.read(signed(but(**claims)))).person == ANN


@pytest.mark.parametrize(
    ("said", "moment"),
    [(1, 1), (0.5, 0.5), (253_402_300_799, 253_402_300_799), (253_402_300_800, None), (0, None), (-1, None)],
)
async def test_a_moment_is_one_that_a_date_can_say(said: float, moment: float | None) -> None:
    found = (await READER.read(signed(but(auth_time=said)))).signed_in_at
    assert (None if found is None else found.timestamp()) == moment


async def test_a_token_may_be_so_long_and_no_longer() -> None:
    """Base64 has not every length: one header more or less, and one of them comes out right."""
    about = (LONGEST - len(signed(CLAIMS | {"pad": ""}))) * 3 // 4
    padded = (
        jwt.encode(CLAIMS | {"pad": "x" * n}, OURS, "RS256", {"kid": "k1", "pad": "x" * more})
        for more in range(3)
        for n in range(about - 20, about + 4)
    )
    longest = next(token for token in padded if len(token) == LONGEST)
    assert (await READER.read(longest)).person == ANN
    with pytest.raises(Rejected) as caught:
        await READER.read(longest + "A")
    assert caught.value.code == TokenFlaw.MALFORMED
