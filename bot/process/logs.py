"""Logs: JSON lines on standard output; no secret, no token and no control character gets into one."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Protocol

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import Processor

from bot.core.model import Secret
from bot.process import metrics
from bot.process.sink import Sink

GONE: Final = "[redacted]"
_QUIET: Final = ("aiohttp", "asyncio", "azure", "botbuilder", "botframework", "httpcore", "httpx", "kiota_http")
_QUIET_TOO: Final = ("msal", "msgraph", "msrest", "opentelemetry", "procrastinate", "psycopg", "urllib3")
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_EXACT: Final = frozenset({"code", "flow", "pass", "activity", "body", "claims", "headers", "value"})
_ENDINGS: Final = ("token", "secret", "password", "passwd", "assertion", "authorization", "cookie", "cookies")
_PLAIN: Final = (int, float, bool, type(None))
_PASS: Final = "temporaryaccesspass"  # noqa: S105 - the name of Graph's field
# Control characters, and those that turn the direction of text: a terminal or a reader would be led astray.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){1,3}|(?i:\bbearer\s+)[\w.~+/=-]{8,}")
_QUERY: Final = re.compile(r"(?i)\b(code|state|client_secret|password|assertion|access_token|id_token)=[^&\s\"']+")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


class Stream(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


class LineWriter:
    """Writes what one part of the program says; a line that cannot be written must not fail what it tells of."""

    __slots__ = ("_out", "name")

    def __init__(self, out: Stream, name: str) -> None:
        self._out = out
        self.name = name

    def debug(self, line: str) -> None:
        try:
            self._out.write(f"{line}\n")
            self._out.flush()
        except (OSError, ValueError):  # closed, full, or unable to write these characters
            return

    info = warning = error = critical = debug


def aside(level: str) -> Sink:
    """Log to standard output by way of a sink, so that nothing waits for who reads it; whoever ends closes the sink."""
    sink = Sink(sys.stdout.fileno(), _dropped)
    configure(level, stream=sink, pretty=sys.stdout.isatty())
    return sink


def _dropped(count: int) -> None:
    metrics.dropped(count)
    structlog.get_logger(__name__).error("log_lines_dropped", count=count)


def configure(level: str, *, stream: Stream | None = None, pretty: bool = False) -> None:
    """Send structlog and the standard library's logging to `stream`; pretty where a person reads along."""
    out = stream or sys.stdout
    said: list[Processor] = [structlog.processors.StackInfoRenderer(), structlog.processors.format_exc_info, clean]
    signed: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _renderer(pretty=pretty or (stream is None and sys.stdout.isatty()))
    structlog.configure(
        processors=[*said, *signed, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *name: LineWriter(out, *name),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*said, *signed], processors=last))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in (*_QUIET, *_QUIET_TOO):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _renderer(*, pretty: bool) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return _line


def _line(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    return _ENCODER.encode(event)


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
        return value if _harmless(value) else _redacted(_CONTROL.sub(" ", value))
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", one) for one in value]
    return value if isinstance(value, _PLAIN) else _redacted(_CONTROL.sub(" ", str(value)))


def _lines(value: object) -> str:
    return _redacted(_CONTROL_BUT_LINES.sub(" ", str(value)))


def _harmless(text: str) -> bool:
    """Say at a glance that none of the expressions above would find anything."""
    odd = "=" in text or "eyJ" in text or "bearer" in text.lower()
    return not odd and text.isascii() and text.isprintable()


def _redacted(text: str) -> str:
    return _QUERY.sub(rf"\1={GONE}", _TOKEN.sub(GONE, text))


@lru_cache(1024)
def _secret(key: str) -> bool:
    plain = key.lower().replace("_", "").replace("-", "")
    return plain in _EXACT or plain.endswith(_ENDINGS) or _PASS in plain


class ServerLog(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp says of its connections; of bytes that are no HTTP it would quote a piece, maybe of a body."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            structlog.get_logger("access").warning("not_http", error=type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)


class AccessLog(AbstractAccessLogger):
    """One line a request: method, path without its query, status, milliseconds. Who asked is left out.

    It is the line that structlog would write, but what is the same from request to request is made once.
    """

    def __init__(self, logger: logging.Logger, log_format: str) -> None:
        super().__init__(logger, log_format)
        self._log = structlog.get_logger("access").bind()
        said = structlog.get_config()
        self._out = said["logger_factory"]("access") if said["processors"][-1] is _line else None

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        path, ms = request.path, round(time * 1000, 1)
        if path in _PROBES or self._out is None or not self._log.is_enabled_for(logging.INFO):
            tell = self._log.debug if path in _PROBES else self._log.info
            tell("request", method=request.method, path=path[:200], status=response.status, ms=ms)
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
        self._out.info(f'{_head(request.method, path[:200], response.status)}, "ms": {ms}, "timestamp": "{now}Z"}}')


@lru_cache(256)
def _head(method: str, path: str, status: int) -> str:
    """Return the line of a request up to what is its alone."""
    told = {"event": "request", "method": method, "path": path, "status": status, "logger": "access", "level": "info"}
    return _ENCODER.encode(clean(None, "info", told))[:-1]
