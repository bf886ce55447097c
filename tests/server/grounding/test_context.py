import pytest

from server.grounding.context import denied_closely
from server.grounding.record import analyse
from server.grounding.tokens import tokenize


@pytest.mark.parametrize(
    "text",
    [
        "Consider a statin.",
        "She should rest.",
        "Follow up in 4-6 weeks.",
        "Recheck blood pressure.",
        "Physiotherapy is advised.",
    ],
)
def test_advice_is_recognised(text: str) -> None:
    assert analyse(text).context.advice


@pytest.mark.parametrize("text", ["She rests.", "She was advised on diet.", "She was reviewed."])
def test_a_report_is_no_advice(text: str) -> None:
    assert not analyse(text).context.advice


def test_an_allergy_is_told_from_a_drug_that_is_taken() -> None:
    found = analyse("She is allergic to penicillin, takes aspirin.").context
    tokens = [token.plain for token in tokenize("She is allergic to penicillin, takes aspirin.")]
    assert found.allergy[tokens.index("penicillin")]
    assert not found.allergy[tokens.index("aspirin")]
    assert found.takes[tokens.index("aspirin")]


@pytest.mark.parametrize(
    "text", ["no falls", "does not drive", "a drive-free diet", "free of falls"]
)
def test_a_word_may_be_denied_closely(text: str) -> None:
    tokens = tokenize(text)
    at = next(i for i, token in enumerate(tokens) if token.plain in ("falls", "drive"))
    assert denied_closely(tokens, at)


def test_a_denial_far_off_does_not_count() -> None:
    tokens = tokenize("no cough on any of her long and frequent drives")
    assert not denied_closely(tokens, len(tokens) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "She has no known family history and has no stroke.",
        "Her father had gout, notes that she has no stroke.",
        "Her parents deny stroke.",
    ],
)
def test_what_the_patient_has_is_not_said_of_the_family(text: str) -> None:
    found = analyse(text, subjects=frozenset({"she"}))
    tokens = [token.plain for token in found.tokens]
    assert not found.context.relation[tokens.index("stroke")]


def test_no_change_of_something_denies_only_the_change() -> None:
    found = analyse("She has no significant changes in her weight.")
    assert found.context.polarity[-2] == "present"
    assert not denied_closely(found.tokens, len(found.tokens) - 2)
