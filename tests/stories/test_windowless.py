"""A client that opens no windows: a pass is asked for in the chat there, and what needs a window goes on in Teams."""

from __future__ import annotations

from playground.server import Play
from tests.stories.hand import CONTACT, Hand
from tests.stories.seat import words


async def test_ann_asks_in_a_client_without_windows_and_goes_on_in_teams(play: Play) -> None:
    ann, ben, teams, knobs = Hand(play, "ann"), Hand(play, "ben"), play.teams, play.teams.knobs
    knobs.windows = False
    await teams.say("ann", "I need a TAP")
    await teams.press("ann", await ann.sees(words("tap.summary")), words("tap.button.ask"))
    form = await ann.sees(words("form.lead"))
    await teams.press("ann", form, words("button.send"), {"reason": "other"})
    wrong = await ann.sees(words("tap.error.text.required"))
    assert wrong.id == form.id
    await teams.press("ann", wrong, words("button.send"), {"reason": "new_phone"})
    sent = await ann.sees(words("said.filled_in", what=words("tap.title")))
    assert sent.id == form.id
    await ann.sees(words("request.step_up.title"))

    knobs.windows = True  # she opens Teams
    await ann.sign_in()
    await ben.approve(ann.name)
    await ann.sees(words("tap.request.ready.title"))
    knobs.windows = False
    await ann.show()
    await ann.sees(words("refusal.no_dialog", contact=CONTACT))
    assert play.world.graph.issued == []
    knobs.windows = True
    assert play.world.graph.issued == []
    shown = await ann.show()
    assert play.world.graph.issued[0].value in shown
