"""Questions: an agent begins one, to ask a colleague whether they are on the telephone; nobody is worn down by them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.callers import BY_AN_HOUR, DAY, WAIT, AnswerDue, Stand, Verification, asked, heard
from bot.core.model import Actor, Person, Refusal
from bot.core.ports import Purpose, SignIn, Unit
from bot.core.proven import VALID
from bot.core.reasons import Reason
from bot.core.watch import Sort
from bot.desk.agents import Agents
from bot.desk.ledger import Home, Ledger
from bot.desk.register import Register, asking

SEED: Final = 16  # bytes that make the number
CALL_ABOUT, CALL_BY = "call_about", "call_by"  # what is done of a person by one at a time


@dataclass(frozen=True, slots=True)
class Questions:
    """`context` is what a colleague signs in with who proves more than that they hear the agent."""

    ledger: Ledger
    register: Register
    context: str

    async def uninstalled(self, form: str, agent: Person, colleague: Person) -> Refusal | None:
        """Say why this agent has nothing installed to ask this colleague by this form just now, or None.

        It is counted before it is tried, for what comes of it may leave no question behind.
        """
        now = self.ledger.clock.now()
        one = Verification(id="", by=agent, about=colleague, created_at=now)
        async with self.ledger.store.unit() as unit:
            keys = (Verification.named(form), unreached(form))
            there, (about, by) = await asyncio.gather(
                asyncio.gather(*(unit.matter(Verification, key) for key in keys)), lately(unit, agent, colleague, now)
            )
            others = any(used is not None and not same(used, one) for used in there)
            refusal = Refusal(Reason.CHANGED) if others else asked(one, about, by).refusal
            if refusal is not None:
                return refusal
            count = await unit.tried(agent, Sort.INSTALLED, now)
        return Refusal(Reason.AGENT_ASKS_OFTEN) if count.hour > BY_AN_HOUR else None

    async def begin(
        self, key: str, agent: Person, home: Home, wanted: str = "", *, leads: bool = False
    ) -> Refusal | None:
        """Begin the verification, or say why not; whose time is over makes way. `wanted` is what it is about."""
        now, colleague = self.ledger.clock.now(), home[0]
        seed = secrets.token_hex(SEED)
        one = Verification(id=key, by=agent, about=colleague, created_at=now, seed=seed, wanted=wanted)
        async with self.ledger.store.unit() as unit:
            await one_by_one(unit, agent, colleague)
            there = await unit.matter(Verification, key)
            if there is not None:  # the form was sent twice
                return _sent(there, one)
            rival = await unit.in_lane(Verification, agent.tenant, colleague.id)
            if rival is not None and rival.over(now):
                await self.register.keep(unit, rival, heard(rival, AnswerDue(), now))
                rival = None
            if rival is not None:
                return _asked_already(rival)
            about, by = await lately(unit, agent, colleague, now)
            begun = asked(one, about, by, leads=leads)
            if begun.refusal is not None:
                return begun.refusal
            if await self.register.begin(unit, begun):
                await unit.keep_sign_in(self._sign_in(begun.matter, home))
                return None
            faster = await unit.in_lane(Verification, agent.tenant, colleague.id)
        return Refusal(Reason.CHANGED) if faster is None else _asked_already(faster)

    async def begun(self, key: str, agent: Person, home: Home, wanted: str, leads: Agents) -> Refusal | None:
        """Begin a question; after one no, if that was to somebody else's, one of the `leads` may ask once more."""
        refusal = await self.begin(key, agent, home, wanted)
        if refusal is None or refusal.reason != Reason.CALLER_SAID_NO:
            return refusal
        if await leads.objection(agent.id) is not None:
            return refusal
        async with self.ledger.store.unit() as unit:
            about, _ = await lately(unit, agent, home[0], self.ledger.clock.now())
        for one in about:
            if one.status is Stand.REFUSED and await leads.one_human(agent.id, one.by.id) is not False:
                return refusal
        return await self.begin(key, agent, home, wanted, leads=True)

    def _sign_in(self, one: Verification, home: Home) -> SignIn:
        """Make the transaction by which the colleague may prove more, also after they have typed the number."""
        return asking(one, Purpose.CALL, home, self.context, one.created_at, one.created_at + WAIT + VALID)


async def one_by_one(unit: Unit, agent: Person, colleague: Person) -> None:
    """Let nobody add to what is counted of both before this is over: in this order, so that none waits for ever."""
    await unit.alone(colleague, CALL_ABOUT)
    await unit.alone(agent, CALL_BY)


async def lately(
    unit: Unit, agent: Person, colleague: Person, now: datetime
) -> tuple[Sequence[Verification], Sequence[Verification]]:
    """Return the verifications of the last day about a colleague, and those that an agent began."""
    return await asyncio.gather(
        unit.about(Verification, agent.tenant, colleague.id, now - DAY),
        unit.begun_by(Verification, agent.tenant, agent.id, now - DAY),
    )


async def mine(ledger: Ledger, actor: Actor, one: Verification | None) -> Verification | None:
    """Return a verification to the agent who began it; that anybody named another, or none, is written down."""
    if one is not None and (one.tenant, one.by.id) == (actor.person.tenant, actor.person.id):
        return one
    await ledger.record.absent(actor.person, "call")
    return None


def unreached(form: str) -> str:
    """Name what a form leaves behind where nobody can be asked: it may be sent again when they have a chat."""
    return Verification.named(f"{form}-unreached")


def same(one: Verification, other: Verification) -> bool:
    """Say whether the same agent asks the same colleague."""
    return (one.tenant, one.by.id, one.about.id) == (other.tenant, other.by.id, other.about.id)


def _sent(there: Verification, again: Verification) -> Refusal | None:
    """Say what comes of a form that was sent twice: it asks one person, once, and is over with what it asked."""
    if not same(there, again):
        return Refusal(Reason.CHANGED)
    return Refusal(Reason.CLOSED) if there.over(again.created_at) else None


def _asked_already(rival: Verification) -> Refusal:
    return Refusal(Reason.CALLER_ASKED_ALREADY, MappingProxyType({"name": rival.by.name}))
