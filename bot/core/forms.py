"""What was typed into a form, held against its fields: what is unknown is dropped, what is wrong is told by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

from bot.core.model import Field


class Fault(StrEnum):
    """What can be wrong with one answer: keys of the text catalogue."""

    REQUIRED = "form.required"
    CHOICE = "form.choice"
    PATTERN = "form.pattern"
    TOO_LONG = "form.too_long"


def clean(fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, str]:
    """Return the answers to `fields` alone, printable and trimmed; one not sent at all gets the field's default."""
    return {field.name: _printable(field, values.get(field.name, field.default)) for field in fields}


def check(fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with cleaned `values`: a `Fault` by the field's name, nothing when all is well."""
    faults = {field.name: _fault(field, values) for field in fields}
    return {name: fault for name, fault in faults.items() if fault is not None}


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


def reason(said: str) -> Mapping[str, str]:
    """Return what somebody gave as their reason, as forms ask for one that is not in their list."""
    parts = [part.strip(" .;-") for part in re.split(r"[,;]", said)]
    return {"reason": "other", "text": ", ".join(filter(None, parts))}
