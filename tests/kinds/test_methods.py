"""The methods kind against a list of methods in memory."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.core.directory import Directory
from bot.core.errors import AnswerLost, Missing, Rejected, Unavailable
from bot.core.events import Progressed
from bot.core.facts import Moment
from bot.core.forms import Choice, Fault, Line, Sheet, check, clean
from bot.core.kind import Tools
from bot.core.life.advance import advance
from bot.core.life.ended import REPORTED_WITHIN
from bot.core.methods import REMOVABLE, Method, MethodKind
from bot.core.model import Finding, Mode, Person, Progress, Receipt, Refusal, Request, Status, Way
from bot.core.options import REVOKE_SESSIONS
from bot.core.verifier import Verifier
from bot.kinds import KINDS
from bot.kinds.methods import KIND, ORDER, MethodsReason
from cards.texts import known, wanted
from cards.view import View
from cards.words import details

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Person("tenant", "ann", "Ann Archer")
PASSWORD = Method(MethodKind.PASSWORD, "28c1", "", created_at=NOW)
PHONE = Method(MethodKind.PHONE, "3179", "+49 ••••• 12", "mobile")
KEY = Method(MethodKind.PASSKEY, "AAEC-x_y=", "Blue key (YubiKey 5C)", "deviceBound", NOW)
APP = Method(MethodKind.AUTHENTICATOR, "a1", "Pixel 8", created_at=NOW)
PASS = Method(MethodKind.PASS, "p1", "", created_at=NOW)
HELLO = Method(MethodKind.HELLO, "h1", "LAPTOP-7")
MAIL = Method(MethodKind.EMAIL, "e1", "a•••••@home.example")
OATH = Method(MethodKind.OATH, "o1", "")


class Noon:
    def now(self) -> datetime:
        return NOW


@dataclass
class Bunch:
    """A directory that keeps one person's methods in a list, and can lose its answer or say no."""

    found: list[Method] = field(default_factory=list)
    fault: Exception | None = None
    loses: bool = False
    reads: int = 0
    removed: list[Method] = field(default_factory=list)

    async def methods(self, person: str) -> tuple[Method, ...]:
        assert person == ANN.id
        self.reads += 1
        return tuple(self.found)

    async def remove_method(self, person: str, method: Method) -> None:
        assert person == ANN.id
        if self.fault is not None:
            raise self.fault
        self.removed.append(method)
        self.found = [m for m in self.found if (m.kind, m.id) != (method.kind, method.id)]
        if self.loses:
            raise AnswerLost("cut")


def bunch(*methods: Method) -> Bunch:
    return Bunch(list(methods))


def tools(there: Bunch, moment: Moment = Moment.ACT) -> Tools:
    return Tools(cast("Directory", there), cast("Verifier", None), Noon(), KIND.policy, "", moment)


def request(method: Method, why: str = "lost") -> Request:
    return Request(
        id="r1",
        kind="methods",
        requester=ANN,
        subject=ANN,
        details={"method": f"{method.kind}:{method.id}", "why": why},
        mode=Mode.ENFORCE,
        status=Status.READY,
        version=3,
        created_at=NOW,
        way=Way.ALONE,
    )


async def sheet_of(*methods: Method) -> Sheet:
    sheet = await KIND.sheet(ANN, tools(bunch(*methods), Moment.HOME))
    for line in (part for row in sheet.lines for part in chain(row)):  # what is told has its words, and what they need
        assert known(line.key), line.key
        assert wanted(line.key) - {"contact"} <= set(line.params), line.key
    buttons = [line.choice for line in sheet.lines if line.choice]
    assert buttons == list(titles(sheet))  # each that can be removed has one line to press, and no other line has
    return sheet


def chain(line: Line) -> list[Line]:
    """A line with all that stands below it."""
    return [line, *(chain(line.below) if line.below is not None else ())]


def rows(sheet: Sheet) -> list[Line]:
    return [line for line in sheet.lines if line.key.startswith("methods.row.")]


