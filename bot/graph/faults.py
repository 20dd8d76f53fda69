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

from bot.config.outgoing import NOT_SENT
from bot.core.errors import AnswerLost, DeskError, Missing, NotGranted, Throttled, Unavailable
from bot.graph.refusals import meant

_NOT_SENT: Final = (*NOT_SENT, aiohttp.InvalidURL)  # the wait for a free connection counts
_NEVER: Final = frozenset({HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED})


class Stale(Unavailable):
    """Graph no longer takes the token: forget it, then the same call may be made again."""


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
    if status == HTTPStatus.TOO_MANY_REQUESTS:  # whoever says it, nothing was done
        return Throttled(what, retry_after=retry_after(error.response_headers))
    if status == HTTPStatus.SERVICE_UNAVAILABLE and (code or not wrote):
        return Unavailable(what, retry_after=retry_after(error.response_headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return Stale(what, retry_after=0)
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if (refused and status != HTTPStatus.REQUEST_TIMEOUT) or status in _NEVER:
        no = meant(call, status, code, error.primary_message or "", what)
        gone = status == HTTPStatus.NOT_FOUND and not isinstance(no, NotGranted)
        return Missing(what, code=code) if gone else no
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
