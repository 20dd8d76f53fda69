"""What every test may ask for: a PostgreSQL of its own; and what each is held to: its calls to Graph are right."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from bot.store.schema import migrate
from playground import graph, keys
from playground.postgres import embedded
from tests.contracts import source
from tests.contracts.call import contracts
from tests.contracts.witness import WITNESS

HERE = Path(__file__).parent
settings.register_profile("here", deadline=None)  # a busy machine is no fault; what must be quick is held by its CPU
settings.load_profile("here")
os.umask(0o022)  # policies that tests write are writable by their owner alone, as the desk demands


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that cannot run says so; in CI that is a failure, so that nothing goes untested unseen."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} could not run here: {why}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the published descriptions can answer, where they are not: one line at the end says so."""
    if source.absent():
        left = [item for item in items if item.get_closest_marker("published")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if source.absent():
        terminalreporter.write_line(source.ABSENT)


@pytest.fixture(scope="session", autouse=True)
def witness() -> Iterator[None]:
    """See every request to a playground's Graph, whoever makes it: a test, or a bot in a process of its own."""
    graph.witnesses.append(WITNESS.of)
    yield
    graph.witnesses.remove(WITNESS.of)


@pytest.fixture(autouse=True)
def _graph_as_described(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test whose calls to Graph, or whose playground's answers, are not what Microsoft describes."""
    WITNESS.forget()
    yield
    if WITNESS.seen:
        by_hand = request.path.is_relative_to(HERE / "playground")
        if faults := WITNESS.faults(*contracts(), by_hand=by_hand):
            pytest.fail("\n".join(["not as Graph is described:", *faults]), pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def _keys() -> Iterator[None]:
    """Let the worlds of all tests share a few private keys: each would make two. Under which names is theirs."""
    made = keys.make
    some = cycle([made() for _ in range(4)])
    keys.make = lambda: next(some)
    yield
    keys.make = made


TEMPLATE = "template_vouchsafe"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server that lives as long as the tests; on disk it need not survive anything."""
    folder = Path(tempfile.mkdtemp(prefix="vouchsafe-tests-"))
    folder.chmod(0o755)  # the server runs as another user when the tests run as root
    server = embedded(folder / "postgres", afterwards="delete")
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
    yield from migrated(postgres)


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """A database of this test's own without any table."""
    yield from _database(postgres, "")


def migrated(server: str) -> Iterator[str]:
    """Make a database with our tables for as long as the generator stands. Copying files is half the usual work."""
    yield from _database(server, f"TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")


def _database(server: str, how: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _run(server, f"CREATE DATABASE {name} {how}")
    try:
        yield server.replace("/postgres?", f"/{name}?", 1)
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=60) as connection:
        for statement in statements:
            connection.execute(statement)
