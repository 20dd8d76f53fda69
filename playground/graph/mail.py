"""Mail: sendMail, which takes a message and answers with nothing: https://learn.microsoft.com/graph/api/user-sendmail."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from playground.graph.refusals import RefusedByGraph, bad
from playground.graph.users import body
from playground.tenant.mails import Mail
from playground.world import World

Json = dict[str, Any]
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Exchange:
    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, request: web.Request) -> web.Response:
        sender, wish = request.match_info["user"], await body(request)
        person = self._world.people.find(sender)
        if sender.casefold() not in self._world.graph.mails.boxes and person is None:
            raise RefusedByGraph(404, "ErrorInvalidUser", f"The requested user '{sender}' is invalid.")
        wish = {name[:1].lower() + name[1:]: value for name, value in wish.items()}  # its names are taken either way
        if not isinstance(wish.get("saveToSentItems", True), bool) or not isinstance(wish.get("message"), dict):
            raise bad("The message is missing, or cannot be read.", code="ErrorInvalidRequest")
        self._world.graph.mails.taken.append(self._read(sender, wish["message"]))
        return web.Response(status=202)

    def _read(self, sender: str, message: Json) -> Mail:
        told = message.get("body") or {}
        if str(told.get("contentType", "")).casefold() not in {"text", "html"}:
            raise bad("The body has no content type that is known.", code="ErrorInvalidRequest")
        to = tuple(str((one.get("emailAddress") or {}).get("address", "")) for one in message.get("toRecipients") or ())
        if not to or not all(_ADDRESS.fullmatch(one) for one in to):
            raise bad("At least one recipient isn't valid.", code="ErrorInvalidRecipients")
        subject, text = str(message.get("subject", "")), str(told.get("content", ""))
        return Mail(self._world.clock.now(), sender, to, subject, text)
