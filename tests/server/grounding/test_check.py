"""The whole check on one patient of the shipped table."""

from pathlib import Path

import pytest

from server.grounding import Verdict, check
from server.patients import Patient, load_patients
from server.settings import data_folder

FAITHFUL = """
Janet Lee is a 62-year-old woman with hypertension and osteoarthritis.
She has high blood pressure.
She takes lisinopril 20 mg once daily and acetaminophen as needed.
She is allergic to penicillin.
Her blood pressure is 150/94 and her blood sugar is 85 mg/dL.
She was last seen on 6 October 2026.
Her mother has type 2 diabetes, and her father had a heart attack.
She denies chest pain and shortness of breath.
There is no history of diabetes.
"""
WRONG = """
Jessica Johnson is a 62-year-old woman with hypertension.
She is a 58-year-old woman.
She had a kidney transplant.
She takes metformin 1000 mg twice daily.
She takes lisinopril 40 mg once daily.
She does not have hypertension.
She has type 2 diabetes.
She has no known allergies.
Her blood pressure is 130/80.
She was last seen on 6 October 2024.
He takes lisinopril for his hypertension.
She reports chest pain.
"""


@pytest.fixture(scope="module")
def janet() -> Patient:
    return load_patients(Path(data_folder() / "patients.csv")).get(25)


def verdicts(text: str, patient: Patient) -> list[Verdict]:
    return [sentence.verdict for sentence in check(text, patient).sentences]


@pytest.mark.parametrize("sentence", FAITHFUL.strip().splitlines())
def test_what_the_record_says_is_supported(janet: Patient, sentence: str) -> None:
    assert verdicts(sentence, janet) == ["supported"]


@pytest.mark.parametrize("sentence", WRONG.strip().splitlines())
def test_what_the_record_does_not_say_is_flagged(janet: Patient, sentence: str) -> None:
    (found,) = check(sentence, janet).sentences
    assert found.flagged, found


def test_advice_is_neither_right_nor_wrong(janet: Patient) -> None:
    assert verdicts("Please contact the clinic with any questions.", janet) == ["neutral"]


def test_a_claim_has_its_place_in_the_text_and_what_the_record_says_there(janet: Patient) -> None:
    text = "Janet Lee is well known here. She takes lisinopril 40 mg once daily."
    claims = [claim for sentence in check(text, janet).sentences for claim in sentence.claims]
    assert all(text[claim.start : claim.end] == claim.text for claim in claims)
    (wrong,) = (claim for claim in claims if claim.verdict == "contradicted")
    assert wrong.field == "medications"
    assert "20 mg" in wrong.evidence


def test_what_is_left_out_is_named(janet: Patient) -> None:
    left_out = check("Janet Lee has hypertension and takes lisinopril.", janet).omissions
    assert ("conditions", "osteoarthritis") in {(each.field, each.text) for each in left_out}
    assert "hypertension" not in {each.text for each in left_out}


def test_an_empty_text_claims_nothing(janet: Patient) -> None:
    assert check("", janet).sentences == ()
