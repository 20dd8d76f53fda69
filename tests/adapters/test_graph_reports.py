"""The tenant's log by Graph: what it tells of an account, whose acts are no change, and turns for every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.alterations import Alteration
from bot.core.errors import DeskError, NotGranted, Rejected, Unavailable
from bot.graph.directory import GraphDirectory
from playground.tenant.history import BY_ADMIN
from playground.world import World
from tests.adapters.answers import ANN, Free, Server, hearing
from tests.adapters.tenant import contoso, directory_of

FORTNIGHT = timedelta(days=14)
ENTRY: dict[str, Any] = {
    "activityDateTime": "2026-11-19T10:00:00.1234567Z",
    "activityDisplayName": "Update user",
    "result": "success",
    "initiatedBy": {"app": None, "user": {"id": ANN}},
    "targetResources": [{"id": ANN, "type": "User", "modifiedProperties": []}],
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.history.lag = timedelta()
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


def entry(activity: str, changed: str = "", **more: Any) -> dict[str, Any]:
    told = [{"displayName": changed, "oldValue": '["a"]', "newValue": '["b"]'}] if changed else []
    target = {"id": ANN.upper(), "type": "User", "modifiedProperties": told}
    return {**ENTRY, "activityDisplayName": activity, "targetResources": [target], **more}


async def told(directory: GraphDirectory, person: str) -> list[Alteration]:
    return [change.what for change in await directory.changes(person, FORTNIGHT)]


async def test_what_happened_to_an_account_is_told_newest_first(world: World, directory: GraphDirectory) -> None:
    ann, mo, nia = (world.people[key] for key in ("ann", "mo", "nia"))
    assert await told(directory, ann.id) == []
    assert await told(directory, mo.id) == [Alteration.MANAGER]
    assert await told(directory, nia.id) == [Alteration.CREATED]
    world.graph.register_passkey("greta", "New key")
    world.people.change("greta", name="Greta Grün")
    found = await told(directory, world.people["greta"].id)
    assert found == [Alteration.RENAMED, Alteration.METHOD]


async def test_what_the_desk_did_itself_is_no_change(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"]
    await directory.issue_pass(ann.id, timedelta(hours=1), one_time=True)
    assert [one.activity for one in world.graph.history if one.person == "ann"] == [BY_ADMIN]
    assert await told(directory, ann.id) == []
    world.graph.history.note("lou", BY_ADMIN, app="11111111-2222-4333-8444-999999999999")
    assert await told(directory, world.people["lou"].id) == [Alteration.METHOD]


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (entry("User registered security info"), "new_method"),
        (entry("Admin registered security info"), "new_method"),
        (entry("User changed default security info"), "new_method"),
        (entry("Add FIDO2 security key"), "new_method"),
        (entry("Add Passkey (device-bound)"), "new_method"),
        (entry("Update user", "StrongAuthenticationUserDetails"), "new_method"),
        (entry("Update user", "UserPrincipalName"), "renamed"),
        (entry("Set user manager"), "manager"),
        (entry("Update user", "Manager.ObjectID"), "manager"),
        (entry("Add user", "UserPrincipalName"), "created"),
        (entry("Add user", result="timeout"), "created"),
        (entry("User deleted security info"), ""),
        (entry("User started security info registration"), ""),
        (entry("Update user", "Department"), ""),
        (entry("Set user manager", result="failure"), ""),
    ],
)
async def test_each_entry_says_what_it_is(made: dict[str, Any], what: str) -> None:
    async with hearing(Server(body={"value": [made]})) as directory:
        assert await told(directory, ANN) == ([what] if what else [])


async def test_names_that_were_only_listed_as_updated_count_too() -> None:
    updated = {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"Manager, Department"'}
    made = {**ENTRY, "targetResources": [{"id": ANN, "modifiedProperties": [updated]}]}
    async with hearing(Server(body={"value": [made]})) as directory:
        assert await told(directory, ANN) == [Alteration.MANAGER]


@pytest.mark.parametrize(
    "body",
    [
        {"value": None},
        {"value": [1]},
        {"value": [{**ENTRY, "activityDateTime": "soon"}]},
        {"value": [{**ENTRY, "activityDisplayName": None}]},
        {"value": [{**ENTRY, "targetResources": [None]}]},
    ],
)
async def test_what_cannot_be_read_is_no_answer(body: dict[str, Any]) -> None:
    async with hearing(Server(body=body)) as directory:
        with pytest.raises(DeskError):
            await directory.changes(ANN, FORTNIGHT)


async def test_all_pages_are_read_or_nothing_is_known(world: World, directory: GraphDirectory) -> None:
    world.graph.page_size = 1
    world.graph.reports.rate = None
    for _ in range(2):
        world.graph.register_passkey("ann", "Key")
    world.graph.history.note("ann", "Set user manager")
    assert sorted(await told(directory, world.people["ann"].id)) == ["manager", "new_method", "new_method"]
    for _ in range(5):
        world.graph.history.note("lou", "Update user")
    with pytest.raises(Rejected):
        await directory.changes(world.people["lou"].id, FORTNIGHT)


async def test_a_tenant_that_gives_no_log_is_asked_again_only_after_a_while(
    world: World, directory: GraphDirectory
) -> None:
    ann, lou = world.people["ann"].id, world.people["lou"].id
    world.graph.granted.discard("AuditLog.Read.All")
    for person in (ann, lou, ann):
        with pytest.raises(NotGranted):
            await directory.changes(person, FORTNIGHT)
    assert len(world.journal.of("graph")) == 1
    world.graph.granted.add("AuditLog.Read.All")
    world.clock.advance(timedelta(minutes=11))
    assert await told(directory, ann) == []


async def test_without_a_licence_it_is_not_granted_either(world: World, directory: GraphDirectory) -> None:
    world.graph.licence = ""
    with pytest.raises(NotGranted) as caught:
        await directory.changes(world.people["ann"].id, FORTNIGHT)
    assert caught.value.code == "no_premium"
    assert "AuditLog.Read.All" in await directory.lacking(["AuditLog.Read.All"])


async def test_an_answer_stands_for_some_minutes_because_the_log_is_behind_itself(
    world: World, directory: GraphDirectory
) -> None:
    ann = world.people["ann"].id
    assert await told(directory, ann) == []
    world.graph.register_passkey("ann", "Key")
    assert await told(directory, ann) == []
    now = await directory.changes_now(ann, FORTNIGHT)  # where something rests on it
    assert [change.what for change in now] == [Alteration.METHOD]
    assert await told(directory, ann) == [Alteration.METHOD]
    world.graph.register_passkey("ann", "Newer key")
    world.clock.advance(timedelta(minutes=6))
    assert await told(directory, ann) == [Alteration.METHOD, Alteration.METHOD]


async def test_whom_somebody_waits_for_has_more_patience_than_what_nobody_waits_for() -> None:
    budget = Free()
    async with hearing(Server(body={"value": []}), budget) as directory:
        await directory.changes(ANN, FORTNIGHT)
        assert await directory.lacking(["AuditLog.Read.All"]) == {}
    person, nobody = budget.patience
    assert person > 2.1 > nobody == 0


async def test_no_turn_in_time_is_unavailable_and_says_when(world: World, directory: GraphDirectory) -> None:
    for _ in range(6):
        world.graph.reports.take()
    with pytest.raises(Unavailable) as caught:
        await directory.changes(world.people["ann"].id, FORTNIGHT)
    assert caught.value.retry_after == 2
