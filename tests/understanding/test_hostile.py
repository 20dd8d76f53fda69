"""Whatever is written is understood as something, soon: no text raises, and none takes long, however long it is."""

from __future__ import annotations

import statistics
import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cards
from bot.kinds import KINDS
from bot.teams.phrases import heard, listening, written
from bot.understanding.rules import Door

EARS: Final = listening(KINDS)
DOORS: Final = {*KINDS, *Door}
LONGEST: Final = 28 * 1024  # Teams takes no longer message
USUAL: Final = 0.001  # seconds of CPU
WORST: Final = 0.5  # on a machine that does other things: about a hundredth of that on one that does not

WORDS: Final = st.sampled_from(
    sorted({word for ideas in cards.vocabulary().values() for said in ideas.values() for word in said})
)
SIGNS: Final = (*'.,:;?!"\u201e\u201c\n>@\u2026-()', "not", "nicht")
PIECES: Final = st.one_of(WORDS, st.sampled_from(SIGNS), st.text(max_size=6))

UNITS: Final = (
    *(
        "x",
        "a ",
        "not ",
        "nicht ",
        "my phone lost ",
        '"',
        "\u201e",
        "> \n",
        "\u201cmy \u201ephone ",
        ". ",
        "phone, ",
        "@a ",
        "a@a.",
    ),
    *(
        "a.",
        "\u00fc",
        "foo was ",
        "melde ",
        "tap: ",
        "- ",
        "he says, ",
        "mfa reset? ",
        "<blockquote>",
        "<at>x</at>",
        "&lt;",
    ),
    *("\u200b", "ann's ", "9", "1.", "because ", "\U0001f642", "passwortpasswort", "qwertzuiop asdfghjkl yxcvbnm "),
)


@given(st.lists(PIECES, max_size=40).map(" ".join))
def test_no_text_raises_and_each_leads_to_a_door(text: str) -> None:
    found = EARS.of(text)
    assert found.door in DOORS
    assert found.why
    assert heard(EARS.of(written({"text": text}))).action is not None


@given(st.lists(WORDS, max_size=12).map(" ".join), st.sampled_from(["en", "de", "", "fr"]))
def test_what_is_heard_does_not_depend_on_what_was_heard_before(text: str, language: str) -> None:
    assert EARS.of(text, language) == EARS.of(text, language)


@pytest.mark.parametrize("unit", UNITS)
def test_the_longest_message_takes_no_time_to_speak_of(unit: str) -> None:
    text = (unit * LONGEST)[:LONGEST]
    began = time.process_time()
    EARS.of(written({"text": text}))
    EARS.of(text)
    assert time.process_time() - began < WORST


def test_a_usual_message_takes_well_below_a_millisecond() -> None:
    said = (
        "help",
        "I lost my phone",
        "bitte setzen Sie mein Passwort zur\u00fcck",
        "i forgto my pasword",
        "good weather today",
    )
    spent = []
    for text in said * 20:
        began = time.process_time()
        EARS.of(text)
        spent.append(time.process_time() - began)
    assert statistics.median(spent) < USUAL
