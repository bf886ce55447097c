from dataclasses import replace

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Janet Lee is a woman.",
        "Ms. Lee reports joint pain.",
        "Mrs Lee has hypertension.",
        "J. Lee has osteoarthritis.",
        "Her father had a heart attack, and he recovered.",
        "This older woman has hypertension.",
        "Past Medical History: Hypertension",
    ],
)
def test_the_right_person_passes(checked: Check, sentence: str) -> None:
    claims = checked(sentence).claims
    assert not [c for c in claims if c.kind in ("name", "sex", "age") and c.verdict != "supported"]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Mary Lee has hypertension.", "name"),
        ("Janet Smith has hypertension.", "name"),
        ("The record of Jerry Rivera.", "name"),
        ("Mr. Lee has hypertension.", "sex"),
        ("He has hypertension.", "sex"),
        ("Her mother says that he has hypertension.", "sex"),
        ("This young woman has hypertension.", "age"),
        ("An octogenarian with hypertension.", "age"),
        ("Her husband has diabetes.", "family"),
    ],
)
def test_somebody_else_is_marked(checked: Check, sentence: str, kind: str) -> None:
    assert kind in {c.kind for c in checked(sentence).claims if c.verdict != "supported"}


def test_of_an_unknown_sex_any_pronoun_is_unsupported() -> None:
    record = Record(Patient("1", name="Noor Haddad", symptoms="earache"))
    assert check_sentence("She reports earache.", record).verdict == "unsupported"
    assert check_sentence("The patient reports earache.", record).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("Your mother's blood pressure is 150/94.", False),
        ("Your mother has type 2 diabetes.", False),
        ("Your father's blood pressure is 150/94.", True),
        ("Her mother's blood pressure is 150/94.", True),
    ],
)
def test_your_mother_may_be_the_patient(checked: Check, sentence: str, flagged: bool) -> None:
    assert checked(sentence).flagged is flagged


def test_baby_aspirin_is_no_age(checked: Check) -> None:
    assert "age" not in {claim.kind for claim in checked("No baby aspirin.").claims}


def test_a_name_may_have_a_word_before_it(checked: Check) -> None:
    assert not checked("Little Janet has joint pain.").flagged
    assert checked("Little Robert has joint pain.").flagged


def test_a_relative_may_call_the_patient_by_the_relation(checked: Check) -> None:
    assert not checked("Mum takes lisinopril 20 mg once daily.").flagged
    assert checked("Dad takes lisinopril 20 mg once daily.").flagged
    assert checked("Her mum takes lisinopril 20 mg once daily.").flagged


def test_a_letter_after_the_age_is_the_sex(checked: Check) -> None:
    assert not checked("62F with joint pain.").flagged
    assert checked("62M with joint pain.").flagged


def test_a_grandmother_has_her_side(janet: Patient) -> None:
    record = Record(replace(janet, family_history="maternal grandmother: asthma"))
    assert check_sentence("Asthma in her paternal grandmother.", record).flagged
    assert not check_sentence("Asthma in her mother's mother.", record).flagged
