"""Addresses: the SDK's templates of them, each read once; what it would expand to, without reading it every time.

Only what the SDK's own templates are made of is known here (RFC 6570: `{+base}`, `{name}`, `{?names}`); any other
template, and any other value, is expanded as the SDK does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from kiota_abstractions.request_information import RequestInformation

BASE: Final = "baseurl"
_START: Final = f"{{+{BASE}}}"
_AS_IT_IS: Final = "%:/?#[]@!$&'()*+,;="  # in a URL that is put together already
_NAMES: Final = (("%24", "$"), ("%2E", "."), ("%2D", "-"), ("%7E", "~"))
_OPERATORS: Final = frozenset("+#./;?&=,!@|*:")


@dataclass(frozen=True, slots=True)
class Template:
    """What comes behind the base: pieces of a path, each with the parameter behind it, and names of the query."""

    path: tuple[tuple[str, str], ...]
    end: str
    query: tuple[tuple[str, str], ...]

    def filled(self, base: str, path: Mapping[str, Any], query: Mapping[str, Any]) -> str | None:
        """Return the address; None where a value is of a sort that is not written here."""
        parts = [base]
        for literal, name in self.path:
            value = _written(path.get(name))
            if not value:
                return None
            parts += literal, value
        parts.append(self.end)
        mark = "?"
        for name, shown in self.query:
            asked = path[name] if name in path else query.get(name)
            if asked is None:
                continue
            value = _written(asked)
            if value is None:
                return None
            parts += mark, shown, value
            mark = "&"
        return "".join(parts)


def address(asked: RequestInformation, base: str) -> str:
    """Return where a request goes: as Graph documents it, `$select` and not `%24select`, and nothing but a URL."""
    path = asked.path_parameters
    if path and asked.RAW_URL_KEY not in path and asked.url_template:  # one that was given its address has none
        template = read(asked.url_template)
        found = template.filled(base, path, asked.query_parameters) if template is not None else None
        if found is not None:
            return found
    path[BASE] = base
    return documented(asked.url)


@lru_cache(maxsize=256)
def read(template: str) -> Template | None:
    """Read a template; None for one that is made of anything else than the SDK's are today."""
    if not template.startswith(_START):
        return None
    whole, mark, names = template.removeprefix(_START).partition("{?")
    if mark and not names.endswith("}"):
        return None
    *pieces, end = whole.split("}")
    path = tuple((literal, name) for literal, _, name in (piece.partition("{") for piece in pieces))
    asked = tuple(names.removesuffix("}").split(",")) if mark else ()
    if not all(map(_plain, [*(name for _, name in path), *asked])) or not _literal(end, *(text for text, _ in path)):
        return None
    return Template(path, end, tuple((name, f"{_decoded(name)}=") for name in asked))


def _plain(name: str) -> bool:
    return bool(name) and not set(name) & (_OPERATORS | set("{}"))


def _literal(*texts: str) -> bool:
    """Whether pieces of a path stay as they are."""
    return all(text.isascii() and "{" not in text and quote(text, safe=_AS_IT_IS) == text for text in texts)


def _written(value: object) -> str | None:
    """Return a value as it stands in a URL; None for what is none of texts, numbers, yes, no and lists of texts."""
    match value:
        case str():
            return quote(value, safe="")
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list() if value and all(type(one) is str for one in value):
            return ",".join([quote(one, safe="") for one in value])
        case _:
            return None


def documented(url: str) -> str:
    """Write a URL as Graph documents it, and with nothing that is not in a URL."""
    path, mark, query = url.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    named = "&".join(f"{_decoded(name)}{equals}{value}" for name, equals, value in pairs)
    return quote(f"{path}{mark}{named}", safe=_AS_IT_IS)


def _decoded(name: str) -> str:
    if "%" in name:
        for code, character in _NAMES:
            name = name.replace(code, character).replace(code.lower(), character)
    return name
