"""The index: it finds what a scan of every record finds, in an order that means something."""

import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.generate import generate
from server import query
from server.patients import PatientTable, load_patients
from server.query import Part, Query, Word
from server.search_index import OWN_WEIGHTS, WEIGHTS, SearchIndex, searched_texts
from server.synonyms import Synonyms
from server.words import cut, spellings
from tests.evaluation.scan import Scan

FIELDS = [name for name in OWN_WEIGHTS if name != "other"]


def table(**columns: list[str]) -> PatientTable:
    count = len(next(iter(columns.values())))
    return load_patients(pd.DataFrame({"patient_id": range(count), **columns}))


def rows(index: SearchIndex, keyword: str, limit: int = 1000) -> list[int]:
    return index.find(query.read(keyword, Synonyms(), index), limit).rows


@pytest.fixture(scope="module")
def many() -> PatientTable:
    return load_patients(generate(400, seed="search"))


@pytest.fixture(scope="module")
def index(many: PatientTable) -> SearchIndex:
    return SearchIndex.build(many)


@pytest.mark.slow
def test_any_words_are_found_where_the_scan_finds_them(
    many: PatientTable, index: SearchIndex
) -> None:
    dice, scan = random.Random("words"), Scan(many)
    words = sorted(
        {word for texts in searched_texts(many) for word in cut(" ".join(texts.values()))}
    )
    for _ in range(150):
        picked = [dice.choice(words) for _ in range(dice.choice((1, 1, 2, 2, 3)))]
        keyword = " ".join(word[: dice.choice((1, 2, 3, 5, 99))] for word in picked)
        asked = Query(tuple(Part((Word(spellings(word)),)) for word in cut(keyword)))
        found = index.find(asked, len(many))
        ids = [many.at(row).patient_id for row in found.rows]
        # Word by word, as the rule about function words is the query's, not the index's.
        scanned = set.intersection(*(set(scan.find(word)) for word in cut(keyword)))
        assert set(ids) == scanned
        assert found.total == len(ids)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)  # an index a time
@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_any_text_is_cut_by_the_engine_as_by_ourselves(texts: list[str]) -> None:
    patients = table(name=texts)
    built = SearchIndex.build(patients)
    for row, text in enumerate(texts):
        for word in cut(text):
            assert row in rows(built, word) or word in {"no", "not"}
            assert built.knows(word)


@pytest.mark.slow
def test_a_field_outweighs_the_next_however_well_it_matches() -> None:
    # The better field holds a slip of the word's beginning, the lesser one the word itself.
    for better, lesser in zip(FIELDS, [*FIELDS[1:], "family_history"], strict=True):
        patients = table(**{lesser: ["gout", ""], better: ["", "goutish"]})
        assert rows(SearchIndex.build(patients), "gout") == [1, 0]


def test_what_is_denied_comes_after_the_family_history() -> None:
    patients = table(
        notes=["Denies fever.", "", "Fever for a week."], family_history=["", "mother: fever", ""]
    )
    assert rows(SearchIndex.build(patients), "fever") == [2, 1, 0]


def test_what_is_denied_can_be_asked_for() -> None:
    patients = table(notes=["Denies fever.", "Fever.", "No cough. Fever."])
    built = SearchIndex.build(patients)
    assert rows(built, "denies fever") == [0]
    assert rows(built, "fever, no cough") == [2]


def test_the_word_itself_comes_before_words_that_begin_so() -> None:
    patients = table(conditions=["painful bladder", "chronic pain", "pain"])
    assert rows(SearchIndex.build(patients), "pain") == [1, 2, 0]


def test_words_side_by_side_come_before_words_apart_and_those_before_words_across() -> None:
    patients = table(
        conditions=["kidney", "heart disease, kidney stones", "kidney disease"],
        notes=["disease", "", ""],
    )
    assert rows(SearchIndex.build(patients), "kidney disease") == [2, 1, 0]


def test_all_words_have_to_occur() -> None:
    patients = table(conditions=["gout", "asthma", "asthma"], name=["Ada", "Ada", "Bob"])
    assert rows(SearchIndex.build(patients), "ada asthma") == [1]


def test_rows_of_the_same_worth_stay_in_the_order_of_the_table() -> None:
    patients = table(conditions=["gout"] * 200)
    assert rows(SearchIndex.build(patients), "gout", 50) == list(range(50))


def test_further_columns_are_searched_too() -> None:
    patients = table(ward=["B2 cardiology", ""], name=["", "Ada"])
    assert rows(SearchIndex.build(patients), "cardio") == [0]


def test_either_spelling_finds_the_other() -> None:
    patients = table(conditions=["iron deficiency anaemia", "anemia"])
    built = SearchIndex.build(patients)
    assert sorted(rows(built, "anaemia")) == sorted(rows(built, "anemia")) == [0, 1]
    assert sorted(rows(built, "anaem")) == [0, 1]


def test_a_plural_finds_the_singular_and_the_other_way_round() -> None:
    built = SearchIndex.build(table(notes=["Last seizure in May.", "Two seizures.", "Allergy"]))
    assert sorted(rows(built, "seizures")) == sorted(rows(built, "seizure")) == [0, 1]
    assert rows(built, "allergies") == [2]


def test_typed_signs_are_not_read_as_a_pattern() -> None:
    built = SearchIndex.build(table(name=["Ada", "Bob"]))
    assert [rows(built, keyword) for keyword in ("a.*", "(", "[a", "*", "ada|bob")] == [
        [0], [], [0], [], [],
    ]  # fmt: skip


def test_the_limit_bounds_the_rows_and_not_the_total(index: SearchIndex) -> None:
    asked = Query((Part((Word(("pain",)),)),))
    assert len(index.find(asked, 3).rows) == 3
    assert index.find(asked, 3).total == index.find(asked, 500).total > 3
    assert index.find(asked, 0).rows == []


@pytest.mark.slow
def test_an_index_on_disk_is_the_same_index(many: PatientTable, tmp_path: Path) -> None:
    built = SearchIndex.build(many, tmp_path)
    opened = SearchIndex.open(tmp_path)
    for keyword in ("diabetes", "joint pain", "no fever", "h"):
        assert rows(opened, keyword, 20) == rows(built, keyword, 20)


@pytest.mark.slow
def test_the_progress_of_a_build_ends_at_the_whole(many: PatientTable) -> None:
    seen: list[tuple[int, int]] = []
    SearchIndex.build(many, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (400, 400)


def test_every_field_has_its_own_weight() -> None:
    weights = list(WEIGHTS.values())
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)
