import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient


@pytest.fixture(scope="module")
def planned() -> Record:
    return Record(
        Patient(
            patient_id="1",
            name="Ada Low",
            gender="F",
            last_visit="2026-10-06",
            conditions="asthma, cataract (operated 2023)",
            notes=(
                "Retinal screening due Jan 2027. To start an insulin pump in spring. Diet reviewed."
            ),
        )
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Her retinal screening was done in January 2027.",
        "She has already started an insulin pump.",
    ],
)
def test_what_is_planned_is_not_told_as_done(planned: Record, sentence: str) -> None:
    verdicts = {claim.verdict for claim in check_sentence(sentence, planned).claims}
    assert "contradicted" in verdicts


@pytest.mark.parametrize(
    "sentence",
    [
        "Retinal screening is due in January 2027.",
        "She is to start an insulin pump in spring.",
        "Her diet has already been reviewed.",
        "Her cataract was operated on in 2023.",
    ],
)
def test_a_plan_and_what_was_done_bear_no_mark(planned: Record, sentence: str) -> None:
    assert not check_sentence(sentence, planned).flagged
