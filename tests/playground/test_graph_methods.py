"""Sign-in methods as plain HTTP and the SDK meet them: listed together and by type, deleted by type."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from msgraph.graph_service_client import GraphServiceClient

from playground.faults import Fault
from playground.graph.methods import COLLECTIONS
from playground.tenant.factors import EMAIL_ID, PASSWORD_ID, PHONE_IDS
from playground.world import World
from tests.playground.tenant import get, post

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]
# Who has one of the type when the playground starts.
HOLDERS = {
    "email": "mo",
    "external": "fed",
    "fido2": "greta",
    "microsoftAuthenticator": "ann",
    "password": "ann",
    "phone": "tess",
    "platformCredential": "uma",
    "softwareOath": "olga",
    "windowsHelloForBusiness": "ann",
}


def of(world: World, key: str, collection: str = "methods") -> str:
    return f"users/{world.people[key].id}/authentication/{collection}"


async def types(http: aiohttp.ClientSession, world: World, key: str) -> list[str]:
    _, body = await get(http, of(world, key))
    names = [str(one["@odata.type"]) for one in body["value"]]
    return [name.removeprefix("#microsoft.graph.").removesuffix("AuthenticationMethod") for name in names]


async def delete(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with http.delete(url) as answer:
        raw = await answer.read()
        return answer.status, (await answer.json())["error"]["message"] if raw else ""


def one(world: World, key: str, type_: Any) -> str:
    return world.graph.methods.of(key, type_)[0].id


async def test_everything_somebody_signs_in_with_is_listed(world: World, http: aiohttp.ClientSession) -> None:
    assert await types(http, world, "ann") == [
        "password",
        "microsoftAuthenticator",
        "phone",
        "windowsHelloForBusiness",
    ]
    assert await types(http, world, "greta") == ["password", "fido2", "phone"]
    assert await types(http, world, "tess") == ["password", "phone"]
    await post(http, of(world, "ann", "temporaryAccessPassMethods"), {})
    _, body = await get(http, of(world, "ann"))
    issued = body["value"][-1]
    assert (issued["@odata.type"], issued["isUsable"]) == (
        "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        True,
    )
    assert issued["temporaryAccessPass"] is None
    everybody = [set(await types(http, world, person.key)) for person in world.people]
    assert all("password" in held for held in everybody)


async def test_the_sdk_reads_methods_by_their_types(world: World, sdk: GraphServiceClient) -> None:
    authentication = sdk.users.by_user_id(world.people["greta"].id).authentication
    methods: Any = await authentication.methods.get()
    passkeys = [each for each in methods.value if type(each).__name__ == "Fido2AuthenticationMethod"]
    assert [(each.display_name, each.model, str(each.passkey_type)) for each in passkeys] == [
        ("Greta's iPhone", "iCloud Keychain", "PasskeyType.Synced")
    ]
    listed: Any = await authentication.fido2_methods.get()
    assert [each.id for each in listed.value] == [one(world, "greta", "fido2")]
    phone: Any = await authentication.phone_methods.by_phone_authentication_method_id(PHONE_IDS["mobile"]).get()
    assert (phone.phone_number, str(phone.phone_type)) == ("+49 15100000114", "AuthenticationPhoneType.Mobile")
    await authentication.fido2_methods.by_fido2_authentication_method_id(listed.value[0].id).delete()
    assert world.graph.methods.of("greta", "fido2") == ()


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda each: each.path)
async def test_every_type_is_read_and_deleted_at_its_own_address(
    world: World, http: aiohttp.ClientSession, collection: Any
) -> None:
    key = HOLDERS[collection.type]
    world.people.change(key, restricted=False)
    world.graph.methods.default.clear()
    wanted = world.graph.methods.of(key, collection.type)[0].id
    status, body = await get(http, of(world, key, collection.path))
    assert (status, wanted in {each["id"] for each in body["value"]}) == (200, True)
    status, body = await get(http, f"{of(world, key, collection.path)}/{wanted}")
    assert (status, body["id"]) == (200, wanted)
    status, _ = await delete(http, f"{of(world, key, collection.path)}/{wanted}")
    assert status == (204 if collection.deletable else 400)
    gone = wanted not in {each.id for each in world.graph.methods.of(key, collection.type)}
    assert gone == collection.deletable
    if gone:
        assert (await get(http, f"{of(world, key, collection.path)}/{wanted}"))[0] == 404
        assert (await delete(http, f"{of(world, key, collection.path)}/{wanted}"))[0] == 404


@pytest.mark.parametrize("collection", [each for each in COLLECTIONS if each.deletable], ids=lambda each: each.path)
async def test_each_type_has_a_permission_of_its_own(
    world: World, http: aiohttp.ClientSession, collection: Any
) -> None:
    key = HOLDERS[collection.type]
    world.people.change(key, restricted=False)
    url = f"{of(world, key, collection.path)}/{one(world, key, collection.type)}"
    world.graph.granted.remove(f"UserAuthMethod-{collection.permission}.ReadWrite.All")
    assert (await delete(http, url))[0] == 403
    world.graph.granted.remove("UserAuthenticationMethod.Read.All")
    world.graph.granted.discard(f"UserAuthMethod-{collection.permission}.Read.All")
    assert (await get(http, url))[0] == 403
    world.graph.granted.add(f"UserAuthMethod-{collection.permission}.Read.All")
    assert (await get(http, url))[0] == 200
    assert (await get(http, of(world, key)))[0] == 403
    world.graph.granted.add("UserAuthenticationMethod.ReadWrite.All")
    assert (await get(http, of(world, key)))[0] == 200


async def test_the_list_of_passkeys_opens_to_its_own_permission_only(world: World, http: aiohttp.ClientSession) -> None:
    world.graph.granted.remove("UserAuthMethod-Passkey.Read.All")
    assert (await get(http, of(world, "greta", "fido2Methods")))[0] == 403
    assert (await get(http, f"{of(world, 'greta', 'fido2Methods')}/{one(world, 'greta', 'fido2')}"))[0] == 200


async def test_the_default_method_goes_last(world: World, http: aiohttp.ClientSession) -> None:
    app = f"{of(world, 'ann', 'microsoftAuthenticatorMethods')}/{one(world, 'ann', 'microsoftAuthenticator')}"
    phone = f"{of(world, 'ann', 'phoneMethods')}/{PHONE_IDS['mobile']}"
    status, message = await delete(http, app)
    assert (status, "default" in message) == (400, True)
    assert len(world.graph.methods["ann"]) == 4
    assert (await delete(http, phone))[0] == 204
    assert (await delete(http, app))[0] == 204
    assert [each.type for each in world.graph.methods["ann"]] == ["password", "windowsHelloForBusiness"]
    made = world.graph.register_authenticator("ann", "Ann's new phone")
    assert world.graph.methods.default["ann"] == made
    world.graph.methods.add("ann", "phone", phoneNumber="+1 4255550199", phoneType="mobile")
    world.graph.methods.remove("ann", made)
    assert world.graph.methods.default["ann"] == PHONE_IDS["mobile"]


async def test_what_somebody_registers_is_there_at_once(world: World, http: aiohttp.ClientSession) -> None:
    made = world.graph.register_passkey("tess", "Red key", model="YubiKey 5 NFC")
    synced = world.graph.register_passkey("tess", "Phone", model="iCloud Keychain", kind="synced")
    _, body = await get(http, of(world, "tess", "fido2Methods"))
    told = {each["id"]: (each["displayName"], each["model"], each["passkeyType"]) for each in body["value"]}
    assert told == {
        made: ("Red key", "YubiKey 5 NFC", "deviceBound"),
        synced: ("Phone", "iCloud Keychain", "synced"),
    }
    assert world.graph.methods.default["tess"] == PHONE_IDS["mobile"]
    with pytest.raises(ValueError, match="already"):
        world.graph.methods.add("tess", "phone", phoneNumber="+1 4255550199", phoneType="mobile")
    with pytest.raises(ValueError, match="synced"):
        world.graph.register_passkey("tess", "x", kind="borrowed")
    with pytest.raises(KeyError):
        world.graph.methods.remove("tess", "nothing")


async def test_methods_are_deleted_only_where_they_are(world: World, http: aiohttp.ClientSession) -> None:
    for url in (
        f"{of(world, 'mo', 'phoneMethods')}/{EMAIL_ID}",
        f"{of(world, 'greta', 'fido2Methods')}/{one(world, 'ben', 'fido2')}",
    ):
        assert (await delete(http, url))[0] == 404
    assert (await delete(http, f"{of(world, 'ann', 'passwordMethods')}/{PASSWORD_ID}"))[0] == 400
    url = f"{of(world, 'uma', 'platformCredentialMethods')}/{one(world, 'uma', 'platformCredential')}"
    status, message = await delete(http, url)
    assert (status, "restricted" in message) == (403, True)
    assert world.graph.methods.of("uma", "platformCredential")


async def test_a_lost_deletion_was_done(world: World, http: aiohttp.ClientSession) -> None:
    url = f"{of(world, 'greta', 'fido2Methods')}/{one(world, 'greta', 'fido2')}"
    world.faults.add(Fault("graph", "DELETE .*/authentication/", "lost", times=1))
    assert (await delete(http, url))[0] == 404  # aiohttp repeats by itself what may be repeated
    assert [entry.status for entry in world.journal.of("graph", "DELETE")] == [0, 404]
    assert world.graph.methods.of("greta", "fido2") == ()
