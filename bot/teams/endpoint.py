"""Endpoint: what Teams delivers, bounded, parsed and admitted before anything else sees it."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web

import cards
from bot.config.cloud import Cloud
from bot.config.settings import Settings
from bot.core.answers import Answer
from bot.core.errors import Unavailable
from bot.core.kind import Kinds
from bot.core.model import Actor
from bot.core.ports import Clock, Messenger
from bot.entra.keys import KeyRing
from bot.teams.adapter import Handler, TeamsAdapter
from bot.teams.auth import Gate, NotAdmitted
from bot.teams.phrases import Heard, heard, listening
from bot.teams.throttle import Throttle
from bot.teams.turn import PATIENCE, DeskPort, Turn, Unanswered, Viewer
from cards.view import View

PATH: Final = "/api/messages"
LARGEST: Final = 256 * 1024  # bytes of one activity
READING: Final = 5.0  # seconds for a body to arrive
DEEPEST: Final = 64
JSON: Final = "application/json"
HALVES: Final = re.compile(rb"(?i)\\u(?:0000|d[89a-f])")  # how they are written, and whole characters too

TURNS: Final = web.AppKey("turns", Turn)  # whoever takes the process down waits for those under way

log = structlog.get_logger(__name__)


class Unreadable(Exception):
    """A body that is no activity; `status` says how."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def setup(
    app: web.Application,
    *,
    desk: DeskPort,
    kinds: Kinds,
    settings: Settings,
    cloud: Cloud,
    keys: KeyRing,
    messenger: Messenger,
    clock: Clock,
    viewer: Viewer | None = None,
    patience: float = PATIENCE,
    reading: float = READING,
    pace: Throttle | None = None,
) -> None:
    """Add Teams' endpoint. `kinds` are those a person may ask for in words.

    `viewer` says how an answer looks to the one who gets it; by default as anybody may see it. `pace` holds people
    to so many turns; by default to none.
    """
    gate = Gate(cloud=cloud, app_id=settings.app_id, tenant=settings.tenant_id, keys=keys, clock=clock)
    contact = settings.helpdesk_contact
    looks = viewer or plainly(clock, contact)
    turn = Turn(desk=desk, messenger=messenger, viewer=looks, contact=contact, patience=patience, pace=pace)
    ears = listening(kinds)

    def understand(text: str, language: str) -> Heard:
        return heard(ears.of(text, cards.tongue(language)))

    handler = Handler(turn=turn, tenant=settings.tenant_id.lower(), understand=understand)
    app.router.add_post(PATH, Messages(gate, TeamsAdapter(handler), settings.app_id, reading).answer)
    app[TURNS] = turn


def plainly(clock: Clock, contact: str) -> Viewer:
    """Return a viewer that knows nothing but who looks, and when."""

    async def viewer(_: Answer, actor: Actor) -> View:
        person, user = actor.person, actor.chat.user
        return View(language=person.language, now=clock.now(), contact=contact, user=user, person=person.id)

    return viewer


@dataclass(frozen=True, slots=True)
class Messages:
    gate: Gate
    adapter: TeamsAdapter
    app_id: str
    reading: float = READING

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one delivery: 401 for a stranger, of whom nothing is read; 400, 413, 415 for what is no activity."""
        try:
            claims = await self.gate.recognise(_authorization(request))
            raw = parsed(await read(request, self.reading))
            self.gate.admit(claims, raw)
        except Unreadable as error:
            return _refused(error.status, error.reason)
        except NotAdmitted as error:
            log.warning("not_admitted", status=error.status, reason=error.reason)
            return _refused(error.status, "not admitted")
        except Unavailable as error:
            log.warning("gate_closed", reason=str(error))
            return _refused(503, "try again", {"Retry-After": str(round(error.retry_after or 5))})
        try:
            response = await self.adapter.process(raw, claims, self.app_id)
        except Unanswered:
            return _refused(500, "failed")
        if response is None:
            return web.Response()
        if response.body is None:
            return web.Response(status=response.status)
        return web.Response(status=response.status, body=json.dumps(response.body).encode(), content_type=JSON)


def _authorization(request: web.Request) -> str:
    """Return the header, or nothing where there are two: who stands before us may have looked at the other one."""
    told = request.headers.getall("Authorization", [])
    return told[0] if len(told) == 1 else ""


async def read(request: web.Request, reading: float = READING) -> bytes:
    """Read a body piece by piece, and not further than it may be long. Raises `Unreadable`."""
    if request.content_type != JSON:
        raise Unreadable(415, "the body must be application/json")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable(415, "the body must not be packed")
    if (request.content_length or 0) > LARGEST:
        raise Unreadable(413, "the body is too large")
    body = bytearray()
    try:
        if request.content.is_eof():  # all of it came with the headers, as it mostly does: nothing to wait for
            return _bounded(await request.content.readany())
        async with asyncio.timeout(reading):
            async for piece in request.content.iter_any():
                body += _bounded(piece, len(body))
    except TimeoutError:
        raise Unreadable(408, "the body did not arrive") from None
    except (ConnectionError, web.RequestPayloadError):
        raise Unreadable(400, "the body broke off") from None
    return bytes(body)


def _bounded(piece: bytes, before: int = 0) -> bytes:
    if before + len(piece) > LARGEST:
        raise Unreadable(413, "the body is too large")
    return piece


def parsed(body: bytes) -> dict[str, Any]:
    """Return the activity in a body. Raises `Unreadable`."""
    try:
        activity = _DECODER.decode(body.decode("utf-8"))
    except RecursionError:
        raise Unreadable(400, "the body is nested too deep") from None
    except ValueError:
        raise Unreadable(400, "the body is not JSON") from None
    if not isinstance(activity, dict):
        raise Unreadable(400, "the body is not an object")
    if not isinstance(activity.get("type"), str) or not activity["type"]:
        raise Unreadable(400, "the activity has no type")
    if body.count(b"{") + body.count(b"[") > DEEPEST and not _shallow(activity):
        raise Unreadable(400, "the body is nested too deep")
    if HALVES.search(body):
        activity = {name: _kept(part) for name, part in activity.items()}
    return activity


def _kept(part: Any) -> Any:
    """Return JSON with a mark in place of what can be kept nowhere: noughts and halves of characters."""
    match part:
        case str():
            return part.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
        case list():
            return [_kept(one) for one in part]
        case dict():
            return {_kept(name): _kept(one) for name, one in part.items()}
        case _:
            return part


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_constant)


def _shallow(activity: dict[str, Any]) -> bool:
    """Say whether nothing is nested deeper than any card is; level by level, so that depth costs no stack."""
    level: list[Any] = [activity]
    for _ in range(DEEPEST):
        level = [
            part
            for node in level
            for part in (node.values() if isinstance(node, dict) else node)
            if isinstance(part, dict | list)
        ]
        if not level:
            return True
    return False


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": reason}, status=status, headers=headers)
