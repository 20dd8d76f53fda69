"""Rules: what the kinds and the doors say people mean by them, and which of it a clause says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.understanding.ideas import FOR, OWN, PLEASE, STRUCTURE, WANT
from bot.understanding.lexicon import Lexicon, Run
from bot.understanding.marks import Mark, Marked
from bot.understanding.sentences import plain

LONGEST: Final = 8  # words of a phrase
THANKED, GREETED = 3, 2  # words beside thanks, or after a greeting: whom, and what for
NAMED: Final = 4  # words after what one asks to see of somebody: whose
SHORT: Final = 3  # words: of so short a clause one idea says enough


class Door(StrEnum):
    """Where words may lead besides the kinds."""

    STATUS = "status"
    CANCEL = "cancel"
    HELP = "help"
    HOME = "home"
    HUMAN = "human"
    CALLER = "caller"
    DOUBT = "doubt"
    THREAT = "threat"
    LOCK = "lock"
    QUEUE = "queue"
    HISTORY = "history"
    PROOF = "proof"
    THANKS = "thanks"
    NONE = "none"


POLITE: Final = (Door.HELP, Door.THANKS, Door.HOME)  # said beside something else, they mean little
FOR_SOME: Final = (Door.QUEUE, Door.HISTORY, Door.PROOF)  # only some may see what is behind it
DESK: Final = (Door.STATUS, Door.CANCEL, Door.HUMAN, Door.CALLER, Door.DOUBT, Door.THREAT, Door.LOCK, *FOR_SOME)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind or a door says of itself: phrases word for word, and ideas that mean it together; `!` is without."""

    phrases: Sequence[str]
    ideas: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Combination:
    """Ideas that lead to a door where all of them are in one clause, and none that speaks against it."""

    door: str
    ideas: frozenset[str]
    without: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    phrases: Mapping[Run, frozenset[str]]
    combinations: Sequence[Combination]
    by: Mapping[str, Sequence[Combination]]  # the idea of each that the fewest others have


@dataclass(frozen=True, slots=True)
class Reading:
    """A door that a clause may mean; `marks` are what says so, and `sure` that it is more than a word in passing."""

    door: str
    score: float
    marks: tuple[Mark, ...]
    sure: bool
    why: str


def build(meanings: Mapping[str, Meaning], lexicon: Lexicon) -> Rules:
    """Return the rules of all doors. Raises `ValueError` for what nobody says, or has words for."""
    phrases: dict[Run, frozenset[str]] = {}
    for door, meaning in meanings.items():
        for phrase in meaning.phrases:
            run = lexicon.same(phrase)
            if any(lexicon.speaks(word) for word in plain(phrase).split()):
                run = tuple(word for word in run if word not in lexicon.fillers)
            if len(run) > LONGEST:
                raise ValueError(f"nobody says {phrase!r}")
            phrases[run] = phrases.get(run, frozenset()) | {door}
    combinations = [_combination(door, said) for door, meaning in meanings.items() for said in meaning.ideas]
    unheard = {idea for one in combinations for idea in one.ideas | one.without} - lexicon.ideas
    if unheard:
        raise ValueError(f"no words are listed for {', '.join(sorted(unheard))}")
    return Rules(phrases, combinations, _by_rarest(combinations))


def _by_rarest(combinations: Sequence[Combination]) -> Mapping[str, Sequence[Combination]]:
    common = Counter(idea for one in combinations for idea in one.ideas)
    by: dict[str, list[Combination]] = {}
    for one in combinations:
        by.setdefault(min(sorted(one.ideas), key=lambda idea: common[idea]), []).append(one)
    return by


def _combination(door: str, said: str) -> Combination:
    names = said.split()
    without = frozenset(name[1:] for name in names if name.startswith("!"))
    return Combination(door, frozenset(name for name in names if not name.startswith("!")), without)


def readings(clause: Marked, rules: Rules) -> Iterator[Reading]:
    """Yield every door that a clause may mean."""
    yield from _phrases(clause, rules)
    ideas = clause.ideas
    for one in (one for idea in ideas for one in rules.by.get(idea, ())):
        if one.ideas <= ideas and not one.without & ideas:
            marks = tuple(mark for mark in clause.marks if mark.idea in one.ideas)
            told = ", ".join(f"{idea} ({_words(clause, marks, idea)})" for idea in sorted(one.ideas))
            yield Reading(one.door, len(one.ideas), marks, len(one.ideas) > 1 or _plain(clause, marks), told)


def near(clause: Marked, rules: Rules) -> Iterator[tuple[int, str]]:
    """Yield doors of which a clause says something, and how many of their ideas."""
    for one in rules.combinations:
        common = one.ideas & clause.ideas
        if common - {FOR}:  # of which everybody says something
            yield len(common) - len(one.ideas), one.door


def _phrases(clause: Marked, rules: Rules) -> Iterator[Reading]:
    whole = (clause.same, range(len(clause.same)))
    for words, places in dict.fromkeys(((clause.kept, clause.places), whole)):
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                doors = rules.phrases.get(words[start:end], frozenset())
                for door in doors if len(doors) == 1 else ():  # what two claim is not guessed
                    mark = Mark("", places[start], places[end - 1] + 1)
                    sure = _alone(door, start, end - start, len(words)) or _tells(clause, mark, end - start)
                    said = " ".join(clause.clause.words[mark.start : mark.end])
                    yield Reading(door, end - start + 0.5, (mark,), sure, f"said “{said}”")


def _alone(door: str, start: int, size: int, whole: int) -> bool:
    """Say whether a phrase is all that is said; thanks, greetings and looks may be followed by a name."""
    match door:
        case Door.THANKS:
            return whole - size <= THANKED
        case Door.HELP:
            return whole - size <= GREETED
        case Door.HOME:
            return start == 0 and whole - size <= GREETED
        case Door.HISTORY | Door.PROOF:
            return start == 0 and whole - size <= NAMED
        case _:
            return size == whole


def _tells(clause: Marked, phrase: Mark, size: int) -> bool:
    return _spoken(clause, phrase) and (size > 1 or _plain(clause, (phrase,)))


def _spoken(clause: Marked, phrase: Mark) -> bool:
    """Say whether there is more in a phrase than the small words every sentence has."""
    return any(
        mark.idea not in STRUCTURE and phrase.start <= mark.start and mark.end <= phrase.end for mark in clause.marks
    )


def _plain(clause: Marked, marks: Iterable[Mark]) -> bool:
    """Say whether a single idea is what a clause is about: it is short, or asks for it, or calls it mine."""
    if len(clause.kept) <= SHORT and clause.unknown <= 1:
        return True
    if clause.has(WANT, PLEASE):
        return True
    return any(0 <= mark.start - own.end <= 1 for mark in marks for own in clause.of(OWN))


def _words(clause: Marked, marks: Iterable[Mark], idea: str) -> str:
    return " ".join(" ".join(clause.clause.words[m.start : m.end]) for m in marks if m.idea == idea)
