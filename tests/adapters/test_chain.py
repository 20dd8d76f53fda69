"""The trail against whoever may write the database: what its role may not do, and what is found when it was done."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import app
from bot.config import environment
from bot.core.audit import GENESIS, About, Deed, Key, Keys, Note, link, verify
from bot.core.errors import Misconfigured
from bot.process.heads import Heads
from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped
from tests.adapters.trail import KEYS, as_owner, checked, rewritten, written

OTHER = "2026-12:Ua7d2Kq0Zs5mWc9xTb4yNe1rLg6jHf3vPi8oQuXkRtY"
KEY, NEXT = Key("2026-11", b"k" * 32), Key("2026-12", b"n" * 32)


pytestmark = pytest.mark.usefixtures("desk_settings")


@pytest.mark.parametrize("mode", ["plain", "guessed"])
async def test_a_rewrite_by_the_owner_without_the_key_is_found(
    keyed: PostgresStore, database_url: str, mode: str
) -> None:
    await written(keyed, Deed.ASKED, Deed.APPROVED, Deed.SHOWN)
    rewritten(database_url, mode=mode)
    found = await checked()
    assert found.exit_code == 1
    assert "BROKEN at entry" in found.output


async def test_a_tail_that_was_cut_off_is_found_by_a_head_that_was_kept(
    keyed: PostgresStore, database_url: str
) -> None:
    """The stored end is cut with it, so that the chain by itself is whole."""
    first = await written(keyed, Deed.ASKED)
    last = await written(keyed, Deed.APPROVED, Deed.SHOWN)
    assert (await checked("--head", last)).exit_code == (await checked("--head", first)).exit_code == 0
    assert (await checked("--head", last.partition(":")[0])).exit_code == 0
    as_owner(
        database_url,
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE chains SET (seq, hash) = (SELECT seq, hash FROM audit WHERE seq = 2)",
    )
    assert (await checked()).exit_code == 0  # what the chain itself cannot say
    for head in (last, last.partition(":")[0]):
        found = await checked("--head", head)
        assert (found.exit_code, "cut off" in found.output) == (1, True)
    assert (await checked("--head", first)).exit_code == 0
    await written(keyed, Deed.DENIED)  # and something else stands there now
    found = await checked("--head", last)
    assert (found.exit_code, "entry 3: its hash is not the one that was kept" in found.output) == (1, True)


@pytest.mark.parametrize("head", ["deadbeef", "0" * 64 + ":", "0" * 64 + ":0", ""])
async def test_a_head_that_is_none_is_told(head: str) -> None:
    found = await checked("--head", head)
    assert found.exit_code == 2
    assert "--head" in found.output


async def test_what_was_plain_stays_so_and_the_first_key_holds_it(store: PostgresStore, database_url: str) -> None:
    await written(store, Deed.ASKED, Deed.APPROVED)
    found = await checked()
    assert (found.exit_code, "no entry carries a key" in found.output) == (1, True)
    async with PostgresStore(database_url, clock=Stopped(), keys=environment.load().keys) as keyed:
        heads = Heads(keyed, environment.load())
        await heads.seal()
        await heads.seal()  # there is nothing left to do
        assert [entry.deed async for entry in keyed.audit_entries("contoso")] == ["asked", "approved", "keyed"]
    found = await checked()
    assert found.exit_code == 0
    assert "3 entries, whole; with a key from entry 3 on (2026-11), which also holds the 2 plain ones" in found.output
    rewritten(database_url, mode="plain")
    assert (await checked()).exit_code == 1


async def test_nothing_plain_comes_after_a_key_unless_it_is_said_how_far(
    store: PostgresStore, keyed: PostgresStore
) -> None:
    """An older version beside the new one writes plain entries; so may whoever holds the database."""
    await written(keyed, Deed.ASKED)
    await written(store, Deed.APPROVED)
    await written(keyed, Deed.SHOWN)
    found = await checked()
    assert (found.exit_code, "entry 2: it carries no key" in found.output) == (1, True)
    assert (await checked("--plain-until", "1")).exit_code == 1
    assert (await checked("--plain-until", "2")).exit_code == 0


async def test_keys_are_changed_and_old_ones_still_verify(
    keyed: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(keyed, Deed.ASKED)
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", f"{OTHER}, {KEYS}")
    async with PostgresStore(database_url, clock=Stopped(), keys=environment.load().keys) as changed:
        await written(changed, Deed.APPROVED)
    found = await checked()
    assert (found.exit_code, "(2026-11, 2026-12)" in found.output) == (0, True)
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", OTHER)
    found = await checked()
    assert (found.exit_code, "names the key '2026-11', which was not given" in found.output) == (1, True)


async def test_this_process_notices_what_is_rewritten_under_it(
    keyed: PostgresStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, dict[str, object]]] = []
    for level in ("info", "critical"):
        monkeypatch.setattr(f"bot.process.heads.log.{level}", lambda event, **more: said.append((event, more)))
    heads = Heads(keyed, environment.load())
    check = heads.checks()["trail"]
    end = await written(keyed, Deed.ASKED, Deed.APPROVED)
    await heads.look()
    await heads.look()
    assert [(event, f"{more['hash']}:{more['seq']}") for event, more in said] == [("audit_head", end)]
    assert await check.run() == ""
    rewritten(database_url, mode="plain")
    await heads.look()
    assert said[-1][0] == "audit_rewritten"
    assert "contoso" in await check.run()


def test_the_desk_does_not_start_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOUCHSAFE_AUDIT_KEYS")
    for command in (["serve"], ["audit", "verify"]):
        done = CliRunner().invoke(app.cli, command)
        assert done.exit_code == 2
        assert "VOUCHSAFE_AUDIT_KEYS: is missing; `vouchsafe audit key` makes one" in done.output
    assert CliRunner().invoke(app.cli, ["migrate"]).exit_code == 0  # whoever migrates must not hold it


@pytest.mark.parametrize("keys", ["secret", "2026-11:", KEYS[:-1], "n:" + "A" * 43, f"{KEYS},{KEYS}", "N:" + "x" * 43])
def test_a_key_that_is_none_is_told_and_not_repeated(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", keys)
    with pytest.raises(Misconfigured) as told:
        environment.load()
    assert "VOUCHSAFE_AUDIT_KEYS" in str(told.value)
    assert keys.partition(":")[2] not in str(told.value) or not keys.partition(":")[2]


def test_a_key_that_is_made_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CliRunner().invoke(app.cli, ["audit", "key", "spring"], catch_exceptions=False).output.strip()
    assert made.startswith("spring:")
    monkeypatch.setenv("VOUCHSAFE_AUDIT_KEYS", made)
    assert environment.load().keys.current == "spring"
    assert made.partition(":")[2] not in repr(environment.load()) + repr(environment.load().keys)
    assert CliRunner().invoke(app.cli, ["audit", "key", "Not A Name"]).exit_code == 2


def test_every_field_of_an_entry_is_under_the_key() -> None:
    about = About("t", "r1", "tap", "ann", "enforce")
    entry = link(GENESIS, about=about, seq=1, at=Stopped().at, note=Note(Deed.ASKED, {"a": "b"}), keys=Keys((KEY,)))
    assert verify([entry], keys=Keys((NEXT, KEY))) is None
    assert verify([entry], keys=Keys((Key("2026-11", b"x" * 32),))) is not None
