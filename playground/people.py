"""People: who works at Contoso and what they are members of; changed at run time, read by Entra, Graph and Teams."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

DOMAIN: Final = "contoso.example"
FEDERATED: Final = "fabrikam-federated.example"  # people of this domain sign in at Fabrikam's own identity provider
CREATED: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)  # when everybody's account was made


@cache
def guid(name: str) -> str:
    """Return the object id of a thing by its name: the same one on every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://{DOMAIN}/{name}"))


TENANT: Final = guid("tenant")
EMPLOYEES: Final = guid("group/employees")
HELPDESK: Final = guid("group/helpdesk")
LEADS: Final = guid("group/helpdesk-leads")
NO_PASS: Final = guid("group/no-access-passes")
SECURITY: Final = guid("group/security")
OPERATORS: Final = guid("group/vault-operators")

# Template ids of built-in roles, the same in every tenant:
# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
GLOBAL_ADMIN: Final = "62e90394-69f5-4237-9190-012177145e10"
USER_ADMIN: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
AUTHENTICATION_ADMIN: Final = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
ROLES: Final = {
    GLOBAL_ADMIN: "Global Administrator",
    USER_ADMIN: "User Administrator",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
    AUTHENTICATION_ADMIN: "Authentication Administrator",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
}


@dataclass(frozen=True, slots=True)
class Person:
    """`restricted`: in a restricted management administrative unit. `synced`: from an on-premises directory."""

    key: str
    name: str
    title: str
    language: str = "en-US"
    enabled: bool = True
    guest: bool = False
    synced: bool = False
    restricted: bool = False
    domain: str = DOMAIN
    department: str = ""
    employee: str = ""  # the id by which two accounts of one human are known
    manager: str = ""  # the key of whom the directory names
    others: tuple[str, ...] = ()  # addresses besides the mailbox
    mailbox: str = ""  # where the name's own is another's
    papers: str = ""  # their name as an identity document has it, where the directory has another

    @property
    def id(self) -> str:
        return guid(f"user/{self.key}")

    @property
    def upn(self) -> str:
        mailbox = self.mailbox or self.name.casefold().replace(" ", ".")  # which also writes ß as an address can
        return f"{mailbox}_fabrikam.example#EXT#@{DOMAIN}" if self.guest else f"{mailbox}@{self.domain}"

    @property
    def mail(self) -> str:
        return f"{self.key}@fabrikam.example" if self.guest else self.upn

    @property
    def mails(self) -> tuple[str, ...]:
        return (self.mail, *self.others)

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper()


@dataclass(frozen=True, slots=True)
class Group:
    """Members and owners are object ids; a member may be a group. Anybody may join a `public` one.

    A rule says who is in a `dynamic` one.
    """

    id: str
    name: str
    members: frozenset[str]
    owners: frozenset[str] = frozenset()
    assignable: bool = False
    public: bool = False
    dynamic: bool = False


class People:
    """The directory: look a person up by key, find one by object id or user principal name."""

    def __init__(self, people: tuple[Person, ...], groups: tuple[Group, ...]) -> None:
        self._people = {person.key: person for person in people}
        if len(self._people) < len(people):
            raise ValueError("two people have one key")
        self.groups = {group.id: group for group in groups}
        self.active: dict[str, set[str]] = {}  # principal id -> role ids held now
        self.eligible: dict[str, set[str]] = {}  # principal id -> role ids that can be activated
        self.heard: list[Callable[[Person, Person, People], None]] = []  # who is told of a change: before, after, all

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __getitem__(self, key: str) -> Person:
        return self._people[key]

    def __contains__(self, key: object) -> bool:
        return key in self._people

    def find(self, name: str) -> Person | None:
        wanted = name.casefold()
        return next((p for p in self if wanted in {p.id, p.upn.casefold()}), None)

    def change(self, key: str, **fields: Any) -> Person:
        """Change properties of a person, for example `change("ann", enabled=False)`; return them as they are now."""
        before = self._people[key]
        self._people[key] = replace(before, **fields)
        for tell in self.heard:
            tell(before, self._people[key], self)
        return self._people[key]

    def join(self, group: str, key: str) -> None:
        self._set(group, self.groups[group].members | {self._people[key].id})

    def leave(self, group: str, key: str) -> None:
        self._set(group, self.groups[group].members - {self._people[key].id})

    def grant(self, key: str, role: str, *, eligible: bool = False) -> None:
        """Give a directory role, or with `eligible` the right to activate it."""
        (self.eligible if eligible else self.active).setdefault(self._people[key].id, set()).add(role)

    def withdraw(self, key: str, role: str) -> None:
        for held in (self.active, self.eligible):
            held.get(self._people[key].id, set()).discard(role)

    def groups_of(self, principal: str) -> tuple[Group, ...]:
        """Return every group the principal is in, through other groups as well."""
        found: dict[str, Group] = {}
        waiting = [principal]
        while waiting:
            member = waiting.pop()
            for group in self.groups.values():
                if member in group.members and group.id not in found:
                    found[group.id] = group
                    waiting.append(group.id)
        return tuple(sorted(found.values(), key=lambda group: group.name))

    def members_of(self, group: str) -> tuple[str, ...]:
        """Return the ids of all that is in a group, groups and who is in those included."""
        found: dict[str, None] = {}
        waiting = [group]
        while waiting:
            for member in sorted(self.groups[waiting.pop()].members - found.keys()):
                found[member] = None
                waiting += [member] if member in self.groups else []
        return tuple(found)

    def manager_of(self, key: str) -> Person | None:
        return self._people.get(self._people[key].manager)

    def owned_by(self, principal: str) -> tuple[Group, ...]:
        return tuple(group for group in self.groups.values() if principal in group.owners)

    def roles_of(self, principal: str) -> frozenset[str]:
        """Return the roles held now, by the principal or by a group they are in."""
        holders = (principal, *(group.id for group in self.groups_of(principal)))
        return frozenset().union(*(self.active.get(holder, ()) for holder in holders))

    def _set(self, group: str, members: frozenset[str]) -> None:
        self.groups[group] = replace(self.groups[group], members=members)


