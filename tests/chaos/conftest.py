"""A folder for a stage."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place the database's own user may enter, which pytest's is not."""
    made = Path(tempfile.mkdtemp(prefix="vouchsafe-chaos-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)
