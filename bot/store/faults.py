"""PostgreSQL's errors in the desk's words: what lost a race is `Conflict`, what did not happen is `Unavailable`."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from bot.core.errors import AnswerLost, Conflict, Misconfigured, Rejected, Unavailable


@contextmanager
def translated() -> Iterator[None]:
    """Raise the desk's error for PostgreSQL's; what only a mistake of ours can cause passes as it is."""
    try:
        yield
    except (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation):
        raise Conflict("somebody else saved this first") from None
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(f"the database did not answer ({type(error).__name__})") from error
    except (psycopg.DataError, UnicodeEncodeError) as error:  # a NUL or half a surrogate in a text
        raise Rejected(f"the database cannot keep this value ({type(error).__name__})") from None
    except errors.UndefinedTable as error:
        raise Misconfigured("the database has no tables of ours: run `vouchsafe migrate`") from error


def alive(error: psycopg.Error) -> bool:
    """Say whether it was the server that said no, and goes on: then it did nothing of what it was asked."""
    return error.diag.severity_nonlocalized == "ERROR"


@contextmanager
def committing() -> Iterator[None]:
    """The same around a commit: when its answer is lost, everything may have been saved; a no is a no."""
    try:
        with translated():
            yield
    except Unavailable as error:
        if isinstance(error.__cause__, psycopg.Error) and alive(error.__cause__):
            raise
        raise AnswerLost("the database did not answer the commit") from error
