"""A playground for each story, seats for its people, and the canary that looks for secrets after each one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, async_playwright

from bot.store import grants
from bot.store.schema import migrate
from playground import postgres
from playground.server import Play, playground
from tests.stories.canary import leaks
from tests.stories.seat import Seat, chromium

READY = "story"
SCRIPTS = Path(__file__).parents[2] / ".playground" / "npm"  # fetched once for all tests, and for `make try`

Take = Callable[..., Awaitable[Seat]]


@pytest.fixture(scope="session")
def data() -> Iterator[Path]:
    """One PostgreSQL for all stories, kept open between them; each has a copy of a database made ready once."""
    folder = Path(tempfile.mkdtemp(prefix="vouchsafe-stories-"))
    folder.chmod(0o755)  # the server runs as another user when the tests run as root
    try:
        url = postgres.start(folder / "postgres", database=READY)
        migrate(url)
        grants.grant(url, postgres.DESK)
        yield folder / "postgres"
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def setting() -> Mapping[str, object]:
    """How a story's playground differs from the usual one: `replicas`, `env`, `by_message`."""
    return {}


@pytest.fixture
async def play(data: Path, tmp_path: Path, setting: Mapping[str, object]) -> AsyncIterator[Play]:
    env = setting.get("env")
    async with playground(
        folder=tmp_path,
        replicas=int(str(setting.get("replicas", 1))),
        env=env if isinstance(env, dict) else {},
        record=tmp_path / "record",
        database=f"story_{uuid4().hex}",
        database_folder=data,
        like=READY,
        scripts=SCRIPTS,
    ) as started:
        await started.scripts.ready()
        yield started
        assert await leaks(started, tmp_path, by_message=bool(setting.get("by_message"))) == []


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def take(play: Play, browser: Browser) -> AsyncIterator[Take]:
    """Sit somebody down at a browser of their own."""
    seats: list[Seat] = []

    async def take(key: str, **how: str) -> Seat:
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        seats.append(await Seat.take(await context.new_page(), play, key, **how))
        return seats[-1]

    yield take
    for seat in seats:
        assert seat.trouble == [], f"{seat.key}'s browser complained"
        await seat.page.context.close()
