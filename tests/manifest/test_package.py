import io
import json
import re
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.actions import Help, Home, OfferKind, ShowStatus
from bot.core.calling import ShowCaller
from bot.kinds import KINDS
from bot.teams.phrases import heard, listening
from manifest import icons
from manifest.package import FOLDER, build, numbered, resource
from tests.manifest.schema import validator

GIVEN = {
    "app_id": "11111111-2222-4333-8444-555555555555",
    "public_url": "https://desk.contoso.com",
    "version": "1.2.3",
    "name": "Vouchsafe",
}
LIMITS = {"name.short": 30, "name.full": 100, "description.short": 80, "description.full": 4000}


def unpacked(**changes: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(build(**{**GIVEN, **changes}))) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def manifest(**changes: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(unpacked(**changes)["manifest.json"])
    return read


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Read a PNG as `icons.png` writes it: 8 bits, alpha, no filter."""
    width, height, depth, sort = struct.unpack(">2I2B", png[16:26])
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert (depth, sort) == (8, 6)
    data, at = b"", 8
    while at < len(png):
        length = struct.unpack(">I", png[at : at + 4])[0]
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    raw, line = zlib.decompress(data), 1 + 4 * width
    assert all(raw[line * n] == 0 for n in range(height))
    return width, height, [raw[line * n + 1 : line * (n + 1)] for n in range(height)]


def test_it_holds_what_teams_wants_at_the_top_and_nothing_else() -> None:
    assert list(unpacked()) == ["manifest.json", "de.json", "color.png", "outline.png"]


def test_the_same_input_gives_the_same_bytes() -> None:
    assert build(**GIVEN) == build(**GIVEN)


def test_the_manifest_names_the_bot_its_sign_in_and_its_one_domain() -> None:
    read = manifest()
    assert read["manifestVersion"] == "1.25"
    assert read["version"] == "1.2.3"
    assert read["id"] == read["bots"][0]["botId"] == read["webApplicationInfo"]["id"] == GIVEN["app_id"]
    assert read["webApplicationInfo"]["resource"] == resource(GIVEN["app_id"], GIVEN["public_url"])
    assert resource(GIVEN["app_id"], GIVEN["public_url"]) == f"api://desk.contoso.com/botid-{GIVEN['app_id']}"
    assert read["validDomains"] == ["desk.contoso.com"]
    assert set(read["bots"][0]["scopes"]) == {"personal", "team", "groupChat"}


@pytest.mark.parametrize("file", ["manifest.json", "de.json"])
def test_it_is_valid_by_microsofts_own_schema(file: str) -> None:
    read = json.loads(unpacked()[file])
    assert [f"{list(e.absolute_path)}: {e.message}" for e in validator(read["$schema"]).iter_errors(read)] == []


def test_a_field_that_is_none_of_the_manifests_is_found() -> None:
    read = manifest() | {"colour": "red", "accentColor": "red"}
    told = [e.message for e in validator(read["$schema"]).iter_errors(read)]
    assert len(told) == 2
    assert any("colour" in one for one in told)


def test_it_asks_teams_for_no_permission() -> None:
    assert "authorization" not in manifest()
    assert "permissions" not in manifest()


def test_every_field_is_within_its_limit_in_every_language() -> None:
    files = unpacked()
    english, german = json.loads(files["manifest.json"]), json.loads(files["de.json"])
    for field, limit in LIMITS.items():
        group, name = field.split(".")
        assert 0 < len(english[group][name]) <= limit
        assert 0 < len(german[field]) <= limit
    assert len(english["developer"]["name"]) <= 32
    assert re.fullmatch("#[0-9A-F]{6}", english["accentColor"])
    assert all(
        english["developer"][f"{page}Url"].startswith("https://") for page in ("website", "privacy", "termsOfUse")
    )


def test_each_scope_has_its_commands_and_each_command_its_translation() -> None:
    files = unpacked()
    lists = json.loads(files["manifest.json"])["bots"][0]["commandLists"]
    german = json.loads(files["de.json"])
    assert [one["scopes"] for one in lists] == [["personal"], ["team"], ["groupChat"]]
    for n, one in enumerate(lists):
        for m, command in enumerate(one["commands"]):
            assert command["title"] in {"home", "status", "help", "verify a caller", "Somebody is in my account"}
            for part in ("title", "description"):
                assert 0 < len(command[part]) <= 128
                assert 0 < len(german[f"bots[0].commandLists[{n}].commands[{m}].{part}"]) <= 128


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_desk_understands_every_command_the_menu_offers(language: str) -> None:
    files = unpacked()
    lists = json.loads(files["manifest.json"])["bots"][0]["commandLists"]
    titles = [command["title"] for one in lists for command in one["commands"]]
    if language != "en":
        titles = [value for key, value in json.loads(files[f"{language}.json"]).items() if key.endswith("title")]
    assert len(titles) == 12
    ears = listening(KINDS)
    said = [heard(ears.of(title)).action for title in titles]
    offered = [OfferKind("compromised")]
    assert [one for one in said if isinstance(one, OfferKind)] == offered
    assert {one for one in said if not isinstance(one, OfferKind)} == {Home(), ShowStatus(), Help(), ShowCaller()}


def test_each_package_is_newer_than_the_one_before() -> None:
    at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    made = [numbered("0.9.3", at), numbered("0.9.3", at + timedelta(seconds=1)), numbered("0.10.0", at), "0.11.0"]
    parts = [tuple(map(int, one.split("."))) for one in made]
    assert parts == sorted(set(parts))
    assert all(number < 2**31 for one in parts for number in one)
    assert manifest(version=made[0])["version"] == made[0]


def test_a_name_cannot_become_structure() -> None:
    assert manifest(name='A "quoted", {b}')["name"]["short"] == 'A "quoted", {b}'


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("app_id", "vouchsafe", "is not a GUID"),
        ("public_url", "http://desk.contoso.com", "must be https"),
        ("public_url", "https://desk.contoso.com/bot", "no path"),
        ("version", "1", "not of the form"),
        ("name", "", "between 1 and 30"),
        ("name", "x" * 31, "between 1 and 30"),
    ],
)
def test_what_teams_would_not_take_is_told_with_its_name(field: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        build(**{**GIVEN, field: value})


def test_the_colour_icon_fills_its_square() -> None:
    width, height, rows = pixels(unpacked()["color.png"])
    assert (width, height) == (192, 192)
    assert all(row[n] == 255 for row in rows for n in range(3, len(row), 4))


def test_the_outline_icon_is_white_on_nothing() -> None:
    width, height, rows = pixels(unpacked()["outline.png"])
    assert (width, height) == (32, 32)
    alphas = {row[n] for row in rows for n in range(3, len(row), 4)}
    assert {0, 255} <= alphas
    assert all(row[n : n + 3] == b"\xff\xff\xff" for row in rows for n in range(0, len(row), 4))


def test_the_icons_are_the_drawn_ones() -> None:
    assert pixels((FOLDER / "outline.png").read_bytes()) == pixels(icons.png(icons.outline()))
    assert pixels((FOLDER / "color.png").read_bytes()) == pixels(icons.png(icons.color()))
