"""Lexicon: which ideas a word stands for, however it is inflected, joined or misspelt; built once, then only read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.ideas import COMMON, FILLER, STRUCTURE
from bot.understanding.sentences import plain

Words = Mapping[str, Mapping[str, Sequence[str]]]  # of each language, its ideas with what people say for them
Run = tuple[str, ...]

STEMMERS: Final[Mapping[str, str]] = {"en": "english", "de": "german"}
JOINS: Final[Mapping[str, tuple[str, ...]]] = {"en": ("",), "de": ("", "s", "n", "en", "es")}  # between parts of a word
GAP: Final = "…"
REACH: Final = 5  # words that a gap may hold
SHORTEST: Final = 4  # letters of a word that may be misspelt
LONGEST: Final = 40  # letters of a word
DRAWN: Final = re.compile(r"(\w)\1{2,}")
LONG: Final = 9  # letters from which two may be wrong
PART: Final = 3  # letters of a part of a joined word
TAIL: Final = 5  # letters of a last part whose first is not known: Firmenhandy


@dataclass(frozen=True, slots=True)
class Known:
    """A word: what counts as the same, and its ideas in each language that has it."""

    same: str
    ideas: Mapping[str, frozenset[str]]
    guessed: bool = False

    def speaks(self) -> bool:
        return any(names - STRUCTURE for names in self.ideas.values())

    def within(self, language: str) -> frozenset[str]:
        """Return its ideas in a language, or in all of them where that has no such word."""
        return self.ideas[language] if language in self.ideas else frozenset().union(*self.ideas.values())


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`runs` and `gaps` are ideas of several words: side by side, or with others between two."""

    words: dict[str, Known] = field(default_factory=dict)
    stems: dict[str, dict[str, Known]] = field(default_factory=dict)
    near: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    runs: dict[Run, dict[str, frozenset[str]]] = field(default_factory=dict)
    gaps: dict[str, list[tuple[Run, Run, str]]] = field(default_factory=dict)
    stemmers: Mapping[str, Stemmer.Stemmer] = field(default_factory=dict)
    ideas: set[str] = field(default_factory=set)
    fillers: set[str] = field(default_factory=set)

    def find(self, word: str, *, guess: bool = True) -> Known | None:
        """Return what is known of a word; `guess`: as it is joined or misspelt, too."""
        found = self.words.get(word) or (self._inflected(word) if len(word) <= LONGEST else None)
        if found is None and guess and SHORTEST <= len(word) <= LONGEST and not word.isdigit():
            found = self._drawn_out(word) or self._joined(word) or self._misspelt(word)
            return replace(found, guessed=True) if found is not None else None
        return found

    def same(self, phrase: str) -> Run:
        """Return a phrase as `runs` are looked up."""
        entries = [self.words.get(word) or self._inflected(word) for word in plain(phrase).split()]
        return tuple(e.same if e else w for e, w in zip(entries, plain(phrase).split(), strict=True))

    def speaks(self, word: str) -> bool:
        """Say whether a word stands for more than how a sentence is built."""
        found = self.words.get(word)
        return found is not None and found.speaks()

    def _inflected(self, word: str) -> Known | None:
        for language, stemmer in self.stemmers.items():
            found = self.stems[language].get(stemmer.stemWord(word))
            if found is not None:
                return found
        return None

    def _drawn_out(self, word: str) -> Known | None:
        """Know heyyy for hey, and pleeease for please."""
        short, pair = DRAWN.sub(r"\1", word), DRAWN.sub(r"\1\1", word)
        return (self.words.get(short) or self.words.get(pair)) if short != word else None

    def _joined(self, word: str) -> Known | None:
        """Take a word apart: Handyverlust, passwordreset; or know it by its last part, Firmenhandy."""
        for cut in range(len(word) - PART, PART - 1, -1):
            head = self.words.get(word[:cut]) or (self._inflected(word[:cut]) if cut >= TAIL else None)
            tail = self._tail(word[cut:]) if head is not None and head.speaks() else None
            if head is not None and tail is not None:
                return Known(word, _merged(head.ideas, tail.ideas))
        for cut in range(PART, len(word) - TAIL + 1):
            last = self.words.get(word[cut:])
            if last is not None and last.speaks() and "en" not in last.ideas:
                return Known(word, last.ideas)
        return None

    def _tail(self, rest: str) -> Known | None:
        for language, joins in JOINS.items():
            for join in joins:
                end = rest.removeprefix(join) if rest.startswith(join) else ""
                found = self.words.get(end) or self._inflected(end) if len(end) >= PART else None
                if found is not None and found.ideas.get(language) and found.speaks():
                    return found
        return None

    def _misspelt(self, word: str) -> Known | None:
        wrong = 2 if len(word) >= LONG else 1
        starts = {word[0], word[1]}  # two letters are swapped also at the beginning
        sizes = range(len(word) - wrong, len(word) + wrong + 1)
        like = [one for start in starts for size in sizes for one in self.near.get((start, size), ())]
        found = process.extractOne(word, like, scorer=OSA.distance, score_cutoff=wrong)
        if found is None or (found[0][0] != word[0] and sorted(found[0][:2]) != sorted(word[:2])):
            return None
        return self.words[found[0]]


