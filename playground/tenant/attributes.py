"""Attributes: custom security attributes, their sets and definitions; a value is of its definition's type or refused.

https://learn.microsoft.com/graph/custom-security-attributes-examples
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
_LONGEST: Final = 64  # characters of a string
_ANNOTATION: Final = "@odata.type"
_VALUE_TYPES: Final = frozenset(
    {"#microsoft.directoryservices.customsecurityattributevalue", "#microsoft.graph.customsecurityattributevalue"}
)
_NAMES: Final = {"String": "String", "Integer": "Int32", "Boolean": "Boolean"}  # Graph's types, by Entra's


class Unfit(ValueError):
    """A value that is not taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Set:
    id: str
    description: str = ""
    most: int = 25  # active definitions


@dataclass(frozen=True, slots=True)
class Definition:
    set: str
    name: str
    type: str
    description: str = ""
    collection: bool = False
    searchable: bool = True
    predefined: bool = False
    status: str = "Available"

    @property
    def id(self) -> str:
        return f"{self.set}_{self.name}"


class Attributes:
    """`values["ann"]["Vouchsafe"]["LastVerifiedAt"]`; sets and definitions are held by their ids."""

    def __init__(self) -> None:
        self.sets = {"Vouchsafe": Set("Vouchsafe", "What Vouchsafe records of people")}
        self.definitions = {
            one.id: one
            for one in (
                Definition("Vouchsafe", "LastVerifiedAt", "String", "When identity was last proved"),
                Definition("Vouchsafe", "LastVerifiedScore", "Integer", "How well the face matched then"),
                Definition("Vouchsafe", "LastVerifiedRequest", "String", "The request it was proved for"),
            )
        }
        self.values: dict[str, dict[str, Json]] = {}

    def prepared(self, key: str, wish: Any) -> Callable[[], None]:
        """Return what assigns this to somebody; a `null` takes a value away. Raises `Unfit`."""
        if not isinstance(wish, dict):
            raise Unfit("The property 'customSecurityAttributes' must be an object.")
        checked = {name: self._set(name, given) for name, given in wish.items() if name != _ANNOTATION}

        def assign() -> None:
            held = self.values.setdefault(key, {})
            for name, values in checked.items():
                left = {n: v for n, v in (held.get(name, {}) | values).items() if v is not None}
                held[name] = left
                if not left:
                    del held[name]

        return assign

    def shown(self, key: str) -> Json | None:
        """Return somebody's attributes as Graph tells them."""
        held = self.values.get(key)
        return {name: self._shown(name, values) for name, values in held.items()} if held else None

    def _shown(self, set_: str, values: Json) -> Json:
        told: Json = {_ANNOTATION: "#microsoft.graph.customSecurityAttributeValue"}
        for name, value in values.items():
            definition = self.definitions[f"{set_}_{name}"]
            if definition.collection or definition.type == "Integer":
                told[f"{name}{_ANNOTATION}"] = _annotation(definition)
            told[name] = value
        return told

    def _set(self, name: str, given: Any) -> Json:
        if name not in self.sets:
            raise Unfit(f"The attribute set '{name}' does not exist.")
        if not isinstance(given, dict) or str(given.get(_ANNOTATION, "")).lower() not in _VALUE_TYPES:
            text = "must be an object with the type #Microsoft.DirectoryServices.CustomSecurityAttributeValue"
            raise Unfit(f"The value of the attribute set '{name}' {text}.")
        return {one: self._value(name, one, given) for one in given if _ANNOTATION not in one}

    def _value(self, set_: str, name: str, given: Json) -> Any:
        definition, value = self.definitions.get(f"{set_}_{name}"), given[name]
        if definition is None:
            raise Unfit(f"The attribute '{name}' does not exist in the attribute set '{set_}'.")
        if value is None:
            return None
        annotated = definition.collection or definition.type == "Integer"
        said = given.get(f"{name}{_ANNOTATION}", None if annotated else _annotation(definition))
        if said != _annotation(definition) or not _fits(definition, value):
            raise Unfit(f"The value of the attribute '{name}' is not of the type {_annotation(definition)}.")
        if definition.status != "Available" or definition.predefined:
            raise Unfit(f"The attribute '{name}' does not take this value.")  # no value is predefined here
        return value


def _annotation(definition: Definition) -> str:
    name = _NAMES[definition.type]
    return f"#Collection({name})" if definition.collection else f"#{name}"


def _fits(definition: Definition, value: Any) -> bool:
    if definition.collection:
        return isinstance(value, list) and bool(value) and all(_single(definition.type, one) for one in value)
    return _single(definition.type, value)


def _single(type_: str, value: Any) -> bool:
    match type_:
        case "String":
            return isinstance(value, str) and 0 < len(value) <= _LONGEST
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
        case _:
            return isinstance(value, bool)
