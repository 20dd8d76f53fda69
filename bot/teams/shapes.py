"""Shapes: what clients write in different ways, brought to one way before anything of it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

Json = Mapping[str, Any]

HTML: Final = "text/html"
VERSION, OURS = "v", frozenset({"verb", "id", "kind", "msteams"})  # what we put into a button
LONGEST: Final = 16 * 1024  # characters of markup that are looked at
WHOLE: Final = re.compile(r"-?[0-9]{1,9}")
# A reply brings along what it answers, and a mention is marked up; neither is what was typed.
QUOTED: Final = re.compile(r"<blockquote\b[^<>]{0,300}\bReply\b.*?</blockquote>", re.DOTALL | re.IGNORECASE)
MENTION: Final = re.compile(r"<(at|span)\b[^<>]{0,300}>([^<>]{1,100})</\1>", re.IGNORECASE)


def shaped(activity: Json) -> Json:
    """Return an activity with its data as an object of texts, and with its words in `text`.

    Only what came as data becomes data: a button's that stands in a text stays a text, and is nobody's speech. So does
    a text where data should be, beside words: a form and a button send none.
    """
    value = activity.get("value")
    if isinstance(value, str) and not value.strip():
        activity = {**activity, "value": None}
    elif isinstance(value, str) and not _said(activity):
        activity = {**activity, "value": _parsed(value)}
    value = activity.get("value")
    if isinstance(value, dict):
        return {**activity, "value": _value(value)}
    return {**activity, "text": _markup(activity)} if value is None and not _said(activity) else activity


def plain(data: Json) -> Json:
    """Return a button's data with its version as a number, and as texts all that was filled in beside it.

    What has no value was not filled in.
    """
    return {name: _read(name, part) for name, part in data.items() if part is not None}


def _value(value: Json) -> Json:
    """Unpack what some clients pack twice: the action, and the data of an action or a form."""
    action, data = _object(value.get("action")), _object(value.get("data"))
    if isinstance(action, dict):
        action = {**action, "data": _object(action.get("data"))}
    return {**value, **({"action": action} if "action" in value else {}), **({"data": data} if "data" in value else {})}


def _object(part: Any) -> Any:
    return _parsed(part) if isinstance(part, str) else part


def _parsed(text: str) -> Any:
    """Return the object a text is written as; the text itself where it is none."""
    try:
        found = json.loads(text, parse_constant=_constant)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read(name: str, part: Any) -> Any:
    if name == VERSION:
        return int(part) if isinstance(part, str) and WHOLE.fullmatch(part) else part
    return part if name in OURS else _text(part)


def _text(part: Any) -> Any:
    match part:
        case bool():
            return "true" if part else "false"
        case int():
            return str(part)
        case float():
            return str(int(part)) if part.is_integer() else str(part)
        case list() if all(isinstance(one, str) for one in part):
            return ",".join(part)
        case _:
            return part


def _said(activity: Json) -> bool:
    text = activity.get("text")
    return isinstance(text, str) and bool(text.strip())


def _markup(activity: Json) -> str:
    """Return the words of a message that has them in its markup alone, without the mention of the bot."""
    attachments = activity.get("attachments")
    for one in attachments if isinstance(attachments, list) else []:
        content = one.get("content") if isinstance(one, dict) and one.get("contentType") == HTML else None
        if isinstance(content, str) and content.strip():
            return _unmentioned(activity, QUOTED.sub(" ", content[:LONGEST]))
    return ""


def _unmentioned(activity: Json, words: str) -> str:
    bot = activity.get("recipient")
    name = bot.get("name") if isinstance(bot, dict) else None
    return MENTION.sub(lambda found: " " if found[2].strip() == name else found[0], words)
