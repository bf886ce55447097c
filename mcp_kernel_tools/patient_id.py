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


def rank(column: str) -> int | None:
    """How telling the name of a column of ids is, 0 the most; None: it names no ids.

    How it is written (case, spaces, underscores) does not matter.
    """
    plain = _plain(column)
    return _PLAIN_NAMES.index(plain) if plain in _PLAIN_NAMES else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


_PLAIN_NAMES = [_plain(name) for name in NAMES]
