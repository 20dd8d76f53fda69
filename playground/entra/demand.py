"""Demand: the `claims` parameter, read for the authentication contexts that an ID token shall carry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playground.entra.refusals import RefusedByEntra


@dataclass(frozen=True, slots=True)
class Demand:
    """`essential`: no token at all rather than one without these contexts."""

    contexts: tuple[str, ...] = ()
    essential: bool = False


def demand(parameter: str) -> Demand:
    """Read `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}`, or `values` with several."""
    if not parameter:
        return Demand()
    try:
        claims = json.loads(parameter)
        asked = (claims.get("id_token") or {}).get("acrs") or {}
        return Demand(_values(asked), asked.get("essential") is True)
    except (ValueError, AttributeError, TypeError):
        raise RefusedByEntra("invalid_request", 90023, "The value of the parameter 'claims' is not valid.") from None


def _values(asked: dict[str, Any]) -> tuple[str, ...]:
    values = asked["values"] if "values" in asked else [asked["value"]] if "value" in asked else []
    if not all(isinstance(value, str) for value in values):
        raise TypeError("a context is named by a string")
    return tuple(values)