def build(words: Words, phrases: Iterable[str]) -> Lexicon:
    """Return the lexicon of all languages. The words of `phrases` are known by it too, so that they may be misspelt."""
    lexicon = Lexicon(stemmers={language: Stemmer.Stemmer(STEMMERS[language]) for language in words})
    said: dict[str, dict[str, set[str]]] = {}
    for language, idea, entry in _entries(words):
        for word in plain(entry.replace(GAP, " ")).split():
            known = said.setdefault(word, {}).setdefault(language, set())
            known |= {idea} if " " not in plain(entry) and idea != COMMON else set()
    for word in (word for phrase in phrases for word in plain(phrase).split()):
        said.setdefault(word, {})
    for word, ideas in said.items():
        _learn(lexicon, word, ideas)
    for language, idea, entry in _entries(words):
        _join(lexicon, language, idea, entry)
        lexicon.ideas.add(idea)
    return lexicon


def _entries(words: Words) -> Iterator[tuple[str, str, str]]:
    return ((lang, idea, entry) for lang, ideas in words.items() for idea, said in ideas.items() for entry in said)


def _learn(lexicon: Lexicon, word: str, ideas: Mapping[str, set[str]]) -> None:
    first = next(iter(ideas), next(iter(lexicon.stemmers)))
    same = lexicon.stemmers[first].stemWord(word)
    known = Known(same, {language: frozenset(names) for language, names in ideas.items()})
    lexicon.words[word] = known
    if any(FILLER in names for names in ideas.values()):
        lexicon.fillers.add(same)
    for language in ideas or lexicon.stemmers:
        stems = lexicon.stems.setdefault(language, {})
        stem = lexicon.stemmers[language].stemWord(word)
        if any(ideas.values()) and not word.isdigit():
            stems.setdefault(stem, known)
    if len(word) >= SHORTEST:
        lexicon.near.setdefault((word[0], len(word)), []).append(word)


def _join(lexicon: Lexicon, language: str, idea: str, entry: str) -> None:
    first, gap, last = entry.partition(GAP)
    start, end = lexicon.same(first), lexicon.same(last)
    if gap:
        lexicon.gaps.setdefault(start[0], []).append((start, end, idea))
    elif len(start) > 1:
        ideas = lexicon.runs.setdefault(start, {})
        ideas[language] = ideas.get(language, frozenset()) | {idea}


def _merged(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return the ideas of both parts, in the languages that have both; in any, where none has."""
    both = {language: one[language] | other[language] for language in one if one[language] and other.get(language)}
    return both or {"": frozenset().union(*one.values(), *other.values())}
