"""Words as the search compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.words import american, closest, cut, distance, singular, spellings

LETTERS = st.text("abc", max_size=6)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert cut("Crohn's disease, MÜLLER; 2.5-mg_tablets (Straße)") == [
        "crohn", "s", "disease", "muller", "2", "5", "mg", "tablets", "strasse",
    ]  # fmt: skip
    assert cut("e\u0301te") == cut("éte") == ["ete"]


@pytest.mark.parametrize(
    ("british", "ours"),
    [
        ("anaemia", "anemia"),
        ("oesophageal", "esophageal"),
        ("haemorrhage", "hemorrhage"),
        ("diarrhoea", "diarrhea"),
        ("dyspnoea", "dyspnea"),
        ("leukaemia", "leukemia"),
        ("leucocytes", "leukocytes"),
        ("paediatric", "pediatric"),
        ("gynaecology", "gynecology"),
        ("anaesthesia", "anesthesia"),
        ("ischaemic", "ischemic"),
        ("hypoglycaemia", "hypoglycemia"),
        ("oedema", "edema"),
        ("coeliac", "celiac"),
        ("foetal", "fetal"),
        ("tumours", "tumors"),
        ("orthopaedic", "orthopedic"),
        ("hospitalised", "hospitalized"),
    ],
)
def test_british_spelling_is_read_as_american(british: str, ours: str) -> None:
    assert american(british) == ours
    assert spellings(british) == (british, ours)


@pytest.mark.parametrize("word", ["toe", "does", "exercise", "swelling", "advised", "michael"])
def test_words_that_are_spelt_alike_stay(word: str) -> None:
    assert spellings(word) == (word,)


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("seizures", "seizure"),
        ("allergies", "allergy"),
        ("lupus", "lupus"),
        ("psoriasis", "psoriasis"),
        ("weakness", "weakness"),
        ("gas", "gas"),
    ],
)
def test_a_plural_is_known_by_its_ending(word: str, one: str) -> None:
    assert singular(word) == one


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("diabetis", ["diabetes", "diabetic"]),
        ("hypertenson", ["hypertension"]),
        ("hypertention", ["hypertension"]),
        ("ashtma", ["asthma"]),
        ("gotu", ["gout"]),
        ("gut", []),
        ("zebra", []),
    ],
)
def test_a_slip_is_seen_through_and_a_short_word_is_taken_as_it_is(
    typed: str, meant: list[str]
) -> None:
    known = ["diabetes", "diabetic", "hypotension", "hypertension", "asthma", "gout"]
    assert closest(typed, known) == meant


def test_one_slip_is_likelier_than_two() -> None:
    assert closest("hypotenson", ["hypertension", "hypotension"]) == ["hypotension"]


@given(LETTERS, LETTERS)
def test_the_distance_is_symmetric_and_zero_only_between_equals(one: str, other: str) -> None:
    assert distance(one, other, 9) == distance(other, one, 9)
    assert (distance(one, other, 9) == 0) == (one == other)


@given(LETTERS, LETTERS, st.integers(0, 3))
def test_giving_up_early_does_not_change_what_is_close(one: str, other: str, most: int) -> None:
    whole = distance(one, other, 9)
    early = distance(one, other, most)
    assert (early == whole) if whole <= most else (early > most)
