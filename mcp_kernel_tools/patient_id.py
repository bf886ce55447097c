"""The id of a patient as callers have it, as the server knows it, and what tables call it."""

import re
from numbers import Integral, Real

NAMES = ("patient_id", "id", "pid", "mrn", "patient", "patient_number", "patient_no")
"""What tables call the column of the ids, the most telling name first."""

_MISSING = ("None", "nan", "<NA>", "NaT")


def as_text(patient_id: object) -> str:
    """The id as the server compares it: a column with a gap made a float of each whole number."""
    if isinstance(patient_id, Real) and not isinstance(patient_id, Integral):
        number = float(patient_id)
        return str(int(number)) if number.is_integer() else str(patient_id)
    return str(patient_id).strip()


def is_missing(patient_id: object) -> bool:
    """Whether this is a gap in a column: by its text, so that pandas need not be loaded."""
    text = str(patient_id).strip()
    return not text or (not isinstance(patient_id, str) and text in _MISSING)


def is_name(column: str) -> bool:
    """Whether a column of this name holds ids; how it is written (case, spaces) is no matter."""
    return _plain(column) in _PLAIN_NAMES


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


_PLAIN_NAMES = {_plain(name) for name in NAMES}
