"""The inbox: what came by mail for one person, as text, with links that can be pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.tenant.mails import DESK, Mail

if TYPE_CHECKING:
    from tests.playground.stage import Stage

pytest_plugins = ["tests.playground.stage"]


async def page(stage: Stage, path: str) -> str:
    async with stage.session.get(f"{stage.world.origin}{path}") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_each_person_has_their_own_mails_the_newest_first(stage: Stage) -> None:
    for n, to in enumerate(("ANN@home.example", "ann.archer@contoso.example", "ben.bishop@contoso.example")):
        mail = Mail(stage.world.clock.now(), DESK, (to,), f"Subject {n}", "https://desk.example/x?a=1&b=2 <b>")
        stage.world.graph.mails.taken.append(mail)
    ann = await page(stage, "/inbox?as=ann")
    assert ann.index("Subject 1") < ann.index("Subject 0")
    assert "Subject 2" not in ann
    assert '<a href="https://desk.example/x?a=1&amp;b=2" target="_blank" rel="noopener">' in ann
    assert "&lt;b&gt;" in ann
    assert "No mail has come yet." in await page(stage, "/inbox?as=dora")


async def test_who_is_nobody_chooses_somebody(stage: Stage) -> None:
    assert 'data-testid="inbox-ann"' in await page(stage, "/inbox?as=zed")
