"""What a process loads at its start: all that answering needs, and nothing that only some ever need."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.process.service import settle

ROOT = Path(__file__).parent.parent.parent
# In a process of its own: this one has loaded everything already.
SCRIPT = """
import asyncio, json, sys
from dataclasses import replace
import bot.process.logs, bot.config.settings, bot.process.service
start = set(sys.modules)
from aiohttp import web
from aiohttp.test_utils import TestServer
from bot.config.cloud import PUBLIC
from bot.graph.directory import GraphDirectory
from tests.adapters.answers import Clock, Counting, Free
from tests.adapters.asking import everything

async def nothing(request):
    fault = {"code": "x", "message": "y", "innerError": {"date": "2026-11-24T09:00:00", "request-id": "z"}}
    return web.json_response({"value": [{}], "error": fault}, status=400 if request.method == "DELETE" else 200)

async def main():
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", nothing)
    async with TestServer(app, host="127.0.0.1") as server:
        cloud = replace(PUBLIC, graph=str(server.make_url("")).rstrip("/"))
        turns = {"budget": Free(), "reports": Free()}
        made = GraphDirectory(cloud=cloud, tokens=Counting(), clock=Clock(), attribute_set="Vouchsafe", **turns)
        await made.warm()
        warm = set(sys.modules)
        await everything(made)
        await made.close()
        return warm

warm = asyncio.run(main())
graph = [name for name in warm if name.startswith("msgraph.")]
print(json.dumps({"start": sorted(start), "graph": len(graph), "late": sorted(set(sys.modules) - warm)}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_no_call_to_graph_loads_anything_while_somebody_waits(loaded: dict[str, list[str]]) -> None:
    assert loaded["late"] == []


def test_reading_an_account_does_not_load_every_relative_of_it(loaded: dict[str, list[str]]) -> None:
    assert int(str(loaded["graph"])) < 500


def test_a_start_leaves_out_what_only_some_ever_need(loaded: dict[str, list[str]]) -> None:
    for name in ("alembic", "sqlalchemy", "zxcvbn", "playground", "tests", "pytest"):
        assert name not in loaded["start"], name


def test_a_process_that_started_collects_garbage_again_and_leaves_out_what_is_there_to_stay() -> None:
    gc.disable()
    try:
        settle()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()
