"""A story in which every step lands on the other replica: nothing of an errand is one process's alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from playground.server import Play
from playground.teams.popup import Popup
from playground.tenant.risks import Detection
from tests.stories.hand import Hand
from tests.stories.seat import words
from tests.stories.test_death import hands, whole
from tests.stories.test_password import BETTER, link, ready, typed
from tests.stories.test_verify import begun, policies

pytestmark = pytest.mark.slow
AGAIN = "[limits]\nrepeat = false\n"  # one person does it all, one thing after the other


@pytest.fixture
def setting(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return {"replicas": 2, **policies(tmp_path_factory, AGAIN)}


async def served(play: Play, path: str, times: int) -> list[tuple[int, str]]:
    """Which replicas answered at this path, and to which method, by their own logs: written behind the answer."""
    for _ in range(100):
        if len(_served(play, path)) >= times:
            break
        await asyncio.sleep(0.05)
    return _served(play, path)


def _served(play: Play, path: str) -> list[tuple[int, str]]:
    found = []
    for replica in play.replicas.all:
        lines = [json.loads(line) for line in replica.log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
        found += [(replica.number, line["method"]) for line in lines if line.get("path") == path]
    return sorted(found)


async def test_whatever_comes_next_may_land_elsewhere(play: Play) -> None:
    ann, ben = hands(play)
    await play.teams.delivery.settled()  # that the app is installed was told to everybody
    await a_pass(play, ann, ben)
    await a_password(play, ann)
    await a_proof(play, ann)
    await turns_of_one_tenant(play)
    await whole(play)


async def a_pass(play: Play, ann: Hand, ben: Hand) -> None:
    """Asked for on the one; the sign-in begins, goes on, comes back and is handed over on alternate replicas."""
    route = play.replicas.route
    route(0)
    await ann.ask()
    card = await ann.signs_in()
    route(1)
    prompt = card.oauth is not None  # of a version before this one
    outcome = await (
        play.teams.exchange("ann", card) if prompt else play.teams.press("ann", card, words("button.sign_in"))
    )
    assert outcome.kind == "popup"
    async with Popup(play.world.origin) as popup:
        route(0)
        start = await popup.open(outcome.url)
        route(1)
        entra = await popup.submit(start, {}, button="continue")
        route(0)
        last = await popup.submit(entra, {"person": "ann", "method": "passkey"}, button="continue")
    assert last.result is not None, last.text
    route(1)
    assert (await play.teams.verify("ann", card, last.result)).kind == "signed"
    assert await served(play, "/step-up/start", 2) == [(0, "GET"), (1, "POST")]
    assert await served(play, "/step-up/callback", 1) == [(0, "GET")]
    route(0, 1)
    await ben.approve(ann.name)
    await ann.sees(words("tap.request.ready.title"))
    route(1)
    assert play.world.graph.issued == []
    said = await ann.show()
    assert play.world.graph.issued[0].value in said
    route(0)
    await ann.press(words("tap.button.revoke"), on=words("tap.request.done.title"))
    await ann.sees(words("tap.request.revoked.title"))
    assert "ann" not in play.world.graph.passes


async def a_password(play: Play, ann: Hand) -> None:
    """The page opens on the one and is sent to the other."""
    route = play.replicas.route
    route(0)
    card = await ready(ann)
    async with Popup(play.world.origin) as popup:
        route(1)
        start = await popup.open(link(card))
        route(0)
        entra = await popup.submit(start, {}, button="continue")
        route(1, 0)  # Entra's answer at the one, the page it leads to at the other
        page = await popup.submit(entra, {"person": "ann", "method": "passkey"}, button="continue")
        assert words("password.page.lead") in page.text
        route(1)
        last = await popup.submit(page, {"password": typed(play, BETTER)}, button="send")
    assert await served(play, "/step-up/enter", 2) == [(0, "GET"), (1, "POST")]
    assert last.result is not None, last.text
    route(0)
    await play.teams.verify("ann", card, last.result)
    await ann.sees(words("password.request.done.title"))
    assert play.world.graph.password_ok("ann", BETTER)


async def a_proof(play: Play, ann: Hand) -> None:
    """What the wallet does is told to a replica that did not ask for it."""
    route = play.replicas.route
    route(0)
    asked = await begun(ann)
    route(1)
    await play.world.verified.scan(asked.id, "ann")
    await ann.sees(words("verify.request.done.scanned.title"))
    route(0)
    await play.world.verified.present(asked.id, "ann")
    await ann.sees(words("verify.request.ended.verified.title"))
    assert await served(play, "/verified-id/callback", 2) == [(0, "POST"), (1, "POST")]


async def turns_of_one_tenant(play: Play) -> None:
    """Identity Protection lets the tenant in once a second, however many replicas ask."""
    play.replicas.route(0, 1)
    before, keys = len(play.world.journal.of("graph", "", "identityProtection")), ("tess", "lou")
    for key in keys:
        play.world.graph.flag(key, level="low", detections=[Detection("unlikelyTravel", "low")])
    people = [Hand(play, key) for key in keys]
    for hand in people:
        await hand.want("risk", reason="travel")
    await asyncio.gather(*(hand.sign_in() for hand in people))
    play.world.clock.advance(timedelta(seconds=30))  # what could not be found out is looked at again
    for hand in people:
        await hand.sees(words("risk.request.done.title"), seconds=90)
    asked = [datetime.fromisoformat(e.at) for e in play.world.journal.of("graph", "", "identityProtection")[before:]]
    assert len(asked) > len(keys)
    assert min((later - earlier).total_seconds() for earlier, later in pairwise(asked)) > 0.5
    assert play.world.graph.budget.refused == 0
