"""Each checker sees what breaks its invariant: shown a violation it names it, shown what is right it is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.audit import GENESIS, About, Deed, Entry, Note, link, verify
from bot.core.callers import Stand, Verification
from bot.core.model import Evidence, EvidenceType, Request, Status
from bot.core.notices import ActNotice, Phase
from bot.core.ports import Posted, Slot
from bot.core.proven import Proven
from bot.teams.scenes import PlannedMessage
from playground import world
from playground.journal import Call
from playground.people import guid
from playground.teams.chats import BOT, HELPDESK_CHANNEL, SECURITY_CHANNEL, Chats, personal_id
from playground.teams.views import ADAPTIVE
from tests.chaos import callers, deeds, faces, places, shown, trail
from tests.chaos.crowd import NEWCOMERS, Crowd, Wait
from tests.chaos.eyes import Pressed
from tests.chaos.person import SIGN_IN
from tests.chaos.shown import Said
from tests.core.samples import ANN, BEN, CLEO, NOW, REQUEST, approval, step_up
from tests.stories.canary import within

LATER = NOW + timedelta(days=2)
Step = tuple[Note, ...]
ASKED: Step = (Note(Deed.ASKED), Note(Deed.STEP_UP_BEGUN))
TO_FACE: Step = (Note(Deed.STEPPED_UP), Note(Deed.FACE_WANTED))
FACED: Step = (Note(Deed.FACE_PROVED), Note(Deed.READY))
SIGNED: Step = (Note(Deed.STEPPED_UP), Note(Deed.APPROVAL_WANTED))
APPROVED: Step = (Note(Deed.APPROVED), Note(Deed.READY))
CLAIMED: Step = (Note(Deed.CLAIMED, {"attempt": "1"}),)
SHOWN: Step = (Note(Deed.SHOWN, {"object": "pass-1"}),)
UNSURE: Step = (Note(Deed.SHOW_PRESSED), Note(Deed.REFUSED, {"reason": "unknown"}))
OPENED: Step = (Note(Deed.ASKED), Note(Deed.CONSENT_WANTED))
AGREED: Step = (Note(Deed.CONSENTED),)
UNKNOWN: Step = (Note(Deed.CONSENTED), Note(Deed.REFUSED, {"reason": "unknown"}))
WHOLE = (ASKED, SIGNED, APPROVED, CLAIMED, SHOWN)
PROVED = replace(REQUEST, evidence=(step_up(), approval()), attempts=1)


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> world.World:
    """Somewhere to look at; making one takes a while, for its keys."""
    return world.create("http://127.0.0.1:1", tmp_path_factory.mktemp("world"))


def written(*steps: Step, kind: str = "tap", request: str = "r1", subject: str = "ann") -> list[Entry]:
    """The entries of these steps, one transaction each."""
    entries: list[Entry] = []
    for number, step in enumerate(steps):
        for note in step:
            entries.append(
                link(
                    entries[-1].hash if entries else GENESIS,
                    about=About("tenant", request, kind, subject, "enforce"),
                    seq=len(entries) + 1,
                    at=NOW + timedelta(seconds=number),
                    note=note,
                )
            )
    return entries


class TestTrail:
    @pytest.mark.parametrize(
        ("steps", "status"),
        [
            ((ASKED,), Status.STEP_UP),
            (((Note(Deed.ASKED), Note(Deed.REFUSED, {"reason": "guest"})),), Status.REFUSED),
            ((ASKED, SIGNED, (Note(Deed.DENIED),)), Status.DENIED),
            ((ASKED, SIGNED, (Note(Deed.DECIDED_AGAIN), Note(Deed.REFUSED, {"reason": "unknown"}))), Status.APPROVAL),
            ((ASKED, SIGNED, APPROVED, CLAIMED, (Note(Deed.REFUSED, {"reason": "busy"}),)), Status.READY),
            ((ASKED, SIGNED, APPROVED, CLAIMED, (Note(Deed.LOST),), (Note(Deed.LOOKED),)), Status.UNKNOWN),
            ((*WHOLE, (Note(Deed.REPORTED),), (Note(Deed.REVOKED),)), Status.REVOKED),
            ((ASKED, SIGNED, APPROVED, (Note(Deed.EXPIRED),), UNSURE), Status.EXPIRED),
            (((Note(Deed.ASKED), Note(Deed.FACE_WANTED)),), Status.PROOF),
            ((OPENED,), Status.CONSENT),
            ((OPENED, AGREED), Status.STEP_UP),
            ((OPENED, UNKNOWN, (Note(Deed.DECIDED_AGAIN),)), Status.STEP_UP),
            ((OPENED, (Note(Deed.CONSENT_REFUSED),)), Status.WITHDRAWN),
            ((ASKED, TO_FACE), Status.PROOF),
            ((ASKED, TO_FACE, FACED), Status.READY),
            ((ASKED, TO_FACE, (Note(Deed.FACE_PROVED), Note(Deed.REFUSED, {"reason": "unknown"}))), Status.PROOF),
            ((ASKED, TO_FACE, (Note(Deed.EXPIRED),)), Status.EXPIRED),
            ((ASKED, TO_FACE, FACED, (Note(Deed.SHOW_PRESSED), Note(Deed.FACE_WANTED))), Status.PROOF),
        ],
    )
    def test_a_story_leads_where_it_leads(self, steps: tuple[Step, ...], status: Status) -> None:
        assert status in trail.replayed(written(*steps))

    @pytest.mark.parametrize(
        "steps",
        [
            (SIGNED,),
            (ASKED, SHOWN),
            (ASKED, SIGNED, APPROVED, SHOWN),
            (*WHOLE, SHOWN),
            (*WHOLE, CLAIMED),
            (ASKED, APPROVED),
            (ASKED, FACED),
            (ASKED, SIGNED, FACED),
            (ASKED, TO_FACE, FACED, FACED),
            (ASKED, TO_FACE, CLAIMED),
            (OPENED, SIGNED),
            (ASKED, AGREED),
            (OPENED, AGREED, (Note(Deed.CONSENT_REFUSED),)),
            (*WHOLE, (Note(Deed.WITHDRAWN),)),
            (*WHOLE, (Note(Deed.SHOW_PRESSED), Note(Deed.REFUSED, {"reason": "guest"}))),
            (ASKED, ASKED),
        ],
    )
    def test_what_does_not_follow_is_not_explained(self, steps: tuple[Step, ...]) -> None:
        with pytest.raises(trail.Unexplained):
            trail.replayed(written(*steps))

    def test_what_is_right_is_not_broken(self) -> None:
        done = replace(PROVED, status=Status.DONE, expires_at=LATER, due_at=LATER)
        assert list(trail.broken(done, written(*WHOLE), NOW)) == []

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"status": Status.READY, "due_at": LATER}, "its audit says done"),
            ({"status": Status.DONE, "attempts": 2}, "was claimed 1 times, not 2"),
            ({"status": Status.DONE, "evidence": (step_up(),)}, "proofs that its audit does not know"),
        ],
    )
    def test_a_row_that_is_not_what_its_audit_says(self, wrong: Mapping[str, object], said: str) -> None:
        assert said in "".join(trail.broken(replace(PROVED, **wrong), written(*WHOLE), NOW))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("steps", "status", "said"),
        [
            ((ASKED,), Status.STEP_UP, "nothing will wake it"),
            ((ASKED, SIGNED, APPROVED, CLAIMED), Status.ACTING, "is still acting"),
        ],
    )
    def test_nothing_rests_where_nothing_goes_on(self, steps: tuple[Step, ...], status: Status, said: str) -> None:
        assert said in "".join(trail.broken(replace(REQUEST, status=status), written(*steps), NOW))

    def test_what_is_over_sleeps(self) -> None:
        over = replace(REQUEST, status=Status.WITHDRAWN, due_at=LATER)
        assert "would still be woken" in "".join(trail.broken(over, written(ASKED, (Note(Deed.WITHDRAWN),)), NOW))


class TestDeeds:
    def test_one_claim_one_act(self) -> None:
        assert list(deeds.excess([deeds.Act("tap", "ann", "pass-1")], written(*WHOLE))) == []

    @pytest.mark.parametrize(
        ("done", "steps", "said"),
        [
            (["pass-1", "pass-2"], WHOLE, "tap was done 2 times to ann, and claimed 1 times"),
            (["pass-1"], (ASKED,), "claimed 0 times"),
            ([], WHOLE, "told as done 1 times to ann, and done 0 times"),
            (["pass-2"], WHOLE, "names a pass pass-1 that was never made"),
            (["pass-2"], (ASKED, CLAIMED), "in no entry, and 0 answers were lost"),
        ],
    )
    def test_more_or_less_than_that_is_seen(self, done: list[str], steps: tuple[Step, ...], said: str) -> None:
        assert said in "\n".join(deeds.excess([deeds.Act("tap", "ann", one) for one in done], written(*steps)))

    def test_a_lost_answer_explains_a_pass_that_nobody_named(self) -> None:
        lost = (ASKED, CLAIMED, (Note(Deed.LOST),), (Note(Deed.LOOKED, {"found": ""}),))
        assert list(deeds.excess([deeds.Act("tap", "ann", "pass-2")], written(*lost))) == []

    def test_a_pass_of_two_requests(self) -> None:
        both = [*written(*WHOLE), *written(*WHOLE, request="r2")]
        told = list(deeds.excess([deeds.Act("tap", "ann", "pass-1"), deeds.Act("tap", "ann", "pass-2")], both))
        assert "the pass pass-1 belongs to 2 requests" in told

    def test_a_method_removed_twice(self) -> None:
        twice = [*written(CLAIMED, kind="methods"), *written(CLAIMED, kind="methods")]
        told = list(deeds.excess([deeds.Act("methods", "ann", "key-1")] * 2, twice))
        assert told == ["the method key-1 of ann was removed 2 times"]

    def test_sessions_may_end_again_where_something_follows(self) -> None:
        done, claimed = [deeds.Act("sessions", "ann")] * 2, written(CLAIMED, kind="sessions")
        assert list(deeds.excess(done, claimed)) == ["sessions was done 2 times to ann, and claimed 1 times"]
        assert list(deeds.excess(done, [*claimed, *written((Note(Deed.FOLLOWED),), kind="password")])) == []

    @pytest.mark.parametrize(
        ("kind", "note"),
        [
            ("compromised", Note(Deed.ASKED)),
            ("tap", Note(Deed.REPORTED)),
            ("risk", Note(Deed.DENIED, {"choice": "compromised"})),
        ],
    )
    def test_an_alarm_that_nobody_hears(self, kind: str, note: Note) -> None:
        raised = written((note,), kind=kind)
        assert list(deeds.unheard(raised, {"r2"})) == ["nobody told security of r1"]
        assert list(deeds.unheard(raised, {"r1"})) == []
        assert list(deeds.unheard(written(*WHOLE, (Note(Deed.DENIED),)), ())) == []

    def test_what_is_given_out_after_an_alarm(self) -> None:
        alarm = written((Note(Deed.ASKED), Note(Deed.FROZEN)), kind="compromised", request="alarm")
        assert list(deeds.thawed([*alarm, *written(*WHOLE)])) == ["tap r1 was given out after an alarm"]
        assert list(deeds.thawed([*written(*WHOLE), *alarm])) == []
        assert list(deeds.thawed([*alarm, *written(*WHOLE, (Note(Deed.STOPPED),))])) == []
        assert list(deeds.thawed([*alarm, *written((Note(Deed.LIFTED),), request="alarm"), *written(*WHOLE)])) == []
        assert list(deeds.thawed([*alarm, *written(*WHOLE, kind="sessions")])) == []

    def test_what_was_done_is_read_from_what_graph_was_asked(self, earth: world.World) -> None:
        ann, graph = guid("user/ann"), "/graph/v1.0"
        for method, path, body, status in (
            ("POST", f"{graph}/identityProtection/riskyUsers/dismiss", {"userIds": [ann]}, 204),
            ("POST", f"{graph}/identityProtection/riskyUsers/dismiss", {"userIds": [ann]}, 429),
            ("DELETE", f"{graph}/users/{ann}/authentication/fido2Methods/key-1", None, 0),
            ("DELETE", f"{graph}/users/{ann}/authentication/temporaryAccessPassMethods/pass-1", None, 204),
            ("PATCH", f"{graph}/users/{ann}", {"passwordProfile": {"forceChangePasswordNextSignIn": False}}, 204),
            ("PATCH", f"{graph}/users/{ann}", {"passwordProfile": {"forceChangePasswordNextSignIn": True}}, 204),
        ):
            earth.journal.add(Call("graph", NOW.isoformat(), method, path, {}, body, status))
        made = earth.graph.issue("ann", pass_id="p1", start=NOW, lifetime=timedelta(hours=1), one_time=True)
        assert set(deeds.acts(earth)) == {
            deeds.Act("tap", ann, made.id),
            deeds.Act("risk", ann),
            deeds.Act("methods", ann, "key-1"),
            deeds.Act("password", ann),
        }


class TestShown:
    OWNERS: Mapping[str, tuple[str, str]] = {"Secret#1+x": ("ann", "a:ann")}

    def test_once_to_its_subject(self) -> None:
        assert list(shown.misplaced([Said("1", "ann", "a:ann", "it is Secret#1+x")], self.OWNERS)) == []

    def test_twice(self) -> None:
        both = [Said(number, "ann", "a:ann", "it is Secret#1+x") for number in "12"]
        assert ["shown 2 times" in line for line in shown.misplaced(both, self.OWNERS)] == [True]

    @pytest.mark.parametrize(("person", "place"), [("ben", "a:ann"), ("ann", "19:channel")])
    def test_elsewhere(self, person: str, place: str) -> None:
        (line,) = shown.misplaced([Said("1", person, place, '{"text": "Secret#1+x"}')], self.OWNERS)
        assert f"was shown to {person} in {place}" in line

    @pytest.mark.parametrize("at", [0, 99_990, 99_996, 100_000, 250_000])
    def test_the_canary_finds_it_wherever_it_is(self, at: int) -> None:
        text = "s" * at + "Secret#1+x" + "t" * 1000
        assert within({"Secret#1+x", "another-one"}, text) == {"Secret#1+x"}
        assert within({"Secret#2+x", "another-one"}, text) == set()


class TestCrowd:
    QUICK = tuple(Wait(1.0) for _ in range(NEWCOMERS))

    def broken(self, *more: Wait, placed: int = NEWCOMERS) -> str:
        back = [*more, *self.QUICK][:NEWCOMERS]
        return "; ".join(Crowd(taken_back=back, ended=[*self.QUICK], placed=[*self.QUICK[:placed]]).broken())

    def test_what_is_quick_is_fine(self) -> None:
        assert self.broken() == ""
        assert self.broken(Wait(59.0, 400, 100), Wait(1.0, 10, 10), Wait(1.0, 400, 40)) == ""

    def test_what_takes_too_long_or_did_not_happen(self) -> None:
        assert "a pass is taken back: 61 s" in self.broken(Wait(61.0))
        assert "a newcomer's card has their place: 2 times" in self.broken(placed=2)

    def test_who_is_no_crowd(self) -> None:
        crowd = Crowd(320, [*self.QUICK], [*self.QUICK], [*self.QUICK], most=202)
        assert list(crowd.broken()) == ["of 320 people at most 202 waited at once"]
        crowd.most = 301
        assert list(crowd.broken()) == []

    def test_what_went_behind_what_is_less_urgent(self) -> None:
        behind = Wait(5.0, 300, 290)
        assert self.broken(behind, Wait(1.0, 300, 10), Wait(1.0, 300, 10)) == ""  # its replica died, say
        assert "97%" in self.broken(behind, behind, Wait(1.0, 300, 10))


VERIFIED: Step = (Note(Deed.CALLER_VERIFIED, {"proven": "step_up"}),)
HEARD: Step = (Note(Deed.CALLER_VERIFIED, {"proven": "presence"}),)
NOT_ANN: Step = (Note(Deed.CALLER_REFUSED),)
RANG: Step = (Note(Deed.CALLER_ASKED),)
CALL = Verification(
    id="caller:f1", by=BEN, about=ANN, created_at=NOW, status=Stand.VERIFIED, proven=Proven.STEP_UP, used_for="r1"
)
OPENED_BY = replace(
    REQUEST,
    opened_by=BEN,
    evidence=(Evidence(EvidenceType.VERIFICATION, "ben", "Ben", NOW, "step_up", "r1", source="caller:f1"),),
)
BY_ANN = {Pressed("ann", verb, "f1") for verb in (SIGN_IN, "call-type", "call-no")}


class TestCallers:
    """Each call, and what was opened with it, held against what its people pressed."""

    @staticmethod
    def answers(call: Verification, *steps: Step, pressed: set[Pressed] = BY_ANN) -> str:
        entries = written(*steps, kind="caller", request="caller:f1")
        return "; ".join(callers.answers({"f1": call}, entries, pressed))

    def test_an_answer_of_theirs(self) -> None:
        refused = replace(CALL, status=Stand.REFUSED)
        assert self.answers(CALL, RANG, VERIFIED) == ""
        assert self.answers(CALL, RANG, HEARD, VERIFIED) == ""
        assert self.answers(refused, RANG, HEARD, NOT_ANN) == ""
        agreed_to_nothing = {Pressed("ann", SIGN_IN, "f1"), Pressed("ann", "no-consent", "r1")}
        assert self.answers(refused, RANG, VERIFIED, NOT_ANN, pressed=agreed_to_nothing) == ""

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            ((RANG, VERIFIED, VERIFIED), "was proved by step_up, step_up"),
            ((RANG, VERIFIED, HEARD), "was proved by step_up, presence"),
            ((RANG, NOT_ANN, VERIFIED), "caller_verified after caller_refused"),
            ((VERIFIED,), "caller_verified after nothing"),
            ((RANG,), "the trail says caller_asked"),
            ((RANG, NOT_ANN), "the trail says caller_refused"),
        ],
    )
    def test_an_answer_that_cannot_be(self, steps: tuple[Step, ...], said: str) -> None:
        assert said in self.answers(CALL, *steps)

    def test_an_answer_that_nobody_gave(self) -> None:
        others = {Pressed("ben", SIGN_IN, "f1"), Pressed("ann", SIGN_IN, "f2"), Pressed("ann", "call-type", "f1")}
        assert "pressed nothing" in self.answers(CALL, RANG, VERIFIED, pressed=others)
        refused = replace(CALL, status=Stand.REFUSED)
        assert "pressed nothing" in self.answers(refused, RANG, NOT_ANN, pressed=others)

    @staticmethod
    def opened(request: Request, call: Verification = CALL, *steps: Step, agreed: str = "ann") -> str:
        entries = {"r1": written(OPENED, *(steps or (AGREED, SIGNED, APPROVED, CLAIMED, SHOWN)))}
        return "; ".join(callers.opened([request], [call], entries, {Pressed(agreed, "consent", "r1")}))

    def test_what_was_opened_as_it_should(self) -> None:
        assert self.opened(OPENED_BY) == ""

    @pytest.mark.parametrize(
        "changes",
        [
            {"used_for": "r2"},
            {"used_for": ""},
            {"by": CLEO},
            {"about": CLEO},
            {"proven": Proven.PRESENCE},
            {"id": "caller:f2"},
        ],
    )
    def test_what_was_opened_with_something_else(self, changes: Mapping[str, object]) -> None:
        call = replace(CALL, **changes)  # type: ignore[arg-type]
        assert "without a verification of its own" in self.opened(OPENED_BY, call)

    def test_what_they_never_wanted(self) -> None:
        assert "a word that its subject never gave" in self.opened(OPENED_BY, agreed="ben")
        assert "without the word of its subject" in self.opened(OPENED_BY, CALL, SIGNED, APPROVED, CLAIMED)
        by_ben = replace(OPENED_BY, evidence=(*OPENED_BY.evidence, approval(by="ben")))
        assert "approved by one of those whose request it is" in self.opened(by_ben)
        again = [OPENED_BY, replace(OPENED_BY, id="r2")]
        evidence = tuple(replace(one, request="r2") for one in OPENED_BY.evidence)
        again[1] = replace(again[1], evidence=evidence)
        assert "caller:f1 served 2 requests" in "; ".join(callers.opened(again, [CALL], {}, set()))

    @pytest.mark.parametrize(("queued", "right"), [((NOW,), True), ((), False), ((NOW, NOW), False), ((LATER,), False)])
    def test_a_notice_of_each_act(self, queued: tuple[datetime, ...], right: bool) -> None:
        (claim,) = written(CLAIMED)
        (note,) = written((Note(Deed.NOTICE_QUEUED),), kind="notice", request="notice:r1")
        entries = {"r1": [claim], "notice:r1": [replace(note, at=at) for at in queued]}
        assert (list(callers.unnoticed({"r1": REQUEST}, entries)) == []) is right

    def test_a_mail_of_each_notice(self) -> None:
        one = ActNotice(id="notice:r1", by=ANN, about=ANN, created_at=NOW, request="r1", kind="tap", phase=Phase.SENT)
        home = {"ann": ("ann@contoso.example", "ann@home.example")}
        assert list(callers.unsent([one], home, {"ann@contoso.example": 2, "ann@home.example": 1})) == []
        assert list(callers.unsent([one], home, {"ann@contoso.example": 2})) == ["ann@home.example has 0 mails of 1"]
        for phase in (Phase.DUE, Phase.HELD, Phase.FAILED):
            assert list(callers.unsent([replace(one, phase=phase)], home, {}))
        assert list(callers.unsent([replace(one, phase=Phase.DROPPED)], home, {})) == []


class TestPlaces:
    @staticmethod
    def request(earth: world.World, **more: object) -> Request:
        ann = replace(ANN, id=earth.people["ann"].id)
        return replace(REQUEST, requester=ann, subject=ann, **more)  # type: ignore[arg-type]

    @staticmethod
    def card(*verbs: str) -> dict[str, object]:
        actions = [{"type": "Action.Execute", "data": {"verb": verb, "id": "r1", "v": 1}} for verb in verbs]
        return {"attachments": [{"content": {"type": "AdaptiveCard", "body": [], "actions": actions}}]}

    def told(
        self,
        earth: world.World,
        place: str,
        *verbs: str,
        entries: tuple[Step, ...] = (),
        opened: Mapping[str, set[str]] | None = None,
    ) -> list[str]:
        path = f"/connector/v3/conversations/{place}/activities"
        call = Call("connector", NOW.isoformat(), "POST", path, {}, self.card(*verbs), 201)
        one = places.sent(call, {})
        assert one is not None
        return list(places.Map(earth, {"r1": self.request(earth)}, {"r1": written(*entries)}, opened).wrong(one))

    def test_where_it_may_be(self, earth: world.World) -> None:
        ben = earth.people["ben"]
        meant = ((Note(Deed.APPROVAL_INTENDED, {"by": ben.id}),),)
        assert self.told(earth, personal_id(earth.people["ann"]), "show", "report") == []
        assert self.told(earth, f"{HELPDESK_CHANNEL};messageid=1", "approve", "deny") == []
        assert self.told(earth, personal_id(ben), "refresh", entries=meant) == []
        assert self.told(earth, personal_id(ben), "approve", opened={"r1": {"ben"}}) == []

    def test_where_it_may_not_be(self, earth: world.World) -> None:
        ben = personal_id(earth.people["ben"])
        assert f"was sent to {ben}" in self.told(earth, ben, "refresh")[0]
        assert f"was sent to {ben}" in self.told(earth, ben, "approve", opened={"r1": {"cleo"}, "r2": {"ben"}})[0]
        assert "may press show" in self.told(earth, ben, "show", opened={"r1": {"ben"}})[0]
        assert f"was sent to {SECURITY_CHANNEL}" in self.told(earth, SECURITY_CHANNEL, "refresh")[0]
        assert "may press show" in self.told(earth, HELPDESK_CHANNEL, "show", "approve")[0]

    def test_a_prompt_is_about_the_request_of_its_sign_in(self, earth: world.World) -> None:
        prompt = {"attachments": [{"content": {"tokenExchangeResource": {"id": "s1"}}}]}
        path = f"/connector/v3/conversations/{personal_id(earth.people['ben'])}/activities"
        one = places.sent(Call("connector", "", "POST", path, {}, prompt, 201), {"s1": "r1"})
        assert one is not None
        assert list(places.Map(earth, {"r1": self.request(earth)}, {}).wrong(one))

    def test_an_answer_is_looked_at_as_well(self, earth: world.World) -> None:
        one = places.shown({"value": self.card("show")}, HELPDESK_CHANNEL, "an answer")
        assert one is not None
        assert list(places.Map(earth, {"r1": self.request(earth)}, {}).wrong(one))


class TestFaces:
    CARD: Mapping[str, object] = {"contentType": ADAPTIVE, "content": {"type": "AdaptiveCard", "body": ["now"]}}

    def place(self, posted: Posted | None) -> faces.Place:
        return faces.Place("r1", PlannedMessage(Slot.REQUESTER, "", {"attachments": [self.CARD]}), posted)

    @pytest.fixture
    def chats(self, earth: world.World) -> Chats:
        return Chats(earth)

    def test_a_card_that_is_true(self, chats: Chats) -> None:
        there = chats.post(chat=chats.personal("ann"), sender=BOT, activity={"attachments": [dict(self.CARD)]})
        assert faces.stale(chats, self.place(Posted("r1", Slot.REQUESTER, "", None, there.id, ""))) == ""

    def test_nothing_is_wrong_with_one_whose_buttons_are_of_an_older_version(self, chats: Chats) -> None:
        def card(version: int) -> Mapping[str, object]:
            button = {"type": "Action.Execute", "data": {"verb": "report", "id": "r1", "v": version}}
            return {"contentType": ADAPTIVE, "content": {"type": "AdaptiveCard", "body": ["now"], "actions": [button]}}

        there = chats.post(chat=chats.personal("ann"), sender=BOT, activity={"attachments": [card(6)]})
        for version, lies in ((14, False), (6, False), (5, True)):  # of one to come nobody would be heard
            wanted = PlannedMessage(Slot.REQUESTER, "", {"attachments": [card(version)]})
            place = faces.Place("r1", wanted, Posted("r1", Slot.REQUESTER, "", None, there.id, ""))
            assert ("has buttons of version 6" in faces.stale(chats, place)) is lies

    def test_what_is_wrong_with_others(self, chats: Chats) -> None:
        ann = chats.personal("ann")
        old = {"attachments": [{**self.CARD, "content": {"type": "AdaptiveCard", "body": ["then"]}}]}
        there = chats.post(chat=ann, sender=BOT, activity=old)
        here = Posted("r1", Slot.REQUESTER, "", None, there.id, "")
        assert faces.stale(chats, self.place(None)) == "is not there"
        assert faces.stale(chats, self.place(replace(here, deleted=True))) == "is not there"
        assert faces.stale(chats, self.place(here)).startswith("says something else")
        assert not faces.seen_true(chats, self.place(here), "ann")
        chats.show(chat=ann, message=there, key="ann", card={"type": "AdaptiveCard", "body": ["now"]})
        assert faces.seen_true(chats, self.place(here), "ann")
        chats.delete(chat=ann, message=there)
        assert faces.stale(chats, self.place(here)) == "was deleted"

    def test_a_view_that_is_older_than_the_card(self, chats: Chats) -> None:
        ann = chats.personal("ann")
        there = chats.post(chat=ann, sender=BOT, activity={"attachments": [dict(self.CARD)]})
        chats.show(chat=ann, message=there, key="ann", card={"type": "AdaptiveCard", "body": ["then"]})
        here = Posted("r1", Slot.REQUESTER, "", None, there.id, "")
        assert faces.stale(chats, self.place(here)) == "is something else to ann"

    def test_a_message_nobody_knows(self, chats: Chats) -> None:
        ann = chats.personal("ann")
        known, unknown, gone = (chats.post(chat=ann, sender=BOT, activity={}) for _ in range(3))
        posted = [
            Posted("r1", Slot.REQUESTER, "", None, known.id, ""),
            Posted("r1", Slot.PROMPT, "", None, gone.id, "", deleted=True),
        ]
        standing = [(ann, message, {"r1"}) for message in (known, unknown, gone)]
        assert [message for _, message in faces.strays(standing, posted)] == [unknown, gone]
        assert list(faces.strays([(ann, unknown, set())], posted)) == []


def test_a_chain_that_was_broken() -> None:
    entries = written(*WHOLE)
    assert verify(entries, (len(entries), entries[-1].hash)) is None
    assert verify(entries[:-1], (len(entries), entries[-1].hash)) is not None
    assert verify([entries[0], *entries[2:]]) is not None