def named(sheet: Sheet) -> list[str]:
    return [line.params["name"] for line in rows(sheet)]


def listed(sheet: Sheet) -> list[str]:
    """What is said to be below each name."""
    return [line.below.key for line in rows(sheet) if line.below is not None]


def notes(sheet: Sheet) -> dict[str, str]:
    """What else is told of a method, by its name."""
    return {
        row.params["name"]: part.key
        for row in rows(sheet)
        for part in chain(row)
        if part.key.startswith("methods.note.")
    }


def advice(sheet: Sheet) -> list[str]:
    return [line.key for line in sheet.lines if line.key.startswith("methods.told.")]


def titles(sheet: Sheet) -> dict[str, str]:
    return {choice.value: choice.title for f in sheet.fields if f.name == "method" for choice in f.choices}


async def test_every_method_is_told_passkeys_first_and_the_password_last() -> None:
    sheet = await sheet_of(PASSWORD, MAIL, PHONE, OATH, APP, KEY)
    assert listed(sheet) == [
        "methods.since.fido2_deviceBound",
        "methods.since.microsoftAuthenticator",
        "methods.is.softwareOath",
        "methods.is.phone_mobile",
        "methods.is.email",
        "methods.since.password",
    ]
    first = sheet.lines[0]
    assert (first.key, first.params["name"]) == ("methods.row.named", "Blue key (YubiKey 5C)")
    assert first.below is not None
    assert first.below.params == {"since": NOW.isoformat()}
    assert [(line.icon, line.tone) for line in sheet.lines[:2]] == [("Fingerprint", "Good"), ("PhoneKey", "Default")]
    assert [line.icon for line in rows(sheet)][3] == "Call"
    assert named(sheet)[3] == "+49 ••••• 12"


@pytest.mark.parametrize("at", [None, NOW])
@pytest.mark.parametrize("detail", ["", "deviceBound", "synced", "mobile", "alternateMobile", "office", "brandNew"])
@pytest.mark.parametrize("kind", MethodKind)
async def test_there_are_words_for_whatever_entra_lists(kind: MethodKind, detail: str, at: datetime | None) -> None:
    for usable in (True, False):
        sheet = await sheet_of(Method(kind, "1", "", detail, at, usable=usable))
        assert len(rows(sheet)) == 1
        for title in titles(sheet).values():
            assert known(title)
    assert kind in ORDER


@pytest.mark.parametrize(("detail", "sort"), [("synced", "fido2_synced"), ("deviceBound", "fido2_deviceBound")])
async def test_a_passkey_is_told_as_synced_or_bound_to_its_key(detail: str, sort: str) -> None:
    assert listed(await sheet_of(replace(KEY, detail=detail))) == [f"methods.since.{sort}"]


async def test_a_pass_is_told_as_working_or_not_and_may_be_removed() -> None:
    sheet = await sheet_of(PASS)
    assert listed(sheet) == ["methods.since.temporaryAccessPass"]
    assert titles(sheet) == {"temporaryAccessPass:p1": "methods.label.temporaryAccessPass"}
    assert listed(await sheet_of(replace(PASS, usable=False))) == ["methods.since.temporaryAccessPass_unusable"]
    assert wanted("methods.row.temporaryAccessPass") == set()  # it has no name of its own, and there is only one


async def test_what_is_new_to_us_is_told_by_entras_word_and_stays() -> None:
    sheet = await sheet_of(Method(MethodKind.OTHER, "q", "", "qrCodePin"), PHONE, APP)
    assert (rows(sheet)[-1].key, named(sheet)[-1], listed(sheet)[-1]) == (
        *("methods.row.named", "qrCodePin"),
        "methods.is.other",
    )
    assert list(titles(sheet)) == ["microsoftAuthenticator:a1", "phone:3179"]


