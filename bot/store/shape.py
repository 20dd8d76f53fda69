"""Shape: what the database must look like for this code, known without the tools that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict

from bot.core.errors import Misconfigured

REVISION: Final = "0015"  # Alembic's newest; a test holds it to the migrations


@dataclass(frozen=True, slots=True)
class Shape:
    """Alembic's revision and procrastinate's own migration scripts."""

    revision: str
    scripts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Applied:
    """The shape a database has, and the oldest code that works on it; revisions are four digits, so they sort."""

    shape: Shape
    oldest: str

    def serves(self, code: Shape) -> bool:
        """Say whether that code may run here: a newer schema will do as long as it only added to what is used."""
        return self.oldest <= code.revision <= self.shape.revision and self.shape.scripts >= code.scripts


def newest() -> Shape:
    """Return the shape this code was written for."""
    return Shape(REVISION, frozenset(path.name for path in scripts()))


def applied(revision: str, scripts: Iterable[str], oldest: str) -> Applied:
    """Return what a database says of itself."""
    return Applied(Shape(revision, frozenset(scripts)), oldest)


def scripts() -> list[Path]:
    """Procrastinate's migrations, in the order in which they are to be applied."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def checked(url: str) -> str:
    """Return `url` if libpq can read it; raise `Misconfigured`, which does not repeat it: it may hold a password."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise Misconfigured(
            "The database URL cannot be read: set it to one like postgresql://vouchsafe@db.contoso.com/vouchsafe"
        ) from None
    return url
