"""Locks as an operator sees them: what is locked, and lifted by hand where nobody can reach security's card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.config import policies
from bot.config.settings import Settings
from bot.core.errors import Misconfigured
from bot.core.events import Lifted
from bot.core.model import Person, Request
from bot.desk.ledger import Ledger, happened
from bot.kinds import KINDS
from bot.process.clock import SystemClock
from bot.process.service import LISTENERS
from bot.process.trail import opened
from bot.store.postgres import PostgresStore

OPERATOR: Final = "operator"  # who lifted it, in the trail: nobody of the directory
LONGEST: Final = 500  # characters, as on the card


def held(settings: Settings) -> Iterator[str]:
    """Yield a line for each lock, oldest first: its id, since when, by which kind of request, and whose account."""
    with opened(settings) as (runner, store):
        for one in runner.run(_locked(store, settings.tenant_id)):
            yield f"{one.id}  {one.frozen_at:%Y-%m-%d %H:%M} UTC  {one.kind}  {_named(one)}"


def lift(settings: Settings, lock: str, *, by: str, reason: str) -> Iterator[str]:
    """Lift one lock in an operator's name, and yield what there is to say of it.

    It is on record, and the desk's processes tell its person and security, as of every lift. Raises `Misconfigured`.
    """
    by, reason = _said("--by", by), _said("--reason", reason)
    with opened(settings) as (runner, store):
        there = {one.id: one for one in runner.run(_locked(store, settings.tenant_id))}
        if lock not in there:
            raise Misconfigured(f"{lock}: there is no such lock, or it is lifted; `vouchsafe locks list` names them")
        runner.run(_lifted(store, settings, lock, Lifted(Person(settings.tenant_id, OPERATOR, by), reason)))
        lifted = there.pop(lock)
        yield f"Lifted the lock of {_named(lifted)}. The desk tells them and security's channel."
        for other in (one for one in there.values() if one.subject == lifted.subject):
            yield f"The account stays locked by {other.id}, since {other.frozen_at:%Y-%m-%d %H:%M} UTC."
        seq, digest = store.written[settings.tenant_id]
        yield f"audit_head: seq {seq}, hash {digest}"


async def _locked(store: PostgresStore, tenant: str) -> tuple[Request, ...]:
    async with store.unit() as unit:
        return tuple(await unit.locked(tenant))


async def _lifted(store: PostgresStore, settings: Settings, lock: str, event: Lifted) -> None:
    in_force = policies.load(settings.policies, KINDS, settings)
    step = await Ledger(store, SystemClock(), in_force, LISTENERS).change(lock, happened(event))
    if step is None or step.refusal is not None:
        raise Misconfigured(f"{lock}: somebody else has just lifted it")


def _said(option: str, text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Misconfigured(
            f"{option}: it is kept on record, so it must say something, in {LONGEST} characters at most"
        )
    return said


def _named(request: Request) -> str:
    return f"{request.subject.name} ({request.subject.id})"