async def test_what_has_no_name_is_told_by_its_type_in_our_words() -> None:
    nameless = [Method(kind, f"n-{kind}", "") for kind in MethodKind]
    sheet = await sheet_of(*nameless)
    told = {line.choice.partition(":")[0]: line.key for line in rows(sheet) if line.choice}
    assert {kind for kind, key in told.items() if key != "methods.row.named"} == {
        *("external", "phone", "email", "temporaryAccessPass"),
    }
    raw = [line.params["name"] for line in rows(sheet) if line.key == "methods.row.named"]
    assert set(raw).isdisjoint(MethodKind)
    twice = await sheet_of(Method(MethodKind.EXTERNAL, "x1", ""), Method(MethodKind.EXTERNAL, "x2", ""))
    assert [line.params["number"] for line in rows(twice)] == [" #1", " #2"]


async def test_each_choice_reads_as_its_owner_calls_it() -> None:
    hello = Method(MethodKind.HELLO, "h1", "LAPTOP-7")
    sheet = await sheet_of(PASSWORD, PHONE, KEY, APP, OATH, hello, MAIL)
    assert titles(sheet) == {
        "fido2:AAEC-x_y=": "Passkey: Blue key (YubiKey 5C)",
        "windowsHelloForBusiness:h1": "Windows Hello: LAPTOP-7",
        "microsoftAuthenticator:a1": "Microsoft Authenticator: Pixel 8",
        "softwareOath:o1": "methods.label.softwareOath",
        "phone:3179": "+49 ••••• 12",
        "email:e1": "a•••••@home.example",
    }


async def test_two_that_read_alike_are_numbered_the_older_first() -> None:
    newer, older = replace(APP, id="a2"), replace(APP, id="a1", created_at=NOW - timedelta(days=9))
    sheet = await sheet_of(newer, replace(OATH, id="o2"), older, OATH)
    assert titles(sheet) == {
        "microsoftAuthenticator:a1": "Microsoft Authenticator: Pixel 8 #1",
        "microsoftAuthenticator:a2": "Microsoft Authenticator: Pixel 8 #2",
        "softwareOath:o1": "OATH #1",
        "softwareOath:o2": "OATH #2",
    }
    assert named(sheet) == ["Pixel 8 #1", "Pixel 8 #2", "OATH #1", "OATH #2"]


async def test_a_long_name_is_cut() -> None:
    sheet = await sheet_of(replace(APP, name="x" * 900), PHONE)
    title, *_ = titles(sheet).values()
    assert len(title) < 120
    assert len(named(sheet)[0]) < 120


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        ((PASSWORD,), ["methods.told.none", "methods.told.no_passkey", "methods.told.nothing"]),
        ((PASSWORD, PHONE), ["methods.told.only_one", "methods.told.no_passkey"]),
        ((PASSWORD, MAIL, PHONE), ["methods.told.only_one", "methods.told.no_passkey"]),
        ((PASSWORD, PHONE, APP), ["methods.told.no_passkey"]),
        ((PASSWORD, KEY), ["methods.told.only_one"]),
        ((PASSWORD, KEY, PHONE), []),
        ((PASSWORD, KEY, PHONE, HELLO), []),
        ((PASSWORD, HELLO, PHONE), ["methods.told.no_passkey"]),
        ((PASSWORD, replace(KEY, usable=False), PHONE), ["methods.told.only_one"]),
        ((PASSWORD, PASS), ["methods.told.none", "methods.told.no_passkey"]),
    ],
)
async def test_what_is_missing_is_told(methods: tuple[Method, ...], told: list[str]) -> None:
    assert advice(await sheet_of(*methods)) == told


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        ((PASSWORD, PHONE), {PHONE: "last"}),
        ((PASSWORD, KEY), {KEY: "last"}),
        ((PASSWORD, PHONE, MAIL), {PHONE: "last"}),
        ((PASSWORD, PHONE, PASS), {}),
        ((PASSWORD, PHONE, replace(PASS, usable=False)), {PHONE: "last"}),
        ((PASSWORD, KEY, PHONE), {KEY: "last_resistant"}),
        ((PASSWORD, HELLO, PHONE), {HELLO: "last_resistant"}),
        ((PASSWORD, KEY, PASS), {KEY: "last_resistant"}),
        ((PASSWORD, KEY, HELLO, PHONE), {}),
        ((PASSWORD, PHONE, APP), {}),
    ],
)
async def test_what_keeps_one_is_told_beside_it_and_what_must_stay_has_no_button(
    methods: tuple[Method, ...], told: dict[Method, str]
) -> None:
    sheet = await sheet_of(*methods)
    assert notes(sheet) == {one.name: f"methods.note.{note}" for one, note in told.items()}
    for one in methods:
        finding = await KIND.examine(request(one), tools(bunch(*methods)))
        assert (f"{one.kind}:{one.id}" in titles(sheet)) is (finding.objection is None), one


