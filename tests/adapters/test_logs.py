"""What gets into a log, and what never does; and the clock the log and all else tells."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Secret
from bot.process import clock, logs
from bot.process.clock import SystemClock

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """A log that is a string; what logging was set to before comes back."""
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**settings)


def _lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_name(out: io.StringIO) -> None:
    structlog.get_logger("bot.test").info("asked", kind="tap", count=2)
    (line,) = _lines(out)
    assert {k: line[k] for k in ("event", "level", "logger", "kind", "count")} == {
        "event": "asked",
        "level": "info",
        "logger": "bot.test",
        "kind": "tap",
        "count": 2,
    }
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


SECRET_KEYS = (
    *("token", "access_token", "idToken", "client_secret", "app_secret", "Password", "temporaryAccessPass", "code"),
    *("assertion", "client-assertion", "Authorization", "Set-Cookie", "cookie"),
)


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_known_secrets_are_redacted_however_deep(out: io.StringIO, key: str) -> None:
    structlog.get_logger("t").info("x", **{key: "hunter2"})
    structlog.get_logger("t").info("x", inner={"list": [{key: "hunter2"}]})
    assert "hunter2" not in out.getvalue()
    assert len(_lines(out)) == 2


def test_a_secret_value_is_refused(out: io.StringIO) -> None:
    structlog.get_logger("t").info("x", shown=Secret("hunter2"), many=[Secret("hunter2")])
    assert "hunter2" not in out.getvalue()
    assert _lines(out)[0]["shown"] == logs.GONE


def test_tokens_inside_texts_are_redacted(out: io.StringIO) -> None:
    structlog.get_logger("t").warning(f"sent Bearer {JWT} away", why=f"got {JWT}, sorry")
    logging.getLogger("library").warning("GET /callback?code=%s&state=abc", "hunter2")
    text = out.getvalue()
    assert "eyJ" not in text
    assert "hunter2" not in text
    assert "sorry" in text


PIECES = (
    "eyJhbGciOi",
    ".eyJzdWIi.",
    "bEaRer ",
    "abcdefgh",
    "code",
    "=",
    "client_secret=x",
    "\x00",
    "\u202e",
    " ",
    "ü",
    "&",
)


@given(st.lists(st.sampled_from(PIECES), max_size=6))
def test_what_looks_harmless_at_a_glance_is(pieces: list[str]) -> None:
    text = "".join(pieces)
    searched = logs._redacted(logs._CONTROL.sub(" ", text))
    assert logs.clean(None, "info", {"why": text}) == {"why": searched}


def test_a_line_that_cannot_be_written_fails_nothing(out: io.StringIO) -> None:
    log = structlog.get_logger("t")
    log.info("x", name="half a surrogate \ud800")
    out.close()
    log.info("y")


def test_an_access_line_says_what_and_how_long_but_not_who(out: io.StringIO) -> None:
    access, request = logs.AccessLog(logging.getLogger("x"), ""), make_mocked_request("GET", "/step-up/start?t=hunter2")
    access.log(request, web.Response(status=404), 0.0123)
    access.log(make_mocked_request("GET", "/healthz"), web.Response(), 0.1)
    (line,) = _lines(out)
    told = {
        "method": "GET",
        "path": "/step-up/start",
        "status": 404,
        "ms": 12.3,
        "event": "request",
        "logger": "access",
    }
    assert line == {**told, "level": "info", "timestamp": line["timestamp"]}
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


def test_an_access_line_is_clean_and_keeps_to_the_level(out: io.StringIO) -> None:
    access = logs.AccessLog(logging.getLogger("x"), "")
    access.log(make_mocked_request("GET", f"/x%0A{JWT}%E2%80%AE"), web.Response(), 0.1)
    (line,) = _lines(out)
    assert JWT not in out.getvalue()
    assert line["path"].isprintable()
    logs.configure("warning", stream=out)
    logs.AccessLog(logging.getLogger("x"), "").log(make_mocked_request("GET", "/x"), web.Response(), 0.1)
    logs.configure("info", stream=out, pretty=True)
    logs.AccessLog(logging.getLogger("x"), "").log(make_mocked_request("GET", "/pretty"), web.Response(), 0.1)
    plain, *pretty = out.getvalue().splitlines()
    assert json.loads(plain) == line
    assert len(pretty) == 1
    assert "/pretty" in pretty[0]
    assert not pretty[0].startswith("{")


def test_control_characters_do_not_get_through(out: io.StringIO) -> None:
    structlog.get_logger("t").info("x", name="Ann\r\n\x1b[31m{fake}\u202egnp\u2028\x9b", ke={"in\nner": "a\x00b"})
    logging.getLogger("library").error("one\ntwo %s", "three\x1b[0m")
    for line in _lines(out):
        assert all(c.isprintable() for c in line["event"] + str(line.get("name", "")))


def test_the_standard_library_and_exceptions_come_out_the_same_way(out: io.StringIO) -> None:
    try:
        int(JWT)
    except ValueError:
        logging.getLogger("library").exception("it broke")
        structlog.get_logger("t").exception("ours broke")
    first, second = _lines(out)
    for line in (first, second):
        assert "ValueError" in line["exception"]
        assert "eyJ" not in line["exception"]
    assert first["event"] == "it broke"


def test_chatty_libraries_are_quiet(out: io.StringIO) -> None:
    for name in ("httpx", "msal", "azure.core", "botbuilder.core", "urllib3.connectionpool"):
        logging.getLogger(name).info("a URL with everything in it")
    assert out.getvalue() == ""


def test_pretty_for_a_terminal_is_clean_as_well() -> None:
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    try:
        logs.configure("info", stream=stream, pretty=True)
        structlog.get_logger("t").info("hello", token="hunter2", name="a\x1b[31mb")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**settings)
    assert "hello" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert "a\x1b[31mb" not in stream.getvalue()


def test_the_clock_tells_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta()
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_time_file_shifts_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_GLANCE", 0.0)
    file = tmp_path / "clock"
    shifted = SystemClock(str(file))
    assert abs(shifted.now() - datetime.now(UTC)) < timedelta(seconds=5)  # nobody has written it yet
    file.write_text("3600.5")
    assert timedelta(seconds=3590) < shifted.now() - datetime.now(UTC) < timedelta(seconds=3610)
    for odd in ("", "soon", "nan", "1e400"):
        file.write_text(odd)
        assert timedelta(seconds=3590) < shifted.now() - datetime.now(UTC) < timedelta(seconds=3610)
