"""Tokens of strangers: each is refused at once, costs no call and leads nowhere; and what a stolen one is worth."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

from tests.adapters.edge import ANN, APP, ISSUER, SERVICE, TENANT, activity, press
from tests.hostile.door import Door, bearer, door, head, key, part

OTHER = "ffffffff-0000-4000-8000-00000000000f"
HOUR = 3600
ENTRA = ["/openid", "/keys"]  # one refresh of the keys

Headers = Callable[[Door], Sequence[tuple[str, str]]]
Make = Callable[[Door], str]


def now(d: Door) -> int:
    return int(d.clock.now().timestamp())


def raw(value: str) -> Headers:
    return lambda _: [("Authorization", value)]


def around(before: str, after: str) -> Headers:
    return lambda d: [("Authorization", f"{before}{d.token()}{after}")]


HEADERS: dict[str, Headers] = {
    "none": lambda _: [],
    "empty": raw(""),
    "blank": raw("   "),
    "the scheme alone": raw("Bearer"),
    "the scheme and a blank": raw("Bearer "),
    "the token alone": around("", ""),
    "Basic": around("Basic ", ""),
    "Basic with a name and a password": raw("Basic " + base64.b64encode(b"bot:secret").decode()),
    "Digest": raw('Digest username="bot", realm="desk", nonce="1", uri="/api/messages", response="0"'),
    "Negotiate": around("Negotiate ", ""),
    "MAC": around("MAC ", ""),
    "DPoP": around("DPoP ", ""),
    "Bearer in lower case": around("bearer ", ""),
    "Bearer in upper case": around("BEARER ", ""),
    "no blank between": around("Bearer", ""),
    "two blanks between": around("Bearer  ", ""),
    "a tab between": around("Bearer\t", ""),
    "a colon between": around("Bearer: ", ""),
    "an equals sign between": around("Bearer=", ""),
    "the scheme twice": around("Bearer Bearer ", ""),
    "words after it": around("Bearer ", " admin"),
    "a parameter after it": around("Bearer ", ";alg=none"),
    "padded": around("Bearer ", "="),
    "padded twice": around("Bearer ", "=="),
    "in quotes": around('Bearer "', '"'),
    "in brackets": around("Bearer <", ">"),
    "two joined by a comma": lambda d: [("Authorization", f"Bearer {d.token()}, Bearer {d.token()}")],
    "two joined by a comma without the scheme": lambda d: [("Authorization", f"Bearer {d.token()},{d.token()}")],
    "two headers": lambda d: [bearer(d.token()), bearer(d.token())],
    "a good one and another after it": lambda d: [bearer(d.token()), ("Authorization", "Basic Ym90")],
    "another and a good one after it": lambda d: [("Authorization", "Basic Ym90"), bearer(d.token())],
    "under another name": lambda d: [("X-Authorization", f"Bearer {d.token()}")],
    "as a proxy's": lambda d: [("Proxy-Authorization", f"Bearer {d.token()}")],
    "in a cookie": lambda d: [("Cookie", f"Authorization=Bearer {d.token()}")],
    "letters from another alphabet": lambda d: [("Authorization", f"\u0392earer {d.token()}")],
    "a token in full-width letters": raw("Bearer \uff45\uff59\uff2a.\uff45\uff59\uff2a.x"),
    "eight thousand letters": raw("Bearer " + "a" * 8000),
    "eight thousand dots": raw("Bearer " + "." * 8000),
}


def parts(number: int) -> Make:
    """A real token with parts taken off or put on."""
    return lambda d: ".".join((*d.token().split("."), "e30", "e30")[:number])


def replaced(at: int, what: str) -> Make:
    def make(d: Door) -> str:
        found = d.token().split(".")
        found[at] = what
        return ".".join(found)

    return make


def sealed(head_: Any = None, body: Any = None) -> Make:
    """A token signed by Teams' own key over these bytes: whoever had that key might, and it must not break anything."""
    return lambda d: d.issuer.seal(head() if head_ is None else head_, d.claims() if body is None else body)


def swapped(d: Door) -> str:
    """The signature of another, equally good token."""
    head_, body, _ = d.token().split(".")
    return f"{head_}.{body}.{d.token(iat=now(d)).split('.')[2]}"


def flipped(d: Door) -> str:
    head_, body, signature = d.token().split(".")
    return f"{head_}.{body}.{('B' if signature[0] == 'A' else 'A')}{signature[1:]}"


