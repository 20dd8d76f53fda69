"""Commands that say which accounts an alarm has locked, and lift one by hand."""

from __future__ import annotations

import click

from bot.config import environment
from bot.process import locks as found


@click.group()
def locks() -> None:
    """Accounts that an alarm has locked."""


@locks.command(name="list")
def listed() -> None:
    """Say which locks there are, a line each, oldest first: id, since when, by which kind of request, whose account."""
    lines = list(found.held(environment.load()))
    click.echo("\n".join(lines) if lines else "No account is locked.")


@locks.command()
@click.argument("lock")
@click.option("--by", required=True, help="Your name: it stands in the trail, and on the cards.")
@click.option("--reason", required=True, help="How you made sure that the account is in its owner's hands.")
def lift(lock: str, by: str, reason: str) -> None:
    """Lift a lock by its id, where nobody can do it from security's card.

    First make sure that its owner alone is in the account. Nobody signs in for this but to the machine: it is written
    into the trail as the operator's, and the owner and security are told as of every lift.
    """
    for line in found.lift(environment.load(keyed=True), lock, by=by, reason=reason):
        click.echo(line)
