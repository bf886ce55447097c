import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check

SWEEPING = [
    "She has no known allergies.",
    "She takes no medication.",
    "She has no symptoms.",
    "She has no chronic conditions.",
    "There is no family history.",
    "NKDA.",
]


@pytest.mark.parametrize("sentence", SWEEPING)
def test_a_list_with_items_is_not_empty(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict == "contradicted"


@pytest.mark.parametrize("sentence", SWEEPING)
def test_a_list_that_says_none_is(sentence: str) -> None:
    patient = Patient(
        "1",
        gender="Female",
        symptoms="none",
        conditions="none",
        medications="none",
        allergies="no known allergies",
        family_history="none",
    )
    assert check_sentence(sentence, Record(patient)).verdict == "supported"


@pytest.mark.parametrize("sentence", SWEEPING)
def test_of_an_empty_cell_nothing_is_known(sentence: str) -> None:
    assert check_sentence(sentence, Record(Patient("1", gender="Female"))).verdict == "unsupported"


@pytest.mark.parametrize(
    "sentence", ["She has no history of stroke.", "She has no further allergies."]
)
def test_a_denial_of_something_is_not_sweeping(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


def test_an_allergy_to_latex_is_no_drug_allergy() -> None:
    record = Record(Patient("1", allergies="latex (hives)"))
    assert not check_sentence("No known drug allergies.", record).flagged
    assert check_sentence("No known allergies.", record).flagged
