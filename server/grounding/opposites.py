"""Checks of words that exclude each other: worse and better, morning and evening."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from .levels import CONTROL
from .lexicon import lexicon, lines
from .notices import Notice, amounts
from .record import Analysis, Record, Spoken
from .senses import sense, turns
from .tokens import tokenize

_WITH = frozenset("with by in after on at".split())
_NEXT = 3
"""Words after "worse with" that say with what."""
_PART = re.compile(r",| and ")
_ARROWS = frozenset("↑↓")


@cache
def _sets() -> tuple[tuple[frozenset[str], ...], ...]:
    return tuple(
        tuple(
            frozenset(t.plain for t in tokenize(side) if t.is_word or t.text in _ARROWS)
            for side in line.split("|")
        )
        for line in lines("opposites.txt")
    )


@cache
def _all_words() -> frozenset[str]:
    return frozenset(word for sides in _sets() for side in sides for word in side)


def opposites(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each word whose opposite the record says of the same thing."""
    levels = {at for m in found.mentions if m.key in CONTROL for at in m.tokens}
    for at in range(len(found.tokens)):
        if at in levels:
            continue  # "not well controlled" is judged by the reading
        said = sense(found.tokens, at)
        if said in _all_words() and (turns(found.tokens, at) or not _is_denied(found, at)):
            against = (_against(found, record, at, said, sides) for sides in _sets())
            if line := next(filter(None, against), None):
                yield Notice(at, at + 1, "word", "contradicted", line.field, line.text)


def _against(
    found: Analysis, record: Record, at: int, said: str, sides: tuple[frozenset[str], ...]
) -> Spoken | None:
    """The line that has the opposite of a word, of what its clause or its sentence speaks of."""
    own = next((side for side in sides if said in side), None)
    if (
        own is None
        or _is_a_rate(found, at)
        or (own & {"right", "left"} and _is_compared(found, at))
    ):
        return None
    spoken = _spoken_of(found, record, _clause(found, at))
    if not spoken and not any(own & line.words for line in record.spoken):
        spoken = _spoken_of(found, record, range(len(found.tokens)))
    if line := _of_a_part(found, record, at, own, sides):
        return line
    if any(own & line.words for line in spoken):
        return None
    there = {sense(found.tokens, i) for i in _clause(found, at)}
    others = [side for side in sides if side is not own]
    told = (side for side in others if not side & there)  # "wakes twice each night" tells both
    against = frozenset[str]().union(*told)
    return next((line for line in spoken if against & line.words), None)


def _of_a_part(
    found: Analysis, record: Record, at: int, own: frozenset[str], sides: tuple[frozenset[str], ...]
) -> Spoken | None:
    """The line that says both sides, and of what follows the word the other one.

    "Worse with stockings" beside "worse in the evening, better with compression stockings".
    """
    if _WITH.isdisjoint(token.plain for token in found.tokens[at + 1 : at + 2]):
        return None
    after = _topics(found, range(at + 2, min(at + 2 + _NEXT, len(found.tokens))))
    for line in record.spoken:
        for part in _PART.split(line.text) if own & line.words else ():
            tokens = tokenize(part)
            said = {sense(tokens, i) for i in range(len(tokens))}
            others = any(said & side for side in sides if side is not own)
            if others and not said & own and after & {token.stem for token in tokens}:
                return line
    return None


def _is_a_rate(found: Analysis, at: int) -> bool:
    """ "Up twice a night": how often, which the times are checked for."""
    return any(q.kind == "schedule" and q.values and at in q.tokens for q in found.quantities)


def exclude(found: Analysis, part: range, words: frozenset[str]) -> bool:
    """Whether a part of a sentence has the opposite of a word of a line."""
    said = {sense(found.tokens, at) for at in part}
    return any(
        said & side and any(words & other for other in sides if other is not side)
        for sides in _sets()
        for side in sides
    )


def _is_compared(found: Analysis, at: int) -> bool:
    """ "Worse in the right hand than the left"."""
    return "than" in {token.plain for token in found.tokens[max(0, at - 2) : at]}


def _is_denied(found: Analysis, at: int) -> bool:
    if [token.plain for token in found.tokens[max(0, at - 2) : at]] == ["to", "be"]:
        return True  # "is still to be done"
    return found.context.polarity[at] == "absent"


def _clause(found: Analysis, at: int) -> Iterable[int]:
    clause = found.context.clause
    return (i for i in range(len(clause)) if clause[i] == clause[at])


def _spoken_of(found: Analysis, record: Record, places: Iterable[int]) -> list[Spoken]:
    """The lines that share a word which states something with these places."""
    places = frozenset(places)
    topics, named, said = _topics(found, places), _named(found, places), amounts(found, places)
    return [
        line
        for line in record.spoken
        if topics & line.stems
        or (named and line.field == "notes" and named & _named(line.found, _everywhere(line)))
        or (said and said & amounts(line.found, _everywhere(line)))
    ]


def _everywhere(line: Spoken) -> range:
    return range(len(line.found.tokens))


def _named(found: Analysis, places: Collection[int]) -> set[str]:
    """The findings that are spoken of: who is dizzy has dizziness."""
    return {m.key for m in found.mentions if m.start in places and not m.is_drug}


def _topics(found: Analysis, places: Iterable[int]) -> set[str]:
    """The stems of what is spoken of."""
    return {
        token.stem
        for token in (found.tokens[at] for at in places)
        if token.is_word and token.plain not in _all_words() and token.stem not in lexicon().plain
    }
