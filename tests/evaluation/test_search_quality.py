"""The quality of the search does not fall behind what was reached."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from server.patients import PatientTable, load_patients
from tests.evaluation.scan import Scan
from tests.evaluation.search_quality import Find, Labelled, labelled, quality, searches

pytestmark = pytest.mark.slow

QUERIES = labelled()


@pytest.fixture(scope="module")
def table() -> PatientTable:
    return load_patients(Path(__file__).parents[2] / "data" / "patients.csv")


@pytest.fixture(scope="module")
def compared(table: PatientTable) -> dict[str, Find]:
    return searches(table)


def of_kind(*kinds: str) -> Sequence[Labelled]:
    return [each for each in QUERIES if each.kind in kinds]


def test_there_are_enough_keywords_and_their_patients_exist(table: PatientTable) -> None:
    ids = {patient.patient_id for patient in table}
    assert len({each.keyword for each in QUERIES}) >= 60
    assert all(each.relevant <= ids for each in QUERIES)


def test_the_search_reaches_what_it_has_reached(compared: dict[str, Find]) -> None:
    reached = quality(compared["+ denials (the search)"], QUERIES)
    assert reached.precision >= 0.9
    assert reached.recall >= 0.9


def test_each_feature_helps_the_keywords_that_it_is_for(compared: dict[str, Find]) -> None:
    whole = compared["+ denials (the search)"]
    for without, kind in (
        ("the search without typing slips", "slip"),
        ("the search without synonyms", "lay"),
        ("the search without denials", "denial"),
    ):
        before, after = (quality(find, of_kind(kind)) for find in (compared[without], whole))
        assert after.precision > before.precision + 0.1, kind


def test_no_feature_loses_a_relevant_patient_whom_the_scan_finds(
    table: PatientTable, compared: dict[str, Find]
) -> None:
    scan, search = Scan(table), compared["+ denials (the search)"]
    for each in QUERIES:
        assert each.relevant.intersection(scan.find(each.keyword)) <= set(search(each.keyword))
