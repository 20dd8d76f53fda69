"""Shown: where a secret was read out; the one place for it is one answer to its subject in their private chat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.stories.canary import within


@dataclass(frozen=True, slots=True)
class Said:
    """What the bot answered to one activity of one person, as it went over the wire."""

    activity: str
    person: str
    conversation: str
    body: str


def misplaced(said: Iterable[Said], owners: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Say which secrets were shown twice or to somebody else; `owners` has each one's person and private chat."""
    places: dict[str, list[Said]] = defaultdict(list)
    for answer in said:
        for secret in within(owners, answer.body):
            places[secret].append(answer)
    for secret, there in places.items():
        person, home = owners[secret]
        if len(there) > 1:
            yield f"a secret of {person} was shown {len(there)} times: {', '.join(one.activity for one in there)}"
        for one in there:
            if (one.person, one.conversation) != (person, home):
                yield f"a secret of {person} was shown to {one.person} in {one.conversation}"
