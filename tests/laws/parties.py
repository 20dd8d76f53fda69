"""A few people and whoever may do harm, who press in any order; and what each of them truly did, told by nobody else.

A move is what somebody does, who does it, and what it is about: a form of a call, or a request. What the desk must not
do is judged by the moves alone, never by what the desk has written down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import pytest

from bot.core.actions import Approve, Consent, Deny, Press, Prove, Ref, RefuseConsent, ReturnCode, Show, Withdraw
from bot.core.answers import Answer, Refused, RequestCard, SecretShown
from bot.core.callcards import CallerCard
from bot.core.callers import Verification
from bot.core.calling import (
    AskCaller,
    AskManager,
    Calling,
    DenyCall,
    DenyVouch,
    EndCall,
    OpenRequest,
    ProveCall,
    TypeNumber,
)
from bot.core.directory import Manager
from bot.core.errors import DeskError
from bot.core.lately import Limits
from bot.core.model import Request
from bot.core.notices import ActNotice
from bot.core.options import ASSISTED, TELL_MANAGER, VERIFICATION, VERIFICATION_AGE
from bot.core.ports import Purpose, SignIn
from bot.core.proven import VALID, Proven
from bot.store import sql
from bot.store.postgres import PostgresStore
from tests.fakes import (
    EMPLOYEES,
    HELPDESK,
    POLICY,
    UNBRAKED,
    USUAL,
    FakeClock,
    Office,
    at_home,
    in_channel,
    office,
    person,
    private,
)
from tests.laws.faced import lasting, proofs
from tests.laws.wallet import Wallet

KINDS: Final = ("tap", "password")
PASSES: Final = replace(POLICY, options={ASSISTED: True, TELL_MANAGER: False})
PASSWORDS: Final = {"password": {"assisted": True, "generate": True}}
DIES: Final = "SELECT pg_terminate_backend(pg_backend_pid())"  # in place of a commit: all is written, and then
MANAGER: Final = "max"  # of everybody, and one of the helpdesk too
IMPOSTOR: Final = "impostor"  # sits at a colleague's Teams, and cannot sign in as them


@dataclass(frozen=True, slots=True)
class Move:
    what: str
    who: str = ""
    of: str = ""
    by: str = ""  # the form of the call that a request is opened with
    dies: bool = False  # the process does, before it has committed anything

    def __repr__(self) -> str:
        return " ".join(filter(None, (self.who, self.what, self.of, self.by)))


@dataclass(frozen=True, slots=True)
class Story:
    """How it should go: `agent` opens for `colleague`, who is proved to be that, and `approver` says yes."""

    form: str
    request: str
    colleague: str
    agent: str
    approver: str
    proof: str = "proves"

    @property
    def moves(self) -> tuple[Move, ...]:
        by_manager = (
            Move("waits", of="6"),  # and nobody answers
            Move("turns", self.agent, self.form),
            Move("vouches", MANAGER, self.form),
        )
        by_themselves = (Move(self.proof, self.colleague, self.form),)
        return (
            Move("asks", self.agent, self.form),
            *(by_manager if self.proof == "vouches" else by_themselves),
            Move("opens", self.agent, self.request, self.form),
            Move("agrees", self.colleague, self.request),
            Move("signs", self.colleague, self.request),
            Move("approves", self.approver, self.request),
            Move("shows", self.colleague, self.request),
        )


STORIES: Final = (
    Story("f1", "r1", "ann", "ben", "cleo"),
    Story("f2", "r2", "ann", "dora", "ben", "faces"),
    Story("f3", "r3", "kim", "cleo", "dora", "vouches"),
)
COLLEAGUE: Final = {of: story.colleague for story in STORIES for of in (story.form, story.request)}
FORMS, REQUESTS = tuple(s.form for s in STORIES), tuple(s.request for s in STORIES)
AGENTS: Final = ("ben", "cleo", "dora")
ACCOUNTS: Final = (("ben", "twin"), ("cleo",), ("dora",), ("ann", "ann2"), ("kim",), ("gus",), (MANAGER,))
HUMAN: Final = {name: str(number) for number, names in enumerate(ACCOUNTS) for name in names}
HELPERS: Final = (*AGENTS, "twin", "ann2", "gus", MANAGER)  # other accounts of Ben's and Ann's, and Gus is a guest
PEOPLE: Final = tuple(HUMAN)
ON_CALLS: Final = ("asks", "types", "guesses", "proves", "faces", "turns", "vouches", "disowns", "unvouches", "ends")
ON_REQUESTS: Final = ("agrees", "signs", "faces", "approves", "shows", "refuses", "withdraws", "denies", "replays")
WAYS: Final = {Proven.MANAGER: "vouches", Proven.STEP_UP: "proves", Proven.FACE: "faces"}
STRENGTHS: Final = tuple(WAYS.values())  # the weakest first
CHANGES: Final = frozenset({"leaves", "returns", "disabled", "enabled", "waits"})


def _crosses(move: Move) -> bool:
    """Whether it may be made at the same moment as another: not what changes what is true for the other."""
    return bool(move.who) and move.who != IMPOSTOR and move.what not in CHANGES | {"disowns", "unvouches", "refuses"}


@dataclass
class Scene:
    """One run: its own people and requests, told apart from other runs' by `tag`."""

    desk: Office
    tag: str
    kind: str
    shut: pytest.MonkeyPatch
    tried: set[tuple[str, str, str, str]] = field(default_factory=set)
    times: dict[tuple[str, str, str, str], list[datetime]] = field(default_factory=dict)  # of all that was tried
    codes: list[str] = field(default_factory=list)
    last: Move | None = None
    noes: set[str] = field(default_factory=set)  # forms that their colleague disowned, and was heard
    acted: dict[str, str] = field(default_factory=dict)  # requests whose act happened, by kind
    wrong: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        directory = self.desk.directory
        directory.members[HELPDESK] = set()
        async with self.desk.store.unit() as unit:
            for name, human in HUMAN.items():
                groups = (EMPLOYEES, HELPDESK) if name in HELPERS else (EMPLOYEES,)
                mails = (f"{self.named(name)}@contoso.example",)
                directory.add(self.named(name), *groups, human=self.named(human), guest=name == "gus", mails=mails)
                await unit.remember(person(self.named(name)), private(self.named(name)))
                directory.managers[self.named(name)] = Manager(self.named(MANAGER), "Max")

    def named(self, name: str) -> str:
        return f"{name}{self.tag}"

    async def play(self, moves: Sequence[Move]) -> None:
        """Make one move after the other, but those at once that stand behind a `both`."""
        left = list(moves)
        while left:
            move = left.pop(0)
            if move.what == "both":
                await self._made(left[:2] if len(left) > 1 and all(map(_crosses, left[:2])) else left[:1])
                del left[: 2 if len(left) > 1 and all(map(_crosses, left[:2])) else 1]
            elif move.what in {"again", "dies"}:
                await self._made([replace(self.last, dies=move.what == "dies")] if self.last else [])
            else:
                await self._made([move])
        await self._made([Move("works")])

    async def _made(self, moves: Sequence[Move]) -> None:
        before = len(self.desk.directory.writes)
        answers = await asyncio.gather(*(self._move(move) for move in moves))
        for move, answer in zip(moves, answers, strict=True):
            self._heard(move, answer)
        acts = [w for w in self.desk.directory.writes[before:] if w.startswith(("issue", "password"))]
        done = {of for of in {move.of for move in moves if move.what == "shows"} if await self._acted(of)}
        if len(acts) != len(done):
            self.wrong.append(f"{acts} by {list(moves)}")
        for of in done:
            self.acted[of] = self.kind
            self.wrong += [f"{of}: {why}" for why in await self._unearned(of)]

    async def _acted(self, of: str) -> bool:
        request = await self.load(of)
        return request is not None and of not in self.acted and request.status.value in {"done", "unknown", "acting"}

    async def _move(self, move: Move) -> Answer | None:
        if not move.who or move.what in CHANGES:
            await self._changed(move)
            return None
        self.last = replace(move, dies=False)
        self.desk.entra.who = self.named(IMPOSTOR) if move.who == IMPOSTOR else ""
        with self.shut.context() as shut:
            if move.dies:
                shut.setattr(sql, "COMMIT", DIES)
            try:
                answer = await self._pressed(replace(move, who=COLLEAGUE[move.of]) if move.who == IMPOSTOR else move)
            except DeskError:
                return None
        if answer is not None and not isinstance(answer, Refused):
            done = (move.what, move.who, move.of, move.by)
            self.tried.add(done)
            self.times.setdefault(done, []).append(self.desk.clock.now())
        return answer

    async def _changed(self, move: Move) -> None:
        accounts, who = self.desk.directory.accounts, self.named(move.who)
        match move.what:
            case "leaves":
                self.desk.directory.members[HELPDESK].discard(who)
            case "returns" if move.who in HELPERS:
                self.desk.directory.members[HELPDESK].add(who)
            case "disabled" | "enabled":
                accounts[who] = replace(accounts[who], enabled=move.what == "enabled")
            case "waits":
                self.desk.clock.advance(minutes=float(move.of))
            case "restarts":
                self.desk = restarted(self.desk)
            case "demands":
                least, minutes = move.of.split(":")
                self.desk = restarted(self.desk, Proven(least), timedelta(minutes=int(minutes)))
            case "works":
                await self._work()
            case _:
                pass

    async def _pressed(self, move: Move) -> Answer | None:
        key, home = f"{move.of}{self.tag}", at_home(self.named(move.who))
        match move.what:
            case "proves":
                return await self._signs(move.who, Verification.named(key), Purpose.CALL)
            case "signs":
                return await self._signs(move.who, key, Purpose.STEP_UP)
            case "replays":
                return await self.desk.desk.handle(home, ReturnCode(self.codes[-1])) if self.codes else None
            case "vouches":
                return await self._signs(move.who, Verification.named(key), Purpose.VOUCH)
            case "faces":
                return await self._faces(move, key)
            case "opens":
                call = f"{move.by}{self.tag}"
                return await self.desk.desk.handle(home, OpenRequest(call, 1, self.kind, key, USUAL[self.kind]))
            case "asks" | "types" | "guesses" | "turns" | "ends" | "disowns" | "unvouches":
                return await self.desk.desk.handle(home, await self._of_a_call(move.what, key))
            case _:
                return await self._of_a_request(move, key)

    async def _of_a_call(self, what: str, key: str) -> Calling:
        colleague = self.named(COLLEAGUE[key.removesuffix(self.tag)])
        every: dict[str, Calling] = {
            "asks": AskCaller(key, colleague),
            "types": TypeNumber(key, 1, await self._number(key)),
            "guesses": TypeNumber(key, 1, "100"),
            "turns": AskManager(key, 1),
            "ends": EndCall(key, 1),
            "disowns": DenyCall(key, 1),
            "unvouches": DenyVouch(key, 1),
        }
        return every[what]

    async def _of_a_request(self, move: Move, key: str) -> Answer | None:
        request, who = await self.load(move.of), self.named(move.who)
        ref = Ref(key, request.version if request is not None else 1)
        every: dict[str, Press] = {
            "agrees": Consent(ref),
            "refuses": RefuseConsent(ref),
            "withdraws": Withdraw(ref),
            "shows": Show(ref),
            "approves": Approve(ref),
            "denies": Deny(ref, "no"),
        }
        decides = move.what in {"approves", "denies"}
        answer = await self.desk.desk.handle((in_channel if decides else at_home)(who), every[move.what])
        if move.what == "approves" and not isinstance(answer, Refused):
            return await self._signs(move.who, key, Purpose.APPROVE)
        return answer

    async def _signs(self, who: str, request: str, purpose: Purpose) -> Answer | None:
        """Go through the popup from the link that stands on this person's card, if one does."""
        async with self.desk.store.unit() as unit:
            found: SignIn | None = await unit.sign_in_for(request, self.named(who), purpose)
        if found is None:
            return None
        cookie = f"{found.id}.browser"
        await self.desk.step_up.start(found.id, cookie)
        code = await self.desk.step_up.returned(cookie, {"code": "x"})
        if not isinstance(code, str):
            return None
        self.codes.append(code)
        return await self.desk.desk.handle(at_home(self.named(who)), ReturnCode(code))

    async def _faces(self, move: Move, key: str) -> Answer | None:
        """Show a face, for a call or a request, if one is asked for; whoever only sits at their Teams has another."""
        request, who = await self.load(move.of), self.named(move.who)
        call = move.of in FORMS
        press = ProveCall(key, 1) if call else Prove(Ref(key, request.version if request is not None else 1))
        answer = await self.desk.desk.handle(at_home(who), press)
        found = await proofs(self.desk, Verification.named(key) if call else key, who)
        if isinstance(answer, Refused) or not found:
            return answer
        await self.desk.job("act", found[0].id)
        unlike = {"faceCheck": {"matchConfidenceScore": 31.0}} if self.desk.entra.who else {}
        wallet = Wallet(self.desk, len(self.desk.verifier.asked))
        shown = await wallet.shows(verifiedCredentialsData=[{**lasting(who), **unlike}])
        await self.desk.job("serve", found[0].id)
        return answer if shown else None

    def _heard(self, move: Move, answer: Answer | None) -> None:
        who = COLLEAGUE.get(move.of, "") if move.who == IMPOSTOR else move.who
        if isinstance(answer, SecretShown) and (move.what, who) != ("shows", COLLEAGUE[move.of]):
            self.wrong.append(f"a secret was shown by {move}")
        if move.what in {"disowns", "unvouches"} and isinstance(answer, CallerCard):
            self.noes.add(move.of)
        if move.what == "refuses" and isinstance(answer, RequestCard):
            self.noes |= {by for what, _, of, by in self.tried if what == "opens" and of == move.of}

    async def load(self, of: str) -> Request | None:
        async with self.desk.store.unit() as unit:
            return await unit.load(f"{of}{self.tag}")

    async def _number(self, key: str) -> str:
        """Hear the number that is read aloud."""
        async with self.desk.store.unit() as unit:
            one = await unit.matter(Verification, Verification.named(key))
        return str(one.number) if one is not None else ""

    # -- what may not be ---------------------------------------------------------------------------------

    async def _unearned(self, of: str) -> list[str]:
        """Say what a request lacked whose act has just happened."""
        request, colleague = await self.load(of), COLLEAGUE[of]
        assert request is not None
        if request.opened_by is None:
            return ["nobody opened it"]
        opener = request.opened_by.id.removesuffix(self.tag)
        calls = {by for what, who, about, by in self.tried if (what, who, about) == ("opens", opener, of)}
        ways = (("proves", colleague), ("faces", colleague), ("vouches", MANAGER))
        proved = {by for by in calls if COLLEAGUE[by] == colleague and {(*way, by, "") for way in ways} & self.tried}
        others = {by for what, _, about, by in self.tried if what == "opens" and about != of}
        yes = {who for what, who, about, _ in self.tried if (what, about) == ("approves", of) and self._may(who)}
        vouched = {HUMAN[MANAGER]} if any(("vouches", MANAGER, by, "") in self.tried for by in calls) else set()
        decided = {HUMAN[who] for who in yes} - {HUMAN[opener], HUMAN[colleague]} - vouched
        second = self._second(of)
        lacks = {
            "whom it is for has it": request.subject.id == self.named(colleague) == request.requester.id,
            "its opener has proof of who they are": bool(proved),
            "it was proved as the policy says now, when it was opened": any(
                self._enough(request, (*way, by, ""), ("opens", opener, of, by)) for way in ways for by in proved
            ),
            "its opener asked them": any(("asks", opener, by, "") in self.tried for by in proved),
            "its opener is somebody else": HUMAN[opener] != HUMAN[colleague],
            "the call served nothing else": bool(proved - others),
            "nobody has disowned the call": bool(proved - self.noes),
            "its opener is one of the helpdesk now": self._may(opener),
            "they have agreed": {("agrees", who, of, "") for who in (colleague, IMPOSTOR)} & self.tried,
            "they have signed in for it": ("signs", colleague, of, "") in self.tried,
            "so many others say yes": len(decided) >= self._asks(request) + second,
            "they have shown their face for it": not second or ("faces", colleague, of, "") in self.tried,
            "their account is in use": self._account_of(colleague),
            "its notice is begun": await self._noticed(request),
        }
        return [f"not so: {what}" for what, holds in lacks.items() if not holds]

    def _second(self, of: str) -> bool:
        """Whether the brakes are on and the same colleague has had something before, all within a day."""
        braked = self.desk.desk.reception.inquiry.limits != UNBRAKED
        return braked and any(COLLEAGUE[other] == COLLEAGUE[of] for other in self.acted.keys() - {of})

    def _enough(self, request: Request, proved: tuple[str, str, str, str], opens: tuple[str, str, str, str]) -> bool:
        """Whether it was proved so strongly, and so shortly before this was opened, as the policy says just now."""
        policy = self.desk.ledger.policies[request.kind]
        counts = STRENGTHS.index(proved[0]) >= STRENGTHS.index(WAYS[policy.option(VERIFICATION)])
        ages = (self.times[opens][0] - at for at in self.times.get(proved, []))
        return counts and any(timedelta(0) <= age <= policy.option(VERIFICATION_AGE) for age in ages)

    def _asks(self, request: Request) -> int:
        return self.desk.ledger.policies[request.kind].approvals

    def _may(self, name: str) -> bool:
        """Whether somebody decides and opens just now: of the helpdesk, in use, and no guest."""
        listed = self.named(name) in self.desk.directory.members[HELPDESK]
        return listed and name != "gus" and self._account_of(name)

    def _account_of(self, name: str) -> bool:
        return self.desk.directory.accounts[self.named(name)].enabled

    async def _noticed(self, request: Request) -> bool:
        async with self.desk.store.unit() as unit:
            return await unit.matter(ActNotice, ActNotice.named(request.id)) is not None

    async def _work(self) -> None:
        """Do what jobs there may be: cards, calls, news and mails."""
        for of in REQUESTS:
            if await self.load(of) is not None:
                await self.desk.job("cards", f"{of}{self.tag}")
                await self.desk.job("notice", ActNotice.named(f"{of}{self.tag}"))
        for form in FORMS:
            key = Verification.named(f"{form}{self.tag}")
            await self.desk.job("matter", key)
            await self.desk.job("warn", key)

    def told(self, bodies: Iterable[str]) -> list[str]:
        """Say of which secrets something was sent: to a chat, to a channel, by mail."""
        mails = [f"{mail.subject} {mail.text}" for mail in self.desk.mailer.mails]
        places = [*bodies, *mails]
        return [secret for secret in self.desk.directory.secrets if any(secret in place for place in places)]

    async def end(self) -> None:
        """Leave nothing that waits, for the next run's sake."""
        for of in REQUESTS:
            request = await self.load(of)
            if request is not None:
                colleague = at_home(self.named(COLLEAGUE[of]))
                await self.desk.desk.handle(colleague, Withdraw(Ref(request.id, request.version)))


