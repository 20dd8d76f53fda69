"""Tables: kinds made up for policies, and a file of them read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.config import policies
from bot.core.forms import Sheet
from bot.core.kind import Kind, Tools
from bot.core.model import Finding, Outcome, Person, Receipt, Request, Way
from bot.core.options import OPENED, REVOKE_SESSIONS
from bot.core.policy import Policy
from bot.kinds.password import GENERATE
from bot.kinds.risk import SECURE_FIRST
from bot.kinds.verify import THRESHOLD

STAFF = "aaaaaaaa-0000-0000-0000-000000000001"
BOSSES = "aaaaaaaa-0000-0000-0000-000000000002"
EMERGENCY = "aaaaaaaa-0000-0000-0000-000000000003"
OTHER = "aaaaaaaa-0000-0000-0000-000000000004"
# Each of the two is sound, written so that the order of the file is not that of the ids.
APART = f"""
[lock.groups."{OTHER}"]
step_up = false
milder = ["step_up"]
[lock.groups."{STAFF}"]
approvals = 0
milder = ["approvals"]
"""


@dataclass(frozen=True)
class Known:
    """What a policy takes from the settings."""

    allowed_groups: frozenset[str] = frozenset({STAFF})
    approvers_group: str = BOSSES
    deny_list: frozenset[str] = frozenset({EMERGENCY})


async def _sheet(_: Person, __: Tools) -> Sheet:
    return Sheet()


async def _examine(_: Request, __: Tools) -> Finding:
    return Finding()


async def _carry_out(_: Request, __: Tools) -> Outcome:
    return Outcome(Receipt("x"))


async def _look(_: Request, __: Tools) -> Receipt | None:
    return None


def _kind(name: str, policy: Policy, way: Way = Way.SHOW, **more: Any) -> Kind:
    return Kind(
        name=name,
        permissions=(),
        policy=policy,
        way=lambda _: way,
        sheet=_sheet,
        examine=_examine,
        carry_out=_carry_out,
        look=_look,
        **more,
    )


BADGE = _kind(
    "badge",
    Policy(
        step_up="c1",
        approvals=1,
        options={**OPENED, REVOKE_SESSIONS: False, SECURE_FIRST: False, GENERATE: False, THRESHOLD: 70},
        variants=MappingProxyType({"level:low": {"approvals": 0}}),
    ),
    levels=("low", "high"),
)
TWO = {"badge": BADGE, "lock": _kind("lock", Policy(per_day=9))}
ALL = TWO | {
    "bell": _kind("bell", Policy(step_up="", approvals=0), Way.ALONE, harmless=True),
    "page": _kind("page", Policy(step_up="c1", approvals=0), Way.ENTER),
    "face": _kind("face", Policy(step_up="", approvals=0), Way.ALONE, harmless=True, proves=True),
}


def read_from(folder: Path, text: str) -> dict[str, Policy]:
    file = folder / "policies.toml"
    file.write_text(text)
    return dict(policies.load(str(file), ALL, Known()))  # type: ignore[arg-type]  # all it takes from the settings
