"""Buttons found in a card by what they say, and inputs checked and gathered as the card renderer does it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class NotThere(LookupError):
    """The card has no such button; the message lists those it has."""


class Unfilled(ValueError):
    """An input does not pass its own rules; nothing is sent then."""


@dataclass(frozen=True, slots=True)
class Button:
    """An action and the inputs that go with it."""

    action: Json
    inputs: tuple[Json, ...]


def buttons(card: Json, inherited: tuple[Json, ...] = ()) -> Iterator[Button]:
    """Every action of a card; a card that unfolds sees the inputs of the one around it."""
    inputs = inherited + tuple(_inputs(card))
    for action in _actions(card):
        yield Button(action, inputs)
        if action.get("type") == "Action.ShowCard":
            yield from buttons(action.get("card", {}), inputs)


def find(card: Json, name: str) -> Button:
    """The button with that title, verb or id."""
    every = list(buttons(card))
    for field in ("title", "verb", "id"):
        for button in every:
            if button.action.get(field) == name:
                return button
    known = ", ".join(repr(button.action.get("title", "")) for button in every) or "none"
    raise NotThere(f"No button {name!r} here; there are: {known}")


def choose(cards: list[Json], name: str, given: dict[str, str]) -> Json:
    """The named action of these cards, with the inputs' values in its data."""
    missing = NotThere("There is no card here")
    for card in cards:
        try:
            button = find(card, name)
        except NotThere as error:
            missing = error
        else:
            return button.action | {"data": gather(button, given)}
    raise missing


def gather(button: Button, given: dict[str, str]) -> Any:
    """The data to send: the action's own, with the inputs' values over it."""
    if unknown := given.keys() - {item["id"] for item in button.inputs}:
        raise NotThere(f"No input {', '.join(sorted(unknown))} here")
    data = button.action.get("data")
    if str(button.action.get("associatedInputs", "auto")).lower() == "none":
        return data
    if data is not None and not isinstance(data, dict):
        return data
    values = {item["id"]: str(given.get(item["id"], _start(item))) for item in button.inputs}
    for item in button.inputs:
        _check(item, values[item["id"]])
    return {**(data or {}), **{key: value for key, value in values.items() if value}}


def _start(item: Json) -> str:
    off = item.get("valueOff", "false") if item["type"] == "Input.Toggle" else ""
    return str(item.get("value", off))


def _check(item: Json, value: str) -> None:
    wrong = item.get("errorMessage") or f"{item.get('label') or item['id']} is not valid"
    if not value:
        if item.get("isRequired"):
            raise Unfilled(wrong)
        return
    pattern, longest = item.get("regex"), item.get("maxLength")
    if pattern and not re.search(pattern, value):
        raise Unfilled(wrong)
    if longest and len(value) > longest:
        raise Unfilled(wrong)
    if item["type"] == "Input.ChoiceSet" and item.get("style") != "filtered":
        known = {choice["value"] for choice in item.get("choices", [])}
        chosen = set(value.split(",")) if item.get("isMultiSelect") else {value}
        if not chosen <= known:
            raise Unfilled(wrong)


def _inputs(node: Any) -> Iterator[Json]:
    for part in _parts(node):
        if str(part.get("type", "")).startswith("Input.") and part.get("id"):
            yield part


def _actions(node: Any) -> Iterator[Json]:
    for part in _parts(node):
        yield from part.get("actions") or []
        if isinstance(part.get("selectAction"), dict):
            yield part["selectAction"]
        if isinstance(part.get("inlineAction"), dict):
            yield part["inlineAction"]


def _parts(node: Any) -> Iterator[Json]:
    """The card and everything in its body, without the cards its actions unfold."""
    if isinstance(node, list):
        for item in node:
            yield from _parts(item)
    elif isinstance(node, dict):
        yield node
        for key in ("body", "items", "columns", "rows", "cells"):
            yield from _parts(node.get(key))
