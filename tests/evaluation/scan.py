"""The linear scan: every record word by word, without an index. What the search is judged by."""

from server.patients import Patient, PatientTable
from server.search import words_by_field
from server.words import FUNCTION_WORDS, cut, spellings


class Scan:
    """Finds a patient when every word of a keyword begins a word of the record."""

    def __init__(self, table: PatientTable) -> None:
        self._records = {patient.patient_id: _text(patient) for patient in table}

    def find(self, keyword: str) -> list[str]:
        """The ids of the patients, in the order of the table."""
        typed = cut(keyword)
        wanted = [word for word in typed if word not in FUNCTION_WORDS] or typed
        return [key for key, text in self._records.items() if wanted and _has_all(text, wanted)]


def _text(patient: Patient) -> str:
    """The words of a record, in both spellings, each after a space."""
    words = [word for of_field in words_by_field(patient).values() for word in of_field]
    return "".join(f" {spelt}" for word in words for spelt in spellings(word))


def _has_all(text: str, wanted: list[str]) -> bool:
    return all(any(f" {spelt}" in text for spelt in spellings(start)) for start in wanted)
