import re
import sys
import tomllib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.kinds
from bot.core.forms import Fault
from bot.core.model import Status
from bot.core.reasons import Reason
from bot.kinds import KINDS
from cards import texts
from cards.texts import FOLDER, LANGUAGES, clean, known, phrases, plain, text, tongue, wanted
from tests.cards.walk import pieces

ROOT = Path(__file__).parents[2]
KEY = re.compile(r'"((?:home|said|cancel|approve|refusal|prompt|secret|form|account)\.[a-z_.]+)"')


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """Every text of a language; one key in two files would be one text lost."""
    found: dict[str, Any] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        texts = flat(tomllib.loads(file.read_text("utf-8")))
        assert not found.keys() & texts.keys(), file.name
        found |= texts
    return found


def kinds_reasons() -> list[str]:
    """Every reason a kind can give: the members of the enums in the kinds' modules that are named for it."""
    modules = [import_module(f"bot.kinds.{m.name}") for m in iter_modules(bot.kinds.__path__)]
    enums = [v for m in modules for n, v in vars(m).items() if n.endswith("Reason") and v is not Reason]
    return [str(reason) for enum in enums if isinstance(enum, type) and issubclass(enum, StrEnum) for reason in enum]


def test_all_languages_have_the_same_keys() -> None:
    assert catalogue("de").keys() == catalogue("en").keys()


def test_all_languages_use_the_same_params() -> None:
    def used(language: str, key: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(catalogue(language)[key]) if name}

    keys = [key for key, words in catalogue("en").items() if isinstance(words, str)]
    assert [key for key in keys if used("en", key) != used("de", key)] == []


@pytest.mark.parametrize("reason", [*Reason, *kinds_reasons()])
def test_every_reason_has_its_refusal(reason: str) -> None:
    assert known(f"refusal.{reason}")


def test_kinds_have_reasons_to_check() -> None:
    assert "tap.live_pass" in kinds_reasons()


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_word_and_its_cards_a_text(status: Status) -> None:
    assert known(f"status.{status}")
    assert known(f"request.{status}.title")
    assert known(f"approvers.{status}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["title", "summary"])
def test_every_kind_has_its_texts(kind: str, key: str) -> None:
    assert known(f"{kind}.{key}")
    assert phrases(kind)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_of_a_form_has_words(fault: Fault) -> None:
    assert known(fault)


def test_every_key_named_in_the_code_is_there() -> None:
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "cards").rglob("*.py")]
    named = {key for file in files for key in KEY.findall(file.read_text("utf-8"))}
    assert {key for key in named if not known(key)} == set()
    assert "home.lead" in named


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_may_be_said_as_a_line_holds_no_markdown(language: str) -> None:
    lines = {k: v for k, v in catalogue(language).items() if k.split(".")[0] in {"refusal", "said", "approve"}}
    assert [key for key, words in lines.items() if re.search(r"[*_\[\]`]", re.sub(r"\{\w+\}", "", words))] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_card_says_to_write_next_is_understood(kind: str, language: str) -> None:
    said = re.findall(r"\*\*([^*]+)\*\*", catalogue(language).get(f"{kind}.next", ""))
    understood = {phrase.casefold() for name in KINDS for phrase in phrases(name)}
    assert [words for words in said if words.casefold() not in understood] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_whole_sentences_without_strange_characters(language: str) -> None:
    for key, words in catalogue(language).items():
        if isinstance(words, str):
            assert words == words.strip() == unicodedata.normalize("NFC", words), key
            if key.startswith("refusal.") and key != "refusal.title":
                assert words.endswith("."), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("refusal.tap.live_pass", "tap.button.revoke"),
        ("refusal.tap.live_pass", "methods.title"),
    ],
)
def test_what_a_refusal_sends_somebody_to_is_called_that(key: str, named: str, language: str) -> None:
    words = dict.fromkeys(wanted(key), "x")
    opened, closed = ("„", "“") if language == "de" else ("“", "”")
    assert f"{opened}{text(named, language)}{closed}" in text(key, language, **words)


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("no.such.key", "en")


