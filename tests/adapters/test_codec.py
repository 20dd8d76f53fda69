"""What is written is what is read, for every value the desk can keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from bot.core.audit import Deed, Note, link
from bot.core.model import Chat, Ending, Evidence, Mode, Person, Proof, Receipt, Refusal, Request, Status
from bot.core.ports import Posted, Purpose, SignIn, SignInStage, Slot
from bot.store import codec

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
TIME = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it
COUNT = st.integers(0, 10_000)

PERSON = st.builds(Person, TEXT, TEXT, TEXT, TEXT)
CHAT = st.builds(Chat, TEXT, TEXT, TEXT, st.booleans(), TEXT)
REFUSAL = st.builds(Refusal, TEXT, TEXTS)
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
    reminded=st.booleans(),
    attempts=COUNT,
    replaced=st.booleans(),
    reported=st.booleans(),
    hidden=st.booleans(),
    evidence=st.lists(st.builds(Evidence, st.sampled_from(Proof), TEXT, TEXT, TIME, TEXT, TEXT), max_size=3).map(tuple),
    receipt=st.none() | st.builds(Receipt, TEXT, st.none() | TIME, TEXTS),
    ending=st.none() | st.builds(Ending, TEXT, TEXT, TEXT, st.none() | REFUSAL),
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
    version=COUNT,
)
POSTED = st.builds(Posted, TEXT, st.sampled_from(Slot), TEXT, st.none() | CHAT, TEXT, TEXT, st.booleans())


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make of a row what PostgreSQL would give back."""
    return {k: json.loads(json.dumps(v.obj)) if isinstance(v, Jsonb) else v for k, v in row.items()}


@given(REQUEST)
def test_requests(request: Request) -> None:
    assert codec.request_of(stored(codec.request_row(request))) == request


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
        tenant=request.tenant,
        seq=1,
        at=at,
        request=request.id,
        kind=request.kind,
        subject=request.subject.id,
        mode=request.mode.value,
        note=Note(Deed.ASKED, data),
    )
    assert codec.entry_of(stored(codec.entry_row(entry))) == entry
