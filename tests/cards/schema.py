"""Cards held to Teams' own models of them, and to the official schema where a copy of it is at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args

from jsonschema import Draft6Validator
from microsoft_teams.cards import core
from pydantic import BaseModel, ValidationError

from tests.contracts import source

NEWER: Final = frozenset({"Icon", "Badge", "Component"})  # what Teams draws beyond the official schema
COMPONENT: Final = "Component"
OPTIONAL: Final = frozenset({"choices.data"})  # the same, where a client that does not know it misses nothing it needs
SENT: Final = frozenset({"data", "choices", "choices.data", "msteams"})  # what comes back to us, or is Teams' alone


def faults(card: Mapping[str, Any]) -> list[str]:
    """Say what a client would not know what to do with."""
    schema = _official()
    official = schema.iter_errors(fallen(card)) if schema is not None else ()
    return [*(f"{list(e.absolute_path)}: {e.message}" for e in official), *_by_models(card, "card")]


def fallen(node: Any) -> Any:
    """Return a card as a client draws it that knows the official schema alone."""
    if isinstance(node, list):
        return [fallen(_older(one)) for one in node if _older(one) != "drop"]
    if not isinstance(node, Mapping):
        return node
    return {key: fallen(part) for key, part in node.items() if key not in OPTIONAL}


def _older(piece: Any) -> Any:
    return piece["fallback"] if isinstance(piece, Mapping) and piece.get("type") in NEWER else piece


@cache
def _official() -> Draft6Validator | None:
    schema = source.published(source.CARDS)
    if schema is None:
        return None
    Draft6Validator.check_schema(schema)
    return Draft6Validator(schema)


@cache
def _models() -> dict[str, type[BaseModel]]:
    """Return each element and action by its type; the package is generated from what Teams' clients draw."""
    found: dict[str, type[BaseModel]] = {}
    for model in vars(core).values():
        if (
            isinstance(model, type)
            and issubclass(model, core.CardElement | core.Action)
            and "type" in model.model_fields
        ):
            (name,) = get_args(model.model_fields["type"].annotation)
            found[_named(name, get_args(model.model_fields["name"].annotation)) if name == COMPONENT else name] = model
    return found


def _named(kind: str, names: Sequence[str]) -> str:
    """Components are one type; what each of them is, its name says."""
    return " ".join([kind, *names])


def _by_models(node: Any, at: str) -> Iterator[str]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _by_models(item, f"{at}[{index}]")
    elif isinstance(node, Mapping):
        if "type" in node:
            yield from _piece(node, at)
        for key, value in node.items():
            if key not in SENT:
                yield from _by_models(value, f"{at}.{key}")


def _piece(piece: Mapping[str, Any], at: str) -> Iterator[str]:
    kind = _named(COMPONENT, [str(piece.get("name"))]) if piece["type"] == COMPONENT else piece["type"]
    model = _models().get(kind)
    if model is None:
        yield f"{at}: Teams knows no {kind}"
        return
    known = {str(field.alias or field.validation_alias) for field in model.model_fields.values()} | {"$schema"}
    yield from (f"{at}: {piece['type']} has no {key}" for key in piece if key not in known)
    try:
        model.model_validate(piece)
    except ValidationError as error:
        yield from (f"{at}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
