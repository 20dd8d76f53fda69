"""The Bot Framework SDK's echo bot for Python, as its samples write it: CloudAdapter, one handler, aiohttp."""

from __future__ import annotations

import os

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication


class Config:
    APP_TYPE = "SingleTenant"
    APP_ID = os.environ["BENCH_APP"]
    APP_PASSWORD = os.environ["BENCH_SECRET"]
    APP_TENANTID = os.environ["BENCH_TENANT"]


class Echo(ActivityHandler):  # type: ignore[misc]  # the SDK brings no types
    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"Echo: {turn_context.activity.text}")


ADAPTER = CloudAdapter(ConfigurationBotFrameworkAuthentication(Config()))
BOT = Echo()


async def messages(request: web.Request) -> web.Response:
    answer: web.Response | None = await ADAPTER.process(request, BOT)
    return answer or web.Response(status=200)


APP = web.Application()
APP.router.add_post("/api/messages", messages)
web.run_app(APP, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
