"""Asked: a request for a presentation, read strictly: https://learn.microsoft.com/entra/verified-id/presentation-request-api."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playground.verified.fields import Fields
from playground.verified.refusals import bad

_HEADERS: Final = frozenset({"api-key", "authorization"})
_OPERANDS: Final = ("values", "contains", "startsWith")
_LEAST, _USUAL, _MOST = 50, 70, 100


@dataclass(frozen=True, slots=True)
class FaceCheck:
    photo: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """One claim, and what it must be: one of some values, or something that contains or begins with a text."""

    claim: str
    operand: str
    values: tuple[str, ...]

    def met(self, claims: Mapping[str, str]) -> bool:
        if self.claim not in claims:
            return False
        said, wanted = claims[self.claim].casefold(), [value.casefold() for value in self.values]
        match self.operand:
            case "values":
                return said in wanted
            case "contains":
                return wanted[0] in said
            case _:
                return said.startswith(wanted[0])


@dataclass(frozen=True, slots=True)
class Wanted:
    """One credential that is asked for; without `issuers` anybody's is good."""

    type: str
    purpose: str
    issuers: tuple[str, ...]
    constraints: tuple[Constraint, ...]
    allow_revoked: bool
    linked: bool
    face: FaceCheck | None


@dataclass(frozen=True, slots=True)
class Asked:
    """`headers` hold the verifier's own secret; `state` is the verifier's as well."""

    client: str
    purpose: str
    url: str
    state: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    wanted: Wanted
    receipt: bool
    picture: bool


def read(body: Any, *, authority: str) -> Asked:
    """Read the body of a request; raise `RefusedByVerifier` naming the field that is wrong."""
    top = Fields(
        body,
        ("authority", "includeQRCode", "includeReceipt", "registration", "callback", "requestedCredentials"),
    )
    if top.text("authority") != authority:
        raise bad("The authority is not one of this tenant's.", "authority")
    registration = top.part("registration", ("clientName", "purpose", "logoUrl", "termsOfServiceUrl"))
    callback = top.part("callback", ("url", "state", "headers"))
    receipt = top.flag("includeReceipt")
    return Asked(
        client=registration.text("clientName"),
        purpose=registration.text("purpose", optional=True),
        url=_reachable(callback),
        state=callback.text("state"),
        headers=_headers(callback),
        wanted=_one(top, receipt=receipt),
        receipt=receipt,
        picture=top.flag("includeQRCode"),
    )


def _reachable(callback: Fields) -> str:
    url = callback.text("url")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad("The callback URL is not an absolute address.", "callback.url")
    if not _loopback(parts.hostname):
        raise bad("The callback URL is not reachable from the playground, which stays on this machine.", "callback.url")
    return url


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(callback: Fields) -> dict[str, str]:
    given = callback.texts("headers")
    for name in given:
        if name.casefold() not in _HEADERS:
            raise bad(
                f"Invalid callback header '{name}': only api-key and Authorization are allowed.", "callback.headers"
            )
    return given


def _one(top: Fields, *, receipt: bool) -> Wanted:
    names = ("type", "purpose", "acceptedIssuers", "constraints", "configuration")
    asked = top.parts("requestedCredentials", names)
    if len(asked) != 1:
        raise bad("Ask for one credential: the phone here shows one at a time.", "requestedCredentials")
    one = asked[0]
    wanted = _wanted(one)
    if receipt and wanted.face is not None:
        raise bad("A receipt cannot be had together with a face check.", "includeReceipt")
    return wanted


def _wanted(one: Fields) -> Wanted:
    checks = one.part("configuration", ("validation",), optional=True).part(
        "validation", ("allowRevoked", "validateLinkedDomain", "faceCheck"), optional=True
    )
    named = ("claimName", *_OPERANDS)
    return Wanted(
        type=one.text("type"),
        purpose=one.text("purpose", optional=True),
        issuers=one.words("acceptedIssuers"),
        constraints=tuple(_constraint(part) for part in one.parts("constraints", named)),
        allow_revoked=checks.flag("allowRevoked"),
        linked=checks.flag("validateLinkedDomain"),
        face=_face(checks),
    )


def _constraint(part: Fields) -> Constraint:
    given = [name for name in _OPERANDS if part.has(name)]
    if len(given) != 1:
        raise bad(f"A constraint has exactly one of {', '.join(_OPERANDS)}.", part.place)
    values = part.words(given[0]) if given[0] == "values" else (part.text(given[0]),)
    if not values:
        raise bad("A constraint names at least one value.", part.under("values"))
    return Constraint(part.text("claimName"), given[0], values)


def _face(checks: Fields) -> FaceCheck | None:
    if not checks.has("faceCheck"):
        return None
    part = checks.part("faceCheck", ("sourcePhotoClaimName", "matchConfidenceThreshold"))
    threshold = part.number("matchConfidenceThreshold", usual=_USUAL)
    if not _LEAST <= threshold <= _MOST:
        text = f"matchConfidenceThreshold must be an integer between {_LEAST} and {_MOST}."
        raise bad(text, part.under("matchConfidenceThreshold"))
    return FaceCheck(part.text("sourcePhotoClaimName"), threshold)
