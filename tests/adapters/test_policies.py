"""policies.toml over each kind's own policy."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import policies
from bot.config.combinations import unsound
from bot.config.keys import KEYS
from bot.core.errors import Misconfigured
from bot.core.model import Mode, Way
from bot.core.options import OPENED, REVOKE_SESSIONS, VERIFICATION_AGE
from bot.core.policy import Policy
from bot.kinds import KINDS
from bot.kinds.password import GENERATE
from bot.kinds.risk import SECURE_FIRST
from bot.kinds.verify import THRESHOLD
from tests.adapters.tables import APART, BADGE, BOSSES, EMERGENCY, OTHER, STAFF, TWO, Known, read_from


def test_without_a_file_each_kind_has_its_own_policy_filled_from_the_settings() -> None:
    badge = policies.load("", TWO, Known())["badge"]  # type: ignore[arg-type]  # all it takes from the settings
    assert badge == replace(
        TWO["badge"].policy,
        allowed_groups=frozenset({STAFF}),
        approvers_group=BOSSES,
        deny_list=frozenset({EMERGENCY}),
    )


def test_the_projects_own_kinds_load() -> None:
    for name, policy in policies.load("", KINDS, Known()).items():  # type: ignore[arg-type]  # all it takes from the settings
        assert policy.step_up or policy.approvals or KINDS[name].harmless


def test_every_key_of_a_policy_can_be_set(tmp_path: Path) -> None:
    badge = read_from(
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
        several_groups = "last"
        evidence = "face_check"
        evidence_age = "2h"
        revoke_sessions = true
        secure_first = true
        generate = true
        threshold = 85
        verification_age = "5m"
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
        several_groups="last",
        evidence="face_check",
        evidence_age=timedelta(hours=2),
        options={
            **OPENED,
            VERIFICATION_AGE: timedelta(minutes=5),
            REVOKE_SESSIONS: True,
            SECURE_FIRST: True,
            GENERATE: True,
            THRESHOLD: 85,
        },
        variants={"level:low": {"approvals": 2}},
    )


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('show_wait = "1m"', timedelta(minutes=1)),
        ('show_wait = "7d"', timedelta(days=7)),
        ('step_up_age = "1h"', timedelta(hours=1)),
        ('approval_age = "24h"', timedelta(hours=24)),
        ('life = "72h"', timedelta(hours=72)),
        ('evidence = ""', ""),
    ],
)
def test_the_shortest_and_the_longest_may_be_set(tmp_path: Path, said: str, read: object) -> None:
    assert read_from(tmp_path, f"[badge]\n{said}")["badge"].value(said.partition(" ")[0]) == read


def test_no_key_of_a_policy_is_forgotten() -> None:
    assert set(KEYS) == {f.name for f in fields(Policy)} - {"options", "variants"}


def test_what_one_kind_says_does_not_touch_another(tmp_path: Path) -> None:
    found = read_from(tmp_path, "[badge]\nper_day = 1")
    assert (found["badge"].per_day, found["lock"].per_day) == (1, 9)


def test_the_deny_list_of_the_settings_cannot_be_emptied(tmp_path: Path) -> None:
    assert read_from(tmp_path, "[badge]\ndeny_list = []")["badge"].deny_list == {EMERGENCY}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[badges]\nper_day = 1", "[badges]: there is no such kind; there are: badge, bell, face, lock, page"),
        ("badge = 3", "badge: must be a table"),
        ("[badge]\nperday = 1", "[badge] perday: there is no such key here; there are: mode"),
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
        ('[badge]\nstep_up_age = "7d"', 'must lie between "1m" and "1h"'),
        ('[badge]\nstep_up_age = "61m"', 'must lie between "1m" and "1h"'),
        ('[badge]\napproval_age = "25h"', 'must lie between "1m" and "24h"'),
        ('[badge]\nlife = "73h"', 'must lie between "1m" and "72h"'),
        ('[badge]\nstep_up_age = "30s"', 'must lie between "1m" and "7d"'),
        ("[badge]\nshow_wait = 60", "must be a duration"),
        ('[badge]\nshow_wait = "1 hour"', "must be a duration"),
        ('[badge]\nshow_wait = "999999d"', 'must lie between "1m" and "7d"'),
        ('[badge]\nreveal = "channel"', 'must be "dialog" or "message"'),
        ("[badge]\nreveal = []", 'must be "dialog" or "message"'),
        ("[badge]\nstep_up = false\napprovals = 0", "asks for no proof at all"),
        ("[badge", "is not TOML"),
        ('[badge]\nevidence = "selfie"', 'must be "face_check", or false for none'),
        ("[badge]\nthreshold = 49", "must be a whole number from 50 to 100"),
        ("[badge]\nsecure_first = 1", "must be true or false"),
        ('[badge]\nverification = "selfie"', 'must be "manager", "step_up" or "face"'),
        ('[badge]\nverification = "presence"', "[badge] takes a number for a proof of who is on the telephone"),
        (
            f'[badge.groups."{STAFF}"]\nverification = "presence"\nmilder = ["verification"]',
            f"takes a number for a proof of who is on the telephone (group:{STAFF})",
        ),
        (
            f'[badge]\nverification = "face"\n[badge.groups."{STAFF}"]\nverification = "manager"',
            "verification = 'manager': milder than 'face', which holds without this table",
        ),
        (
            f'[badge]\nverification = "face"\ngroups."{STAFF}" = {{ verification="manager", milder=["verification"] }}',
            "which holds without this table; raise it or leave it out: it is asked before it is known for whom",
        ),
        ('[badge]\nverification_age = "31m"', 'must lie between "1m" and "30m": nobody knows who is on the telephone'),
        (
            '[badge]\nassisted = true\nverification = "face"\n[face]\nmode = "off"',
            "[badge] verification: nobody could show a face in earnest",
        ),
        ("[lock]\nthreshold = 80", "[lock] threshold: there is no such key here"),
        ("[lock]\ngenerate = true", "[lock] generate: there is no such key here"),
        ("[lock]\nrevoke_sessions = true", "[lock] revoke_sessions: there is no such key here"),
        ("[badge.levels.grave]\napprovals = 1", "[badge.levels.grave]: there is no such level; there are: low, high"),
        ("[lock.levels.low]\napprovals = 1", "[lock.levels.low]: there is no such level; this kind knows none"),
        ("[badge.groups.staff]\napprovals = 1", "[badge.groups.staff]: must be an Entra object id"),
        (f'[badge.groups]\n"{STAFF}" = 3', f'[badge] groups."{STAFF}": must be a table'),
        ("[badge]\ngroups = 3", "[badge] groups: must be tables"),
        ("[badge]\nlevels = []", "[badge] levels: must be tables"),
        (f'[badge.groups."{STAFF}"]\nallowed_groups = ["{STAFF}"]', "allowed_groups: there is no such key here"),
        (f'[badge.groups."{STAFF}"]\ndeny_list = []', "deny_list: there is no such key here"),
        (f'[badge.groups."{STAFF}"]\napprovers_group = "{STAFF}"', "approvers_group: there is no such key here"),
        (f'[badge.groups."{STAFF}"]\ngenerate = true', "generate: there is no such key here"),
        (f'[badge.groups."{STAFF}".groups."{STAFF}"]\nper_day = 1', "groups: there is no such key here"),
        (f'[badge.groups."{STAFF}"]\nper_day = 0', "per_day = 0: must be a whole number from 1 to 100"),
        (
            '[badge.levels.high]\nstep_up = false\napprovals = 0\nmilder = ["step_up", "approvals"]',
            "asks for no proof at all (level:high)",
        ),
        (
            f'[badge.groups."{STAFF}"]\nstep_up = false\nmilder = ["step_up"]',
            f"asks for no proof at all (group:{STAFF}, level:low)",
        ),
        (f'[lock.groups."{STAFF}"]\nseveral_groups = "last"', "several_groups: there is no such key here"),
        ('[lock]\nseveral_groups = "first"', 'must be "stricter"'),
        (
            f'[lock.groups."{STAFF}"]\nper_day = 1\n[lock.groups."{STAFF.upper()}"]\nper_day = 2',
            f"[lock.groups.{STAFF.upper()}]: is there twice; write it once",
        ),
        (
            f'[lock]\nseveral_groups = "last"\n{APART}',
            f"asks for no proof at all (group:{OTHER}, group:{STAFF})",
        ),
        (
            f'[lock.groups."{STAFF}"]\nstep_up = "c2"\n[lock.groups."{OTHER}"]\nstep_up = "c3"',
            f"[lock] step_up: nobody can say which is stricter, c2 (group:{STAFF}) or c3 (group:{OTHER})",
        ),
        (
            f'[lock.groups."{STAFF}"]\napprover_step_up = "c2"\n[lock.groups."{OTHER}"]\napprover_step_up = "c3"',
            "[lock] approver_step_up: nobody can say",
        ),
        ("[page]\nstep_up = false\napprovals = 1", "[page] opens a page without a sign-in"),
        (
            f'[page.groups."{STAFF}"]\nstep_up = ""\napprovals = 2\nmilder = ["step_up"]',
            f"opens a page without a sign-in (group:{STAFF})",
        ),
        (
            f'[badge.groups."{STAFF}"]\nstep_up = "c2"\n[badge.levels.high]\nstep_up = "c3"',
            f"[badge] step_up: nobody can say which is stricter, c2 (group:{STAFF}) or c3 (level:high); name the same",
        ),
        (
            f"""
            [badge]
            several_groups = "last"
            [badge.groups."{STAFF}"]
            step_up = "c2"
            [badge.levels.high]
            step_up = "c3"
            """,
            f"nobody can say which is stricter, c2 (group:{STAFF}) or c3 (level:high); name the same in both",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_key_and_the_fix(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, text)
    assert says in str(told.value)
    assert "policies.toml" in str(told.value)


VARIANTS = st.fixed_dictionaries({}, optional={"step_up": st.sampled_from(["", "c1"]), "approvals": st.integers(0, 1)})


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.dictionaries(st.sampled_from([f"group:{n}" for n in range(5)]), VARIANTS),
    st.dictionaries(st.sampled_from(["level:low", "level:high"]), VARIANTS),
    VARIANTS,
    st.sampled_from(["stricter", "last"]),
    st.booleans(),
)
def test_the_start_finds_whatever_combination_lets_somebody_by(
    groups: dict[str, Any], levels: dict[str, Any], own: dict[str, Any], several: Any, harmless: bool
) -> None:
    """Held against all of them: every set of groups, under every level."""
    policy = replace(BADGE.policy, **own, several_groups=several, variants=MappingProxyType({**groups, **levels}))
    kind = replace(BADGE, harmless=harmless)
    sets = [held for size in range(len(groups) + 1) for held in combinations(groups, size)]
    cases = [(*held, *level) for held in sets for level in [(), *((name,) for name in levels)]]
    flawed = [terms for terms in cases if policy.under(terms).flaw(Way.SHOW, harmless=harmless)]
    assert bool(list(unsound(kind, policy))) is bool(flawed)


def test_what_only_locks_may_be_had_for_the_asking(tmp_path: Path) -> None:
    bell = read_from(tmp_path, "[bell]\nper_day = 3")["bell"]
    assert (bell.step_up, bell.approvals) == ("", 0)


def test_a_kind_may_be_for_one_group_only(tmp_path: Path) -> None:
    lock = read_from(tmp_path, f'[lock]\nmode = "off"\n[lock.groups."{STAFF}"]\nmode = "evaluate"')["lock"]
    assert lock.offered
    assert not read_from(tmp_path, '[lock]\nmode = "off"')["lock"].offered


LOCK_FACE = '[lock]\nevidence = "face_check"\n'
NOBODY = "[lock] evidence: nobody could show a face in earnest"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LOCK_FACE + '[face]\nmode = "evaluate"', f'{NOBODY}; write [face] mode = "enforce"'),
        (LOCK_FACE + '[face]\nmode = "off"', NOBODY),
        (f'[lock.groups."{OTHER}"]\nevidence = "face_check"\n[face]\nmode = "off"', NOBODY),
        ('[face]\nevidence = "face_check"', "[face] evidence: it is by this kind"),
    ],
)
def test_a_face_that_nobody_could_show_is_demanded_by_no_policy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=re.escape(says)):
        read_from(tmp_path, text)


def test_a_face_may_be_demanded_where_somebody_shows_it_in_earnest(tmp_path: Path) -> None:
    some = f'[face]\nmode = "off"\n[face.groups."{OTHER}"]\nmode = "enforce"\n'
    assert read_from(tmp_path, f'[lock]\nevidence = "face_check"\n{some}')["lock"].faces
    assert read_from(tmp_path, '[lock]\nmode = "off"\nevidence = "face_check"\n[face]\nmode = "off"')["lock"].faces


def test_all_that_is_wrong_is_told_together(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, '[nothing]\n[badge]\nmode = 1\nreveal = 2\n[lock]\nstep_up = ""\napprovals = 0')
    assert all(word in str(told.value) for word in ("nothing", "mode", "reveal", "[lock] asks for no proof"))


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(Misconfigured, match="VOUCHSAFE_POLICIES"):
        policies.load("/nowhere/policies.toml", TWO, Known())  # type: ignore[arg-type]  # all it takes from the settings
