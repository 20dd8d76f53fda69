"""Step-up: a one-time transaction from prompt to proof. Only a validated token of that very person counts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from bot.core.actions import OfferToken
from bot.core.answers import Answer, Done, EntryWanted, Refused, SignInPage, SignInRefused, SignInWanted
from bot.core.audit import Deed, Note
from bot.core.errors import Conflict, DeskError, Forged, Rejected, Unavailable
from bot.core.evidence import fresh
from bot.core.life.step import PAGE_LIFE
from bot.core.model import Actor, Person, Refusal, Request
from bot.core.ports import Purpose, SignIn, SignInStage, Unit, Urgency
from bot.core.reasons import Reason
from bot.core.signins import SignedIn, SignIns
from bot.desk.facts import Inquiry
from bot.desk.ledger import Ledger, once_more
from bot.desk.purposes import Use
from bot.desk.record import Try
from bot.desk.strangers import Strangers

TRIES: Final = 3  # wrong codes before the transaction is over

NO_PROOF: Final = frozenset({Reason.SIGN_IN_CANCELLED, Reason.UNKNOWN})  # nothing was offered that did not hold


@dataclass(frozen=True, slots=True)
class StepUp:
    """`uses` say by purpose what follows; a purpose that is not among them needs more than a sign-in here."""

    ledger: Ledger
    inquiry: Inquiry
    sign_ins: SignIns
    uses: Mapping[Purpose, Use]
    strangers: Strangers

    async def offered(self, actor: Actor, action: OfferToken) -> Answer:
        """Try with the token Teams exchanged silently; when that is not enough, the popup is asked for."""
        sign_in = await self._load(action.sign_in)
        if sign_in is None:
            await self.ledger.record.absent(actor.person, "token")
        if sign_in is None or not await self.own(actor, sign_in, "token"):
            return SignInWanted(action.sign_in, Reason.SIGN_IN_EXPIRED)
        use = self.uses.get(sign_in.purpose)
        if use is None or not use.silent:
            return SignInWanted(action.sign_in, Reason.SIGN_IN_EXPIRED)
        if sign_in.stage is SignInStage.FINISHED:  # another of this person's clients was faster
            return Done()
        person = sign_in.person
        if sign_in.expires_at <= self.ledger.clock.now():
            return SignInWanted(sign_in.id, Reason.SIGN_IN_EXPIRED)
        try:
            proven = await self.sign_ins.silently(
                action.token, tenant=person.tenant, person=person.id, context=sign_in.context
            )
        except Forged as error:
            await self._tried(sign_in, error.code, "token", actor.person)
            return SignInWanted(sign_in.id, Reason.WEAK_SIGN_IN)
        except (Rejected, Unavailable):
            return SignInWanted(sign_in.id, Reason.WEAK_SIGN_IN)
        reason = await self._weakness(sign_in, proven)
        if reason is Reason.WRONG_PERSON:
            await self._tried(sign_in, reason, "token", actor.person)
        if reason is not None:  # not the end of it: the button asks for a sign-in made for this
            return SignInWanted(sign_in.id, reason)
        return await self._finish(replace(sign_in, at=proven.at))

    async def page(self, sign_in_id: str) -> SignInPage | SignInRefused:
        """Say what a sign-in would allow, before anybody is sent to Entra."""
        sign_in, request = await self._read(sign_in_id)
        if sign_in is None:
            return SignInRefused(Reason.NOT_FOUND, "en")
        refused = self._over(sign_in)
        if refused is not None:
            return refused
        tells = self.uses[sign_in.purpose].tells
        if request is not None:
            asked = (f"{request.kind}.title", request.subject.name, request.created_at)
            return SignInPage(sign_in.person, sign_in.purpose, *asked, sign_in.expires_at)
        page = await tells(sign_in) if tells is not None else None
        return page or SignInRefused(Reason.NOT_FOUND, sign_in.person.language)

    async def start(self, sign_in_id: str, cookie: str) -> str | SignInRefused:
        """Tie the transaction to this browser and return the address of Entra's sign-in page."""
        sign_in = await self._load(sign_in_id)
        if sign_in is None:
            return SignInRefused(Reason.NOT_FOUND, "en")
        refused = self._over(sign_in)
        if refused is not None:
            return refused
        if sign_in.cookie and not same(cookie, sign_in.cookie):
            await self._tried(sign_in, "another_browser", "browser")
            return SignInRefused(Reason.SIGN_IN_FAILED, sign_in.person.language)
        try:
            flow = await self.sign_ins.begin(context=sign_in.context, login_hint=await self._hint(sign_in))
        except (Rejected, Unavailable):
            return SignInRefused(Reason.UNKNOWN, sign_in.person.language)
        started = replace(sign_in, cookie=digest(cookie), flow=flow, stage=SignInStage.STARTED)
        if not await self._kept(started):
            return SignInRefused(Reason.SIGN_IN_FAILED, sign_in.person.language)
        return str(flow["auth_uri"])

    async def returned(self, cookie: str, answer: Mapping[str, str]) -> str | EntryWanted | SignInRefused:
        """Take Entra's answer; return the one-time code that must come back through the person's Teams.

        Where something is to be entered, the proof serves in this very browser and nowhere else: it counts at once.
        """
        sign_in = await self._load(cookie.partition(".")[0])
        if sign_in is None:
            await self.strangers.knocked("browser")
            return SignInRefused(Reason.SIGN_IN_FAILED, "en")
        if not same(cookie, sign_in.cookie):  # nor where it was never begun in one
            await self._tried(sign_in, "another_browser", "browser")
            return SignInRefused(Reason.SIGN_IN_FAILED, "en")
        refused = self._over(sign_in)
        if refused is not None or sign_in.flow is None:  # it is there from the start to the answer, once
            return refused or SignInRefused(Reason.SIGN_IN_FAILED, sign_in.person.language)
        try:
            proven = await self.sign_ins.finish(sign_in.flow, answer)
        except (Rejected, Unavailable) as error:
            return await self._failed(sign_in, _why(error))
        reason = await self._weakness(sign_in, proven)
        if reason is not None:
            return await self._failed(sign_in, reason)
        code = f"{sign_in.id}.{secrets.token_urlsafe(16)}"
        back = replace(sign_in, flow=None, code=digest(code), at=proven.at, stage=SignInStage.RETURNED)
        if self.uses[sign_in.purpose].page:
            return await self._to_the_page(back)
        return code if await self._kept(back) else SignInRefused(Reason.SIGN_IN_FAILED, sign_in.person.language)

    async def code_returned(self, actor: Actor, code: str) -> Answer:
        """Take the code that came back through Teams: from the same person, in the same chat, once."""
        sign_in, request = await self._read(code.partition(".")[0])
        if sign_in is None:
            await self.ledger.record.absent(actor.person, "code")
        if sign_in is None or not await self.own(actor, sign_in, "code"):
            return Refused(Refusal(Reason.SIGN_IN_FAILED))
        if sign_in.stage is SignInStage.FINISHED and same(code, sign_in.code):
            return Done()  # Teams sent it twice
        returned = sign_in.stage is SignInStage.RETURNED
        if self._over(sign_in) is not None or not returned or self.uses[sign_in.purpose].page:
            return Refused(Refusal(Reason.SIGN_IN_EXPIRED))
        if not same(code, sign_in.code):
            return await self._miss(sign_in)
        return await self._finish(sign_in, request)

    async def _to_the_page(self, sign_in: SignIn) -> EntryWanted | SignInRefused:
        """Let the proof count, and leave the transaction to the page it opens."""

        async def also(unit: Unit, _: object) -> None:
            await unit.keep_sign_in(replace(sign_in, expires_at=self.ledger.clock.now() + PAGE_LIFE))

        try:
            answer = await self.uses[sign_in.purpose].finish(sign_in, also, None)
        except Conflict:
            return SignInRefused(Reason.SIGN_IN_FAILED, sign_in.person.language)
        if isinstance(answer, Refused):
            return SignInRefused(answer.refusal.reason, sign_in.person.language)
        return EntryWanted()

    async def _finish(self, sign_in: SignIn, known: Request | None = None) -> Answer:
        """Close the transaction and let its proof count, both in one commit."""

        async def also(unit: Unit, _: object) -> None:
            await unit.keep_sign_in(replace(sign_in, stage=SignInStage.FINISHED))

        return await self.uses[sign_in.purpose].finish(sign_in, also, known)

    async def _weakness(self, sign_in: SignIn, proven: SignedIn) -> Reason | None:
        """Say why what was proven is no evidence, or None when it is; the same whichever way it came."""
        if (proven.tenant, proven.person) != (sign_in.person.tenant, sign_in.person.id):
            return Reason.WRONG_PERSON
        if sign_in.context not in proven.contexts:
            return Reason.WEAK_SIGN_IN
        if not fresh(proven.at, asked=sign_in.created_at, now=self.ledger.clock.now()):
            return Reason.OLD_SIGN_IN
        used = await self.ledger.used(proven.tenant, proven.person, proven.at, but=sign_in.request)
        return Reason.USED_SIGN_IN if used else None

    def _over(self, sign_in: SignIn) -> SignInRefused | None:
        if sign_in.stage is SignInStage.FINISHED or sign_in.expires_at <= self.ledger.clock.now():
            return SignInRefused(Reason.SIGN_IN_EXPIRED, sign_in.person.language)
        if sign_in.purpose not in self.uses:  # their own token is needed, and no sign-in here would give us one
            return SignInRefused(Reason.ONLY_BY_TEAMS, sign_in.person.language)
        return None

    async def own(self, actor: Actor, sign_in: SignIn, door: str) -> bool:
        """Say whether this person may go on with a transaction; that somebody else tried to is written down."""
        if bound(actor, sign_in):
            return True
        await self._tried(sign_in, "not_theirs", door, actor.person)
        return False

    async def _tried(self, sign_in: SignIn, reason: str, door: str, by: Person | None = None) -> None:
        """Write down a proof that did not hold; the transaction goes on."""
        request = await self.ledger.load(sign_in.request)
        await self.ledger.record.failed(request, Try(reason, door, sign_in.person, by))

    async def _load(self, sign_in_id: str) -> SignIn | None:
        async with self.ledger.store.unit() as unit:
            return await unit.sign_in(sign_in_id)

    async def _read(self, sign_in_id: str) -> tuple[SignIn | None, Request | None]:
        """Return a transaction and the request it is about."""
        async with self.ledger.store.unit() as unit:
            return await asyncio.gather(unit.sign_in(sign_in_id), unit.request_of(sign_in_id))

    async def _kept(self, sign_in: SignIn) -> bool:
        """Save it; say False when somebody else changed it first: one browser, one answer, one code."""
        try:
            async with self.ledger.store.unit() as unit:
                await unit.keep_sign_in(sign_in)
        except Conflict:
            return False
        return True

    async def _failed(self, sign_in: SignIn, reason: str) -> SignInRefused:
        """Close the transaction for good, write down why, and begin another: the button stays, and says so."""
        request = await self.ledger.load(sign_in.request)
        with suppress(Conflict):  # somebody else closed it first: of what was pressed since, nothing is undone
            async with self.ledger.store.unit() as unit:
                await unit.hold(sign_in.request)
                await unit.keep_sign_in(replace(sign_in, flow=None, stage=SignInStage.FINISHED))
                if await self._begins_anew(unit, sign_in, request):
                    await unit.keep_sign_in(once_more(sign_in, reason, self.ledger.clock.now()))
                if request is not None:
                    await self._came_to_nothing(unit, request, sign_in.person, reason)
                    await self.ledger.changed(unit, request, Urgency.PROMPT)
        return SignInRefused(reason, sign_in.person.language)

    async def _begins_anew(self, unit: Unit, sign_in: SignIn, request: Request | None) -> bool:
        again = self.uses[sign_in.purpose].again
        return request is not None or (again is not None and await again(unit, sign_in))

    async def _came_to_nothing(self, unit: Unit, request: Request, person: Person, reason: str) -> None:
        if reason in NO_PROOF:
            await unit.note(request, Note(Deed.STEP_UP_FAILED, {"by": person.id, "reason": reason}))
        else:
            tried = Try(reason, "browser", person, person, Deed.STEP_UP_FAILED)
            await self.ledger.record.failing(unit, request, tried)

    async def _miss(self, sign_in: SignIn) -> Answer:
        missed = replace(sign_in, tries=sign_in.tries + 1)
        await self._tried(sign_in, "wrong_code", "code", sign_in.person)
        if missed.tries >= TRIES:
            await self._failed(sign_in, Reason.SIGN_IN_FAILED)
        else:
            await self._kept(missed)
        return Refused(Refusal(Reason.SIGN_IN_FAILED))

    async def _hint(self, sign_in: SignIn) -> str:
        """Whose name Entra's page should begin with; without one the person types it."""
        try:
            return (await self.inquiry.directory.account(sign_in.person.id)).upn
        except DeskError:
            return ""


def bound(actor: Actor, sign_in: SignIn) -> bool:
    """The same person, in the same private chat of the same tenant as the transaction was begun for."""
    return (
        actor.chat.personal
        and actor.chat.id == sign_in.chat.id
        and (actor.person.tenant, actor.person.id) == (sign_in.person.tenant, sign_in.person.id)
    )


def _why(error: Rejected | Unavailable) -> Reason:
    if isinstance(error, Unavailable):
        return Reason.UNKNOWN
    return Reason.SIGN_IN_CANCELLED if error.code == "cancelled" else Reason.SIGN_IN_FAILED


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def same(text: str, kept: str) -> bool:
    return hmac.compare_digest(digest(text), kept)
