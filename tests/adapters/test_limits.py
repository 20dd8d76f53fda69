"""The table of limits: it holds for everybody, and a file without one says what it said before there was any."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config import policies
from bot.core.errors import Misconfigured
from bot.core.lately import USUAL_LIMITS, Limits
from bot.core.officehours import OfficeHours
from tests.adapters.tables import read_from

HOURS = OfficeHours(frozenset(range(5)), time(7), time(19), ZoneInfo("Europe/Berlin"))
OLD = """
[badge]
approvals = 2
per_day = 1
[badge.levels.low]
approvals = 1
milder = ["approvals"]
"""


def limits(folder: Path, text: str) -> Limits:
    read_from(folder, text)
    return policies.limits(str(folder / "policies.toml"))


def test_a_file_from_before_reads_as_before_and_has_the_usual_limits(tmp_path: Path) -> None:
    before = read_from(tmp_path, OLD)
    assert policies.limits(str(tmp_path / "policies.toml")) == policies.limits("") == USUAL_LIMITS
    assert read_from(tmp_path, OLD + "[limits]\nrepeat = false") == before
    assert (before["badge"].approvals, before["badge"].under(("level:low",)).approvals) == (2, 1)
    assert (USUAL_LIMITS.repeat, USUAL_LIMITS.cool_down) == (timedelta(hours=24), timedelta(hours=4))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('repeat = "12h"', {"repeat": timedelta(hours=12)}),
        ("repeat = false", {"repeat": timedelta(0)}),
        ('cool_down = "1d"', {"cool_down": timedelta(days=1)}),
        ("cool_down = false", {"cool_down": timedelta(0)}),
        ("per_agent_hour = 3", {"per_agent_hour": 3}),
        ("per_approver_hour = false", {"per_approver_hour": 0}),
        ("per_tenant_hour = 200", {"per_tenant_hour": 200}),
        ('office = "Mon-Fri 07:00-19:00 Europe/Berlin"', {"office": HOURS}),
        ("office = false", {}),
    ],
)
def test_each_can_be_set_and_the_others_stay(tmp_path: Path, said: str, read: dict[str, Any]) -> None:
    assert limits(tmp_path, f"[limits]\n{said}") == Limits(**read)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[limits]\nrepeats = 3", "[limits] repeats: there is no such key here; there are: repeat, cool_down"),
        ('[limits]\nrepeat = "30d"', 'must lie between "1m" and "7d"'),
        ("[limits]\ncool_down = 4", "must be a duration"),
        ("[limits]\nper_agent_hour = 0", "must be a whole number from 1 to 100000"),
        ("limits = 3", "limits: must be a table"),
        ('[limits]\noffice = "Mo-Fr 7-19"', 'must be days, hours and a time zone, such as "Mon-Fri 07:00-19:00'),
        ('[limits]\noffice = "Mon-Fri 07:00-19:00 Berlin"', 'knows no time zone "Berlin"'),
        ('[limits]\noffice = "Mon-Fri 07:00-19:00 ../../etc/passwd"', "knows no time zone"),
        ('[limits]\noffice = "Mon-Fri 19:00-07:00 UTC"', "must open before it closes"),
        ('[limits]\noffice = "Mon-Fri 07:00-07:00 UTC"', "must open before it closes"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_the_rest(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured) as told:
        read_from(tmp_path, text + "\n[badge]\nper_day = 0")
    assert says in str(told.value)
    assert ("per_day" in str(told.value)) or text.startswith("limits =")
