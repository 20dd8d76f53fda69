"""What the tenant has not given the desk: told apart by each service's own way to say so, and never an outage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from bot.core.errors import DeskError, NotGranted, Rejected
from bot.core.model import Secret
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from playground.people import HELPDESK
from playground.world import World
from tests.adapters.answers import ANN, USER, Json, Server, hearing
from tests.adapters.tenant import contoso, directory_of

ROLES = {"RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory"}
# Opens what a permission also opens that the desk has: without these too it is not to be had.
WITH = {**dict.fromkeys(ROLES, ROLES), "UserAuthMethod-TAP.ReadWrite.All": {"UserAuthenticationMethod.Read.All"}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


async def test_a_tenant_that_gave_everything_lacks_nothing(directory: GraphDirectory) -> None:
    assert await directory.lacking({*permissions.BASE, *permissions.OF_KINDS}) == {}


PROBED = sorted(
    {
        *(name for name in permissions.BASE if ".Read" in name),
        *("Policy.Read.AuthenticationMethod", "UserAuthMethod-TAP.ReadWrite.All", "Organization.Read.All"),
        *("UserAuthenticationMethod.Read.All", "UserAuthMethod-Passkey.Read.All"),
    }
)


@pytest.mark.parametrize("permission", PROBED)
async def test_each_permission_that_is_not_granted_is_named(
    world: World, directory: GraphDirectory, permission: str
) -> None:
    world.graph.granted -= WITH.get(permission, set()) | {permission}
    found = await directory.lacking({*permissions.BASE, *permissions.OF_KINDS})
    assert found[permission] == "is not granted to the app"
    assert set(found) <= {permission, *WITH.get(permission, set())}


async def test_without_p2_nobody_is_eligible_and_the_roles_that_are_held_still_count(
    world: World, directory: GraphDirectory
) -> None:
    """The desk said "try again in a few minutes" for ever; without Privileged Identity Management there is none."""
    world.graph.licence = "P1"
    assert (await directory.standing(world.people["ann"].id)).roles == ()
    assert (await directory.standing(world.people["dora"].id)).roles != ()
    assert (await directory.standing(world.people["olga"].id)).guarded_groups != ()
    found = await directory.lacking(permissions.BASE)
    assert set(found) == {"RoleEligibilitySchedule.Read.Directory", "IdentityRiskyUser.Read.All"}
    assert all("Entra ID P2" in why for why in found.values())
    assert await directory.at_risk(world.people["ben"].id) is False


NO_PIM = ("AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 license.")
NO_PREMIUM = ("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "tenant doesn't have premium license")
NO_PROTECTION = ("Forbidden", "Your tenant is not licensed for this feature.")


@dataclass
class Refusing(Server):
    """Says no to questions about eligible roles, in these words; to all others that there is nothing."""

    no: tuple[int, str, str] = (400, *NO_PIM)

    async def answer(self, request: web.Request) -> web.Response:
        if "roleEligibilityScheduleInstances" not in request.path:
            return web.json_response({"value": []})
        status, code, message = self.no
        return web.json_response({"error": {"code": code, "message": message}}, status=status)


@pytest.mark.parametrize(
    "no",
    [
        *((status, *NO_PIM) for status in (402, 403, 404, 409, 422, 501)),
        *((status, *word) for status in (400, 403) for word in (NO_PREMIUM, NO_PROTECTION)),
    ],
)
async def test_only_what_pim_is_known_to_say_means_that_nobody_is_eligible(no: tuple[int, str, str]) -> None:
    """Whatever came with such a word, from whichever service, took down the wall around those who are eligible."""
    async with hearing(Refusing()) as directory:
        assert (await directory.standing(ANN)).roles == ()
    async with hearing(Refusing(no=no)) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.standing(ANN)
    assert caught.value.code != "no_premium"


@pytest.mark.parametrize("status", [400, 402, 501])
@pytest.mark.parametrize(("code", "message"), [NO_PREMIUM, NO_PROTECTION, NO_PIM])
async def test_only_what_id_protection_is_known_to_say_means_that_it_flags_nobody(
    status: int, code: str, message: str
) -> None:
    async with hearing(Server(status=status, body={"error": {"code": code, "message": message}})) as directory:
        with pytest.raises(DeskError):
            await directory.at_risk(ANN)


@pytest.mark.parametrize("gone", [ROLES, {"RoleManagement.Read.Directory"}])
async def test_a_permission_for_roles_that_is_missing_is_no_licence_that_is(
    world: World, directory: GraphDirectory, gone: set[str]
) -> None:
    world.graph.licence = "P1"
    world.graph.granted -= gone
    with pytest.raises(NotGranted) as caught:
        await directory.standing(world.people["ann"].id)
    assert caught.value.code == "no_permission"


async def test_groups_that_the_app_may_not_see_hide_nobodys_privilege(world: World, directory: GraphDirectory) -> None:
    """Graph answers with nulls, and null was read as: no role can be given to it."""
    world.graph.granted.discard("GroupMember.Read.All")
    with pytest.raises(NotGranted):
        await directory.standing(world.people["olga"].id)


async def test_without_p1_no_context_is_guarded_and_it_is_told_why(world: World, directory: GraphDirectory) -> None:
    world.graph.licence = ""
    assert await directory.guarded_contexts(world.people["ann"].id) == frozenset()
    assert "Entra ID P1" in (await directory.unguarded(frozenset({"c1"})))["c1"]


@pytest.mark.parametrize(
    ("gone", "call"),
    [
        ("User.Read.All", "account"),
        ("IdentityRiskyUser.Read.All", "risk"),
        ("Policy.Read.All", "guarded_contexts"),
        ("UserAuthenticationMethod.Read.All", "methods"),
    ],
)
async def test_every_service_has_its_own_way_to_say_so(
    world: World, directory: GraphDirectory, gone: str, call: str
) -> None:
    world.graph.granted.discard(gone)
    with pytest.raises(NotGranted) as caught:
        await getattr(directory, call)(world.people["ann"].id)
    assert caught.value.code == "no_permission"


async def test_the_policies_of_methods_have_theirs(world: World, directory: GraphDirectory) -> None:
    world.graph.granted.discard("Policy.Read.AuthenticationMethod")
    with pytest.raises(NotGranted):
        await directory.pass_policy()


async def test_what_a_persons_own_role_does_not_open_is_not_the_desks_to_be_granted() -> None:
    async with hearing(Server(status=403, body={"error": {"code": "Authorization_RequestDenied"}})) as heard:
        with pytest.raises(Rejected) as caught:
            await heard.proof_of(ANN, Secret("token"))
    assert caught.value.code == "not_allowed"
    assert not isinstance(caught.value, NotGranted)


@pytest.mark.parametrize(
    ("odd", "guest"),
    [
        ({"createdDateTime": "2013-05-01T08:00:00Z"}, False),
        ({"createdDateTime": "2014-08-30T23:59:59Z"}, False),
        ({"createdDateTime": "2013-05-01T08:00:00Z", "userPrincipalName": "a_b.example#EXT#@contoso.example"}, True),
    ],
)
async def test_an_account_older_than_user_types_is_the_tenants_own(odd: Json, guest: bool) -> None:
    async with hearing(Server(body=USER | {"userType": None} | odd)) as directory:
        assert (await directory.account(ANN)).guest is guest


@pytest.mark.parametrize("created", ["2014-09-01T00:00:00Z", "2026-01-05T08:00:00Z", None])
async def test_a_type_that_is_missing_from_a_later_account_is_a_hole(created: str | None) -> None:
    async with hearing(Server(body=USER | {"userType": None, "createdDateTime": created})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.account(ANN)
    assert caught.value.code == "incomplete"


async def test_the_helpdesk_is_no_secret(world: World, directory: GraphDirectory) -> None:
    """So that nothing above passes because the playground refuses everything."""
    assert await directory.groups(world.people["ben"].id, frozenset({HELPDESK})) == {HELPDESK}
