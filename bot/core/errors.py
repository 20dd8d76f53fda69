"""What can go wrong at an edge, told apart by what the desk may safely do next."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

NO_PERMISSION: Final = "no_permission"
NO_PREMIUM: Final = "no_premium"  # there is no licence for it in the tenant


class DeskError(Exception):
    """Anything the desk raises itself; its text never holds a secret, a token or a message body."""


class Unavailable(DeskError):
    """Nothing happened and the same call may be made again later; `retry_after` in seconds if it was told."""

    def __init__(self, what: str, *, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """The other side was asked too often; some do not say when to come back."""


class Rejected(DeskError):
    """The other side understood and said no: asking again changes nothing. `code` is its word for why."""

    def __init__(self, what: str, *, code: str = "") -> None:
        super().__init__(what)
        self.code = code


class Unfit(Rejected):
    """What was entered was not taken, and nothing happened: something else may be entered."""


class Forged(Rejected):
    """What was offered as a proof is none of that person: made up, somebody else's, or got for something else."""


class NotGranted(Rejected):
    """The desk was not given what this needs, a permission or a licence: nothing changes before an administrator acts.

    `code` is `NO_PERMISSION`, `NO_PREMIUM` or Entra's own.
    """


class Missing(Rejected):
    """What was asked for is not there."""


class Closed(Rejected):
    """A conversation takes nothing of ours: it is gone, or we are not, or not any more, let into it."""


class AnswerLost(DeskError):
    """The call left us and no answer came back: the work may be done. Look; never repeat blindly."""


class Conflict(DeskError):
    """Somebody else saved this first; load it again and decide again."""


class Misconfigured(DeskError):
    """The set-up cannot work; the text names the setting and the fix."""


@contextmanager
def giving(reasons: Mapping[str, str]) -> Iterator[None]:
    """Raise a no that has a reason to tell with that reason as its code; any other passes as it is."""
    try:
        yield
    except Rejected as error:
        if error.code not in reasons:
            raise
        raise type(error)(str(error), code=reasons[error.code]) from error
