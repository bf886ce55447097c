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
