from dataclasses import replace

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient

_NOTES = (
    "Comes in with joint pain for 12 weeks. No falls in the past year. Denies cough. "
    "Last seizure eight months ago. Works night shifts. Has lost 3 kg since the last visit. "
    "Leg swelling is better since yesterday. Week 8 of 10 of antiviral treatment."
)


@pytest.fixture(scope="session")
def timed(janet: Patient) -> Record:
    return Record(replace(janet, notes=_NOTES))


@pytest.mark.parametrize(
    "sentence",
    [
        "She has had joint pain for 12 weeks.",
        "Her joints have been painful for three months.",
        "She reports joint pain, which began 12 weeks ago.",
        "It has lasted for 12 weeks.",
        "For the past 12 weeks she has had joint pain and no cough.",
        "She denies cough, with 12 weeks of joint pain.",
        "She has not fallen in the past year.",
        "Her last seizure was eight months ago.",
        "She has lost 3 kg since her last appointment.",
        "Her leg swelling has improved since yesterday.",
        "She is eight weeks into a ten-week antiviral treatment.",
    ],
)
def test_a_time_of_the_same_thing_is_supported(timed: Record, sentence: str) -> None:
    assert not check_sentence(sentence, timed).flagged


@pytest.mark.parametrize(
    "sentence",
    [
        "She has been without cough for 12 weeks.",
        "She has had numbness in her limbs for 12 weeks.",
        "She has been on medication for 12 weeks.",
        "She has been taking lisinopril for 12 weeks.",
        "She has joint pain and has been without cough for 12 weeks.",
        "She has been on night shifts for eight months.",
        "She has been without cough since the last visit.",
        "She has been without cough since yesterday.",
        "She has had no joint pain for 12 weeks.",
    ],
)
def test_a_time_of_another_thing_is_marked(timed: Record, sentence: str) -> None:
    assert check_sentence(sentence, timed).flagged


def test_the_line_with_the_time_is_shown(timed: Record) -> None:
    claims = check_sentence("She has taken lisinopril for 12 weeks.", timed).claims
    (time,) = (claim for claim in claims if claim.kind == "duration")
    assert (time.verdict, time.evidence) == (
        "unsupported",
        "Comes in with joint pain for 12 weeks.",
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Since the last visit three kilos have gone.",
        "She has had joint pain without cough for 12 weeks.",
        "Leg swelling, better since yesterday, no cough.",
    ],
)
def test_a_time_belongs_to_what_is_said_beside_it(timed: Record, sentence: str) -> None:
    times = [c for c in check_sentence(sentence, timed).claims if c.kind == "duration"]
    assert times
    assert {claim.verdict for claim in times} == {"supported"}
