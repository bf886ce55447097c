"""Relatives: which of them a word may mean, and whom a summary names."""

from .lexicon import Match
from .tokens import Token

_MEANT = {
    "parent": {"mother", "father"},
    "sibling": {"sister", "brother", "twin"},
    "grandparent": {"grandmother", "grandfather"},
    "maternal": {
        "mother",
        *(f"maternal {one}" for one in ("grandmother", "grandfather", "aunt", "uncle", "cousin")),
    },
    "paternal": {
        "father",
        *(f"paternal {one}" for one in ("grandmother", "grandfather", "aunt", "uncle", "cousin")),
    },
}
_ANYONE = frozenset({"family", "relative"})
_FEMALE = frozenset("mother sister daughter grandmother aunt niece wife".split())
_MALE = frozenset("father brother son grandfather uncle nephew husband".split())
_EITHER = frozenset("parent child cousin sibling spouse twin relative".split())


_SIDES = {"mother": "maternal", "father": "paternal"}
_GRAND = {"mother": "grandmother", "father": "grandfather"}
_OF_THE_SIDE = frozenset("on from her his the their my your 's side of own".split())


def in_one(tokens: list[Token], kin: list[Match]) -> list[Match]:
    """`kin` with "his mum's mother" and "her granny on her dad's side" as one relative each."""
    merged: list[Match] = []
    for relative in kin:
        before = merged[-1] if merged else None
        if before and (key := _joint(tokens, before, relative)):
            merged[-1] = Match(key, before.start, relative.end)
        else:
            merged.append(relative)
    return merged


def _joint(tokens: list[Token], first: Match, second: Match) -> str:
    """The relative that two make together, or nothing."""
    between = [token.plain for token in tokens[first.end : second.start]]
    side, whose = _SIDES.get(first.key), _SIDES.get(second.key)
    if side and between in (["'s"], ["'s", "own"]):
        whom = _GRAND.get(second.key, second.key)
        return f"{side} {whom}" if whom.startswith("grand") else ""
    after = [token.plain for token in tokens[second.end : second.end + 2]]
    if whose and first.key.startswith("grand") and "side" in after and {*between} & {"on", "from"}:
        return f"{whose} {first.key}" if {*between} <= _OF_THE_SIDE else ""
    return ""


def same_kin(said: str, known: str) -> bool:
    """Whether `said` ("mother|father", "family") may mean the relative who is `known`."""
    return known in ("", "family") or any(_may_mean(name, known) for name in said.split("|"))


def _may_mean(name: str, known: str) -> bool:
    if name in _ANYONE or name == known:
        return True
    if known in _MEANT.get(name, ()) or name in _MEANT.get(known, ()):
        return True
    side, _, whose = known.rpartition(" ")
    return bool(side) and (name == whose or whose in _MEANT.get(name, ()))


def may_be(name: str, sex: str) -> bool:
    """Whether a relative may be a woman, or a man: whom "he" can mean beside the patient."""
    whose = name.rpartition(" ")[2]
    return whose in _EITHER or whose in (_FEMALE if sex == "female" else _MALE)
