"""Combinations: no set of groups and no level a person can be under may come to a policy that gives something away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Final

from bot.core.kind import Kind
from bot.core.policy import GROUP, LEVEL, Flaw, Policy

_SAYS: Final = {
    Flaw.NO_PROOF: 'asks for no proof at all{where}: set step_up (such as "c1") or approvals (1 or more)',
    Flaw.NUMBER: "takes a number for a proof of who is on the telephone{where}, which whoever sits at their Teams can "
    'type: set verification = "manager", "step_up" or "face"',
    Flaw.OPEN_PAGE: 'opens a page without a sign-in{where}: set step_up (such as "c1")',
}
_CONTEXTS: Final = ("step_up", "approver_step_up")
_AT_ONCE: Final = 2  # groups: a flaw lies in two keys at the most, and each is one group's doing


def unsound(kind: Kind, policy: Policy) -> Iterator[str]:
    """Name what no single key shows, with the groups and the level it takes; of what includes another, the other."""
    flawed: list[frozenset[str]] = []
    for terms in _cases(policy):
        flaw = policy.under(terms).flaw(kind.way(policy), harmless=kind.harmless)
        if flaw is None or any(fewer <= frozenset(terms) for fewer in flawed):
            continue
        flawed.append(frozenset(terms))
        yield _SAYS[flaw].format(where=f" ({', '.join(terms)})" if terms else "")
    yield from _undecided(policy)


def faceless(kinds: Mapping[str, Kind], policies: Mapping[str, Policy]) -> Iterator[str]:
    """Name what demands a face that nobody could show in earnest, and a proof that would wait for itself."""
    provers = [kind.name for kind in kinds.values() if kind.proves]
    for name, policy in policies.items():
        asks = "evidence" if policy.faces else "verification"
        if not policy.offered or not (policy.faces or policy.faces_of_callers):
            continue
        if name in provers:
            yield f"[{name}] evidence: it is by this kind that a face is shown, so it can demand none; leave it out"
        elif not any(policies[prover].in_earnest for prover in provers):
            fix = "".join(f' write [{prover}] mode = "enforce",' for prover in provers)
            yield f"[{name}] {asks}: nobody could show a face in earnest;{fix} or leave {asks} out"


def _cases(policy: Policy) -> Iterator[tuple[str, ...]]:
    levels = [(), *((name,) for name in policy.variants if name.startswith(LEVEL))]
    for size in range(_AT_ONCE + 1):
        for groups in combinations(_groups(policy), size):
            yield from ((*groups, *level) for level in levels)


def _groups(policy: Policy) -> list[str]:
    return [name for name in policy.variants if name.startswith(GROUP)]


def _undecided(policy: Policy) -> Iterator[str]:
    """Name the variants of which nobody can say whose demand is the stricter: contexts have no order."""
    for one, other in _met(policy):
        last = one.startswith(GROUP) and other.startswith(GROUP)
        fix = 'name the same in both, or set several_groups = "last"' if last else "name the same in both"
        for key in _CONTEXTS:
            found = [policy.variants[name].get(key, "") for name in (one, other)]
            if all(found) and len(set(found)) > 1:
                yield f"{key}: nobody can say which is stricter, {found[0]} ({one}) or {found[1]} ({other}); {fix}"


def _met(policy: Policy) -> Iterator[tuple[str, str]]:
    """Return which two variants may hold at once without one outranking the other."""
    if policy.several_groups != "last":
        yield from combinations(_groups(policy), 2)
    levels = [name for name in policy.variants if name.startswith(LEVEL)]
    yield from product(_groups(policy), levels)
