"""Rows and values: every field is written and read by name, and every time comes back in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, overload

from psycopg.types.json import Jsonb

from bot.core.audit import Entry
from bot.core.model import Chat, Ending, Evidence, Mode, Person, Proof, Receipt, Refusal, Request, Status
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot

Row = Mapping[str, Any]


def request_row(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "tenant": request.tenant,
        "kind": request.kind,
        "requester": request.requester.id,
        "subject": request.subject.id,
        "status": request.status.value,
        "mode": request.mode.value,
        "version": request.version,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "due_at": request.due_at,
        "doc": Jsonb(_request_doc(request)),
    }


def _request_doc(request: Request) -> dict[str, Any]:
    return {
        "requester": asdict(request.requester),
        "subject": asdict(request.subject),
        "details": dict(request.details),
        "reminded": request.reminded,
        "attempts": request.attempts,
        "replaced": request.replaced,
        "reported": request.reported,
        "hidden": request.hidden,
        "evidence": [_evidence_doc(evidence) for evidence in request.evidence],
        "receipt": _receipt_doc(request.receipt) if request.receipt else None,
        "ending": _ending_doc(request.ending) if request.ending else None,
    }


def request_of(row: Row) -> Request:
    doc = row["doc"]
    return Request(
        id=row["id"],
        kind=row["kind"],
        requester=_person(doc["requester"]),
        subject=_person(doc["subject"]),
        details=_texts(doc["details"]),
        mode=Mode(row["mode"]),
        status=Status(row["status"]),
        version=row["version"],
        created_at=_utc(row["created_at"]),
        expires_at=_utc(row["expires_at"]),
        due_at=_utc(row["due_at"]),
        reminded=doc["reminded"],
        attempts=doc["attempts"],
        replaced=doc["replaced"],
        reported=doc["reported"],
        hidden=doc["hidden"],
        evidence=tuple(_evidence(each) for each in doc["evidence"]),
        receipt=_receipt(doc["receipt"]) if doc["receipt"] else None,
        ending=_ending(doc["ending"]) if doc["ending"] else None,
    )


def entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "tenant": entry.tenant,
        "seq": entry.seq,
        "at": entry.at,
        "request": entry.request,
        "kind": entry.kind,
        "subject": entry.subject,
        "mode": entry.mode,
        "deed": entry.deed,
        "data": Jsonb(dict(entry.data)),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def entry_of(row: Row) -> Entry:
    return Entry(
        tenant=row["tenant"],
        seq=row["seq"],
        at=_utc(row["at"]),
        request=row["request"],
        kind=row["kind"],
        subject=row["subject"],
        mode=row["mode"],
        deed=row["deed"],
        data=_texts(row["data"]),
        previous=row["previous"],
        hash=row["hash"],
    )


def home_row(person: Person, chat: Chat) -> dict[str, Any]:
    return {
        "tenant": person.tenant,
        "person": person.id,
        "name": person.name,
        "language": person.language,
        "chat": chat.id,
        "service_url": chat.service_url,
        "user": chat.user,
    }


def home_of(row: Row) -> tuple[Person, Chat]:
    """Only 1:1 chats are kept, so what is kept is one."""
    person = Person(tenant=row["tenant"], id=row["person"], name=row["name"], language=row["language"])
    chat = Chat(
        tenant=row["tenant"], id=row["chat"], service_url=row["service_url"], personal=True, user=row["teams_user"]
    )
    return person, chat


def posted_row(posted: Posted) -> dict[str, Any]:
    return {
        "request": posted.request,
        "slot": posted.slot.value,
        "person": posted.person,
        "chat": Jsonb(asdict(posted.chat)) if posted.chat else None,
        "activity": posted.activity,
        "shown": posted.shown,
        "deleted": posted.deleted,
    }


def posted_of(row: Row) -> Posted:
    return Posted(
        request=row["request"],
        slot=Slot(row["slot"]),
        person=row["person"],
        chat=_chat(row["chat"]) if row["chat"] else None,
        activity=row["activity"],
        shown=row["shown"],
        deleted=row["deleted"],
    )


def sign_in_row(sign_in: SignIn) -> dict[str, Any]:
    doc = {
        "purpose": sign_in.purpose.value,
        "person": asdict(sign_in.person),
        "chat": asdict(sign_in.chat),
        "request_version": sign_in.request_version,
        "context": sign_in.context,
        "cookie": sign_in.cookie,
        "code": sign_in.code,
        "tries": sign_in.tries,
        "flow": dict(sign_in.flow) if sign_in.flow is not None else None,
        "at": _text(sign_in.at),
    }
    return {
        "id": sign_in.id,
        "request": sign_in.request,
        "person": sign_in.person.id,
        "stage": sign_in.stage.value,
        "version": sign_in.version,
        "created_at": sign_in.created_at,
        "expires_at": sign_in.expires_at,
        "doc": Jsonb(doc),
    }


def sign_in_of(row: Row) -> SignIn:
    doc = row["doc"]
    return SignIn(
        id=row["id"],
        purpose=Purpose(doc["purpose"]),
        person=_person(doc["person"]),
        chat=_chat(doc["chat"]),
        request=row["request"],
        request_version=doc["request_version"],
        context=doc["context"],
        stage=SignInStage(row["stage"]),
        created_at=_utc(row["created_at"]),
        expires_at=_utc(row["expires_at"]),
        cookie=doc["cookie"],
        code=doc["code"],
        tries=doc["tries"],
        flow=MappingProxyType(doc["flow"]) if doc["flow"] is not None else None,
        at=_time(doc["at"]),
        version=row["version"],
    )


def _person(doc: Row) -> Person:
    return Person(tenant=doc["tenant"], id=doc["id"], name=doc["name"], language=doc["language"])


def _chat(doc: Row) -> Chat:
    return Chat(
        tenant=doc["tenant"],
        id=doc["id"],
        service_url=doc["service_url"],
        personal=doc["personal"],
        user=doc["user"],
    )


def _evidence_doc(evidence: Evidence) -> dict[str, Any]:
    return {**asdict(evidence), "proof": evidence.proof.value, "at": _text(evidence.at)}


def _evidence(doc: Row) -> Evidence:
    return Evidence(
        proof=Proof(doc["proof"]),
        by=doc["by"],
        name=doc["name"],
        at=datetime.fromisoformat(doc["at"]),
        strength=doc["strength"],
        request=doc["request"],
    )


def _receipt_doc(receipt: Receipt) -> dict[str, Any]:
    return {
        "object_id": receipt.object_id,
        "expires_at": _text(receipt.expires_at),
        "params": dict(receipt.params),
    }


def _receipt(doc: Row) -> Receipt:
    return Receipt(doc["object_id"], _time(doc["expires_at"]), _texts(doc["params"]))


def _ending_doc(ending: Ending) -> dict[str, Any]:
    refusal = ending.refusal
    return {
        "by": ending.by,
        "name": ending.name,
        "reason": ending.reason,
        "refusal": {"reason": refusal.reason, "params": dict(refusal.params)} if refusal is not None else None,
    }


def _ending(doc: Row) -> Ending:
    refusal = doc["refusal"]
    return Ending(
        by=doc["by"],
        name=doc["name"],
        reason=doc["reason"],
        refusal=Refusal(refusal["reason"], _texts(refusal["params"])) if refusal else None,
    )


def _texts(doc: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(doc))


def _text(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat() if time is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


@overload
def _utc(time: datetime) -> datetime: ...
@overload
def _utc(time: None) -> None: ...
def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time is not None else None
