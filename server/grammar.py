"""The clause grammar of a record: a language in which every sentence is true of its patient.

Each fact of the record stands in one of several written frames (`frames.py`), each fact exactly
once; the model chooses the order, the frame and the connectives, and nothing else can be said.
Conditions and symptoms come first, then medications and allergies, then the rest, as clinicians
write; the model orders each of these three. Lists keep the order of the record. The notes and the
columns that we do not know are not part of it: free text cannot be framed without being understood.

The language is finite, so the longest text that it holds bounds the tokens of every one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import facts
from .brief import brief
from .clauses import Clause, clauses, openings
from .gbnf import Option, Rule, longest, write
from .patients import Patient

NOTHING = "Nothing is recorded of this patient."

ELSEWHERE = "All that is recorded of this patient stands in notes and further columns."

LONGEST = 1200
"""The bytes that no text of any grammar exceeds: of 2,048 tokens the rest is the prompt's."""

_ORDER = (frozenset("cs"), frozenset("ma"), frozenset("rvf"))
"""Which kinds of facts come before which, by the letters of `clauses.py`."""

_TOGETHER: Mapping[str, str] = {"c": "s", "s": "c", "m": "a", "a": "m", "r": "v"}
"""Which kinds of facts may share a sentence."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar for one record."""

    text: str
    """GBNF."""
    longest: int
    """The bytes of its longest text in UTF-8. A token stands for one byte at least."""

    @property
    def max_tokens(self) -> int:
        """No text is cut by this limit: a token for each byte, and the one that ends the text."""
        return self.longest + 1


def grammar_for(patient: Patient) -> Grammar:
    """The grammar of all summaries of `patient`."""
    root = _root(patient)
    return Grammar(write(root), longest(root))


def only_free_text(patient: Patient) -> bool:
    """Whether all that is recorded, but for the name, stands where no frame can say it."""
    said, read = brief(patient), facts.read(patient)
    return not (said.who or clauses(said)) and bool(read.notes or read.other)


def plain(patient: Patient) -> str:
    """The record as plain sentences: a summary written without any model."""
    if only_free_text(patient):
        return ELSEWHERE
    return " ".join(facts.sentences(facts.read(patient))) or NOTHING


def _root(patient: Patient) -> Rule:
    if only_free_text(patient):
        return Rule("root", ((ELSEWHERE,),))
    said = brief(patient)
    told = _Order(clauses(said))
    kinds = frozenset(told.clauses)
    starts = tuple(
        (*opening.option, ".", *told.then(kinds - opening.said)) for opening in openings(said)
    )
    return Rule("root", starts or told.first(kinds) or ((NOTHING,),))


class _Order:
    """The ways through the clauses: a rule for each set of them that is still to be said.

    So each comes once, and a text can end only when none is left.
    """

    def __init__(self, clauses: Mapping[str, Clause]) -> None:
        self.clauses = clauses
        self._then: dict[frozenset[str], Rule] = {}

    def then(self, left: frozenset[str]) -> Option:
        """What follows a full stop while the kinds `left` are to be said."""
        if not left:
            return ()
        if left not in self._then:
            self._then[left] = Rule(f"then-{_letters(left)}", self.first(left))
        return (" ", self._then[left])

    def first(self, left: frozenset[str]) -> tuple[Option, ...]:
        """The next sentence and all that follow it."""
        return tuple(
            (self.clauses[kind].opening, self._end(kind, left - {kind}))
            for kind in _sorted(_next(left))
        )

    def _end(self, kind: str, left: frozenset[str]) -> Rule:
        """The end of a sentence, now or behind one more clause."""
        ends: list[Option] = [(".", *self.then(left))]
        for other in self._may_join(kind, left):
            clause = self.clauses[other].joined
            assert clause
            rest = (clause, ".", *self.then(left - {other}))
            ends += [(", and ", *rest), ("; ", *rest)]
        return Rule(f"end-{kind}-{_letters(left)}", tuple(ends))

    def _may_join(self, kind: str, left: frozenset[str]) -> list[str]:
        if not self.clauses[kind].joined:
            return []
        together = left & set(_TOGETHER.get(kind, ""))
        return [other for other in _sorted(together) if self.clauses[other].joined]


def _next(left: frozenset[str]) -> frozenset[str]:
    """Those of `left` that may be said now."""
    return next((left & group for group in _ORDER if left & group), left)


def _sorted(kinds: frozenset[str]) -> list[str]:
    return sorted(kinds, key="csmarvf".index)


def _letters(kinds: frozenset[str]) -> str:
    return "".join(_sorted(kinds)) or "none"
