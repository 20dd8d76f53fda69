"""Understanding: which door a message leads to, and why; it opens none, and nothing of a message is kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.understanding import ideas, lexicon, rules
from bot.understanding.lexicon import Known
from bot.understanding.marks import Mark, Marked, looked_up, marked, tongue, whose
from bot.understanding.rules import DESK, FOR_SOME, POLITE, Door, Meaning, Reading
from bot.understanding.sentences import Clause, Sentences, as_written, joined, read

MACHINE: Final = ("{", "[", "<")  # how data and markup begin, and nobody's speech
LIKELY: Final = 3  # kinds that are offered instead of what was not understood
_REASON: Final = re.compile(
    r"\s*(?::\s|\s[-\u2013\u2014]\s|,?\s+(?:because|weil)\s|,\s+(?:since|da)\s)\s*", re.IGNORECASE
)


class How(StrEnum):
    """How something was said."""

    PLAINLY = "plainly"
    NOT_WANTED = "not wanted"
    OF_OTHERS = "about somebody else"
    ASKED = "a question about it"
    UNCLEAR = "not clear"
    BY_MACHINE = "no speech"


@dataclass(frozen=True, slots=True)
class Understood:
    """A kind or a `Door`; `language` is the sentence's where it can be told, `said` why somebody asks, in their words.

    `about` is the kind of what is somebody else's, and `named` who that is, where their name is written out.
    `likely` are kinds that come near where the door is none; `instead` is what it comes to for whom a door is not for.
    """

    door: str
    why: str
    how: How = How.PLAINLY
    language: str = ""
    said: str = ""
    likely: tuple[str, ...] = ()
    instead: Understood | None = None
    about: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A reading and how it was said; `place` is its clause."""

    reading: Reading
    how: How
    place: int


@dataclass(frozen=True, slots=True)
class Understanding:
    lexicon: lexicon.Lexicon
    rules: rules.Rules
    kinds: tuple[str, ...]
    locks: frozenset[str] = frozenset()  # kinds that the helpdesk carries out for others

    def of(self, text: str, language: str = "") -> Understood:
        """Return where `text` leads. `language` is its writer's, for where the text does not tell."""
        if text.lstrip().startswith(MACHINE):
            return Understood(Door.NONE, "it begins like data", How.BY_MACHINE)
        found = self._of(text, language)
        parts = _REASON.split(text, maxsplit=1)
        if len(parts) > 1 and found.door in self.kinds and parts[1].strip():
            first = self._of(parts[0], language)
            if first.door in self.kinds:
                return replace(first, said=" ".join(parts[1].split()), language=found.language)
        return found

    def _of(self, text: str, language: str) -> Understood:
        said = read(text)
        rows = looked_up(said.clauses, self.lexicon)
        told = tongue(rows, self.lexicon.stemmers, umlauts=said.umlauts)
        spoken = told or language
        # What stands in quotes is somebody's who is named beside it; without one, it may be what a screen says.
        clauses = self._marked(said.outside or (), spoken)
        if not any(clause.has(ideas.OTHER, ideas.DEFINE) for clause in clauses):
            clauses = self._marked(said.clauses, spoken, rows)
        found = self._read(said, clauses, spoken)
        if found.door in FOR_SOME:
            found = replace(found, instead=self._read(said, clauses, spoken, FOR_SOME))
        return replace(found, language=told, named=as_written(text, _name(clauses)) if found.about else "")

    def _read(self, said: Sentences, clauses: Sequence[Marked], spoken: str, but: Collection[Door] = ()) -> Understood:
        """Decide about what was said clause by clause, and as a whole where that is not clear; `but` are no doors."""
        found = self._decided(clauses, but)
        if found.how is How.UNCLEAR and len(clauses) > 1:
            found = self._decided(self._marked(joined(said.clauses), spoken), but, found)
        return found

    def _marked(
        self, clauses: Sequence[Clause], language: str, rows: Sequence[Sequence[Known]] = ()
    ) -> tuple[Marked, ...]:
        known = rows or looked_up(clauses, self.lexicon)
        return tuple(marked(clause, row, self.lexicon, language) for clause, row in zip(clauses, known, strict=True))

    def _decided(
        self, clauses: Sequence[Marked], but: Collection[Door], otherwise: Understood | None = None
    ) -> Understood:
        if not any(clause.clause.words for clause in clauses):
            asked = any(clause.clause.asks for clause in clauses)
            return Understood(Door.HELP if asked else Door.NONE, "nothing but signs", How.UNCLEAR)
        told = [one for one in self._told(clauses) if one.reading.door not in but]
        for how in (How.PLAINLY, How.OF_OTHERS, How.ASKED):
            meant = [one for one in told if one.how is how and one.reading.door not in POLITE]
            if meant and (best := self._best(meant)) is not None:
                return self._as(best, how)
        polite = [one.reading for door in POLITE for one in told if one.reading.door == door]
        no = next((one for one in told if one.how is How.NOT_WANTED), None)
        if no is not None and not any(one.door == Door.THANKS for one in polite):
            return Understood(Door.NONE, f"{How.NOT_WANTED}: {no.reading.door}, {no.reading.why}", How.NOT_WANTED)
        if any(clause.has(ideas.SAYS_NO) for clause in clauses):
            return Understood(Door.NONE, "no, thanks", How.NOT_WANTED)
        if polite:
            return Understood(polite[0].door, polite[0].why)
        unclear = Understood(Door.NONE, "no rule says what it means", How.UNCLEAR, likely=self._likely(clauses))
        return otherwise or unclear

    def _as(self, best: Interpretation, how: How) -> Understood:
        """Say which door a reading leads to: of what is somebody else's, those who lock for others have one."""
        reading = best.reading
        door = reading.door
        match how:
            case How.OF_OTHERS if reading.door not in DESK:
                door = Door.LOCK if reading.door in self.locks else Door.HUMAN
            case How.ASKED if reading.door not in DESK:
                door = Door.HELP
            case _:
                pass
        about = reading.door if door == Door.HUMAN and how is How.OF_OTHERS else ""
        why = reading.why if how is How.PLAINLY else f"{how}: {reading.door}, {reading.why}"
        return Understood(door, why, how, about=about)

    def _told(self, clauses: Sequence[Marked]) -> Iterator[Interpretation]:
        """Yield every reading of every clause, and how it is said there; what is solved later is not wanted."""
        solved = max((i for i, clause in enumerate(clauses) if _solved(clause)), default=-1)
        cited = supposed = False
        for place, clause in enumerate(clauses):
            found = [(reading, _how(reading, clause)) for reading in rules.readings(clause, self.rules)]
            denied = {reading.door for reading, how in found if how is How.NOT_WANTED}
            for reading, said in found:
                if reading.door == Door.LOCK and not _for_others(reading, clause):
                    continue
                how = How.ASKED if supposed and reading.door not in DESK else said
                if reading.door in denied or (place <= solved and reading.door not in DESK):
                    how = How.NOT_WANTED
                if reading.sure or how in {How.NOT_WANTED, How.ASKED}:
                    yield Interpretation(reading, How.OF_OTHERS if cited and how is How.PLAINLY else how, place)
            cited = (cited or _cites(clause)) and not clause.clause.ends
            supposed = (supposed or clause.has(ideas.SUPPOSE)) and not clause.clause.ends

    def _best(self, told: Sequence[Interpretation]) -> Interpretation | None:
        """Return the reading that says most; of several that say as much the first, and of one place the first kind."""
        order = {door: i for i, door in enumerate((*DESK, *self.kinds))}

        def rank(one: Interpretation) -> tuple[float, int, int, int]:
            bonus = 0.75 if one.reading.door in DESK else 0.0
            first = min(mark.start for mark in one.reading.marks)
            return -(one.reading.score + bonus), one.place, first, order[one.reading.door]

        return min(told, key=rank, default=None)

    def _likely(self, clauses: Sequence[Marked]) -> tuple[str, ...]:
        ranked = sorted({(-gap, door) for clause in clauses for gap, door in rules.near(clause, self.rules)})
        return tuple(dict.fromkeys(door for _, door in ranked if door in self.kinds))[:LIKELY]


