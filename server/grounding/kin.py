"""Relatives: which of them a word may mean, and whom a summary names."""

_MEANT = {
    "parent": {"mother", "father"},
    "sibling": {"sister", "brother", "twin"},
    "grandparent": {"grandmother", "grandfather"},
    "maternal": {"mother", "maternal grandmother", "maternal grandfather"},
    "paternal": {"father", "paternal grandmother", "paternal grandfather"},
}
_ANYONE = frozenset({"family", "relative"})
_FEMALE = frozenset("mother sister daughter grandmother aunt niece wife".split())
_MALE = frozenset("father brother son grandfather uncle nephew husband".split())
_EITHER = frozenset("parent child cousin sibling spouse twin relative".split())


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
