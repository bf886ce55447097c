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


@pytest.mark.parametrize(
    ("notes", "sentence", "flagged"),
    [
        ("Kidney function is stable.", "Kidney function is getting worse.", True),
        ("Kidney function is stable.", "Kidney function is not getting worse.", False),
        ("Stress test planned.", "The stress test was done.", True),
        ("Stress test planned.", "The stress test is still to be done.", False),
        ("Urine culture is pending.", "The urine culture is not back.", False),
        ("Stress test planned.", "She has had her stress test.", True),
        ("Teacher reports better attention.", "Her attention has not improved.", True),
        ("Cough, worse in the evening.", "The cough, here for weeks, peaks at midnight.", True),
    ],
)
def test_an_opposite_that_is_denied_says_the_same(notes: str, sentence: str, flagged: bool) -> None:
    assert check_sentence(sentence, Record(Patient("1", notes=notes))).flagged is flagged


@pytest.mark.parametrize(
    ("notes", "sentence", "flagged"),
    [
        ("Has lost 3 kg since the last visit.", "She has put on three kilos.", True),
        ("Has lost 3 kg since the last visit.", "Three kilos fewer, she has lost them.", False),
        ("Dizziness for 6 weeks, worse in the evening.", "She is dizzy, worse in the AM.", True),
        ("Leg swelling, better with stockings.", "Stockings bring the leg no relief.", True),
        ("Urine culture is pending.", "She is to come back if no better.", False),
    ],
)
def test_the_same_thing_may_be_known_by_more_than_its_words(
    notes: str, sentence: str, flagged: bool
) -> None:
    record = Record(Patient("1", gender="Female", notes=f"{notes} Return if not better."))
    contradicted = check_sentence(sentence, record).verdict == "contradicted"
    assert contradicted is flagged
