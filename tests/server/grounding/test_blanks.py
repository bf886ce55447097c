from dataclasses import replace

import pytest

from server.grounding import check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "Her family history is unknown.",
        "Her allergies are not documented.",
        "She has no known blood pressure.",
        "Her blood sugar is not recorded.",
    ],
)
def test_what_the_record_has_is_not_unknown(checked: Check, sentence: str) -> None:
    assert checked(sentence).verdict == "contradicted"


def test_none_is_not_unknown(janet: Patient) -> None:
    record = replace(janet, family_history="none")
    assert check_sentence("Her family history is unknown.", record).flagged


def test_a_blank_may_be_told(janet: Patient) -> None:
    record = replace(janet, family_history="", blood_pressure="")
    assert not check_sentence("Her family history is unknown.", record).flagged
    assert not check_sentence("She has no recorded blood pressure.", record).flagged


def test_no_tablets_for_the_blood_pressure_are_another_matter(janet: Patient) -> None:
    claims = check_sentence("She has no blood pressure problems.", janet).claims
    assert "blood_pressure" not in {claim.field for claim in claims}
