"""Body: what a request carries, read up to a limit of its own and no further; nothing of it is ever quoted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Final, NoReturn
from urllib.parse import parse_qsl

from aiohttp import web

from bot.web.places import PLACES, Places

PATIENCE: Final = 8.0  # seconds for all of it to arrive
FIELDS: Final = 8  # more than any form of ours has


async def taken(request: web.Request, most: int) -> bytes:
    """Return the whole body. What is on its way holds a place of its address, and of nobody else's.

    Raises `HTTPRequestEntityTooLarge`, `HTTPRequestTimeout`, `HTTPTooManyRequests`, and `HTTPUnsupportedMediaType`
    for a packed one.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType
    told = request.content_length or 0
    if told > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=told)
    if request.content.is_eof():  # all of it came with the headers: nobody waits
        return await _read(request, most)
    with request.app.get(PLACES, _UNSHARED).taken(request):
        return await _read(request, most)


async def _read(request: web.Request, most: int) -> bytes:
    read = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.content.iter_any():
                read += piece
                if len(read) > most:
                    raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(read))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(read)


async def filled(request: web.Request, most: int) -> Mapping[str, str]:
    """Return the fields of a small form, sent as a form or as JSON. Raises `HTTPBadRequest` besides."""
    raw = await taken(request, most)
    match request.content_type:
        case "application/x-www-form-urlencoded":
            return _form(raw)
        case "application/json":
            told = parsed(raw)
            if isinstance(told, dict) and all(isinstance(value, str) for value in told.values()):
                return told
            raise web.HTTPBadRequest
        case _:
            raise web.HTTPUnsupportedMediaType


def parsed(raw: bytes) -> object:
    """Return what JSON says; `HTTPBadRequest` for what is none, too deep, or no text that could be kept."""
    try:
        text = raw.decode("utf-8-sig")
        told: object = json.loads(text, parse_constant=_no_number)
        if "\\ud" in text.lower():  # half of a character may be written so, and nobody could write it down again
            json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # without its cause: that one holds what was sent
        raise web.HTTPBadRequest from None
    return told


_UNSHARED: Final = Places()  # of an application that was given none


def _form(raw: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise web.HTTPBadRequest from None


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
