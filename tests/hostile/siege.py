"""A whole desk behind the door with four people's requests in it, and somebody there who has no business with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from structlog.testing import capture_logs

from bot.core.actions import Ref, Show
from bot.core.answers import SecretShown
from bot.core.model import Request, Status
from bot.kinds import KINDS
from tests.adapters.edge import APP, SERVICE
from tests.entra import TENANT, FakeClock
from tests.fakes import EMPLOYEES, HELPDESK, Office, at_home, office
from tests.hostile.door import Door, bearer, door
from tests.hostile.record import beside_attempts
from tests.stores import patient

Json = dict[str, Any]

MALLORY: Final = "66666666-0000-4000-8000-000000000666"
BEN: Final = "bbbbbbbb-0000-4000-8000-0000000000b2"
WAITING, ASKED, READY, SHOWN = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(4))
VICTIMS: Final = {WAITING: "w1", ASKED: "a1", READY: "r1", SHOWN: "s1"}  # people, and the request of each
PRIVATE: Final = "only-the-helpdesk-may-read-this"
TROUBLE: Final = frozenset({"error", "critical"})


@dataclass
class Siege:
    """`deliver` brings one activity to the door; `intact` says that nothing of anybody else was touched or told."""

    runner: asyncio.Runner
    url: str
    office: Office
    door: Door
    ids: count[int] = field(default_factory=count)

    def deliver(self, sent: Any, token: str = "") -> tuple[int, str]:
        """Deliver; what comes back is never an error of ours, and nothing of anybody else's goes out."""
        seen = len(self.office.messenger.bodies)
        with capture_logs() as logs:
            status, body = self.runner.run(self.knock(sent, token))
        assert status < 500 or status == 501, (status, body)
        assert [entry for entry in logs if entry["log_level"] in TROUBLE] == []
        told = "\n".join([body, *self.office.messenger.bodies[seen:]])
        assert PRIVATE not in told
        assert not [secret for secret in self.office.directory.secrets if secret in told]
        return status, body

    async def knock(self, sent: Any, token: str = "") -> tuple[int, str]:
        service = sent.get("serviceUrl") if isinstance(sent, dict) else SERVICE
        return await self.door.knock(sent, bearer(token or self.door.token(serviceurl=service)))

    def state(self) -> Any:
        """All there is of the others: their requests, what was done outside, and what stands in their chats."""
        writes = [write for write in self.office.directory.writes if MALLORY not in write]
        chats = {key: body for key, body in self.office.messenger.messages.items() if key[0][2:] in VICTIMS}
        record = self.runner.run(beside_attempts(self.url, (*VICTIMS, MALLORY, BEN), of=tuple(VICTIMS)))
        return self.runner.run(self._requests()), writes, list(self.office.directory.secrets), chats, record

    async def _requests(self) -> list[Request]:
        return [await self.office.load(request) for request in VICTIMS.values()]

    def activity(self, kind: str, /, by: str = MALLORY, **other: Any) -> Json:
        """An activity of somebody's private chat, with an id of its own."""
        return {
            "type": kind,
            "id": f"17000{next(self.ids):08}",
            "channelId": "msteams",
            "serviceUrl": SERVICE,
            "locale": "en-GB",
            "from": {"id": f"29:{by}", "name": "Mallory", "aadObjectId": by},
            "conversation": {"id": f"a:{by}", "conversationType": "personal", "tenantId": TENANT},
            "recipient": {"id": f"28:{APP}", "name": "Vouchsafe"},
            "channelData": {"tenant": {"id": TENANT}},
            **other,
        }


@contextmanager
def siege(database_url: str) -> Iterator[Siege]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield runner.run(_opened(stack, runner, database_url))
        finally:
            runner.run(stack.aclose())


async def _opened(stack: AsyncExitStack, runner: asyncio.Runner, database_url: str) -> Siege:
    clock = FakeClock()
    desk = office(await stack.enter_async_context(patient(database_url, clock)), clock)
    for person in (*VICTIMS, MALLORY, BEN):
        desk.directory.add(person, EMPLOYEES, *([HELPDESK] if person == BEN else []))
    for person, request in VICTIMS.items():
        await desk.ask(person, request, reason="other", text=PRIVATE)
        if person != WAITING:
            await desk.sign_in(person, request)
        if person in {READY, SHOWN}:
            await desk.approve(BEN, request)
    await _show(desk)
    opened = await stack.enter_async_context(
        door(
            desk.desk,
            post=desk.messenger,
            clock=clock,
            kinds=KINDS,
            tenant=TENANT,
            viewer=desk.delivery.views.answered,
        )
    )
    return Siege(runner, database_url, desk, opened)


async def _show(desk: Office) -> None:
    """One of them has seen their pass."""
    request = await desk.load(VICTIMS[SHOWN])
    assert isinstance(await desk.desk.handle(at_home(SHOWN), Show(Ref(request.id, request.version))), SecretShown)
    assert (await desk.load(request.id)).status is Status.DONE


def text(value: object) -> bytes:
    """JSON as hostile hands write it: halves of characters, numbers out of range, whatever Python would not write."""
    return json.dumps(value).replace('"1e400"', "1e400").encode()
