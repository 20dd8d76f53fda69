"""Setups: the tenants a playground may start as: whole, or lacking what real ones lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, assert_never, get_args

from playground.people import GLOBAL_ADMIN, HELPDESK
from playground.world import World

Setup = Literal["whole", "p1", "no-verified-id", "half", "excluded-role"]
SETUPS: Final[tuple[Setup, ...]] = get_args(Setup)


def arrange(world: World, setup: Setup) -> Mapping[str, str]:
    """Make the tenant so; return the settings by which its desk differs."""
    match setup:
        case "whole":
            return {}
        case "p1":  # neither Privileged Identity Management nor ID Protection
            world.graph.licence = "P1"
            world.people.eligible.clear()
            return {}
        case "no-verified-id":
            return {"VOUCHSAFE_VERIFIED_ID_AUTHORITY": ""}
        case "half":
            return _half(world)
        case "excluded-role":  # and roles may be given to the helpdesk's group, so that it could be theirs
            world.people.groups[HELPDESK] = replace(world.people.groups[HELPDESK], assignable=True)
            without = frozenset({GLOBAL_ADMIN})
            world.entra.policies = [replace(policy, excluded_roles=without) for policy in world.entra.policies]
            return {}
        case _:
            assert_never(setup)


def _half(world: World) -> Mapping[str, str]:
    """Some permissions are still to be granted, a policy only reports, and nobody has linked a subscription."""
    world.graph.granted -= {"GroupMember.Read.All", "Policy.Read.AuthenticationMethod", "Organization.Read.All"}
    world.entra.policies = [replace(p, state="enabledForReportingButNotEnforced") for p in world.entra.policies]
    world.verified.billing = False
    return {}
