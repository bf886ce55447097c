"""The columns of a table as the fields of a patient, whatever the table calls them."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from mcp_kernel_tools.wire import visible

from ..errors import PatientsUnreadable

ALIASES: dict[str, tuple[str, ...]] = {
    "patient_id": ("id", "pid", "mrn", "patient", "patient_number", "patient_no"),
    "name": ("full_name", "patient_name"),
    "age": ("age_years", "current_age"),
    "gender": ("sex",),
    "symptoms": ("current_symptoms", "symptom", "chief_complaint", "presenting_complaint"),
    "conditions": (
        "medical_history",
        "medical_conditions",
        "condition",
        "diagnoses",
        "diagnosis",
        "diseases",
        "disease",
        "problems",
        "problem_list",
    ),
    "medications": ("current_medications", "medication", "medicines", "drugs", "meds"),
    "allergies": ("allergy", "known_allergies"),
    "blood_pressure": ("current_bp", "bp", "current_blood_pressure"),
    "blood_sugar": ("current_sugar", "glucose", "blood_glucose", "sugar", "current_blood_sugar"),
    "last_visit": ("last_visit_date", "visit_date", "last_seen"),
    "family_history": ("family", "family_medical_history"),
    "notes": ("note", "clinical_notes", "doctor_notes", "remarks", "comments"),
}
"""The fields, and what else tables call them, the most telling name first; how it is written (case,
spaces, underscores) does not matter."""

_SHOWN = 20  # names in an error message


def with_our_names(frame: pd.DataFrame, given: Mapping[str, str]) -> pd.DataFrame:
    """The table with every column that is one of our fields named so; the others stay.

    Args:
        frame: cells as text.
        given: names of the table -> our fields, before any name is recognised by itself.

    Raises:
        PatientsUnreadable: `given` does not fit, no column holds ids, or there are two headers.
    """
    _check_given(frame, given)
    found = _recognised(list(frame.columns), {field: name for name, field in given.items()})
    if "patient_id" not in found:
        raise _without_ids(frame)
    if _looks_like_header(frame.head(1), found["patient_id"]):
        raise PatientsUnreadable(
            "The patient table has two header rows.", next="Remove the second one."
        )
    ours = {name: field for field, name in found.items()}
    shadowed = {
        name: f"{name} (of the table)" for name in set(frame.columns) & set(found) - set(ours)
    }
    return frame.rename(columns=shadowed | ours)


def _check_given(frame: pd.DataFrame, given: Mapping[str, str]) -> None:
    missing = [name for name in given if name not in frame.columns]
    if missing:
        raise PatientsUnreadable(
            f"The patient table has no column {_listed(missing)}; it has {_listed(frame.columns)}.",
            next='Give columns as {"name in the table": "our field"}.',
        )
    unknown = [field for field in given.values() if field not in ALIASES]
    if unknown or len(set(given.values())) < len(given):
        raise PatientsUnreadable(
            f"There is no field {_listed(unknown)}." if unknown else "A field was given twice.",
            next=f"The fields are {_listed(ALIASES)}, each for one column.",
        )


def _recognised(names: list[str], taken: dict[str, str]) -> dict[str, str]:
    """Our field -> the column of the table: as told (`taken`), else the first alias that occurs."""
    plain = {_plain(name): name for name in reversed(names) if name not in taken.values()}
    for field, aliases in ALIASES.items():
        found = next((plain[_plain(a)] for a in (field, *aliases) if _plain(a) in plain), None)
        if found is not None:
            taken.setdefault(field, found)
    return taken


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


_ID_NAMES = {_plain(name) for name in ("patient_id", *ALIASES["patient_id"])}


def _looks_like_header(row: pd.DataFrame, id_column: str) -> bool:
    return any(_plain(cell) in _ID_NAMES for cell in row[id_column])


def _without_ids(frame: pd.DataFrame) -> PatientsUnreadable:
    if len(frame) and any(_looks_like_header(frame.head(1), name) for name in frame.columns):
        return PatientsUnreadable(
            "The names of the columns stand in the second row of the patient table.",
            next="Remove the row above them.",
        )
    alone = " Is there another sign than , ; | or a tab between its cells?"
    return PatientsUnreadable(
        f"The patient table has no column with patient ids; it has {_listed(frame.columns)}."
        f"{alone if len(frame.columns) == 1 else ''}",
        next='Say which column holds them: columns={"name in the table": "patient_id"}.',
    )


def _listed(names: Iterable[str]) -> str:
    """Names for an error message: bounded, as a table without a header has data for names."""
    shown = [repr(visible(name)[:40]) for name in names]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
