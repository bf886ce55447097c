import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Leg swelling is worse in the evening.",
        "Her knees are stiff in the morning, after waking.",
        "The leg swelling is not worse in the morning.",
    ],
)
def test_the_word_of_the_record_passes(checked: Check, sentence: str) -> None:
    assert not [claim for claim in checked(sentence).claims if claim.kind == "word"]


def test_its_opposite_is_contradicted() -> None:
    record = Record(Patient("1", notes="Tremor is worse in the right hand. Hemoglobin is rising."))
    for sentence, word in (
        ("The tremor is worse in the left hand.", "left"),
        ("Hemoglobin is falling.", "falling"),
    ):
        (claim,) = (
            c for c in check_sentence(sentence, record).claims if c.verdict == "contradicted"
        )
        assert (claim.text, claim.field) == (word, "notes")


def test_a_comparison_says_nothing_of_its_second_part() -> None:
    record = Record(Patient("1", notes="Tremor is worse in the right hand."))
    assert not check_sentence(
        "The tremor is worse in the right hand than the left.", record
    ).flagged
