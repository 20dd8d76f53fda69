"""What is written is what is read, for every value the desk can keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from bot.core.audit import About, Deed, Note, link
from bot.core.model import (
    Chat,
    Ending,
    Evidence,
    EvidenceType,
    Follow,
    Mode,
    Person,
    Receipt,
    Refusal,
    Request,
    Status,
    Way,
)
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot
from bot.store import codec

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
TIME = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it
COUNT = st.integers(0, 10_000)

PERSON = st.builds(Person, TEXT, TEXT, TEXT, TEXT)
CHAT = st.builds(Chat, TEXT, TEXT, TEXT, st.booleans(), TEXT)
REFUSAL = st.builds(Refusal, TEXT, TEXTS)
EVIDENCE = st.builds(Evidence, st.sampled_from(EvidenceType), TEXT, TEXT, TIME, TEXT, TEXT, TEXT)
EVERY = st.none() | st.timedeltas(timedelta(0), timedelta(days=7))
RECEIPT = st.builds(Receipt, TEXT, st.none() | TIME, TEXTS, EVERY, st.booleans())
REQUEST = st.builds(
    Request,
    id=TEXT,
    kind=TEXT,
    requester=PERSON,
    subject=PERSON,
    details=TEXTS,
    mode=st.sampled_from(Mode),
    status=st.sampled_from(Status),
    version=COUNT,
    created_at=TIME,
    expires_at=st.none() | TIME,
    due_at=st.none() | TIME,
    way=st.sampled_from(Way),
    terms=st.lists(TEXT, max_size=2).map(tuple),
    stage=TEXT,
    follow=st.sampled_from(Follow),
    reminded=st.booleans(),
    attempts=COUNT,
    replaced=st.booleans(),
    reported=st.booleans(),
    hidden=st.booleans(),
    acted_at=st.none() | TIME,
    frozen_at=st.none(),
    lifted_by=TEXT,
    alarmed_at=st.none() | TIME,
    evidence=st.lists(EVIDENCE, max_size=3).map(tuple),
    receipt=st.none() | RECEIPT,
    ending=st.none() | st.builds(Ending, TEXT, TEXT, TEXT, st.none() | REFUSAL, TEXT),
)
SIGN_IN = st.builds(
    SignIn,
    id=TEXT,
    purpose=st.sampled_from(Purpose),
    person=PERSON,
    chat=CHAT,
    request=TEXT,
    request_version=COUNT,
    context=TEXT,
    stage=st.sampled_from(SignInStage),
    created_at=TIME,
    expires_at=TIME,
    cookie=TEXT,
    code=TEXT,
    tries=COUNT,
    flow=st.none() | st.dictionaries(TEXT, TEXT | st.booleans() | st.lists(TEXT, max_size=2), max_size=3),
    at=st.none() | TIME,
    choice=TEXT,
    version=COUNT,
)
POSTED = st.builds(Posted, TEXT, st.sampled_from(Slot), TEXT, st.none() | CHAT, TEXT, TEXT, st.booleans())


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make of a row what PostgreSQL would give back."""
    return {k: json.loads(json.dumps(v.obj)) if isinstance(v, Jsonb) else v for k, v in row.items()}


@given(REQUEST)
def test_requests(request: Request) -> None:
    assert codec.request_of(stored(codec.request_row(request))) == request


@given(REQUEST)
def test_what_the_version_before_wrote_is_read(request: Request) -> None:
    """Its documents know nothing of ways, terms, stages, what follows, watching and verdicts."""
    row = stored(codec.request_row(request))
    for key in ("way", "terms", "stage", "follow"):
        del row["doc"][key]
    for evidence in row["doc"]["evidence"]:
        del evidence["choice"]
    if row["doc"]["receipt"] is not None:
        del row["doc"]["receipt"]["watch"], row["doc"]["receipt"]["follow"]
    if row["doc"]["ending"] is not None:
        del row["doc"]["ending"]["choice"]
    before = replace(
        request,
        way=Way.SHOW,
        terms=(),
        stage="",
        follow=Follow.NOTHING,
        evidence=tuple(replace(e, choice="") for e in request.evidence),
        receipt=replace(request.receipt, watch=None, follow=False) if request.receipt else None,
        ending=replace(request.ending, choice="") if request.ending else None,
    )
    assert codec.request_of(row) == before


@given(SIGN_IN)
def test_a_sign_in_the_version_before_began_is_read(sign_in: SignIn) -> None:
    row = stored(codec.sign_in_row(sign_in))
    del row["doc"]["choice"]
    assert codec.sign_in_of(row) == replace(sign_in, choice="")


@given(SIGN_IN)
def test_sign_ins(sign_in: SignIn) -> None:
    assert codec.sign_in_of(stored(codec.sign_in_row(sign_in))) == sign_in


@given(POSTED)
def test_posted(posted: Posted) -> None:
    assert codec.posted_of(stored(codec.posted_row(posted))) == posted


@given(REQUEST, TEXTS, TIME)
def test_entries(request: Request, data: dict[str, str], at: datetime) -> None:
    entry = link(
        "0",
        about=About(request.tenant, request.id, request.kind, request.subject.id, request.mode.value),
        seq=1,
        at=at,
        note=Note(Deed.ASKED, data),
    )
    assert codec.entry_of(stored({**asdict(entry), "data": Jsonb(dict(entry.data))})) == entry
