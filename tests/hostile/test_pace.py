"""One person's flood: it costs that person turns and nobody else, and never the alarm."""

from __future__ import annotations

from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.core.actions import Begin, Ref, Report, Show, Submit
from bot.core.answers import Done
from bot.core.packing import pack
from bot.entra.keys import KeyRing
from bot.kinds import KINDS
from bot.process import service
from bot.teams.endpoint import plainly
from bot.teams.throttle import Throttle
from bot.web.health import Health
from bot.web.limit import PROXIES, Limit
from tests.adapters.edge import (
    ANN,
    Edge,
    Issuer,
    Json,
    Post,
    SetClock,
    ToldDesk,
    activity,
    cloud_at,
    edge,
    home,
    invoke,
    press,
    settings,
)

BEN = "bbbbbbbb-0000-4000-8000-00000000000b"
ALARM = next(kind.name for kind in KINDS.values() if kind.alarm)


def pace() -> Throttle:
    turns, alarms, told = Limit(burst=3, rate=0.01), Limit(burst=2, rate=0.01), Limit(burst=1, rate=0.01)
    return Throttle(turns.wait, alarms.wait, told.wait, frozenset({ALARM}))


def by(person: str, number: int, **other: Any) -> Json:
    sender = {"id": f"29:{person}", "name": person, "aadObjectId": person}
    return activity(id=f"{person} {number}", **{"from": sender, **other})


async def test_a_flood_costs_its_person_turns_and_nobody_else() -> None:
    async with edge(ToldDesk(home()), pace=pace()) as e:
        for number in range(10):
            assert (await e.deliver(by(ANN, number, text="help")))[0] == 200
        assert len(e.desk.asked) == 3
        assert (await e.deliver(by(BEN, 0, text="help")))[0] == 200
        assert e.desk.asked[-1][0].person.id == BEN


async def test_a_flood_is_told_once_and_logged_without_what_was_said() -> None:
    async with edge(ToldDesk(home()), pace=pace()) as e:
        with capture_logs() as logs:
            for number in range(10):
                await e.deliver(by(ANN, number, text="hunter2"))
        assert [text for text in e.post.texts() if "extension 4357" in text] == [e.post.texts()[-1]]
        assert [line["person"] for line in logs if line["event"] == "person_held_back"] == [ANN] * 7
        assert "hunter2" not in str(logs)


async def test_a_press_too_many_is_answered_where_it_was_made() -> None:
    async with edge(ToldDesk(Done()), pace=pace()) as e:
        answers = [await e.deliver(press(dict(pack(Show(Ref("r1", 1)))))) for _ in range(4)]
        assert [status for status, _ in answers] == [200] * 4
        assert len(e.desk.asked) == 3
        assert "extension 4357" in str(answers[-1][1])


async def test_no_flood_of_turns_takes_the_alarm_away() -> None:
    """Whoever sits at somebody's Teams cannot drown what its owner presses on their phone."""
    async with edge(ToldDesk(Done()), pace=pace()) as e:
        for number in range(20):
            await e.deliver(by(ANN, number, text="help"))
        for action in (Begin(ALARM), Report(Ref("r1", 1))):
            await e.deliver(press(dict(pack(action))))
            assert type(e.desk.action) is type(action)
        asked = len(e.desk.asked)
        await e.deliver(press(dict(pack(Begin(ALARM)))))  # it has been raised, twice: that is enough
        assert len(e.desk.asked) == asked


async def test_only_alarms_have_the_turns_of_alarms() -> None:
    async with edge(ToldDesk(Done()), pace=pace()) as e:
        for kind in (*KINDS, "nothing"):
            if kind != ALARM:
                await e.deliver(invoke("task/submit", {"data": pack(Submit(kind, f"r-{kind}", {}))}))
        assert len(e.desk.asked) == 3


async def test_the_service_holds_people_back_and_believes_the_proxies_it_was_told() -> None:
    """As production puts it together: more than anybody can press, and then no more."""
    issuer, clock, desk, post = Issuer(), SetClock(), ToldDesk(home()), Post()
    issuer.add("one")
    async with TestServer(issuer.app()) as server, aiohttp.ClientSession() as session:
        cloud = cloud_at(str(server.make_url("")).rstrip("/"))
        own = settings().model_copy(update={"proxies": frozenset({"10.1.0.0/24"})})
        desk.step_up = desk.proofs = None  # type: ignore[attr-defined]  # no page is asked for here
        outside = SimpleNamespace(bot_keys=KeyRing(session, cloud.bot_openid, clock), messenger=post)
        view = SimpleNamespace(views=SimpleNamespace(answered=plainly(clock, "x")))
        inside = SimpleNamespace(desk=desk, delivery=view, entry=None, notices=None)
        app = service.application(own, cloud, outside, inside, Health({}), clock)  # type: ignore[arg-type]  # all it takes of them
        assert app[PROXIES] == (ip_network("10.1.0.0/24"),)
        async with TestClient(TestServer(app)) as client:
            e = Edge(client, issuer, clock, desk, post, cloud)
            for number in range(150):
                assert (await e.deliver(by(ANN, number, text="help")))[0] == 200
            asked = len(desk.asked)
            assert 120 <= asked < 150
            await e.deliver(press(dict(pack(Begin(ALARM)))))
            assert len(desk.asked) == asked + 1
