"""Excel workbooks."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from server.errors import PatientsUnreadable
from server.patients import load_patients

pytestmark = pytest.mark.slow


def workbook(path: Path, *rows: tuple[object, ...], sheets: int = 1) -> Path:
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for number in range(sheets):
            frame = pd.DataFrame(rows if number == 0 else [], dtype=object)
            frame.to_excel(book, sheet_name=f"Sheet {number}", header=False, index=False)
    return path


def test_numbers_dates_and_missing_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "patients.xlsx",
        ("ID", "Name", "Age", "Last visit", "Allergies"),
        (25, "Zoë", 61, date(2026, 1, 2), None),
        (26, "Bob", 40.5, None, "None"),
    )
    zoe, bob = load_patients(path)
    assert (zoe.patient_id, zoe.age, zoe.last_visit) == ("25", "61", "2026-01-02")
    assert (zoe.name, zoe.allergies) == ("Zoë", "")
    assert (bob.age, bob.last_visit, bob.allergies) == ("40.5", "", "None")


def test_further_sheets_are_counted(tmp_path: Path) -> None:
    path = workbook(tmp_path / "patients.xlsx", ("id",), (1,), sheets=3)
    assert load_patients(path).report.unused == {"further sheets": 2}


def test_an_empty_sheet_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(PatientsUnreadable, match="first sheet of the workbook is empty"):
        load_patients(workbook(tmp_path / "patients.xlsx"))


def test_a_file_that_is_no_workbook_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "patients.xlsx"
    path.write_text("id,name\n1,Ada\n")
    with pytest.raises(PatientsUnreadable, match="not an Excel workbook"):
        load_patients(path)
