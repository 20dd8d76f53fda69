"""Commands that read and check the audit trail."""

from __future__ import annotations

import json
import sys

import click

from bot.config import environment
from bot.process import trail


@click.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command()
@click.option("--tenant", default="", help="One tenant only; all of them otherwise.")
def export(tenant: str) -> None:
    """Write the trail to standard output, one JSON object a line, oldest first."""
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
    click.echo(trail.fresh_key(name))
