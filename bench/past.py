"""Past: fills a database as years of use would, within seconds. PostgreSQL makes it up, and the hashes are none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from bot.core.model import Chat, Ending, Evidence, EvidenceType, Mode, Person, Receipt, Request, Status
from bot.core.ports import Purpose, SignIn, SignInStage
from bot.store import codec

TENANT: Final = "11111111-1111-1111-1111-111111111111"
BEN: Final = Person(TENANT, "ben", "Ben Bishop", "en")
ENTRIES, MESSAGES = 6, 3  # for each request: asked, prompted, signed in, approved, claimed, shown; three messages
EACH: Final = 10  # requests by each person
CHUNK: Final = 50_000  # requests filled in by one statement

# Request g is the newest but g: one a minute, so that a million are two years. `open` in a thousand still waits.
REQUESTS: Final = """
    INSERT INTO requests
        (id, tenant, kind, requester, subject, status, mode, version, created_at, expires_at, due_at, doc)
    SELECT 'r' || g, %(tenant)s, (ARRAY['tap', 'password', 'risk', 'methods', 'sessions'])[1 + g / %(people)s %% 5],
           'p' || g %% %(people)s, 'p' || g %% %(people)s,
           CASE WHEN g < %(approvals)s THEN 'approval' WHEN waits THEN 'step_up' ELSE 'ended' END,
           'enforce', 6, made, NULL, CASE WHEN waits THEN made + interval '900 days' END,
           %(doc)s::jsonb || jsonb_build_object(
               'requester', %(person)s::jsonb || jsonb_build_object('id', 'p' || g %% %(people)s),
               'subject', %(person)s::jsonb || jsonb_build_object('id', 'p' || g %% %(people)s))
    FROM (SELECT g, g < %(waiting)s AS waits, %(now)s::timestamptz - make_interval(mins => g) AS made
          FROM generate_series(%(first)s::int, %(last)s::int) AS g) AS one
"""
AUDIT: Final = """
    INSERT INTO audit (tenant, seq, at, request, kind, subject, mode, deed, data, previous, hash)
    SELECT %(tenant)s, (%(requests)s::int - g) * 6 - 5 + n, %(now)s::timestamptz - make_interval(mins => g, secs => -n),
           'r' || g, 'tap', 'p' || g %% %(people)s, 'enforce',
           (ARRAY['asked', 'step_up_begun', 'stepped_up', 'approved', 'claimed', 'shown'])[n + 1],
           '{"by": "33333333-3333-3333-3333-333333333333", "name": "Ben Bishop"}', repeat('0', 64), repeat('0', 64)
    FROM generate_series(%(first)s::int, %(last)s::int) AS g, generate_series(0, 5) AS n
    ORDER BY 2
"""
POSTED: Final = """
    INSERT INTO posted (request, slot, person, chat, activity, shown, deleted)
    SELECT 'r' || g, slot, '', %(chat)s, '17' || g, 'ready ' || repeat('0', 32), false
    FROM generate_series(%(first)s::int, %(last)s::int) AS g, unnest(ARRAY['requester', 'approvers', 'prompt']) AS slot
"""
CHATS: Final = """
    INSERT INTO private_chats (tenant, person, name, language, chat, service_url, teams_user)
    SELECT %(tenant)s, 'p' || g, 'Ann Archer', 'en', 'a:' || g, 'https://smba.trafficmanager.net/emea/', '29:' || g
    FROM generate_series(0, %(people)s - 1) AS g
"""
# What is pruned after a day or two does not grow with the years.
SIGN_INS: Final = """
    INSERT INTO sign_ins (id, request, person, stage, version, created_at, expires_at, doc)
    SELECT 's' || g, 'r' || g, 'p' || g %% %(people)s, 'finished', 3, %(now)s, %(now)s, %(sign_in)s
    FROM generate_series(0, least(%(requests)s::int, 20000) - 1) AS g
"""
SEEN: Final = """
    INSERT INTO seen (tenant, key, at) SELECT %(tenant)s, 'message ' || g, %(now)s
    FROM generate_series(0, least(%(requests)s::int, 20000) - 1) AS g
"""
JOBS: Final = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
    SELECT 'cards', 'wake', 0, 'cards:q' || g || '::', 'cards:q' || g || '::',
           jsonb_build_object('name', 'cards', 'request', 'q' || g, 'slot', '', 'person', '')
    FROM generate_series(0, %(jobs)s::int - 1) AS g
"""
CHAIN: Final = "INSERT INTO chains (tenant, seq, hash) VALUES (%(tenant)s, %(requests)s::bigint * 6, repeat('0', 64))"


@dataclass(frozen=True, slots=True)
class Past:
    """How much there was: `waiting` requests are still open, `approvals` of them for approvers; `jobs` wait as well."""

    requests: int
    waiting: int = 20
    approvals: int = 0
    jobs: int = 0

    @property
    def people(self) -> int:
        return max(1, self.requests // EACH)


def fill(url: str, past: Past) -> None:
    """Fill a migrated, empty database, and let PostgreSQL look at what there is, as it does by itself in time."""
    values = _values(past)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger looks: its chain is made up
        for first in range(0, past.requests, CHUNK):
            chunk = {**values, "first": first, "last": min(first + CHUNK, past.requests) - 1}
            for statement in (REQUESTS, POSTED):
                connection.execute(statement, chunk)
        for first in reversed(range(0, past.requests, CHUNK)):  # the trail in its order, as it is written
            last = min(first + CHUNK, past.requests) - 1
            connection.execute(AUDIT, {**values, "first": first, "last": last})
        for statement in (CHATS, SIGN_INS, SEEN, CHAIN, JOBS):
            connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE")


def _values(past: Past) -> dict[str, Any]:
    now = datetime.now(UTC)
    person = Person(TENANT, "p0", "Ann Archer", "en")
    approved = Evidence(EvidenceType.APPROVAL, BEN.id, BEN.name, now, "c1", "r0")
    signed_in = Evidence(EvidenceType.STEP_UP, person.id, person.name, now, "c1", "r0")
    request = Request("r0", "tap", person, person, {"reason": "new_phone"}, Mode.ENFORCE, Status.ENDED, 6, now)
    ended = replace(
        request,
        evidence=(signed_in, approved),
        receipt=Receipt("pass-1", now, {"minutes": "60"}),
        ending=Ending(person.id, person.name, ""),
    )
    chat = Chat(TENANT, "a:1", "https://smba.trafficmanager.net/emea/", personal=True, user="29:1")
    signing = SignIn("s0", Purpose.STEP_UP, person, chat, "r0", 1, "c1", SignInStage.FINISHED, now, now)
    return {
        "tenant": TENANT,
        "now": now,
        "requests": past.requests,
        "people": past.people,
        "waiting": past.waiting,
        "approvals": past.approvals,
        "jobs": past.jobs,
        "doc": codec.request_row(ended)["doc"],
        "sign_in": codec.sign_in_row(signing)["doc"],
        "person": Jsonb(asdict(person)),
        "chat": Jsonb(asdict(chat)),
    }
