"""What comes of a press: the bot's answers to invokes read as Teams reads them, anything odd being an error."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from playground.teams.delivery import Answer

Json = dict[str, Any]
Kind = Literal["none", "card", "toast", "error", "invalid", "dialog", "closed", "popup", "open", "login", "signed"]
WRONG = "Something went wrong. Please try again."
UNREACHABLE = "Unable to reach app. Please try again."
_CARD = "application/vnd.microsoft.card.adaptive"
_MESSAGE = "application/vnd.microsoft.activity.message"
_LOGIN = "application/vnd.microsoft.activity.loginRequest"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result, for the screen or for a test; which fields are filled follows from `kind`."""

    kind: Kind
    text: str = ""
    card: Json | None = None
    dialog: Json | None = None
    oauth: Json | None = None
    url: str = ""
    status: int = 0

    def wire(self) -> Json:
        return {
            "kind": self.kind,
            "text": self.text,
            "card": self.card,
            "dialog": self.dialog,
            "oauth": self.oauth,
            "url": self.url,
        }


def failed(answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome("error", UNREACHABLE)
    return Outcome("error", WRONG, status=answer.status)


def of_action(answer: Answer | None) -> Outcome:
    """Universal Actions: HTTP 200 around a status of its own."""
    if answer is None or answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
        return failed(answer)
    kind, status = answer.body.get("type"), answer.body.get("statusCode")
    value = answer.body.get("value")
    if status == HTTPStatus.OK and kind == _CARD and isinstance(value, dict):
        return Outcome("card", card=value, status=200)
    if status == HTTPStatus.OK and kind == _MESSAGE and isinstance(value, str):
        return Outcome("toast", value, status=200)
    if status == HTTPStatus.UNAUTHORIZED and kind == _LOGIN and isinstance(value, dict):
        return Outcome("login", oauth=value.get("content", value), status=401)
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        return Outcome("error", value["message"], status=status if isinstance(status, int) else 0)
    return Outcome("error", WRONG, status=status if isinstance(status, int) else 0)


def of_task(answer: Answer | None) -> Outcome:
    """Dialogs: go on with another page, end with a word, or just end."""
    if answer is None or answer.status != HTTPStatus.OK:
        return failed(answer)
    if not answer.body:
        return Outcome("closed", status=200)
    task = answer.body.get("task") if isinstance(answer.body, dict) else None
    match task:
        case None:
            return Outcome("closed", status=200)
        case {"type": "message", "value": str(text)}:
            return Outcome("toast", text, status=200)
        case {"type": "continue", "value": dict(value)}:
            return _continued(value)
        case _:
            return failed(answer)


def _continued(value: Json) -> Outcome:
    card = value.get("card")
    page = {key: value[key] for key in ("title", "width", "height", "url") if value.get(key) is not None}
    if isinstance(card, dict):
        page["card"] = card.get("content", card)
    if "card" not in page and "url" not in page:
        return Outcome("error", WRONG)
    return Outcome("dialog", str(page.get("title", "")), dialog=page, status=200)
