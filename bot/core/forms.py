"""Forms: what a person reads and fills in before they ask; of what they typed, what is unknown is dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from bot.core.model import Refusal
from bot.core.reasons import Reason

SHORT: Final = 64  # letters of a choice: longer ones, on a card with all the others, would make it too large


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a form: what is stored, and its key in the text catalogue or its plain title."""

    value: str
    title: str

    @property
    def tag(self) -> str:
        """What a card says for it: itself, or where that is long, something short that is its own."""
        if len(self.value) <= SHORT:
            return self.value
        return blake2b(self.value.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a kind's form. With `choices` it is a list; `pattern` is a full-match regular expression.

    `example` is something it takes, to show what it should look like. With `rows` each choice is a button beside the
    line that tells of it, and whatever else is asked comes once one is chosen.
    """

    name: str
    required: bool = False
    choices: tuple[Choice, ...] = ()
    default: str = ""
    required_if: tuple[str, str] | None = None  # another field and the value of it that makes this one required
    pattern: str = ""
    example: str = ""
    longest: int = 200
    multiline: bool = False
    rows: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: its key in the catalogue and what goes into it.

    `icon` and `tone` (a card's colour) tell at a glance what it says; `below` is what belongs to it, `choice` the
    value that a button beside it chooses, where a field of the sheet has rows.
    """

    key: str
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    icon: str = ""
    tone: str = "Default"
    below: Line | None = None
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a person reads and fills in before they ask; `closed`: there is something to read, nothing to ask for.

    `disowns` asks which of what they read is not theirs: they may say so without asking for anything. `removes`: what
    is asked for takes something away, and its button says so by its colour.
    """

    fields: tuple[Field, ...] = ()
    lines: tuple[Line, ...] = ()
    closed: bool = False
    disowns: Field | None = None
    removes: bool = False

    @property
    def rows(self) -> Field | None:
        """Return the field that is chosen by a button beside a line, if there is one."""
        return next((field for field in self.fields if field.rows), None)

    def chosen(self, values: Mapping[str, str]) -> Choice | None:
        """Return what was chosen beside a line, as long as it is one of what there is."""
        field = self.rows
        given = {choice.value: choice for choice in field.choices} if field is not None else {}
        return given.get(values.get(field.name, "")) if field is not None else None


# What whoever says no, or lifts a lock, writes to it: as much as their card takes.
WHY: Final = Field("reason", required=True, longest=500, multiline=True)


class Fault(StrEnum):
    """What can be wrong with one answer: keys of the text catalogue."""

    REQUIRED = "form.required"
    CHOICE = "form.choice"
    PATTERN = "form.pattern"
    TOO_LONG = "form.too_long"


def clean(fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, str]:
    """Return the answers to `fields` alone, printable and trimmed; one not sent at all gets the field's default.

    What a pattern wants in capitals, or without spaces, is written that way; a choice goes by its tag.
    """
    given = ((field, _printable(field, values.get(field.name, field.default))) for field in fields)
    return {field.name: _named(field, _fitting(field, value)) for field, value in given}


def check(fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with cleaned `values`: a `Fault` by the field's name, nothing when all is well."""
    faults = {field.name: _fault(field, values) for field in fields}
    return {name: fault for name, fault in faults.items() if fault is not None}


def objection(reason: str, missing: Reason) -> Refusal | None:
    """Say what is wrong with the reason somebody wrote to a no or a lift; `missing` is what is said without one."""
    match check((WHY,), clean((WHY,), {WHY.name: reason})).get(WHY.name):
        case None:
            return None
        case Fault.REQUIRED:
            return Refusal(missing)
        case _:
            return Refusal(Reason.REASON_TOO_LONG, MappingProxyType({"most": str(WHY.longest)}))


def _fault(field: Field, values: Mapping[str, str]) -> Fault | None:
    value = values.get(field.name, "")
    if not value:
        return Fault.REQUIRED if _required(field, values) else None
    if len(value) > field.longest:
        return Fault.TOO_LONG
    if field.choices and value not in {choice.value for choice in field.choices}:
        return Fault.CHOICE
    if field.pattern and re.fullmatch(field.pattern, value) is None:
        return Fault.PATTERN
    return None


def _required(field: Field, values: Mapping[str, str]) -> bool:
    if field.required_if is None:
        return field.required
    other, wanted = field.required_if
    return field.required or values.get(other, "") == wanted


def _printable(field: Field, value: str) -> str:
    """Without control characters and half surrogates: a text column takes neither, and nobody means them."""
    lines = value if field.multiline else " ".join(value.splitlines())
    kept = (c for c in lines if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(kept).strip()


def _fitting(field: Field, value: str) -> str:
    """Return `value` as the field's pattern takes it: as typed, in other letters, or joined; else as typed."""
    if not field.pattern or len(value) > field.longest:
        return value
    joined = "".join(value.split())
    tried = (value, value.upper(), value.lower(), joined, joined.upper(), joined.lower())
    return next((one for one in tried if re.fullmatch(field.pattern, one)), value)


def _named(field: Field, value: str) -> str:
    """Return the choice that a card has such a tag for; what is there no more goes by none."""
    return next((choice.value for choice in field.choices if choice.tag == value), value)


def reason(said: str) -> Mapping[str, str]:
    """Return what somebody gave as their reason, as forms ask for one that is not in their list."""
    parts = [part.strip(" .;-") for part in re.split(r"[,;]", said)]
    return {"reason": "other", "text": ", ".join(filter(None, parts))}
