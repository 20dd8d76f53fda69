"""Flights: what one decision asks of the directory, each question once. Nothing of a person outlives the decision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from typing import Any, Final, Never, Protocol, TypeVar, TypeVarTuple

from bot.core.alterations import AccountChange
from bot.core.directory import Account, Directory, Manager, Standing
from bot.core.errors import Missing, Rejected
from bot.core.methods import Method
from bot.core.passes import Pass, PassPolicy
from bot.core.risk import Detection, Risk
from bot.graph.contexts import People

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TURNS: Final = 8  # of the event loop, in which whoever asks about the same person's groups comes along


class Source(Directory, Protocol):
    """A directory that may be asked on behalf of a view of it."""

    async def acquainted(self, person: str) -> tuple[Account, Manager | None]:
        """Return `account` and `manager` by one question; `Rejected` where they must be asked apart."""

    async def guarded_contexts(self, person: str, people: People | None = None) -> frozenset[str]:
        """`people`: whom to ask what the policies' conditions come to for this person."""

    async def usual_pass_policy(self) -> PassPolicy:
        """Return the tenant's pass policy, known to within a minute."""

    @property
    def pass_groups(self) -> frozenset[str]:
        """The groups that the pass policy named when it was last read, however long ago that is."""


class Flights:
    """One answer, or one fault, for everybody who asks the same; whoever leaves takes nobody's answer along."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    async def one(self, ask: Callable[[*Ts], Awaitable[T]], *about: *Ts) -> T:
        question = (ask, about)
        task: asyncio.Task[T] | None = self._tasks.get(question)
        if task is None:
            task = self._tasks[question] = begun(ask(*about))
        return await asyncio.shield(task)


class Memberships:
    """Which groups one person is in: what is asked at about the same time goes in one question."""

    def __init__(
        self, ask: Callable[[frozenset[str]], Awaitable[frozenset[str]]], ahead: Callable[[], frozenset[str]]
    ) -> None:
        self._ask = ask
        self._ahead = ahead
        self._flights: dict[str, asyncio.Task[frozenset[str]]] = {}
        self._next: tuple[asyncio.Task[frozenset[str]], set[str]] | None = None

    async def among(self, groups: frozenset[str]) -> frozenset[str]:
        self._add(groups)
        found = frozenset[str]()
        for flight in {self._flights[group] for group in groups}:
            found |= await asyncio.shield(flight)
        return groups & found

    def _add(self, groups: frozenset[str]) -> None:
        new = groups - self._flights.keys()
        if not new:
            return
        if self._next is None:
            asked = set[str]()
            self._next = begun(self._asked(asked)), asked
        flight, asked = self._next
        asked |= new
        self._flights.update(dict.fromkeys(new, flight))

    async def _asked(self, wanted: set[str]) -> frozenset[str]:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self._add(self._ahead())
        self._next = None
        return await self._ask(frozenset(wanted))


class Once(Directory):
    """A view of a directory for one decision: it only reads. For an act, `act`, the tenant is asked anew as well."""

    def __init__(self, source: Source, *, act: bool) -> None:
        self._source = source
        self._act = act
        self._flights = Flights()
        self._memberships: dict[str, Memberships] = {}
        self._acquainted: set[str] = set()
        self._ahead = frozenset[str]()

    def once(self, *, act: bool = False) -> Directory:
        return self._source.once(act=True) if act and not self._act else self

    async def account(self, person: str) -> Account:
        if person in self._acquainted and (both := await self._both(person)) is not None:
            return both[0]
        return await self._flights.one(self._source.account, person)

    async def manager(self, person: str) -> Manager | None:
        self._acquainted.add(person)
        both = await self._both(person)
        return both[1] if both is not None else await self._flights.one(self._source.manager, person)

    async def _both(self, person: str) -> tuple[Account, Manager | None] | None:
        """Return an account and its manager; None where they must be asked apart."""
        try:
            return await self._flights.one(self._source.acquainted, person)
        except Missing:
            raise
        except Rejected:
            return None

    async def standing(self, person: str) -> Standing:
        return await self._flights.one(self._source.standing, person)

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        if not among:
            return frozenset()
        if person not in self._memberships:
            self._memberships[person] = Memberships(
                lambda groups: self._source.groups(person, groups), lambda: self._ahead
            )
        return await self._memberships[person].among(among)

    async def guarded_contexts(self, person: str) -> frozenset[str]:
        return await self._flights.one(self._source.guarded_contexts, person, self)

    async def pass_policy(self) -> PassPolicy:
        """What the policy named before is most likely what it names now: it is asked about while it is read anew."""
        self._ahead = self._source.pass_groups
        ask = self._source.pass_policy if self._act else self._source.usual_pass_policy
        return await self._flights.one(ask)

    async def passes(self, person: str) -> tuple[Pass, ...]:
        return await self._flights.one(self._source.passes, person)

    async def risk(self, person: str) -> Risk | None:
        return await self._flights.one(self._source.risk, person)

    async def at_risk(self, person: str) -> bool:
        return await self._flights.one(self._source.at_risk, person)

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        return await self._flights.one(self._source.detections, person, limit)

    async def methods(self, person: str) -> tuple[Method, ...]:
        return await self._flights.one(self._source.methods, person)

    async def passkeys(self, person: str) -> tuple[Method, ...]:
        return await self._flights.one(self._source.passkeys, person)

    async def changes(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        return await self._flights.one(self._source.changes, person, within)

    async def changes_now(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        return await self._flights.one(self._source.changes_now, person, within)

    async def people(self, text: str, limit: int) -> tuple[Account, ...]:
        return await self._source.people(text, limit)

    async def within(self, groups: frozenset[str]) -> frozenset[str]:
        return await self._source.within(groups)

    async def federated(self, upn: str) -> bool:
        return await self._source.federated(upn)

    async def _never(self, *_: object, **__: object) -> Never:
        raise TypeError("a decision only reads, and only what decides")

    issue_pass = delete_pass = revoke_sessions = set_password = remove_method = keep_proof = _never
    dismiss_risk = confirm_safe = confirm_compromised = install_app = _never
    approvers_group = hidden_groups = unguarded = spared = proof_of = _never


def begun(question: Awaitable[T]) -> asyncio.Task[T]:
    """Begin to ask; a fault that nobody waited for was logged where it happened."""
    task = asyncio.ensure_future(question)
    task.add_done_callback(_heard)
    return task


def _heard(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
