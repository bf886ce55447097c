"""Which format a file or a folder is in."""

import shutil
from pathlib import Path

import pytest

from server.errors import PatientsUnreadable
from server.formats.source import BY_SUFFIX, FHIR, SYNTHEA, format_of

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize("suffix", BY_SUFFIX)
def test_a_file_is_known_by_its_name_in_any_case(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"patients{suffix.upper()}"
    path.touch()
    assert format_of(path) is BY_SUFFIX[suffix]


def test_a_folder_is_known_by_its_files() -> None:
    assert format_of(FIXTURES / "fhir_synthea") is FHIR
    assert format_of(FIXTURES / "synthea_2017") is SYNTHEA


def test_a_folder_with_both_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "synthea_2017", tmp_path / "mixed")
    shutil.copy(FIXTURES / "fhir_synthea" / "patient_1.json", tmp_path / "mixed")
    with pytest.raises(PatientsUnreadable, match="Synthea CSV export and FHIR files at once"):
        format_of(tmp_path / "mixed")


def test_a_folder_with_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").touch()
    with pytest.raises(PatientsUnreadable, match="no FHIR files"):
        format_of(tmp_path)


def test_nothing_at_the_path_is_named_so_without_the_path(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="not found") as failure:
        format_of(tmp_path / "absent.csv")
    assert str(tmp_path) not in str(failure.value)


def test_another_kind_of_file_is_refused_with_the_kinds_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "patients.pdf").touch()
    with pytest.raises(PatientsUnreadable, match=r"'\.pdf'.*\.parquet"):
        format_of(tmp_path / "patients.pdf")
