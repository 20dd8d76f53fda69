"""What Verified ID remembers: requests, phones and the knobs; a request is answered once, and in time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from playground.clock import Clock
from playground.journal import Journal
from playground.people import People
from playground.verified import bodies
from playground.verified.asked import Asked
from playground.verified.callbacks import Callbacks, Habits
from playground.verified.credentials import Credential, phones
from playground.verified.judgement import DECLINED, SPOOF, Fail, Objection, objection, unsuitable

LIFE: Final = timedelta(minutes=5)
GOOD: Final = 86.3
CREATE: Final = "VerifiableCredential.Create.PresentRequest"


class Unusable(RuntimeError):
    """The phone can do nothing with this request; the text says why, to the person holding the phone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of showing a credential, and the status the verifier took the news with: 0 for no answer at all."""

    status: Literal["presentation_verified", "presentation_error"]
    text: str
    heard: int | None


@dataclass(slots=True)
class Presentation:
    """A request from its making to its answer; `scanned` are the keys of the people whose phones opened it."""

    id: str
    asked: Asked
    expires: datetime
    scanned: list[str] = field(default_factory=list)
    answer: Shown | None = None
    begun: bool = False


class Verified:
    """The knobs: `billing`, `honest` (else anything is told as verified), `granted` (app roles), `habits`, `phones`."""

    def __init__(self, *, people: People, clock: Clock, journal: Journal) -> None:
        self.billing = True
        self.honest = True
        self.granted: set[str] = {CREATE}
        self.phones = phones(people, clock.now())
        self.requests: dict[str, Presentation] = {}
        self.callbacks = Callbacks(clock=clock, journal=journal)
        self._people = people
        self._clock = clock

    @property
    def habits(self) -> Habits:
        return self.callbacks.habits

    def begin(self, asked: Asked) -> Presentation:
        """Keep a request; it is good for five minutes."""
        made = Presentation(str(uuid.uuid4()), asked, self._clock.now() + LIFE)
        self.requests[made.id] = made
        return made

    def usable(self, request_id: str) -> Presentation:
        """Return an open request, or raise `Unusable`."""
        found = self.requests.get(request_id)
        if found is None:
            raise Unusable("There is no such request.")
        if found.begun:
            raise Unusable("This request was answered already.")
        if self._clock.now() >= found.expires:
            raise Unusable("This request has expired. Ask for a new code.")
        return found

    def newest(self, key: str) -> Presentation | None:
        """Return the newest open request that a credential naming this person would answer."""
        upn = self._people[key].upn
        for found in reversed(self.requests.values()):
            named = [c for c in found.asked.wanted.constraints if c.claim == "revocationId"]
            mine = all(constraint.met({"revocationId": upn}) for constraint in named)
            if mine and not found.begun and self._clock.now() < found.expires:
                return found
        return None

    def held(self, key: str, credential: str = "") -> Credential:
        """Return a credential on this person's phone by its id, `own` or else the first when none is named."""
        phone = self.phones.get(key, [])
        found = next((one for one in phone if one.id == credential), None) if credential else next(iter(phone), None)
        if found is None:
            raise Unusable("There is no such credential on this phone.")
        return found

    def revoke(self, key: str, credential: str = "") -> None:
        """Revoke a credential, on every phone that holds it."""
        gone = self.held(key, credential)
        for phone in self.phones.values():
            phone[:] = [replace(one, revoked=True) if _same(one, gone) else one for one in phone]

    async def scan(self, request_id: str, key: str = "") -> Presentation:
        """Open a request on somebody's phone; the verifier hears of it once for each phone."""
        found = self.usable(request_id)
        if key not in found.scanned:
            found.scanned.append(key)
            await self.callbacks.tell(found.asked, bodies.retrieved(found.id, found.asked))
        return found

    async def present(
        self, request_id: str, key: str, *, score: float = GOOD, credential: str = "", fail: Fail = ""
    ) -> Shown:
        """Answer a request from this person's phone: show a credential and a face, or `fail`."""
        found = self.usable(request_id)
        wrong = DECLINED if fail == "declined" else SPOOF if fail == "spoof" else None
        shown = None if fail == "declined" else self._chosen(found, key, credential)
        if wrong is None and shown is not None and self.honest:
            wrong = objection(found.asked.wanted, shown, score=score, at=self._clock.now())
        found.begun = True  # from here on nobody else answers it, however long the verifier takes
        found.answer = await self._told(found, wrong=wrong, shown=shown, holder=key, score=score)
        return found.answer

    async def _told(
        self, found: Presentation, *, wrong: Objection | None, shown: Credential | None, holder: str, score: float
    ) -> Shown:
        if wrong is not None or shown is None:
            wrong = wrong or DECLINED
            heard = await self.callbacks.tell(found.asked, bodies.failed(found.id, found.asked, wrong))
            return Shown("presentation_error", wrong.message, heard)
        body = bodies.verified(found.id, found.asked, holder=holder, credential=shown, score=score)
        return Shown("presentation_verified", "", await self.callbacks.tell(found.asked, body))

    def _chosen(self, found: Presentation, key: str, credential: str) -> Credential:
        if credential:
            return self.held(key, credential)
        fitting = [one for one in self.phones.get(key, []) if not unsuitable(found.asked.wanted, one)]
        return fitting[0] if fitting else self.held(key)


def _same(one: Credential, other: Credential) -> bool:
    return (one.issuer, one.claims.get("revocationId")) == (other.issuer, other.claims.get("revocationId"))
