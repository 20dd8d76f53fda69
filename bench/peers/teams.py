"""The Teams SDK's echo for Python, as its quick start writes it: an App, one handler, the server it brings."""

from __future__ import annotations

import asyncio
import os

from microsoft_teams.api import MessageActivity
from microsoft_teams.apps import ActivityContext, App

APP = App(
    client_id=os.environ["BENCH_APP"], client_secret=os.environ["BENCH_SECRET"], tenant_id=os.environ["BENCH_TENANT"]
)


@APP.on_message
async def echo(context: ActivityContext[MessageActivity]) -> None:
    await context.send(f"Echo: {context.activity.text}")


asyncio.run(APP.start(int(os.environ["PORT"])))
