"""Contestants: who is measured, how each is started among its neighbours, and that it lets in whom it should."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from bench import environments, load, rounds
from bench.issuer import APP, HOSTS, SECRET, TENANT, Issuer, certify, tampered
from bench.neighbours import ADDRESS, PORT, Neighbours
from bench.rounds import Unsuited
from playground.replicas import free_port

Command = Callable[[], tuple[str, ...]]
READY: Final = 60.0  # seconds
TURN: Final = 1800  # seconds to wait for another bench
ENTER: Final = 'mount --bind "$BENCH_HOSTS" /etc/hosts && exec "$@"'
PRIVATE: Final = ("unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh")
NEEDS: Final = (
    "The bench gives each bot the real names of Microsoft's hosts on this machine: it needs a mount namespace of its "
    "own and port 443 of 127.0.0.9. Run it as root (in a container: with --cap-add SYS_ADMIN)."
)
OUR_SETTINGS: Final = MappingProxyType(
    {
        "VOUCHSAFE_APP_ID": APP,
        "VOUCHSAFE_APP_SECRET": SECRET,
        "VOUCHSAFE_TENANT_ID": TENANT,
        "VOUCHSAFE_PUBLIC_URL": "https://127.0.0.1",
        "VOUCHSAFE_DATABASE_URL": "postgresql://127.0.0.1/none",
        "VOUCHSAFE_APPROVERS_GROUP": "00000000-0000-4000-8000-000000000001",
        "VOUCHSAFE_ALLOWED_GROUPS": "00000000-0000-4000-8000-000000000002",
        "VOUCHSAFE_HELPDESK_CHANNEL": "19:helpdesk@thread.tacv2",
        "VOUCHSAFE_SECURITY_CHANNEL": "19:security@thread.tacv2",
        "VOUCHSAFE_HELPDESK_CONTACT": "the helpdesk",
        "VOUCHSAFE_HOST": "127.0.0.1",
    }
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """`title` is its name in tables; `of` the environment whose versions it runs with, "" for ours."""

    name: str
    title: str
    command: Command
    of: str = ""


def _ours(*options: str) -> Command:
    return lambda: (sys.executable, "-m", "bench.ours", *options)


def _peer(environment: str, script: str, *arguments: str) -> Command:
    return lambda: (str(environments.python(environment)), str(environments.PEERS / script), *arguments)


def _node() -> tuple[str, ...]:
    found, folder = environments.node()
    return (str(found), str(folder / "echo.js"))


EVERYBODY: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            Contestant("ours", "Vouchsafe", _ours()),
            Contestant("each", "Vouchsafe, verifying each time", _ours("--each-time")),
            Contestant("fast", "fast floor", _peer("floors", "floor.py", "fast"), "floors"),
            Contestant("plain", "plain floor", _peer("floors", "floor.py", "plain"), "floors"),
            Contestant("stock", "botbuilder, CloudAdapter", _peer("stock", "stock.py"), "stock"),
            Contestant("agents", "Microsoft 365 Agents SDK", _peer("agents", "agents.py"), "agents"),
            Contestant("teams", "Teams SDK", _peer("teams", "teams.py"), "teams"),
            Contestant("node", "botbuilder for Node", _node, "node"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Bot:
    """A contestant that runs."""

    pid: int
    port: int
    log: Path


@dataclass(frozen=True, slots=True)
class World:
    """What the bots live in: the issuer, the neighbours, and where the files are that make them believed."""

    issuer: Issuer
    neighbours: Neighbours
    folder: Path
    trusted: Path

    @asynccontextmanager
    async def running(self, one: Contestant, command: tuple[str, ...] = ()) -> AsyncIterator[Bot]:
        """Start a contestant on its core and wait until it listens; it is killed at the end. Raises `Unsuited`."""
        port, log = free_port(), self.folder / f"{one.name}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(*rounds.pinned(rounds.BOT_CORE), *PRIVATE, *(command or one.command())),
                cwd=environments.ROOT,
                env=self._environment(port),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            await _listening(one, process, port, log)
            yield Bot(process.pid, port, log)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
            await process.wait()

    def _environment(self, port: int) -> Mapping[str, str]:
        trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(self.trusted))
        named = {
            "BENCH_APP": APP,
            "BENCH_SECRET": SECRET,
            "BENCH_TENANT": TENANT,
            "BENCH_HOSTS": str(self.folder / "hosts"),
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            **trusted,
            **named,
            **OUR_SETTINGS,
            "PORT": str(port),
            "VOUCHSAFE_PORT": str(port),
            "NODE_ENV": "production",
        }


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Open the neighbours under their real names. Raises `Unsuited` where this machine does not let us."""
    served, trusted = certify(folder)
    _enterable(_named(folder))
    issuer = Issuer()
    neighbours = Neighbours(issuer)
    try:
        await _opened(neighbours, served)
    except OSError as error:
        raise Unsuited(f"{NEEDS} ({error.strerror or error})") from None
    try:
        yield World(issuer, neighbours, folder, trusted)
    finally:
        neighbours.close()


