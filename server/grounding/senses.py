"""Senses: what a word says where another beside it changes it, as "not" does to "better"."""

from .tokens import Token

_GROWS = frozenset("get gets getting got become becomes becoming became".split())
_HAS = frozenset("has have already".split())
_BETTER = frozenset("better improved improving".split())


def sense(tokens: list[Token], at: int) -> str:
    """The word at a place, or one that says more clearly what it says there."""
    word = tokens[at].plain
    before = [token.plain for token in tokens[max(0, at - 3) : at]]
    last = before[-1] if before else ""
    if word == "worse" and last in _GROWS:
        return "worsening"
    if word in _BETTER and last in ("not", "no") and "if" not in before:
        return "worse"
    if word == "day" and before[-2:] == ["during", "the"]:
        return "daytime"
    if word == "had" and last in _HAS:
        return "undergone"
    return word
