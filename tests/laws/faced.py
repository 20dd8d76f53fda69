"""Faced: an office that demands a face for a pass and a password, and people who show theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.actions import Prove, Ref
from bot.core.answers import Answer, Said
from bot.core.errors import Unavailable
from bot.core.face import serves
from bot.core.model import EvidenceType, Request, Status
from bot.core.policy import Policy
from tests.fakes import POLICY, TENANT, FakeClock, Office, at_home, office
from tests.laws.wallet import Wallet, credential
from tests.stores import patient

FACE = replace(POLICY, evidence="face_check")
BOTH = {"password": {"evidence": "face_check"}}


@asynccontextmanager
async def demanding(url: str, policy: Policy = FACE, **more: Any) -> AsyncIterator[Office]:
    clock = FakeClock()
    async with patient(url, clock) as store:
        yield office(store, clock, policy, **{"own": BOTH, **more})


async def waits(desk: Office, name: str = "ann", request_id: str = "r1", *, kind: str = "tap") -> Request:
    """Somebody asked and signed in, and is asked for their face."""
    await desk.ask(name, request_id, kind=kind)
    if (await desk.load(request_id)).status is Status.STEP_UP:
        await desk.sign_in(name, request_id)
    request = await desk.load(request_id)
    assert request.status is Status.PROOF
    return request


async def press(desk: Office, request_id: str = "r1", name: str = "ann") -> Answer:
    return await desk.desk.handle(at_home(name), Prove(Ref(request_id, (await desk.load(request_id)).version)))


async def proofs(desk: Office, request_id: str = "r1", name: str = "ann") -> list[Request]:
    """The proofs that were begun for a request, the newest first."""
    async with desk.store.unit() as unit:
        found = await unit.history(TENANT, name, desk.clock.now() - timedelta(days=1), 50)
    return [one for one in found if serves(one) == request_id]


async def begun(desk: Office, request_id: str = "r1", name: str = "ann") -> tuple[Request, Wallet]:
    """They pressed the button, and have the picture before them."""
    desk.clock.advance(seconds=1)
    assert await press(desk, request_id, name) == Said("proof.begun")
    proof = (await proofs(desk, request_id, name))[0]
    await desk.job("act", proof.id)
    return await desk.load(proof.id), Wallet(desk, len(desk.verifier.asked))


def lasting(name: str = "ann") -> dict[str, Any]:
    return credential(name, expirationDate="2027-11-20T10:00:00Z")


async def shown(desk: Office, request_id: str = "r1", name: str = "ann") -> Request:
    """They showed their face for it, and the job that follows is done."""
    proof, wallet = await begun(desk, request_id, name)
    assert await wallet.shows(verifiedCredentialsData=[lasting(name)])
    await desk.job("serve", proof.id)
    return await desk.load(proof.id)


async def status(desk: Office, request_id: str = "r1") -> Status:
    return (await desk.load(request_id)).status


async def faces(desk: Office, request_id: str = "r1") -> int:
    return len((await desk.load(request_id)).evidence_of(EvidenceType.FACE))


async def locked(desk: Office, request_id: str) -> None:
    """An alarm has stopped everything; the job looks once more later."""
    with suppress(Unavailable):
        await desk.job("lock", request_id)


async def queued(desk: Office) -> list[str]:
    """What the worker would do next, by name and request."""
    async with desk.store.unit() as unit:
        rows = await unit._line.rows("SELECT args FROM procrastinate_jobs WHERE status = 'todo'", {})
    return [f"{row['args']['name']}:{row['args']['request']}" for row in rows]


async def worked_off(desk: Office) -> None:
    """Nothing is queued any more."""
    async with desk.store.unit() as unit:
        unit._line.put("DELETE FROM procrastinate_jobs", {})
