"""Fields: a JSON object that knows its place in the body, so that a refusal can name the field; null is absent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.verified.refusals import bad


class Fields:
    """Fields nobody knows are refused at once; what is asked for and wrong is refused by its full name."""

    def __init__(self, value: Any, names: Sequence[str], place: str = "") -> None:
        self.place = place
        if not isinstance(value, dict):
            raise bad(
                f"The request contains `{place}`, but it is not an object." if place else "Send an object.", place
            )
        self._held = {name: held for name, held in value.items() if held is not None}
        if unknown := sorted(set(value) - set(names)):
            raise bad(f"The request contains `{unknown[0]}`, which is not known here.", self.under(unknown[0]))

    def under(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        return name in self._held

    def text(self, name: str, *, optional: bool = False) -> str:
        if optional and name not in self._held:
            return ""
        value = self._there(name)
        if not isinstance(value, str) or not value.strip():
            raise self._not(name, "a text")
        return value

    def flag(self, name: str) -> bool:
        value = self._held.get(name, False)
        if not isinstance(value, bool):
            raise self._not(name, "boolean")
        return value

    def number(self, name: str, *, usual: int) -> int:
        value = self._held.get(name, usual)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._not(name, "an integer")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        value = self._held.get(name, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._not(name, "a list of texts")
        return tuple(value)

    def texts(self, name: str) -> dict[str, str]:
        value = self._held.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise self._not(name, "an object of texts")
        return dict(value)

    def part(self, name: str, names: Sequence[str], *, optional: bool = False) -> Fields:
        value = self._held.get(name, {}) if optional else self._there(name)
        return Fields(value, names, self.under(name))

    def parts(self, name: str, names: Sequence[str]) -> list[Fields]:
        value = self._held.get(name, [])
        if not isinstance(value, list):
            raise self._not(name, "a list")
        return [Fields(one, names, f"{self.under(name)}[{index}]") for index, one in enumerate(value)]

    def _there(self, name: str) -> Any:
        if name not in self._held:
            raise bad(f"The request does not contain `{name}`.", self.under(name))
        return self._held[name]

    def _not(self, name: str, sort: str) -> Exception:
        return bad(f"The request contains `{name}`, but it is not {sort}.", self.under(name))
