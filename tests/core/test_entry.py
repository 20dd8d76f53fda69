"""What is said of a password while it is typed: every rule, and how long it would hold out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.passwords import LONGEST, Rule
from bot.desk.passwords import STRONG, check

WORDS = ("Ann", "Archer", "Ann", "Archer", "ann.archer", "ann.archer@contoso.example")
GOOD = "Kettle-7-Harbour-moss"


def test_a_good_one_has_no_fault_and_meets_every_rule() -> None:
    checked = check(GOOD, WORDS, "password")
    assert checked.faults == ()
    assert checked.met == tuple(Rule)
    assert checked.strength >= STRONG


def test_before_anything_is_typed_nothing_is_met_yet() -> None:
    checked = check("", WORDS, "password")
    assert checked.met == ()
    assert set(checked.faults) == {Rule.LENGTH, Rule.CLASSES, Rule.GUESSABLE}
    assert checked.strength == 0


@pytest.mark.parametrize("text", ["Passw0rd!", "Qwertz123!", "Summer2026!", "Abcd1234!", "aA1!aA1!"])
def test_what_keeps_the_letter_of_the_rules_may_still_be_guessed(text: str) -> None:
    checked = check(text, (), "password")
    assert checked.faults == (Rule.GUESSABLE,)
    assert checked.strength < STRONG


def test_just_strong_enough_is_strong_enough() -> None:
    checked = check("Monday-Coffee1", (), "password")
    assert (checked.strength, checked.faults) == (STRONG, ())


def test_a_name_makes_it_easier_to_guess() -> None:
    assert check("Vouchsafe2026", ("vouchsafe",), "password").strength < check("Vouchsafe2026", (), "password").strength


def test_every_fault_is_told_at_once_and_no_rule_is_both_met_and_not() -> None:
    checked = check("archér", WORDS, "password")
    assert set(checked.faults) == set(Rule)
    assert checked.met == ()


@given(st.text(max_size=300))
def test_anything_can_be_typed(text: str) -> None:
    checked = check(text, WORDS, "password")
    assert not set(checked.faults) & set(checked.met)
    assert not text or {*checked.faults, *checked.met} == set(Rule)
    assert 0 <= checked.strength <= 4


@pytest.mark.parametrize("text", ["1l!|i0o@a4", "p@ssw0rd", "a4@8({[<3", "0", "01/01/2000", "s5$7+t2zZ%", "x" * 9])
def test_a_long_one_is_answered_before_anybody_gives_up(text: str) -> None:
    begun = time.process_time()
    check((text * LONGEST)[:LONGEST], WORDS, "password")
    check(text * 100_000, WORDS, "password")
    assert time.process_time() - begun < 2.0


def test_the_end_of_a_very_long_one_is_held_against_the_rules_as_well() -> None:
    assert Rule.CHARACTERS in check(f"{GOOD * 8}ä", WORDS, "password").faults
    assert Rule.NAME in check(f"{GOOD * 8}archer", WORDS, "password").faults
