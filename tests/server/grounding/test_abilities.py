from dataclasses import replace

import pytest

from server.grounding import check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "She has been able to manage her osteoarthritis.",
        "She has been able to walk to work.",
        "She manages her condition well.",
        "She is able to control her symptoms.",
    ],
)
def test_an_ability_that_no_line_tells_of_is_marked(checked: Check, sentence: str) -> None:
    assert checked(sentence).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "Lisinopril controls her hypertension.",
        "She takes lisinopril to manage her hypertension.",
        "Her hypertension is managed with lisinopril.",
    ],
)
def test_what_a_drug_is_for_is_no_ability(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


def test_an_ability_of_the_record_is_supported(janet: Patient) -> None:
    record = replace(janet, notes="Walks one block before resting. Diabetes is well controlled.")
    assert not check_sentence("She is able to walk one block.", record).flagged
    assert not check_sentence("She manages her diabetes.", record).flagged
