"""The search as the tools use it: a keyword in, patients and reasons out."""

from pathlib import Path

import pandas as pd
import pytest

from data.generate import generate
from server.patients import load_patients
from server.search import LARGE, Matches, PatientSearch

SHIPPED = Path(__file__).parents[2] / "data" / "patients.csv"


@pytest.fixture(scope="module")
def search() -> PatientSearch:
    return PatientSearch(load_patients(SHIPPED))


def ids(matches: Matches) -> list[str]:
    return [match.patient.patient_id for match in matches.found]


def test_who_has_the_disease_comes_first_with_the_reason(search: PatientSearch) -> None:
    matches = search.find("diabetes", 5)
    assert matches.total > len(matches.found) == 5
    first = matches.found[0]
    assert first.patient.name == "Jerry Rivera"
    assert first.matched == (
        ("conditions", "diabetes"),
        ("notes", "diabetes"),
        ("family_history", "diabetes"),
    )


def test_a_patient_is_found_by_name(search: PatientSearch) -> None:
    assert ids(search.find("Janet Lee", 5)) == ["25"]
    assert search.find("janet numb", 5).found[0].matched == (
        ("symptoms", "numbness"),
        ("name", "janet"),
    )


@pytest.mark.parametrize("keyword", ["25", "ID 25", "id: 25", "patient 25", "Patient ID 25", "#25"])
def test_a_patient_is_found_by_id_first(search: PatientSearch, keyword: str) -> None:
    matches = search.find(keyword, 5)
    assert matches.found[0].patient.name == "Janet Lee"
    assert matches.found[0].matched == (("patient_id", "25"),)
    assert len(set(ids(matches))) == len(matches.found) <= matches.total


def test_an_id_that_nobody_has_is_a_word_like_any_other(search: PatientSearch) -> None:
    assert all(m.matched[0][0] != "patient_id" for m in search.find("9999", 5).found)
    assert search.find("", 5) == Matches(0, [])


def test_lay_words_find_the_clinical_term_and_say_so(search: PatientSearch) -> None:
    matches = search.find("high blood pressure", 5)
    assert all(("conditions", "hypertension") in match.matched for match in matches.found)
    assert ids(matches) == ids(search.find("high blood pres", 5))


def test_a_slip_finds_what_was_meant(search: PatientSearch) -> None:
    assert search.find("diabetis", 100).total >= search.find("diabetes", 100).total
    assert "diabetes" in search.find("diabetis", 1).found[0].patient.conditions


def test_who_denies_it_comes_after_who_has_it(search: PatientSearch) -> None:
    matches = search.find("fever", 200)
    has_it = [any(field != "denied" for field, _ in match.matched) for match in matches.found]
    assert True in has_it
    assert has_it == sorted(has_it, reverse=True)


@pytest.mark.slow
def test_every_match_has_a_reason(search: PatientSearch) -> None:
    for keyword in ("d", "hart attack", "no cough", "in the", "o'brien", "2", "joint stiffness"):
        matches = search.find(keyword, 200)
        assert len(matches.found) == matches.total
        assert all(match.matched for match in matches.found)


def test_no_words_find_nobody(search: PatientSearch) -> None:
    assert search.find("", 5) == search.find(" +", 5) == Matches(0, [])
    assert search.find("xyzzy", 5) == Matches(0, [])


def test_a_table_with_ids_alone_can_be_searched() -> None:
    search = PatientSearch(load_patients(pd.DataFrame({"id": [1, 2]})))
    assert search.find("a", 5) == Matches(0, [])


@pytest.mark.slow
def test_the_index_of_a_large_table_is_kept_and_that_of_a_small_one_is_not(tmp_path: Path) -> None:
    PatientSearch(load_patients(SHIPPED), folder=tmp_path / "small")
    assert not (tmp_path / "small").exists()


@pytest.mark.slow
def test_a_large_table_is_searched_alike_from_memory_and_from_disk(tmp_path: Path) -> None:
    table = load_patients(generate(LARGE, seed="large"))
    searches = [PatientSearch(table, folder=folder) for folder in (None, tmp_path, tmp_path)]
    for keyword in ("diabetes", "joint pain", "hypertenson", "no fever", "a"):
        first, *others = [search.find(keyword, 20) for search in searches]
        assert all(other == first for other in others)
