"""The panel: makes the outside world misbehave at the press of a button; it changes the world, never the bot."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, get_args

from aiohttp import web

from playground.faults import Fault, Kind, Where
from playground.replicas import Replicas
from playground.teams.api import CLIENT, refused
from playground.teams.driver import Teams
from playground.teams.stream import Stream
from playground.tenant.risks import Level
from playground.world import World

Json = dict[str, Any]
_LONGEST = timedelta(days=3650)
_RISKS: tuple[Level, ...] = ("low", "medium", "high")


class Wrong(ValueError):
    """What was asked makes no sense; the text says why."""


def setup(app: web.Application, *, world: World, teams: Teams, replicas: Replicas, stream: Stream) -> None:
    Panel(world=world, teams=teams, replicas=replicas, stream=stream).setup(app)


class Panel:
    """The routes under /panel."""

    def __init__(self, *, world: World, teams: Teams, replicas: Replicas, stream: Stream) -> None:
        self._world = world
        self._teams = teams
        self._replicas = replicas
        self._stream = stream

    def setup(self, app: web.Application) -> None:
        app.router.add_get("/panel", self.page)
        app.router.add_get("/panel/api/state", self.state)
        app.router.add_delete("/panel/api/faults", self._does(self.clear))
        posts: dict[str, Callable[[Json], Awaitable[None]]] = {
            "faults": self.fault,
            "clock": self.clock,
            "keys/roll": self.roll,
            "people/{key}": self.person,
            "installed": self.installed,
            "silent": self.silent,
            "habits": self.habits,
            "replicas": self.replica,
        }
        for path, does in posts.items():
            app.router.add_post(f"/panel/api/{path}", self._does(does))

    async def page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(CLIENT / "panel.html", headers={"Cache-Control": "no-store"})

    def _does(self, does: Callable[[Json], Awaitable[None]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Carry it out, tell the open pages, answer with the new state."""

        async def handle(request: web.Request) -> web.Response:
            try:
                raw = await request.read()
                asked = json.loads(raw) if raw else {}
                if not isinstance(asked, dict):
                    raise Wrong("The body is not a JSON object")  # noqa: TRY301 - one place answers
                await does({**asked, **request.match_info})
            except (Wrong, ValueError, TypeError, OverflowError) as error:
                return refused(400, str(error))
            except KeyError as error:
                return refused(400, f"{error.args[0]} is missing or unknown")
            self._stream.everybody({"kind": "panel", "now": self._world.clock.now().isoformat()})
            return await self.state(request)

        return handle

    async def state(self, _: web.Request) -> web.Response:
        world, teams = self._world, self._teams
        return web.json_response(
            {
                "now": world.clock.now().isoformat(),
                "offset": world.clock.offset.total_seconds(),
                "faults": [asdict(fault) for fault in world.faults.live],
                "people": [self._person(key) for key in (person.key for person in world.people)],
                "groups": [{"id": group.id, "name": group.name} for group in world.people.groups.values()],
                "replicas": [{"number": r.number, "url": r.url, "running": r.running} for r in self._replicas.all],
                "habits": {
                    "trigger": teams.knobs.trigger,
                    "patience": teams.delivery.patience,
                    "relaxed": teams.limits.relaxed,
                    "windows": teams.knobs.windows,
                },
                "requests": len(world.journal.entries),
            }
        )

    def _person(self, key: str) -> Json:
        person, people = self._world.people[key], self._world.people
        return {
            "key": key,
            "name": person.name,
            "title": person.title,
            "enabled": person.enabled,
            "installed": self._teams.chats.personal(key).installed,
            "silent": self._world.entra.silent.get(key, False),
            "risk": None if person.guest else self._risk(key),
            "groups": [group.id for group in people.groups.values() if person.id in group.members],
        }

    def _risk(self, key: str) -> str:
        risk = self._world.graph.risks.get(key)
        if risk is not None and risk.state == "confirmedCompromised":
            return "compromised"
        return risk.level if risk is not None and risk.state == "atRisk" else "none"

    async def fault(self, asked: Json) -> None:
        fields = {name: asked[name] for name in ("match", "seconds", "status", "times") if name in asked}
        if asked["where"] not in get_args(Where) or asked["kind"] not in get_args(Kind):
            raise Wrong("where or kind is none that exists")
        self._world.faults.add(Fault(where=asked["where"], kind=asked["kind"], **fields))

    async def clear(self, _: Json) -> None:
        self._world.faults.clear()

    async def clock(self, asked: Json) -> None:
        if asked.get("reset"):
            return self._world.clock.reset()
        by = timedelta(seconds=float(asked["advance_seconds"]))
        if abs(by) > _LONGEST:
            raise Wrong("That is too far")
        return self._world.clock.advance(by)

    async def roll(self, asked: Json) -> None:
        self._world.keys.roll(asked["ring"], keep_old=bool(asked.get("keep_old", True)))

    async def person(self, asked: Json) -> None:
        key, people = self._key(asked["key"]), self._world.people
        if "enabled" in asked:
            people.change(key, enabled=bool(asked["enabled"]))
        if "risk" in asked:
            self._flag(key, asked["risk"])
        for group in asked.get("join", []):
            people.join(group, key)
        for group in asked.get("leave", []):
            people.leave(group, key)

    def _flag(self, key: str, risk: str) -> None:
        risks = self._world.graph.risks
        if self._world.people[key].guest:
            raise Wrong("A guest's risk is known in their home tenant only")
        for level in _RISKS:
            if risk == level:
                risks.flag(key, level=level)
                return
        if risk not in {"none", "compromised"}:
            raise Wrong("risk is none, low, medium, high or compromised")
        (risks.clear if risk == "none" else risks.compromise)(key)

    async def installed(self, asked: Json) -> None:
        key = self._key(asked["person"])
        if asked["installed"]:
            self._teams.install(key)
        else:
            self._teams.uninstall(key)

    async def silent(self, asked: Json) -> None:
        self._world.entra.silent[self._key(asked["person"])] = bool(asked["on"])

    async def habits(self, asked: Json) -> None:
        teams = self._teams
        if (trigger := asked.get("trigger", teams.knobs.trigger)) not in {"always", "never", "alternate"}:
            raise Wrong("trigger is always, never or alternate")
        teams.knobs.trigger = trigger
        teams.delivery.patience = max(0.1, float(asked.get("patience", teams.delivery.patience)))
        teams.limits.relaxed = bool(asked.get("relaxed", teams.limits.relaxed))
        teams.knobs.windows = bool(asked.get("windows", teams.knobs.windows))

    async def replica(self, asked: Json) -> None:
        number = int(asked["number"])
        if not 0 <= number < len(self._replicas.all):
            raise Wrong(f"There is no replica {number}")
        if asked["running"]:
            await self._replicas.start(number)
        else:
            await self._replicas.kill(number)

    def _key(self, key: str) -> str:
        if key not in self._world.people:
            raise Wrong(f"There is nobody {key!r}")
        return key
