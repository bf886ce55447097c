"""The search over a patient table: which patients, in which order, and why each of them."""

import re
import unicodedata
from dataclasses import dataclass

from .patients import Patient, PatientTable

WEIGHTS = {
    "conditions": 32,
    "symptoms": 16,
    "name": 8,
    "medications": 4,
    "notes": 2,
    "family_history": 1,
}
"""The fields that are searched, and what a word in each of them is worth.

Who has a disease stands before who complains of it, takes its drugs, or has a relative with it.
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A patient who was found, and the words of the record that matched, each with its field."""

    patient: Patient
    matched: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The best matches, best first, and how many there are in all."""

    total: int
    found: list[Match]


class PatientSearch:
    """Finds patients by the beginnings of words: every word of the keyword must occur."""

    def __init__(self, table: PatientTable) -> None:
        self._table = table
        self._words = [_words_by_field(patient) for patient in table]

    def find(self, keyword: str, limit: int) -> Matches:
        """At most `limit` patients, those first in whose conditions the words stand."""
        wanted = list(dict.fromkeys(cut(keyword)))
        scores = (_score(words, wanted) for words in self._words)
        scored = [(-score, row) for row, score in enumerate(scores) if score]
        best = sorted(scored)[:limit]
        return Matches(len(scored), [self._match(row, wanted) for _, row in best])

    def _match(self, row: int, wanted: list[str]) -> Match:
        matched = tuple(
            (name, word)
            for name, words in self._words[row].items()
            for word in words
            if word.startswith(tuple(wanted))
        )
        return Match(self._table.at(row), matched)


def cut(text: str) -> list[str]:
    """The words of a text as they are compared: without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _words_by_field(patient: Patient) -> dict[str, list[str]]:
    return {name: list(dict.fromkeys(cut(getattr(patient, name)))) for name in WEIGHTS}


def _score(words: dict[str, list[str]], wanted: list[str]) -> int:
    """What the patient's record is worth for these words; 0 when one of them does not occur."""
    scores = [
        sum(
            weight
            for name, weight in WEIGHTS.items()
            if any(word.startswith(start) for word in words[name])
        )
        for start in wanted
    ]
    return sum(scores) if scores and all(scores) else 0
