// The Bot Framework SDK's echo bot for Node, as its samples write it: CloudAdapter, one handler, express.
"use strict";

const { ActivityHandler, CloudAdapter, ConfigurationBotFrameworkAuthentication } = require("botbuilder");
const express = require("express");

const adapter = new CloudAdapter(
  new ConfigurationBotFrameworkAuthentication({
    MicrosoftAppType: "SingleTenant",
    MicrosoftAppId: process.env.BENCH_APP,
    MicrosoftAppPassword: process.env.BENCH_SECRET,
    MicrosoftAppTenantId: process.env.BENCH_TENANT,
  }),
);

class Echo extends ActivityHandler {
  constructor() {
    super();
    this.onMessage(async (context, next) => {
      await context.sendActivity(`Echo: ${context.activity.text}`);
      await next();
    });
  }
}

const bot = new Echo();
const app = express();
app.use(express.json());
app.post("/api/messages", (request, response) => adapter.process(request, response, (context) => bot.run(context)));
app.listen(Number(process.env.PORT), "127.0.0.1");
