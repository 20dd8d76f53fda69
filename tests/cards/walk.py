"""Ways through a card's JSON that several tests take."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.ports import Slot

# Where no request has a card.
NO_REQUESTS = frozenset({Slot.AGENT, Slot.ASKER, Slot.CALLER, Slot.LEAD, Slot.MANAGER, Slot.THREAT, Slot.VOUCHER})


def pieces(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a card, the outermost first."""
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from pieces(part)
    elif isinstance(value, list):
        for part in value:
            yield from pieces(part)


def actions(card: object) -> list[Mapping[str, Any]]:
    """Return every action of a card: fallbacks, those of inner cards and the refresh too."""
    return [piece for piece in pieces(card) if str(piece.get("type", "")).startswith("Action.")]


def buttons(card: Mapping[str, Any]) -> list[str]:
    """Return the titles of the card's own buttons."""
    return [action["title"] for action in card.get("actions", ())]


def texts(card: object) -> str:
    """Return all that can be read on a card, one text a line."""
    wanted = ("text", "title", "value", "label", "errorMessage")
    return "\n".join(str(piece[key]) for piece in pieces(card) for key in wanted if isinstance(piece.get(key), str))