def understanding(
    words: lexicon.Words, meanings: Mapping[str, Meaning], kinds: Sequence[str], locks: Iterable[str] = ()
) -> Understanding:
    """Return the understanding of what `kinds` and doors mean. Raises `ValueError` where a rule makes no sense."""
    known = lexicon.build(words, [phrase for meaning in meanings.values() for phrase in meaning.phrases])
    return Understanding(known, rules.build(meanings, known), tuple(kinds), frozenset(locks))


def _name(clauses: Iterable[Marked]) -> str:
    """Return who is named by name, behind a word such as "for"."""
    words = (clause.clause.words[mark.start : mark.end] for clause in clauses for mark in clause.of(ideas.NAMED))
    return next((" ".join(name) for name in words), "")


def _for_others(reading: Reading, clause: Marked) -> bool:
    """Say whether what is to be locked is somebody else's, where they are named at all."""
    what = [mark for mark in reading.marks if mark.idea != ideas.OTHER]
    return len(what) == len(reading.marks) or whose(clause, what)


def _how(reading: Reading, clause: Marked) -> How:
    if any(_denies(no, reading.marks, clause) for no in clause.denials):
        return How.NOT_WANTED
    if clause.has(ideas.SUPPOSE) and reading.door not in DESK:
        return How.ASKED
    if reading.door in DESK or reading.door in POLITE:
        return How.PLAINLY
    if whose(clause, reading.marks):
        return How.OF_OTHERS
    return How.ASKED if _only_asks(clause) else How.PLAINLY


def _denies(no: int, said: Sequence[Mark], clause: Marked) -> bool:
    """Say whether a "not" is of what was said: not part of it, nor of something told about it (a key I do not use)."""
    if any(mark.start <= no < mark.end for mark in said):
        return False
    last = max(mark.end for mark in said)
    about = any(last <= own.start < no for own in clause.of(ideas.OWN))
    wants = any(last <= want.start <= no + 2 for want in clause.of(ideas.WANT))
    return not about or wants


def _cites(clause: Marked) -> bool:
    """Say whether what follows is what somebody else says."""
    last = len(clause.clause.words)
    says = any(mark.end == last for mark in clause.of(ideas.SAYS))
    return clause.has(ideas.OTHER) and (clause.clause.tells or says)


def _only_asks(clause: Marked) -> bool:
    """Say whether a clause asks about something, and not for it: nothing in it is the writer's own."""
    about = clause.of(ideas.DEFINE)
    own = [one for one in clause.of(ideas.OWN) if not any(m.start <= one.start < m.end for m in about)]
    if own:
        return False
    wants = [one for one in clause.of(ideas.WANT) if not any(m.start <= one.start < m.end for m in about)]
    if about:
        return not wants
    begins = any(mark.start == 0 for mark in clause.of(ideas.ASKING))
    return clause.clause.asks and begins and not wants and not clause.has(ideas.HOW, ideas.UNABLE)


def _solved(clause: Marked) -> bool:
    found = clause.of(ideas.SOLVED)
    return bool(found) and not clause.denials and not clause.has(ideas.WANT, ideas.UNABLE)
