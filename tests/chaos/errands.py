"""Errands: one person's wish from the first word to its end, whatever happens on the way; nobody waits for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Final

from playground.teams.chats import Chat
from playground.teams.views import Seen
from playground.verified.state import Unusable
from tests.chaos.calls import DENIED, Call
from tests.chaos.eyes import verbs
from tests.chaos.person import TROUBLE, Person
from tests.chaos.plans import FORMS, WORDS, Plan, drawn, password

PATIENCE: Final = 45.0  # seconds somebody stays with one errand
ANSWER: Final = 8.0  # seconds until they try again
TRIES: Final = 3
STEPS: Final = 30
LOOKS: Final = 3
RINGS: Final = 4  # of one person: nobody is asked more than thrice in an hour, and the fourth finds that out


@dataclass(slots=True)
class Errand:
    """What came of it as its person sees it.

    `how` is `done`, `stopped` as planned, `gave up`, `not begun`, or how far a call came.
    """

    plan: Plan
    request: str = ""
    how: str = "not begun"
    looks: int = 0  # at a card that offers nothing more to do
    faces: int = 0  # they showed


@dataclass
class Agent:
    """One person and the approvers they find in the channel."""

    me: Person
    approvers: tuple[Person, ...]
    strangers: tuple[Person, ...]
    patience: float = PATIENCE
    opened: dict[str, Person] = field(default_factory=dict)  # who opened which request for them
    came: str = ""  # how far their last call came
    answers: list[str] = field(default_factory=list)  # how they answered when they rang

    async def errand(self) -> Errand:
        errand = Errand(self._rings(drawn(self.me.random)))
        self._prepared(errand.plan)
        try:
            async with asyncio.timeout(self.patience):
                errand.request = await self.begins(errand.plan)
                if errand.plan.call and not errand.request:
                    errand.how = self.came  # as the answer wants it, or because nobody can be asked that often
                if errand.request:
                    errand.how = "gave up"
                    errand.how = await self._followed(errand)
        except TROUBLE:
            pass
        return errand

    async def holds(self, plan: Plan) -> str:
        """Get a pass and leave it unused; return the request it came of, or nothing where there is none."""
        errand = Errand(plan, await self.begins(plan))
        for _ in range(STEPS):
            seen = self.me.sees(errand.request)
            if seen is not None and "revoke" in (can := verbs(seen)):
                return errand.request
            if seen is not None:
                await self._went_on(errand, seen, can)
            await self.me.pause()
        return ""

    def _rings(self, plan: Plan) -> Plan:
        """Whoever was asked often enough, or has said no, asks for themselves: nobody can be asked any more."""
        if plan.call and (len(self.answers) >= RINGS or DENIED & set(self.answers)):
            return replace(plan, call="")
        self.answers += [plan.call] if plan.call else []
        return plan

    def _prepared(self, plan: Plan) -> None:
        """What must have happened to somebody before they have this wish."""
        graph = self.me.play.world.graph
        if plan.kind == "risk":
            graph.flag(self.me.key, level=plan.level)
        if plan.kind == "methods":
            for _ in range(max(1, 3 - len(graph.methods.of(self.me.key, "fido2")))):  # never the last one
                graph.register_passkey(self.me.key, f"Key {len(graph.methods[self.me.key])}")

    async def begins(self, plan: Plan) -> str:
        """Ask for something; return the request, or nothing where there is none."""
        if plan.call:
            return await self._called(plan)
        for _ in range(TRIES):
            try:
                request = await self._asked(plan)
            except TROUBLE:
                request = ""
            if request:
                return request
            await self.me.pause()
        return ""

    async def _called(self, plan: Plan) -> str:
        """Ring the helpdesk, and have it opened."""
        agent = self.me.random.choice(self.approvers)
        call = Call(self.me, agent, plan.call, plan.double)
        request = await call.opens()
        self.came = call.came
        if request:
            self.opened[request] = agent
        return request

    async def _asked(self, plan: Plan) -> str:
        me, before = self.me, set(self.me.eyes.known)
        offer = await self._offer(plan)
        if offer is None:
            return ""
        dialog = await me.press(offer, "begin", kind=plan.kind, twice=plan.double)
        if plan.kind == "compromised":  # one press is enough
            return await self._appeared(set(), before)
        form = FORMS.get(plan.kind, {})
        if plan.kind == "methods":
            dialog = await me.choose(offer, dialog, self._spare())
        wanted = await me.send(offer, dialog, form, twice=plan.double)
        return await self._appeared({wanted, me.asked.get(plan.kind, "")}, before) if wanted else ""

    async def _appeared(self, wanted: set[str], before: set[str]) -> str:
        """The request that a card stands for by now: the one that was sent, one that was open, or any new one."""
        me, until = self.me, _now() + ANSWER
        while _now() < until:
            mine = {request for message in me.home.messages[-12:] for request in me.eyes.subject[message.id]}
            for request in wanted & mine or (mine - before if not wanted else set()):
                seen = me.sees(request)
                if seen is not None and (request not in before or "withdraw" in verbs(seen)):
                    return request
            await me.pause()
        return ""

    async def _offer(self, plan: Plan) -> Seen | None:
        """A card that offers this kind: one that stands there, or a new one."""
        me = self.me
        seen = me.eyes.latest(me.key, me.home, "begin", plan.kind)
        if seen is None or plan.writes:
            await me.play.teams.say(me.key, WORDS[plan.kind])
            until, before = _now() + ANSWER, seen
            while _now() < until and (seen is None or (before is not None and seen.id == before.id)):
                await me.pause()
                seen = me.eyes.latest(me.key, me.home, "begin", plan.kind)
        return seen

    def _spare(self) -> str:
        keys = self.me.play.world.graph.methods.of(self.me.key, "fido2")
        return f"fido2:{keys[-1].id}" if keys else ""

    async def _followed(self, errand: Errand) -> str:
        me, plan = self.me, errand.plan
        me.asked[plan.kind] = errand.request
        for _ in range(STEPS):
            seen = me.sees(errand.request)
            if seen is None:
                return "done"
            try:
                over = await self._step(errand, seen, verbs(seen))
            except TROUBLE:
                over = ""
            if over:
                return over
            await me.pause()
        return "gave up"

    async def _step(self, errand: Errand, seen: Seen, can: set[str]) -> str:
        """Do the next thing; say how it ended if that was the last."""
        plan, request = errand.plan, errand.request
        if plan.ending == "abandoned":
            return "stopped"
        if "consent" in can:
            no = plan.ending in {"withdrawn", "denied"}
            await self.me.press(seen, "no-consent" if no else "consent", twice=plan.double)
            return ""
        if plan.ending == "withdrawn" and "withdraw" in can:
            await self.me.press(seen, "withdraw", twice=plan.double)
            return ""
        if "withdraw" not in can:
            return await self._afterwards(errand, seen, can)
        asked = self.me.eyes.newest(request, self.me.key, self._channel())
        if asked is not None and "approve" in verbs(asked):
            return await self.decides(plan, request, asked)
        entering = "sign-in-window" in can and "sign-in" not in can  # the step-up's has another link beside it
        late = "show" in can or entering or ("prove" in can and errand.faces)
        if plan.ending == "late_withdrawn" and late:
            await self.me.press(seen, "withdraw", twice=plan.double)
            return ""
        return await self._went_on(errand, seen, can)

    async def _went_on(self, errand: Errand, seen: Seen, can: set[str]) -> str:
        me, plan = self.me, errand.plan
        if "show" in can:
            return await self._shown(plan, seen, "show")
        if "prove" in can:
            await self._faced(errand, seen)
            return ""
        if "sign-in-window" in can:
            try:
                if await me.sign_in(seen, password=password(me.random)):
                    return ""
            except TROUBLE:
                pass
        if "sign-in" in can:
            await me.press(seen, "sign-in")
        return ""

    async def _shown(self, plan: Plan, seen: Seen, verb: str) -> str:
        await self.me.press(seen, verb, twice=plan.double)
        return ""

    async def _afterwards(self, errand: Errand, seen: Seen, can: set[str]) -> str:
        """The act is under way, lost, done or over."""
        me, plan = self.me, errand.plan
        if "replace" in can:
            return await self._shown(plan, seen, "replace")
        if "sign-in-window" in can:  # the second try of something entered
            await me.sign_in(seen, password=password(me.random))
            return ""
        if "report" not in can:
            return "done"
        if plan.kind == "verify":
            await self._presented(wrong=plan.wrong_face)
        if plan.ending == "reported":
            await me.press(seen, "report", twice=plan.double)
            return ""
        if plan.ending == "taken_back" and "revoke" in can:
            await me.press(seen, "revoke", twice=plan.double)
            return ""
        self._used()
        errand.looks += 1
        return "done" if "revoke" in can or errand.looks > LOOKS else ""

    def _used(self) -> None:
        """Sign in with the pass, as its owner does at once."""
        graph = self.me.play.world.graph
        held = graph.passes.get(self.me.key)
        if held is not None:
            graph.use(self.me.key, held.value)

    async def _faced(self, errand: Errand, seen: Seen) -> None:
        """Begin the proof that the request waits for; whoever has the code before them shows their face, at last."""
        if not await self._presented(wrong=errand.plan.wrong_face and not errand.faces):
            await self.me.press(seen, "prove", twice=errand.plan.double)
            return
        errand.faces += 1

    async def _presented(self, *, wrong: bool) -> bool:
        """Answer the newest code that is open, if there is one."""
        verified = self.me.play.world.verified
        asked = verified.newest(self.me.key)
        if asked is None or asked.begun:
            return False
        try:
            await verified.scan(asked.id, self.me.key)
            await verified.present(asked.id, self.me.key, fail="spoof" if wrong else "")
        except Unusable:
            return False
        return True

    # -- the helpdesk ------------------------------------------------------------------------------------

    def _channel(self) -> Chat:
        return self.me.play.teams.chat(self.me.key, "helpdesk")

    async def decides(self, plan: Plan, request: str, asked: Seen) -> str:
        """Somebody of the helpdesk decides; now and then others try first."""
        random, no = self.me.random, {"reason": "I do not know this voice."}
        if plan.stranger:
            await random.choice(self.strangers).press(asked, "approve")
        if plan.own:
            await self.me.press(asked, "approve")
        opener = self.opened.get(request)
        if plan.own and opener is not None:
            await opener.press(asked, "approve")
        approver = random.choice([one for one in self.approvers if one is not opener])
        if plan.ending == "denied":
            await approver.press(asked, "deny", no, twice=plan.double)
            return ""
        await approver.press(asked, "approve", twice=plan.double)
        until = _now() + ANSWER
        while _now() < until:
            mine = approver.sees(request)
            if mine is not None and "sign-in-window" in verbs(mine):
                await approver.sign_in(mine)
                return ""
            await approver.pause()
        return ""


def _now() -> float:
    return asyncio.get_running_loop().time()
