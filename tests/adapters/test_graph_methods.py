"""Sign-in methods by Graph: what people have, with nothing one could use, and what is taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import AnswerLost, Missing, Rejected
from bot.core.methods import REMOVABLE, Method, MethodKind
from bot.graph import permissions
from bot.graph.directory import GraphDirectory
from playground.faults import Fault
from playground.people import guid
from playground.world import World
from tests.adapters.answers import ANN, HOUR, PASS, Json, Server, hearing
from tests.adapters.tenant import contoso, directory_of

METHODS = f"/v1.0/users/{ANN}/authentication"
AT = "2026-03-02T09:00:00Z"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with contoso(tmp_path) as made:
        made.graph.granted |= set(permissions.OF_KINDS)
        yield made


@pytest.fixture
async def directory(world: World) -> AsyncIterator[GraphDirectory]:
    async with directory_of(world) as made:
        yield made


async def read(told: Json) -> Method:
    async with hearing(Server(body={"value": [{"id": PASS, "createdDateTime": AT, **told}]})) as directory:
        [found] = await directory.methods(ANN)
    return found


def typed(sort: str, **more: Any) -> Json:
    return {"@odata.type": f"#microsoft.graph.{sort}AuthenticationMethod", **more}


async def test_what_somebody_has_is_listed_by_its_type(world: World, directory: GraphDirectory) -> None:
    found = await directory.methods(world.people["ann"].id)
    assert {(one.kind, one.name, one.detail) for one in found} == {
        (MethodKind.PASSWORD, "", ""),
        (MethodKind.AUTHENTICATOR, "Ann's iPhone", ""),
        (MethodKind.PHONE, "+1 ••••• 42", "mobile"),
        (MethodKind.HELLO, "CONTOSO-LT-0142", ""),
    }
    dated = {one.kind: one.created_at for one in found if one.created_at is not None}
    assert set(dated) == {one.kind for one in found} - {
        MethodKind.AUTHENTICATOR
    }  # which Entra dates only without passwords
    assert all(at.tzinfo is not None for at in dated.values())


async def test_every_page_is_read(world: World, directory: GraphDirectory) -> None:
    world.graph.page_size = 1
    assert len(await directory.methods(world.people["ann"].id)) == 4


async def test_passkeys_are_a_list_of_their_own(world: World, directory: GraphDirectory) -> None:
    greta = world.people["greta"].id
    [found] = await directory.passkeys(greta)
    assert (found.kind, found.name, found.detail) == (MethodKind.PASSKEY, "Greta's iPhone (iCloud Keychain)", "synced")
    assert found in await directory.methods(greta)
    assert await directory.passkeys(world.people["ann"].id) == ()


async def test_nobody_has_no_methods(directory: GraphDirectory) -> None:
    for question in (directory.methods, directory.passkeys):
        with pytest.raises(Missing):
            await question(guid("user/nobody"))


@pytest.mark.parametrize(
    ("told", "kind", "name", "detail"),
    [
        (typed("fido2", displayName="Blue", model="YubiKey 5C"), "fido2", "Blue (YubiKey 5C)", ""),
        (typed("fido2", displayName="My YubiKey 5C", model="YubiKey 5C"), "fido2", "My YubiKey 5C", ""),
        (typed("fido2", model="YubiKey 5C", passkeyType="deviceBound"), "fido2", "YubiKey 5C", "deviceBound"),
        (typed("fido2", passkeyType="somethingNew"), "fido2", "", ""),
        (typed("platformCredential", displayName="Mac"), "platformCredential", "Mac", ""),
        (typed("external", displayName="Fabrikam MFA"), "external", "Fabrikam MFA", ""),
        (typed("softwareOath", secretKey="JBSWY3DPEHPK3PXP"), "softwareOath", "", ""),
        (typed("email", emailAddress="ann@fabrikam.example"), "email", "a•••••@fabrikam.example", ""),
        (typed("password", password=None), "password", "", ""),
        (typed("qrCodePin"), "other", "", "qrCodePin"),
        (typed("hologram", displayName="?"), "other", "", "hologram"),
        ({}, "other", "", ""),
    ],
)
async def test_each_type_says_what_it_is_called(told: Json, kind: str, name: str, detail: str) -> None:
    found = await read(told)
    assert found == Method(MethodKind(kind), PASS, name, detail, datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+49 15112345612", "+49 ••••• 12"),
        ("+1 425-555-0199x123", "+1 ••••• 99"),
        ("+4915112345612", "•••••"),
        ("015112345612", "•••••"),
        ("+49 12345", "•••••"),
        ("+12345 6789012", "•••••"),
        ("+1 XXXXXXXX99", "•••••"),
        (None, ""),
    ],
)
async def test_a_phone_number_is_nobodys_to_call(number: str | None, shown: str) -> None:
    found = await read(typed("phone", phoneNumber=number, phoneType="alternateMobile"))
    assert (found.name, found.detail) == (shown, "alternateMobile")


@pytest.mark.parametrize(("told", "usable"), [(True, True), (False, False), (None, False)])
async def test_a_pass_says_whether_it_works(told: bool | None, usable: bool) -> None:
    found = await read(typed("temporaryAccessPass", isUsable=told, lifetimeInMinutes=60))
    assert (found.kind, found.name, found.usable) == (MethodKind.PASS, "", usable)


async def test_a_method_without_an_id_is_no_answer() -> None:
    async with hearing(Server(body={"value": [typed("phone")]})) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.methods(ANN)
    assert caught.value.code == "incomplete"


COLLECTIONS = {
    MethodKind.PASSKEY: "fido2Methods",
    MethodKind.AUTHENTICATOR: "microsoftAuthenticatorMethods",
    MethodKind.HELLO: "windowsHelloForBusinessMethods",
    MethodKind.PLATFORM: "platformCredentialMethods",
    MethodKind.PHONE: "phoneMethods",
    MethodKind.OATH: "softwareOathMethods",
    MethodKind.EXTERNAL: "externalAuthenticationMethods",
    MethodKind.EMAIL: "emailMethods",
    MethodKind.PASS: "temporaryAccessPassMethods",
}


@pytest.mark.parametrize("kind", sorted(REMOVABLE))
async def test_each_kind_is_removed_from_the_collection_of_its_own(kind: MethodKind) -> None:
    server = Server()
    async with hearing(server) as directory:
        await directory.remove_method(ANN, Method(kind, PASS, ""))
    assert server.asked == [("DELETE", f"{METHODS}/{COLLECTIONS[kind]}/{PASS}")]


@pytest.mark.parametrize("kind", sorted(set(MethodKind) - REMOVABLE))
async def test_what_cannot_be_removed_is_not_tried(kind: MethodKind) -> None:
    server = Server()
    async with hearing(server) as directory:
        with pytest.raises(Rejected) as caught:
            await directory.remove_method(ANN, Method(kind, PASS, ""))
    assert caught.value.code == "not_removable"
    assert server.asked == []


@pytest.mark.parametrize("odd", ["", ".", "..", "a b", "a?b", "x#y", "ä", "a\n", "%2e%2e"])
async def test_what_is_no_id_never_reaches_graph(odd: str) -> None:
    server = Server()
    async with hearing(server) as directory:
        with pytest.raises(Rejected):
            await directory.remove_method(ANN, Method(MethodKind.PHONE, odd, ""))
    assert server.asked == []


@pytest.mark.parametrize("id_", ["-2_GRUg2-HYz6_1YG4YRAQ2", "R3JhcGg+/w=="])
async def test_an_id_with_signs_stays_one_piece_of_the_address(id_: str) -> None:
    server = Server()
    async with hearing(server) as directory:
        await directory.remove_method(ANN, Method(MethodKind.PASSKEY, id_, ""))
    assert server.asked == [("DELETE", f"{METHODS}/fido2Methods/{id_}")]


async def test_a_method_is_removed_and_removing_it_again_is_no_error(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    [phone] = [one for one in await directory.methods(ann) if one.kind is MethodKind.PHONE]
    for _ in range(2):
        await directory.remove_method(ann, phone)
    assert phone not in await directory.methods(ann)


async def test_a_pass_is_removed_like_any_other(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    await directory.issue_pass(ann, HOUR, one_time=True)
    [found] = [one for one in await directory.methods(ann) if one.kind is MethodKind.PASS]
    assert found.usable
    await directory.remove_method(ann, found)
    assert await directory.passes(ann) == ()


async def test_the_default_method_stays_while_others_are_left(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    kinds = {one.kind: one for one in await directory.methods(ann)}
    with pytest.raises(Rejected) as caught:
        await directory.remove_method(ann, kinds[MethodKind.AUTHENTICATOR])
    assert caught.value.code == "default_method"
    await directory.remove_method(ann, kinds[MethodKind.PHONE])
    await directory.remove_method(ann, kinds[MethodKind.AUTHENTICATOR])


async def test_a_lost_answer_is_told_and_nothing_is_sent_twice(world: World, directory: GraphDirectory) -> None:
    ann = world.people["ann"].id
    [phone] = [one for one in await directory.methods(ann) if one.kind is MethodKind.PHONE]
    world.faults.add(Fault("graph", "DELETE", "lost"))
    with pytest.raises(AnswerLost):
        await directory.remove_method(ann, phone)
    assert len(world.journal.of("graph", "DELETE")) == 1
    assert phone not in await directory.methods(ann)
