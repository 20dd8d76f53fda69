"""What hostile hands may leave in the record: what they tried, in the desk's own words and within bounds; no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from bot.core.audit import Deed, verify
from bot.core.reasons import Reason
from bot.core.watch import BUDGET, Sort
from bot.store import codec

TABLES: Final = ("audit", "chains", "tries", "findings")
ATTEMPTS: Final = frozenset({Deed.PROOF_FAILED.value, Deed.REFUSED.value, Deed.FOUND.value})
SORTS: Final = frozenset({*Sort} - {Sort.YES})  # a yes that counts is no attempt
DOORS: Final = frozenset({"browser", "call", "card", "code", "doubt", "page", "threat", "token", "wallet"})
FAULTS: Final = frozenset({"another_browser", "no_such", "not_theirs", "wrong_code", "wrong_person", "wrong_secret"})
LONGEST: Final = 80  # characters: no token, key, cookie or sentence of a stranger's


async def beside_attempts(url: str, people: Collection[str], of: Collection[str] = ()) -> str:
    """All the record holds that is no attempt, as text, or that of some: hostile hands add nothing to it, take nothing.

    The attempts are looked at here: who is named in one is one of these `people` or nobody, the rest are words of the
    desk, and one person's are not more than an hour may have.
    """
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
        found = {
            "audit": "SELECT * FROM audit ORDER BY seq",
            "chains": "SELECT * FROM chains",
            "tries": "SELECT * FROM tries ORDER BY tenant, person, sort, at",
            "findings": "SELECT * FROM findings ORDER BY id",
        }
        rows = {name: await (await connection.execute(ask.encode())).fetchall() for name, ask in found.items()}
    _is_a_chain(rows["audit"], rows["chains"])
    names = {*people, ""}
    attempts = [row for row in rows["audit"] if row["deed"] in ATTEMPTS]
    for row in attempts:
        _is_an_attempt(row["deed"], row["data"], names)
    failed = [row["data"] for row in attempts if row["deed"] == Deed.PROOF_FAILED]
    by = Counter((data["by"], "" if data["by"] else data["about"]) for data in failed)
    assert all(many <= BUDGET for many in by.values()), by
    counted = [row for name in ("tries", "findings") for row in rows[name] if row["sort"] in SORTS]
    assert {row["person"] for row in counted} <= names
    hours = Counter((row["person"], row["sort"], row["hour"]) for row in rows["findings"])
    assert set(hours.values()) <= {1}, hours
    others = [row for row in rows["audit"] if row not in attempts and (not of or row["subject"] in of)]
    for row in others:  # where it stands, and after what, is the attempts' doing
        del row["seq"], row["previous"], row["hash"]
    return repr([others, [row for name in ("tries", "findings") for row in rows[name] if row not in counted]])


def _is_a_chain(audit: list[dict[str, Any]], chains: list[dict[str, Any]]) -> None:
    """Nothing before the attempts was changed or left out, and the end is the last of them."""
    assert len(chains) == 1
    assert verify([codec.entry_of(row) for row in audit], (chains[0]["seq"], chains[0]["hash"])) is None


def _is_an_attempt(deed: str, data: dict[str, str], names: set[str]) -> None:
    assert all(len(value) <= LONGEST for value in data.values()), data
    match deed:
        case Deed.PROOF_FAILED:
            assert {*data} - {"further"} == {"by", "about", "reason", "door"}, data
            assert data["reason"] in FAULTS, data
            assert data["door"] in DOORS, data
            assert {data["by"], data["about"]} <= names, data
        case Deed.REFUSED:
            assert data["reason"] in {*Reason}, data
            assert data.get("by", "") in names, data
        case _:
            assert {*data} == {"sort", "person", "window", "count"}, data
            assert data["sort"] in SORTS, data
            assert data["person"] in names, data
