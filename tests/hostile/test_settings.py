"""Settings in hostile or tired hands: what must not run does not start, all is told together, no secret is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

import app
from bot.config import environment, policies, settings
from bot.config.cloud import from_file
from bot.core.errors import Misconfigured
from bot.core.model import Mode
from bot.kinds import KINDS
from tests.adapters.test_settings import CLOUD, GROUP, GUID, SECRET, TENANT, WHOLE

DATABASE: Final = "postgresql://vouchsafe:hunter2-and-more@db.contoso.com/vouchsafe"
CHECKED: Final = "?sslmode=verify-full&sslrootcert=system"


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    _set(monkeypatch, WHOLE)


def _set(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(settings.PREFIX + name, value)


def _told() -> str:
    with pytest.raises(Misconfigured) as told:
        environment.load()
    return str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        *("http://desk.contoso.com", "HTTP://desk.contoso.com", "ftp://desk.contoso.com", "//desk.contoso.com", ""),
        *("https://user:pw@desk.contoso.com", "https://desk.contoso.com@evil.example", "https://desk.contoso.com/bot"),
        *("https://desk.contoso.com?x=1", "https://desk.contoso.com#x", "https://desk.contoso.com;x", "https://"),
        *("https://desk.contoso.com:0", "https://desk.contoso.com:99999", "https://desk.contoso.com:", "https://:443"),
        *("https://desk.contoso.com:https", "https://desk.contoso.com.", "https://desk..contoso.com", "https://[::1"),
        *("https://-desk.contoso.com", "https://desk contoso.com", "https://desk.contoso.com\\@evil.example"),
        *("https://desk.contoso.com\nX: y", "https://*.contoso.com", "https://d\u0435sk.contoso.com", "https://desk"),
        *(
            "https://10.1.2.3",
            "https://2130706433",
            "https://0x7f.1",
            "https://[2001:db8::1]",
            "https://192.168.1.9:443",
        ),
        *(
            "https://desk.example",
            "https://example.com",
            "https://desk.example.com",
            "https://desk.test",
            "https://a.local",
        ),
        *("https://desk.invalid", "https://desk.localhost", "http://127.0.0.1.nip.io", "http://localhost.contoso.com"),
    ],
)
def test_an_address_that_is_open_unknown_or_odd_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    _set(monkeypatch, {"PUBLIC_URL": url})
    assert "VOUCHSAFE_PUBLIC_URL: " in _told()


@pytest.mark.parametrize(
    "url", ["https://Desk.Contoso.com/", "https://desk.contoso.com:8443", "https://xn--dsk-ppa.contoso.com"]
)
def test_an_address_of_the_public_internet_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    _set(monkeypatch, {"PUBLIC_URL": url})
    assert environment.load().public_url == url.lower().rstrip("/")


@pytest.mark.parametrize(
    "secret",
    [
        *(
            "",
            "   ",
            "x",
            "short~secret",
            "kQ8~hW2vN0xZt6.",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "12121212121212121212121212121212",
        ),
        *(
            "changeme-changeme-changeme",
            "CHANGE_ME_before_you_deploy_1",
            "<your client secret here>",
            "your-secret-goes-here",
        ),
        *(
            "this-is-only-an-example-of-one",
            "${APP_SECRET_OF_THE_BOT}",
            "{{ .Values.clientSecret }}",
            "placeholder0123456789",
        ),
        *(
            "xxxxxxxxxxxx1234567890ab",
            GUID,
            GUID.upper(),
            f"{{{GUID}}}",
            GUID.replace("-", ""),
            "MyCompanyPassword2026!",
        ),
    ],
)
def test_a_weak_secret_or_an_example_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    _set(monkeypatch, {"APP_SECRET": secret})
    told = _told()
    assert "VOUCHSAFE_APP_SECRET: " in told
    assert len(secret.strip()) < 3 or secret not in told


@pytest.mark.parametrize(
    "guid",
    [
        *(
            "00000000-0000-0000-0000-000000000000",
            "00000000-0000-0000-0000-000000000001",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ),
        *(
            "11111111-2222-3333-4444-555555555555",
            "12345678-1234-1234-1234-123456789012",
            "12345678-90ab-cdef-1234-567890abcdef",
        ),
        *(
            "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "deadbeef-1234-4567-89ab-0123456789ab",
            "{00000000000000000000000000000000}",
        ),
    ],
)
@pytest.mark.parametrize("name", ["APP_ID", "TENANT_ID", "APPROVERS_GROUP", "ALLOWED_GROUPS", "DENY_LIST"])
def test_an_id_out_of_an_example_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, guid: str) -> None:
    """A deny-list of examples protects nobody, a group of examples approves nothing."""
    _set(monkeypatch, {name: guid})
    assert f"VOUCHSAFE_{name}: is only an example" in _told()


def test_what_teams_shall_know_of_the_app_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("https://", "https://[fe80::1%eth.a]"):
        _set(monkeypatch, {"APP_ID": "00000000-0000-0000-0000-000000000001", "PUBLIC_URL": url})
        with pytest.raises(Misconfigured) as told:
            environment.app()
        assert "VOUCHSAFE_PUBLIC_URL: must" in str(told.value)
        assert "VOUCHSAFE_APP_ID: is only an example" in str(told.value)


def test_the_simplest_that_entra_may_make_up_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"APP_SECRET": "abcdefgh" * 2, "APP_ID": "1a2b3c4a-1b2c-4a1b-a2b3-c41a2b3c41a2"})
    assert environment.load().app_id == "1a2b3c4a-1b2c-4a1b-a2b3-c41a2b3c41a2"


@hypothesis(deadline=None, max_examples=200, derandomize=True, database=None)
@given(st.uuids(version=4), st.text("ABCDEFGHabcdefgh0123456789~._-", min_size=40, max_size=40))
def test_what_entra_makes_up_is_hardly_ever_taken_for_an_example(guid: object, secret: str) -> None:
    from bot.config import checks  # noqa: PLC0415 - what is tested, without the environment

    if len(set(secret)) >= 12:
        assert list(checks._secret(secret)) == []
    if len(set(str(guid))) >= 9:
        assert not checks._SAMPLES.search(str(guid)) or str(guid)[:8] in {"12345678", "01234567", "deadbeef"}


@pytest.mark.parametrize(
    "channel",
    [
        *(
            "helpdesk",
            "19:\u2026@thread.tacv2",
            "19:...@thread.tacv2 ",
            "19:help",
            "19:@thread.tacv2",
            "28:bot",
            "a:ann",
        ),
        *("https://teams.microsoft.com/l/channel/19%3ahelp%40thread.tacv2/x", "19:help@thread.tacv2;messageid=1"),
    ],
)
@pytest.mark.parametrize("name", ["HELPDESK_CHANNEL", "SECURITY_CHANNEL"])
def test_what_is_no_channel_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, channel: str) -> None:
    if channel == "19:...@thread.tacv2 ":
        channel = "19:<id>@thread.tacv2"
    _set(monkeypatch, {name: channel})
    assert f"VOUCHSAFE_{name}: " in _told()


@pytest.mark.parametrize("mode", list(Mode))
def test_nothing_runs_whose_alarms_nobody_would_hear(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: Mode
) -> None:
    """With a kind in force, on trial or off: there is no desk without a security channel."""
    (tmp_path / "policies.toml").write_text("".join(f'[{kind}]\nmode = "{mode}"\n' for kind in KINDS))
    _set(monkeypatch, {"POLICIES": str(tmp_path / "policies.toml")})
    assert all(
        policy.mode is mode for policy in policies.load(environment.load().policies, KINDS, environment.load()).values()
    )
    for nothing in ("", "  ", "TODO"):
        _set(monkeypatch, {"SECURITY_CHANNEL": nothing})
        assert "VOUCHSAFE_SECURITY_CHANNEL: " in _told()
    monkeypatch.delenv("VOUCHSAFE_SECURITY_CHANNEL")
    assert "VOUCHSAFE_SECURITY_CHANNEL: is missing" in _told()


@pytest.mark.parametrize("contact", ["changeme", "<helpdesk>", "TODO", "xxx", "...", "N\u2026", "placeholder"])
def test_a_helpdesk_nobody_can_reach_is_refused(monkeypatch: pytest.MonkeyPatch, contact: str) -> None:
    _set(monkeypatch, {"HELPDESK_CONTACT": contact})
    assert "VOUCHSAFE_HELPDESK_CONTACT: " in _told()


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
@pytest.mark.parametrize(
    "url",
    [
        *(DATABASE, f"{DATABASE}?sslmode=disable", f"{DATABASE}?sslmode=prefer", f"{DATABASE}?sslmode=require"),
        *(
            f"{DATABASE}?sslmode=allow",
            f"{DATABASE}?sslmode=verify-full&sslmode=disable",
            "host=db.contoso.com dbname=x",
        ),
        *(
            "postgresql://127.0.0.1,db.contoso.com/x",
            "postgresql://localhost/x?host=db.contoso.com",
            "postgresql://10.0.0.9/x",
        ),
        *("postgresql://localhost/x?hostaddr=10.0.0.9", "postgresql:///x?service=other", "mysql://db.contoso.com/x"),
        *(
            "db.contoso.com",
            "postgresql://db.contoso.com:notaport/x",
            f"postgresql://u:changeme@db.contoso.com/x{CHECKED}",
        ),
    ],
)
def test_a_database_off_this_machine_is_reached_by_checked_tls_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    _set(monkeypatch, {name: url})
    told = _told()
    assert f"VOUCHSAFE_{name}: " in told
    assert "hunter2" not in told
    assert "changeme" not in told


@pytest.mark.parametrize(
    "url",
    [
        *(DATABASE + CHECKED, f"{DATABASE}?sslmode=verify-ca", "postgresql:///x", "postgresql://localhost/x"),
        *(
            "postgresql://127.0.0.1:5432/x",
            "postgresql:///x?host=/var/run/postgresql",
            "host=/tmp dbname=x",
            "postgresql://[::1]/x",
            "postgresql://vouchsafe:changeme@localhost/x",
        ),
    ],
)
def test_a_database_here_or_by_checked_tls_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    _set(monkeypatch, {"DATABASE_URL": url})
    assert environment.load().database_url.get_secret_value() == url


def test_where_the_database_is_may_be_said_by_its_own_variables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"DATABASE_URL": "postgresql:///vouchsafe"})
    monkeypatch.setenv("PGHOST", "db.contoso.com")
    assert "VOUCHSAFE_DATABASE_URL: must be reached by TLS" in _told()
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    environment.load()


@pytest.mark.parametrize(
    "proxies", ["0.0.0.0/0", "::/0", "10.0.0.1/24", "ingress", "10.0.0.0/33", "0.0.0.0/1,128.0.0.0/1"]
)
def test_nobody_is_believed_by_mistake(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    _set(monkeypatch, {"PROXIES": proxies})
    assert "VOUCHSAFE_PROXIES: number 1 is " in _told()


def test_the_networks_of_the_proxies_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"PROXIES": "10.1.0.0/24, 2001:db8:f::/48, 192.0.2.7"})
    assert {str(network) for network in environment.load().networks} == {
        "10.1.0.0/24",
        "2001:db8:f::/48",
        "192.0.2.7/32",
    }


@pytest.mark.parametrize(
    "name", ["VOUCHSAFE_APP_IDD", "VOUCHSAFE_", "vouchsafe_skip_auth", "Vouchsafe_App_Id", "vouchsafe_app_secret"]
)
def test_a_variable_that_is_none_of_ours_to_the_letter_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "whatever-it-is")
    told = _told()
    assert f"{name}: is not a setting of Vouchsafe" in told
    assert "whatever" not in told


def test_everything_that_is_wrong_is_told_at_once_and_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCHSAFE_DEBUG", "1")
    _set(monkeypatch, {"PUBLIC_URL": "http://desk", "APP_SECRET": "changeme-changeme", "DATABASE_URL": DATABASE})
    _set(monkeypatch, {"SECURITY_CHANNEL": "security", "DENY_LIST": "00000000-0000-0000-0000-000000000000"})
    done = CliRunner().invoke(app.cli, ["serve"])
    assert done.exit_code == 2
    for name in ("DEBUG", "PUBLIC_URL", "APP_SECRET", "DATABASE_URL", "SECURITY_CHANNEL", "DENY_LIST"):
        assert f"VOUCHSAFE_{name}: " in done.stderr
    assert "changeme" not in done.output
    assert "hunter2" not in done.output


@pytest.mark.parametrize(
    "name", [*WHOLE, "DENY_LIST", "PROXIES", "PORT", "WORKERS", "CLOUD", "LOG_LEVEL", "VERIFIED_ID_AUTHORITY"]
)
def test_a_secret_in_the_wrong_variable_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Pasted one line too high, it must not end up in a log of the container."""
    if name in {"APP_SECRET", "HELPDESK_CONTACT"}:
        return
    for odd in (SECRET, f"https://u:{SECRET}@[", f"{GROUP},{SECRET}"):
        _set(monkeypatch, {name: odd})
        assert SECRET not in _told()


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_no_command_runs_on_what_is_refused(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    _set(monkeypatch, {"PUBLIC_URL": "http://desk.contoso.com"})
    assert CliRunner().invoke(app.cli, [command]).exit_code == 2


def test_the_same_id_twice_is_a_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"APP_ID": TENANT})
    assert "VOUCHSAFE_TENANT_ID: is the same id as another" in _told()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("login", 7),
            ("login", None),
            ("service_urls", [7]),
            ("service_urls", "http://127.0.0.1/"),
            ("frame_origins", {}),
        ),
        *(
            ("graph", "file://localhost/etc/passwd"),
            ("login", "ftp://127.0.0.1/"),
            ("teams_js", "javascript://127.0.0.1/%0aalert(1)"),
        ),
        *(("login", "http://127.0.0.1\\@evil.example/"), ("graph", "http://[::1"), ("bot_openid", "http://0.0.0.0/")),
        *(
            ("login", "http://127.1/"),
            ("login", "http://2130706433/"),
            ("name", 5),
            ("time_file", 5),
            ("frame_origins", [None]),
        ),
    ],
)
def test_a_cloud_file_of_other_shapes_is_refused_too(tmp_path: Path, key: str, value: object) -> None:
    file = tmp_path / "cloud.json"
    file.write_text(json.dumps({**CLOUD, key: value}))
    with pytest.raises(Misconfigured, match="--cloud"):
        from_file(file, host="127.0.0.1")


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646, 0o620])
def test_policies_that_others_may_write_are_refused(tmp_path: Path, mode: int) -> None:
    """Who may change the file may have the desk ask for nothing."""
    file = tmp_path / "policies.toml"
    file.write_text("[tap]\nper_day = 1\n")
    file.chmod(mode)
    with pytest.raises(Misconfigured, match=rf"VOUCHSAFE_POLICIES.*run `chmod go-w {file}`"):
        policies.load(str(file), KINDS, environment.load())
    file.chmod(0o644)
    policies.load(str(file), KINDS, environment.load())
