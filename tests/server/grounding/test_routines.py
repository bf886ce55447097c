from dataclasses import replace

from server.grounding import check_sentence
from server.patients import Patient


def test_one_check_is_no_routine(janet: Patient) -> None:
    record = replace(janet, notes="Here with a parent for a check-up.")
    assert check_sentence("She has regular check-ups.", record).flagged
    assert not check_sentence("She came for a check-up.", record).flagged


def test_a_yearly_check_is_a_regular_one(janet: Patient) -> None:
    record = replace(janet, notes="Seen for a yearly check-up.")
    assert not check_sentence("She has regular check-ups.", record).flagged
