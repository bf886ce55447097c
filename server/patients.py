"""Patients: one row of the patient table each, whatever the table calls its columns."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Patient:
    """All that the table says of one patient, as text; a missing cell is an empty string."""

    patient_id: str
    name: str = ""
    age: str = ""
    gender: str = ""
    symptoms: str = ""
    conditions: str = ""
    medications: str = ""
    allergies: str = ""
    blood_pressure: str = ""
    blood_sugar: str = ""
    last_visit: str = ""
    family_history: str = ""
    notes: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    """Columns of the table that have no field of their own."""

    def fingerprint(self) -> str:
        """A hash of the whole record: two equal ones mean that nothing has changed."""
        record = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(record.encode()).hexdigest()[:16]
