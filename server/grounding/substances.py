"""Substances: which tokens are said to be taken, and which to be reacted to."""

from collections.abc import Iterable

from .lexicon import Match
from .scopes import BE, HAVE, NEW_MATTER, Scopes
from .tokens import Token

_OF_ALL = frozenset({"allergies", "allergic"})
_OF_ONE = frozenset({"allergy", "intolerance", "hypersensitivity"})
_OF_ITS_ITEM = frozenset({"->", "triggers"})
_PLANS = frozenset("continue stop stopped recheck review repeat increase reduce plan".split())
_ITEM = 5
"""Words of one item in a list of allergens at most."""


def taken(tokens: list[Token], cues: list[Match], scopes: Scopes) -> list[bool]:
    """For each token whether it is said to be taken, as a drug is."""
    said = [False] * len(tokens)
    for cue in cues:
        name, _, way = cue.key.partition(" ")
        if name == "takes":
            _mark(said, scopes.reached(cue, way))
    return said


def allergic(tokens: list[Token], cues: list[Match], scopes: Scopes) -> list[bool]:
    """For each token whether somebody is said to react to it."""
    said = [False] * len(tokens)
    for cue in cues:
        if cue.key != "allergy":
            continue
        if tokens[cue.start].plain in _OF_ITS_ITEM:
            _mark(said, _item(tokens, cue))
            continue
        if not _ends_its_item(tokens, cue):
            _mark(said, scopes.reached(cue, ""))
        if [token.text for token in tokens[cue.end : cue.end + 1]] != [":"]:  # "Allergies: latex"
            _mark(said, _before(tokens, cue, list(scopes.back(cue))))
    return said


def _mark(said: list[bool], places: Iterable[int]) -> None:
    for at in places:
        said[at] = True


def _item(tokens: list[Token], cue: Match) -> Iterable[int]:
    """ "Aspirin 81 od, penicillin -> rash": an arrow says something of one item alone."""
    if {token.plain for token in tokens[cue.end : cue.end + 1]} & _PLANS:
        return ()  # "hydrocortisone bd -> continue"
    parts = [at for at, token in enumerate(tokens) if token.text in ",;"]
    start = max((at for at in parts if at < cue.start), default=0)
    return range(start, min((at for at in parts if at > cue.start), default=len(tokens)))


def _ends_its_item(tokens: list[Token], cue: Match) -> bool:
    """ "Latex and peanut allergies, salbutamol at need": what follows is another matter."""
    after = tokens[cue.end].text if cue.end < len(tokens) else ""
    before = tokens[cue.start - 1].plain if cue.start else ","
    return after in (",", ";") and before not in BE | HAVE | {","}


def _before(tokens: list[Token], cue: Match, before: list[int]) -> Iterable[int]:
    """What a cue says back of: all of a list, or the one that "is to be avoided"."""
    if not before:
        return ()
    word = tokens[cue.start].plain
    if word in _OF_ONE:
        return range(_last(tokens, before, {","}), cue.start)
    if word in _OF_ALL:
        return range(_list_start(tokens, before[0], cue.start), cue.start)
    if tokens[before[-1]].plain == "is":
        return range(_last(tokens, before, {",", "and"}), cue.start)
    return before


def _last(tokens: list[Token], places: list[int], words: set[str]) -> int:
    """The last of some places that has one of these words, else the first of them."""
    return max((at for at in places if tokens[at].plain in words), default=places[0])


def _list_start(tokens: list[Token], start: int, end: int) -> int:
    """Where a list begins: after the last comma before which something is dosed or told."""
    items = [start, *(at for at in range(start, end) if tokens[at].text == ","), end]
    for number in range(len(items) - 3, -1, -1):
        item = tokens[items[number] : items[number + 1]]
        if len(item) > _ITEM or any(t.is_number or t.plain in NEW_MATTER for t in item):
            return items[number + 1]
    return start
