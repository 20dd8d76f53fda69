"""Factors: what people can prove themselves with, by Graph's types; one second factor of theirs is the default.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from playground.clock import Clock
from playground.people import CREATED, People, guid
from playground.tenant.history import REGISTERED, History

Type = Literal[
    "email",
    "external",
    "fido2",
    "microsoftAuthenticator",
    "password",
    "phone",
    "platformCredential",
    "softwareOath",
    "windowsHelloForBusiness",
]
SECOND: Final[frozenset[Type]] = frozenset({"external", "microsoftAuthenticator", "phone", "softwareOath"})
# These have the same id for everybody who has one.
PASSWORD_ID: Final = "28c10230-6103-485e-b985-444c60001490"
EMAIL_ID: Final = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
PHONE_IDS: Final = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}
YUBIKEY: Final = "YubiKey 5C NFC"
ICLOUD: Final = "iCloud Keychain"
_MODELS: Final = {YUBIKEY: "2fc0579f-8113-47ea-b116-bb5a8db9202a", ICLOUD: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"}


@dataclass(frozen=True, slots=True)
class Factor:
    """One method; `more` are the properties that only its type has, by Graph's names."""

    id: str
    type: Type
    created: datetime
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.more.get("displayName") or self.more.get("phoneNumber") or self.more.get("emailAddress") or "")


class Factors:
    """Look up what somebody has by their key; `default` holds ids by key."""

    def __init__(self, *, people: People, clock: Clock, history: History) -> None:
        self._clock = clock
        self._history = history
        self._held: dict[str, list[Factor]] = {person.key: [] for person in people}
        self.default: dict[str, str] = {}
        for person in people:
            self._keep(person.key, Factor(PASSWORD_ID, "password", CREATED))
            for number, (type_, more, days) in enumerate(_CAST.get(person.key, ())):
                id_ = _fixed(type_, more) or guid(f"method/{person.key}/{number}")
                self._keep(person.key, Factor(id_, type_, CREATED - timedelta(days=days), more))

    def __getitem__(self, key: str) -> tuple[Factor, ...]:
        return tuple(self._held[key])

    def of(self, key: str, type_: Type) -> tuple[Factor, ...]:
        return tuple(one for one in self._held[key] if one.type == type_)

    def add(self, key: str, type_: Type, **more: Any) -> str:
        """Give somebody a method with these properties; return its id. The first second factor is the default."""
        made = Factor(_fixed(type_, more) or str(uuid.uuid4()), type_, self._clock.now(), more)
        if any(one.id == made.id for one in self._held[key]):
            raise ValueError(f"{key} has this {type_} already")
        self._keep(key, made)
        self._history.note(key, REGISTERED, service="Authentication Methods", reason=f"User registered {type_}")
        return made.id

    def remove(self, key: str, id_: str) -> None:
        """Take a method away, whatever is left; a default that goes is followed by the next second factor."""
        left = [one for one in self._held[key] if one.id != id_]
        if len(left) == len(self._held[key]):
            raise KeyError(id_)
        self._held[key] = left
        if self.default.get(key) == id_:
            del self.default[key]
            if others := [one for one in left if one.type in SECOND]:
                self.default[key] = others[0].id

    def needed(self, key: str, id_: str) -> bool:
        """Say whether Entra keeps this one: it is the default, and there are other second factors."""
        others = [one for one in self._held[key] if one.type in SECOND and one.id != id_]
        return self.default.get(key) == id_ and bool(others)

    def _keep(self, key: str, factor: Factor) -> None:
        self._held[key].append(factor)
        if factor.type in SECOND:
            self.default.setdefault(key, factor.id)


def passkey(name: str, *, model: str, kind: str) -> dict[str, Any]:
    """Return what Graph tells of a passkey; `kind` is `deviceBound` or `synced`."""
    if kind not in {"deviceBound", "synced"}:
        raise ValueError("a passkey is deviceBound or synced")
    bound = kind == "deviceBound"
    return {
        "displayName": name,
        "aaGuid": _MODELS.get(model) or guid(f"authenticator-model/{model}"),
        "model": model,
        "attestationCertificates": [guid(f"attestation/{model}").replace("-", "")] if bound else [],
        "attestationLevel": "attested" if bound else "notAttested",
        "passkeyType": kind,
    }


def authenticator(name: str) -> dict[str, Any]:
    return {"displayName": name, "deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.8.30"}


def phone(number: str, sort: str = "mobile") -> dict[str, Any]:
    return {"phoneNumber": number, "phoneType": sort, "smsSignInState": "notSupported"}


def _fixed(type_: Type, more: Mapping[str, Any]) -> str:
    match type_:
        case "phone":
            return PHONE_IDS[more.get("phoneType", "mobile")]
        case "email":
            return EMAIL_ID
        case "password":
            return PASSWORD_ID
        case _:
            return ""


_Held = tuple[Type, dict[str, Any], int]
_HELLO: Final = {"displayName": "CONTOSO-LT-0142", "keyStrength": "normal"}
_MAC: Final = {"displayName": "Uma's MacBook Pro", "keyStrength": "normal", "platform": "macOS"}


def _app(name: str, days: int = 200) -> _Held:
    return "microsoftAuthenticator", authenticator(name), days


def _phone(number: str, days: int = 400, sort: str = "mobile") -> _Held:
    return "phone", phone(number, sort), days


def _key(name: str, days: int = 90, *, model: str = YUBIKEY, kind: str = "deviceBound") -> _Held:
    return "fido2", passkey(name, model=model, kind=kind), days


# By person, in the order of Graph's answer, with the days they are older than the account; the first second factor of
# somebody is their default.
_CAST: Final[Mapping[str, tuple[_Held, ...]]] = {
    "ann": (_app("Ann's iPhone"), _phone("+1 4255550142"), ("windowsHelloForBusiness", _HELLO, 900)),
    "ben": (_app("Pixel 9"), _key("Ben's key")),
    "cleo": (_app("Cleo's phone"), _key("Blue key"), _phone("+1 4255550103")),
    "dora": (_key("Safe key"), _key("Everyday key")),
    "eli": (_key("Keyring"), _app("Galaxy S24")),
    "gus": (_app("Gus's phone"),),
    "sam": (_phone("+1 4255550107"),),
    "rita": (_app("Rita's iPhone"), _phone("+34 600000108")),
    "mo": (_phone("+1 4255550109"), ("email", {"emailAddress": "mo@fabrikam.example"}, 10)),
    "dan": (_phone("+1 4255550110"),),
    "olga": (_app("Olga's phone"), ("softwareOath", {"secretKey": None}, 50)),
    "uma": (_app("Uma's iPhone"), ("platformCredential", _MAC, 30)),
    "emma": (_key("Emergency key 1"), _key("Emergency key 2")),
    "greta": (_key("Greta's iPhone", model=ICLOUD, kind="synced"), _phone("+49 15100000114")),
    "tess": (_phone("+1 4255550115"),),
    "lou": (_app("Lou's phone"), _phone("+33 600000116")),
    "hugo": (_app("Hugo's phone"), _phone("+1 4255550117"), _phone("+1 4255550171", sort="office")),
    "cora": (_phone("+1 4255550118"), ("softwareOath", {"secretKey": None}, 20)),
    "fed": (("external", {"configurationId": guid("external-method"), "displayName": "Fabrikam MFA"}, 5),),
}
