"""Every statement the desk sends to PostgreSQL but those of the audit trail (`chain`); values are always parameters."""

# ruff: noqa: S608 - what is put together here are column lists of this very module, never a value

from typing import Final

from bot.core.model import OPEN

SESSION: Final = """
    SELECT set_config('timezone', 'UTC', false),
           set_config('statement_timeout', '5s', false),
           set_config('idle_in_transaction_session_timeout', '15s', false),
           set_config('default_transaction_isolation', 'read committed', false)
"""

BEGIN: Final = "BEGIN"

COMMIT: Final = "COMMIT"

PING: Final = "SELECT 1"

# Written out, not a parameter: only so can the planner see that the partial unique index answers.
_OPEN: Final = "status IN ({})".format(", ".join(sorted(f"'{status.value}'" for status in OPEN)))

# Requests. The columns are what is searched for; `doc` is everything else.
REQUEST: Final = """id, tenant, kind, requester, subject, status, mode, version, created_at, expires_at, due_at, doc"""

ADD_REQUEST: Final = f"""
    INSERT INTO requests ({REQUEST})
    VALUES (%(id)s, %(tenant)s, %(kind)s, %(requester)s, %(subject)s, %(status)s, %(mode)s, %(version)s,
            %(created_at)s, %(expires_at)s, %(due_at)s, %(doc)s)
    ON CONFLICT DO NOTHING
    RETURNING id
"""

RIVAL: Final = f"""
    SELECT {REQUEST} FROM requests
    WHERE id = %(id)s
       OR (tenant = %(tenant)s AND subject = %(subject)s AND kind = %(kind)s AND {_OPEN})
    ORDER BY id = %(id)s DESC
    LIMIT 1
"""

LOAD_REQUEST: Final = f"SELECT {REQUEST} FROM requests WHERE id = %(id)s"

# What a newer version has added to `doc` stays there when this one saves the rest.
SAVE_REQUEST: Final = """
    UPDATE requests
    SET status = %(status)s, mode = %(mode)s, version = version + 1,
        expires_at = %(expires_at)s, due_at = %(due_at)s, doc = doc || %(doc)s
    WHERE id = %(id)s AND version = %(version)s
    RETURNING version
"""

# Until when each request counts, if it does: see `Unit.recent`.
RECENT: Final = """
    SELECT kind,
      coalesce(array_agg(until ORDER BY until) FILTER (WHERE until > %(now)s), '{}') AS counted,
      coalesce(array_agg(seen ORDER BY seen) FILTER (WHERE seen > %(now)s), '{}') AS shown
    FROM (
      SELECT kind,
        CASE
          WHEN status = ANY(%(free)s) OR doc -> 'evidence' @> %(opening)s THEN NULL
          WHEN status <> %(failed)s AND (doc -> 'evidence' @> %(sign_in)s OR doc -> 'evidence' @> %(face)s)
            THEN created_at + %(day)s
          WHEN status <> ALL(%(waited)s) THEN created_at + %(hour)s
        END AS until,
        CASE WHEN EXISTS (SELECT FROM posted WHERE posted.request = requests.id AND posted.slot = %(slot)s)
          THEN created_at + %(hour)s
        END AS seen
      FROM requests
      WHERE tenant = %(tenant)s AND subject = %(subject)s AND created_at > %(now)s - %(day)s AND id <> %(but)s
    ) AS asked
    GROUP BY kind
"""

LATEST: Final = f"""
    SELECT {REQUEST} FROM requests
    WHERE tenant = %(tenant)s AND (subject = %(person)s OR requester = %(person)s)
    ORDER BY {_OPEN} DESC, created_at DESC, id
    LIMIT %(limit)s
"""

DUE: Final = "SELECT id FROM requests WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s"

# Private chats: where results may go.
REMEMBER: Final = """
    INSERT INTO private_chats (tenant, person, name, language, chat, service_url, teams_user)
    VALUES (%(tenant)s, %(person)s, %(name)s, %(language)s, %(chat)s, %(service_url)s, %(user)s)
    ON CONFLICT (tenant, person) DO UPDATE
    SET name = coalesce(nullif(EXCLUDED.name, ''), private_chats.name), language = EXCLUDED.language,
        chat = EXCLUDED.chat, service_url = EXCLUDED.service_url, teams_user = EXCLUDED.teams_user
"""

FORGET: Final = "DELETE FROM private_chats WHERE tenant = %(tenant)s AND person = %(person)s"

PRIVATE_CHAT: Final = """
    SELECT tenant, person, name, language, chat, service_url, teams_user FROM private_chats
    WHERE tenant = %(tenant)s AND person = %(person)s
"""

# Messages of ours.
POSTED: Final = """
    SELECT request, slot, person, chat, activity, shown, deleted FROM posted
    WHERE request = %(request)s ORDER BY slot, person
"""

# A message is one of a conversation's; what names a thread stands behind that in its id.
OWNED: Final = """
    SELECT 1 FROM posted WHERE activity = %(activity)s AND split_part(chat ->> 'id', ';', 1) = %(place)s LIMIT 1
"""

