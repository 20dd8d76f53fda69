"""What a policy file says for groups and levels: milder only by name, and of several the stricter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import policies
from bot.core.errors import Misconfigured
from bot.core.model import Mode
from bot.core.strictness import STRICTER
from bot.kinds import KINDS
from tests.adapters.tables import APART, BADGE, OTHER, STAFF, Known, read_from

# What is said for everybody holds for everybody: only what is named in its table may be milder for some.
MILDER: list[tuple[str, str, str]] = [
    ("approvals = 2", "approvals = 1", "[badge.{where}] approvals = 1: milder than 2, which holds"),
    ("", "approvals = 0", "approvals = 0: milder than 1, which holds"),
    ('step_up = "c3"', "step_up = false", "step_up = false: milder than 'c3', which holds"),
    (
        'approver_step_up = "c1"',
        "approver_step_up = false",
        "approver_step_up = false: milder than 'c1', which holds",
    ),
    ('step_up_age = "5m"', 'step_up_age = "15m"', "step_up_age = '15m': milder than '5m', which holds"),
    ('evidence = "face_check"', "evidence = false", "evidence = false: milder than 'face_check', which holds"),
    ('evidence_age = "2h"', 'evidence_age = "1d"', "evidence_age = '1d': milder than '2h', which holds"),
    ('after_no = "1d"', "after_no = false", "after_no = false: milder than '1d', which holds"),
    ('after_no = "3d"', 'after_no = "90m"', "after_no = '90m': milder than '3d', which holds"),
    ('step_up_wait = "90s"', 'step_up_wait = "2m"', "step_up_wait = '2m': milder than '90s', which holds"),
    ('approval_wait = "4h"', 'approval_wait = "5h"', "approval_wait = '5h': milder than '4h', which holds"),
    ('show_wait = "60m"', 'show_wait = "2h"', "show_wait = '2h': milder than '1h', which holds"),
    ('approval_age = "4h"', 'approval_age = "5h"', "approval_age = '5h': milder than '4h', which holds"),
    ('life = "4h"', 'life = "5h"', "life = '5h': milder than '4h', which holds"),
    ("per_day = 3", "per_day = 4", "per_day = 4: milder than 3, which holds"),
    ('reveal = "dialog"', 'reveal = "message"', "reveal = 'message': milder than 'dialog', which holds"),
    ("secure_first = true", "secure_first = false", "secure_first = false: milder than true, which holds"),
    ("threshold = 80", "threshold = 79", "threshold = 79: milder than 80, which holds"),
]


def _approved(text: str) -> str:
    """Somebody is asked, so that what is left out here is all that the policy leaves out."""
    return text if not text or text.startswith("approvals") else f"{text}\napprovals = 1"


TABLES = [f'groups."{STAFF}"', "levels.high"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("everybody", "some", "says"), MILDER)
def test_nobody_is_asked_less_than_everybody_but_where_that_is_named(
    tmp_path: Path, table: str, everybody: str, some: str, says: str
) -> None:
    key, where = some.partition(" = ")[0], table.replace('"', "")
    text = f"[badge]\n{_approved(everybody)}\n[badge.{table}]\n{some}\n"
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, text)
    assert says.format(where=where) in str(told.value)
    assert f"[badge.{where}] {key}" in str(told.value)
    assert f'raise it, leave it out, or, where it is meant, add milder = ["{key}"] to [badge.{where}]' in str(
        told.value
    )
    assert str(told.value).startswith(f"{tmp_path}/policies.toml:\n")
    with pytest.raises(Misconfigured, match="milder than"):
        read_from(tmp_path, text + 'milder = ["mode"]\nmode = "off"')
    meant = read_from(tmp_path, text + f'milder = ["{key}"]')["badge"]
    assert {"milder", key} & set(*[v for name, v in meant.variants.items() if name != "level:low"]) == {key}


def test_every_key_that_varies_may_only_be_stricter_for_some() -> None:
    assert {some.partition(" = ")[0] for _, some, _ in MILDER} == {*STRICTER, "secure_first", "threshold"} - {"mode"}


@pytest.mark.parametrize("table", TABLES)
def test_what_is_stricter_or_the_same_for_some_needs_no_word(tmp_path: Path, table: str) -> None:
    for everybody, some, _ in MILDER:
        for over in (everybody or "approvals = 1", some):
            assert read_from(tmp_path, f"[badge]\n{_approved(some)}\n[badge.{table}]\n{over}\n")["badge"].variants


def test_a_trial_is_for_whomever_it_names_whatever_everybody_does(tmp_path: Path) -> None:
    """Which mode a group is in asks nobody for less: it says for whom the desk works already."""
    trial = f'[badge]\nmode = "evaluate"\n[badge.groups."{STAFF}"]\nmode = "enforce"\n'
    badge = read_from(tmp_path, trial)["badge"]
    assert badge.under((f"group:{STAFF}",)).mode is Mode.ENFORCE


def test_what_a_file_says_for_everybody_the_kinds_own_levels_do_not_lower(tmp_path: Path) -> None:
    """An approval more for everybody, and nothing said of levels: it is asked for whatever the level."""
    badge = read_from(tmp_path, "[badge]\napprovals = 2\nthreshold = 80")["badge"]
    assert [badge.under((f"level:{level}",)).approvals for level in BADGE.levels] == [2, 2]
    risk = policies.load("", KINDS, Known())["risk"]  # type: ignore[arg-type]  # all it takes from the settings
    assert risk.under(("level:low",)).approvals == 0
    file = tmp_path / "policies.toml"
    file.write_text("[risk]\napprovals = 2\n[methods]\napprovals = 2")
    loaded = policies.load(str(file), KINDS, Known())  # type: ignore[arg-type]  # all it takes from the settings
    for kind in ("risk", "methods"):
        for level in KINDS[kind].levels:
            held = loaded[kind].under((f"level:{level}",))
            assert held.approvals == 2, (kind, level)
    assert loaded["risk"].under(("level:high",)).says("secure_first")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[methods.levels.last_resistant]\napprovals = 0", "approvals = 0: milder than 1, which holds"),
        ("[risk.levels.high]\nsecure_first = false", "secure_first = false: milder than true, which holds"),
        ("[risk]\napprovals = 0\n[risk.levels.compromised]\napprovals = 0", "approvals = 0: milder than 1, which"),
        ("[risk]\napprovals = 2\n[risk.levels.high]\napprovals = 1", "approvals = 1: milder than 2, which holds"),
    ],
)
def test_what_the_kind_itself_asks_at_a_level_is_lowered_only_by_name(tmp_path: Path, table: str, says: str) -> None:
    """Held against everybody alone, the last passkey could go without the yes its kind asks for."""
    file = tmp_path / "policies.toml"
    file.write_text(table)
    with pytest.raises(Misconfigured, match=re.escape(says)):
        policies.load(str(file), KINDS, Known())  # type: ignore[arg-type]  # all it takes from the settings
    key = table.rpartition("\n")[2].partition(" = ")[0]
    file.write_text(f'{table}\nmilder = ["{key}"]')
    policies.load(str(file), KINDS, Known())  # type: ignore[arg-type]  # all it takes from the settings


def test_what_is_milder_by_name_holds_over_what_the_file_says_for_everybody(tmp_path: Path) -> None:
    text = '[badge]\napprovals = 2\n[badge.levels.low]\napprovals = 0\nmilder = ["approvals"]'
    badge = read_from(tmp_path, text)["badge"]
    assert [badge.under((f"level:{level}",)).approvals for level in BADGE.levels] == [0, 2]


@pytest.mark.parametrize(
    ("milder", "says"),
    [
        ("true", "[badge.levels.low] milder = True: must be a list of keys of this table"),
        ('"approvals"', "milder = 'approvals': must be a list of keys of this table"),
        ("[3]", "milder = [3]: must be a list of keys of this table"),
        ('["approval"]', "milder = ['approval']: must be a list of keys of this table"),
        ('["step_up"]', "milder = ['step_up']: must be a list of keys of this table"),
        ('[["approvals"]]', "milder = [['approvals']]: must be a list of keys of this table"),
    ],
)
def test_only_what_a_table_says_can_be_milder_there(tmp_path: Path, milder: str, says: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, f"[badge.levels.low]\napprovals = 0\nmilder = {milder}")
    assert says in str(told.value)


def test_of_the_kinds_own_only_a_low_risk_is_milder() -> None:
    found = [
        (name, variant, key)
        for name, kind in KINDS.items()
        for variant, changes in kind.policy.variants.items()
        for key in changes
        if kind.policy.milder(key, changes[key])
    ]
    assert found == [("risk", "level:low", "approvals")]


def test_groups_and_levels_have_their_own_variants(tmp_path: Path) -> None:
    badge = read_from(
        tmp_path,
        f"""
        [badge]
        per_day = 2
        [badge.groups."{STAFF.upper()}"]
        mode = "evaluate"
        approvals = 3
        [badge.levels.high]
        approvals = 2
        secure_first = true
        """,
    )["badge"]
    assert badge.variants == {
        f"group:{STAFF}": {"mode": Mode.EVALUATE, "approvals": 3},
        "level:low": {"approvals": 0},
        "level:high": {"approvals": 2, "secure_first": True},
    }
    assert badge.groups == {STAFF}
    assert badge.under((f"group:{STAFF}", "level:high")).approvals == 3


def test_a_level_of_the_file_lies_over_the_kinds_own(tmp_path: Path) -> None:
    badge = read_from(tmp_path, "[badge.levels.low]\nper_day = 1")["badge"]
    assert badge.variants["level:low"] == {"approvals": 0, "per_day": 1}
    assert BADGE.policy.variants["level:low"] == {"approvals": 0}


def test_a_member_of_two_groups_does_what_each_demands_and_the_order_is_the_files(tmp_path: Path) -> None:
    lock = read_from(tmp_path, APART)["lock"]
    both = lock.terms({STAFF, OTHER}, "")
    assert both == (f"group:{OTHER}", f"group:{STAFF}")
    assert (lock.under(both).step_up, lock.under(both).approvals) == ("c1", 1)


def test_contexts_that_differ_are_taken_where_the_file_says_which_holds(tmp_path: Path) -> None:
    two = f'[lock.groups."{STAFF}"]\nstep_up = "c2"\n[lock.groups."{OTHER}"]\nstep_up = "c3"'
    lock = read_from(tmp_path, f'[lock]\nseveral_groups = "last"\n{two}')["lock"]
    assert lock.under(lock.terms({STAFF, OTHER}, "")).step_up == "c3"
    one = f'[lock.groups."{STAFF}"]\nstep_up = "c2"\n[lock.groups."{OTHER}"]\nper_day = 1'
    lock = read_from(tmp_path, one)["lock"]
    assert lock.under(lock.terms({STAFF, OTHER}, "")).step_up == "c2"


def test_of_what_is_wrong_only_the_fewest_groups_are_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, f'[lock]\nseveral_groups = "last"\nstep_up = false\n{APART}')
    assert str(told.value).count("asks for no proof") == 1
    assert f"asks for no proof at all (group:{STAFF}): " in str(told.value)
