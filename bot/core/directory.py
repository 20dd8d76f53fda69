"""Directory: what the desk needs of Entra, as a protocol; Microsoft Graph fulfils it, a fake does in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.core.alterations import AccountChange
from bot.core.methods import Method
from bot.core.model import Person, Secret
from bot.core.passes import IssuedPass, Pass, PassPolicy
from bot.core.risk import Detection, Risk

APP_BLOCKED: Final = "app_blocked"


@dataclass(frozen=True, slots=True)
class Account:
    """What Entra says about a person. `restricted`: in a restricted management administrative unit.

    `sessions_from`: what was signed in before then is signed out; `created_at`: since when there is the account, where
    Entra knows. `home`: the domain a guest comes from, if it shows.
    `work`: as what and where they work, as the directory tells.
    `human`: the attribute by which two accounts of one human are known, such as the employee id; "" for none.
    `mails`: where they are written to, their mailbox first.
    """

    id: str
    name: str
    upn: str
    enabled: bool
    guest: bool
    restricted: bool
    synced: bool
    language: str = ""
    password_changed_at: datetime | None = None
    sessions_from: datetime | None = None
    home: str = ""
    human: str = ""
    created_at: datetime | None = None
    work: str = ""
    mails: tuple[str, ...] = ()

    def person(self, tenant: str) -> Person:
        """Return whoever this is as the desk writes to them."""
        return Person(tenant, self.id, self.name, self.language or "en")

    def one_human(self, other: Account) -> bool:
        """Say whether this and another account are one human's, as far as the directory tells."""
        return self.id == other.id or bool(self.human and self.human == other.human)


@dataclass(frozen=True, slots=True)
class Manager:
    """Whom the directory names as somebody's manager; `name` is "" where it does not show it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What would make a person privileged: role ids held or eligible, role-assignable groups of or owned by them.

    `owned` is every group they own.
    """

    roles: tuple[str, ...]
    guarded_groups: tuple[str, ...]
    owned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApproversGroup:
    """What a group of approvers looks like: who can get into it, and how many could approve.

    `public`: anybody may join; `dynamic`: a rule decides who is in it; `owners` and `members` are object ids, nested
    groups included in the latter; `usable` are those whose enabled account is no guest's, `unnamed` counts those of
    them of which the directory does not say whose they are. `hidden`: it does not say what sort of group it is.
    """

    public: bool
    dynamic: bool
    owners: frozenset[str]
    members: frozenset[str]
    guests: int
    usable: frozenset[str]
    unnamed: int
    hidden: bool = False


class Directory(Protocol):
    """Entra by Microsoft Graph. Reads raise `Unavailable`, `Rejected` or `Missing`; writes also `AnswerLost`.

    A write is sent once: no retry by anybody.
    """

    def once(self, *, act: bool = False) -> Directory:
        """Return a view for one decision: in it each question is asked once, and nothing is written.

        Nothing of a person outlives it. What describes the tenant may be a minute old; for an `act` it is asked anew.
        """

    async def account(self, person: str) -> Account: ...

    async def manager(self, person: str) -> Manager | None:
        """Return who is named as a person's manager; None where nobody is.

        In a view for one decision it goes along with `account`, if that is asked for no earlier.
        """

    async def standing(self, person: str) -> Standing: ...

    async def groups(self, person: str, among: frozenset[str]) -> frozenset[str]:
        """Return those of `among` the person is in, nested groups included."""

    async def people(self, text: str, limit: int) -> tuple[Account, ...]:
        """Return the accounts with this sign-in name, or with these words in their name."""

    async def within(self, groups: frozenset[str]) -> frozenset[str]:
        """Return these groups and all that are nested in them; known to within a few minutes."""

    async def approvers_group(self, group: str) -> ApproversGroup: ...

    async def hidden_groups(self) -> tuple[str, ...]:
        """Return the ids of groups met lately that do not show what they are: whoever is in one is refused."""

    async def guarded_contexts(self, person: str) -> frozenset[str]:
        """Return the published authentication contexts for which this person is made to sign in afresh, strongly."""

    async def unguarded(self, contexts: frozenset[str]) -> Mapping[str, str]:
        """Say of each of these contexts that protects nobody why it does not, in words for an administrator."""

    async def spared(self, approvers: frozenset[str], context: str) -> Mapping[str, int]:
        """Say why a context that protects somebody spares some of these people, and how many for each reason."""

    async def pass_policy(self) -> PassPolicy: ...

    async def passes(self, person: str) -> tuple[Pass, ...]: ...

    async def issue_pass(self, person: str, lifetime: timedelta, *, one_time: bool) -> IssuedPass:
        """Make a pass; a live one would be replaced, so look first.

        `Rejected` with the code `lifetime` when the tenant's policy does not allow that one.
        """

    async def delete_pass(self, person: str, pass_id: str) -> None:
        """Delete a pass; one that is gone already is no error."""

    async def revoke_sessions(self, person: str) -> None: ...

    async def risk(self, person: str) -> Risk | None:
        """Return how ID Protection has flagged a person; None for one who never was.

        This and the four below share the tenant's one request a second: they wait their turn, and raise
        `Unavailable` with `retry_after` when it will not come soon enough.
        """

    async def at_risk(self, person: str) -> bool:
        """Say whether ID Protection flags a person; what was heard a moment ago stands, for turns are few.

        Where the tenant has no ID Protection nobody is flagged: it says of nobody that they are.
        """

    async def detections(self, person: str, limit: int) -> tuple[Detection, ...]:
        """Return what was noticed about a person, newest first."""

    async def dismiss_risk(self, person: str) -> None: ...

    async def confirm_safe(self, person: str) -> None: ...

    async def confirm_compromised(self, person: str) -> None: ...

    async def changes(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        """Return what changed about an account in so long a time, newest first; the desk's own acts are no change.

        The tenant's log has it minutes late, and this may be five minutes old. Its turns are few: `Unavailable` with
        `retry_after` when none comes soon enough; `NotGranted` where the desk may not read it, or there is none.
        """

    async def changes_now(self, person: str, within: timedelta) -> tuple[AccountChange, ...]:
        """Return the same, asked at this moment."""

    async def install_app(self, person: str, app: str) -> None:
        """Install an app of the tenant's catalogue in somebody's Teams; that it is there already is no error.

        `Rejected` with the code `APP_BLOCKED` where the tenant's policy for apps keeps them from it.
        """

    async def federated(self, upn: str) -> bool:
        """Say whether the domain of this name signs in elsewhere."""

    async def set_password(self, person: str, password: Secret, *, change_next: bool) -> None:
        """Set a password; `Rejected` with the code `password_rule` when Entra does not take that one."""

    async def methods(self, person: str) -> tuple[Method, ...]: ...

    async def passkeys(self, person: str) -> tuple[Method, ...]: ...

    async def remove_method(self, person: str, method: Method) -> None:
        """Remove a method; one that is gone already is no error.

        `Rejected` with the code `default_method` when Entra keeps it for being the default one.
        """

    async def keep_proof(self, person: str, proof: Mapping[str, str | int]) -> None:
        """Write the desk's custom security attributes of a person; writing the same again changes nothing."""

    async def proof_of(self, person: str, token: Secret) -> Mapping[str, str | int]:
        """Read these attributes with the token of whoever looks: Entra decides whether they may."""
