"""The catalogues, and how what people typed becomes part of a text: as text, never as Markdown of ours."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("texts")
DEFAULT: Final = "en"
LANGUAGES: Final = (DEFAULT, "de")
LONGEST: Final = 600
IDEA: Final = "idea."

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # control, bidi and zero-width characters among them
_MARKS: Final = re.compile(r"([\\*_\[\]~<>|])")
_TICK: Final = str.maketrans("`", "\u02cb")  # clients differ in how a backtick is escaped
_LINK: Final = re.compile(r"(?<=\])\(")
_OPENING: Final = re.compile(r"^([#+\-=]|\d+(?=[.)]))")
_FUNCTION: Final = re.compile(r"[{$](?=\{)")  # {{DATE(…)}} is a function to a card, ${…} to a template
_ADDRESS: Final = re.compile(r"://|(?<=www)(?:\.|$)|(?<=mailto):|(?<=/)(?<!:/)/", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?=#?\w{1,32};)")
# Drawn as nothing though no character of control: fillers, selectors of variants, the joiner, a braille blank.
_EMPTY: Final = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ORDINARY: Final = re.compile(r"[ -~ÄÖÜäöüßéè·]*")  # most of what there is: seen as it is, and no sign is in it
_BREAK: Final = "\u200b"
# Check marks, seals, warnings and every picture look like the desk's own marks: a blank sign stands where one was.
_SIGNS: Final = frozenset({"So", "Me"})  # Me closes a key around a digit
_ALIKE: Final = frozenset("√\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_USUAL: Final = frozenset("°©®™№")
SIGN: Final = "\u25af"
NAME: Final = 80  # of a person's name
_ALPHABETS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET")


class Markup(str):
    """Text that may go onto a card as it is: made by us, or by `plain`."""

    __slots__ = ()


def text(key: str, language: str, /, **params: object) -> str:
    """Return a text of the catalogue in `language` (English where there is none).

    Params are cleaned of control characters and cut, not escaped: on a card use `plain` for each first.
    Raises `KeyError` for a key or a param that is missing.
    """
    template = _texts(tongue(language))[key]
    return template.format_map({k: v if isinstance(v, Markup) else clean(str(v)) for k, v in params.items()})


def known(key: str) -> bool:
    return key in _texts(DEFAULT)


def wanted(key: str) -> frozenset[str]:
    """Return the names of the params a text uses."""
    return _names(_texts(DEFAULT)[key])


def phrases(kind: str) -> tuple[str, ...]:
    """Return what people write when they mean this kind, in every language; what its cards call it is among it."""
    named = (text(f"{kind}.{key}", language) for language in LANGUAGES for key in ("title", "button.ask"))
    return (*named, *(phrase for language in LANGUAGES for phrase in _lists(language).get(f"{kind}.phrases", ())))


def ideas(name: str) -> tuple[str, ...]:
    """Return which ideas together mean this kind or door, in every language; `vocabulary` has the words for them."""
    return tuple(said for language in LANGUAGES for said in _lists(language).get(f"{name}.ideas", ()))


def said_for(door: str) -> tuple[str, ...]:
    """Return what people write when they mean a door that is no kind, in every language."""
    return tuple(said for language in LANGUAGES for said in _lists(language).get(f"{door}.phrases", ()))


def vocabulary() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return for each language the words that stand for each idea."""
    return {
        language: {key.removeprefix(IDEA): said for key, said in _lists(language).items() if key.startswith(IDEA)}
        for language in LANGUAGES
    }


def tongue(language: str) -> str:
    """Return the catalogue that serves an IETF tag: by its primary subtag, English otherwise."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    return primary if primary in LANGUAGES else DEFAULT


def clean(value: str, longest: int = LONGEST) -> str:
    """Return `value` on one line, without what cannot be seen, no function to a card, cut to `longest`."""
    short = value[: longest * 4]
    joined = " ".join((short if _ORDINARY.fullmatch(short) else _visible(short)).split())
    shown = joined if len(joined) <= longest else joined[: longest - 1].rstrip() + "…"
    return _FUNCTION.sub(lambda found: found[0] + _BREAK, shown)


def _visible(value: str) -> str:
    seen = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    return _unsigned(unicodedata.normalize("NFC", _EMPTY.sub("", seen)))


def plain(value: str, longest: int = LONGEST) -> Markup:
    """Return `value` so that a card shows it exactly: no link, mention, emphasis, list or function in it works."""
    shown = _MARKS.sub(r"\\\1", clean(value, longest).translate(_TICK))
    shown = _OPENING.sub(rf"{_BREAK}\1" if not shown[:1].isdigit() else rf"\1{_BREAK}", shown)
    shown = _ENTITY.sub("&" + _BREAK, _LINK.sub(r"\(", shown))
    return Markup(_ADDRESS.sub(lambda found: _BREAK + found[0], shown))


def mixed(value: str) -> bool:
    """Say whether a word of `value` has letters of two alphabets that look alike, or letters made to look like others.

    https://www.unicode.org/reports/tr39/#Restriction_Level_Detection
    """
    return any(len(_alphabets(word)) > 1 or unicodedata.normalize("NFKC", word) != word for word in _words(value))


def _words(value: str) -> list[str]:
    """Letters side by side; digits, points and dashes part words, so that a name from two countries is no mixture."""
    seen = unicodedata.normalize("NFC", value)
    return "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in seen).split()


def _alphabets(word: str) -> set[str]:
    first = {unicodedata.name(c, "").partition(" ")[0] for c in word}
    return first & set(_ALPHABETS)


def _unsigned(value: str) -> str:
    return "".join(SIGN if _sign(c) else c for c in value)


def _sign(char: str) -> bool:
    return char in _ALIKE or (unicodedata.category(char) in _SIGNS and char not in _USUAL)


@cache
def _texts(language: str) -> Mapping[str, str]:
    return {key: value for key, value in _entries(language) if isinstance(value, str)}


@cache
def _lists(language: str) -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(value) for key, value in _entries(language) if isinstance(value, list)}


@cache
def _names(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _entries(language: str) -> Iterator[tuple[str, Any]]:
    """Yield what every file of a language says; each kind has its own."""
    for file in sorted((FOLDER / language).glob("*.toml")):
        yield from _flat(tomllib.loads(file.read_text("utf-8")), "")


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Walk nested tables; a key is its path with dots, and an empty name stands for the table itself."""
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix and name else prefix or name
        if isinstance(value, dict):
            yield from _flat(value, key)
        else:
            yield key, value
