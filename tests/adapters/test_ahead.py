"""Nothing stands in the trail but what follows its end: not ahead of it, beside it, nor in a chain nobody began."""

# ruff: noqa: S608 - what is put together here is an attack

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from bot.core.audit import GENESIS, Deed
from bot.store.postgres import PostgresStore
from tests.adapters.rows import Stopped
from tests.adapters.trail import as_owner, checked, written

pytestmark = pytest.mark.usefixtures("desk_settings")

FORGED = "f" * 64


def entry(seq: int, previous: str, *, tenant: str = "contoso", digest: str = FORGED) -> str:
    """What whoever holds the desk's role would add; they have no key."""
    return f"""
        INSERT INTO audit (tenant, seq, at, request, kind, subject, mode, deed, data, previous, hash, key)
        VALUES ('{tenant}', {seq}, now(), 'r1', 'tap', 'ann', 'enforce', 'approved', '{{}}', {previous}, '{digest}', '')
    """


LAST = "(SELECT hash FROM audit WHERE tenant = 'contoso' AND seq = 2)"  # of the two that are there


def both(*entries: str, seq: int, digest: str = FORGED) -> str:
    """Entries and the end moved in one statement, as the desk itself does it."""
    put = ", ".join(f"e{number} AS ({one})" for number, one in enumerate(entries))
    return f"WITH {put} UPDATE chains SET seq = {seq}, hash = '{digest}' WHERE tenant = 'contoso'"


ATTACKS = {
    "the next place, taken before the desk takes it": [entry(3, LAST)],
    "a place far ahead": [entry(1_000_000, LAST)],
    "a place far ahead, and its end": [both(entry(9, LAST), seq=9)],
    "one that follows nothing": [both(entry(3, f"'{FORGED}'"), seq=3)],
    "one that follows an older one": [both(entry(3, "(SELECT hash FROM audit WHERE seq = 1)"), seq=3)],
    "one that begins anew": [both(entry(3, f"'{GENESIS}'"), seq=3)],
    "a place before the first": [entry(0, f"'{GENESIS}'")],
    "an end where nothing stands": [f"UPDATE chains SET seq = 7, hash = '{FORGED}'"],
    "an end that is not the last one's": [both(entry(3, LAST), seq=3, digest="e" * 64)],
    "an end that is short of the last one": [both(entry(3, LAST), entry(4, f"'{FORGED}'"), seq=3)],
    "one that follows what is added with it": [both(entry(3, f"'{FORGED}'"), entry(4, f"'{FORGED}'"), seq=4)],
    "a chain nobody began": [entry(1, f"'{GENESIS}'", tenant="fabrikam")],
    "a chain that begins in the middle": [f"INSERT INTO chains VALUES ('fabrikam', 5, '{FORGED}')"],
    "a chain that begins with a hash of its own": [f"INSERT INTO chains VALUES ('fabrikam', 0, '{FORGED}')"],
    "another table by the name of the trail": [
        "CREATE TEMP TABLE audit AS SELECT * FROM public.audit",
        "CREATE TEMP TABLE chains AS SELECT * FROM public.chains",
        f"INSERT INTO audit (tenant, seq, hash) VALUES ('contoso', 8, '{FORGED}')",
        "UPDATE chains SET seq = 9",
        entry(9, f"'{FORGED}'").replace("INTO audit", "INTO public.audit"),
    ],
}


def attacked(url: str, *statements: str, level: str = "READ COMMITTED") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        for statement in statements:
            connection.execute(statement.encode())


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
async def test_the_desks_own_role_adds_nothing_but_what_follows_the_end(
    runtime_url: str, keyed: PostgresStore, attack: str, level: str
) -> None:
    await written(keyed, Deed.ASKED, Deed.APPROVED)
    with pytest.raises(errors.InsufficientPrivilege):
        attacked(runtime_url, *ATTACKS[attack], level=level)
    await written(keyed, Deed.SHOWN)  # and nobody stands in the way of the next one
    assert "3 entries, whole" in (await checked()).output


async def test_what_is_not_by_the_key_is_found_although_it_follows_the_end(
    runtime_url: str, keyed: PostgresStore
) -> None:
    """The database cannot tell: it has no key."""
    await written(keyed, Deed.ASKED, Deed.APPROVED)
    attacked(runtime_url, both(entry(3, LAST), seq=3))
    found = await checked()
    assert (found.exit_code, "BROKEN at entry 3" in found.output) == (1, True)


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        ([entry(3, LAST)], "contoso: BROKEN at entry 3: it stands beyond the end of the chain"),
        ([entry(7, LAST)], "contoso: BROKEN at entry 7: it stands beyond the end of the chain"),
        ([entry(1, f"'{GENESIS}'", tenant="fabrikam")], "fabrikam: BROKEN at entry 1: the end of the chain is missing"),
        ([entry(0, f"'{GENESIS}'")], "contoso: BROKEN at entry 1: an entry is missing"),
    ],
)
async def test_what_the_owner_lays_beside_the_chain_is_found(
    keyed: PostgresStore, database_url: str, attack: list[str], told: str
) -> None:
    """So is what was there before the database itself refused it."""
    await written(keyed, Deed.ASKED, Deed.APPROVED)
    as_owner(database_url, *attack)
    found = await checked()
    assert (found.exit_code, told in found.output) == (1, True), found.output


async def test_a_role_that_may_lay_something_beside_the_chain_is_told(
    runtime_url: str, database_url: str, keyed: PostgresStore
) -> None:
    assert "owns" in await keyed.too_much()
    async with PostgresStore(runtime_url, clock=Stopped(), wait=60) as own:
        assert await own.too_much() == ""
        for trigger in ("audit_follows", "audit_stays_whole", "chains_end", "chains_stay"):
            table = trigger.partition("_")[0]
            attacked(database_url, f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            assert "where it likes" in await own.too_much()
            attacked(database_url, f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        assert await own.too_much() == ""
