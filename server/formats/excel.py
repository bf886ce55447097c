"""Excel workbooks: the first sheet, its first row the header."""

import zipfile
from pathlib import Path

import pandas as pd

from ..errors import PatientsUnreadable
from .cells import as_text, distinct
from .report import LoadReport, Progress

MEMORY_PER_BYTE = 40.0
"""Sheets are compressed XML: peak memory of load and index for each byte of the file."""


def needed_memory(path: Path) -> int:
    return int(path.stat().st_size * MEMORY_PER_BYTE)


def read(path: Path, report: LoadReport, progress: Progress) -> pd.DataFrame:
    """The cells as text; formulas as the value that Excel last computed.

    Raises:
        PatientsUnreadable: no workbook, or nothing in it.
    """
    report.source = "Excel workbook"
    total = path.stat().st_size
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            cells = pd.read_excel(book, header=None, dtype=object, na_filter=False)
            report.left_out("further sheets", len(book.sheet_names) - 1)
    except (zipfile.BadZipFile, ValueError, KeyError):
        raise PatientsUnreadable(
            "The patient table is not an Excel workbook that can be read.",
            next="Save it as .xlsx without a password, or as CSV UTF-8.",
        ) from None
    if cells.empty:
        raise PatientsUnreadable(
            "The first sheet of the workbook is empty.",
            next="Put the patient table on the first sheet, its header in the first row.",
        )
    progress(total, total)
    names, rows = distinct([str(cell) for cell in cells.iloc[0]]), cells.iloc[1:]
    report.took("rows", len(rows))
    return as_text(rows.set_axis(names, axis=1))