def respelled(d: Door) -> str:
    """The same bytes in another spelling: the last letter has bits that stand for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = d.token()
    return token[:-1] + letters[letters.index(token[-1]) + 1]


def twice(name: str, first: Any) -> Make:
    """The claims with one of them written twice; the good one last, where most readers look."""
    return lambda d: d.issuer.seal(head(), f"{{{json.dumps(name)}: {json.dumps(first)}, " + json.dumps(d.claims())[1:])


TWICE = '{"alg": "none", "alg": "RS256", "kid": "one", "typ": "JWT"}'
MALFORMED: dict[str, Make] = {
    "one part": parts(1),
    "two parts": parts(2),
    "four parts": parts(4),
    "five parts, as an encrypted one": parts(5),
    "no signature": replaced(2, ""),
    "no header": replaced(0, ""),
    "no claims": replaced(1, ""),
    "base64 that is none in the header": replaced(0, "!!!!"),
    "base64 that is none in the claims": replaced(1, "e30*"),
    "base64 that is none in the signature": replaced(2, "%%%"),
    "ordinary base64 instead of the URL's": replaced(2, "+/+/" * 85 + "+A"),
    "base64 of an impossible length": replaced(2, "AAAAA"),
    "a short signature": replaced(2, "AAAA"),
    "a signature with other bits behind its end": respelled,
    "a signature of noughts": replaced(2, part(bytes(256))),
    "a signature too long": lambda d: d.token() + "AAAA",
    "another token's signature": swapped,
    "a signature with one letter changed": flipped,
    "a header that is no JSON": sealed("alg=RS256"),
    "a header that is text": sealed('"RS256"'),
    "a header that is a list": sealed([head()]),
    "a header that is null": sealed("null"),
    "a header that is nothing": sealed("{}"),
    "a header in UTF-16": sealed(json.dumps(head()).encode("utf-16")),
    "a header with a byte order mark": sealed(b"\xef\xbb\xbf" + json.dumps(head()).encode()),
    "a header with bad UTF-8": sealed(b'{"alg": "RS256", "kid": "one", "x": "\xff"}'),
    "a header with something after it": sealed(json.dumps(head()) + "{}"),
    "a header nested deep": sealed('{"alg": "RS256", "kid": "one", "x": ' + "[" * 2500 + "]" * 2500 + "}"),
    "an algorithm named twice": sealed(TWICE),
    "a key named twice": sealed('{"kid": "two", "alg": "RS256", "kid": "one", "typ": "JWT"}'),
    "claims that are no JSON": sealed(None, "iss=me"),
    "claims that are a list": sealed(None, "[]"),
    "claims that are text": sealed(None, '"all of them"'),
    "claims that are null": sealed(None, "null"),
    "claims in UTF-16": lambda d: d.issuer.seal(head(), json.dumps(d.claims()).encode("utf-16")),
    "claims with a byte order mark": lambda d: d.issuer.seal(head(), b"\xef\xbb\xbf" + json.dumps(d.claims()).encode()),
    "claims with bad UTF-8": lambda d: d.issuer.seal(
        head(), json.dumps(d.claims(x="?")).encode().replace(b"?", b"\xff")
    ),
    "claims with something after them": lambda d: d.issuer.seal(head(), json.dumps(d.claims()) + "{}"),
    "claims nested deep": sealed(None, '{"iss": ' + "[" * 2500 + "]" * 2500 + "}"),
    "a claim of five thousand digits": sealed(None, '{"exp": ' + "9" * 5000 + "}"),
    "the issuer named twice": twice("iss", "https://evil.example"),
    "the audience named twice": twice("aud", OTHER),
    "the service named twice": twice("serviceurl", "https://evil.example/"),
    "the end named twice": twice("exp", 1),
}


def bare(algorithm: str) -> Make:
    """What `alg: none` is famous for: no signature at all, or a good one that then means nothing."""
    return lambda d: f"{part(head(alg=algorithm))}.{part(d.claims())}."


def shared(secret: Callable[[Door], bytes], algorithm: str = "HS256") -> Make:
    """The public key, which everybody has, used as if it were a shared secret."""

    def make(d: Door) -> str:
        signed = f"{part(head(alg=algorithm))}.{part(d.claims())}"
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{signed}.{part(hmac.new(secret(d), signed.encode(), digest).digest())}"

    return make


def public(encoding: Encoding, kind: PublicFormat) -> Callable[[Door], bytes]:
    return lambda d: d.issuer.private["one"].public_key().public_bytes(encoding, kind)


def as_jwk(d: Door) -> bytes:
    return json.dumps(d.issuer.published["one"]).encode()


def signed(algorithm: str, **other: Any) -> Make:
    """Signed by Teams' own key, but in another way than Teams does."""
    return lambda d: d.issuer.sign(d.claims(), algorithm=algorithm, headers={"kid": "one", **other})


