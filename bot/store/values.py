"""Values inside a row's document: each field by name, and every time in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, overload

from bot.core.attention import Attention
from bot.core.model import Chat, Ending, Evidence, EvidenceType, Person, Receipt, Refusal

Row = Mapping[str, Any]


def person_of(doc: Row) -> Person:
    return Person(tenant=doc["tenant"], id=doc["id"], name=doc["name"], language=doc["language"])


def chat_of(doc: Row) -> Chat:
    return Chat(
        tenant=doc["tenant"],
        id=doc["id"],
        service_url=doc["service_url"],
        personal=doc["personal"],
        user=doc["user"],
    )


def evidence_doc(evidence: Evidence) -> dict[str, Any]:
    doc = asdict(evidence)
    return {**doc, "proof": doc.pop("type").value, "at": stamp(evidence.at)}  # stored under its first name


def evidence_of(doc: Row) -> Evidence:
    return Evidence(
        type=EvidenceType(doc["proof"]),
        by=doc["by"],
        name=doc["name"],
        at=datetime.fromisoformat(doc["at"]),
        strength=doc["strength"],
        request=doc["request"],
        choice=doc.get("choice", ""),
        level=doc.get("level", ""),
        source=doc.get("source", ""),
    )


def receipt_doc(receipt: Receipt) -> dict[str, Any]:
    return {
        "object_id": receipt.object_id,
        "expires_at": stamp(receipt.expires_at),
        "params": dict(receipt.params),
        "watch": receipt.watch.total_seconds() if receipt.watch is not None else None,
        "follow": receipt.follow,
    }


def receipt_of(doc: Row) -> Receipt:
    every = doc.get("watch")
    return Receipt(
        object_id=doc["object_id"],
        expires_at=moment(doc["expires_at"]),
        params=texts_of(doc["params"]),
        watch=timedelta(seconds=every) if every is not None else None,
        follow=doc.get("follow", False),
    )


def ending_doc(ending: Ending) -> dict[str, Any]:
    refusal = ending.refusal
    return {
        "by": ending.by,
        "name": ending.name,
        "reason": ending.reason,
        "refusal": {"reason": refusal.reason, "params": dict(refusal.params)} if refusal is not None else None,
        "choice": ending.choice,
        "at": stamp(ending.at),
    }


def ending_of(doc: Row) -> Ending:
    refusal = doc["refusal"]
    return Ending(
        by=doc["by"],
        name=doc["name"],
        reason=doc["reason"],
        refusal=Refusal(refusal["reason"], texts_of(refusal["params"])) if refusal else None,
        choice=doc.get("choice", ""),
        at=moment(doc.get("at")),
    )


def attention_doc(attention: Attention) -> dict[str, Any]:
    return {**asdict(attention), "until": stamp(attention.until), "due": stamp(attention.due)}


def attention_of(doc: Row) -> Attention:
    return Attention(doc["by"], doc["name"], datetime.fromisoformat(doc["until"]), moment(doc["due"]))


def texts_of(doc: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(doc))


def stamp(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat() if time is not None else None


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


@overload
def utc(time: datetime) -> datetime: ...
@overload
def utc(time: None) -> None: ...
def utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time is not None else None
