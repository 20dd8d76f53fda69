"""What is asked of the line of requests that wait for an approver without a thread of theirs; as those of `sql`."""

# ruff: noqa: S608 - what is put together here are columns and conditions of the store's own, never a value

from typing import Final

from bot.store.sql import REQUEST

# A thread stands in the channel, or is being begun there: its row has an id, or says what was sent. Written out, the
# status lets the planner see that the partial index answers.
_IN_LINE: Final = """
    requests.tenant = %(tenant)s AND requests.status = 'approval'
    AND NOT EXISTS (SELECT FROM posted WHERE posted.request = requests.id AND posted.slot = 'approvers'
                    AND posted.person = '' AND NOT posted.deleted AND (posted.activity <> '' OR posted.shown <> ''))
"""

# The channel has refused its thread: it is not tried again before something about the request changes.
_REFUSED: Final = """
    EXISTS (SELECT FROM posted WHERE posted.request = requests.id AND posted.slot = 'approvers'
            AND posted.person = '' AND posted.deleted)
"""

COUNT: Final = f"SELECT count(*) AS count FROM requests WHERE {_IN_LINE}"

LINE: Final = f"""
    SELECT {REQUEST}, ARRAY(
        SELECT private_chats.name FROM posted JOIN private_chats
            ON private_chats.tenant = requests.tenant AND private_chats.person = posted.person
        WHERE posted.request = requests.id AND posted.slot = 'confirm' AND NOT posted.deleted
        ORDER BY private_chats.name
    ) AS takers
    FROM requests
    WHERE {_IN_LINE}
      AND (%(after)s = '' OR (created_at, id) > (SELECT last.created_at, last.id FROM requests AS last
                                                 WHERE last.id = %(after)s))
    ORDER BY created_at, id
    LIMIT %(limit)s
"""

PLACE: Final = f"""
    SELECT count(*) AS before, count(*) FILTER (WHERE NOT {_REFUSED}) AS ahead
    FROM requests
    WHERE {_IN_LINE} AND (created_at, id) < (%(at)s, %(id)s)
"""

# Of those at the front only whom the line has kept from beginning a thread: all others are at it by themselves.
FRONT: Final = f"""
    SELECT id FROM (
        SELECT id FROM requests WHERE {_IN_LINE} AND NOT {_REFUSED} ORDER BY created_at, id LIMIT %(limit)s
    ) AS front
    WHERE EXISTS (SELECT FROM posted WHERE posted.request = front.id AND posted.slot = 'approvers'
                  AND posted.person = %(stood)s)
"""
