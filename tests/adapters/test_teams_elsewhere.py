"""Two processes at Teams' door: what one of them has heard, the other does not know, and must not rely on."""

from __future__ import annotations

from tests.adapters.edge import ToldDesk, activity, edge, home


async def test_a_chat_that_another_process_saw_removed_is_told_of_again() -> None:
    """Else its owner would have no private chat in the store, and no result could reach them."""
    desk = ToldDesk(home())
    async with edge(desk) as one, edge(desk) as other:
        await one.deliver(activity("installationUpdate", action="add"))
        await one.deliver(activity(text="hi"))
        assert len(desk.homes) == 1  # what it knows already costs nothing
        await other.deliver(activity("installationUpdate", action="remove", id="2"))
        assert len(desk.gone) == 1
        await one.deliver(activity("installationUpdate", action="add", id="3"))
        assert len(desk.homes) == 2
