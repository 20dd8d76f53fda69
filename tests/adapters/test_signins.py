"""Step-up against the playground's Entra: what proves something, and everything that does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import jwt
import pytest

from bot.core.errors import Forged, Rejected, Unavailable
from bot.core.model import Secret
from bot.entra.idtoken import TokenFlaw, openid_url
from bot.entra.keys import KeyRing
from bot.entra.signins import EntraSignIns
from playground.entra.tokens import TEAMS, id_token, sso_token
from playground.faults import Fault
from playground.tenant.access import Session
from playground.tenant.directory import Revoked
from playground.world import World
from tests.adapters.tenant import cloud_of, contoso, settings_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
async def sign_ins(world: World, browser: aiohttp.ClientSession) -> AsyncIterator[EntraSignIns]:
    cloud = cloud_of(world)
    keys = KeyRing(browser, openid_url(cloud, world.tenant), world.clock)
    made = EntraSignIns(settings=settings_of(world), cloud=cloud, keys=keys, clock=world.clock)
    yield made
    await made.close()


async def at_the_page(
    browser: aiohttp.ClientSession, flow: Mapping[str, object], *, person: str, method: str, action: str = "continue"
) -> dict[str, str]:
    """Sign in as the page lets people; return what comes back with the redirect."""
    form = {"person": person, "method": method, "action": action}
    async with browser.post(str(flow["auth_uri"]), data=form, allow_redirects=False) as answer:
        return dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query))


def stored(flow: Mapping[str, object]) -> dict[str, Any]:
    """Do to a flow what the store does."""
    kept: dict[str, Any] = json.loads(json.dumps(dict(flow)))
    return kept


async def silently(
    world: World, sign_ins: EntraSignIns, token: str, *, person: str = "ann", context: str = "c1"
) -> Any:
    return await sign_ins.silently(token, tenant=world.tenant, person=world.people[person].id, context=context)


async def test_a_fresh_session_proves_the_context_silently(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.silent["ann"] = True
    ann = world.people["ann"]
    proven = await silently(world, sign_ins, sso_token(world, ann))
    assert (proven.tenant, proven.person, proven.contexts) == (world.tenant, ann.id, frozenset({"c1"}))
    assert timedelta() <= world.clock.now() - proven.at < timedelta(minutes=2)


async def test_a_session_that_is_not_enough_needs_the_page(world: World, sign_ins: EntraSignIns) -> None:
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            await silently(world, sign_ins, sso_token(world, world.people["ann"]))
        assert caught.value.code == "interaction_required"
        assert not isinstance(caught.value, Forged)  # so it is with everybody


async def test_the_same_token_offered_again_is_answered_by_entra_again(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.silent["ann"] = True
    token = sso_token(world, world.people["ann"])
    await silently(world, sign_ins, token)
    world.entra.silent["ann"] = False
    with pytest.raises(Rejected) as caught:
        await silently(world, sign_ins, token)
    assert caught.value.code == "interaction_required"
    assert len(world.journal.of("entra", "POST", "/token")) == 2


async def test_a_token_of_somebody_else_is_not_even_tried(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.silent["ben"] = True
    with pytest.raises(Forged) as caught:
        await silently(world, sign_ins, sso_token(world, world.people["ben"]))
    assert caught.value.code == TokenFlaw.WRONG_PERSON
    assert world.journal.of("entra", "POST", "/token") == []


@dataclass
class Odd:
    """An Entra that answers what it is told to."""

    says: dict[str, Any] = field(default_factory=dict)

    def acquire_token_on_behalf_of(self, *_: Any, **__: Any) -> dict[str, Any]:
        return self.says


async def test_what_entra_answers_about_somebody_else_proves_nothing(
    world: World, sign_ins: EntraSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = id_token(world, world.people["ben"], session=Session("passkey", world.clock.now()))
    monkeypatch.setattr(sign_ins, "_client", lambda: Odd({"id_token": ben}))
    with pytest.raises(Rejected) as caught:
        await silently(world, sign_ins, sso_token(world, world.people["ann"]))
    assert caught.value.code == TokenFlaw.WRONG_PERSON


async def test_a_chat_of_another_tenant_is_not_even_tried(world: World, sign_ins: EntraSignIns) -> None:
    ann = world.people["ann"]
    with pytest.raises(Forged) as caught:
        await sign_ins.silently(sso_token(world, ann), tenant=world.bot_id, person=ann.id, context="c1")
    assert caught.value.code == TokenFlaw.WRONG_TENANT


async def test_an_id_token_is_not_taken_for_one_to_exchange(world: World, sign_ins: EntraSignIns) -> None:
    session = Session("passkey", world.clock.now())
    token = id_token(world, world.people["ann"], session=session, contexts=("c1",))
    with pytest.raises(Forged) as caught:
        await silently(world, sign_ins, token)
    assert caught.value.code == TokenFlaw.NOT_FOR_EXCHANGE


@pytest.mark.parametrize(
    ("client", "scope", "flaw"),
    [
        ("0a0a0a0a-0000-4000-8000-000000000001", "access_as_user", TokenFlaw.NOT_FROM_TEAMS),
        ("", "access_as_user", TokenFlaw.NOT_FROM_TEAMS),
        (TEAMS, "User.Read", TokenFlaw.NOT_FOR_EXCHANGE),
        (TEAMS, "access_as_user_too", TokenFlaw.NOT_FOR_EXCHANGE),
        (TEAMS, "", TokenFlaw.NOT_FOR_EXCHANGE),
    ],
)
async def test_only_what_teams_got_for_the_desk_is_exchanged(
    world: World, sign_ins: EntraSignIns, client: str, scope: str, flaw: TokenFlaw
) -> None:
    """Any app of the tenant may be let in by somebody; what it got is no silent sign-in, and shows no proofs."""
    world.entra.silent["ann"] = True
    ann = world.people["ann"]
    token = sso_token(world, ann, client=client, scope=scope)
    with pytest.raises(Forged) as caught:
        await silently(world, sign_ins, token)
    assert caught.value.code == flaw
    with pytest.raises(Forged) as caught:
        await sign_ins.delegated(Secret(token), tenant=world.tenant, person=ann.id)
    assert caught.value.code == flaw
    assert world.journal.of("entra", "POST", "/token") == []


@pytest.mark.parametrize("client", [TEAMS, "1FEC8E78-bce4-4aaf-ab1b-5451cc387264"])
async def test_each_of_teams_clients_may(world: World, sign_ins: EntraSignIns, client: str) -> None:
    world.entra.silent["ann"] = True
    token = sso_token(world, world.people["ann"], client=client, scope="other access_as_user")
    assert (await silently(world, sign_ins, token)).contexts == {"c1"}


async def test_a_token_that_ran_out_or_comes_early_is_refused_here(world: World, sign_ins: EntraSignIns) -> None:
    token = sso_token(world, world.people["ann"])
    for hours, flaw in ((2, TokenFlaw.EXPIRED), (-4, TokenFlaw.NOT_YET)):
        world.clock.advance(timedelta(hours=hours))
        with pytest.raises(Rejected) as caught:
            await silently(world, sign_ins, token)
        assert caught.value.code == flaw
        assert not isinstance(caught.value, Forged)  # it is theirs, and a clock is wrong at most


async def test_one_persons_trouble_is_not_anothers(world: World, sign_ins: EntraSignIns) -> None:
    """Msal's throttle would answer the second call from the first one's failure."""
    world.entra.silent.update(ann=True, ben=True)
    world.faults.add(Fault("entra", "/token", "throttle", seconds=30, times=1))
    with pytest.raises(Unavailable) as caught:
        await silently(world, sign_ins, sso_token(world, world.people["ann"]))
    assert caught.value.retry_after == 30
    proven = await silently(world, sign_ins, sso_token(world, world.people["ben"]), person="ben")
    assert proven.person == world.people["ben"].id


async def test_entra_in_trouble_is_unavailable(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.silent["ann"] = True
    kinds: list[Any] = ["unavailable", "lost", "throttle_bare"]
    troubles = [*(Fault("entra", "/token", kind, times=1) for kind in kinds)]
    troubles += [Fault("entra", "/token", "error", status=status, times=1) for status in (408, 500)]
    for trouble in troubles:
        world.faults.add(trouble)
        with pytest.raises(Unavailable):
            await silently(world, sign_ins, sso_token(world, world.people["ann"]))
    assert world.faults.live == []


async def test_entra_out_of_reach_from_the_start_is_unavailable(world: World, sign_ins: EntraSignIns) -> None:
    world.faults.add(Fault("entra", "openid-configuration", "unavailable", times=1))
    with pytest.raises(Unavailable):
        await sign_ins.begin(context="c1", login_hint="")
    assert (await sign_ins.begin(context="c1", login_hint=""))["auth_uri"]


async def test_entra_that_does_not_answer_is_not_waited_for(
    world: World, sign_ins: EntraSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.entra.silent["ann"] = True
    await sign_ins.begin(context="c1", login_hint="")
    monkeypatch.setattr("bot.entra.signins.SILENT_LIMIT", 0.2)
    world.faults.add(Fault("entra", "/token", "slow", seconds=0.6))
    with pytest.raises(Unavailable):
        await silently(world, sign_ins, sso_token(world, world.people["ann"]))


async def test_the_page_is_asked_for_as_it_must_be(world: World, sign_ins: EntraSignIns) -> None:
    flow = await sign_ins.begin(context="c2", login_hint="ann@contoso.example")
    uri = str(flow["auth_uri"])
    assert uri.startswith(f"{world.origin}/entra/{world.tenant}/oauth2/v2.0/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    assert asked["redirect_uri"] == f"{world.public_url}/step-up/callback"
    assert (asked["response_type"], asked["response_mode"], asked["prompt"]) == ("code", "query", "login")
    assert (asked["code_challenge_method"], asked["login_hint"]) == ("S256", "ann@contoso.example")
    assert json.loads(asked["claims"]) == {"id_token": {"acrs": {"essential": True, "value": "c2"}}}
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert asked["nonce"] != flow["nonce"]


@pytest.mark.parametrize(("context", "method"), [("c1", "authenticator"), ("c1", "passkey"), ("c2", "passkey")])
async def test_a_sign_in_at_the_page_proves_person_context_and_time(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession, context: str, method: str
) -> None:
    flow = await sign_ins.begin(context=context, login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method=method)
    proven = await sign_ins.finish(stored(flow), answer)
    assert (proven.tenant, proven.person) == (world.tenant, world.people["ann"].id)
    assert proven.contexts == frozenset({context})
    assert abs(world.clock.now() - proven.at) < timedelta(minutes=1)


async def test_the_page_asks_even_who_is_signed_in_well_enough(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    """Who was told that a sign-in is too old or has served must get another by this way, not the same again."""
    world.entra.silent["ann"] = True
    flow = await sign_ins.begin(context="c1", login_hint=world.people["ann"].upn)
    async with browser.get(str(flow["auth_uri"]), allow_redirects=False) as page:
        assert page.status == 200
    without = str(flow["auth_uri"]).replace("prompt=login", "prompt=")
    async with browser.get(without, allow_redirects=False) as passed:
        assert passed.status == 302, "Entra would have let them pass"
    kept = (await silently(world, sign_ins, sso_token(world, world.people["ann"]))).at
    anew = await sign_ins.finish(stored(flow), await at_the_page(browser, flow, person="ann", method="passkey"))
    assert anew.at != kept


async def test_whoever_signs_in_is_told_as_who_they_are(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    flow = await sign_ins.begin(context="c1", login_hint=world.people["ann"].upn)
    proven = await sign_ins.finish(flow, await at_the_page(browser, flow, person="ben", method="passkey"))
    assert proven.person == world.people["ben"].id


async def test_without_a_policy_the_context_comes_for_nothing_and_the_token_says_no_more(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    """Entra's documented way: what guards a context must be found out elsewhere."""
    world.entra.policies.clear()
    flow = await sign_ins.begin(context="c1", login_hint="")
    proven = await sign_ins.finish(flow, await at_the_page(browser, flow, person="ann", method="password"))
    assert proven.contexts == frozenset({"c1"})


