import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "She is 62 years old.",
        "Janet Lee, 62, reports joint pain.",
        "She is in her early sixties.",
        "She is over 60 years old.",
        "BP 150/94 mmHg.",
        "Her blood pressure is about 150/95.",
        "The systolic pressure was 150 and the diastolic 94.",
        "Her blood sugar is 85 mg/dL.",
        "Her glucose is 4.7 mmol/L.",
        "Her glucose was 85.",
        "She takes four medications.",
        "Her pulse is 78 beats per minute.",
        "The record of patient 25.",
    ],
)
def test_the_numbers_of_the_record_are_supported(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("She is 26 years old.", "age"),
        ("Janet Lee, 72, reports joint pain.", "age"),
        ("She is in her seventies.", "age"),
        ("BP 140/94.", "vital"),
        ("Her blood pressure is 94/150.", "vital"),
        ("Her diastolic pressure was 84.", "vital"),
        ("Her blood sugar is 58 mg/dL.", "vital"),
        ("Her blood sugar is 150 mg/dL.", "vital"),
        ("Her blood sugar is 85 mmol/L.", "vital"),
        ("She takes five medications.", "number"),
        ("She has three allergies.", "number"),
        ("Her heart rate is 87.", "number"),
    ],
)
def test_other_numbers_are_marked(checked: Check, sentence: str, kind: str) -> None:
    marked = {
        c.kind for c in checked(sentence).claims if c.verdict in ("unsupported", "contradicted")
    }
    assert kind in marked


def test_without_a_value_in_the_record_a_number_is_unsupported() -> None:
    record = Record(Patient("1", name="Noor Haddad"))
    sentence = check_sentence("She is 11 years old, BP 150/94, glucose 85 mg/dL.", record)
    numbers = [claim for claim in sentence.claims if claim.kind in ("age", "vital", "number")]
    assert {claim.verdict for claim in numbers} == {"unsupported"}


def test_a_class_of_drugs_is_counted(checked: Check) -> None:
    assert not checked("She takes one painkiller.").flagged
    assert checked("She takes two painkillers.").flagged


def test_a_count_is_no_blood_sugar(checked: Check) -> None:
    claims = checked("Two readings of blood sugar.").claims
    assert "contradicted" not in {claim.verdict for claim in claims}


def test_a_type_qualifies_only_what_the_record_says(checked: Check) -> None:
    assert not checked("Her mother has type 2 diabetes.").flagged
    assert checked("Her mother has type 2 diabetes and she has type 2 hypertension.").flagged


def test_the_numbers_of_a_list_count_nothing(checked: Check) -> None:
    assert not checked("Allergies: 1) penicillin, 2) latex.").flagged
    assert not checked("Two sensitivities: penicillin and latex.").flagged
    assert checked("Three sensitivities are recorded.").flagged


def test_a_sugar_may_stand_before_a_pressure_and_is_none(checked: Check) -> None:
    assert not checked("Her sugar (85 mg/dL) and blood pressure (150/94) were taken.").flagged
    assert checked("Her blood pressure was 85 mg/dL.").flagged
