"""Senses: what a word says where another beside it changes it, as "not" does to "better"."""

from .tokens import Token

_GROWS = frozenset("get gets getting got become becomes becoming became".split())
_COMES = frozenset("come comes came coming go goes".split())
_PLANNED = frozenset("if in when for sooner".split())
_HAS = frozenset("has have already".split())
_BETTER = frozenset("better improved improving relief".split())
_DENIED = (["not"], ["no"], ["little"], ["without"])
_CHANGED = _BETTER | {"worse", "back", "day", "had", "am", "right"}
_ONWARDS = frozenset("up down now away through to into across".split())


def sense(tokens: list[Token], at: int) -> str:
    """The word at a place, or one that says more clearly what it says there."""
    word = tokens[at].plain
    if word not in _CHANGED:
        return word
    if turns(tokens, at):
        return "worse"
    before = _before(tokens, at)
    last = before[-1] if before else ""
    match word:
        case "worse" if last in _GROWS:
            return "worsening"
        case "back" if last in _COMES and _is_to_come(tokens, at, before):
            return "return"
        case "day" if before[-2:] == ["during", "the"] or _is_a_shift(tokens, at):
            return "daytime"
        case "am" if tokens[at].text.islower() and last in ("", "i"):
            return "be"
        case "right" if {token.plain for token in tokens[at + 1 : at + 2]} & _ONWARDS:
            return "quite"
        case "had" if last in _HAS:
            return "undergone"
        case _:
            return word


def turns(tokens: list[Token], at: int) -> bool:
    """Whether the word is turned round by the one before it: "no relief", "not better"."""
    if tokens[at].plain not in _BETTER:
        return False
    before = _before(tokens, at)
    return before[-1:] in _DENIED and "if" not in before


def _before(tokens: list[Token], at: int) -> list[str]:
    return [token.plain for token in tokens[max(0, at - 3) : at]]


def _is_to_come(tokens: list[Token], at: int, before: list[str]) -> bool:
    """ "To come back if it is no better" is of the patient, "has come back" of a result."""
    return "to" in before or bool(_PLANNED & {token.plain for token in tokens[at + 1 : at + 2]})


def _is_a_shift(tokens: list[Token], at: int) -> bool:
    """ "Day shifts" are no night shifts."""
    return any(token.plain.startswith("shift") for token in tokens[at + 1 : at + 2])
