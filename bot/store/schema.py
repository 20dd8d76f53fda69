"""The shape of the database: brought up to date under a lock, in one transaction, however many replicas try."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from bot.core.errors import Misconfigured, Unavailable
from bot.store import forming, grants
from bot.store.shape import REVISION, applied, checked, newest, scripts

HERE: Final = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Bring the database up to date; what was done already is not done again. Blocks: call it in a thread.

    `url` is anything libpq understands. Raises `Unavailable` when the database does not answer and `Misconfigured`
    when the URL cannot be read, or when the database is a newer version's and does not serve this one any more.
    """
    checked(url)
    # libpq reads the URL itself: SQLAlchemy would have its own idea of socket folders and empty passwords.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url, connect_timeout=5), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            _upgrade(connection)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _build(connection)
    except (psycopg.OperationalError, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.OperationalError):
            raise
        raise Unavailable(f"the database could not be migrated: {cause}") from None
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    for statement in forming.MIGRATING:
        connection.exec_driver_sql(statement)
    if _newer(connection):
        return
    config = _config()
    config.attributes["connection"] = connection
    fresh = connection.exec_driver_sql(forming.QUEUE_THERE).scalar_one() is None
    command.upgrade(config, "head")
    cursor: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]  # what the engine's creator made
    cursor.execute(forming.SCRIPTS)
    done = {name for (name,) in cursor.fetchall()}
    for path in scripts():
        if path.name in done:
            continue
        if not fresh:  # a newer procrastinate than the one that made the schema
            cursor.execute(path.read_text(encoding="utf-8"))
        cursor.execute(forming.ADD_SCRIPT, {"name": path.name})
    cursor.execute(forming.SERVE, {"oldest": _oldest(config)})
    for (role,) in cursor.execute(forming.GRANTED).fetchall():
        grants.give(cursor, role)


def _newer(connection: Connection) -> bool:
    """Say whether a newer version was here before: then there is nothing to do, as long as it serves this one too."""
    if connection.exec_driver_sql(forming.SERVED_THERE).scalar_one() is None:
        return False
    found = applied(*connection.exec_driver_sql(forming.APPLIED).one())
    if found.shape.revision <= REVISION:
        return False
    if not found.serves(newest()):
        raise Misconfigured("The database was made ready for a newer version, which this one cannot work with")
    return True


def _build(connection: Connection) -> None:
    """Make the indexes that are not there, without keeping anybody from writing; the desk runs meanwhile.

    Whoever finds somebody at it leaves it to them: waiting in the database would hold their work up. One that was
    begun and not finished is of no use and is made again.
    """
    if not connection.exec_driver_sql(forming.BUILDING).scalar_one():
        return
    there = {row.name: bool(row.indisvalid) for row in connection.exec_driver_sql(forming.INDEXES)}
    for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())):
        for name, statement in getattr(script.module, "beside", {}).items():
            if there.get(name) is False:
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
            if not there.get(name):
                connection.exec_driver_sql(statement)
    connection.exec_driver_sql(forming.BUILT)


def _oldest(config: Config) -> str:
    """Return the oldest revision whose code works on the newest; a migration that does not say is for nobody older."""
    every = ScriptDirectory.from_config(config).walk_revisions()
    return max(getattr(script.module, "oldest", script.revision) for script in every)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config
