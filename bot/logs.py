"""Logs: JSON lines on standard output; no secret, no token and no control character gets into one."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from structlog.typing import Processor

from bot.core.model import Secret

GONE: Final = "[redacted]"
_QUIET: Final = ("aiohttp", "asyncio", "azure", "botbuilder", "botframework", "httpcore", "httpx", "kiota_http")
_QUIET_TOO: Final = ("msal", "msgraph", "msrest", "opentelemetry", "procrastinate", "psycopg", "urllib3")
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_EXACT: Final = frozenset({"code", "flow", "pass", "activity", "body", "claims", "headers", "value"})
_ENDINGS: Final = ("token", "secret", "password", "passwd", "assertion", "authorization", "cookie", "cookies")
_PASS: Final = "temporaryaccesspass"  # noqa: S105 - the name of Graph's field
# Control characters, and those that turn the direction of text: a terminal or a reader would be led astray.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){1,3}|(?i:\bbearer\s+)[\w.~+/=-]{8,}")
_QUERY: Final = re.compile(r"(?i)\b(code|state|client_secret|password|assertion|access_token|id_token)=[^&\s\"']+")


def configure(level: str, *, stream: TextIO | None = None, pretty: bool | None = None) -> None:
    """Send structlog and the standard library's logging to `stream`; pretty where a person reads along."""
    out = stream or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        clean,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    renderer = _renderer(pretty=out.isatty() if pretty is None else pretty)
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in (*_QUIET, *_QUIET_TOO):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _renderer(*, pretty: bool) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def clean(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of a log entry what must not be in one."""
    for key, value in event.items():
        if key.startswith("_"):  # structlog's own record and its origin
            continue
        event[key] = _lines(value) if key in {"exception", "stack"} else _clean(key, value)
    return event


def _clean(key: str, value: object) -> object:
    if isinstance(value, Secret) or _secret(key):
        return GONE
    if isinstance(value, str):
        return _redacted(_CONTROL.sub(" ", value))
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", one) for one in value]
    return value if isinstance(value, int | float | bool | None) else _redacted(_CONTROL.sub(" ", str(value)))


def _lines(value: object) -> str:
    return _redacted(_CONTROL_BUT_LINES.sub(" ", str(value)))


def _redacted(text: str) -> str:
    return _QUERY.sub(rf"\1={GONE}", _TOKEN.sub(GONE, text))


def _secret(key: str) -> bool:
    plain = key.lower().replace("_", "").replace("-", "")
    return plain in _EXACT or plain.endswith(_ENDINGS) or _PASS in plain


class AccessLog(AbstractAccessLogger):
    """One line a request: method, path without its query, status, milliseconds. Who asked is left out."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        level = logging.DEBUG if request.path in _PROBES else logging.INFO
        structlog.get_logger("access").log(
            level,
            "request",
            method=request.method,
            path=request.path[:200],
            status=response.status,
            ms=round(time * 1000, 1),
        )
