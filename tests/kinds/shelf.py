"""A directory that knows one person's sessions and passes: all that locking needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from bot.core.directory import Account, Directory
from bot.core.errors import AnswerLost
from bot.core.facts import Moment
from bot.core.kind import Kind, Tools
from bot.core.model import Mode, Person, Request, Status, Way
from bot.core.passes import Pass
from bot.core.verifier import Verifier

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer")


class Noon:
    def now(self) -> datetime:
        return NOW


@dataclass
class Doors:
    """What was asked of it, in order; it can lose its answer or fail."""

    sessions_from: datetime | None = None
    found: list[Pass] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fault: Exception | None = None
    loses: bool = False
    deaf: Exception | None = None  # what ID Protection says

    async def account(self, person: str) -> Account:
        assert person == ANN.id
        upn = "ann@contoso.example"
        return Account(ANN.id, ANN.name, upn, True, False, False, False, sessions_from=self.sessions_from)

    async def revoke_sessions(self, person: str) -> None:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        self.asked.append("revoke_sessions")
        self.sessions_from = NOW
        if self.loses:
            raise AnswerLost("revoke_sessions")

    async def passes(self, person: str) -> tuple[Pass, ...]:
        assert person == ANN.id
        return tuple(self.found)

    async def confirm_compromised(self, person: str) -> None:
        assert person == ANN.id
        if self.deaf is not None:
            raise self.deaf
        self.asked.append("confirm_compromised")

    async def delete_pass(self, person: str, pass_id: str) -> None:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        self.asked.append(f"delete {pass_id}")
        self.found = [p for p in self.found if p.id != pass_id]


def a_pass(pass_id: str, usability: str = "EnabledByPolicy") -> Pass:
    usable = usability == "EnabledByPolicy"
    return Pass(pass_id, NOW, NOW + timedelta(hours=1), usable=usable, usability=usability)


def tools(doors: Doors, kind: Kind, moment: Moment = Moment.ACT) -> Tools:
    return Tools(
        directory=cast("Directory", doors),
        verifier=cast("Verifier", None),
        clock=Noon(),
        policy=kind.policy,
        ticket_pattern="",
        moment=moment,
    )


def request(kind: Kind, **details: str) -> Request:
    return Request(
        id="r1",
        kind=kind.name,
        requester=ANN,
        subject=ANN,
        details=details,
        mode=Mode.ENFORCE,
        status=Status.ACTING,
        version=3,
        created_at=NOW,
        way=Way.ALONE,
        attempts=1,
    )