@pytest.mark.parametrize(
    "methods",
    [
        *((), (PASSWORD,), (PASSWORD, Method(MethodKind.OTHER, "q", "", "qrCodePin"))),
        *((PASSWORD, PHONE), (PASSWORD, KEY, Method(MethodKind.OTHER, "q", "", "qrCodePin"))),
    ],
)
async def test_where_nothing_can_be_removed_there_is_only_something_to_read(methods: tuple[Method, ...]) -> None:
    sheet = await sheet_of(*methods)
    assert sheet.closed
    assert sheet.fields == ()


async def test_only_what_is_there_can_be_chosen_and_a_reason_is_needed() -> None:
    long = replace(KEY, id="k" * 700)
    sheet = await sheet_of(PASSWORD, PHONE, long)
    fields, (last, tag) = sheet.fields, [choice.tag for field in sheet.fields if field.rows for choice in field.choices]
    for values, faults in (
        ({"method": "phone:3179", "why": "old"}, {}),
        ({"method": f"fido2:{long.id}", "why": "not_mine"}, {}),
        ({"method": "phone:3179"}, {"why": Fault.REQUIRED}),
        ({"method": "password:28c1", "why": "old"}, {"method": Fault.CHOICE}),
        ({"method": "phone:1", "why": "old"}, {"method": Fault.CHOICE}),
        ({"why": "old"}, {"method": Fault.REQUIRED}),
        ({"method": tag, "why": "old"}, {}),
        ({"method": last, "why": "old"}, {}),
        ({"method": Choice("fido2:" + "j" * 700, "x").tag, "why": "old"}, {"method": Fault.CHOICE}),
        ({"method": Choice("k" * 700, "x").tag, "why": "old"}, {"method": Fault.CHOICE}),
    ):
        assert check(fields, clean(fields, values)) == faults
    assert all(known(choice.title) for f in fields if f.name == "why" for choice in f.choices)


async def test_a_form_is_not_shown_when_the_list_cannot_be_read() -> None:
    class Shut(Bunch):
        async def methods(self, person: str) -> tuple[Method, ...]:
            raise Unavailable(person)

    for call in (KIND.sheet(ANN, tools(Shut())), KIND.examine(request(PHONE), tools(Shut()))):
        with pytest.raises(Unavailable):
            await call


async def test_at_home_nothing_is_read() -> None:
    there = bunch(PHONE)
    assert await KIND.examine(replace(request(PHONE), details={}), tools(there, Moment.HOME)) == Finding()
    assert there.reads == 0


@pytest.mark.parametrize("moment", [Moment.ASK, Moment.WAY, Moment.ACT])
async def test_what_is_to_go_is_named_and_must_still_be_there(moment: Moment) -> None:
    there = tools(bunch(PASSWORD, KEY, HELLO, PHONE, OATH), moment)
    label = {"label": "Passkey: Blue key (YubiKey 5C)"}
    assert await KIND.examine(request(KEY), there) == Finding(level="usual", found=label)
    assert await KIND.examine(request(OATH), there) == Finding(level="usual", found={"label": "softwareOath"})
    assert (await KIND.examine(request(APP), there)).objection == Refusal(MethodsReason.GONE)
    moved = replace(PHONE, id=KEY.id)  # the id of one type is none of another
    assert (await KIND.examine(request(moved), there)).objection == Refusal(MethodsReason.GONE)
    assert known("methods.label.softwareOath")


