"""Marks: what a clause speaks of, and where; what is denied in it, and whose it is, is settled here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.understanding.ideas import (
    ABLE,
    ASKING,
    AUX,
    DEFINE,
    FILLER,
    FOR,
    NAMED,
    NO,
    NOT,
    OTHER,
    OWN,
    SAYS,
    STRUCTURE,
    UNABLE,
    WANT,
)
from bot.understanding.lexicon import REACH, Known, Lexicon, Run
from bot.understanding.sentences import SOMEBODY, Clause

NEAR: Final = 3  # words between "for" and whom it is for
WINDOW: Final = 4  # words between a "not" and what it denies
LONGEST_NAME: Final = 4  # words
GUESSES: Final = 40  # words of a message that may be misspelt: a long one is a story
UNKNOWN: Final = Known("", {})


@dataclass(frozen=True, slots=True)
class Mark:
    """An idea, and the words from `start` up to `end` that stand for it."""

    idea: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A clause with all its marks.

    `same` are its words as phrases are looked up, `kept` those without fillers, and `places` where they stand.
    `denials` are the places of each "not" that denies what is asked for.
    """

    clause: Clause
    same: Run
    kept: Run
    places: tuple[int, ...]
    marks: tuple[Mark, ...]
    unknown: int = 0
    denials: tuple[int, ...] = ()

    def has(self, *ideas: str) -> bool:
        return any(mark.idea in ideas for mark in self.marks)

    def of(self, *ideas: str) -> list[Mark]:
        return [mark for mark in self.marks if mark.idea in ideas]

    @property
    def ideas(self) -> frozenset[str]:
        return frozenset(mark.idea for mark in self.marks)


def looked_up(clauses: Iterable[Clause], lexicon: Lexicon) -> list[list[Known]]:
    """Return what is known of each word of each clause."""
    left = GUESSES
    found = []
    for clause in clauses:
        row = []
        for word in clause.words:
            entry = lexicon.find(word, guess=left > 0)
            left -= entry is None or word not in lexicon.words
            row.append(entry or UNKNOWN)
        found.append(row)
    return found


def tongue(rows: Iterable[Iterable[Known]], languages: Iterable[str], *, umlauts: bool) -> str:
    """Return the language more of the words are of; "" where that cannot be told.

    Libraries that guess it were tried: they take seconds to load, a hundred megabytes, and "Handy weg" for English.
    """
    votes = dict.fromkeys(languages, 0)
    for row in rows:
        for entry in row:
            only = next(iter(entry.ideas)) if len(entry.ideas) == 1 and not entry.guessed else ""
            if only in votes:
                votes[only] += 1
    if umlauts and "de" in votes:
        votes["de"] += 1
    first, *others = sorted(votes.values(), reverse=True)
    best = max(votes, key=lambda language: votes[language])
    return best if first > sum(others) else ""


def marked(clause: Clause, row: Sequence[Known], lexicon: Lexicon, language: str) -> Marked:
    """Return a clause with what it speaks of."""
    ideas = [entry.within(language) if entry.ideas else frozenset[str]() for entry in row]
    same = tuple(entry.same or word for entry, word in zip(row, clause.words, strict=True))
    unknown = [not entry.ideas and not entry.same for entry in row]
    runs = list(_runs(same, lexicon, language))
    covered = {place for run in runs if run.idea not in {WANT, DEFINE} for place in range(run.start, run.end)}
    single = [Mark(idea, i, i + 1) for i, names in enumerate(ideas) if i not in covered for idea in names]
    single = [mark for mark in single if mark.idea != ASKING or mark.start == 0]
    by_name = list(_called(clause, unknown, ideas))
    marks = [*runs, *_gapped(same, lexicon), *single, *_named(clause.words, unknown, ideas), *by_name]
    marks, denials = _denials(marks)
    places = tuple(place for place, names in enumerate(ideas) if FILLER not in names)
    marks.sort(key=lambda mark: (mark.start, mark.end, mark.idea))
    return Marked(clause, same, tuple(same[place] for place in places), places, tuple(marks), sum(unknown), denials)


def _runs(same: Run, lexicon: Lexicon, language: str) -> Iterator[Mark]:
    """Yield ideas of several words side by side: the longest at each place."""
    place = 0
    while place < len(same):
        size, ideas = _longest(same, place, lexicon, language)
        yield from (Mark(idea, place, place + size) for idea in ideas)
        place += max(size, 1)


def _gapped(same: Run, lexicon: Lexicon) -> Iterator[Mark]:
    """Yield ideas of words with others between them: melde mich bitte ab."""
    for place, word in enumerate(same):
        for start, end, idea in lexicon.gaps.get(word, ()):
            if same[place : place + len(start)] == start:
                after = place + len(start)
                for gap in range(after + 1, min(after + REACH + 1, len(same))):
                    if same[gap : gap + len(end)] == end:
                        yield Mark(idea, place, after)
                        yield Mark(idea, gap, gap + len(end))
                        break


