"""The search over a patient table: which patients, in which order, and why each of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import negation, query
from .errors import UnknownPatient
from .formats.report import Progress, silent
from .index_cache import cached_index
from .patients import Patient, PatientTable
from .query import Query
from .search_index import DENIED, WEIGHTS, SearchIndex
from .settings import data_folder
from .synonyms import Synonyms
from .words import cut

_ID = re.compile(r"^\s*(?:patient\b)?[\s,]*(?:id\b|no\b\.?|#)?[\s:.]*", re.IGNORECASE)
"""What people say before an id."""

LARGE = 10_000
"""Rows from which an index takes seconds; it is kept for the next start if there is a folder."""


@dataclass(frozen=True, slots=True)
class Match:
    """A patient who was found, and the words of the record that matched, each with its field.

    The field "denied" stands for words that the record denies, in whichever field.
    """

    patient: Patient
    matched: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The best matches, best first, and how many there are in all."""

    total: int
    found: list[Match]


class PatientSearch:
    """Finds patients by words, the beginnings of words, synonyms, and words with a slip."""

    def __init__(
        self,
        table: PatientTable,
        *,
        folder: Path | None = None,
        synonyms: Synonyms | None = None,
        progress: Progress = silent,
    ) -> None:
        """The search over a table; this builds its index, or opens the one of an earlier start.

        Args:
            table: the patients.
            folder: where the index of a large table is kept; None: in memory.
            synonyms: words of the same meaning; None: the list in data/.
            progress: told the rows indexed so far, and in all.
        """
        self._table = table
        self._synonyms = synonyms or Synonyms.read(data_folder() / "synonyms.txt")
        large = folder is not None and len(table) >= LARGE
        self._index = (
            cached_index(table, folder, progress)
            if folder is not None and large
            else SearchIndex.build(table, progress=progress)
        )

    def find(self, keyword: str, limit: int) -> Matches:
        """At most `limit` patients, those first in whose conditions the words stand."""
        asked = query.read(keyword, self._synonyms, self._index)
        named = self._named(keyword)
        if not asked:
            return Matches(len(named), named[:limit])
        found = self._index.find(asked, limit)
        patients = (self._table.at(row) for row in found.rows)
        matches = [Match(patient, tuple(_reasons(patient, asked))) for patient in patients]
        if not named:
            return Matches(found.total, matches)
        twice = any(any(_reasons(match.patient, asked)) for match in named)
        others = [match for match in matches if match.patient != named[0].patient]
        return Matches(found.total + (not twice), [*named, *others][:limit])

    def _named(self, keyword: str) -> list[Match]:
        """The patient whose id was typed: "25", "ID 25", "patient 25"."""
        try:
            patient = self._table.get(_ID.sub("", keyword))
        except UnknownPatient:
            return []
        return [Match(patient, (("patient_id", patient.patient_id),))]


def _reasons(patient: Patient, asked: Query) -> Iterator[tuple[str, str]]:
    """The fields in the order of their weight, with the words that were found in each."""
    words = words_by_field(patient)
    for field in WEIGHTS:
        parts = asked.said + (asked.denied if field == DENIED else ())
        found = (word for part in parts for word in part.matches(words[field]))
        yield from ((field, word) for word in dict.fromkeys(found))


def words_by_field(patient: Patient) -> dict[str, list[str]]:
    """The words of a record as the index holds them."""
    words: dict[str, list[str]] = {field: [] for field in WEIGHTS}
    for field in WEIGHTS:
        for text in _texts(patient, field):
            said, denied = negation.split(text) if field != "name" else (text, "")
            words[field] += cut(said)
            words[DENIED] += cut(denied)
    return words


def _texts(patient: Patient, field: str) -> list[str]:
    if field == "other":
        return list(patient.other.values())
    return [] if field == DENIED else [getattr(patient, field)]
