"""Credentials: what people's phones hold; a credential says what was true when it was issued, and stays so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from playground.people import DOMAIN, EMPLOYEES, People, Person
from playground.verified.photo import portrait, written

AUTHORITY: Final = "did:web:verifiedid.contoso.example"
FABRIKAM: Final = "did:web:fabrikam.example"
TYPE: Final = "VerifiedEmployee"
_LIFE: Final = timedelta(days=180)
_AGE: Final = timedelta(days=30)
# Who holds something else than, or beside, an own credential of ours: lookalikes are what a verifier must tell apart.
_OTHER_ISSUERS: Final = frozenset({"ann", "mo", "gus"})
_OTHER_PEOPLES: Final = {"ann": "ben", "rita": "ann"}
_REVOKED: Final = frozenset({"dan"})


@dataclass(frozen=True, slots=True)
class Credential:
    """`id` is its place on the phone: `own`, `fabrikam`, or whose it is. `domain` is empty when none is verified."""

    id: str
    issuer: str
    claims: Mapping[str, str] = field(repr=False)
    issued: datetime
    expires: datetime
    domain: str
    type: str = TYPE
    revoked: bool = False

    @property
    def name(self) -> str:
        return self.claims.get("displayName", "")


def phones(people: People, now: datetime) -> dict[str, list[Credential]]:
    """What everybody's phone holds at the start, by the person's key; not everybody's holds something."""
    return {person.key: list(_held(people, person, now)) for person in people}


def _held(people: People, person: Person, now: datetime) -> list[Credential]:
    held = []
    if person.id in people.groups[EMPLOYEES].members and not person.guest:
        held.append(_ours(person, now, id_="own"))
    if person.key in _OTHER_ISSUERS:
        domain = "https://fabrikam.example/"
        held.append(Credential("fabrikam", FABRIKAM, claims(person), now - _AGE, now + _LIFE - _AGE, domain))
    if other := _OTHER_PEOPLES.get(person.key):
        held.append(_ours(people[other], now, id_=other))
    return held


def _ours(person: Person, now: datetime, *, id_: str) -> Credential:
    dates = (now - _AGE, now + _LIFE - _AGE)
    return Credential(id_, AUTHORITY, claims(person), *dates, f"https://{DOMAIN}/", revoked=person.key in _REVOKED)


def claims(person: Person) -> dict[str, str]:
    """Say what a VerifiedEmployee says: https://learn.microsoft.com/entra/verified-id/how-to-use-quickstart-verifiedemployee."""
    name = person.papers or person.name
    given, _, family = name.partition(" ")
    return {
        "displayName": name,
        "givenName": given,
        "jobTitle": person.title,
        "mail": person.upn,
        "photo": written(portrait(person.name)),
        "preferredLanguage": person.language,
        "revocationId": person.upn,
        "surname": family,
    }
