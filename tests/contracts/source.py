"""Source: where copies of the published descriptions lie, which say more than the packages that are made from them."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(os.environ.get("CONTRACTS", "contracts"))
OPENAPI: Final = "graph-openapi.json"
PERMISSIONS: Final = "graph-permissions.json"
CARDS: Final = "adaptive-card-1.5.0.json"


# No registry serves these three.
ABSENT: Final = (
    "Held against msgraph-sdk and Teams' cards package; not against Graph's map of permissions and the published "
    "descriptions, which say more: they are not in the folder CONTRACTS."
)


def absent() -> bool:
    """Say whether a copy of one of them is missing here."""
    return not all((FOLDER / name).is_file() for name in (OPENAPI, PERMISSIONS, CARDS))


@cache
def published(name: str) -> dict[str, Any] | None:
    """Return a description, or None where there is no copy of it."""
    file = FOLDER / name
    return json.loads(file.read_text("utf-8")) if file.is_file() else None


def demand(name: str) -> dict[str, Any]:
    """Return a description that nothing else stands in for."""
    found = published(name)
    assert found is not None, f"{name}: mark the test that needs it as `published`"
    return found
