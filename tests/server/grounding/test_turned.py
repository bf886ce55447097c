import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Physical therapy does not help.",
        "She drives.",
        "She used to have physical therapy that helps.",
        "Compression stockings do not make the leg swelling better.",
    ],
)
def test_a_line_told_the_other_way_round_is_contradicted(checked: Check, sentence: str) -> None:
    assert "negation" in {c.kind for c in checked(sentence).claims if c.verdict == "contradicted"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Physical therapy helps.",
        "She does not drive.",
        "Physical therapy does not help more than compression stockings.",
    ],
)
def test_a_line_told_as_it_is_passes(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "Physical therapy helps, no fever.",
        "Leg swelling is better with compression stockings, no rash.",
    ],
)
def test_a_denial_of_something_else_turns_no_line(checked: Check, sentence: str) -> None:
    assert "contradicted" not in {c.verdict for c in checked(sentence).claims}


@pytest.mark.parametrize(
    "sentence",
    ["Nothing to report at her yearly check.", "She came for her yearly check and takes nothing."],
)
def test_why_somebody_came_is_not_turned_round(sentence: str) -> None:
    patient = Patient("1", gender="Female", medications="none", notes="Seen for a yearly check.")
    well = Record(patient)
    assert check_sentence(sentence, well).verdict != "contradicted"