def curved(d: Door) -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(d.claims(), private, algorithm="ES256", headers={"kid": "one"})


def probabilistic(d: Door) -> str:
    """A PSS signature under a header that says RS256."""
    words = f"{part(head())}.{part(d.claims())}"
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    return f"{words}.{part(d.issuer.private['one'].sign(words.encode(), pss, hashes.SHA256()))}"


PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
ALGORITHMS: dict[str, Make] = {
    **{f"{name} and no signature": bare(name) for name in ("none", "None", "NONE", "nOnE", "none ", "")},
    "none with a good signature": sealed(head(alg="none")),
    "no algorithm": sealed(head(alg=None)),
    "an algorithm that is null": sealed({**head(), "alg": None}),
    "an algorithm that is a list": sealed(head(alg=["RS256"])),
    "an algorithm that is a number": sealed(head(alg=256)),
    "an algorithm that is an object": sealed(head(alg={"name": "RS256"})),
    "the algorithm in lower case": sealed(head(alg="rs256")),
    "an algorithm nobody knows": sealed(head(alg="RS257")),
    "HS256 with the key as PEM": shared(public(*PEM)),
    "HS256 with the key as PEM without its last line": shared(lambda d: public(*PEM)(d).rstrip()),
    "HS256 with the key as PKCS 1": shared(public(Encoding.PEM, PublicFormat.PKCS1)),
    "HS256 with the key as DER": shared(public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    "HS256 with the key as JSON": shared(as_jwk),
    "HS256 with nothing": shared(lambda _: b""),
    "HS384 with the key as PEM": shared(public(*PEM), "HS384"),
    "HS512 with the key as PEM": shared(public(*PEM), "HS512"),
    "RS384 with the right key": signed("RS384"),
    "RS512 with the right key": signed("RS512"),
    "PS256 with the right key": signed("PS256"),
    "PSS under the name of RS256": probabilistic,
    "ES256": curved,
    "ES256 under a good signature": sealed(head(alg="ES256")),
    "EdDSA under a good signature": sealed(head(alg="EdDSA")),
    "an encrypted one's": sealed(head(alg="RSA-OAEP", enc="A256GCM")),
    "a nested one's": sealed(head(cty="JWT")),
    "a type of other tokens": sealed(head(typ="at+jwt")),
    "a type that is no text": sealed(head(typ=["JWT"])),
    "an extension that must be understood": sealed(head(crit=["exp"])),
    "an extension nobody knows": sealed(head(crit=["http://evil.example"], **{"http://evil.example": True})),
    "a payload that is not encoded": sealed(head(b64=False, crit=["b64"])),
    "a payload that is not encoded, without saying that it matters": sealed(head(b64=False)),
    "packed claims": sealed(head(zip="DEF")),
}


def stranger(**other: Any) -> Make:
    """Signed by somebody else, who says where their key is to be had."""

    def make(d: Door) -> str:
        d.issuer.add("mallory", publish=False)
        public_key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key("mallory").public_key()))
        told = {name: public_key if value is ... else value for name, value in other.items()}
        return d.issuer.seal(head(**told), d.claims(), kid="mallory")

    return make


