"""What the store's tests begin with: people, a chat, a request, and a clock that moves when it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.model import Chat, Mode, Person, Request, Status
from bot.store.postgres import PostgresStore

NOW = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
ANN = Person("contoso", "ann", "Ann Archer", "en-GB")
BEN = Person("contoso", "ben", "Ben Bishop", "de")
HOME = Chat("contoso", "a:ann", "https://smba.example/emea/", personal=True, user="29:ann")


@dataclass
class Stopped:
    """A clock that moves when it is told to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def ask(name: str, *, subject: Person = ANN, kind: str = "tap", status: Status = Status.STEP_UP) -> Request:
    return Request(
        id=name,
        kind=kind,
        requester=subject,
        subject=subject,
        details={"reason": "new_phone"},
        mode=Mode.ENFORCE,
        status=status,
        version=1,
        created_at=NOW,
    )


async def added(store: PostgresStore, *requests: Request) -> None:
    for request in requests:
        async with store.unit() as unit:
            assert await unit.add(request) is None
