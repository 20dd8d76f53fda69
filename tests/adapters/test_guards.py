"""What a Conditional Access policy is worth as the guard of a context: only what surely asks this person, each time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy

from bot.core.errors import Rejected
from bot.graph.directory import GraphDirectory
from bot.graph.guards import Covered, Gap, Guard, read
from bot.graph.nodes import Node
from playground.faults import Fault
from playground.people import EMPLOYEES, GLOBAL_ADMIN, HELPDESK, LEADS
from playground.setups import arrange
from playground.world import World
from tests.adapters.tenant import contoso, directory_of

ANN, TEAM, LEFT, ADMIN = "Ann-1", "team", "left", "role-1"
# As Graph answers: https://learn.microsoft.com/graph/api/conditionalaccesspolicy-get
SOUND: dict[str, Any] = {
    "id": "p1",
    "state": "enabled",
    "conditions": {
        "clientAppTypes": ["all"],
        "signInRiskLevels": [],
        "userRiskLevels": [],
        "servicePrincipalRiskLevels": [],
        "insiderRiskLevels": None,
        "clientApplications": None,
        "devices": None,
        "locations": None,
        "platforms": None,
        "authenticationFlows": None,
        "applications": {
            "includeApplications": [],
            "excludeApplications": [],
            "includeUserActions": [],
            "applicationFilter": None,
            "includeAuthenticationContextClassReferences": ["c1"],
        },
        "users": {
            "includeUsers": ["All"],
            "excludeUsers": [],
            "includeGroups": [],
            "excludeGroups": [],
            "includeRoles": [],
            "excludeRoles": [],
            "includeGuestsOrExternalUsers": None,
            "excludeGuestsOrExternalUsers": None,
        },
    },
    "grantControls": {
        "operator": "OR",
        "builtInControls": ["mfa"],
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": None,
    },
    "sessionControls": {
        "signInFrequency": {
            "value": None,
            "type": None,
            "authenticationType": "primaryAndSecondaryAuthentication",
            "frequencyInterval": "everyTime",
            "isEnabled": True,
        }
    },
}
STRENGTH = {"id": "s", "displayName": "Strong", "requirementsSatisfied": "mfa"}
FREQUENCY, NARROW, WEAK = "does not demand a fresh sign-in", "only under conditions", "without multifactor"


def policy(**changes: Any) -> ConditionalAccessPolicy:
    """The sound one, with the values at these paths (`conditions__users__excludeUsers`) changed."""
    whole = deepcopy(SOUND)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = whole
        for step in way:
            place = place[step]
        place[last] = value
    found = Node.root(json.dumps(whole).encode()).get_object_value(ConditionalAccessPolicy)
    assert found is not None
    return found


def whose(
    person: str = ANN, *, groups: str = "", roles: str = "", guest: bool = False, by_group: bool = False
) -> Covered:
    return Covered(person, frozenset(groups.split()), frozenset(roles.split()), guest, by_group)


def test_a_sound_policy_guards_its_context_for_everybody() -> None:
    guard = read(policy())
    assert isinstance(guard, Guard)
    assert guard.contexts == {"c1"}
    assert guard.covers(whose())


@pytest.mark.parametrize(
    "changes",
    [
        {"grantControls__operator": "AND", "grantControls__builtInControls": ["mfa", "compliantDevice"]},
        {"grantControls__builtInControls": [], "grantControls__authenticationStrength": STRENGTH},
        {"grantControls__authenticationStrength": STRENGTH},
        {"sessionControls__signInFrequency__authenticationType": None},
        {"conditions__clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]},
        {"conditions__locations": {"includeLocations": ["All"], "excludeLocations": []}},
        {"conditions__platforms": {"includePlatforms": ["all"], "excludePlatforms": []}},
        {"conditions__platforms": {"includePlatforms": [], "excludePlatforms": []}},
        {"conditions__devices": {"includeDevices": [], "excludeDevices": [], "deviceFilter": None}},
    ],
)
def test_what_asks_at_least_as_much_counts_too(changes: dict[str, Any]) -> None:
    assert isinstance(read(policy(**changes)), Guard)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"state": "disabled"}, "off or only reports"),
    ({"state": "enabledForReportingButNotEnforced"}, "off or only reports"),
    ({"state": "somethingNew"}, "off or only reports"),
    ({"grantControls": None}, WEAK),
    ({"grantControls__builtInControls": []}, WEAK),
    ({"grantControls__builtInControls": ["compliantDevice"]}, WEAK),
    ({"grantControls__builtInControls": ["mfa", "compliantDevice"]}, WEAK),
    ({"grantControls__builtInControls": ["mfa", "somethingNew"]}, WEAK),
    ({"grantControls__builtInControls": ["passwordChange"], "grantControls__operator": "AND"}, WEAK),
    ({"grantControls__termsOfUse": ["t"]}, WEAK),
    ({"grantControls__customAuthenticationFactors": ["f"]}, WEAK),
    (
        {
            "grantControls__builtInControls": [],
            "grantControls__authenticationStrength": STRENGTH | {"requirementsSatisfied": "none"},
        },
        WEAK,
    ),
    ({"grantControls__builtInControls": [], "grantControls__authenticationStrength": {"id": "s"}}, WEAK),
    ({"grantControls__builtInControls": ["block"]}, "blocks"),
    ({"sessionControls": None}, FREQUENCY),
    ({"sessionControls__signInFrequency": None}, FREQUENCY),
    ({"sessionControls__signInFrequency__isEnabled": False}, FREQUENCY),
    ({"sessionControls__signInFrequency__frequencyInterval": "timeBased"}, FREQUENCY),
    ({"sessionControls__signInFrequency__frequencyInterval": None}, FREQUENCY),
    ({"sessionControls__signInFrequency__authenticationType": "secondaryAuthentication"}, FREQUENCY),
    ({"conditions__clientAppTypes": ["browser"]}, NARROW),
    ({"conditions__clientAppTypes": ["mobileAppsAndDesktopClients"]}, NARROW),
    ({"conditions__clientAppTypes": None}, NARROW),
    ({"conditions__signInRiskLevels": ["high"]}, NARROW),
    ({"conditions__userRiskLevels": ["high"]}, NARROW),
    ({"conditions__insiderRiskLevels": "elevated"}, NARROW),
    ({"conditions__locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}, NARROW),
    ({"conditions__locations": {"includeLocations": ["office"], "excludeLocations": []}}, NARROW),
    ({"conditions__platforms": {"includePlatforms": ["android", "iOS"]}}, NARROW),
    ({"conditions__platforms": {"includePlatforms": ["all"], "excludePlatforms": ["linux"]}}, NARROW),
    ({"conditions__platforms": {"includePlatforms": ["somethingNew"]}}, NARROW),
    ({"conditions__devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}}, NARROW),
    ({"conditions__authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, NARROW),
    ({"conditions__clientApplications": {"includeServicePrincipals": ["x"]}}, NARROW),
    ({"conditions__somethingNew": {"only": "on Mondays"}}, NARROW),
    ({"conditions__users__includeUsers": ["None"]}, "covers nobody"),
    ({"conditions__users__includeUsers": ["GuestsOrExternalUsers"]}, "covers nobody"),
    ({"conditions__users__includeUsers": [], "conditions__users__includeRoles": [ADMIN]}, "covers nobody"),
]


@pytest.mark.parametrize(("changes", "why"), FAULTS, ids=str)
def test_what_lets_somebody_through_unasked_is_no_guard_and_says_why(changes: dict[str, Any], why: str) -> None:
    gap = read(policy(**changes))
    assert isinstance(gap, Gap)
    assert gap.contexts == {"c1"}
    assert why in gap.why


@pytest.mark.parametrize("missing", ["conditions", "grantControls", "sessionControls", "state"])
def test_what_graph_leaves_out_guards_nothing(missing: str) -> None:
    whole = {name: value for name, value in SOUND.items() if name != missing}
    found = Node.root(json.dumps(whole).encode()).get_object_value(ConditionalAccessPolicy)
    assert found is not None
    assert isinstance(read(found), Gap)


@pytest.mark.parametrize(
    ("users", "who", "covered"),
    [
        ({"includeUsers": ["ANN-1"]}, whose(), True),
        ({"includeUsers": ["bob-1"]}, whose(), False),
        ({"includeUsers": [], "includeGroups": ["TEAM"]}, whose(groups=TEAM), True),
        ({"includeUsers": [], "includeGroups": [TEAM]}, whose(groups="other"), False),
        ({"excludeUsers": ["ann-1"]}, whose(), False),
        ({"excludeUsers": ["bob-1"]}, whose(), True),
        ({"excludeGroups": [LEFT]}, whose(groups=LEFT), False),
        ({"excludeGroups": [LEFT]}, whose(groups=TEAM), True),
        ({"includeUsers": [], "includeGroups": [TEAM], "excludeGroups": [LEFT]}, whose(groups="team left"), False),
        ({"excludeRoles": [ADMIN]}, whose(roles=ADMIN), False),
        ({"excludeRoles": [ADMIN]}, whose(roles="role-2"), True),
        ({"excludeRoles": [ADMIN]}, whose(by_group=True), False),  # the role may be the group's
        ({}, whose(by_group=True), True),
        ({"includeUsers": ["bob-1"], "includeRoles": [ADMIN]}, whose(roles=ADMIN), False),
        ({"excludeUsers": ["GuestsOrExternalUsers"]}, whose(guest=True), False),
        ({"excludeUsers": ["GuestsOrExternalUsers"]}, whose(), True),
        (
            {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}},
            whose(guest=True),
            False,
        ),
        ({}, whose(guest=True), True),
    ],
)
def test_who_is_covered(users: dict[str, Any], who: Covered, covered: bool) -> None:
    guard = read(policy(**{f"conditions__users__{name}": value for name, value in users.items()}))
    assert isinstance(guard, Guard)
    assert guard.covers(who) is covered


# By the wire.


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world, lambda *_: None) as made:
        yield made


async def guarded(world: World, directory: GraphDirectory, who: str) -> frozenset[str]:
    return await directory.guarded_contexts(world.people[who].id)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"every_time": False}, FREQUENCY),
        ({"strength": "none"}, WEAK),
        ({"state": "enabledForReportingButNotEnforced"}, "only reports"),
        ({"contexts": frozenset({"c9"})}, "no Conditional Access policy targets it"),
    ],
)
async def test_a_context_that_counts_for_nobody_is_refused_and_said(
    world: World, directory: GraphDirectory, change: dict[str, Any], why: str
) -> None:
    world.entra.policies[0] = replace(world.entra.policies[0], **change)
    assert await guarded(world, directory, "ann") == {"c2"}
    lacking = await directory.unguarded(frozenset({"c1", "c2", "c7"}))
    assert set(lacking) == {"c1", "c7"}
    assert why in lacking["c1"]
    assert lacking["c7"] == "it is not published"


async def test_a_context_counts_for_whom_its_policy_covers(world: World, directory: GraphDirectory) -> None:
    first, second = world.entra.policies
    world.entra.policies = [
        replace(first, included_groups=frozenset({EMPLOYEES}), excluded=frozenset({"ann"})),
        replace(second, excluded_groups=frozenset({HELPDESK})),
    ]
    assert await guarded(world, directory, "ann") == {"c2"}
    assert await guarded(world, directory, "ben") == {"c1"}
    assert await guarded(world, directory, "rita") == {"c1", "c2"}
    assert await directory.unguarded(frozenset({"c1", "c2"})) == {}
    world.people.leave(EMPLOYEES, "rita")
    assert await guarded(world, directory, "rita") == {"c2"}, "who is in a group is asked each time"
    assert len(world.journal.of("graph", "GET", "conditionalAccess/policies")) == 1


EVERYONE = ("ben", "cleo", "bens")


async def spared(world: World, directory: GraphDirectory, context: str = "c1") -> dict[str, int]:
    return dict(await directory.spared(frozenset(world.people[key].id for key in EVERYONE), context))


@pytest.mark.parametrize(
    ("change", "why", "count"),
    [
        ({"excluded": frozenset({"ben"})}, "excludes them, by name or by a group", 1),
        ({"excluded_groups": frozenset({HELPDESK})}, "excludes them, by name or by a group", 3),
        ({"included_groups": frozenset({LEADS})}, "does not include them", 2),
        ({"excluded_roles": frozenset({GLOBAL_ADMIN})}, "a role they hold or could activate (exclude no roles", 1),
    ],
)
async def test_who_of_the_approvers_is_spared_is_told_with_the_reason(
    world: World, directory: GraphDirectory, change: dict[str, Any], why: str, count: int
) -> None:
    world.people.grant("cleo", GLOBAL_ADMIN, eligible=True)
    assert await spared(world, directory) == {}
    world.entra.policies[0] = replace(world.entra.policies[0], **change)
    world.clock.advance(timedelta(minutes=5))
    ((told, many),) = (await spared(world, directory)).items()
    assert why in told
    assert many == count
    assert await spared(world, directory, "c2") == {}


async def test_an_excluded_role_spares_all_of_a_group_that_roles_may_be_given_to(
    world: World, directory: GraphDirectory
) -> None:
    """No yes of theirs counts, as the role might be theirs by the group: it is told, and what to do."""
    arrange(world, "excluded-role")
    ((told, many),) = (await spared(world, directory)).items()
    assert "they are in a group that roles may be given to (exclude no roles: name the emergency accounts" in told
    assert many == len(EVERYONE)
    assert await guarded(world, directory, "ben") == frozenset()
    assert await directory.unguarded(frozenset({"c1", "c2"})) == {}  # for others it counts: so nothing was said


async def test_whom_one_of_several_policies_covers_is_not_spared(world: World, directory: GraphDirectory) -> None:
    first = world.entra.policies[0]
    without = replace(first, excluded_groups=frozenset({HELPDESK}))
    world.entra.policies = [without, replace(first, id="more", included=frozenset({"ben"}))]
    ((told, many),) = (await spared(world, directory)).items()
    assert "excludes them" in told
    assert ", or its policy does not include them" in told
    assert many == 2
    world.entra.policies = []
    world.clock.advance(timedelta(minutes=5))
    assert await spared(world, directory) == {}  # nobody is asked, which is told elsewhere


async def test_whose_groups_cannot_be_had_nobody_vouches_for(world: World, directory: GraphDirectory) -> None:
    first = world.entra.policies[0]
    world.entra.policies[0] = replace(first, included_groups=frozenset({EMPLOYEES}))
    world.faults.add(Fault("graph", "checkMemberGroups", "error", status=403))
    with pytest.raises(Rejected):
        await guarded(world, directory, "ann")


async def test_one_good_policy_is_enough_beside_others(world: World, directory: GraphDirectory) -> None:
    first, second = world.entra.policies
    world.entra.policies = [replace(first, every_time=False), replace(first, id="more"), second]
    assert await guarded(world, directory, "ann") == {"c1", "c2"}
    world.entra.policies.pop(1)
    world.clock.advance(timedelta(minutes=5))
    assert await guarded(world, directory, "ann") == {"c2"}
