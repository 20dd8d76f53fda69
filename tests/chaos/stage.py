"""Stage: a playground with a crowd in it, what the bot said to everybody, and the errands of all of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import psycopg

from playground.people import HELPDESK, Group, guid
from playground.server import Play, playground
from playground.teams.delivery import Answer
from tests.chaos.errands import Agent, Errand
from tests.chaos.eyes import Eyes
from tests.chaos.person import Person
from tests.chaos.shown import Said
from tests.chaos.weather import Weather

APPROVERS: Final = 4  # of the crowd, besides the two of the cast
CALM: Final = 3  # looks one after the other at which nothing was left to do
TRIAL: Final = guid("group/trial")  # for whom a pass is only tried: nothing is done in Graph
ASKED: Final = guid("group/asked")  # whose passes the helpdesk must approve
FACED: Final = guid("group/faced")  # who shows their face for a pass
WAITING: Final = guid("group/waiting")  # whose passes the helpdesk must approve, and who signs in for none
KINDS: Final = ("password", "risk", "methods", "verify", "sessions", "compromised")
POLICIES: Final = "\n".join(
    [
        *("[tap]", "per_day = 100", "approvals = 0", "assisted = true"),
        *(f'[tap.groups."{TRIAL}"]', 'mode = "evaluate"'),
        *(f'[tap.groups."{ASKED}"]', "approvals = 1"),
        *(f'[tap.groups."{FACED}"]', 'evidence = "face_check"'),
        *(f'[tap.groups."{WAITING}"]', "approvals = 1", 'step_up = ""', 'milder = ["step_up"]'),
        *(f"[{kind}]\nper_day = 100" for kind in KINDS),
        # A crowd of few people, again and again.
        *("[limits]", "repeat = false", "cool_down = false", "per_agent_hour = false", "per_approver_hour = false", ""),
    ]
)


@dataclass
class Stage:
    """`agents` have errands of their own; `waiting` are a crowd that wait for an approver, where there is one.

    `opened` says which approvers have opened which request of the line.
    """

    play: Play
    folder: Path
    eyes: Eyes
    weather: Weather
    seed: str
    env: dict[str, str]
    agents: list[Agent] = field(default_factory=list)
    waiting: list[Agent] = field(default_factory=list)
    opened: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    said: list[Said] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)
    begun: int = 0

    def hear(self, activity: dict[str, Any], answer: Answer) -> None:
        if answer.body:
            place, person = activity["conversation"]["id"], activity["from"].get("aadObjectId", "")
            body = json.dumps(answer.body, ensure_ascii=False)
            self.said.append(Said(str(activity["id"]), person, place, body))

    async def run(self, errands: int, *, seconds: float, every_sort: bool) -> None:
        """Let everybody go about their errands in bad weather, until so many are done or the time is over.

        With `every_sort`, they go on until everything that can go wrong did.
        """
        over, until = asyncio.Event(), time.monotonic() + seconds
        raging = asyncio.create_task(self.weather.rage(over))

        async def busy(agent: Agent) -> None:
            while time.monotonic() < until:
                if self.begun >= errands and not (every_sort and self.weather.missing()):
                    return
                self.begun += 1
                self.errands.append(await agent.errand())

        await asyncio.gather(*(busy(agent) for agent in self.agents))
        over.set()
        await raging


@asynccontextmanager
async def staged(
    *, folder: Path, seed: str, replicas: int, people: int, pace: float, asked: int = 1, waiting: int = 0
) -> AsyncIterator[Stage]:
    """Everything up, with so many people who want something; each `asked`-th needs an approval for a pass.

    Of a channel's threads Teams lets 1,800 begin in an hour: a crowd that all need one waits for most of an hour. With
    so many `waiting` besides, they are whom the weather is about, and the others are nothing out of the ordinary.
    """
    policies = folder / "policies.toml"
    policies.write_text(POLICIES)
    env = {"VOUCHSAFE_POLICIES": str(policies), "VOUCHSAFE_MAIL_PACE": "600"}  # or the last would go half an hour later
    async with playground(
        folder=folder,
        replicas=replicas,
        env=env,
        record=folder / "record",
        extras=APPROVERS + people + waiting,
    ) as play:
        play.teams.delivery.patience = 12.0
        await _quick(play)
        eyes = Eyes(play)
        weather = Weather(play, folder / "postgres", Random(f"{seed}/weather"), pace)
        stage = Stage(play, folder, eyes, weather, seed, env)
        play.teams.delivery.listen(stage.hear)
        crowd = [person.key for person in play.world.people if person.key.startswith("p")]
        helpdesk, busy, many = crowd[:APPROVERS], crowd[APPROVERS : APPROVERS + people], crowd[APPROVERS + people :]
        _join(play, HELPDESK, helpdesk)
        _join(play, WAITING, many)
        _join(play, TRIAL, [] if waiting else busy[::6])
        _join(play, FACED, [] if waiting else busy[1::4])
        _join(play, ASKED, [] if waiting else busy[::asked])
        hands = {key: _hand(stage, key, number) for number, key in enumerate((*crowd, "ben", "cleo", "tess", "sam"))}
        for key in (*helpdesk, *busy, "ben", "cleo", "tess", "sam"):  # who has no business there as well, and presses
            play.teams.chats.join("helpdesk", key)
        approvers = tuple(hands[key] for key in (*helpdesk, "ben", "cleo"))
        strangers = (hands["tess"], hands["sam"])
        weather.crowd = [hands[key] for key in many or busy]
        stage.agents = [Agent(hands[key], approvers, strangers) for key in busy]
        stage.waiting = [Agent(hands[key], approvers, strangers) for key in many]
        yield stage


def _join(play: Play, group: str, keys: Sequence[str]) -> None:
    play.world.people.groups.setdefault(group, Group(group, "Of the crowd", frozenset()))
    for key in keys:
        play.world.people.join(group, key)


async def _quick(play: Play) -> None:
    """A database that comes back soon: what the system holds outlives the server, and no disk is asked."""
    async with await psycopg.AsyncConnection.connect(play.database_url, autocommit=True) as connection:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")


def _hand(stage: Stage, key: str, number: int) -> Person:
    address = f"127.7.{number // 250}.{number % 250 + 1}"
    return Person(stage.play, stage.eyes, key, Random(f"{stage.seed}/{key}"), address)


async def quiet(stage: Stage, *, seconds: float) -> str:
    """Wait until nothing is left to do; what still was when the time was over, or nothing."""
    until, calm, left = time.monotonic() + seconds, 0, "nothing was looked at"
    while time.monotonic() < until:
        await stage.play.teams.delivery.settled()
        left = await _left(stage)
        calm = 0 if left else calm + 1
        if calm >= CALM:
            return ""
        await asyncio.sleep(0.4)
    return left


async def _left(stage: Stage) -> str:
    now = stage.play.world.clock.now()
    async with await psycopg.AsyncConnection.connect(stage.play.database_url) as connection:
        jobs = await connection.execute(
            "SELECT args ->> 'name', count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1"
        )
        waiting = [f"{count} {name}" for name, count in await jobs.fetchall()]
        asked = (
            "SELECT count(*) FROM requests WHERE due_at <= %s UNION ALL SELECT count(*) FROM matters WHERE due_at <= %s"
        )
        rows = await (await connection.execute(asked, (now, now))).fetchall()
    late = [
        f"{row[0]} {what} whose time has come"
        for row, what in zip(rows, ("requests", "matters"), strict=True)
        if row[0]
    ]
    return ", ".join([*waiting, *late])
