"""Answers read into the SDK's models, by what each model says of its fields, learned once and without its relatives.

A model of the SDK builds a description of its fields for every object it reads, and `Entity` imports its twelve hundred
descendants for that. What is learned here is the same description; a test holds the two against each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from kiota_abstractions.serialization import Parsable, ParsableFactory, ParseNode
from kiota_serialization_json.json_parse_node import JsonParseNode
from msgraph.generated.models.entity import Entity

U = TypeVar("U", bound=Parsable)

_Deserializers = dict[str, Callable[[ParseNode], None]]


class _Brief(Entity):
    """Stands before `Entity` among a model's ancestors, and tells its two fields without importing anything."""

    def get_field_deserializers(self) -> _Deserializers:
        return {
            "id": lambda node: setattr(self, "id", node.get_str_value()),
            "@odata.type": lambda node: setattr(self, "odata_type", node.get_str_value()),
        }


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A field: the attribute it becomes, and the question that a node is asked for its value."""

    attribute: str
    question: str
    about: tuple[Any, ...]


class _Listener:
    """A node that only takes note of what it is asked; its answers say who gave them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, question: str) -> Callable[..., _Listener]:
        def ask(*about: Any) -> _Listener:
            self.asked.append((question, about))
            return self

        return ask


@dataclass(frozen=True, slots=True)
class Plan:
    """How objects of one model come about; a field that is in neither mapping is None by its class."""

    model: Any
    defaults: Mapping[str, Callable[[], Any]]
    steps: Mapping[str, FieldPlan]

    def fresh(self) -> Any:
        """Make an object without the hundred assignments of None, each tracked for changes, of its `__init__`."""
        made = self.model.__new__(self.model)
        made.__dict__.update({name: default() for name, default in self.defaults.items()})
        return made


def learn(model: Any) -> Plan:
    """Learn how a model reads itself; raise `TypeError` for one that does anything but set what it asked for."""
    told: list[tuple[str, object]] = []
    ancestors = (model, _Brief) if issubclass(model, Entity) else (model,)
    learner = cast("Any", type(model.__name__, ancestors, {"__setattr__": lambda _, *what: told.append(what)}))
    steps: dict[str, FieldPlan] = {}
    for name, deserialize in learner.__new__(learner).get_field_deserializers().items():
        node = _Listener()
        told.clear()
        deserialize(node)
        match told, node.asked:
            case [(attribute, value)], [(question, about)] if value is node:
                steps[name] = FieldPlan(attribute, question, about)
            case _:
                raise TypeError(f"{model.__name__}.{name}: read in a way of its own")
    return Plan(model, {f.name: f.default_factory for f in fields(model) if callable(f.default_factory)}, steps)


_learned = cache(learn)


@lru_cache(maxsize=512)
def _plan(factory: Any, odata_type: str | None) -> Plan:
    """Return how an object of that type is read; its type is all the SDK's discriminators look at."""
    node = JsonParseNode({"@odata.type": odata_type})
    made: Any = factory.create_from_discriminator_value(node)
    return _learned(made.__class__)


class Node(JsonParseNode):
    """The SDK's node, but for how objects come about."""

    @classmethod
    def root(cls, body: bytes) -> Node:
        """Raises `ValueError` for what is no JSON."""
        return cls(json.loads(body))

    def get_object_value(self, factory: ParsableFactory[U]) -> U:
        """Raises `ValueError` where there is something else: the SDK would make an empty object of it."""
        found = self._json_node
        if not isinstance(found, dict):
            raise ValueError("no object")  # noqa: TRY004 - it is the answer that is wrong
        kind: Any = factory
        sort = found.get("@odata.type")
        plan = _plan(kind, sort if isinstance(sort, str) else None)
        made = plan.fresh()
        for name, value in found.items():
            step = plan.steps.get(name)
            if step is None:
                _keep(made, name, self.try_get_anything(value))
            elif value is not None:
                made.__dict__[step.attribute] = getattr(Node(value), step.question)(*step.about)
        return cast("U", made)

    def _create_new_node(self, node: Any) -> Node:
        return Node(node)


def _keep(made: Any, name: str, value: object) -> None:
    """Put what the model has no field for where it keeps such things, if it does."""
    kept = made.__dict__.get("additional_data")
    if kept is not None:
        kept[name] = value
