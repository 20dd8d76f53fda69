"""The bench's command line: what is measured, how long, and whether it is written down; never run by the tests."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click
import uvloop

from bench import burst, contestants, echo, figures, graph, growth, life, memory, rounds, slow, start, turns, waiting
from bench.contestants import EVERYBODY, World
from bench.figures import Section

Measure = Callable[[World, Sequence[str], int, float], Awaitable[Section]]


FIGURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "echo": echo.measure,
        "slow": slow.measure,
        "graph": graph.measure,
        "start": start.measure,
        "turns": turns.measure,
        "burst": burst.measure,
        "waiting": waiting.measure,
        "life": life.measure,
        "memory": memory.measure,
        "growth": growth.measure,
    }
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(tuple(FIGURES)))
@click.option(
    "--rounds", "count", default=5, show_default=True, type=click.IntRange(1, 99), help="How often everybody runs."
)
@click.option("--seconds", default=4.0, show_default=True, type=click.FloatRange(0.2, 600), help="How long each time.")
@click.option("--only", default="", help=f"Contestants, comma-separated, of {', '.join(EVERYBODY)}; all by default.")
@click.option("--ahead", is_flag=True, help="Go before all others on a machine that is shared: they stand still.")
@click.option("--write", is_flag=True, help="Write the figures into docs/figures.md.")
def main(*, names: tuple[str, ...], count: int, seconds: float, only: str, ahead: bool, write: bool) -> None:
    """Measure NAMES (everything by default) side by side with the peers."""
    chosen = tuple(filter(None, only.split(","))) or tuple(EVERYBODY)
    strangers = set(chosen) - set(EVERYBODY)
    if strangers:
        raise click.BadParameter(f"nobody is called {', '.join(sorted(strangers))}", param_hint="--only")
    try:
        rounds.insist()
        rounds.pin(rounds.LOAD_CORE, ahead=ahead)
        for name in names or tuple(FIGURES):
            section = uvloop.run(_measured(FIGURES[name], chosen, count, seconds))
            section = replace(section, command=" ".join(("python -m bench", *sys.argv[1:])))
            click.echo(figures.markdown(section))
            if write:
                figures.write(section)
    except rounds.Unsuited as error:
        click.echo(str(error), err=True)
        sys.exit(2)


async def _measured(measure: Measure, chosen: Sequence[str], count: int, seconds: float) -> Section:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with contestants.world(Path(folder)) as around:
            return await measure(around, chosen, count, seconds)


if __name__ == "__main__":
    main()
