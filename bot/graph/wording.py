"""Answers in Graph's own words: the SDK drops a word its enumerations lack and makes a date of a text that has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError


class Sender(Protocol):
    """What the SDK sends requests with; its own description of this answer is that there is none."""

    async def send_primitive_async(
        self, request_info: RequestInformation, response_type: str, error_map: dict[str, Any]
    ) -> Any: ...


async def original(sender: Sender, asked: RequestInformation) -> Mapping[str, Any] | None:
    """Send a request of the SDK's and return the object it was answered with; raise `ValueError` for anything else."""
    body = await sender.send_primitive_async(asked, "bytes", {"XXX": ODataError})
    if body is None:
        return None
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is the answer that is wrong
    return answer


def word(answer: Mapping[str, Any], name: str) -> str:
    """Return a text of the answer, empty where there is none."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def moment(answer: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time of the answer; None where there is none that can be read."""
    try:
        at = datetime.fromisoformat(word(answer, name))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
