"""Synthea's CSV export, in the layouts of different years."""

import shutil
from pathlib import Path

import pytest

from server.errors import PatientsUnreadable
from server.patients import FIELDS, load_patients

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "synthea_2024", tmp_path / "csv"))


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["synthea_2024", "synthea_2017"])
def test_both_layouts_say_what_the_bundles_say(layout: str) -> None:
    from_csv = load_patients(FIXTURES / layout)
    from_fhir = load_patients(FIXTURES / "fhir_synthea")
    assert from_csv.report.patients == from_fhir.report.patients == 2
    for name in set(FIELDS) - {"age", "notes"}:  # a note, not in the CSV, is newer than the visit
        assert list(from_csv.frame[name]) == list(from_fhir.frame[name])
    for name in ("past conditions", "past medications", "findings", "situations", "birth date"):
        assert list(from_csv.frame[name]) == list(from_fhir.frame[name])


def test_every_row_is_accounted_for() -> None:
    folder = FIXTURES / "synthea_2024"
    report = load_patients(folder).report
    rows = sum(len(path.read_text().splitlines()) - 1 for path in folder.iterdir())
    assert report.read.total() + report.unused.total() == rows
    assert report.unused == {"observations without a measured value": 5}


def test_rows_of_unknown_patients_and_further_files_are_counted(export: Path) -> None:
    with (export / "conditions.csv").open("a") as file:
        file.write("2020-01-01,,nobody,,,1,Gout (disorder)\n")
    (export / "procedures.csv").write_text("START,STOP\n")
    report = load_patients(export).report
    assert report.unused["rows of patients who are not in patients.csv"] == 1
    assert report.unused["files that have no place in a patient's row"] == 1


def test_a_file_that_is_missing_leaves_its_fields_empty(export: Path) -> None:
    (export / "medications.csv").unlink()
    assert {patient.medications for patient in load_patients(export)} == {""}


def test_a_file_in_another_encoding_is_named(export: Path) -> None:
    (export / "conditions.csv").write_bytes("PATIENT,DESCRIPTION\nx,Zoë\n".encode("latin-1"))
    with pytest.raises(PatientsUnreadable, match=r"conditions\.csv .* not CSV in UTF-8"):
        load_patients(export)


def test_a_patients_file_without_ids_says_so(export: Path) -> None:
    (export / "patients.csv").write_text("FIRST,LAST\nAda,Stone\n")
    with pytest.raises(PatientsUnreadable, match="no column Id"):
        load_patients(export)
