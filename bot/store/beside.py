"""What is read beside a row that is asked for by its id: statements like those of `sql`, for the same round trip."""

# ruff: noqa: S608 - what is put together here are column lists of the store's own, never a value

from typing import Final

from bot.store.sql import REQUEST

REQUEST_OF: Final = f"SELECT {REQUEST} FROM requests WHERE id = (SELECT request FROM sign_ins WHERE id = %(sign_in)s)"

# Everybody whom a request may have a message for: whose it is, who opened it, and who was to confirm something.
HOMES_OF: Final = """
    SELECT home.tenant, home.person, home.name, home.language, home.chat, home.service_url, home.teams_user
    FROM (
        SELECT tenant, requester AS person FROM requests WHERE id = %(request)s
        UNION SELECT tenant, doc -> 'opened_by' ->> 'id' FROM requests WHERE id = %(request)s
        UNION SELECT requests.tenant, posted.person FROM requests JOIN posted ON posted.request = requests.id
            WHERE requests.id = %(request)s
    ) AS concerned JOIN private_chats AS home USING (tenant, person)
"""
