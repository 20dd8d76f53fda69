"""What people type into forms, and what comes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.forms import Choice, Fault, Field, Sheet, check, clean

FIELDS = (
    Field("reason", required=True, choices=(Choice("lost", "x"), Choice("other", "x"))),
    Field("text", required_if=("reason", "other"), longest=20, multiline=True),
    Field("ticket", pattern=r"INC\d+", longest=10),
    Field("minutes", required=True, choices=(Choice("30", "x"), Choice("60", "x")), default="60"),
)


def faults(**values: str) -> dict[str, str]:
    return check(FIELDS, clean(FIELDS, values))


def test_a_good_answer_has_no_fault() -> None:
    assert faults(reason="lost", ticket="INC12", minutes="30") == {}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, {"reason": Fault.REQUIRED}),
        ({"reason": " "}, {"reason": Fault.REQUIRED}),
        ({"reason": "stolen"}, {"reason": Fault.CHOICE}),
        ({"reason": "other"}, {"text": Fault.REQUIRED}),
        ({"reason": "other", "text": "\u0000\u0007 "}, {"text": Fault.REQUIRED}),
        ({"reason": "lost", "text": "x" * 21}, {"text": Fault.TOO_LONG}),
        ({"reason": "lost", "ticket": "INC12 or so"}, {"ticket": Fault.TOO_LONG}),
        ({"reason": "lost", "ticket": "INC12x"}, {"ticket": Fault.PATTERN}),
        ({"reason": "lost", "ticket": "INC1\nINC2"}, {"ticket": Fault.PATTERN}),
        ({"reason": "lost", "minutes": "45"}, {"minutes": Fault.CHOICE}),
        ({"reason": "lost", "minutes": ""}, {"minutes": Fault.REQUIRED}),
        ({"ticket": "?", "minutes": "1"}, {"reason": Fault.REQUIRED, "ticket": Fault.PATTERN, "minutes": Fault.CHOICE}),
    ],
)
def test_each_fault_is_told_at_its_field(values: dict[str, str], wrong: dict[str, str]) -> None:
    assert faults(**values) == wrong


def test_what_no_field_asks_for_is_dropped() -> None:
    assert clean(FIELDS, {"reason": "lost", "subject": "somebody else", "mode": "enforce"}) == {
        "reason": "lost",
        "text": "",
        "ticket": "",
        "minutes": "60",
    }


def test_a_default_stands_in_for_an_answer_that_was_not_sent() -> None:
    assert clean(FIELDS, {})["minutes"] == "60"
    assert not clean(FIELDS, {"minutes": ""})["minutes"]


@pytest.mark.parametrize("typed", ["INC12", "inc12", " Inc12 ", "inc 12", "I N C\t1 2"])
def test_a_pattern_takes_other_letters_and_spaces_and_keeps_what_it_wants(typed: str) -> None:
    assert clean(FIELDS, {"ticket": typed})["ticket"] == "INC12"
    assert "ticket" not in faults(reason="lost", ticket=typed)


def test_what_a_pattern_takes_as_it_is_or_in_no_way_stays_as_it_was_typed() -> None:
    mixed = (Field("ticket", pattern=r"Inc \d+|inc\d+"), Field("lower", pattern="[a-z]+"))
    assert clean(mixed, {"ticket": "Inc 1", "lower": "ABC"}) == {"ticket": "Inc 1", "lower": "abc"}
    assert clean(FIELDS, {"ticket": "my Ticket"})["ticket"] == "my Ticket"
    assert clean((Field("text"),), {"text": "as It is"}) == {"text": "as It is"}


def test_lines_are_kept_only_where_the_field_has_some() -> None:
    kept = clean(FIELDS, {"text": " one\ntwo "})
    assert kept["text"] == "one\ntwo"
    assert clean((Field("line"),), {"line": " INC\r\n1 "}) == {"line": "INC 1"}


@given(st.text(), st.text())
def test_whatever_is_typed_can_be_stored(text: str, ticket: str) -> None:
    kept = clean(FIELDS, {"text": text, "ticket": ticket})
    for value in kept.values():
        assert "\x00" not in value
        assert value.encode().decode() == value


ROWS = Field("row", required=True, choices=(Choice("a" * 1000, "x"), Choice("b", "x")), longest=1000, rows=True)


def test_what_is_long_goes_by_a_short_tag_that_is_its_own() -> None:
    assert Choice("b" * 64, "x").tag == "b" * 64
    assert len(Choice("b" * 65, "x").tag) == 32
    assert Choice("b" * 65, "x").tag == Choice("b" * 65, "another title").tag != Choice("b" * 66, "x").tag
    assert Choice("\ud800" * 65, "x").tag != Choice("?" * 65, "x").tag


def test_what_a_card_named_by_its_tag_is_the_choice_itself() -> None:
    fields = (ROWS, Field("reason", choices=ROWS.choices, longest=1000))
    for choice in ROWS.choices:
        values = clean(fields, {"row": f" {choice.tag} ", "reason": choice.tag})
        assert values == {"row": choice.value, "reason": choice.value}
        assert check(fields, values) == {}
        assert clean(fields, {"row": choice.value})["row"] == choice.value
    assert check((ROWS,), clean((ROWS,), {"row": Choice("c" * 1000, "x").tag})) == {"row": Fault.CHOICE}


def test_a_sheet_knows_what_was_chosen_of_its_rows() -> None:
    sheet = Sheet((Field("other", choices=ROWS.choices), ROWS))
    assert sheet.rows is ROWS
    assert sheet.chosen({"row": "b"}) is ROWS.choices[1]
    for values in ({}, {"row": ""}, {"row": "gone"}, {"other": "b"}):
        assert sheet.chosen(values) is None
    assert Sheet().rows is None
    assert Sheet().chosen({"": "", "row": "b"}) is None
