"""Real sentences, each with the door it leads to; whoever finds one that is understood wrongly adds it to the table."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot.kinds import KINDS
from bot.teams.phrases import listening
from bot.understanding.rules import Door

TABLE: Final = Path(__file__).with_name("sentences.toml")
EARS: Final = listening(KINDS)
DOORS: Final = {*KINDS, *Door}


def table() -> Iterator[tuple[str, str, str]]:
    """Language, door, sentence."""
    for language, doors in tomllib.loads(TABLE.read_text("utf-8")).items():
        yield from ((language, door, said) for door, sentences in doors.items() for said in sentences)


SAID: Final = list(table())


@pytest.mark.parametrize("language", ["en", "de", "mixed"])
def test_every_sentence_leads_to_its_door(language: str) -> None:
    heard = [(said, door, EARS.of(said)) for told, door, said in SAID if told == language]
    wrong = [(said, door, found.door, found.why) for said, door, found in heard if found.door != door]
    assert wrong == []


@pytest.mark.parametrize("client", ["en", "de"])
def test_what_language_a_client_has_changes_no_door(client: str) -> None:
    assert [said for _, door, said in SAID if EARS.of(said, client).door != door] == []


def test_the_language_is_told_where_it_can_be_and_never_the_other_one() -> None:
    told = [(language, said, EARS.of(said).language) for language, _, said in SAID if language in {"en", "de"}]
    assert [(said, found) for language, said, found in told if found not in {language, ""}] == []
    assert sum(1 for _, _, found in told if found) > 0.85 * len(told)


def test_the_table_is_of_real_size_and_names_every_door_in_both_languages() -> None:
    assert len({(language, said) for language, _, said in SAID}) == len(SAID) >= 500
    for language in ("en", "de"):
        counted = Counter(door for told, door, _ in SAID if told == language)
        assert counted.keys() == DOORS, language


def test_shouting_small_letters_and_marks_change_no_kind() -> None:
    said = [(one, door) for _, door, one in SAID if door in KINDS and not {"@", '"'} & set(one)]
    for one, door in said:
        assert {EARS.of(way).door for way in (one.upper(), one.lower(), f" {one}!!! ", f"{one} 🙏")} == {door}, one