KEEP_POSTED: Final = """
    INSERT INTO posted (request, slot, person, chat, activity, shown, deleted)
    VALUES (%(request)s, %(slot)s, %(person)s, %(chat)s, %(activity)s, %(shown)s, %(deleted)s)
    ON CONFLICT (request, slot, person) DO UPDATE
    SET chat = EXCLUDED.chat, activity = EXCLUDED.activity, shown = EXCLUDED.shown, deleted = EXCLUDED.deleted
"""

# Step-up transactions.
_SIGN_IN: Final = "id, request, person, stage, version, created_at, expires_at, doc"

ADD_SIGN_IN: Final = f"""
    INSERT INTO sign_ins ({_SIGN_IN})
    VALUES (%(id)s, %(request)s, %(person)s, %(stage)s, 1, %(created_at)s, %(expires_at)s, %(doc)s)
"""

SAVE_SIGN_IN: Final = """
    UPDATE sign_ins
    SET stage = %(stage)s, version = version + 1, expires_at = %(expires_at)s, doc = doc || %(doc)s
    WHERE id = %(id)s AND version = %(version)s
    RETURNING version
"""

# Whoever goes on with one of them meanwhile finds that it went on elsewhere, and looks again.
MOVE_SIGN_INS: Final = """
    UPDATE sign_ins SET version = version + 1, doc = jsonb_set(doc, '{chat}', %(chat)s)
    WHERE expires_at > %(now)s AND person = %(person)s AND stage <> %(finished)s
      AND doc -> 'person' ->> 'tenant' = %(tenant)s AND doc -> 'chat' ->> 'id' <> %(place)s
    RETURNING request
"""

# Whoever presses something else about the same request waits here: of two at once, one is the later.
HOLD_REQUEST: Final = "SELECT FROM requests WHERE id = %(request)s FOR NO KEY UPDATE"

CLOSE_SIGN_INS: Final = """
    UPDATE sign_ins SET stage = %(finished)s, version = version + 1, doc = doc || '{"flow": null, "code": ""}'
    WHERE request = %(request)s AND person = %(person)s AND stage <> %(finished)s AND id <> %(but)s
      AND doc ->> 'purpose' = ANY(%(purposes)s)
"""

USE_SIGN_IN: Final = """
    INSERT INTO used_sign_ins AS used (tenant, person, at, request)
    VALUES (%(tenant)s, %(person)s, %(at)s, %(request)s)
    ON CONFLICT (tenant, person, at) DO UPDATE SET request = excluded.request WHERE used.request = excluded.request
    RETURNING request
"""

SIGN_IN_USED: Final = """
    SELECT request FROM used_sign_ins WHERE tenant = %(tenant)s AND person = %(person)s AND at = %(at)s
"""

LOAD_SIGN_IN: Final = f"SELECT {_SIGN_IN} FROM sign_ins WHERE id = %(id)s"

SIGN_IN_FOR: Final = f"""
    SELECT {_SIGN_IN} FROM sign_ins
    WHERE request = %(request)s AND person = %(person)s AND stage <> %(finished)s AND doc ->> 'purpose' = %(purpose)s
    ORDER BY created_at DESC, id DESC
    LIMIT 1
"""

SIGN_INS: Final = f"""
    SELECT DISTINCT ON (person, doc ->> 'purpose') {_SIGN_IN} FROM sign_ins
    WHERE request = %(request)s
    ORDER BY person, doc ->> 'purpose', created_at DESC, stage = %(finished)s, id DESC
"""

ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext(%(tenant)s), hashtext(%(sort)s || ':' || %(person)s))"

# What is counted, in steps of ten seconds: a person fills so many rows a day and no more, whatever they do.
TRIED: Final = """
    WITH put AS (
        INSERT INTO tries (tenant, person, sort, at, count) VALUES (%(tenant)s, %(person)s, %(sort)s, %(at)s, %(many)s)
        ON CONFLICT (tenant, person, sort, at) DO UPDATE SET count = tries.count + %(many)s
    )
    SELECT %(many)s + coalesce(sum(count) FILTER (WHERE at > %(minute)s), 0) AS minute,
           %(many)s + coalesce(sum(count) FILTER (WHERE at > %(hour)s), 0) AS hour,
           %(many)s + coalesce(sum(count), 0) AS day
    FROM tries WHERE tenant = %(tenant)s AND person = %(person)s AND sort = %(sort)s AND at > %(day)s
"""

FIRST_TIME: Final = """
    INSERT INTO seen (tenant, key, at) VALUES (%(tenant)s, %(key)s, %(now)s) ON CONFLICT DO NOTHING RETURNING key
"""