def _longest(same: Run, place: int, lexicon: Lexicon, language: str) -> tuple[int, frozenset[str]]:
    for size in range(min(6, len(same) - place), 1, -1):
        found = lexicon.runs.get(same[place : place + size])
        if found:
            return size, found[language] if language in found else frozenset().union(*found.values())
    return 0, frozenset()


def _named(words: Run, unknown: Sequence[bool], ideas: Sequence[frozenset[str]]) -> Iterator[Mark]:
    """Yield who is spoken of by name: a mention, or a word nobody knows before what somebody does or says."""
    for place, word in enumerate(words):
        after = ideas[place + 1] if place + 1 < len(words) else frozenset()
        owner = word.endswith("s") and bool(after - STRUCTURE)  # Sarah's account, Peters Passwort
        if word == SOMEBODY or (unknown[place] and (AUX in after or SAYS in after or owner)):
            yield Mark(OTHER, place, place + 1)


def _called(clause: Clause, unknown: Sequence[bool], ideas: Sequence[frozenset[str]]) -> Iterator[Mark]:
    """Yield who something is for, by name: two words nobody knows, or whatever stands there alone before a colon."""
    for place in (place for place, names in enumerate(ideas[:-1]) if FOR in names):
        mentioned = clause.words[place + 1] == SOMEBODY
        end = first = place + 1 + mentioned
        while end < len(unknown) and unknown[end] and end - place <= LONGEST_NAME:
            end += 1
        whole = place == 0 and clause.tells and len(unknown) - first <= LONGEST_NAME
        if whole and (mentioned or any(unknown[first:])):
            end = len(unknown)  # also where a part of the name is a word, as in Greta Groß
        alone = place == 0 and end == len(unknown) and clause.tells and end > first
        if alone or end > first + (not mentioned):
            yield from (Mark(idea, first, end) for idea in (OTHER, NAMED))


def _denials(marks: list[Mark]) -> tuple[list[Mark], tuple[int, ...]]:
    """Settle each "not": of something that does not work it makes a problem, of anything else a no."""
    denials = []
    for no in [mark for mark in marks if mark.idea in {NOT, NO}]:
        if any(m.idea not in {NOT, NO, ABLE, AUX, OWN, FILLER, WANT} and m.start <= no.start < m.end for m in marks):
            continue  # it belongs to something said with it
        marks.remove(no)
        if _cannot(no, marks):
            marks.append(Mark(UNABLE, no.start, no.end))
        else:
            denials.append(no.start)
    return marks, tuple(denials)


def _cannot(no: Mark, marks: list[Mark]) -> bool:
    """Say whether what is denied is that something can be done or had."""
    able = _nearest(no, marks, {ABLE})
    want = _nearest(no, marks, {WANT})
    if no.idea == NO:
        return want > WINDOW and any(m.start >= no.end and m.idea not in STRUCTURE for m in marks)
    first = all(m.idea in {FILLER, NOT, ABLE} for m in marks if m.start < no.start)
    asked = first and not any(m.idea == OWN and m.start < no.start for m in marks)
    if asked and not any(m.idea == ABLE and abs(m.start - no.end) <= 1 for m in marks):
        return False  # do not …: nobody is said to be unable
    return able <= WINDOW and able <= want


def _nearest(no: Mark, marks: Iterable[Mark], ideas: set[str]) -> int:
    gaps = [no.start - m.end if m.end <= no.start else m.start - no.end for m in marks if m.idea in ideas]
    return min((gap for gap in gaps if gap >= 0), default=WINDOW + 1)


def whose(clause: Marked, places: Iterable[Mark]) -> bool:
    """Say whether what stands at `places` is somebody else's: by who is named last before it, and for whom it is."""
    marks = list(places)
    own, other = clause.of(OWN), clause.of(OTHER)
    taken = {place for mark in marks for place in range(mark.start, mark.end)}
    other = [mark for mark in other if mark.start not in taken]
    if not other:
        return False
    own = [mark for mark in own if not any(_beside(mark, one) for one in other)]  # my colleague is not me
    if any(0 <= one.start - mark.end < NEAR for one in other for mark in clause.of(FOR)):
        return True
    last = max((mark.start for mark in marks), default=0)
    before = [mark for mark in (*own, *other) if mark.start < last]
    if not before:
        return not own
    nearest = max(before, key=lambda mark: mark.start)
    return nearest.idea == OTHER and not any(mark.start > nearest.start for mark in own)


def _beside(own: Mark, other: Mark) -> bool:
    return 0 <= other.start - own.end <= 1 and own.end <= other.start
