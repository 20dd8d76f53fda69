"""policies.toml over each kind's own policy."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import policies
from bot.core.errors import Misconfigured
from bot.core.kinds import Kind, Tools
from bot.core.model import Field, Mode, Outcome, Person, Receipt, Refusal, Request
from bot.core.policy import Policy
from bot.requests import KINDS

STAFF = "aaaaaaaa-0000-0000-0000-000000000001"
BOSSES = "aaaaaaaa-0000-0000-0000-000000000002"
EMERGENCY = "aaaaaaaa-0000-0000-0000-000000000003"
OTHER = "aaaaaaaa-0000-0000-0000-000000000004"


@dataclass(frozen=True)
class Known:
    """What a policy takes from the settings."""

    allowed_groups: frozenset[str] = frozenset({STAFF})
    approvers_group: str = BOSSES
    deny_list: frozenset[str] = frozenset({EMERGENCY})


async def _form(_: Person, __: Tools) -> tuple[Field, ...]:
    return ()


async def _object_to(_: Request, __: Tools) -> Refusal | None:
    return None


async def _carry_out(_: Request, __: Tools) -> Outcome:
    return Outcome(Receipt("x"))


async def _look(_: Request, __: Tools) -> Receipt | None:
    return None


async def _undo(_: Request, __: Tools) -> None:
    return None


def _kind(name: str, policy: Policy) -> Kind:
    return Kind(
        name=name,
        permissions=(),
        policy=policy,
        form=_form,
        object_to=_object_to,
        carry_out=_carry_out,
        look=_look,
        undo=_undo,
    )


TWO = {"badge": _kind("badge", Policy(step_up="c1", approvals=1)), "lock": _kind("lock", Policy(per_day=9))}


def _load(folder: Path, text: str) -> dict[str, Policy]:
    file = folder / "policies.toml"
    file.write_text(text)
    return dict(policies.load(str(file), TWO, Known()))  # type: ignore[arg-type]  # all it takes from the settings


def test_without_a_file_each_kind_has_its_own_policy_filled_from_the_settings() -> None:
    badge = policies.load("", TWO, Known())["badge"]  # type: ignore[arg-type]  # all it takes from the settings
    assert badge == replace(
        TWO["badge"].policy,
        allowed_groups=frozenset({STAFF}),
        approvers_group=BOSSES,
        deny_list=frozenset({EMERGENCY}),
    )


def test_the_projects_own_kinds_load() -> None:
    for policy in policies.load("", KINDS, Known()).values():  # type: ignore[arg-type]  # all it takes from the settings
        assert policy.step_up or policy.approvals


def test_every_key_of_a_policy_can_be_set(tmp_path: Path) -> None:
    badge = _load(
        tmp_path,
        f"""
        [badge]
        mode = "evaluate"
        allowed_groups = ["{OTHER.upper()}"]
        deny_list = ["{OTHER}"]
        approvers_group = "{OTHER}"
        approvals = 2
        step_up = "c25"
        step_up_age = "10m"
        approver_step_up = false
        step_up_wait = "90s"
        approval_wait = "8h"
        show_wait = "7d"
        per_day = 1
        reveal = "message"
        """,
    )["badge"]
    assert badge == Policy(
        mode=Mode.EVALUATE,
        allowed_groups=frozenset({OTHER}),
        deny_list=frozenset({OTHER, EMERGENCY}),
        approvers_group=OTHER,
        approvals=2,
        step_up="c25",
        step_up_age=timedelta(minutes=10),
        approver_step_up="",
        step_up_wait=timedelta(seconds=90),
        approval_wait=timedelta(hours=8),
        show_wait=timedelta(days=7),
        per_day=1,
        reveal="message",
    )


def test_no_key_of_a_policy_is_forgotten() -> None:
    assert set(policies._PARSERS) == {f.name for f in fields(Policy)}


def test_what_one_kind_says_does_not_touch_another(tmp_path: Path) -> None:
    found = _load(tmp_path, "[badge]\nper_day = 1")
    assert (found["badge"].per_day, found["lock"].per_day) == (1, 9)


def test_the_deny_list_of_the_settings_cannot_be_emptied(tmp_path: Path) -> None:
    assert _load(tmp_path, "[badge]\ndeny_list = []")["badge"].deny_list == {EMERGENCY}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[badges]\nper_day = 1", "[badges]: there is no such kind; there are: badge, lock"),
        ("badge = 3", "badge: must be a table"),
        ("[badge]\nperday = 1", "[badge] perday: there is no such key; there are: mode"),
        ('[badge]\nmode = "on"', "[badge] mode = 'on': must be one of 'off', 'evaluate', 'enforce'"),
        ("[badge]\nmode = true", "must be one of"),
        ("[badge]\nmode = []", "must be one of"),
        ("[badge]\nallowed_groups = []", "names nobody"),
        ('[badge]\nallowed_groups = ["staff"]', "must be an Entra object id"),
        (f'[badge]\nallowed_groups = "{STAFF}"', "must be a list"),
        ("[badge]\napprovers_group = 7", "must be an Entra object id"),
        ("[badge]\napprovals = -1", "must be a whole number from 0 to 9"),
        ("[badge]\napprovals = true", "must be a whole number"),
        ("[badge]\napprovals = 1.5", "must be a whole number"),
        ("[badge]\nper_day = 0", "must be a whole number from 1 to 100"),
        ('[badge]\nstep_up = "c0"', "must be an authentication context"),
        ('[badge]\nstep_up = "c100"', "must be an authentication context"),
        ("[badge]\nstep_up = true", "must be an authentication context"),
        ('[badge]\nshow_wait = "10s"', 'must lie between "1m" and "7d"'),
        ('[badge]\nshow_wait = "8d"', 'must lie between "1m" and "7d"'),
        ("[badge]\nshow_wait = 60", "must be a duration"),
        ('[badge]\nshow_wait = "1 hour"', "must be a duration"),
        ('[badge]\nshow_wait = "999999d"', 'must lie between "1m" and "7d"'),
        ('[badge]\nreveal = "channel"', 'must be "dialog" or "message"'),
        ("[badge]\nreveal = []", 'must be "dialog" or "message"'),
        ("[badge]\nstep_up = false\napprovals = 0", "asks for no proof at all"),
        ("[badge", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_the_key_and_the_fix(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured) as told:
        _load(tmp_path, text)
    assert says in str(told.value)
    assert "policies.toml" in str(told.value)


def test_all_that_is_wrong_is_told_together(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        _load(tmp_path, '[nothing]\n[badge]\nmode = 1\nreveal = 2\n[lock]\nstep_up = ""\napprovals = 0')
    assert all(word in str(told.value) for word in ("nothing", "mode", "reveal", "[lock] asks for no proof"))


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(Misconfigured, match="VOUCHSAFE_POLICIES"):
        policies.load("/nowhere/policies.toml", TWO, Known())  # type: ignore[arg-type]  # all it takes from the settings
