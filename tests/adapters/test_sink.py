"""A log whose reader stops: nobody waits for it, what does not fit is counted, and what waits at the end goes out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from bot.process.sink import Sink

PIPE = 64 * 1024  # what a pipe holds on Linux


class Log:
    """A pipe, the sink before it, and what the sink said of dropped lines."""

    def __init__(self, most: int) -> None:
        self.reader, self.writer = os.pipe()
        self.lost: list[int] = []
        self.told = threading.Event()
        self.seen = bytearray()
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.sink = Sink(self.writer, self._dropped, most=most)

    def _dropped(self, count: int) -> None:
        self.lost.append(count)
        self.told.set()

    def _read(self) -> None:
        while some := os.read(self.reader, PIPE):
            self.seen += some

    def read(self) -> str:
        """Return all that comes until nobody writes any more."""
        os.close(self.writer)
        self.writer = -1
        if self.reading.ident is None:
            self.reading.start()
        self.reading.join(30)
        assert not self.reading.is_alive()
        return self.seen.decode()

    def close(self) -> None:
        for one in (self.reader, self.writer):
            if one >= 0:
                os.close(one)


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log(most=4 * PIPE)
    yield made
    made.close()


def test_lines_go_out_whole_and_in_order(log: Log) -> None:
    lines = [f"line {number} ü\n" for number in range(500)]
    for line in lines:
        assert log.sink.write(line) == len(line)
    log.sink.close(5)
    assert log.read() == "".join(lines)
    assert log.lost == []


def test_nobody_waits_for_a_reader_that_stopped_and_what_was_dropped_is_told(log: Log) -> None:
    line = "x" * 1023 + "\n"
    written = [log.sink.write(line) for _ in range(1000)]  # a megabyte: the pipe and the sink hold a third of it
    assert written == [1024] * 1000
    log.reading.start()
    assert log.told.wait(30)
    log.sink.write("after\n")
    log.sink.close(5)
    text = log.read()
    assert text.endswith("after\n")
    assert log.lost == [1000 - text.count(line)]
    assert 4 * PIPE <= text.count(line) * 1024 <= 5 * PIPE + 1024


def test_the_end_does_not_wait_for_a_reader_that_stopped(log: Log) -> None:
    log.sink.write("x" * 2 * PIPE)
    log.sink.close(0.05)
    assert log.sink.write("late\n") == 5
    os.set_blocking(log.reader, False)
    assert "late" not in os.read(log.reader, PIPE).decode()


def test_a_reader_that_went_away_fails_nothing(log: Log) -> None:
    os.close(log.reader)
    log.sink.write("nobody hears this\n")
    log.sink.close(5)
    log.reader = -1
    assert log.lost == []


def test_a_descriptor_that_takes_nothing_just_now_is_asked_again(log: Log) -> None:
    os.set_blocking(log.writer, False)
    log.sink.write("x" * 3 * PIPE)
    time.sleep(0.05)
    log.reading.start()
    log.sink.close(30)
    assert log.read() == "x" * 3 * PIPE


ENDING = """
import sys
from bot.process import logs
import structlog
sink = logs.aside("info")
structlog.get_logger("t").info("last words")
structlog.get_logger("t").info("x" * 200_000)
sink.leave(3)
"""


def test_a_process_that_leaves_at_once_says_its_last_words_and_ends_though_nobody_reads_on() -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDING], stdout=subprocess.PIPE)
    try:
        assert process.wait(30) == 3
        assert process.stdout is not None
        assert b'"event": "last words"' in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()