async def test_its_id_is_shown_to_nobody_its_name_is() -> None:
    asked = request(OATH)
    found = (await KIND.examine(asked, tools(bunch(OATH, KEY)))).found
    shown = dict(details(replace(asked, details={**asked.details, **found}), View("en", NOW, "Help")))
    assert shown == {"Number": "", "Reason": "It is lost or broken", "To be removed": "App for one-time codes"}


async def test_a_password_stays() -> None:
    finding = await KIND.examine(request(PASSWORD), tools(bunch(PASSWORD, KEY, PHONE)))
    assert finding.objection == Refusal(MethodsReason.STAYS)


@pytest.mark.parametrize(
    ("chosen", "others", "last"),
    [
        (PHONE, (PASSWORD,), True),
        (PHONE, (PASSWORD, MAIL), True),
        (PHONE, (PASSWORD, replace(PASS, usable=False)), True),
        (PHONE, (PASSWORD, replace(KEY, usable=False)), True),
        (PHONE, (PASSWORD, Method(MethodKind.OTHER, "q", "", "qrCodePin")), True),
        (PHONE, (PASSWORD, PASS), False),
        (PHONE, (PASSWORD, KEY), False),
        (PHONE, (PASSWORD, replace(PHONE, id="other")), False),
        (KEY, (), True),
        (PASS, (PASSWORD,), False),
        (PASS, (), False),
        (MAIL, (PASSWORD,), False),
    ],
)
async def test_nobody_is_locked_out(chosen: Method, others: tuple[Method, ...], *, last: bool) -> None:
    finding = await KIND.examine(request(chosen), tools(bunch(chosen, *others)))
    assert finding.objection == (Refusal(MethodsReason.LAST) if last else None)


@pytest.mark.parametrize(
    ("chosen", "others", "graver"),
    [
        (KEY, (PHONE,), True),
        (KEY, (PHONE, APP, OATH, MAIL), True),
        (KEY, (PASS,), True),
        (KEY, (replace(HELLO, usable=False), APP), True),
        (HELLO, (APP,), True),
        (Method(MethodKind.PLATFORM, "m1", "Mac"), (PHONE,), True),
        (KEY, (replace(KEY, id="k2"), PHONE), False),
        (KEY, (HELLO,), False),
        (HELLO, (KEY,), False),
        (PHONE, (KEY,), False),
        (PHONE, (APP,), False),
        (PASS, (PHONE,), False),
    ],
)
async def test_the_last_that_cannot_be_phished_is_a_graver_case(
    chosen: Method, others: tuple[Method, ...], *, graver: bool
) -> None:
    finding = await KIND.examine(request(chosen), tools(bunch(PASSWORD, chosen, *others)))
    assert finding.objection is None
    assert finding.level == ("last_resistant" if graver else "usual")
    assert finding.level in KIND.levels
    assert KIND.policy.under((f"level:{finding.level}",)).approvals == int(graver)


@pytest.mark.parametrize("chosen", [KEY, APP, PHONE, OATH, MAIL, PASS])
async def test_the_chosen_one_is_removed_and_no_other(chosen: Method) -> None:
    there = bunch(PASSWORD, KEY, APP, PHONE, OATH, MAIL, PASS)
    outcome = await KIND.carry_out(request(chosen), tools(there))
    assert outcome.secret is None
    assert outcome.receipt == Receipt(chosen.id, params={"type": str(chosen.kind)})
    assert [(m.kind, m.id) for m in there.removed] == [(chosen.kind, chosen.id)]
    assert chosen not in there.found
    assert len(there.found) == 6


