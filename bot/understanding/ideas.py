"""Ideas: the names of those that say how a sentence is built; all others only kinds and doors speak of."""

from typing import Final

FILLER, COMMON = "filler", "common"  # what phrases do without, and what everybody says of everything
OWN, OTHER, FOR, SAYS, AUX = "own", "other", "for", "says", "aux"  # who is spoken of
NOT, NO, ABLE, UNABLE, WANT, HOW = "not", "no", "able", "unable", "want", "how"
ASKING, DEFINE, SUPPOSE, SOLVED, SAYS_NO = "asking", "define", "suppose", "solved", "says_no"
NAMED = "named"  # somebody whose name is written out, behind "for"
PLEASE = "please"
NOTME = "notme"  # by whom something was not done, and not what

STRUCTURE: Final = frozenset(
    {FILLER, COMMON, OWN, OTHER, FOR, SAYS, AUX, NOT, NO, ABLE, UNABLE, WANT, HOW, ASKING, DEFINE, SUPPOSE, SOLVED}
    | {SAYS_NO, PLEASE, NOTME, "when", "show", "clicked", "known", "received"}
)  # and verbs that tell nothing without their thing
