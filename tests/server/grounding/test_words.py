from dataclasses import replace

import pytest

from server.grounding import Record, check_sentence
from server.patients import Patient
from tests.server.grounding.conftest import Check


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("She had a kidney biopsy.", ["kidney biopsy"]),
        ("She is a retired teacher.", ["retired teacher"]),
        ("She keeps a cat.", ["cat"]),
        ("She was given zolatinib.", ["zolatinib"]),
    ],
)
def test_what_no_list_has_is_unsupported(checked: Check, sentence: str, words: list[str]) -> None:
    claims = checked(sentence).claims
    assert [claim.text for claim in claims if claim.kind in ("word", "drug")] == words


def test_an_unknown_word_that_ends_like_a_drug_is_called_one(checked: Check) -> None:
    assert {c.kind for c in checked("Given zolatinib.").claims} == {"drug"}


@pytest.mark.parametrize(
    "sentence",
    [
        "The patient presents with the following.",
        "In summary, several of the symptoms listed are relevant.",
        "Compression hosiery makes things better.",
        "Her joints trouble her.",
    ],
)
def test_words_that_state_nothing_pass(checked: Check, sentence: str) -> None:
    assert not checked(sentence).flagged


def test_recently_needs_a_visit(checked: Check) -> None:
    assert not checked("She was most recently seen on 6 October 2026.").flagged
    assert checked("She recently had swelling in the legs.").flagged


def test_a_soft_word_needs_a_line_that_it_retells(checked: Check) -> None:
    assert not checked("Compression stockings soothe the leg swelling.").flagged
    assert checked("She likes to jump.").flagged


def test_no_others_only_ends_a_list(checked: Check) -> None:
    assert not checked("She has no history of other infectious diseases.").flagged
    assert checked("She has no history of infectious diseases.").flagged


def test_one_check_is_no_routine(janet: Patient) -> None:
    record = replace(janet, notes="Here with a parent for a check-up.")
    assert check_sentence("She has regular check-ups.", record).flagged
    assert not check_sentence("She came for a check-up.", record).flagged


def test_a_yearly_check_is_a_regular_one(janet: Patient) -> None:
    record = replace(janet, notes="Seen for a yearly check-up.")
    assert not check_sentence("She has regular check-ups.", record).flagged


def test_a_heading_states_nothing(checked: Check) -> None:
    assert not checked("Social background: joint pain.").flagged
    assert checked("Golf: joint pain.").flagged


def test_a_denial_may_be_of_another_word_for_it() -> None:
    walker = Record(Patient("1", notes="Walks with a cane."))
    assert not check_sentence("Walks with a stick.", walker).flagged
    assert check_sentence("Walks without a stick.", walker).verdict == "contradicted"


def test_who_hardly_drinks_drinks_little() -> None:
    dry = Record(Patient("1", notes="Drinks little water at school."))
    assert not check_sentence("Hardly drinks at school.", dry).flagged
    thirsty = Record(Patient("1", notes="Drinks water at school."))
    assert check_sentence("Hardly drinks at school.", thirsty).flagged


@pytest.mark.parametrize("word", ["dizziest", "dizzier"])
def test_a_word_may_be_compared(word: str) -> None:
    dizzy = Record(Patient("1", symptoms="dizziness"))
    assert not check_sentence(f"Feels {word}.", dizzy).flagged
