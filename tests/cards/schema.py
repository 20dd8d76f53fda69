"""The official Adaptive Card schema, where a copy of it is at hand; its absence is said, never passed over."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator

FOLDER = Path(os.environ.get("CARD_SCHEMAS", "contracts"))
SCHEMA = FOLDER / "adaptive-card-1.5.0.json"


@cache
def validator() -> Draft6Validator:
    if not SCHEMA.is_file():
        pytest.skip(f"cards are NOT checked against the official schema: {SCHEMA.name} is not in CARD_SCHEMAS")
    schema: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    Draft6Validator.check_schema(schema)
    return Draft6Validator(schema)
