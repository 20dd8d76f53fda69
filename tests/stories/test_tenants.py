"""Stories of tenants that lack something: what an administrator reads at /readyz, and what Ann is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from bot.web.health import FRESH
from playground.people import EMPLOYEES
from playground.server import Play, playground
from playground.setups import Setup
from tests.stories.conftest import READY

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def lacking(data: Path, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Play]:
    setup: Setup = request.param
    how: Mapping[str, Any] = {"database": f"story_{uuid4().hex}", "database_folder": data, "like": READY}
    async with playground(folder=tmp_path, setup=setup, **how) as started:
        yield started


async def warnings(play: Play) -> Mapping[str, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{play.replicas.all[0].url}/readyz") as answer:
        told = await answer.json()
    assert (answer.status, told["failed"]) == (200, {})  # what only locks goes on, so the process takes work
    found: Mapping[str, str] = told["warnings"]
    return found


async def looked_again(play: Play) -> Mapping[str, str]:
    """Return what is warned of once what is asked each minute is asked again."""
    play.world.clock.advance(timedelta(minutes=1))
    await asyncio.sleep(FRESH)
    return await warnings(play)


async def said(play: Play, text: str) -> str:
    """Let Ann write, and return the words of what the desk shows her then."""
    sent = await play.teams.say("ann", text)
    return (await play.teams.wait("ann", test=lambda seen: int(seen.id) > int(sent.id))).words


@pytest.mark.parametrize("lacking", ["p1"], indirect=True)
async def test_without_p2_an_admin_reads_what_is_not_looked_at_and_ann_is_served(lacking: Play) -> None:
    told = await warnings(lacking)
    assert "no Privileged Identity Management" in told["permissions"]
    assert "no ID Protection" in told["permissions"]
    shown = await said(lacking, "I need an access pass")
    assert "try again" not in shown.lower()
    assert "not let the desk" not in shown


@pytest.mark.parametrize("lacking", ["no-verified-id"], indirect=True)
async def test_without_verified_id_an_admin_reads_the_setting(lacking: Play) -> None:
    assert "VOUCHSAFE_VERIFIED_ID_AUTHORITY" in (await warnings(lacking))["verified_id"]


@pytest.mark.parametrize("lacking", ["half"], indirect=True)
async def test_half_a_set_up_is_named_and_nobody_is_told_to_try_again(lacking: Play) -> None:
    told = await warnings(lacking)
    for permission in ("GroupMember.Read.All", "Policy.Read.AuthenticationMethod", "Organization.Read.All"):
        assert permission in told["permissions"]
    assert "only reports" in told["step_up"]
    assert "billing" in told["verified_id"]
    shown = await said(lacking, "I need an access pass")
    assert "Trying again changes nothing" in shown
    assert "in a few minutes" not in shown


@pytest.mark.parametrize("lacking", ["whole"], indirect=True)
async def test_a_group_that_hides_what_it_is_is_named_and_its_members_are_served_as_soon_as_it_shows(
    lacking: Play,
) -> None:
    """Everybody is in it: where only a list hides it nobody notices anything."""
    hidden = lacking.world.graph.hidden
    hidden[EMPLOYEES] = "altogether"
    assert "Trying again changes nothing" in await said(lacking, "I need an access pass")
    told = await looked_again(lacking)
    assert told["hidden_groups"].startswith(f"{EMPLOYEES}: whoever is in one")
    assert "Member.Read.Hidden" in told["hidden_groups"]
    hidden[EMPLOYEES] = "in_lists"
    assert "Trying again" not in await said(lacking, "I need an access pass")
    assert "hidden_groups" not in await looked_again(lacking)


@pytest.mark.parametrize("lacking", ["excluded-role"], indirect=True)
async def test_approvers_whom_a_policy_spares_are_named_to_the_admin(lacking: Play) -> None:
    told = (await warnings(lacking))["approver_contexts"]
    assert "c1 does not count for 3 of 3 who could approve: its policy excludes roles" in told
    assert "name the emergency accounts" in told