@pytest.mark.parametrize(
    ("tag", "catalogue"), [("de-AT", "de"), ("DE", "de"), ("de_DE", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en")]
)
def test_a_language_is_chosen_by_its_primary_subtag(tag: str, catalogue: str) -> None:
    assert tongue(tag) == catalogue


def test_a_param_is_never_read_as_a_template() -> None:
    assert "{contact.__class__}" in text("refusal.off", "en", contact="{contact.__class__}")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("[here](https://evil.example)", "\\[here\\]\\(https\u200b://evil.example)"),
        ("**now**", "\\*\\*now\\*\\*"),
        ("_x_ ~y~ `z`", "\\_x\\_ \\~y\\~ \u02cbz\u02cb"),
        ("<at>Ben</at>", "\\<at\\>Ben\\</at\\>"),
        ("# big", "\u200b# big"),
        ("- item\n- item", "\u200b- item - item"),
        ("1. first", "1\u200b. first"),
        ("{{DATE(2026-01-01T00:00:00Z)}}", "{\u200b{DATE(2026-01-01T00:00:00Z)}}"),
        ("{{{TIME(2026-01-01T00:00:00Z)}}}", "{\u200b{\u200b{TIME(2026-01-01T00:00:00Z)}}}"),
        ("go to www.evil.example", "go to www\u200b.evil.example"),
        ("safe\u202etxt.exe\u200b\x07", "safetxt.exe"),
        ("Zoë Müller-Lüdenscheidt (Vertrieb)", "Zoë Müller-Lüdenscheidt (Vertrieb)"),
    ],
)
def test_what_people_typed_stays_text(typed: str, shown: str) -> None:
    assert plain(typed) == shown


@given(st.text(max_size=300))
def test_nothing_typed_is_live_on_a_card(typed: str) -> None:
    shown = plain(typed)
    assert re.search(r"(?<!\\)(?:\\\\)*[*_\[\]~<>|`]", shown) is None
    assert "](" not in shown
    assert "{{" not in shown
    assert "://" not in shown.replace("\u200b://", "")
    assert "\n" not in shown


@given(st.text(max_size=2000), st.integers(min_value=1, max_value=700))
def test_what_is_cleaned_is_short_and_visible(typed: str, longest: int) -> None:
    shown = clean(typed, longest).replace("\u200b", "")  # what breaks a function comes on top
    assert len(shown) <= longest
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in shown)


def test_what_is_taken_for_ordinary_is() -> None:
    """What is not looked at sign by sign is just as it would be afterwards."""
    taken = [chr(code) for code in range(sys.maxunicode + 1) if texts._ORDINARY.fullmatch(chr(code))]
    assert len(taken) > 100
    for one in taken:
        assert texts._visible(f"a{one}b{one}") == f"a{one}b{one}"


def test_wanted_names_the_params_of_a_text() -> None:
    assert wanted("refusal.too_many") == {"limit", "again", "contact"}


def test_the_walk_finds_every_piece() -> None:
    assert len(list(pieces({"a": [{"b": {}}, {"c": 1}]}))) == 4


def test_no_full_stop_of_ours_makes_an_address_of_a_name() -> None:
    assert "www." not in f"{plain('WWW')}. Sign in again".lower()


# What German says where it speaks of whom to call stands in the accusative; English has one form for all.
ACCUSATIVE = re.compile(r"\b(?:an|über|fragen Sie) \{contact\}|\{contact\} an\b")


def test_whom_to_call_stands_in_one_case_in_every_sentence() -> None:
    told = {key: words for key, words in catalogue("de").items() if isinstance(words, str) and "{contact}" in words}
    assert len(told) > 50
    assert {k: w for k, w in told.items() if len(ACCUSATIVE.findall(w)) != w.count("{contact}")} == {}


# One word for one thing; the first is the one that is said.
ONE_WORD = {
    "de": {
        "Schalter": r"\bDesks?\b",
        "Passwort": r"[Kk]ennw(?:ort|ört)",
        "Schaltfläche": r"\bKn[oö]pfe?\b|\bButtons?\b",
        "Freigabe": r"[Gg]enehmig",
        "übernommen": r"[Kk]ompromitt",
        "Protokoll": r"\bAudit|\bLog\b",
    },
    "en": {"press": r"\b[Cc]lick", "pass": r"\bTAP\b"},
}


@pytest.mark.parametrize(
    ("language", "said"), [(language, said) for language in ONE_WORD for said in ONE_WORD[language]]
)
def test_one_thing_is_called_by_one_word(language: str, said: str) -> None:
    other = re.compile(ONE_WORD[language][said])
    texts = {key: words for key, words in catalogue(language).items() if isinstance(words, str)}
    assert {key: found[0] for key, words in texts.items() if (found := other.search(words))} == {}
