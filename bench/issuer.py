"""Issuer: the keys and tokens of a made-up Bot Framework, and a throw-away authority for the names of the real one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import certifi
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

APP: Final = "b0b0b0b0-0000-4000-8000-00000000b071"
TENANT: Final = "7e7e7e7e-0000-4000-8000-000000007e47"
SECRET: Final = "made-up-for-the-bench"
SERVICE: Final = "https://smba.trafficmanager.net/amer/"
BOT_ISSUER: Final = "https://api.botframework.com"
HOSTS: Final = (
    "login.microsoftonline.com",
    "login.botframework.com",
    "login.windows.net",
    "sts.windows.net",
    "api.botframework.com",
    "smba.trafficmanager.net",
    "token.botframework.com",
    "graph.microsoft.com",
)
KEYS: Final = 5  # as many the real issuer publishes at a time
HOUR: Final = 3600


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs with the first of its keys."""

    keys: tuple[rsa.RSAPrivateKey, ...] = field(default_factory=lambda: tuple(_key() for _ in range(KEYS)))

    def jwks(self) -> bytes:
        """Return the key set as the real one is published, endorsements included."""
        return json.dumps({"keys": [_published(number, key) for number, key in enumerate(self.keys)]}).encode()

    def token(self, *, kid: str = "key-0", **claims: object) -> str:
        """Return a token such as Teams sends; `claims` change it."""
        now = int(time.time())
        told: dict[str, Any] = {
            "iss": BOT_ISSUER,
            "aud": APP,
            "serviceurl": SERVICE,
            "nbf": now - 60,
            "exp": now + HOUR,
            **claims,
        }
        return jwt.encode(told, self.keys[0], algorithm="RS256", headers={"kid": kid, "x5t": kid})

    def access_token(self) -> str:
        """Return what Entra gives the bot for its connector, as long as a real one."""
        now = int(time.time())
        claims = {"aud": BOT_ISSUER, "appid": APP, "tid": TENANT, "iat": now, "exp": now + HOUR, "pad": "x" * 700}
        return jwt.encode(claims, self.keys[0], algorithm="RS256", headers={"kid": "key-0"})


def tampered(token: str) -> str:
    """Return a token whose claims were changed after it was signed."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims[:40]}{'A' if claims[40] != 'A' else 'B'}{claims[41:]}.{signature}"


def _published(number: int, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    kid = f"key-{number}"
    return {
        **public,
        "use": "sig",
        "kid": kid,
        "x5t": kid,
        "endorsements": ["msteams", "webchat"],
        "key_ops": ["verify"],
    }


def certify(folder: Path) -> tuple[Path, Path]:
    """Make a server's certificate with its key for the names of the real hosts, and a bundle that trusts its authority.

    The bundle holds the usual authorities too: how long it takes to load is part of what is measured.
    """
    authority, server = _key(), _key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench, throw-away")])
    root = _certificate(name, name, authority, authority, ca=True)
    leaf = _certificate(
        name, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])]), authority, server, ca=False
    )
    pem = serialization.Encoding.PEM
    private = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    served, trusted = folder / "served.pem", folder / "trusted.pem"
    served.write_bytes(private + leaf.public_bytes(pem))
    trusted.write_bytes(Path(certifi.where()).read_bytes() + root.public_bytes(pem))
    return served, trusted


def _certificate(
    issuer: x509.Name, subject: x509.Name, signer: rsa.RSAPrivateKey, holder: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    draft = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(holder.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(holder.public_key()), critical=False)
    )
    return draft.sign(signer, hashes.SHA256())
