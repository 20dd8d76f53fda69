"""Keys: the RSA keys tokens are signed with; a private key never leaves this module."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.types import Options

Ring = Literal["entra", "botframework"]
_ENDORSED = {"botframework": ["msteams"]}  # a Bot Framework key says which channels it speaks for


@dataclass(frozen=True, slots=True)
class Key:
    kid: str
    private: rsa.RSAPrivateKey

    def public(self) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": jwk["n"], "e": jwk["e"]}


class Keys:
    """Two rings; the last key of a ring signs, all of them verify."""

    def __init__(self) -> None:
        self._rings: dict[Ring, list[Key]] = {"entra": [_fresh()], "botframework": [_fresh()]}

    def sign(self, claims: Mapping[str, Any], ring: Ring) -> str:
        key = self._rings[ring][-1]
        return jwt.encode(dict(claims), key.private, algorithm="RS256", headers={"kid": key.kid, "x5t": key.kid})

    def read(self, token: str, ring: Ring) -> dict[str, Any] | None:
        """Return the claims of a token that a key of this ring signed; times and audience are the caller's to check."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self._rings[ring] if key.kid == kid), None)
            if key is None:
                return None
            ours: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
            claims: dict[str, Any] = jwt.decode(token, key.private.public_key(), algorithms=["RS256"], options=ours)
        except jwt.PyJWTError:
            return None
        return claims

    def jwks(self, ring: Ring) -> dict[str, Any]:
        extra = {"endorsements": _ENDORSED[ring]} if ring in _ENDORSED else {}
        return {"keys": [key.public() | extra for key in self._rings[ring]]}

    def roll(self, ring: Ring, *, keep_old: bool = True) -> None:
        """Sign with a new key from now on; without `keep_old` everything signed before stops being valid."""
        self._rings[ring] = [*(self._rings[ring] if keep_old else []), _fresh()]

    def drop(self, ring: Ring) -> None:
        """Withdraw every key but the one that signs."""
        self._rings[ring] = self._rings[ring][-1:]


def _fresh() -> Key:
    return Key(kid=secrets.token_urlsafe(20), private=make())


def make() -> rsa.RSAPrivateKey:
    """Make a private key, a twentieth of a second's work."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
