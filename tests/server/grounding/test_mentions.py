import pytest

from server.grounding.mentions import Names, idioms, mentions
from server.grounding.tokens import tokenize


def keys(text: str, names: Names | None = None) -> set[str]:
    return {mention.key for mention in mentions(tokenize(text), names)}


@pytest.mark.parametrize(
    "text",
    [
        "swelling in legs",
        "leg swelling",
        "swollen legs",
        "her legs have been swelling",
        "swelling of both legs",
        "lower limb oedema",
        "swelling in the left leg",
    ],
)
def test_a_finding_is_put_together_from_its_head_and_its_site(text: str) -> None:
    assert keys(text) == {"swelling@leg"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("knee and hip pain", {"pain@knee", "pain@hip"}),
        ("pain and swelling in her knees", {"pain@knee", "swelling@knee"}),
        ("numb feet, joint pain", {"numbness@foot", "pain@joint"}),
        ("swelling in legs, joint pain", {"swelling@leg", "pain@joint"}),
        ("sore hands, and her joints are stiff", {"pain@hand", "stiffness@joint"}),
        ("joint pain and rash", {"pain@joint", "rash"}),
        ("arthralgia", {"pain@joint"}),
        ("Her knees hurt.", {"pain@knee"}),
    ],
)
def test_each_head_has_its_own_sites(text: str, expected: set[str]) -> None:
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("high blood pressure", "hypertension"),
        ("T2DM", "type 2 diabetes"),
        ("stage 3 CKD", "chronic kidney disease stage 3"),
        ("Tylenol", "drug:acetaminophen"),
        ("an ACE inhibitor", "class:ace inhibitor"),
        ("blood in her urine", "blood in urine"),
        ("nondiabetic", "~diabetes"),
    ],
)
def test_other_names_lead_to_the_same_key(text: str, key: str) -> None:
    assert keys(text) == {key}


def test_a_record_may_have_names_of_its_own() -> None:
    names = Names()
    names.phrases.add("Fabry disease", "item:fabry disease")
    names.scattered.append((frozenset({"weak", "stream"}), "weak urine stream"))
    assert keys("known Fabry disease", names) == {"item:fabry disease"}
    assert keys("his stream has been weak", names) == {"weak urine stream"}


def test_words_far_apart_are_no_name() -> None:
    names = Names(scattered=[(frozenset({"blurr", "vision"}), "blurred vision")])
    text = "the vision of the clinic, as the leaflet has it, is anything but blurry today"
    assert "blurred vision" not in keys(text, names)


def test_a_turn_of_phrase_names_nothing() -> None:
    tokens = tokenize("There is nothing to worry about.")
    assert not mentions(tokens, idle=idioms(tokens))


def test_a_name_that_begins_with_a_denial_leaves_it_to_the_cues() -> None:
    tokens = tokenize("No fits.")
    assert [(m.key, tokens[m.start].plain) for m in mentions(tokens)] == [("seizures", "fits")]
