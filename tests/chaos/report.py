"""Report: what was done, what went wrong on purpose, what was checked, and what that came to."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from tests.chaos.checks import Books
from tests.chaos.stage import Stage


def told(stage: Stage, book: Books, found: Mapping[str, list[str]], *, seconds: Mapping[str, float]) -> Iterator[str]:
    parts = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "psycopg", "procrastinate"))
    yield f"seed {stage.seed}; Python {platform.python_version()}, {parts}"
    yield f"{len(stage.errands)} errands by {len(stage.agents)} people; " + ", ".join(
        f"{what} {took:.0f} s" for what, took in seconds.items()
    )
    yield from _table("what people saw", Counter((e.plan.title, e.how) for e in stage.errands))
    yield from _table("how requests ended", Counter((r.kind, str(r.status)) for r in book.requests.values()))
    yield "what went wrong on purpose:"
    yield from (f"  {number:5} x {sort}" for sort, number in sorted(stage.weather.counted().items()))
    yield "recoveries (number, slowest in seconds):"
    yield from (f"  {len(all_):5} x {what}: {max(all_):.1f}" for what, all_ in sorted(stage.weather.recoveries.items()))
    yield f"{len(book.requests)} requests, {len(book.entries)} entries of audit"
    for invariant, broken in found.items():
        yield f"  {'BROKEN' if broken else 'holds '} {invariant}"
        yield from (f"         {line}" for line in broken[:20])
        if len(broken) > 20:
            yield f"         and {len(broken) - 20} more"


def _table(title: str, counted: Counter[tuple[str, str]]) -> Iterator[str]:
    yield f"{title}:"
    for kind in sorted({kind for kind, _ in counted}):
        ends = ", ".join(f"{n} {end}" for (k, end), n in sorted(counted.items()) if k == kind)
        yield f"  {kind:16} {ends}"
