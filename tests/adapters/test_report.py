"""The report: what an admin reads before turning a kind on; counted from the trail, without a name in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.core.audit import GENESIS, About, Deed, Entry, Note, link
from bot.core.model import Mode
from bot.process.report import NOT_THEIRS, rows, text
from cards.words import reason

START = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
GROUP = "group:00000000-0000-0000-0000-000000000001"


def trail(*told: tuple[str, str, str, Note], mode: Mode = Mode.EVALUATE) -> Iterator[Entry]:
    """Entries a minute apart: kind, request, person and what happened."""
    previous, seqs = GENESIS, count(1)
    for kind, request, person, note in told:
        seq = next(seqs)
        entry = link(
            previous,
            about=About("t", request, kind, person, mode.value),
            seq=seq,
            at=START + timedelta(minutes=seq),
            note=note,
        )
        previous = entry.hash
        yield entry


def asked(terms: str = "") -> Note:
    return Note(Deed.ASKED, {"by": "ann", "name": "Ann Archer", **({"terms": terms} if terms else {})})


def refused(reason: str) -> Note:
    return Note(Deed.REFUSED, {"reason": reason})


def test_a_trial_says_what_would_have_been_done() -> None:
    found = rows(
        trail(
            ("tap", "r1", "ann", asked()),
            ("tap", "r1", "ann", Note(Deed.APPROVAL_WANTED)),
            ("tap", "r1", "ann", Note(Deed.APPROVED, {"by": "ben"})),
            ("tap", "r1", "ann", Note(Deed.READY)),
            ("tap", "r1", "ann", Note(Deed.EVALUATED)),
            ("tap", "r2", "rita", asked()),
            ("tap", "r2", "rita", Note(Deed.EXPIRED)),
        )
    )
    assert [(row.kind, row.mode, row.group) for row in found] == [("tap", "evaluate", "everybody")]
    row = found[0]
    assert (row.asked, row.people, row.approvers, row.until_decided, row.open) == (2, 2, 1, 60.0, 0)
    assert row.ends == {"would have been done": 1, "out of time": 1}


def test_refusals_are_counted_by_reason_also_of_those_who_only_looked() -> None:
    found = rows(
        trail(
            ("tap", "r1", "dora", asked()),
            ("tap", "r1", "dora", refused("privileged")),
            ("tap", "draft", "mo", refused("not_allowed")),
            ("tap", "draft2", "mo", refused("not_allowed")),
        )
    )
    assert found[0].refused == {"privileged": 1, "not_allowed": 2}
    assert (found[0].asked, found[0].people) == (3, 2)


def test_a_press_that_was_refused_is_not_how_it_ended() -> None:
    found = rows(
        trail(
            ("tap", "r1", "ann", asked()),
            ("tap", "r1", "ann", refused("not_approver")),
            ("tap", "r1", "ann", Note(Deed.STEPPED_UP, {"by": "ann"})),
            ("tap", "r1", "ann", Note(Deed.READY)),
        )
    )
    assert (found[0].refused, found[0].open) == ({}, 1)


def test_what_somebody_else_pressed_in_vain_is_no_refusal_of_a_request_that_waits() -> None:
    pressed = Note(Deed.REFUSED, {"reason": "not_approver", "by": "mo"})
    found = rows(trail(("tap", "r1", "ann", asked()), ("tap", "r1", "ann", pressed)))
    assert (found[0].refused, found[0].open) == ({}, 1)


def test_what_was_taken_back_is_not_open_and_what_was_not_theirs_is_told() -> None:
    found = rows(
        trail(
            ("tap", "r1", "ann", asked()),
            ("tap", "r1", "ann", Note(Deed.REPORTED)),
            ("tap", "r1", "ann", Note(Deed.REVOKED)),
            ("tap", "r2", "lou", asked()),
            ("tap", "r2", "lou", Note(Deed.SHOWN)),
            ("tap", "r2", "lou", Note(Deed.REPORTED)),
            ("tap", "r3", "rita", asked()),
            ("tap", "r3", "rita", Note(Deed.LOST)),
            ("tap", "r3", "rita", Note(Deed.REVOKE_CHOSEN)),
        )
    )
    assert found[0].ends == {NOT_THEIRS: 2, "taken back": 1}
    assert found[0].open == 0


def test_each_group_a_policy_treats_differently_has_its_row() -> None:
    found = rows(
        trail(
            ("risk", "r1", "ann", asked(f"{GROUP} level:low")),
            ("risk", "r1", "ann", Note(Deed.EVALUATED)),
            ("risk", "r2", "rita", asked("level:high")),
        )
    )
    assert [(row.group, row.asked) for row in found] == [
        ("everybody", 2),
        (GROUP, 1),
        ("level:high", 1),
        ("level:low", 1),
    ]


def test_what_was_asked_for_before_is_left_out() -> None:
    assert rows(trail(("tap", "r0", "ann", Note(Deed.SHOWN)))) == []


def test_a_reason_comes_with_the_sentence_people_read() -> None:
    told = rows(trail(("tap", "r1", "gus", refused("guest_of")), ("tap", "r2", "ann", refused("new.reason"))))
    lines = list(text(told, 7, reason))
    assert "       1  refused: guest_of (“Your account belongs to … and is only a guest here.”)" in lines
    assert "       1  refused: new.reason" in lines


def test_the_text_names_nobody() -> None:
    lines = "\n".join(text(rows(trail(("tap", "r1", "ann", asked()), ("tap", "r1", "ann", refused("guest")))), 7))
    assert "tap (evaluate)" in lines
    assert "refused: guest" in lines
    assert "Ann" not in lines
    assert list(text([], 7)) == ["Nobody asked for anything in the last 7 days."]
