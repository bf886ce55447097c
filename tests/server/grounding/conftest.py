"""The record that most sentences of these tests are about."""

from collections.abc import Callable

import pytest

from server.grounding import Record, Sentence, check_sentence
from server.patients import Patient

Check = Callable[[str], Sentence]


@pytest.fixture(scope="session")
def janet() -> Patient:
    return Patient(
        patient_id="25",
        name="Janet Lee",
        age="62",
        gender="Female",
        symptoms="numbness in limbs, swelling in legs, joint pain",
        conditions="hypertension, osteoarthritis, vitamin B12 deficiency",
        medications=(
            "lisinopril 20 mg once daily, acetaminophen 500 mg as needed, "
            "metformin 1000 mg twice daily, melatonin 3 mg at bedtime"
        ),
        allergies="penicillin (rash), latex (hives)",
        blood_pressure="150/94",
        blood_sugar="85 mg/dL",
        last_visit="2026-10-06",
        family_history="mother: type 2 diabetes, father: heart attack",
        notes=(
            "Leg swelling is worse in the evening and better with compression stockings. Knees are "
            "stiff for 20 minutes after waking. Denies chest pain. No history of stroke. Does not "
            "drive. Physical therapy helps. Recheck blood pressure in 4 weeks."
        ),
        other={"ward": "B", "pulse": "78 bpm"},
    )


@pytest.fixture(scope="session")
def record(janet: Patient) -> Record:
    return Record(janet)


@pytest.fixture(scope="session")
def checked(record: Record) -> Check:
    """A sentence about Janet Lee, checked."""
    return lambda sentence: check_sentence(sentence, record)