async def test_cancelling_is_told_as_that(sign_ins: EntraSignIns, browser: aiohttp.ClientSession) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey", action="cancel")
    with pytest.raises(Rejected) as caught:
        await sign_ins.finish(flow, answer)
    assert caught.value.code == "cancelled"


async def test_a_code_is_good_once(sign_ins: EntraSignIns, browser: aiohttp.ClientSession) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey")
    await sign_ins.finish(flow, answer)
    with pytest.raises(Rejected) as caught:
        await sign_ins.finish(flow, answer)
    assert caught.value.code == "invalid_grant"


async def test_an_answer_fits_only_its_own_flow(sign_ins: EntraSignIns, browser: aiohttp.ClientSession) -> None:
    mine, other = [await sign_ins.begin(context="c1", login_hint="") for _ in range(2)]
    answer = await at_the_page(browser, other, person="ann", method="passkey")
    with pytest.raises(Rejected):
        await sign_ins.finish(mine, answer)
    with pytest.raises(Rejected):  # the code put under the right state fails on PKCE
        await sign_ins.finish(mine, answer | {"state": str(mine["state"])})


async def test_a_token_with_another_nonce_is_not_believed(
    sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey")
    with pytest.raises(Rejected):
        await sign_ins.finish({**flow, "nonce": "another"}, answer)


MADE_UP: tuple[dict[str, str], ...] = (
    {},
    {"code": "x"},
    {"state": "x", "code": "x"},
    {"error": "access_denied"},
    {"client_info": "!!!", "code": "x"},
    {"client_info": "WyJ1aWQiLCJ1dGlkIl0", "code": "x", "state": "x"},
)
NO_FLOWS: tuple[dict[str, object], ...] = ({}, {"nonce": "n"}, {"nonce": 1}, {"nonce": "n", "state": None})


async def test_an_answer_somebody_made_up_and_a_flow_that_is_none_are_rejected(sign_ins: EntraSignIns) -> None:
    for answer in MADE_UP:
        flow = await sign_ins.begin(context="c1", login_hint="")
        with pytest.raises(Rejected) as caught:
            await sign_ins.finish(flow, answer)
        assert caught.value.code != "cancelled"
    for none in NO_FLOWS:
        with pytest.raises(Rejected) as caught:
            await sign_ins.finish(none, {"code": "x", "state": "x"})
        assert caught.value.code == ("mismatch" if none.get("nonce") == "n" else TokenFlaw.WRONG_NONCE)


async def test_a_forged_id_token_is_found_out_even_over_the_right_connection(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey")
    real, world.keys = world.keys, type(world.keys)()  # somebody else's keys sign what comes next
    published = real.jwks
    world.keys.jwks = published  # type: ignore[method-assign]  # while the tenant goes on publishing its own
    with pytest.raises(Rejected) as caught:
        await sign_ins.finish(flow, answer)
    assert caught.value.code == TokenFlaw.UNKNOWN_KEY


async def test_nothing_of_a_token_or_code_is_in_what_is_raised(
    sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey")
    with pytest.raises(Rejected) as caught:
        await sign_ins.finish({**flow, "state": "other"}, answer)
    assert answer["code"] not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_new_signing_key_is_found(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.silent["ann"] = True
    await silently(world, sign_ins, sso_token(world, world.people["ann"]))
    world.keys.roll("entra")
    world.clock.advance(timedelta(minutes=2))
    proven = await silently(world, sign_ins, sso_token(world, world.people["ann"]))
    assert proven.contexts == frozenset({"c1"})


async def test_a_disabled_person_proves_nothing(
    world: World, sign_ins: EntraSignIns, browser: aiohttp.ClientSession
) -> None:
    flow = await sign_ins.begin(context="c1", login_hint="")
    answer = await at_the_page(browser, flow, person="ann", method="passkey")
    world.people.change("ann", enabled=False)
    with pytest.raises(Rejected):
        await sign_ins.finish(flow, answer)


async def delegated(world: World, sign_ins: EntraSignIns, token: str, *, person: str = "ann") -> Secret:
    return await sign_ins.delegated(Secret(token), tenant=world.tenant, person=world.people[person].id)


async def test_a_token_to_read_proofs_is_that_persons_and_for_nothing_else(
    world: World, sign_ins: EntraSignIns
) -> None:
    given = await delegated(world, sign_ins, sso_token(world, world.people["ann"]))
    claims = jwt.decode(given.reveal(), options={"verify_signature": False})
    assert claims["oid"] == world.people["ann"].id
    assert "CustomSecAttributeAssignment.Read.All" in claims["scp"].split()
    assert "ReadWrite" not in claims["scp"]
    assert given.reveal() not in repr(given)


async def test_nobody_reads_proofs_with_somebody_elses_token(world: World, sign_ins: EntraSignIns) -> None:
    ann, ben = world.people["ann"], world.people["ben"]
    session = Session("passkey", world.clock.now())
    tokens = {
        TokenFlaw.WRONG_PERSON: sso_token(world, ben),
        TokenFlaw.NOT_FOR_EXCHANGE: id_token(world, ann, session=session, contexts=()),
        TokenFlaw.MALFORMED: "no token",
    }
    for flaw, token in tokens.items():
        with pytest.raises(Rejected) as caught:
            await delegated(world, sign_ins, token)
        assert caught.value.code == flaw
    with pytest.raises(Rejected) as caught:
        await sign_ins.delegated(Secret(sso_token(world, ann)), tenant=world.bot_id, person=ann.id)
    assert caught.value.code == TokenFlaw.WRONG_TENANT
    assert world.journal.of("entra", "POST", "/token") == []


async def test_without_consent_proofs_are_not_read_and_entra_says_why(world: World, sign_ins: EntraSignIns) -> None:
    world.entra.consented = False
    token = sso_token(world, world.people["ann"])
    with pytest.raises(Rejected) as caught:
        await delegated(world, sign_ins, token)
    assert caught.value.code == "consent_required"
    assert caught.value.__context__ is None
    assert token not in repr(caught.value) + repr(vars(caught.value))


async def test_a_session_that_was_ended_reads_no_proofs(world: World, sign_ins: EntraSignIns) -> None:
    world.graph.revoked.append(Revoked("ann", world.clock.now()))
    with pytest.raises(Rejected) as caught:
        await delegated(world, sign_ins, sso_token(world, world.people["ann"]))
    assert caught.value.code == "interaction_required"


async def test_entra_in_trouble_gives_no_token_for_now(
    world: World, sign_ins: EntraSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sso_token(world, world.people["ann"])
    world.faults.add(Fault("entra", "/token", "throttle", seconds=30, times=1))
    with pytest.raises(Unavailable) as caught:
        await delegated(world, sign_ins, token)
    assert caught.value.retry_after == 30
    monkeypatch.setattr("bot.entra.signins.SILENT_LIMIT", 0.2)
    world.faults.add(Fault("entra", "/token", "slow", seconds=0.6))
    with pytest.raises(Unavailable):
        await delegated(world, sign_ins, token)


async def test_an_answer_without_a_token_or_without_its_time_is_none(
    world: World, sign_ins: EntraSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, odd = sso_token(world, world.people["ann"]), Odd()
    monkeypatch.setattr(sign_ins, "_client", lambda: odd)
    for odd.says in ({}, {"access_token": ""}, {"access_token": 1, "id_token": 1}, {"access_token": None}):
        with pytest.raises(Rejected) as caught:
            await delegated(world, sign_ins, token)
        assert caught.value.code == TokenFlaw.NO_ACCESS_TOKEN
        with pytest.raises(Rejected) as caught:
            await silently(world, sign_ins, token)
        assert caught.value.code == TokenFlaw.NO_ID_TOKEN
    for error in ("temporarily_unavailable", "server_error", "slow_down"):
        odd.says = {"error": error}
        with pytest.raises(Unavailable):
            await silently(world, sign_ins, token)
    odd.says = {"id_token": token}  # Ann's, but it does not say when she signed in
    with pytest.raises(Rejected) as caught:
        await silently(world, sign_ins, token)
    assert caught.value.code == TokenFlaw.NO_AUTH_TIME
    odd.says = {"error": "<b>odd_1"}
    with pytest.raises(Rejected) as caught:
        await silently(world, sign_ins, token)
    assert caught.value.code == "bodd_1"
