"""The environment as settings, and the trust anchors from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.config import environment, settings
from bot.config.cloud import CLOUDS, from_file, loopback
from bot.core.errors import Misconfigured

GUID = "7c0f8a52-41de-4b39-9a6e-2f8b1d05c3e7"
TENANT = "e1d94b07-6a2c-4f58-8b13-90c7ad5e26f4"
GROUP = "52b8e6f1-0d3a-4c97-a4e5-8f719c2b60d3"
OTHER = "9f03d6c8-75b1-4ea2-bd40-1c6e8a2957fb"
SECRET = "kq8Q~hW2vN0xZt6.rLp3mYb9dF-sUe7aGcJ1iK4o"
WHOLE = {
    "APP_ID": GUID,
    "APP_SECRET": SECRET,
    "TENANT_ID": TENANT,
    "PUBLIC_URL": "https://desk.contoso.com/",
    "DATABASE_URL": "postgresql://vouchsafe:hunter2@db/vouchsafe?sslmode=verify-full",
    "APPROVERS_GROUP": GROUP,
    "ALLOWED_GROUPS": f"{GROUP}, {OTHER},",
    "HELPDESK_CHANNEL": "19:help@thread.tacv2",
    "SECURITY_CHANNEL": "19:sec@thread.tacv2",
    "HELPDESK_CONTACT": "extension 4357",
}


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, WHOLE)


def _set(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            monkeypatch.delenv(settings.PREFIX + name)
        else:
            monkeypatch.setenv(settings.PREFIX + name, value)


def test_a_whole_environment_is_read() -> None:
    found = environment.load()
    assert found.allowed_groups == {GROUP, OTHER}
    assert found.public_url == "https://desk.contoso.com"
    assert found.deny_list == frozenset()
    assert found.verified_id_authority == ""
    assert found.app_secret.get_secret_value() == SECRET


def test_settings_can_be_printed_without_their_secrets() -> None:
    printed = repr(environment.load()) + str(environment.load())
    assert SECRET not in printed
    assert "hunter2" not in printed


def test_everything_that_is_missing_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, dict.fromkeys(WHOLE))
    with pytest.raises(Misconfigured) as told:
        environment.load()
    assert all(f"VOUCHSAFE_{name}: is missing" in str(told.value) for name in WHOLE)


def test_a_proxy_that_cannot_be_used_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://desk:pass@proxy:1080")
    with pytest.raises(Misconfigured, match=r"HTTPS_PROXY: .*http://HOST:PORT") as caught:
        environment.load()
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("APP_ID", "", "not an Entra object id"),
        ("APP_ID", "the-bot", "not an Entra object id"),
        ("TENANT_ID", "contoso.com", "not an Entra object id"),
        ("APP_SECRET", "", "must not be empty"),
        ("APP_SECRET", "   ", "must not be empty"),
        ("DATABASE_URL", "", "must not be empty"),
        ("APPROVERS_GROUP", "helpdesk", "not an Entra object id"),
        ("ALLOWED_GROUPS", "", "name at least one group"),
        ("ALLOWED_GROUPS", ",", "name at least one group"),
        ("ALLOWED_GROUPS", f"{GUID},everybody", "number 2 is not an Entra object id"),
        ("DENY_LIST", "root", "not an Entra object id"),
        ("PUBLIC_URL", "desk.contoso.com", "must be an address"),
        ("PUBLIC_URL", "https://desk.contoso.com/bot", "without a path"),
        ("HELPDESK_CHANNEL", "", "must not be empty"),
        ("TICKET_PATTERN", "(", "not a regular expression"),
        ("CLOUD", "moon", "'public', 'gcch' or 'dod'"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("PORT", "http", "valid integer"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("VERIFIED_ID_AUTHORITY", "verifiedid.contoso.com", "must be a DID"),
        ("VERIFIED_ID_AUTHORITY", "did:web:", "must be a DID"),
        ("VERIFIED_ID_AUTHORITY", "did:web:contoso.com/path here", "must be a DID"),
        ("VERIFIED_ID_TYPE", "Verified Employee", "letters and digits"),
        ("VERIFIED_ID_PHOTO", "", "letters and digits"),
        ("ATTRIBUTE_SET", "V" * 33, "letters and digits"),
        ("ATTRIBUTE_VERIFIED_AT", "Last-At", "letters and digits"),
        ("ATTRIBUTE_SCORE", "Sc\u00f6re", "letters and digits"),
        ("ATTRIBUTE_REQUEST", "a/b", "letters and digits"),
    ],
)
def test_a_wrong_value_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    _set(monkeypatch, {name: value})
    with pytest.raises(Misconfigured) as told:
        environment.load()
    assert f"VOUCHSAFE_{name}" in str(told.value)
    assert says in str(told.value)
    assert SECRET not in str(told.value)


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"ALLOWED_GROUP": GUID})
    with pytest.raises(Misconfigured, match="VOUCHSAFE_ALLOWED_GROUP"):
        environment.load()


@pytest.mark.parametrize(
    ("url", "well"),
    [
        ("https://desk.contoso.com", True),
        ("http://127.0.0.1:7300", True),
        ("http://localhost:7300", True),
        ("http://desk.contoso.com", False),
        ("http://127.0.0.1.evil.example", False),
    ],
)
def test_plain_http_is_for_loopback(monkeypatch: pytest.MonkeyPatch, url: str, well: bool) -> None:
    _set(monkeypatch, {"PUBLIC_URL": url})
    if well:
        assert environment.load().public_url == url
    else:
        with pytest.raises(Misconfigured, match="https"):
            environment.load()


CLOUD = {
    "name": "here",
    "login": "http://127.0.0.1:7300/entra",
    "graph": "http://127.0.0.1:7300/graph",
    "graph_scope": "https://graph.microsoft.com/.default",
    "bot_issuer": "https://api.botframework.com",
    "bot_openid": "http://127.0.0.1:7300/botframework/v1/.well-known/openidconfiguration",
    "bot_scope": "https://api.botframework.com/.default",
    "service_urls": ["http://127.0.0.1:7300/connector/"],
    "teams_js": "http://127.0.0.1:7300/npm/teams-js/MicrosoftTeams.min.js",
    "frame_origins": ["http://127.0.0.1:7300"],
    "verified_id": "http://127.0.0.1:7300/verified-id",
    "verified_id_scope": "3db474b9-6a0c-4840-96ac-1fceb342124f/.default",
}


def _cloud(folder: Path, **changes: object) -> Path:
    file = folder / "cloud.json"
    file.write_text(json.dumps({**CLOUD, **changes}))
    return file


def test_a_cloud_file_on_loopback_is_taken(tmp_path: Path) -> None:
    cloud = from_file(_cloud(tmp_path), host="127.0.0.1")
    assert cloud.service_urls == ("http://127.0.0.1:7300/connector/",)
    assert cloud.verified_id == "http://127.0.0.1:7300/verified-id"


def test_a_cloud_file_may_be_without_verified_id(tmp_path: Path) -> None:
    assert not from_file(_cloud(tmp_path, verified_id=""), host="127.0.0.1").verified_id


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "desk.contoso.com", "127.0.0.1.evil.example"])  # noqa: S104 - what is refused
def test_a_cloud_file_is_refused_on_any_other_address(tmp_path: Path, host: str) -> None:
    with pytest.raises(Misconfigured, match="loopback"):
        from_file(_cloud(tmp_path), host=host)


@pytest.mark.parametrize(
    "key", ["login", "graph", "bot_openid", "teams_js", "service_urls", "frame_origins", "verified_id"]
)
@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "http://127.0.0.1@evil.example/", "http://localhost.evil.example/"]
)
def test_a_cloud_file_leads_nowhere_else(tmp_path: Path, key: str, url: str) -> None:
    value = [url] if isinstance(CLOUD[key], list) else url
    with pytest.raises(Misconfigured, match="not on loopback"):
        from_file(_cloud(tmp_path, **{key: value}), host="127.0.0.1")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name": "x"}', '{"trust": "everybody"}'])
def test_a_cloud_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="--cloud"):
        from_file(file, host="127.0.0.1")


def test_the_named_clouds_are_https_and_never_on_loopback() -> None:
    for cloud in CLOUDS.values():
        for url in (cloud.login, cloud.graph, cloud.bot_openid, cloud.teams_js, *cloud.service_urls):
            assert url.startswith("https://")
        assert not cloud.time_file
        assert cloud.verified_id == "" or cloud.verified_id.startswith("https://")
        assert bool(cloud.verified_id) == bool(cloud.verified_id_scope)


def test_loopback_is_this_machine_only() -> None:
    assert [host for host in ("localhost", "127.0.0.1", "127.8.8.8", "::1") if not loopback(host)] == []
    assert [host for host in ("", "0.0.0.0", "localhost.", "10.0.0.1", "evil.example") if loopback(host)] == []  # noqa: S104 - what is refused
