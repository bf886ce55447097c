"""Checks of denied changes: "no change in his weight" is a claim about his weight."""

from collections.abc import Iterator
from itertools import takewhile

from .lexicon import DETERMINERS
from .notices import Notice, shares
from .record import Analysis, Record
from .tokens import stem

_CHANGES = frozenset({"change", "changes"})
_DENIALS = frozenset({"no", "without", "any"})
_OF = frozenset({"in", "to", "of"})
_JOINS = frozenset({"and", "or", "but", "since"})
_SAME = frozenset(map(stem, "change changed unchanged stable steady same constant".split()))


def changes(found: Analysis, record: Record) -> Iterator[Notice]:
    """A notice for each denied change of something that no line calls unchanged."""
    plain = [token.plain for token in found.tokens]
    for at, word in enumerate(plain):
        denied = _DENIALS & {*plain[max(0, at - 2) : at]}
        if word in _CHANGES and denied and {*plain[at + 1 : at + 2]} & _OF:
            of = _phrase(found, at + 2)
            lines = (line for line in record.spoken if shares(of, line.stems))
            if of and not any(_SAME & line.stems for line in lines):
                yield Notice(at, at + 1, "negation", "unsupported")


def _phrase(found: Analysis, start: int) -> frozenset[str]:
    """The stems of what has not changed."""
    words = takewhile(lambda t: t.is_word and t.plain not in _JOINS, found.tokens[start:])
    return frozenset(word.stem for word in words if word.plain not in DETERMINERS)