# The queue (procrastinate's tables). Each name of a job has a queue of its own: nobody fetches what another version
# knows alone. A wake-up that waits already stands for this one too; touching its row keeps workers from fetching it
# until we have committed, so that it cannot run before it can see what we changed. The more urgent of both holds.
# What ran before and waits for its next try has given up its queueing lock (0002), and whatever is as urgent stands
# behind it in its line: in the lines that are hurried, it goes on now.
ENQUEUE: Final = """
    WITH put AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
        SELECT args ->> 'name', 'wake', priority, lock, key, args
        FROM unnest(%(locks)s::text[], %(keys)s::text[], %(args)s::jsonb[], %(priorities)s::int[])
             AS job (lock, key, args, priority)
        ORDER BY key
        ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
        SET priority = greatest(procrastinate_jobs.priority, EXCLUDED.priority)
        RETURNING id, queue_name
    ), hurried AS (
        UPDATE procrastinate_jobs SET scheduled_at = NULL
        WHERE lock = ANY(%(hurried)s::text[]) AND status = 'todo' AND queueing_lock IS NULL AND scheduled_at > now()
    )
    SELECT pg_notify('procrastinate_queue_v1#' || queue_name,
                     json_build_object('type', 'job_inserted', 'job_id', id)::text)
    FROM put
"""

TURN: Final = "SELECT pg_try_advisory_xact_lock(hashtext('vouchsafe'), hashtext('recover')) AS mine"

# A job is abandoned when its worker's heart stopped, or when it runs far longer than any job may: then its process
# lives, but could not write down how the job ended. One that was abandoned every time gives up.
RECOVER: Final = """
    WITH back AS (
        UPDATE procrastinate_jobs AS job
        SET status = CASE WHEN attempts + 1 < %(tries)s OR queue_name = ANY(%(forever)s::text[])
                          THEN 'todo' ELSE 'failed' END::procrastinate_job_status,
            attempts = attempts + 1, scheduled_at = NULL, queueing_lock = NULL
        WHERE status = 'doing' AND (
            NOT EXISTS (SELECT FROM procrastinate_workers AS worker WHERE worker.id = job.worker_id
                        AND worker.last_heartbeat >= now() - make_interval(secs => %(silent)s))
            OR NOT EXISTS (SELECT FROM procrastinate_events AS event WHERE event.job_id = job.id
                           AND event.type = 'started' AND event.at >= now() - make_interval(secs => %(longest)s)))
        RETURNING id, status, queue_name, args
    )
    SELECT args ->> 'name' AS name, status = 'failed' AS failed,
           pg_notify('procrastinate_queue_v1#' || queue_name,
                     json_build_object('type', 'job_inserted', 'job_id', id)::text)
    FROM back
"""

# First in its line for so long, and nobody came: no version that runs knows it.
DROP_ORPHANS: Final = """
    UPDATE procrastinate_jobs AS job SET status = 'cancelled'
    WHERE status = 'todo' AND queue_name <> ALL(%(known)s::text[])
      AND NOT EXISTS (SELECT FROM procrastinate_events AS event
                      WHERE event.job_id = job.id AND event.at >= now() - make_interval(secs => %(age)s))
      AND NOT EXISTS (SELECT FROM procrastinate_jobs AS other
                      WHERE other.lock = job.lock AND other.id < job.id AND other.status IN ('todo', 'doing'))
    RETURNING args ->> 'name' AS name
"""

# One turn each so many seconds, whichever replica asks, and some at once after a rest (`slack`). `next_at` is never
# more than one caller's patience away; one that is further off was written by a clock that has since been set back,
# and counts for nothing. Replicas are counted by the hearts of their workers.
_BEGUN: Final = """
    CASE WHEN budget.next_at > clock_timestamp() + make_interval(mins => 1)
         THEN clock_timestamp() - make_interval(secs => %(slack)s)
         ELSE greatest(budget.next_at, clock_timestamp() - make_interval(secs => %(slack)s)) END
"""

TAKE_TURNS: Final = f"""
    INSERT INTO budgets AS budget (name, next_at)
    VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(every)s * %(count)s - %(slack)s))
    ON CONFLICT (name) DO UPDATE SET next_at = {_BEGUN} + make_interval(secs => %(every)s * %(count)s)
    WHERE {_BEGUN} <= clock_timestamp() + make_interval(secs => %(patience)s)
    RETURNING extract(epoch FROM budget.next_at - clock_timestamp())::float8 - %(every)s * %(count)s AS wait,
              (SELECT count(*) FROM procrastinate_workers
               WHERE last_heartbeat > now() - interval '7 seconds') AS replicas
"""

NEXT_TURN: Final = """
    SELECT greatest(0, extract(epoch FROM next_at - clock_timestamp()))::float8 AS wait FROM budgets
    WHERE name = %(name)s
"""

PRUNE_SEEN: Final = "DELETE FROM seen WHERE at < %(before)s"

PRUNE_SIGN_INS: Final = "DELETE FROM sign_ins WHERE expires_at < %(before)s"

PRUNE_TRIES: Final = "DELETE FROM tries WHERE at < %(before)s"

PRUNE_USED_SIGN_INS: Final = "DELETE FROM used_sign_ins WHERE at < %(before)s"

PRUNE_JOBS: Final = """
    DELETE FROM procrastinate_jobs AS job
    WHERE status NOT IN ('todo', 'doing')
      AND NOT EXISTS (SELECT FROM procrastinate_events AS event
                      WHERE event.job_id = job.id AND event.at >= now() - make_interval(secs => %(age)s))
"""