async def check(around: World, one: Contestant, bot: Bot) -> str:
    """See that a good token gets one reply, and none or a changed one gets nothing; return how it says no."""
    good = around.issuer.token()
    said: list[int] = []
    for token, wanted in ((good, 1), ("", 0), (tampered(good), 0)):
        before = around.neighbours.asked["reply"]
        tally = await load.run(bot.port, load.Deliveries(token), at_once=1, seconds=0)
        replies = around.neighbours.asked["reply"] - before
        if replies != wanted or tally.answered != wanted or tally.lost:
            raise Unsuited(f"{one.title} answered {tally.statuses} with {replies} replies: see {_tail(bot.log)}")
        said += tally.statuses
    return f"{said[1]}, {said[2]}"


async def deliver(around: World, bot: Bot, *, at_once: int, seconds: float) -> load.Tally:
    """Run the load, and see that each delivery was answered once and with one reply. Raises `Unsuited`."""
    before = around.neighbours.asked["reply"]
    tally = await load.run(bot.port, load.Deliveries(around.issuer.token()), at_once=at_once, seconds=seconds)
    replies = around.neighbours.asked["reply"] - before
    if tally.refused or tally.lost or replies != tally.answered:
        raise Unsuited(
            f"{bot.log.stem}: {tally.answered} answered, {tally.refused} refused {tally.statuses}, {tally.lost} lost, "
            f"{replies} replies: the figure would say nothing. {_tail(bot.log)}"
        )
    return tally


async def _opened(neighbours: Neighbours, certificate: Path) -> None:
    """Open the neighbours, when no other bench has them open any more: two at once would measure each other."""
    for waited in range(TURN):
        try:
            return await neighbours.open(certificate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        if not waited:
            click.echo(f"{ADDRESS}:{PORT} is in use: waiting for another bench to end.", err=True)
        await asyncio.sleep(1)
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _named(folder: Path) -> Path:
    """Write the names that bots know, besides those this machine knows."""
    hosts, names = Path("/etc/hosts").read_text(encoding="utf-8"), (f"{ADDRESS} {host}\n" for host in HOSTS)
    (folder / "hosts").write_text(f"{hosts}\n{''.join(names)}", encoding="utf-8")
    return folder / "hosts"


def _enterable(hosts: Path) -> None:
    """Refuse where no namespace can be made. Raises `Unsuited`."""
    if shutil.which("unshare") is None:
        raise Unsuited("The bench makes namespaces with `unshare`: install util-linux.")
    tried = subprocess.run(
        [*PRIVATE, "true"],
        env={**os.environ, "BENCH_HOSTS": str(hosts)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if tried.returncode:
        raise Unsuited(f"{NEEDS} ({tried.stderr.strip()})")


async def _listening(one: Contestant, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + READY
    while process.returncode is None and loop.time() < until:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise Unsuited(f"{one.title} did not start: {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]