@pytest.mark.parametrize("value", ["", "phone", "phone:", ":3179", "password:28c1", "fingerprint:1", "other:1"])
async def test_what_is_no_removable_method_never_leaves_us(value: str) -> None:
    there = bunch(PASSWORD, PHONE)
    with pytest.raises(Rejected) as caught:
        await KIND.carry_out(replace(request(PHONE), details={"method": value}), tools(there))
    assert caught.value.code == MethodsReason.STAYS
    assert there.removed == []


@pytest.mark.parametrize(
    ("code", "reason"), [("default_method", MethodsReason.DEFAULT), ("not_removable", MethodsReason.STAYS)]
)
async def test_a_no_of_the_directory_becomes_a_reason(code: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        await KIND.carry_out(request(PHONE), tools(Bunch([PHONE, KEY], fault=Rejected("remove", code=code))))
    assert caught.value.code == reason


@pytest.mark.parametrize("fault", [AnswerLost("x"), Unavailable("x"), Rejected("x", code="accessDenied"), Missing("x")])
async def test_any_other_fault_goes_through_as_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)) as caught:
        await KIND.carry_out(request(PHONE), tools(Bunch([PHONE], fault=fault)))
    assert caught.value is fault


async def test_a_look_after_a_lost_answer_finds_it_gone_or_still_there() -> None:
    there = Bunch([PHONE, KEY], loses=True)
    assert await KIND.look(request(PHONE), tools(there)) is None
    with pytest.raises(AnswerLost):
        await KIND.carry_out(request(PHONE), tools(there))
    assert await KIND.look(request(PHONE), tools(there)) == Receipt("3179", params={"type": "phone"})


async def test_what_was_not_theirs_is_told_as_a_stranger_in_the_account_once() -> None:
    strange = request(PHONE, why="not_mine")
    receipt = (await KIND.carry_out(strange, tools(bunch(PHONE, KEY)))).receipt
    assert receipt.watch is not None
    assert await KIND.look(strange, tools(bunch(KEY))) == receipt
    done = replace(strange, status=Status.DONE, receipt=receipt, due_at=NOW)
    progress = await KIND.watch(done, tools(bunch(KEY)))
    assert progress == Progress("not_mine", receipt=replace(receipt, watch=None))
    step = advance(done, Progressed(progress), KIND.policy, NOW)
    assert (step.request.status, step.request.stage, step.request.due_at) == (
        Status.DONE,
        "not_mine",
        done.created_at + REPORTED_WITHIN,
    )
    for part in ("title", "text"):
        assert known(f"methods.request.done.{step.request.stage}.{part}")


@pytest.mark.parametrize("why", ["lost", "old", "other"])
async def test_what_was_theirs_is_not_watched(why: str) -> None:
    receipt = (await KIND.carry_out(request(PHONE, why), tools(bunch(PHONE)))).receipt
    assert receipt.watch is None
    assert await KIND.watch(replace(request(PHONE, why), receipt=receipt), tools(bunch())) is None


def test_the_kind_is_listed_with_a_permission_for_each_type_it_removes() -> None:
    assert KINDS["methods"] is KIND
    assert KIND.way(KIND.policy) is Way.ALONE
    assert (KIND.policy.approvals, KIND.policy.step_up, KIND.policy.option(REVOKE_SESSIONS)) == (0, "c1", False)
    assert all(re.fullmatch(r"methods\.[a-z_]+", reason) for reason in MethodsReason)
    removing = {
        MethodKind.PASSKEY: "Passkey",
        MethodKind.AUTHENTICATOR: "MicrosoftAuthApp",
        MethodKind.HELLO: "WindowsHello",
        MethodKind.PLATFORM: "PlatformCred",
        MethodKind.PHONE: "Phone",
        MethodKind.OATH: "SoftwareOATH",
        MethodKind.EXTERNAL: "External",
        MethodKind.EMAIL: "Email",
        MethodKind.PASS: "TAP",
    }
    assert set(removing) == REMOVABLE
    wanted_permissions = {f"UserAuthMethod-{word}.ReadWrite.All" for word in removing.values()}
    assert set(KIND.permissions) == {"UserAuthenticationMethod.Read.All", *wanted_permissions}
