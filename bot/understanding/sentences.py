"""Sentences: what was written as clauses of plain words, and what in it somebody else has said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

LONGEST: Final = 2000  # characters that are read
MOST: Final = 150  # words that are read

_WORD: Final = re.compile(r"\w+")
_APART: Final = re.compile(r"\d[.:,]\d|([.!?;:,\n]|\s[-\u2013\u2014]+\s|[()\[\]\u2026])")
_ADDRESS: Final = re.compile(r"(?<!\S)[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_MENTION: Final = re.compile(r"(?<!\S)@(?=\w)")
_QUOTED: Final = re.compile(
    r"\"[^\"\n]{1,600}\"|\u201c[^\u201c\u201d\n]{1,600}\u201d|\u201e[^\u201c\u201d\n]{1,600}[\u201c\u201d]"
    r"|\u00ab[^\u00ab\u00bb\n]{1,600}\u00bb|\u00bb[^\u00ab\u00bb\n]{1,600}\u00ab"
)
_CITED: Final = re.compile(r"(?m)^[ \t]*>[^\n]*$")
_UMLAUTS: Final = re.compile(r"[\u00e4\u00f6\u00fc\u00df\u00c4\u00d6\u00dc]")
SOMEBODY: Final = "@"  # stands for a person who is named by a mention or an address


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a sentence. `asks`: its sentence ends with a question mark. `tells`: what follows it is told by it."""

    words: tuple[str, ...]
    asks: bool = False
    tells: bool = False
    ends: bool = False  # and the sentence with it


@dataclass(frozen=True, slots=True)
class Sentences:
    """What was written; `outside` are its clauses without what stands in quotation marks, where something does."""

    clauses: tuple[Clause, ...]
    outside: tuple[Clause, ...] | None = None
    umlauts: bool = False


def read(text: str) -> Sentences:
    """Return what `text` says. Lines that cite somebody (`> …`) are not among it, unless there is nothing else."""
    shown = text[:LONGEST]
    own = _CITED.sub(" ", shown)
    shown = own if own.strip() else ""
    outside = _QUOTED.sub(" \u2026 ", shown)
    without = _clauses(outside) if outside != shown and _WORD.search(outside) else None
    return Sentences(_clauses(shown), without, _UMLAUTS.search(shown) is not None)


def joined(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Return each two clauses that follow one another as one: what is meant may stand in both."""
    return tuple(Clause(one.words + other.words, other.asks, ends=other.ends) for one, other in pairwise(clauses))


def plain(text: str) -> str:
    """Return `text` for comparing: lower case, without accents; umlauts as they are typed without them."""
    folded = text.replace("\u2019", "'").casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    letters = folded.replace("'", "").replace("\u00b4", "").replace("`", "")
    letters = letters.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return " ".join(_WORD.findall(letters))


def as_written(text: str, name: str) -> str:
    """Return a name as `text` has it, where it stands there: a directory may know it by its umlauts alone."""
    words, size = text[:LONGEST].split(), len(name.split())
    runs = (words[place : place + size] for place in range(len(words)))
    return next((" ".join(run).strip("@,:;.!?") for run in runs if name and plain(" ".join(run)) == name), name)


def _clauses(text: str) -> tuple[Clause, ...]:
    named = _MENTION.sub(f" {SOMEBODY} ", _ADDRESS.sub(f" {SOMEBODY} ", text))
    return tuple(_told(list(_pieces(named))))


def _pieces(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words of each piece, and the sign it ends with."""
    left, start = MOST, 0
    for found in _APART.finditer(text):
        if found[1] is None:  # a number
            continue
        words = _words(text[start : found.start()])[:left]
        left, start = left - len(words), found.end()
        yield words, found[1].strip()
    yield _words(text[start:])[:left], ""


def _words(text: str) -> tuple[str, ...]:
    parts = text.split(SOMEBODY)
    words = plain(parts[0]).split()
    for part in parts[1:]:
        words += [SOMEBODY, *plain(part).split()]
    return tuple(words)


def _told(pieces: list[tuple[tuple[str, ...], str]]) -> Iterator[Clause]:
    asks = False
    found = []
    for words, sign in reversed(pieces):  # a question mark is of all its sentence
        ends = sign in {".", "!", "?", "\n", ""}
        asks = sign == "?" if ends else asks
        if words or sign == "?":
            found.append(Clause(words, asks=asks, tells=sign == ":", ends=ends))
    return reversed(found)
