"""Source: where copies of the published descriptions lie; one that is not there is said, never passed over."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

FOLDER: Final = Path(os.environ.get("CONTRACTS", "contracts"))
OPENAPI: Final = "graph-openapi.json"
PERMISSIONS: Final = "graph-permissions.json"
CARDS: Final = "adaptive-card-1.5.0.json"


@cache
def missing() -> str:
    """Say what cannot be held against a description here; empty when everything can."""
    gone = [name for name in (OPENAPI, PERMISSIONS, CARDS) if not (FOLDER / name).is_file()]
    return f"NOT HELD AGAINST THE PUBLISHED DESCRIPTIONS: no {', '.join(gone)} in the folder CONTRACTS" if gone else ""


@cache
def published(name: str) -> dict[str, Any]:
    """Return a description; the test that needs one that is not here is skipped, which in CI is a failure."""
    file = FOLDER / name
    if not file.is_file():
        pytest.skip(f"NOT checked against the published description: {name} is not in the folder CONTRACTS")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found
