"""Each: of several things that must be done each is tried in its turn, whatever becomes of those before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.core.errors import Rejected


async def each(*deeds: Callable[[], Awaitable[object]]) -> None:
    """Try each, and raise afterwards what went wrong: what may work later before a lasting no, so that it is tried on.

    Each of them may be done twice: whoever tries on does them all again.
    """
    faults = [fault for deed in deeds if (fault := await _fault(deed)) is not None]
    for fault in sorted(faults, key=lambda fault: isinstance(fault, Rejected)):
        raise fault


async def _fault(deed: Callable[[], Awaitable[object]]) -> Exception | None:
    try:
        await deed()
    except Exception as error:  # noqa: BLE001 - whatever it was, the others are still to be done
        return error
    return None
