"""What is read beside a row that is asked for by its id: statements like those of `sql`, for the same round trip."""

# ruff: noqa: S608 - what is put together here are column lists of the store's own, never a value

from typing import Final

from bot.store.sql import REQUEST

REQUEST_OF: Final = f"SELECT {REQUEST} FROM requests WHERE id = (SELECT request FROM sign_ins WHERE id = %(sign_in)s)"

HOME_OF: Final = """
    SELECT home.tenant, home.person, home.name, home.language, home.chat, home.service_url, home.teams_user
    FROM requests JOIN private_chats AS home ON home.tenant = requests.tenant AND home.person = requests.requester
    WHERE requests.id = %(request)s
"""
