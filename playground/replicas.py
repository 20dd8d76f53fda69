"""Starts and stops the bot's processes; each one listens on loopback only and is told everything by environment."""

import asyncio
import ctypes
import os
import random
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from time import monotonic

import aiohttp

from playground.postgres import DESK

ROOT = Path(__file__).parent.parent  # app.py lies beside this package, in a clone as in a wheel: the same version
HOST = "127.0.0.1"
PORTS = (15_000, 32_000)  # below those that Linux, macOS and Windows give to connections
_READY = 60.0
_STOP = 15.0
_TAIL = 40
_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class NotStarted(RuntimeError):
    """A process of the bot ended or did not get ready; the text has the end of its log."""


@dataclass(slots=True)
class Replica:
    """One process of the bot; another version's has its code elsewhere and does not know every setting."""

    number: int
    port: int
    log: Path
    root: Path = ROOT
    env: Mapping[str, str] | None = None
    process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None


class Replicas:
    """All processes of the bot, numbered from 0."""

    def __init__(
        self, *, count: int, env: Mapping[str, str], cloud: Path, logs: Path, owner: Mapping[str, str] | None = None
    ) -> None:
        """`owner` is what the one who migrates is told besides: who owns the tables."""
        self.env = dict(env)
        self._owner = dict(owner or {})
        self._cloud = cloud
        self._logs = logs
        logs.mkdir(parents=True, exist_ok=True)
        for old in logs.glob("*.log"):
            old.unlink()
        self._route: Iterator[int] | None = None
        self.all = [Replica(n, free_port(), logs / f"bot-{n}.log") for n in range(count)]

    def urls(self) -> list[str]:
        """Where the running replicas are; or the one that is next on the route that was laid."""
        if self._route is not None:
            return [self.all[next(self._route)].url]
        return [replica.url for replica in self.all if replica.running]

    def route(self, *numbers: int) -> None:
        """Send each request to the next of these replicas, over and over; without any, as a balancer likes."""
        self._route = cycle(numbers) if numbers else None

    def add(self, *, root: Path, env: Mapping[str, str]) -> int:
        """One more, of the version whose code is at `root`; the number it has."""
        number = len(self.all)
        self.all.append(Replica(number, free_port(), self._logs / f"bot-{number}.log", root, env))
        return number

    async def migrate(self, root: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
        """Bring the database to the version whose code is at `root`; this one's also lets the bot's role in."""
        as_owner = {**self.env, **self._owner} if env is None else env
        await self._done(["migrate"], root, as_owner)
        if self._owner and env is None:
            await self._done(["grant", DESK], root, as_owner)

    async def _done(self, arguments: list[str], root: Path, env: Mapping[str, str]) -> None:
        log = self._logs / "migrate.log"
        process = await self._run(arguments, log=log, port=0, root=root, env=env)
        try:
            await asyncio.wait_for(process.wait(), _READY)
        except TimeoutError:
            process.kill()
        if process.returncode != 0:
            raise NotStarted(f"`vouchsafe {' '.join(arguments)}` failed; {tail(log)}")

    async def begin(self) -> None:
        await asyncio.gather(*(self.start(replica.number) for replica in self.all))

    async def start(self, number: int) -> None:
        """Start that replica and wait until it says that it is ready."""
        replica = self.all[number]
        if not replica.running:
            arguments = ["serve", "--cloud", str(self._cloud)]
            replica.process = await self._run(
                arguments, log=replica.log, port=replica.port, root=replica.root, env=replica.env
            )
            await self._ready(replica)

    async def kill(self, number: int) -> None:
        """The way a machine dies: at once and without a word."""
        process = self.all[number].process
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def stop(self) -> None:
        await asyncio.gather(*(self.end(replica.number) for replica in self.all))

    async def end(self, number: int) -> int | None:
        """Tell that replica to stop, and kill it when it does not; the exit code, if there was a process."""
        self.tell(number)
        return await self.gone(number)

    async def gone(self, number: int, *, patience: float = _STOP) -> int | None:
        """Wait until that replica has ended, and kill it when it does not; the exit code, if there was a process."""
        process = self.all[number].process
        if process is None:
            return None
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return process.returncode

    def tell(self, number: int, what: signal.Signals = signal.SIGTERM) -> None:
        """Send that replica a signal, without waiting."""
        process = self.all[number].process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(what)

    async def _run(
        self, arguments: list[str], *, log: Path, port: int, root: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        """A process of its own session: Ctrl-C is for the playground, which then ends its processes in order."""
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(root / "app.py"),
                *arguments,
                cwd=self._logs,
                env=self._environment(port, self.env if env is None else env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_bound,
            )

    def _environment(self, port: int, env: Mapping[str, str]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VOUCHSAFE_")}
        return {**own, "PYTHONUNBUFFERED": "1", "VOUCHSAFE_PORT": str(port), **env}

    async def _ready(self, replica: Replica) -> None:
        deadline = monotonic() + _READY
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while replica.running and monotonic() < deadline:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{replica.url}/readyz") as answer:
                        if answer.status == HTTPStatus.OK:
                            return
                await asyncio.sleep(0.1)
        raise NotStarted(f"The bot (replica {replica.number}) did not get ready; {tail(replica.log)}")


def _bound() -> None:
    """In the new process: end with the playground, even when that is killed and can tell nobody (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_PDEATHSIG, signal.SIGTERM)


def tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"the end of {log}:\n" + "\n".join(lines[-_TAIL:])


def free_port() -> int:
    """Return a port that nobody uses, nor is given before it is used: the system picks from others by itself."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
