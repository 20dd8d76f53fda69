"""Stories of the admin at the command line, beside a desk that runs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from playground.server import Play, environment

ROOT = Path(__file__).parents[2]
PERMISSION = "CustomSecAttributeDefinition.ReadWrite.All"


async def command(play: Play, folder: Path, *words: str, **env: str) -> tuple[int, str, str]:
    """Run app.py as an admin would, with the settings of the desk."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "app.py",
        *words,
        "--cloud",
        folder / "cloud.json",
        env={**os.environ, **environment(play.world, play.database_url), **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.timeout(180)
async def test_the_attributes_for_proofs_are_made_once_and_only_with_the_right_to(play: Play, tmp_path: Path) -> None:
    graph = play.world.graph
    other = {"VOUCHSAFE_ATTRIBUTE_SET": "Proofs", "VOUCHSAFE_ATTRIBUTE_SCORE": "FaceScore"}
    code, _, said = await command(play, tmp_path, "attributes", **other)
    assert code == 2
    assert PERMISSION in said
    assert "Traceback" not in said

    graph.granted = graph.granted | {PERMISSION}
    code, said, _ = await command(play, tmp_path, "attributes", **other)
    assert (code, said) == (0, "Made Proofs, Proofs_LastVerifiedAt, Proofs_FaceScore, Proofs_LastVerifiedRequest.\n")
    assert "Proofs" in graph.attributes.sets

    assert await command(play, tmp_path, "attributes", **other) == (0, "Everything was there.\n", "")
