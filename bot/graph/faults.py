"""Graph's errors, mapped in this one place: after it, all that counts is what the desk may safely do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
from kiota_abstractions.api_error import APIError
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from bot.core.errors import AnswerLost, DeskError, Missing, Rejected, Unavailable

OUT_OF_POLICY: Final = "out_of_policy"
GUEST: Final = "guest"
UNUSABLE: Final = "unusable"
INCOMPLETE: Final = "incomplete"
PASSWORD_RULE: Final = "password_rule"  # noqa: S105 - a code
DEFAULT_METHOD: Final = "default_method"
NOT_ALLOWED: Final = "not_allowed"
NO_PREMIUM: Final = "no_premium"

# Graph has no codes of its own for these; the messages are those people report and Microsoft documents:
# https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
# https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy
# A word as common as "default" counts in an answer to one call only.
_TOLD_BY_MESSAGE: Final = (
    ("", ("usercredentialpolicy",), OUT_OF_POLICY),
    ("", ("external guest",), GUEST),
    ("set_password", ("password", "complexity"), PASSWORD_RULE),
    ("set_password", ("password", "banned"), PASSWORD_RULE),
    ("set_password", ("password", "comply"), PASSWORD_RULE),
    ("set_password", ("password", "too weak"), PASSWORD_RULE),
    ("remove_method", ("default",), DEFAULT_METHOD),
)
_TOLD_BY_STATUS: Final = {("proof_of", HTTPStatus.FORBIDDEN): NOT_ALLOWED}
_TOLD_BY_CODE: Final = {"authentication_requestfromnonpremiumtenantorb2ctenant": NO_PREMIUM}
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,  # the wait for a free connection counts
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)
_NOT_DONE: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Stale(Unavailable):
    """Graph no longer takes the token: forget it, then the same call may be made again."""


class Throttled(Unavailable):
    """Graph was asked too often; some of its services do not say when to come back."""


def translate(error: Exception, call: str, *, wrote: bool) -> DeskError:
    """Say what `error` means for the desk. For a write, whatever may have happened after sending is a lost answer.

    Never in the text: Graph's message, which is not made for people, nor anything of a body.
    """
    match error:
        case DeskError():
            return error
        case APIError():
            return _answered(error, call, wrote=wrote)
        case _ if isinstance(error, _NOT_SENT):
            return Unavailable(f"{call}: {type(error).__name__}")
        case _:  # a deadline, a cut connection, a body nobody can read
            return lost(f"{call}: {type(error).__name__}", wrote=wrote)


def lost(what: str, *, wrote: bool) -> DeskError:
    return AnswerLost(what) if wrote else Unavailable(what)


def _answered(error: APIError, call: str, *, wrote: bool) -> DeskError:
    status, code = error.response_status_code or 0, code_of(error)
    what = f"{call}: {status} {code}".rstrip()
    if status in _NOT_DONE and (code or not wrote):
        sort = Throttled if status == HTTPStatus.TOO_MANY_REQUESTS else Unavailable
        return sort(what, retry_after=retry_after(error.response_headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return Stale(what, retry_after=0)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and code.casefold() in _TOLD_BY_CODE:
        return Rejected(what, code=_TOLD_BY_CODE[code.casefold()])
    if status == HTTPStatus.NOT_FOUND:
        return Missing(what, code=code)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT:
        return Rejected(what, code=_meaning(error, call, status) or code)
    return lost(what, wrote=wrote)


def code_of(error: Exception) -> str:
    """Return Graph's own word for what is wrong, in characters that may go into a log."""
    main = error.error if isinstance(error, ODataError) else None
    return re.sub(r"[^\w.-]", "", (main.code if main else None) or "", flags=re.ASCII)[:80]


def request_id(error: Exception) -> str:
    """Return the id under which Microsoft's support finds this call."""
    headers: Mapping[str, str] = (error.response_headers if isinstance(error, APIError) else None) or {}
    return re.sub(r"[^\w-]", "", headers.get("request-id", ""), flags=re.ASCII)[:80]


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Read Retry-After, in seconds or as a date; None when Graph did not say."""
    text = (headers or {}).get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:6])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _meaning(error: APIError, call: str, status: int) -> str:
    message = (error.primary_message or "").casefold()
    told = (
        code
        for name, pieces, code in _TOLD_BY_MESSAGE
        if name in {"", call} and all(piece in message for piece in pieces)
    )
    return next(told, "") or next((c for (n, s), c in _TOLD_BY_STATUS.items() if (n, s) == (call, status)), "")