KEYS: dict[str, Make] = {
    "a stranger's key": stranger(),
    "the key brought along": stranger(jwk=...),
    "the key brought along and no name": stranger(jwk=..., kid=None),
    "the key's address": stranger(jku="https://evil.example/keys"),
    "the key's address on the machine": stranger(jku="file:///etc/passwd"),
    "a certificate's address": stranger(x5u="https://evil.example/cert"),
    "a certificate brought along": stranger(x5c=["MIIB"]),
    "a certificate's print": stranger(x5t="one"),
    "no name": sealed(head(kid=None)),
    "a name that is null": sealed({**head(), "kid": None}),
    "a name that is a number": sealed(head(kid=1)),
    "a name that is true": sealed(head(kid=True)),
    "a name that is a list": sealed(head(kid=["one"])),
    "a name that is an object": sealed(head(kid={"kid": "one"})),
}
UNKNOWN_KEYS: dict[str, Make] = {
    "an empty name": sealed(head(kid="")),
    "the name in upper case": sealed(head(kid="ONE")),
    "the name with a blank": sealed(head(kid="one ")),
    "the name with a nought byte": sealed(head(kid="one\0")),
    "a path": sealed(head(kid="../../../../../../dev/null")),
    "a path in Windows": sealed(head(kid="..\\..\\windows\\win.ini")),
    "a query": sealed(head(kid="one' UNION SELECT 'secret' --")),
    "a command": sealed(head(kid="one|/usr/bin/id")),
    "an address": sealed(head(kid="https://evil.example/keys/one")),
    "a template": sealed(head(kid="{{7*7}}${7*7}")),
    "a line break": sealed(head(kid="one\r\nX-Admin: 1")),
    "half a character": sealed(json.dumps(head(kid="\ud800"))),
    "four thousand letters": sealed(head(kid="k" * 4000)),
    "the name of a key of Entra's": stranger(kid="entra-2026"),
    "a key never published": stranger(kid="mallory"),
}


def claims(**other: Any) -> Make:
    """Rightly signed by Teams' key, with claims that are not for us; `None` takes one away."""

    def make(d: Door) -> str:
        told = {name: value(d) if callable(value) else value for name, value in other.items()}
        return d.issuer.seal(head(), d.claims(**told))

    return make


def written(name: str, value: str) -> Make:
    """A claim written as no JSON library would write it."""
    return lambda d: d.issuer.seal(head(), json.dumps(d.claims(**{name: "?"})).replace('"?"', value))


