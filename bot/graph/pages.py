"""Lists that Graph sends in pages: all of them are read or the answer is not known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Protocol, TypeVar

from bot.core.errors import Unavailable
from bot.graph.calls import Calls
from bot.graph.readings import needed

T = TypeVar("T")

MOST: Final = 20  # pages; whoever has more of anything is not somebody to decide about by machine


class Page(Protocol[T]):
    """What the SDK's collection responses have in common."""

    @property
    def value(self) -> list[T] | None: ...

    @property
    def odata_next_link(self) -> str | None: ...


async def every(
    calls: Calls,
    call: str,
    first: Callable[[], Awaitable[Page[T] | None]],
    follow: Callable[[str], Awaitable[Page[T] | None]],
) -> list[T]:
    """Return the items of all pages, `follow` getting the page a link leads to."""
    page = await calls.read(call, first)
    found = list(needed(page.value, "value"))
    for _ in range(MOST):
        if not page.odata_next_link:
            return found
        page = await calls.read(call, partial(follow, page.odata_next_link))
        found += needed(page.value, "value")
    raise Unavailable(f"{call}: more than {MOST} pages")
