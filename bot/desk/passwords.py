"""A new password, entered on our own page in the browser its subject has signed in with; kept nowhere."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import Final

from bot.core.answers import Entered, EntryPage, PasswordCheck, SignInRefused
from bot.core.errors import Conflict, DeskError
from bot.core.model import Person, Refusal, Request, Secret, Status
from bot.core.passwords import LONGEST, Rule, broken
from bot.core.ports import Purpose, SignIn, SignInStage
from bot.core.reasons import Reason
from bot.desk.acts import Acts
from bot.desk.ledger import Ledger
from bot.desk.record import Try
from bot.desk.stepup import digest, same
from bot.desk.strangers import Strangers

STRONG: Final = 3  # of zxcvbn's 0 to 4: safe from somebody who has stolen a slow hash
READ: Final = 100  # characters a guesser would need that many years for anyhow


@dataclass(frozen=True, slots=True)
class PasswordEntry:
    ledger: Ledger
    acts: Acts
    strangers: Strangers

    async def page(self, cookie: str) -> EntryPage | SignInRefused:
        """Say what the page shows, to the browser that signed in."""
        opened = await self._opened(cookie)
        if isinstance(opened, SignInRefused):
            return opened
        sign_in, request = opened
        return EntryPage(sign_in.person, request, sign_in.expires_at)

    async def checked(self, cookie: str, text: str) -> PasswordCheck | SignInRefused:
        """Say what is wrong with what was typed so far, all of it at once."""
        opened = await self._opened(cookie)
        if isinstance(opened, SignInRefused):
            return opened
        return await asyncio.to_thread(check, text, await self._words(opened[1].subject), opened[1].kind)

    async def entered(self, cookie: str, text: str) -> Entered | PasswordCheck | SignInRefused:
        """Act with what was entered, if every rule is kept."""
        opened = await self._opened(cookie)
        if isinstance(opened, SignInRefused):
            return opened
        sign_in, request = opened
        checked = await asyncio.to_thread(check, text, await self._words(request.subject), request.kind)
        if checked.faults:
            return checked
        step = await self.acts.enter(request, Secret(text))
        if step is None:
            return SignInRefused(Reason.NOT_FOUND, sign_in.person.language)
        again = step.request.status in {Status.READY, Status.UNKNOWN} and step.refusal is not None
        code = f"{sign_in.id}.{secrets.token_urlsafe(16)}"
        if not again:
            await self._over(sign_in, code)
        refusal = step.refusal if step.refusal is not None else _refused(step.request)
        return Entered(step.request, refusal, again, code)

    async def _opened(self, cookie: str) -> tuple[SignIn, Request] | SignInRefused:
        """Return the transaction this browser signed in for, and its request, as long as both are open."""
        async with self.ledger.store.unit() as unit:
            sign_in = await unit.sign_in(cookie.partition(".")[0])
        if sign_in is None:
            await self.strangers.knocked("page")
            return SignInRefused(Reason.SIGN_IN_FAILED, "en")
        if not same(cookie, sign_in.cookie):  # nor where it was never begun in a browser
            request = await self.ledger.load(sign_in.request)
            await self.ledger.record.failed(request, Try("another_browser", "page", sign_in.person))
            return SignInRefused(Reason.SIGN_IN_FAILED, "en")
        open_now = sign_in.stage is SignInStage.RETURNED and sign_in.purpose is Purpose.ENTER
        if not open_now or sign_in.expires_at <= self.ledger.clock.now():
            return SignInRefused(Reason.SIGN_IN_EXPIRED, sign_in.person.language)
        request = await self.ledger.load(sign_in.request)
        person = sign_in.person
        if request is None or (request.tenant, request.subject.id) != (person.tenant, person.id):
            return SignInRefused(Reason.NOT_FOUND, sign_in.person.language)
        if request.status not in {Status.READY, Status.UNKNOWN}:
            return SignInRefused(Reason.CLOSED, sign_in.person.language)
        return sign_in, request

    async def _over(self, sign_in: SignIn, code: str) -> None:
        try:
            async with self.ledger.store.unit() as unit:
                await unit.keep_sign_in(replace(sign_in, stage=SignInStage.FINISHED, code=digest(code)))
        except Conflict:  # another window of this browser was faster; the request itself is decided
            return

    async def _words(self, person: Person) -> tuple[str, ...]:
        """What a password of this person should not be made of."""
        try:
            account = await self.acts.inquiry.directory.account(person.id)
        except DeskError:
            return tuple(person.name.split())
        return (*person.name.split(), *account.name.split(), account.upn.partition("@")[0], account.upn)


def check(text: str, words: tuple[str, ...], kind: str) -> PasswordCheck:
    """Hold a password against Entra's rules and a strength that outlives a leak; in a thread of its own."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - twelve megabytes of words, for the few who choose a password

    faults = broken(text, words)
    strength = int(zxcvbn(text[:READ], user_inputs=list(words), max_length=LONGEST)["score"]) if text else 0
    if strength < STRONG:
        faults = (*faults, Rule.GUESSABLE)
    met = tuple(rule for rule in Rule if rule not in faults)
    return PasswordCheck(tuple(faults), met if text else (), strength, kind)


def _refused(request: Request) -> Refusal | None:
    return request.ending.refusal if request.ending is not None else None