_CAST: Final = (
    Person("ann", "Ann Archer", "Buyer", department="Purchasing", manager="max", others=("ann@home.example",)),
    Person("anne", "Ann Archer", "Accountant", department="Finance", mailbox="ann.archer2"),
    Person("ben", "Ben Bishop", "Helpdesk agent", department="IT", employee="1002", manager="cleo"),
    Person("cleo", "Cleo Carter", "Helpdesk lead", employee="1003"),
    Person("dora", "Dora Dunn", "Tenant administrator"),
    Person("eli", "Eli Evans", "Identity engineer"),
    Person("gus", "Gus Green", "Consultant at Fabrikam", guest=True),
    Person("sam", "Sam Sutton", "Warehouse clerk", synced=True),
    Person("rita", "Rita Reyes", "Sales representative", department="Sales North", manager="max"),
    Person("mo", "Mo Malik", "Contractor", manager="max"),
    Person("dan", "Dan Drake", "Former accountant", enabled=False),
    Person("otto", "Otto Olsen", "Fitter, disabled by HR this morning", enabled=False),  # and still in Teams
    Person("brian", "Brian", "Fitter", department="Plant 2", papers="Brian James"),
    Person("olga", "Olga Orlov", "Vault operator"),
    Person("uma", "Uma Underhill", "Chief executive", restricted=True),
    Person("emma", "Emma Emmett", "Emergency access account"),
    Person("greta", "Greta Groß", "Sachbearbeiterin", language="de-DE", department="Einkauf", manager="max"),
    Person("tess", "Tess Tanner", "Receptionist"),
    Person("lou", "Lou Lambert", "Event planner"),
    Person("hugo", "Hugo Hale", "Account manager"),
    Person("cora", "Cora Cole", "Payroll specialist"),
    Person("vera", "Vera Vogel", "Helpdesk agent of Fabrikam", guest=True),
    Person("bens", "Ben Bishop Second", "Helpdesk agent's other account", employee="1002"),
    Person("sofia", "Sofia Stone", "Security analyst", department="IT Security"),
    Person("fed", "Fedor Fuchs", "Logistics planner", domain=FEDERATED),
    Person("max", "Max Moore", "Head of purchasing", department="Purchasing", manager="uma"),
    Person("nia", "Nia Novak", "Buyer", department="Purchasing", manager="max", others=("nia@home.example",)),
)

_GIVEN: Final = ("Ada", "Abe", "Bea", "Bo", "Cy", "Dee", "Ed", "Eve", "Flo", "Gil", "Hal", "Ida", "Jo", "Kit", "Liv")
_FAMILIES: Final = (
    *("Adams", "Baker", "Cooper", "Dixon", "Ellis", "Foster", "Gibson", "Hunter"),
    *("Irving", "Jensen", "Keller", "Lawson", "Mercer", "Norton", "Osborne", "Parker"),
    *("Quinn", "Rhodes", "Sawyer", "Turner", "Underwood", "Vaughn", "Walker", "Young"),
)


def crowd(size: int) -> tuple[Person, ...]:
    """So many people more, each with a name of their own; nobody is privileged, and everybody may ask."""
    names = [f"{given} {family}" for family in _FAMILIES for given in _GIVEN]
    return tuple(Person(f"p{n:03}", name, "Employee") for n, name in enumerate(names[:size]))


def contoso(extras: int = 0) -> People:
    """The people every playground starts with, and so many more."""
    everybody = (*_CAST, *crowd(extras))
    ids = {person.key: person.id for person in everybody}
    groups = (
        Group(EMPLOYEES, "Employees", frozenset(id_ for key, id_ in ids.items() if key != "mo")),
        Group(HELPDESK, "Helpdesk", frozenset({ids["ben"], LEADS, ids["vera"], ids["bens"]})),
        # Cleo is in it through the leads.
        Group(LEADS, "Helpdesk leads", frozenset({ids["cleo"]})),
        Group(SECURITY, "Security", frozenset({ids["sofia"], ids["cleo"]})),
        Group(NO_PASS, "No access passes", frozenset({ids["tess"]})),
        Group(OPERATORS, "Vault operators", frozenset({ids["olga"]}), frozenset({ids["olga"]}), assignable=True),
    )
    people = People(everybody, groups)
    people.grant("dora", GLOBAL_ADMIN)
    people.grant("eli", USER_ADMIN, eligible=True)
    return people