def opened(
    store: PostgresStore,
    clock: FakeClock,
    limits: Limits = UNBRAKED,
    least: Proven = Proven.MANAGER,
    age: timedelta = VALID,
) -> Office:
    """Set up an office in which passes and passwords may be opened for somebody else, for so strong and new a proof."""
    demands = {VERIFICATION.name: least, VERIFICATION_AGE.name: age}
    passes = replace(PASSES, options={**PASSES.options, VERIFICATION: least, VERIFICATION_AGE: age})
    own = {"password": {**PASSWORDS["password"], **demands}}
    return office(store, clock, passes, own=own, noticed=True, limits=limits)


def restarted(desk: Office, least: Proven | None = None, age: timedelta | None = None) -> Office:
    """Return the desk as another process would be it: nothing that was in memory is left, and the world is the same.

    But what its policies demand of a caller's proof, where that is said.
    """
    was = desk.ledger.policies["tap"]
    demands = (least or was.option(VERIFICATION), age or was.option(VERIFICATION_AGE))
    other = opened(desk.store, desk.clock, desk.desk.reception.inquiry.limits, *demands)
    for mine, theirs in (
        (desk.directory, other.directory),
        (desk.messenger, other.messenger),
        (desk.entra, other.entra),
        (desk.mailer, other.mailer),
        (desk.verifier, other.verifier),
    ):
        vars(theirs).update(vars(mine))
    return other
