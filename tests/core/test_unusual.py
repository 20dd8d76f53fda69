"""What is out of the ordinary of an agent's day, of who asks about one person, and when the office is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.core.officehours import OfficeHours
from bot.core.unusual import AgentDay, Strange, agents, approvers, asked_about
from bot.core.watch import Sort

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


def found(today: AgentDay, before: Sequence[AgentDay] = ()) -> list[Strange]:
    return list(agents(dict(enumerate([today, *before])), NOON, None))


@pytest.mark.parametrize(
    ("today", "before", "told"),
    [
        (4, [1, 1, 1], None),
        (9, [], None),
        (10, [], 0),
        (12, [4, 0, 0, 0, 4], None),  # three times, and no more
        (13, [4, 0, 0, 0, 4], 4),  # days without any say nothing
        (40, [30, 28, 35], None),  # who always has so much to do
        (31, [2, 2, 40, 3, 2], 2),  # one bad day does not make the next one usual
    ],
)
def test_more_than_three_times_what_is_usual_is_much_from_ten_on(
    today: int, before: list[int], told: int | None
) -> None:
    days = [AgentDay(asked=many, opened=many) for many in (today, *before)]
    kept = (Sort.ASKS_MANY, Sort.OPENS_MANY) if told is not None else ()
    assert found(days[0], days[1:]) == [Strange(sort, today, told or 0) for sort in kept]


@pytest.mark.parametrize(
    ("no", "of", "told"), [(4, 4, False), (1, 5, False), (2, 5, True), (3, 10, False), (4, 10, True)]
)
def test_more_than_three_in_ten_that_say_no_are_many_of_five_on(no: int, of: int, *, told: bool) -> None:
    kept = [Strange(Sort.DENIED, no, of)] if told else []
    assert found(AgentDay(asked=of, denied=no), [AgentDay(asked=9)]) == kept


def test_of_decisions_that_were_not_theirs_so_many_of_ten_on() -> None:
    assert list(approvers(3, 6)) == []
    assert list(approvers(4, 6)) == [Strange(Sort.REFUSED_SHARE, 4, 10)]


def test_three_agents_who_ask_about_one_person_are_many() -> None:
    assert list(asked_about(2)) == []
    assert list(asked_about(3)) == [Strange(Sort.CROWD, 3)]


@pytest.mark.parametrize(
    ("said", "at", "open_"),
    [
        ("Mon-Fri 07:00-19:00 Europe/Berlin", datetime(2026, 3, 4, 6, 0, tzinfo=UTC), True),  # seven there
        ("Mon-Fri 07:00-19:00 Europe/Berlin", datetime(2026, 3, 4, 18, 0, tzinfo=UTC), False),
        ("Mon-Fri 07:00-19:00 Europe/Berlin", datetime(2026, 7, 1, 5, 0, tzinfo=UTC), True),  # in summer
        ("Mon-Fri 07:00-19:00 Europe/Berlin", datetime(2026, 3, 7, 12, tzinfo=UTC), False),  # a Saturday
        ("Sat-Mon 08:00-18:00 UTC", datetime(2026, 3, 8, 12, tzinfo=UTC), True),
        ("Sat-Mon 08:00-18:00 UTC", NOON, False),
        ("Wed 08:00-18:00 America/New_York", datetime(2026, 3, 5, 0, 0, tzinfo=UTC), False),
        ("Wed 08:00-21:00 America/New_York", datetime(2026, 3, 5, 0, 0, tzinfo=UTC), True),
    ],
)
def test_office_hours_are_what_clocks_show_there(said: str, at: datetime, *, open_: bool) -> None:
    assert OfficeHours.read(said).has(at) is open_


def test_who_acts_outside_of_them_is_told() -> None:
    late = OfficeHours.read("Mon-Fri 13:00-19:00 UTC")
    assert list(agents({0: AgentDay(asked=1)}, NOON, late)) == [Strange(Sort.LATE, 1)]
    assert list(agents({0: AgentDay(asked=1)}, NOON, OfficeHours.read("Mon-Fri 12:00-19:00 UTC"))) == []
