"""Growth: no statement on the way of a turn or a job reads more when more is kept, and each has its index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bench.past import TENANT, Past, fill
from bot.core.audit import GENESIS, About, Deed, Note, link
from bot.core.model import Chat, Mode, Person, Request, Status
from bot.core.ports import Job, Posted, Purpose, SignIn, SignInStage, Slot
from bot.core.watch import Notice, Sort
from bot.store import alarms, beside, chain, codec, past, sql, unusual, waiting
from bot.store.lately import COUNTED
from tests.conftest import TEMPLATE

PAST = Past(2000, approvals=10, jobs=20_000)
DAY = timedelta(days=1)
BLOCKS = 80  # of 8 kB; the tables have hundreds
BIG = {
    "requests",
    "audit",
    "posted",
    "private_chats",
    "sign_ins",
    "used_sign_ins",
    "seen",
    "procrastinate_jobs",
    "tries",
}
NOW: Final = datetime.now(UTC)
ANN = Person(TENANT, "p7", "Ann Archer", "en")
HOME = Chat(TENANT, "a:7", "https://smba.trafficmanager.net/emea/", personal=True, user="29:7")
ASKED = Request("new", "verify", ANN, ANN, {}, Mode.ENFORCE, Status.STEP_UP, 6, NOW)
SIGNING = SignIn("s7", Purpose.STEP_UP, ANN, HOME, "r7", 1, "c1", SignInStage.BEGUN, NOW, NOW, version=3)
END = PAST.requests * 6  # where the chain of the past ends, whose hashes are all alike
TOLD = About(TENANT, "r7", "tap", "p7", "enforce")
FIRST = link(GENESIS, about=TOLD, seq=END + 1, at=NOW, note=Note(Deed.ASKED))
ADDED = (FIRST, link(FIRST.hash, about=TOLD, seq=END + 2, at=NOW, note=Note(Deed.ASKED)))
WAKE = Jsonb(asdict(Job("cards", "new")))

GIVEN = {"tenant": TENANT, "subject": "p7", "kinds": ["tap", "password"], "but": "", "open": ["acting", "unknown"]}

# A name of one of the modules of statements, and values like those the desk comes with.
CASES: Mapping[str, Mapping[str, Any]] = {
    "ADD_REQUEST": codec.request_row(ASKED),
    "RIVAL": codec.request_row(ASKED),
    "LOAD_REQUEST": {"id": "r1234"},
    "SAVE_REQUEST": {**codec.request_row(ASKED), "id": "r7"},
    "RECENT": {
        "tenant": TENANT,
        "subject": "p7",
        "now": NOW,
        "but": "",
        **COUNTED,
    },
    "LATEST": {"tenant": TENANT, "person": "p7", "limit": 5},
    "DENIED": {"tenant": TENANT, "subject": "p7", "since": NOW - timedelta(days=7), "denied": "denied"},
    "HISTORY": {"tenant": TENANT, "subject": "p7", "since": NOW - timedelta(days=7), "limit": 20},
    "HAPPENED": {
        **GIVEN,
        "now": NOW,
        "since": NOW - timedelta(days=1),
        "failed": "failed",
        "unlike": ["low_score"],
        "tried": NOW - timedelta(hours=8),
    },
    "ONLY": {**GIVEN, "since": NOW - timedelta(days=1)},
    "LOCKS": {"tenant": TENANT, "subject": "p7"},
    "ON_ITS_WAY": {"tenant": TENANT, "subject": "p7", "open": ["ready"], "done": "done"},
    "RAISED": {"tenant": TENANT, "subject": "p7", "kind": "compromised", "since": NOW - timedelta(minutes=1)},
    "DUE": {"now": NOW, "limit": 200},
    "COUNT": {"tenant": TENANT},
    "LINE": {"tenant": TENANT, "limit": 8},
    "BY_KIND": {"tenant": TENANT, "kinds": ["tap", "risk"]},
    "WANTED": {
        "tenant": TENANT,
        "kinds": ["tap", "risk"],
        "now": NOW,
        "limit": 10,
        "after": "r7",
        "only": "tap",
        "by": "p7",
        "late": True,
    },
    "PLACE": {"tenant": TENANT, "at": NOW, "id": "r7"},
    "FRONT": {"tenant": TENANT, "limit": 5, "stood": "queue"},
    "BEGIN_CHAIN": {"tenant": TENANT, "hash": GENESIS},
    "LOCK_HEAD": {"tenant": TENANT},
    "APPEND": codec.entries_row(ADDED),
    "HASH_AT": {"tenant": TENANT, "seq": 9},
    "PLAIN_ENDS": {},
    "ENTRIES_SINCE": {"tenant": TENANT, "upto": None, "since": NOW - timedelta(minutes=9)},
    "TENANTS": {},
    "HEAD": {"tenant": TENANT},
    "BEYOND": {"tenant": TENANT},
    "REMEMBER": codec.home_row(ANN, HOME),
    "FORGET": {"tenant": TENANT, "person": "p7"},
    "PRIVATE_CHAT": {"tenant": TENANT, "person": "p7"},
    "OWNED": {"activity": "171234", "place": "a:1"},
    "POSTED": {"request": "r7"},
    "KEEP_POSTED": codec.posted_row(Posted("r7", Slot.REQUESTER, "", HOME, "1", "")),
    "ADD_SIGN_IN": {**codec.sign_in_row(SIGNING), "id": "new"},
    "SAVE_SIGN_IN": codec.sign_in_row(SIGNING),
    "LOAD_SIGN_IN": {"id": "s7"},
    "REQUEST_OF": {"sign_in": "s7"},
    "HOMES_OF": {"request": "r7"},
    "MOVE_SIGN_INS": codec.moved_row(ANN, Chat(TENANT, "a:new", HOME.service_url, personal=True), NOW),
    "SIGN_IN_FOR": {"request": "r7", "person": "p7", "finished": "begun", "purpose": "prove"},
    "SIGN_INS": {"request": "r7", "finished": "begun"},
    "HOLD_REQUEST": {"request": "r7"},
    "CLOSE_SIGN_INS": {"request": "r7", "person": "p7", "purposes": ["prove"], "finished": "begun", "but": "s8"},
    "TRIED": {
        "tenant": TENANT,
        "person": "p7",
        "sort": "refused",
        "at": NOW,
        "many": 1,
        "minute": NOW - timedelta(minutes=1),
        "hour": NOW - timedelta(hours=1),
        "day": NOW - timedelta(days=1),
    },
    "ADD_FINDING": codec.finding_row(Notice("f1", ANN, Sort.REFUSED, "hour", 3, NOW, "r7")),
    "LOAD_FINDING": {"id": "f1"},
    "AGENT_DAYS": {
        "tenant": TENANT,
        "sort": "caller",
        "agent": "p7",
        "now": NOW,
        "since": NOW - 28 * DAY,
        "denied": ["refused"],
    },
    "AGENTS_ABOUT": {"tenant": TENANT, "sort": "caller", "person": "p7", "since": NOW - DAY},
    "TALLY": {"tenant": TENANT, "person": "p7", "sort": "yes", "since": NOW - DAY},
    "PRUNE_TRIES": {"before": NOW - timedelta(days=2)},
    "FIRST_TIME": {"tenant": TENANT, "key": "message new", "now": NOW},
    "ENQUEUE": {
        "keys": ["cards:new::"],
        "locks": ["cards:new::"],
        "args": [WAKE],
        "priorities": [0],
        "hurried": ["cards:new::"],
    },
    "RECOVER": {"silent": 7, "longest": 90, "tries": 500, "forever": ["revoke"]},
    "PRUNE_SEEN": {"before": NOW - timedelta(days=2)},
    "USE_SIGN_IN": {"tenant": TENANT, "person": "p7", "at": NOW, "request": "r7"},
    "SIGN_IN_USED": {"tenant": TENANT, "person": "p7", "at": NOW},
    "PRUNE_USED_SIGN_INS": {"before": NOW - timedelta(days=1)},
    "PRUNE_SIGN_INS": {"before": NOW - timedelta(days=1)},
}
# Those that are no question, touch no table that grows, run once an hour, or mean to read everything.
OTHERS = {
    *("SESSION", "BEGIN", "COMMIT", "PING", "NO_HURRY", "ONE_AT_A_TIME", "ALONE", "TURN", "TAKE_TURNS", "NEXT_TURN"),
    *("ENTRIES", "LOCKED", "TOO_MUCH", "DROP_ORPHANS", "PRUNE_JOBS"),
}
STATEMENTS = {
    name: what for module in (sql, beside, chain, past, alarms, waiting, unusual) for name, what in vars(module).items()
}
PARTS = {"OPEN", "REQUEST", "GUARDS", "STOOD", "BACK", "NOES"}  # what statements are made of
FETCH = "SELECT procrastinate_fetch_job_v2(ARRAY['cards', 'act'], NULL)"


@dataclass
class Plan:
    """What a statement did: the blocks it looked at, and the big tables it read from end to end."""

    blocks: int
    scanned: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def grown(postgres: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A database with a past; what is tried on it is undone."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        url = postgres.replace("/postgres?", f"/{name}?", 1)
        fill(url, PAST)
        # Of a table of a few pages anybody would read all; what is asked here is whether an index answers.
        with psycopg.connect(url, row_factory=dict_row, options="-c enable_seqscan=off") as connection:
            yield connection
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def planned(connection: psycopg.Connection[dict[str, Any]], statement: str, values: Mapping[str, Any]) -> Plan:
    """Carry a statement out, undo it, and say what it took."""
    for _ in range(2):  # the first time, PostgreSQL reads its own catalogue too
        row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", dict(values)).fetchone()
        connection.rollback()
    assert row is not None
    top = row["QUERY PLAN"][0]["Plan"]
    return Plan(top["Shared Hit Blocks"] + top["Shared Read Blocks"], set(_scanned(top)))


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG:
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        yield from _scanned(part)


@pytest.mark.parametrize("name", CASES)
def test_a_statement_reads_what_it_needs(grown: psycopg.Connection[dict[str, Any]], name: str) -> None:
    plan = planned(grown, STATEMENTS[name], CASES[name])
    assert plan.scanned == set()
    assert plan.blocks <= BLOCKS


def test_a_job_is_found_in_a_long_queue(grown: psycopg.Connection[dict[str, Any]]) -> None:
    assert planned(grown, FETCH, {}).blocks <= BLOCKS


def test_no_statement_is_forgotten() -> None:
    every = {name for name in STATEMENTS if name.isupper() and not name.startswith("_")} - PARTS
    assert every == {*CASES, *OTHERS}
