"""Checks of words that exclude each other: worse and better, morning and evening."""

from collections.abc import Iterator
from functools import cache

from .lexicon import lexicon, lines
from .notices import Notice
from .record import Analysis, Record
from .tokens import tokenize

_GROWS = frozenset("get gets getting got become becomes becoming became".split())


@cache
def _sets() -> tuple[tuple[frozenset[str], ...], ...]:
    return tuple(
        tuple(frozenset(t.plain for t in tokenize(side) if t.is_word) for side in line.split("|"))
        for line in lines("opposites.txt")
    )


@cache
def _all_words() -> frozenset[str]:
    return frozenset(word for sides in _sets() for side in sides for word in side)


def opposites(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each word whose opposite the record says of the same thing."""
    for at in range(len(found.tokens)):
        said = _word(found, at)
        if said not in _all_words() or _is_denied(found, at):
            continue
        topics = _topics(found, at)
        spoken = [line for line in record.spoken if topics & line.stems]
        for sides in _sets():
            own = next((side for side in sides if said in side), None)
            if own is None or any(own & line.words for line in spoken):
                continue
            against = next(
                (line for line in spoken if any(side & line.words for side in sides)), None
            )
            if against and not (own & {"right", "left"} and _is_compared(found, at)):
                yield Notice(at, at + 1, "word", "contradicted", against.field, against.text)
                break


def exclude(found: Analysis, part: range, words: frozenset[str]) -> bool:
    """Whether a part of a sentence has the opposite of a word of a line."""
    said = {_word(found, at) for at in part}
    return any(
        said & side and any(words & other for other in sides if other is not side)
        for sides in _sets()
        for side in sides
    )


def _word(found: Analysis, at: int) -> str:
    """The word at a place; of "getting worse" it is "worsening"."""
    word = found.tokens[at].plain
    grows = at > 0 and found.tokens[at - 1].plain in _GROWS
    return "worsening" if grows and word == "worse" else word


def _is_compared(found: Analysis, at: int) -> bool:
    """ "Worse in the right hand than the left"."""
    return "than" in {token.plain for token in found.tokens[max(0, at - 2) : at]}


def _is_denied(found: Analysis, at: int) -> bool:
    if [token.plain for token in found.tokens[max(0, at - 2) : at]] == ["to", "be"]:
        return True  # "is still to be done"
    return found.context.polarity[at] == "absent"


def _topics(found: Analysis, at: int) -> set[str]:
    """The stems, in the clause of a word, of what is spoken of."""
    clause = found.context.clause
    return {
        token.stem
        for i, token in enumerate(found.tokens)
        if clause[i] == clause[at]
        and token.is_word
        and token.plain not in _all_words()
        and token.stem not in lexicon().plain
    }
