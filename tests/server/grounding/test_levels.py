import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Her blood pressure is elevated.",
        "At 150/94 her blood pressure is above the normal range.",
        "Her blood sugar is normal.",
        "Her blood pressure is not controlled.",
    ],
)
def test_a_fitting_judgement_is_supported(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "Her blood pressure is normal.",
        "Her blood pressure is low.",
        "Her blood sugar is dangerously high.",
        "Her hypertension is well controlled.",
    ],
)
def test_another_is_contradicted(checked: Check, sentence: str) -> None:
    assert "vital" in {c.kind for c in checked(sentence).claims if c.verdict == "contradicted"}


def test_a_control_that_the_notes_state_is_supported() -> None:
    record = Record(Patient("1", conditions="glaucoma", notes="Eye pressure is controlled."))
    assert not check_sentence("Eye pressure is under control.", record).flagged


def test_without_a_value_a_judgement_is_unsupported() -> None:
    assert check_sentence("The blood pressure is high.", Record(Patient("1"))).flagged


@pytest.mark.parametrize(
    ("sentence", "flagged"),
    [
        ("Her blood pressure is higher than it should be.", False),
        ("Her blood sugar is higher than it should be.", True),
        ("Her blood pressure was markedly raised.", False),
        ("She is getting on fine with her blood pressure tablets.", False),
    ],
)
def test_a_judgement_in_other_words(checked: Check, sentence: str, flagged: bool) -> None:
    assert "vital" not in {c.kind for c in checked(sentence).claims} or (
        checked(sentence).flagged is flagged
    )


def test_a_judgement_that_the_notes_make_outweighs_the_reading() -> None:
    notes = "Home blood pressure readings stay above target. LDL cholesterol is near target."
    record = Record(Patient("1", blood_pressure="128/78", blood_sugar="210 mg/dL", notes=notes))
    assert check_sentence("Her home blood pressure is at target.", record).flagged
    said = "LDL cholesterol is near target, whereas the blood sugar is high."
    assert not check_sentence(said, record).flagged


def test_what_the_notes_call_reduced_is_no_reading() -> None:
    notes = "Reduced feeling in both feet."
    diabetic = Record(Patient("1", conditions="type 2 diabetes", blood_sugar="231", notes=notes))
    assert not check_sentence("In diabetes the feeling in both feet is reduced.", diabetic).flagged
