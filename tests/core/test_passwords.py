"""The rules for a new password, all told at once, and the ones that are made up."""

from __future__ import annotations

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.passwords import CLASSES, LONGEST, MADE, SHORTEST, TELLING, Rule, broken, made

WORDS = ("Ann", "Archer", "ann.archer", "ann.archer@contoso.example")
GOOD = "Kettle-7-Harbour"


def test_a_good_one_breaks_nothing() -> None:
    assert broken(GOOD, WORDS) == ()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert broken("archér", WORDS) == (Rule.LENGTH, Rule.CLASSES, Rule.CHARACTERS, Rule.NAME)


def test_nothing_at_all_is_too_short_and_of_no_class() -> None:
    assert broken("", WORDS) == (Rule.LENGTH, Rule.CLASSES)


@pytest.mark.parametrize(
    ("length", "right"),
    [(SHORTEST - 1, False), (SHORTEST, True), (LONGEST, True), (LONGEST + 1, False)],
)
def test_the_length_has_two_ends(length: int, right: bool) -> None:
    text = ("aA1" * length)[:length]
    assert (Rule.LENGTH not in broken(text, ())) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("abcdefgh", False),
        ("ABCDEFGH", False),
        ("12345678", False),
        ("--------", False),
        ("abcdEFGH", False),
        ("abcd1234", False),
        ("abcd----", False),
        ("1234----", False),
        ("abcd EFGH", True),  # a space is a sign
        ("abcdEFG1", True),
        ("abcdEFG-", True),
        ("abcd12!?", True),
        ("ABCD12!?", True),
        ("abCD12!?", True),
        ("äöüÄÖÜ12", False),  # what is not taken counts for no class
        ("abcd\u0661\u0662\u0663\u0664E", False),  # nor do digits of another script
    ],
)
def test_three_of_four_classes(text: str, right: bool) -> None:
    assert (Rule.CLASSES not in broken(text, ())) is right


@pytest.mark.parametrize("sign", string.punctuation)
def test_every_sign_of_the_keyboard_is_one(sign: str) -> None:
    assert broken(f"kettle7{sign}x", ()) == ()


@pytest.mark.parametrize(
    "text",
    [*(f"Kettle-7-{c}x" for c in "öé\t\n\x00\x7f\u00a0\u200b\u202e\ud800😀"), " Kettle-7-x", "Kettle-7-x "],
)
def test_only_what_entra_takes_and_no_space_that_cannot_be_seen(text: str) -> None:
    assert broken(text, ()) == (Rule.CHARACTERS,)


@pytest.mark.parametrize(
    "text",
    [
        "Kettle-archer-7",
        "KETTLE-ARCHER-7",
        "Kettle-@rcher-7",  # read as an a
        "Kettleann.archer7",
    ],
)
def test_no_name_in_it_however_it_is_written(text: str) -> None:
    assert Rule.NAME in broken(text, WORDS)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Kettle-7-Muller", "Müller"),
        ("Kettle-7-Lopez", "López"),
        ("Kettle-5mith-Po1ly", "polly"),
        ("Kettle-7-P0lland", "Pol1and"),
        ("Kettle-7-Liesel", "Anna-Liesel"),
        ("Kettle-7-Strasse", "Straße"),
        ("Kettle-7-$tone", "Stone"),
        ("Kettle-7-Archer", "a.archer@contoso.example"),
        ("Kettle-7-C0ntoso", "ann@contoso.example"),
    ],
)
def test_a_name_is_read_as_entra_reads_it(text: str, word: str) -> None:
    assert broken(text, (word,)) == (Rule.NAME,)


@pytest.mark.parametrize("word", ["Ann", "", "Li", "7", "a.b@abc.example", "@"])
def test_a_short_name_is_in_too_many_good_ones(word: str) -> None:
    assert len(word.partition("@")[0]) < TELLING
    assert broken("Kettle-7-Annexe-Li-abc-example", (word,)) == ()


@given(st.text(max_size=300), st.lists(st.text(max_size=30), max_size=4))
def test_anything_can_be_typed(text: str, words: list[str]) -> None:
    told = broken(text, words)
    assert set(told) <= set(Rule)
    assert len(set(told)) == len(told)
    assert Rule.GUESSABLE not in told


@given(
    st.text(alphabet=string.ascii_letters, min_size=TELLING, max_size=20), st.text(max_size=20), st.text(max_size=20)
)
def test_a_name_is_found_wherever_it_stands(name: str, before: str, after: str) -> None:
    assert Rule.NAME in broken(f"{before}{name.swapcase()}{after}", (name,))


def test_a_made_one_keeps_every_rule_and_is_easy_to_read() -> None:
    for _ in range(300):
        text = made().reveal()
        assert len(text) == MADE
        assert broken(text, ()) == ()
        assert not set(text) & set("0O1lIo '\"`|")
        assert all(
            any(c in some for c in text) for some in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
        )
        assert set(text) & set(string.punctuation)


def test_made_ones_are_never_alike() -> None:
    texts = [made().reveal() for _ in range(200)]
    assert len(set(texts)) == len(texts)
    assert not any(sum(x == y for x, y in zip(a, b, strict=True)) > MADE // 2 for a, b in pairwise(texts))
    assert all(len({text[place] for text in texts}) > MADE for place in range(MADE))


def test_a_made_one_is_not_printed() -> None:
    secret = made()
    assert secret.reveal() not in f"{secret!r} {secret}"


def test_three_classes_are_asked_for() -> None:
    assert (SHORTEST, LONGEST, CLASSES) == (8, 256, 3)
