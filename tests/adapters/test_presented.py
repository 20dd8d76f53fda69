"""A proof of identity all the way: the playground's Request Service and phones, and what the desk makes of the news."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config.cloud import from_file
from bot.core.errors import AnswerLost, Rejected
from bot.core.model import Secret
from bot.core.presentations import Callback, Doubt, Failed, Presented, Retrieved, judge, read
from bot.core.verifier import Presentation
from bot.entra.tokens import AppTokens
from bot.verified.service import CALLBACK, RequestService
from bot.verified.wire import CredentialType
from playground import entra, verified
from playground.faults import Fault
from playground.replicas import free_port
from playground.wallet.routes import setup
from playground.world import World, create

WANTED = CredentialType(verified.AUTHORITY, "VerifiedEmployee", "photo")
THRESHOLD = 80


@dataclass
class Desk:
    """A desk that believes in one tenant's Verified ID, and every callback it got with the right key."""

    world: World
    verifier: RequestService
    heard: list[Callback | None] = field(default_factory=list)

    async def begin(self, key: str = "ann") -> Presentation:
        return await self.verifier.begin(
            upn=self.world.people[key].upn,
            state=Secret("state-of-ann"),
            key=Secret("key-of-ann"),
            threshold=THRESHOLD,
            language="en",
        )

    async def hear(self, request: web.Request) -> web.Response:
        assert request.headers["api-key"] == "key-of-ann"
        self.heard.append(read(await request.json()))
        return web.Response(status=204)

    def judged(self, key: str = "ann") -> str:
        last = self.heard[-1]
        assert isinstance(last, Presented)
        assert last.state.reveal() == "state-of-ann"
        upn = self.world.people[key].upn
        return judge(
            last,
            issuer=WANTED.authority,
            type=WANTED.type,
            upn=upn,
            threshold=THRESHOLD,
            at=self.world.clock.now(),
            since=None,
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    world = create(f"http://127.0.0.1:{free_port()}", tmp_path)
    (tmp_path / "cloud.json").write_text(json.dumps(world.cloud()))
    cloud = from_file(tmp_path / "cloud.json", host="127.0.0.1")
    async with aiohttp.ClientSession() as session:
        verifier = RequestService(
            session=session,
            tokens=AppTokens(cloud, world.bot_id, world.bot_secret, world.tenant, world.clock),
            cloud=cloud,
            clock=world.clock,
            wanted=WANTED,
            public_url=world.origin,
            purpose=lambda _: "To be sure that it is you",
        )
        made = Desk(world, verifier)
        app = web.Application()
        app.router.add_post(CALLBACK, made.hear)
        entra.setup(app, world)
        setup(app, world)
        async with TestServer(app, host="127.0.0.1", port=int(world.origin.rsplit(":", 1)[1])):
            yield made


async def test_a_phone_scans_and_a_face_proves_its_owner(desk: Desk) -> None:
    begun = await desk.begin()
    assert begun.url.startswith("openid-vc://")
    await desk.world.verified.scan(begun.id, "ann")
    scanned = desk.heard.pop()
    assert isinstance(scanned, Retrieved)
    assert scanned.request_id == begun.id
    await desk.world.verified.present(begun.id, "ann", score=86.3)
    assert desk.judged() == ""
    last = desk.heard[-1]
    assert isinstance(last, Presented)
    assert last.request_id == begun.id
    assert "photo" not in last.credentials[0].claims


@pytest.mark.parametrize(
    ("how", "doubt"),
    [
        ({"score": 79.9}, Doubt.LOW_SCORE),
        ({"fail": "spoof"}, Doubt.SPOOF),
        ({"fail": "declined"}, Doubt.DECLINED),
    ],
)
async def test_what_goes_wrong_at_the_phone_is_told_apart(desk: Desk, how: dict[str, Any], doubt: Doubt) -> None:
    begun = await desk.begin()
    await desk.world.verified.present(begun.id, "ann", **how)
    last = desk.heard[-1]
    assert isinstance(last, Failed)
    assert (last.request_id, last.message_kind) == (begun.id, doubt)


async def test_a_revoked_credential_is_told_as_that(desk: Desk) -> None:
    desk.world.verified.revoke("ann")
    await desk.world.verified.present((await desk.begin()).id, "ann")
    last = desk.heard[-1]
    assert isinstance(last, Failed)
    assert last.message_kind == Doubt.REVOKED


@pytest.mark.parametrize(
    ("how", "doubt"),
    [
        ({"credential": "fabrikam"}, Doubt.WRONG_ISSUER),
        ({"credential": "ben"}, Doubt.WRONG_PERSON),
        ({"score": 50.0}, Doubt.LOW_SCORE),
    ],
)
async def test_a_service_that_lies_is_not_believed(desk: Desk, how: dict[str, Any], doubt: Doubt) -> None:
    """What was asked for is checked again: should the service let something else pass, the desk does not."""
    desk.world.verified.honest = False
    await desk.world.verified.present((await desk.begin()).id, "ann", **how)
    assert desk.judged() == doubt


async def test_a_revoked_credential_is_not_believed_either(desk: Desk) -> None:
    desk.world.verified.honest = False
    desk.world.verified.revoke("ann")
    await desk.world.verified.present((await desk.begin()).id, "ann")
    assert desk.judged() == Doubt.REVOKED


async def test_without_billing_nobody_can_be_verified(desk: Desk) -> None:
    desk.world.verified.billing = False
    with pytest.raises(Rejected) as caught:
        await desk.begin()
    assert caught.value.code == "no_billing"
    assert await desk.verifier.unavailable() == "no_billing"
    desk.world.verified.billing = True
    assert await desk.verifier.probe() == ""


async def test_without_the_permission_nobody_can_be_verified(desk: Desk) -> None:
    desk.world.verified.granted.clear()
    assert await desk.verifier.probe() == "not_permitted"


async def test_a_probe_is_answered_by_nobody(desk: Desk) -> None:
    assert await desk.verifier.probe() == ""
    assert all(desk.world.verified.newest(person.key) is None for person in desk.world.people)
    assert desk.heard == []


async def test_a_service_in_trouble_is_asked_once(desk: Desk) -> None:
    desk.world.faults.add(Fault("verified", kind="unavailable", times=1))
    with pytest.raises(AnswerLost):
        await desk.begin()
    assert (await desk.begin()).id
