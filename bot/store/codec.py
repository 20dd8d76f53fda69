"""Rows and values: every field is written and read by name, and every time comes back in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from psycopg.types.json import Jsonb

from bot.core.audit import Entry
from bot.core.model import Chat, Follow, Means, Mode, Person, Request, Status, Way
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot
from bot.core.watch import Notice, Sort, hour, told_since
from bot.store.values import (
    Row,
    attention_doc,
    attention_of,
    chat_of,
    ending_doc,
    ending_of,
    evidence_doc,
    evidence_of,
    moment,
    person_of,
    receipt_doc,
    receipt_of,
    stamp,
    texts_of,
    utc,
)


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
        "way": request.way.value,
        "terms": list(request.terms),
        "level": request.level,
        "level_from": request.level_from,
        "more": request.more,
        "stage": request.stage,
        "follow": request.follow.value,
        "reminded": request.reminded,
        "repeated": request.repeated,
        "means": None if request.means is None else [asdict(one) for one in request.means],
        "attempts": request.attempts,
        "replaced": request.replaced,
        "reported": request.reported,
        "hidden": request.hidden,
        "acted_at": stamp(request.acted_at),
        "frozen_at": stamp(request.frozen_at),
        "lifted_by": request.lifted_by,
        "alarmed_at": stamp(request.alarmed_at),
        "evidence": [evidence_doc(evidence) for evidence in request.evidence],
        "receipt": receipt_doc(request.receipt) if request.receipt else None,
        "ending": ending_doc(request.ending) if request.ending else None,
        "retracted": [evidence_doc(evidence) for evidence in request.retracted],
        "opened_by": asdict(request.opened_by) if request.opened_by else None,
        "attention": attention_doc(request.attention) if request.attention else None,
    }


def request_of(row: Row) -> Request:
    doc = row["doc"]
    return Request(
        id=row["id"],
        kind=row["kind"],
        requester=person_of(doc["requester"]),
        subject=person_of(doc["subject"]),
        details=texts_of(doc["details"]),
        mode=Mode(row["mode"]),
        status=Status(row["status"]),
        version=row["version"],
        created_at=utc(row["created_at"]),
        expires_at=utc(row["expires_at"]),
        due_at=utc(row["due_at"]),
        way=Way(doc.get("way", Way.SHOW)),  # what an older version wrote has none of these
        **_decided(doc),
        stage=doc.get("stage", ""),
        follow=Follow(doc.get("follow", "")),
        reminded=doc["reminded"],
        attempts=doc["attempts"],
        replaced=doc["replaced"],
        reported=doc["reported"],
        hidden=doc["hidden"],
        acted_at=moment(doc.get("acted_at")),
        frozen_at=moment(doc.get("frozen_at")),
        lifted_by=doc.get("lifted_by", ""),
        alarmed_at=moment(doc.get("alarmed_at") or doc.get("frozen_at")),
        evidence=tuple(evidence_of(each) for each in doc["evidence"]),
        receipt=receipt_of(doc["receipt"]) if doc["receipt"] else None,
        ending=ending_of(doc["ending"]) if doc["ending"] else None,
    )


def _decided(doc: Row) -> dict[str, Any]:
    """Return what a request keeps of its decisions, how often it was asked for again, who opened it and looks at it."""
    means = doc.get("means")
    return {
        "terms": tuple(doc.get("terms", ())),
        "level": doc.get("level", ""),
        "level_from": doc.get("level_from", 0),
        "more": doc.get("more", 0),
        "repeated": doc.get("repeated", 0),
        "means": None if means is None else tuple(Means(**one) for one in means),
        "retracted": tuple(evidence_of(each) for each in doc.get("retracted", ())),
        "opened_by": person_of(doc["opened_by"]) if doc.get("opened_by") else None,
        "attention": attention_of(doc["attention"]) if doc.get("attention") else None,
    }


def entries_row(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return entries that follow each other at the end of one tenant's chain, column by column; they share a time."""
    last = entries[-1]
    return {
        "tenant": last.tenant,
        "at": last.at,
        "key": last.key,
        "seq": last.seq,
        "hash": last.hash,
        "seqs": [entry.seq for entry in entries],
        "requests": [entry.request for entry in entries],
        "kinds": [entry.kind for entry in entries],
        "subjects": [entry.subject for entry in entries],
        "modes": [entry.mode for entry in entries],
        "deeds": [entry.deed for entry in entries],
        "data": [Jsonb(dict(entry.data)) for entry in entries],
        "previous": [entry.previous for entry in entries],
        "hashes": [entry.hash for entry in entries],
    }


def entry_of(row: Row) -> Entry:
    return Entry(
        tenant=row["tenant"],
        seq=row["seq"],
        at=utc(row["at"]),
        request=row["request"],
        kind=row["kind"],
        subject=row["subject"],
        mode=row["mode"],
        deed=row["deed"],
        data=texts_of(row["data"]),
        previous=row["previous"],
        hash=row["hash"],
        key=row["key"],
    )


def finding_row(finding: Notice) -> dict[str, Any]:
    person = finding.person
    told = {"window": finding.window, "count": finding.count, "request": finding.request, "what": finding.what}
    told |= {"of": finding.of}
    return {
        "id": finding.id,
        "tenant": person.tenant,
        "person": person.id,
        "sort": finding.sort.value,
        "hour": hour(finding.at),
        "since": told_since(finding.sort, finding.at),
        "at": finding.at,
        "doc": Jsonb({"name": person.name, **told}),
    }


def finding_of(row: Row) -> Notice:
    doc = row["doc"]
    person = Person(row["tenant"], row["person"], doc["name"])
    counted = (doc["window"], doc["count"], utc(row["at"]), doc["request"], doc.get("what", ""), doc.get("of", 0))
    return Notice(row["id"], person, Sort(row["sort"]), *counted)


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
        chat=chat_of(row["chat"]) if row["chat"] else None,
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
        "at": stamp(sign_in.at),
        "choice": sign_in.choice,
        "reason": sign_in.reason,
        "level": sign_in.level,
        "failed": sign_in.failed,
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


def moved_row(person: Person, chat: Chat, now: datetime) -> dict[str, Any]:
    """What moves the sign-ins that wait for a person into another chat of theirs."""
    finished = SignInStage.FINISHED.value
    who = {"tenant": person.tenant, "person": person.id}
    return {**who, "chat": Jsonb(asdict(chat)), "place": chat.id, "now": now, "finished": finished}


def sign_in_of(row: Row) -> SignIn:
    doc = row["doc"]
    return SignIn(
        id=row["id"],
        purpose=Purpose(doc["purpose"]),
        person=person_of(doc["person"]),
        chat=chat_of(doc["chat"]),
        request=row["request"],
        request_version=doc["request_version"],
        context=doc["context"],
        stage=SignInStage(row["stage"]),
        created_at=utc(row["created_at"]),
        expires_at=utc(row["expires_at"]),
        cookie=doc["cookie"],
        code=doc["code"],
        tries=doc["tries"],
        flow=MappingProxyType(doc["flow"]) if doc["flow"] is not None else None,
        at=moment(doc["at"]),
        choice=doc.get("choice", ""),
        reason=doc.get("reason", ""),
        level=doc.get("level", ""),
        failed=doc.get("failed", ""),
        version=row["version"],
    )
