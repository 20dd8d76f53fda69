"""Identity of identity: the wallet's answers are judged here, and an approver who may is shown what was kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

import structlog

from bot.core.actions import OfferToken
from bot.core.answers import Answer, Done, ProofShown, Refused, Said, SignInWanted
from bot.core.approval import may_approve
from bot.core.audit import Deed, Note
from bot.core.errors import Forged, Missing, Rejected, Unavailable
from bot.core.events import Event, Progressed
from bot.core.model import VERIFIED, Actor, Progress, Receipt, Refusal, Request, Secret, Status
from bot.core.ports import Purpose, SignIn, SignInStage, Unit
from bot.core.presentations import FAILED, Callback, Failed, Presented, Retrieved, judge, read
from bot.core.reasons import Reason
from bot.core.signins import SignIns
from bot.core.watch import Sort
from bot.desk.facts import Inquiry
from bot.desk.homes import Homes
from bot.desk.ledger import Ledger, begin
from bot.desk.record import Try
from bot.desk.stepup import bound
from bot.desk.strangers import Strangers

SCANNED = "scanned"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """`issuer` is our own decentralized identifier and `type` the credential's: nothing else proves anybody."""

    ledger: Ledger
    inquiry: Inquiry
    sign_ins: SignIns
    homes: Homes
    strangers: Strangers
    issuer: str
    type: str

    async def expects(self, key: str) -> bool:
        """Say whether a request was made with this key; it names the request, so one look says it."""
        request = await self._load(key.partition(".")[0])
        if request is None:
            return await self._nobody()
        known = request.receipt is not None and _same(request.receipt, "key", key)
        return known or await self._stranger(request)

    async def called_back(self, key: str, body: object) -> bool:
        """Take what the Verified ID service says of a request; False when it does not know the secrets of one.

        One-way and single-use: once it is verified, failed or out of time, nothing that comes changes it.
        """
        callback = read(body)
        if callback is None:
            return False
        request = await self._load(callback.state.reveal().partition(".")[0])
        receipt = request.receipt if request is not None else None
        if request is None:
            return await self._nobody()
        if receipt is None or not _authentic(receipt, key, callback):
            return await self._stranger(request)
        if self._awaits(request, callback):
            await self._progressed(request.id, callback)
        return True

    async def _nobody(self) -> bool:
        """Write down that somebody called back about what is not there."""
        await self.strangers.knocked("wallet")
        return False

    async def _stranger(self, request: Request) -> bool:
        """Write down that somebody spoke for the service without its secrets, and say that it was not the service."""
        await self.ledger.record.failed(request, Try("wrong_secret", "wallet", request.subject))
        return False

    async def link(self, request_id: str) -> str:
        """Return the address that opens the wallet of whoever holds the credential; "" when that is over."""
        request = await self._load(request_id)
        receipt = request.receipt if request is not None and request.status is Status.DONE else None
        if receipt is None or receipt.expires_at is None or receipt.expires_at <= self.ledger.clock.now():
            return ""
        return receipt.params.get("url", "")

    async def _load(self, request_id: str) -> Request | None:
        """Anybody may send anything: what no id can be is the id of nothing."""
        try:
            return await self.ledger.load(request_id)
        except Rejected:
            return None

    def _awaits(self, request: Request, callback: Callback) -> bool:
        """It is the one that was asked for, and its time is not over, even if nobody has closed it yet."""
        made = request.receipt
        if request.status is not Status.DONE or made is None or made.expires_at is None:
            return False
        return made.object_id == callback.request_id and self.ledger.clock.now() < made.expires_at

    async def _progressed(self, request_id: str, callback: Callback) -> None:
        """Change the request, and write down what was doubted in the same commit: the same may come twice at once."""
        doubts: list[str] = []

        async def became(request: Request) -> Event | Refusal:
            doubts.clear()
            if request.receipt is None or not self._awaits(request, callback):
                return Refusal(Reason.CLOSED)
            progress, doubt = self._became(request.receipt, callback)
            doubts.extend([doubt] if doubt else [])
            return Progressed(progress)

        async def also(unit: Unit, request: Request) -> None:
            await unit.note(request, *(Note(Deed.PROOF_DOUBTED, {"why": doubt}) for doubt in doubts))
            for _ in doubts:
                await self.ledger.record.counted(unit, request.requester, Sort.BY, request)

        await self.ledger.change(request_id, became, also)
        for doubt in doubts:
            log.warning("proof_doubted", request=request_id, why=doubt)

    def _became(self, receipt: Receipt, callback: Callback) -> tuple[Progress, str]:
        """Say what a callback makes of the request, and what about it the service should not have let through."""
        match callback:
            case Retrieved():
                return Progress(SCANNED), ""
            case Failed(message_kind=kind):
                return Progress(FAILED, over=True, receipt=_closed(receipt, why=kind)), ""
            case Presented():
                doubt = self._doubt(receipt, callback)
                if doubt:
                    return Progress(FAILED, over=True, receipt=_closed(receipt, why=doubt)), doubt
                score = int(callback.credentials[0].score or 0)  # rounded down: no better than it was
                at = self.ledger.clock.now().isoformat()
                proof = replace(_closed(receipt, at=at, score=str(score)), follow=True)
                return Progress(VERIFIED, over=True, receipt=proof), ""
            case _:
                assert_never(callback)

    def _doubt(self, receipt: Receipt, presented: Presented) -> str:
        """Say why what was shown does not prove that the person this was asked for is there now, or ""."""
        params = receipt.params
        since = datetime.fromisoformat(params["since"]) if params.get("since") else None
        return judge(
            presented,
            issuer=self.issuer,
            type=self.type,
            upn=params["upn"],
            threshold=int(params["threshold"]),
            at=self.ledger.clock.now(),
            since=since,
        )

    async def ask(self, actor: Actor, request: Request) -> Answer:
        """Send an approver a sign-in prompt in their private chat: what they may see, Entra decides by their token."""
        refusal = await self._objection(actor.person.id, request)
        if refusal is not None:
            await self.ledger.refuse(request, refusal, actor.person, Sort.REFUSED)
            return Refused(refusal, request)
        now = self.ledger.clock.now()
        home = await self.homes.reach(actor)
        if isinstance(home, Refusal):
            return Refused(home, request)
        async with self.ledger.store.unit() as unit:
            await unit.keep_sign_in(begin(request, Purpose.LOOK, home, "", now))
            await self.ledger.changed(unit, request)
        return Said("proof.continue_in_private")

    async def _objection(self, approver: str, request: Request) -> Refusal | None:
        """Say why this person has nothing to look at: it is for those who decide, before or after their own yes."""
        facts = await self.inquiry.about_approver(approver, request)
        refusal = may_approve(self.inquiry.policy(request), facts, request, approver)
        return None if refusal is not None and refusal.reason == Reason.ALREADY_APPROVED else refusal

    async def offered(self, actor: Actor, sign_in: SignIn, action: OfferToken) -> Answer:
        """Read with the token Teams exchanged for this approver, and show it to them; nothing of it is kept."""
        request = await self.ledger.load(sign_in.request)
        if request is not None and not bound(actor, sign_in):
            await self.ledger.record.failed(request, Try("not_theirs", "token", sign_in.person, actor.person))
            return SignInWanted(sign_in.id, Reason.SIGN_IN_EXPIRED)
        if request is None or sign_in.expires_at <= self.ledger.clock.now():
            return SignInWanted(sign_in.id, Reason.SIGN_IN_EXPIRED)
        if sign_in.stage is SignInStage.FINISHED:
            return Done()
        proof = await self.kept(sign_in, action, request.subject.id, request)
        shown = Refused(proof) if isinstance(proof, Refusal) else ProofShown(request.subject, proof)
        return await self._over(request, sign_in, shown)

    async def kept(
        self, sign_in: SignIn, action: OfferToken, subject: str, request: Request | None
    ) -> Mapping[str, str | int] | Refusal:
        """Return what the directory keeps of somebody's last proof, as far as it shows that to who signed in."""
        person = sign_in.person
        try:
            token = await self.sign_ins.delegated(Secret(action.token), tenant=person.tenant, person=person.id)
            return await self.inquiry.directory.proof_of(subject, token)
        except Unavailable:
            return Refusal(Reason.UNKNOWN)
        except Missing:
            return {}
        except Rejected as error:
            log.warning("proof_not_shown", request=sign_in.request, error_code=error.code)
            if isinstance(error, Forged):
                await self.ledger.record.failed(request, Try(error.code, "token", person, person))
            return Refusal(Reason.MAY_NOT_LOOK)

    async def _over(self, request: Request, sign_in: SignIn, answer: Answer) -> Answer:
        """Close the transaction and write down who looked, before anything is shown."""
        async with self.ledger.store.unit() as unit:
            await unit.keep_sign_in(replace(sign_in, stage=SignInStage.FINISHED))
            shown = "yes" if isinstance(answer, ProofShown) else "no"
            seen = {"by": sign_in.person.id, "name": sign_in.person.name, "shown": shown}
            await unit.note(request, Note(Deed.PROOF_SEEN, seen))
            await self.ledger.changed(unit, request)
        return answer


def _authentic(receipt: Receipt, key: str, callback: Callback) -> bool:
    """Both secrets are those this one request was made with; compared without telling how far they agree."""
    return _same(receipt, "key", key) and _same(receipt, "state", callback.state.reveal())


def _same(receipt: Receipt, name: str, value: str) -> bool:
    digest = hashlib.sha256(value.encode(errors="replace")).hexdigest()
    return hmac.compare_digest(digest, receipt.params.get(name, ""))


def _closed(receipt: Receipt, **params: str) -> Receipt:
    """What is kept once it is over: the outcome, and the hashes by which a late callback is known."""
    kept: Mapping[str, str] = {name: receipt.params[name] for name in ("key", "state") if name in receipt.params}
    return Receipt(receipt.object_id, None, MappingProxyType({**kept, **params}))
