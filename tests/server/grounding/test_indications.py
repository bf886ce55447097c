import pytest

from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    "sentence",
    [
        "She takes lisinopril for hypertension.",
        "Her osteoarthritis is treated with acetaminophen.",
        "For her blood pressure she takes lisinopril.",
        "Acetaminophen for joint pain and lisinopril for hypertension.",
    ],
)
def test_a_drug_for_what_it_is_given_for_passes(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She takes acetaminophen for hypertension.",
        "Her osteoarthritis is treated with lisinopril.",
        "Melatonin lowers her blood pressure.",
        "Lisinopril for joint pain and acetaminophen for hypertension.",
    ],
)
def test_a_drug_for_something_else_is_marked(checked: Check, sentence: str) -> None:
    assert "drug" in {c.kind for c in checked(sentence).claims if c.verdict == "unsupported"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Lisinopril 20 mg daily; acetaminophen as needed for osteoarthritis.",
        "Joint pain and high blood pressure, the latter treated with lisinopril.",
    ],
)
def test_what_a_drug_is_for_ends_with_its_part(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She takes melatonin at bedtime, and for five weeks her joint pain has been worse.",
        "Melatonin 3 mg at bedtime, acetaminophen as needed, lisinopril 20 mg for hypertension.",
        "Joint pain is managed with acetaminophen; she avoids penicillin.",
        "Hypertension is managed well, while acetaminophen helps.",
    ],
)
def test_what_a_drug_is_not_said_to_be_for(checked: Check, sentence: str) -> None:
    claims = checked(sentence).claims
    assert ("drug", "unsupported") not in {(claim.kind, claim.verdict) for claim in claims}


@pytest.mark.parametrize(
    "sentence",
    [
        "For hypertension with lisinopril, and for joint pain with acetaminophen.",
        "Pressure near target on lisinopril; as for her osteoarthritis, it is stable.",
        "She has poor sleep, and takes lisinopril with the rest.",
    ],
)
def test_a_drug_behind_with_is_for_what_stands_before(checked: Check, sentence: str) -> None:
    claims = checked(sentence).claims
    assert ("drug", "unsupported") not in {(claim.kind, claim.verdict) for claim in claims}
