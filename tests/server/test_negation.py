"""What a text says, and what it denies."""

import pytest

from server.negation import split
from server.words import cut


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Denies fever and chest pain.", "fever and chest pain"),
        ("Denies fever. Reports cough.", "fever"),
        ("No fever, chills or rash.", "fever chills or rash"),
        ("No history of stroke.", "stroke"),
        ("Negative for HIV and TB, but has asthma.", "hiv and tb"),
        ("Has been without cough for a week.", "cough for a week"),
        ("No evidence of diabetic retinopathy.", "diabetic retinopathy"),
        ("Never had seizures", "seizures"),
        ("Ruled out pulmonary embolism", "pulmonary embolism"),
        ("Stroke was ruled out.", "stroke"),
        ("Fever: no; cough: yes", "fever"),
        ("Neither cough nor wheeze", "cough nor wheeze"),
        ("No fever but cough", "fever"),
        ("No bleeding on the blood thinner", "bleeding"),
        ("does not smoke", "smoke"),
        ("Denies fever (38.5) since Monday", "fever 38 5"),
    ],
)
def test_what_is_denied(text: str, denied: str) -> None:
    assert cut(split(text)[1]) == cut(denied)


@pytest.mark.parametrize(
    "text",
    [
        "Fever and cough",
        "No change in headache",
        "not only gout",
        "Diabetes is not well controlled",
        "Nose bleeds at night",
        "",
        "No.",
    ],
)
def test_nothing_is_denied(text: str) -> None:
    assert cut(split(text)[1]) == []


@pytest.mark.parametrize(
    "text",
    [
        "Denies fever and chest pain. No history of stroke but has asthma, no rash; gout.",
        "Stroke was ruled out. Never smoked.\nWalks daily! No cough?",
        "BP 3.5 no 4.5",
    ],
)
def test_no_word_is_lost(text: str) -> None:
    said, denied = split(text)
    assert sorted(cut(said) + cut(denied)) == sorted(cut(text))
