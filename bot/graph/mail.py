"""Mail: sends from the one mailbox that was named, each message once; a copy stays nowhere.

https://learn.microsoft.com/graph/api/user-sendmail
"""

from __future__ import annotations

from msgraph.generated.base_graph_service_client import BaseGraphServiceClient
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody

from bot.core.notices import Letter, Mailer
from bot.graph.calls import Calls


def body(letter: Letter) -> SendMailPostRequestBody:
    """Return what Graph is asked to send: text, so that nothing in it can look like anything else."""
    return SendMailPostRequestBody(
        message=Message(
            subject=letter.subject,
            body=ItemBody(content_type=BodyType.Text, content=letter.text),
            to_recipients=[Recipient(email_address=EmailAddress(address=letter.to))],
        ),
        save_to_sent_items=False,
    )


class Mailbox(Mailer):
    """`sender` is the mailbox's object id or user principal name."""

    def __init__(self, graph: BaseGraphServiceClient, calls: Calls, sender: str) -> None:
        self._graph = graph
        self._calls = calls
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        """Send it. Exchange takes it and answers with nothing: what becomes of it then, nobody is told."""
        mail = self._graph.users.by_user_id(self._sender).send_mail

        async def act() -> bool:
            await mail.post(body(letter))
            return True

        await self._calls.write("send_mail", act)
