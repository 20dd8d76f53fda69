"""What one person sees of a message; a card shown to them alone replaces the one everybody got."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from playground.teams.chats import Message

Json = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
OAUTH = "application/vnd.microsoft.card.oauth"
_TEXTS = ("text", "title", "value", "label", "altText", "errorMessage", "placeholder")
LINK: Final = re.compile(r"\[([^]]*)\]\(https://[^)]*\)")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on one person's screen."""

    id: str
    chat: str
    thread: str
    sender: str
    at: datetime
    text: str
    summary: str
    format: str
    attachments: tuple[Json, ...]
    suggestions: tuple[Json, ...]
    version: int
    edited: bool
    deleted: bool
    signin: str

    @property
    def cards(self) -> list[Json]:
        return [a["content"] for a in self.attachments if a.get("contentType") == ADAPTIVE]

    @property
    def oauth(self) -> Json | None:
        return next((a["content"] for a in self.attachments if a.get("contentType") == OAUTH), None)

    @property
    def words(self) -> str:
        """Everything there is to read: the text and every visible string of the cards; of a link, its name."""
        said = [self.text] if self.text else []
        for attachment in self.attachments:
            said += strings(attachment.get("content"))
        return LINK.sub(r"\1", "\n".join(said))

    def wire(self) -> Json:
        return {
            "id": self.id,
            "chat": self.chat,
            "thread": self.thread,
            "sender": self.sender,
            "at": self.at.isoformat(),
            "text": self.text,
            "summary": self.summary,
            "format": self.format,
            "attachments": list(self.attachments),
            "suggestions": list(self.suggestions),
            "version": self.version,
            "edited": self.edited,
            "deleted": self.deleted,
            "signin": self.signin,
        }


def strings(node: Any) -> Iterator[str]:
    """The visible strings of a card, in reading order."""
    if isinstance(node, list):
        for item in node:
            yield from strings(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _TEXTS and isinstance(value, str):
                yield value
            elif key not in {"data", "fallback", "refresh", "msteams", "tokenExchangeResource"}:
                yield from strings(value)


def see(message: Message, person: str) -> Seen:
    activity = message.activity
    attachments = [dict(item) for item in activity.get("attachments") or [] if _shown(item)]
    if view := message.views.get(person):
        place = next((n for n, a in enumerate(attachments) if a.get("contentType") == ADAPTIVE), None)
        if place is not None:
            attachments[place] |= {"content": view}
    suggested = (activity.get("suggestedActions") or {}).get("actions") or []
    return Seen(
        id=message.id,
        chat=message.chat,
        thread=message.thread,
        sender=message.sender,
        at=message.at,
        text=str(activity.get("text") or ""),
        summary=str(activity.get("summary") or ""),
        format=activity.get("textFormat") or "markdown",
        attachments=tuple(attachments),
        suggestions=tuple(suggested),
        version=message.version,
        edited=message.edited,
        deleted=message.deleted,
        signin=message.signin.get(person, ""),
    )


def _shown(attachment: Json) -> bool:
    """A person's own message carries its HTML twin for the bot; nobody sees that twice."""
    return attachment.get("contentType") != "text/html"
