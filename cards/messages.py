"""Messages: the activities cards travel in, and the sign-in prompt Teams itself draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.core.answers import SecretShown
from bot.core.ports import SignIn
from cards.elements import plain
from cards.secret import secret_in_chat
from cards.texts import text
from cards.view import View
from cards.words import bare, own

ADAPTIVE: Final = "application/vnd.microsoft.card.adaptive"
OAUTH: Final = "application/vnd.microsoft.card.oauth"
CONNECTION: Final = "vouchsafe"  # no connection of the Bot Service: the desk answers the exchange itself


def message(card: Mapping[str, object], summary: str) -> dict[str, Any]:
    """Return the activity that posts a card; `summary` is what a notification shows, so it never holds a result."""
    attachment = {"contentType": ADAPTIVE, "content": card}
    return {"type": "message", "summary": summary, "attachments": [attachment]}


def line(words: str) -> dict[str, Any]:
    """Return the activity that says a line, which no client reads as Markdown."""
    return {"type": "message", "textFormat": "plain", "text": words}


def prompt(sign_in: SignIn, view: View, *, resource: str) -> dict[str, Any]:
    """Return the sign-in prompt, by which Teams hands over the token of an approver who wants to look.

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/authentication/bot-sso-overview
    """
    said = text("prompt.look", view.language)
    content = {
        "text": said,
        "connectionName": CONNECTION,
        "tokenExchangeResource": {"id": sign_in.id, "uri": resource},
        "buttons": [{"type": "signin", "title": text("button.sign_in", view.language), "value": view.link}],
    }
    return {"type": "message", "summary": said, "attachments": [{"contentType": OAUTH, "content": content}]}


def secret_message(answer: SecretShown, view: View) -> dict[str, Any]:
    """Return the private message that holds a secret until it is hidden."""
    summary = bare(view, own(answer.request.kind, "secret.summary"))
    return message(plain(secret_in_chat(answer, view)), summary)