TIMES: dict[str, Make] = {
    "over, and beyond what clocks may differ": claims(exp=lambda d: now(d) - 300),
    "over long ago": claims(exp=lambda d: now(d) - 10 * HOUR),
    "no end": claims(exp=None),
    "an end that is text": claims(exp="9999999999"),
    "an end that is null": written("exp", "null"),
    "an end that is true": claims(exp=True),
    "an end that is a list": claims(exp=[9999999999]),
    "an end that is an object": claims(exp={"$gt": 0}),
    "an end that is no number": written("exp", "NaN"),
    "an end that never comes": written("exp", "Infinity"),
    "an end before all time": written("exp", "-Infinity"),
    "an end too large for a number": written("exp", "1e309"),
    "an end of four hundred digits": written("exp", "9" * 400),
    "an end in milliseconds": claims(exp=lambda d: (now(d) + HOUR) * 1000),
    "an end below nought": claims(exp=-1),
    "an end at nought": claims(exp=0),
    "a beginning to come": claims(nbf=lambda d: now(d) + 301),
    "no beginning": claims(nbf=None),
    "a beginning that is text": claims(nbf="0"),
    "a beginning that is false": claims(nbf=False),
    "a beginning that is no number": written("nbf", "NaN"),
    "a beginning before all time": written("nbf", "-1e309"),
    "made in the future": claims(iat=lambda d: now(d) + 301),
    "made at a time that is text": claims(iat="yesterday"),
    "made at a time that is true": claims(iat=True),
    "made at a time that never comes": written("iat", "1e309"),
}
AUDIENCES: dict[str, Make] = {
    "none": claims(aud=None),
    "null": written("aud", "null"),
    "nothing": claims(aud=""),
    "another app's": claims(aud=OTHER),
    "a list of ours": claims(aud=[APP]),
    "ours and another's": claims(aud=[APP, OTHER]),
    "an empty list": claims(aud=[]),
    "an object": claims(aud={"id": APP}),
    "a number": claims(aud=0),
    "true": claims(aud=True),
    "the beginning of ours": claims(aud=APP[:-1]),
    "ours and more": claims(aud=f"{APP}a"),
    "ours and a blank": claims(aud=f"{APP} "),
    "ours and a nought byte": claims(aud=f"{APP}\0"),
    "ours and another with a comma": claims(aud=f"{APP},{OTHER}"),
    "ours in brackets": claims(aud=f"{{{APP}}}"),
    "ours without hyphens": claims(aud=APP.replace("-", "")),
    "our API": claims(aud=f"api://{APP}"),
    "our API for Teams": claims(aud=f"api://desk.example/botid-{APP}"),
    "our service principal": claims(aud=f"spn:{APP}"),
    "the bot in the channel": claims(aud=f"28:{APP}"),
    "the connector's own": claims(aud=ISSUER),
    "Graph": claims(aud="https://graph.microsoft.com"),
    "any": claims(aud="*"),
}
ISSUERS: dict[str, Make] = {
    "none": claims(iss=None),
    "null": written("iss", "null"),
    "nothing": claims(iss=""),
    "a list": claims(iss=[ISSUER]),
    "a number": claims(iss=1),
    "with a slash": claims(iss=f"{ISSUER}/"),
    "with a blank": claims(iss=f" {ISSUER}"),
    "in upper case": claims(iss=ISSUER.upper()),
    "without https": claims(iss=ISSUER.replace("https", "http")),
    "the host alone": claims(iss="api.botframework.com"),
    "a host that begins so": claims(iss=f"{ISSUER}.evil.example"),
    "the government's": claims(iss="https://api.botframework.us"),
    "China's": claims(iss="https://api.botframework.azure.cn"),
    "Entra of our tenant, version 1": claims(iss=f"https://sts.windows.net/{TENANT}/"),
    "Entra of our tenant, version 2": claims(iss=f"https://login.microsoftonline.com/{TENANT}/v2.0"),
    "Entra's government": claims(iss=f"https://login.microsoftonline.us/{TENANT}/v2.0"),
    "the emulator, version 1": claims(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", appid=APP),
    "the emulator, version 2": claims(
        iss="https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0", azp=APP, ver="2.0"
    ),
    "the emulator, version 3.1": claims(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", ver="1.0"),
    "a skill, version 1": claims(iss="https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/", appid=OTHER),
    "a skill, version 2": claims(
        iss="https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0", azp=OTHER, ver="2.0"
    ),
    "a skill of our tenant": claims(iss=f"https://sts.windows.net/{TENANT}/", appid=OTHER, ver="1.0"),
    "one that calls itself": claims(iss="self"),
}

TOKENS: dict[str, Make] = {
    **{f"form: {name}": make for name, make in MALFORMED.items()},
    **{f"algorithm: {name}": make for name, make in ALGORITHMS.items()},
    **{f"key: {name}": make for name, make in KEYS.items()},
    **{f"time: {name}": make for name, make in TIMES.items()},
    **{f"audience: {name}": make for name, make in AUDIENCES.items()},
    **{f"issuer: {name}": make for name, make in ISSUERS.items()},
}


async def refused(d: Door, sent: Any, *headers: tuple[str, str], status: int, may_call: Sequence[str] = ()) -> None:
    """Deliver, once the keys are known; nothing but a short answer may come of it."""
    assert (await d.deliver(activity(text="hi", id="first")))[0] == 200
    before, calls = d.seen, len(d.calls)
    with capture_logs() as logs:
        answer, body = await d.knock(sent, *headers)
    assert (answer, d.seen) == (status, before)
    assert d.calls[calls:] in ([], list(may_call))
    assert json.loads(body) == {"error": "not admitted"}
    assert [entry["event"] for entry in logs] == ["not_admitted", "request"][: len(logs)]
    assert "eyJ" not in repr(logs)
    assert (await d.deliver(activity(text="hi", id="last")))[0] == 200  # and those who may are still let in


@pytest.mark.parametrize("name", HEADERS)
async def test_a_header_that_is_not_exactly_a_bearer_token_is_401(name: str) -> None:
    async with door() as d:
        await refused(d, activity(text="cancel"), *HEADERS[name](d), status=401)


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_is_not_teams_own_is_401(name: str) -> None:
    async with door() as d:
        await refused(d, activity(text="cancel"), bearer(TOKENS[name](d)), status=401)


@pytest.mark.parametrize("name", UNKNOWN_KEYS)
async def test_a_key_nobody_published_is_401_after_one_look(name: str) -> None:
    async with door() as d:
        await refused(d, activity(text="cancel"), bearer(UNKNOWN_KEYS[name](d)), status=401, may_call=ENTRA)


async def test_a_hundred_unknown_keys_cost_one_look() -> None:
    async with door() as d:
        assert (await d.deliver(activity(text="hi")))[0] == 200
        before = len(d.calls)
        for number in range(100):
            token = d.issuer.seal(head(kid=f"k{number}"), d.claims())
            assert (await d.knock(activity(text="cancel"), bearer(token)))[0] == 401
        assert d.calls[before:] == ENTRA


# -- where it came from ----------------------------------------------------------------------------------------------

HOSTS = (
    "http://smba.example/emea/",
    "HTTPS://SMBA.EXAMPLE.evil.example/emea/",
    "https://smba.example:8443/emea/",
    "https://smba.example@evil.example/emea/",
    "https://ann:pass@smba.example/emea/",
    "https://smba.example./emea/",
    "https://smba.example../emea/",
    "https://smba.example\\.evil.example/",
    "https://smba.example%2eevil.example/",
    "https://smba.example#@evil.example/",
    "https://evil.example/?https://smba.example/",
    "https://evil.example/smba.example/",
    "https://smbа.example/",  # noqa: RUF001 - a Cyrillic letter
    "https://ｓｍｂａ.example/",  # noqa: RUF001 - full-width letters
    "https://smba\u3002example/",
    "https://xn--smb-7cd.example/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://169.254.169.254/metadata/identity/oauth2/token",
    "https://login.smba.example/emea/",
    "https://smba.example/../evil/",
    "https://smba.example/emea/?redirect=https://evil.example/",
    "https://smba.example/%2e%2e/",
    "https://smba.example//evil.example/",
    "//smba.example/emea/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https://smba.example/\r\nX-Admin: 1",
    " https://smba.example/emea/",
    "https://smba.example/emea/\0",
    "https://smba.example/" + "a" * 3000,
)


@pytest.mark.parametrize("url", HOSTS, ids=range(len(HOSTS)))
async def test_a_service_that_is_not_teams_own_is_403_even_when_the_token_names_it(url: str) -> None:
    async with door() as d:
        token = d.token(serviceurl=url)
        await refused(d, activity(text="cancel", serviceUrl=url), bearer(token), status=403)


SERVICES: dict[str, Make] = {
    "none": claims(serviceurl=None),
    "null": written("serviceurl", "null"),
    "nothing": claims(serviceurl=""),
    "a list": claims(serviceurl=[SERVICE]),
    "a number": claims(serviceurl=1),
    "an object": claims(serviceurl={"url": SERVICE}),
    "two spellings": claims(serviceUrl=SERVICE),
    "two spellings that differ": claims(SERVICEURL="https://evil.example/"),
    "another of Teams' own": claims(serviceurl="https://smba.example/amer/"),
    "without its slash": claims(serviceurl=SERVICE.rstrip("/")),
    "in upper case": claims(serviceurl=SERVICE.upper()),
    "with a dot": claims(serviceurl=f"{SERVICE}."),
    "with a blank": claims(serviceurl=f"{SERVICE} "),
}


@pytest.mark.parametrize("name", SERVICES)
async def test_a_token_for_another_service_than_the_activitys_is_403(name: str) -> None:
    async with door() as d:
        await refused(d, activity(text="cancel"), bearer(SERVICES[name](d)), status=403)


def chat(**other: Any) -> dict[str, Any]:
    whole = {"id": "a:ann", "conversationType": "personal", "tenantId": TENANT, **other}
    return {"conversation": {name: value for name, value in whole.items() if value is not None}}


def tenant(value: Any) -> dict[str, Any]:
    return {"channelData": {"tenant": {"id": value}}}


def sender(**other: Any) -> dict[str, Any]:
    return {"from": {"id": "29:ann", "name": "Ann", "aadObjectId": ANN, **other}}


ACTIVITIES: dict[str, dict[str, Any]] = {
    **{
        f"channel {channel!r}": {"channelId": channel}
        for channel in ("emulator", "webchat", "directline", "skype", "msteams ", "MSTEAMS", "msteams\0", "", "agents")
    },
    "channel that is a list": {"channelId": ["msteams"]},
    "channel that is an object": {"channelId": {"id": "msteams"}},
    "no channel": {"channelId": None},
    "another bot": {"recipient": {"id": f"28:{OTHER}"}},
    "our app without its prefix": {"recipient": {"id": APP}},
    "our app as a person": {"recipient": {"id": f"29:{APP}"}},
    "our app and more": {"recipient": {"id": f"28:{APP} "}},
    "a list of recipients": {"recipient": [{"id": f"28:{APP}"}]},
    "a recipient that is a list": {"recipient": {"id": [f"28:{APP}"]}},
    "no recipient": {"recipient": None},
    "another tenant in both places": {**tenant(OTHER), **chat(tenantId=OTHER)},
    "another tenant in the channel's data": tenant(OTHER),
    "another tenant in the conversation": chat(tenantId=OTHER),
    "two tenants, neither ours": {**tenant(OTHER), **chat(tenantId=ANN)},
    "no tenant": {"channelData": {}, **chat(tenantId=None)},
    "a tenant that is nothing": {**tenant(""), **chat(tenantId="")},
    "a tenant that is a name": {**tenant("contoso.example"), **chat(tenantId="contoso.example")},
    "a tenant that is common": {**tenant("common"), **chat(tenantId="common")},
    "a tenant that is a number": {**tenant(0), **chat(tenantId=0)},
    "a tenant that is true": {**tenant(True), **chat(tenantId=True)},
    "a tenant that is a list": {**tenant([TENANT]), **chat(tenantId=[TENANT])},
    "our tenant and a blank": tenant(f"{TENANT} "),
    "our tenant in brackets": tenant(f"{{{TENANT}}}"),
    "a conversation without an id": chat(id=None),
    "a conversation with a number": chat(id=17),
    "a conversation that is text": {"conversation": "a:ann"},
    "nobody": {"from": None},
    "a person that is text": {"from": ANN},
    "a person by name alone": {"from": {"id": "29:ann", "name": "Ann"}},
    "a person without hyphens": sender(aadObjectId=ANN.replace("-", "")),
    "a person in brackets": sender(aadObjectId=f"{{{ANN}}}"),
    "a person by URN": sender(aadObjectId=f"urn:uuid:{ANN}"),
    "a person that is a list": sender(aadObjectId=[ANN]),
    "a person that is nothing": sender(aadObjectId=""),
    "a person with a blank": sender(aadObjectId=f" {ANN}"[:36]),
    "a person with underscores": sender(aadObjectId=ANN.replace("-", "_")),
    "a person with hyphens anywhere": sender(aadObjectId="c-c-c-c-" + "c" * 28),
    "a person with other digits": sender(aadObjectId=ANN.replace("0", "\u0660")),
}


@pytest.mark.parametrize("name", ACTIVITIES)
@pytest.mark.parametrize("pressed", [False, True], ids=["written", "pressed"])
async def test_teams_own_token_with_an_activity_that_is_not_for_us_is_403(name: str, pressed: bool) -> None:
    async with door() as d:
        whole = press({"verb": "home"}) if pressed else activity(text="cancel")
        sent = {name: value for name, value in {**whole, **ACTIVITIES[name]}.items() if value is not None}
        await refused(d, sent, bearer(d.token()), status=403)


async def test_a_withdrawn_key_is_401_and_one_that_lost_its_endorsement_403() -> None:
    async with door() as d:
        assert (await d.deliver(activity(text="hi")))[0] == 200
        d.issuer.add("two", endorsements=["webchat", "directline", "msteams "])
        d.clock.advance(minutes=2)
        assert (await d.deliver(activity(text="cancel"), token=d.issuer.sign(d.claims(), kid="two")))[0] == 403
        d.issuer.add("two", endorsements=["msteams"])
        del d.issuer.published["one"]
        d.clock.advance(days=1, minutes=2)  # when the keys are renewed; the answer of this one is still the old ring's
        while len(d.calls) < 6:
            await d.knock(activity(text="cancel"), bearer("nobody.knows.this"))
            await d.deliver(activity(text="cancel"), token=d.issuer.sign(d.claims(), kid="two"))
        before = d.seen
        assert (await d.deliver(activity(text="cancel"), token=d.token()))[0] == 401
        assert d.seen == before


@pytest.mark.parametrize("bits", [1024, 1536])
async def test_a_key_that_is_too_short_is_none(bits: int) -> None:
    async with door() as d:
        assert (await d.deliver(activity(text="hi")))[0] == 200
        d.issuer.add(f"short-{bits}", bits=bits)
        d.clock.advance(minutes=2)
        before = d.seen
        token = d.issuer.seal(head(kid=f"short-{bits}"), d.claims(), kid=f"short-{bits}")
        assert (await d.deliver(activity(text="cancel"), token=token))[0] == 401
        assert d.seen == before
